/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* arm64's part of vmlinux.h. */
#ifndef PBP_VMLINUX_ARM64_VMLINUX_H
#define PBP_VMLINUX_ARM64_VMLINUX_H

/* The thread pointer's home: what pthread_self() is made from. */
struct thread_struct {
	struct {
		unsigned long tp_value;
	} uw;
} __attribute__((preserve_access_index));

/* What a perf_event program gets: user ABI (struct bpf_perf_event_data), so not relocated. */
struct bpf_perf_event_data {
	struct {
		__u64 regs[31];
		__u64 sp, pc, pstate; /* the mode bits of pstate: exception level */
	} regs;
	__u64 sample_period;
	__u64 addr;
};

#endif
