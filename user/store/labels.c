/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of labels' names. What their values are is the packer's and the reader's business. */
#include "store/labels.h"

#include <stddef.h>
#include <string.h>

/* The first row of each label is ours. */
static const struct {
	enum label label;
	const char *name;
} names[] = {
	{ LABEL_PID, "pid" },
	{ LABEL_PROGRAM, "program" },
	{ LABEL_TID, "tid" },
	{ LABEL_THREAD, "thread" },
	{ LABEL_PROCESS, "process" },
	{ LABEL_CONTAINER, "container" },
	{ LABEL_PYTHON, "python" },
	{ LABEL_TIMESTAMP, "timestamp_ns" },
	/* Parca, Datadog's profilers, austin2pprof and others. */
	{ LABEL_PID, "process_id" },
	{ LABEL_PID, "process id" },
	{ LABEL_TID, "thread_id" },
	{ LABEL_TID, "thread id" },
	{ LABEL_THREAD, "thread_name" },
	{ LABEL_THREAD, "thread name" },
	{ LABEL_PROCESS, "comm" },
	{ LABEL_PROCESS, "process_name" },
	{ LABEL_PROCESS, "process name" },
};
#define NNAMES (sizeof(names) / sizeof(*names))

const char *label_name(enum label label)
{
	size_t i = 0;

	while (i < NNAMES - 1 && names[i].label != label)
		i++;
	return names[i].name;
}

bool label_is_number(enum label label)
{
	return label == LABEL_PID || label == LABEL_PROGRAM || label == LABEL_TID ||
	       label == LABEL_TIMESTAMP;
}

enum label label_find(const char *key)
{
	size_t i;

	for (i = 0; i < NNAMES; i++) {
		if (strcmp(names[i].name, key) == 0)
			return names[i].label;
	}
	return LABEL_MAX;
}
