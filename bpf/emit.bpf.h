/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Send what was seen, and count it in exactly one place. */
#ifndef PBP_BPF_EMIT_BPF_H
#define PBP_BPF_EMIT_BPF_H

#include "delta.h"
#include "maps.bpf.h"

/* The counter of a sample's status. */
static __always_inline enum pbp_counter status_counter(enum pbp_status status)
{
	switch (status) {
	case PBP_STATUS_COMPLETE:
		return PBP_COUNT_COMPLETE;
	case PBP_STATUS_TRUNCATED:
		return PBP_COUNT_TRUNCATED;
	case PBP_STATUS_NATIVE:
		return PBP_COUNT_NATIVE;
	case PBP_STATUS_NOT_RECOGNISED:
		return PBP_COUNT_NOT_RECOGNISED;
	case PBP_STATUS_UNREADABLE:
	case PBP_STATUS_MAX:
		break;
	}
	return PBP_COUNT_UNREADABLE;
}

/*
 * Send the sample whose frames are in the current buffer. Only what was really sent becomes what the next stack
 * of this CPU is compared with, so a full ring costs one sample and the next is right again. (In step with host_tick() of the tests.)
 */
static __always_inline void emit_sample(struct pbp_scratch *s, __u32 cpu,
					const struct task_struct *task, __u64 now, __u8 user_mode,
					enum pbp_status status)
{
	struct pbp_stack_buffer *stack = &s->stacks[s->current_buffer & 1];
	struct pbp_sample *head = &stack->head;
	__u64 size;

	if (status == PBP_STATUS_NATIVE || status == PBP_STATUS_NOT_RECOGNISED)
		s->depth = 0;
	if (status != PBP_STATUS_UNREADABLE)
		s->reason = PBP_REASON_NONE;
	if (s->dropped) {
		count(s, PBP_COUNT_LOST);
		return;
	}
	delta_find(s, cpu);
	size = sizeof(*head) + (__u64)(s->depth - s->nkept) * 8;
	barrier_var(size);
	if (size > sizeof(*stack))
		size = sizeof(*stack); /* cannot be: for the verifier */
	head->header.kind = PBP_KIND_SAMPLE;
	head->header.size = (__u32)size;
	head->time_ns = now;
	head->weight_ns = settings.period_ns;
	head->cgroup_id = bpf_get_current_cgroup_id();
	head->target = s->target.id;
	head->pid = task->tgid;
	head->tid = task->pid;
	head->cpu = cpu;
	head->nframes = s->depth;
	head->nkept = s->nkept;
	head->status = (__u8)status;
	head->reason = (__u8)s->reason;
	head->user_mode = user_mode;
	head->reserved8 = 0;
	head->reserved32 = 0;
	head->reserved64 = 0;
	if (ring_send(stack, size)) {
		count(s, PBP_COUNT_LOST);
		return;
	}
	count(s, status_counter(status));
	if (s->repaired && status == PBP_STATUS_COMPLETE)
		count(s, PBP_COUNT_REPAIRED);
	s->sent_target = s->target.id;
	s->sent_depth = s->depth;
	s->current_buffer ^= 1;
}

/* Ask user space to find the thread's state: once, and again when its answer does not hold any more. */
static __always_inline void emit_thread_wanted(struct pbp_scratch *s,
					       const struct task_struct *task)
{
	struct pbp_thread_wanted record = {
		.header = { .kind = PBP_KIND_THREAD_WANTED, .size = sizeof(record) },
		.thread_id = s->thread_id,
		.start_time = s->thread.start_time,
		.target = s->target.id,
		.pid = task->tgid,
		.tid = s->thread.tid,
	};

	if (s->thread.wanted && !s->thread.tstate_addr)
		return;
	if (!ring_send(&record, sizeof(record))) {
		s->thread.wanted = 1;
		s->thread.tstate_addr = 0;
	}
}

#endif
