/* SPDX-License-Identifier: GPL-2.0-only */
/* The labels of samples that we write, and those of other tools that say the same. */
#ifndef PBP_STORE_LABELS_H
#define PBP_STORE_LABELS_H

#include <stdbool.h>

enum label {
	LABEL_PID,
	LABEL_PROGRAM, /* which one of a pid's, only where it has several */
	LABEL_TID,
	LABEL_THREAD,
	LABEL_PROCESS,
	LABEL_CONTAINER,
	LABEL_PYTHON,
	LABEL_TIMESTAMP, /* ns of CLOCK_MONOTONIC */
	LABEL_MAX
};

/* As we write it. */
const char *label_name(enum label label);

/* Its values are numbers, not texts. */
bool label_is_number(enum label label);

/* What a key means; LABEL_MAX: nothing to us. Other tools' words for ours count as well. */
enum label label_find(const char *key);

#endif
