/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which ticks one CPU owes. A CPU can be taken away and come back while we run: by whoever writes to its `online` file, and
 * by every suspend, which takes away all but one. Its event ends with it and does not come back (perf_event_exit_cpu in
 * the kernel's kernel/events/core.c), even if nobody saw it away. A CPU that is away owes nothing; one that is there
 * without an event has missed its ticks.
 *
 * All times are CLOCK_MONOTONIC in ns. last_ns is that of the CPU's last tick, or when ticks began to be taken if it has
 * had none; 0: they are not taken yet, and nothing is owed.
 */
#ifndef PBP_CAPTURE_CPU_PRESENCE_H
#define PBP_CAPTURE_CPU_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: it was never there. */
struct cpu_presence {
	uint64_t opened_ns; /* the event that it has, or had last; 0: it never had one */
	uint64_t seen_away_ns; /* when it was last found away; 0: never */
	uint64_t away_ns; /* how long it was away so far, as far as it was found to be */
	uint64_t missed; /* ticks that were owed while it had no event */
};

/* The event has not ticked for so long that it may have ended; one that only sleeps may be opened anew all the same. */
bool cpu_presence_is_silent(const struct cpu_presence *cpu, uint64_t last_ns, uint64_t now_ns,
			    uint64_t period_ns);

/* The CPU has no event, and is not there. It has been away since its last tick. */
void cpu_presence_found_away(struct cpu_presence *cpu, uint64_t last_ns, uint64_t now_ns);

/* It has an event from now on. What it owed since it was last found away, or since its last tick, is missed. */
void cpu_presence_opened(struct cpu_presence *cpu, uint64_t last_ns, uint64_t now_ns,
			 uint64_t period_ns);

/* Ticks that were owed from the last one until the end of the run, and did not come. */
uint64_t cpu_presence_missed_at_end(const struct cpu_presence *cpu, uint64_t last_ns,
				    uint64_t end_ns, uint64_t period_ns);

#endif
