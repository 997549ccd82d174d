/* SPDX-License-Identifier: GPL-2.0-only */
/* The doctor's list of Python processes: one line for each, and how many others there are. */
#ifndef PBP_DOCTOR_PYTHONS_H
#define PBP_DOCTOR_PYTHONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct findings;
struct reader_process;

enum python_column {
	COLUMN_NAME,
	COLUMN_VERSION,
	COLUMN_CONTAINER,
	COLUMN_FOUND,
	COLUMN_FILE,
	COLUMN_SUPPORTED,
	PYTHON_COLUMNS,
};

struct python_line {
	pid_t pid;
	char *texts[PYTHON_COLUMNS]; /* not sanitized; "" when not known */
};

struct doctor_pythons {
	struct python_line *lines;
	size_t nlines, capacity;
	size_t nsupported; /* of the lines */
	size_t nothers; /* no Python */
	size_t nkernel; /* threads of the kernel */
	size_t nended; /* before or while they were looked at */
	size_t nforbidden; /* we may not look at them */
	int forbidden; /* with which error, negative */
	size_t nleft; /* there was no time left for them */
	const char *host_root; /* as container_find_names' */
	bool failed; /* memory ran out: lines are missing */
};

void doctor_pythons_init(struct doctor_pythons *pythons, const char *host_root);
void doctor_pythons_done(struct doctor_pythons *pythons);

/* Take what the reader found out of a process: a line, or one more of the others. */
void doctor_pythons_add(struct doctor_pythons *pythons, const struct reader_process *process);

/*
 * A finding that counts them all, and the table below it in the order of pids. No line of it is a refusal: whether
 * sampling works does not depend on who runs. What is missing for want of memory shows in the findings' text.
 */
void doctor_pythons_write(struct doctor_pythons *pythons, bool unicode, struct findings *findings);

#endif
