/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event sources: what makes a thread that runs take a sample.
 *
 *   per CPU      one event on each CPU; ticks whoever runs there, idle CPUs too; costs nothing per context switch
 *   per thread   one event on each thread of the chosen processes, inherited by the threads and processes that these
 *                give birth to, across exec; ticks only while they run, and costs time at each of their switches
 *
 * A new source of the first kind is one file, one row here, one BPF entry point.
 */
#ifndef PBP_CAPTURE_SOURCE_H
#define PBP_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct event_source {
	const char *name; /* what a person calls it: "CPU clock" */
	const char *program; /* the BPF program that it runs, by name */
	const char
		*program_alone; /* likewise, where a tick cannot ask what is mapped at an address */
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

/*
 * The same clock of single threads, user/capture/source_thread_clock.c. It runs the program of source_cpu_clock.
 * Two things are not seen by it: an event ends when its thread executes a file that it may not read or that is setuid
 * (begin_new_exec in the kernel's fs/exec.c), and the rest of a period, half of one each time, when a thread ends.
 */

/* Threads that have an event of their own; those born later have inherited one. All zero: none. */
struct thread_events {
	int *fds;
	size_t nfds;
};

/* Threads and processes that are looked at, at most. */
#define SOURCE_THREADS_MAX 65536

/*
 * Open an event on every thread of the processes (and, with children, of those below them), give it the program, and
 * let it count; a thread that is born meanwhile has either inherited an event with its program, or everything is done
 * again. Raises our soft limit of open files, one for each thread, as far as we may. Blocks for some milliseconds.
 * 0, and the caller gives it back with source_threads_detach. Or nothing is left behind, and with all but -ESRCH
 * sampling per CPU would work: -ESRCH: no such process has a thread any more; -EMFILE, -E2BIG: too many threads;
 * -EAGAIN: they are born faster than we get hold of them; others: the kernel's.
 */
int source_threads_attach(const pid_t *pids, size_t npids, bool children, uint64_t period_ns,
			  int program_fd, struct thread_events *ret_events);
void source_threads_detach(struct thread_events *events);

/* Why source_threads_attach failed, for a message: lower case, no full stop. */
const char *source_threads_reason(int code);

/*
 * The threads of one process now, in ascending order, in memory that the caller frees. Only a second list that has no
 * other threads proves that none was born. -ESRCH: no such process; -E2BIG: more than SOURCE_THREADS_MAX; -ENOMEM.
 */
int source_thread_list(pid_t pid, pid_t **ret_tids, size_t *ret_n);

/* Open the event on one thread, not yet counting. The file descriptor or a negative errno; -ESRCH: it has ended. */
int source_thread_open(pid_t tid, uint64_t period_ns);

#endif
