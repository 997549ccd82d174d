/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPU time of processes as the kernel counts it: all threads, those that have ended too. */
#ifndef PBP_CPU_TIME_H
#define PBP_CPU_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The process's CPU time until now, in ns. 0; -ESRCH: there is none of that number (any more). */
int cpu_time_of(pid_t pid, uint64_t *ret_ns);

/* The CPU times of all processes at one moment. */
struct cpu_times;

/* Read them. NULL when memory runs out, or /proc cannot be listed. */
struct cpu_times *cpu_times_read(void);
void cpu_times_free(struct cpu_times *times);

/* False: there was no such process then. times may be NULL. */
bool cpu_times_find(const struct cpu_times *times, pid_t pid, uint64_t *ret_ns);

#endif
