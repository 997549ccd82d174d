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

/*
 * The general registers of the interrupted thread, but for the stack pointer, into an array of PBP_REGISTERS. How many
 * were set; 0 where the tick interrupted the kernel, whose registers are not the thread's.
 */
static __always_inline __u32 tick_registers(const struct bpf_perf_event_data *context, __u64 *to)
{
#if defined(__TARGET_ARCH_x86)
	to[0] = context->regs.ax;
	to[1] = context->regs.bx;
	to[2] = context->regs.cx;
	to[3] = context->regs.dx;
	to[4] = context->regs.si;
	to[5] = context->regs.di;
	to[6] = context->regs.bp;
	to[7] = context->regs.r8;
	to[8] = context->regs.r9;
	to[9] = context->regs.r10;
	to[10] = context->regs.r11;
	to[11] = context->regs.r12;
	to[12] = context->regs.r13;
	to[13] = context->regs.r14;
	to[14] = context->regs.r15;
	return 15;
#elif defined(__TARGET_ARCH_arm64)
	to[0] = context->regs.regs[0];
	for (int i = 1; i < 31; i++)
		to[i] = context->regs.regs[i];
	return 31;
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
