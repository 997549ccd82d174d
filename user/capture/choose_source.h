/* SPDX-License-Identifier: GPL-2.0-only */
/* Per CPU or per thread: which event source disturbs the machine and the target less. */
#ifndef PBP_CAPTURE_CHOOSE_SOURCE_H
#define PBP_CAPTURE_CHOOSE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the chosen processes do in one second, and did before. */
struct source_load {
	uint64_t switches; /* how often one of their threads was put on a CPU */
	uint64_t cpu_ns; /* CPU time of all their threads together */
	uint64_t lived_ns; /* CPU time since their birth, of children that have ended, too */
	uint64_t ended_ns; /* of which by threads and children that have ended */
};

/*
 * Should chosen processes be sampled per thread? Watches those that run for some 20 ms, and answers within 50 ms; those
 * with hundreds of threads are left to the CPUs at once. One that does not run yet (a command before its start) has
 * no load.
 */
bool source_prefers_threads(const pid_t *pids, size_t npids, uint64_t period_ns);

/* The rule behind it: online CPUs, time between two ticks (not 0), the processes' load. */
bool source_rule(uint32_t ncpus, uint64_t period_ns, const struct source_load *load);

/*
 * Parse /proc/PID/task/TID/schedstat: CPU time and times put on a CPU since the thread's birth. -EBADMSG: it is not
 * of the documented form.
 */
int source_parse_schedstat(const char *text, uint64_t *ret_cpu_ns, uint64_t *ret_switches);

/*
 * Parse /proc/PID/stat: clock ticks of CPU time of the process with the threads that have ended, and of the children
 * that it has waited for. -EBADMSG: it is not of the documented form.
 */
int source_parse_stat(const char *text, uint64_t *ret_own, uint64_t *ret_children);

/*
 * The load of one second, from the growth in elapsed_ns (not 0) of `looked` threads out of `threads`. Sticks to the
 * largest number where it would not fit. Of before it knows nothing.
 */
struct source_load source_scale(struct source_load growth, uint64_t elapsed_ns, uint64_t looked,
				uint64_t threads);

#endif
