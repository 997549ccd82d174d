/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* x86-64's part of vmlinux.h. */
#ifndef PBP_VMLINUX_X86_VMLINUX_H
#define PBP_VMLINUX_X86_VMLINUX_H

/* The thread pointer's home: what pthread_self() returns. */
struct thread_struct {
	unsigned long fsbase;
} __attribute__((preserve_access_index));

/* What a perf_event program gets: user ABI (struct bpf_perf_event_data), so not relocated. */
struct bpf_perf_event_data {
	struct {
		unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
		unsigned long orig_ax, ip, cs, flags, sp,
			ss; /* the low bits of cs: privilege level */
	} regs;
	__u64 sample_period;
	__u64 addr;
};

#endif
