/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who was interrupted, and in which mode: what differs from one architecture to the next. */
#ifndef PBP_BPF_TASK_BPF_H
#define PBP_BPF_TASK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The thread pointer that user space sees (x86-64: the FS base). */
static __always_inline __u64 task_thread_pointer(const struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread.fsbase;
#elif defined(__TARGET_ARCH_arm64)
	return task->thread.uw.tp_value;
#endif
}

/* 1: the tick interrupted user space, 0: the kernel on the thread's behalf. */
static __always_inline __u8 tick_in_user_mode(const struct bpf_perf_event_data *context)
{
#if defined(__TARGET_ARCH_x86)
	return (context->regs.cs & 3) == 3; /* current privilege level */
#elif defined(__TARGET_ARCH_arm64)
	return (context->regs.pstate & 0xf) == 0; /* PSR_MODE_EL0t */
#endif
}

#endif
