/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PID namespace that we are in. BPF speaks of processes by their numbers in the initial one; /proc, pidfds, perf
 * events and signals by those in ours. Only the kernel side can translate: what number a process has above our own
 * namespace is told to nobody in it, so records carry the number that a process has in the namespace given here.
 */
#ifndef PBP_PROC_PID_NAMESPACE_H
#define PBP_PROC_PID_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

struct pid_namespace {
	bool known; /* false: /proc does not tell (it is not mounted), and nothing below is set */
	bool initial; /* ours is the host's: all numbers are the same */
	uint32_t
		number; /* what the kernel tells it by from others that there are now (ns_common.inum) */
};

/* Never blocks. */
void pid_namespace_read(struct pid_namespace *ret_namespace);

/*
 * The folder that stands for the host's "/": "/proc/1/root" in a container that sees the host's processes, "" on the
 * host itself and where the host's files are out of reach.
 */
const char *pid_namespace_host_root(void);

#endif
