/* SPDX-License-Identifier: GPL-2.0-only */
/* Event sources: what makes a CPU take a sample. A new source is one file, one row here, one BPF entry point. */
#ifndef PBP_CAPTURE_SOURCE_H
#define PBP_CAPTURE_SOURCE_H

#include <stdint.h>

struct event_source {
	const char *name; /* what a person calls it: "CPU clock" */
	const char *program; /* the BPF program that it runs, by name */
	/*
	 * Open the event on one CPU, not yet counting, with `period` in the source's unit. The file descriptor,
	 * or a negative errno; -ENODEV: the CPU is not online.
	 */
	int (*open)(int cpu, uint64_t period);
};

/* Ends with a row whose name is NULL. The first row is the default. */
extern const struct event_source *const event_sources[];

/* Software CPU clock: nanoseconds of each CPU, whether busy or idle. user/capture/source_cpu_clock.c */
extern const struct event_source source_cpu_clock;

#endif
