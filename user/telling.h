/* SPDX-License-Identifier: GPL-2.0-only */
/* What is told on standard error while a run goes on: progress, what was found, every counter. */
#ifndef PBP_TELLING_H
#define PBP_TELLING_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"

struct err;
struct python_process;

/* -v: one line of the process; from verbose 2 on also its layout. Texts of the process are sanitized. */
void tell_found(const struct python_process *process, unsigned verbose);

/* -v: what happened to a process. comm is sanitized, what is a literal. */
void tell_process(unsigned verbose, int pid, const char *comm, const char *what);

/* A process that is not sampled, though others are: the reason without its hint. */
void tell_refused(const struct err *err);

/* The progress line, written over itself; due once a second, if standard error is a terminal. */
struct progress {
	uint64_t shown_ns; /* 0: never yet */
};
bool progress_due(const struct progress *progress, uint64_t now_ns);
struct progress_numbers {
	uint64_t elapsed_ns, samples, processes, lost;
	bool records; /* a saved profile is written as it goes */
	uint64_t bytes; /* of it so far */
};
void progress_show(struct progress *progress, uint64_t now_ns,
		   const struct progress_numbers *numbers, bool until_interrupt);
/* Clear the line. */
void progress_hide(const struct progress *progress);

/* A file that was written. size: in words, "" when it is not told; next: the command that opens it, NULL: none. */
void tell_wrote(const char *path, const char *size, const char *next);

/* Every counter of the kernel side with its meaning. */
void tell_counters(const uint64_t counters[PBP_COUNT_MAX]);

#endif
