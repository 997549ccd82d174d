/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One sample from its beginning to the ring buffer: thread state, walk, record, and one counter for what became of it. */
#ifndef PBP_BPF_SAMPLE_H
#define PBP_BPF_SAMPLE_H

#include "delta.h"
#include "repair.h"

/* Whom the tick interrupted. */
struct interrupted {
	__u64 now_ns; /* CLOCK_MONOTONIC */
	__u64 cgroup_id;
	__u64 thread_pointer;
	__u32 pid, tid; /* the process and the thread */
	__u8 user_mode;
};

/* Forget the last sample of this CPU, but for what the next is compared with. s->target and s->thread stand. */
static inline __attribute__((always_inline)) void sample_begin(struct pbp_scratch *s, __u32 cpu)
{
	s->tick = 1ULL << 63 | (__u64)cpu << 48 | s->counters[PBP_COUNT_TICKS_SEEN];
	s->codes_left = PBP_CODES_PER_TICK;
	s->code_bytes_left = PBP_CODE_BYTES_PER_TICK;
	s->dropped = 0;
	s->depth = 0;
	s->repaired = 0;
	s->in_jit = 0;
	s->reason = PBP_REASON_NONE;
}

/* Ask user space to find the thread's state: once, and again when its answer does not hold any more. */
static inline __attribute__((always_inline)) void sample_want_thread(struct pbp_scratch *s,
								     const struct interrupted *who)
{
	struct pbp_thread_wanted record = {
		.header = { .kind = PBP_KIND_THREAD_WANTED, .size = sizeof(record) },
		.thread_id = s->thread_id,
		.start_time = s->thread.start_time,
		.target = s->target.id,
		.pid = who->pid,
		.tid = who->tid,
	};

	if (s->thread.wanted && !s->thread.tstate_addr)
		return;
	if (!ring_send(&record, sizeof(record))) {
		s->thread.wanted = 1;
		s->thread.tstate_addr = 0;
	}
}

/* Take the answer, if there is one for this very thread. */
static inline __attribute__((always_inline)) void sample_take_found_thread(struct pbp_scratch *s)
{
	const struct pbp_found_thread *found = found_thread(s->thread.tid);

	if (!found || found->start_time != s->thread.start_time || found->target != s->target.id)
		return;
	if (found->tstate_addr != s->thread.tstate_addr) {
		s->thread.tstate_addr = found->tstate_addr;
		s->thread.interp_addr = found->interp_addr;
	}
}

/* The interrupted thread's Python stack into the current buffer; the thread's slot is kept up to date. */
static inline __attribute__((always_inline)) enum pbp_status
sample_capture(struct pbp_scratch *s, __u32 cpu, const struct interrupted *who)
{
	__u64 tstate_addr = s->thread.tstate_addr, births = s->thread.births;
	__u32 natives = s->thread.natives, wanted = s->thread.wanted;
	enum tstate_result result;

	s->thread_id = who->thread_pointer + s->target.thread_pointer_bias;
	if (wanted)
		sample_take_found_thread(s);
	result = tstate_find(s, cpu);
	if (result == TSTATE_TOO_MANY)
		sample_want_thread(s, who);
	if (s->thread.tstate_addr != tstate_addr || s->thread.births != births ||
	    s->thread.natives != natives || s->thread.wanted != wanted)
		thread_keep(s);
	switch (result) {
	case TSTATE_FOUND:
		return stack_walk(s, cpu);
	case TSTATE_NATIVE:
		return PBP_STATUS_NATIVE;
	case TSTATE_UNREADABLE:
	case TSTATE_TOO_MANY:
		break;
	}
	return PBP_STATUS_UNREADABLE;
}

/* The counter of a sample's status. */
static inline __attribute__((always_inline)) enum pbp_counter sample_counter(enum pbp_status status)
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
 * Send the sample whose frames are in the current buffer. Only what was really sent becomes what the next stack of
 * this CPU is compared with, so a full ring costs one sample and the next is right again.
 */
static inline __attribute__((always_inline)) void
sample_send(struct pbp_scratch *s, __u32 cpu, const struct interrupted *who, enum pbp_status status)
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
	head->time_ns = who->now_ns;
	head->weight_ns = settings.period_ns;
	head->cgroup_id = who->cgroup_id;
	head->target = s->target.id;
	head->pid = who->pid;
	head->tid = who->tid;
	head->cpu = cpu;
	head->nframes = s->depth;
	head->nkept = s->nkept;
	head->status = (__u8)status;
	head->reason = (__u8)s->reason;
	head->user_mode = who->user_mode;
	head->in_jit = (__u8)s->in_jit;
	head->reserved32 = 0;
	head->reserved64 = 0;
	if (ring_send(stack, size)) {
		count(s, PBP_COUNT_LOST);
		return;
	}
	count(s, sample_counter(status));
	if (s->repaired && status == PBP_STATUS_COMPLETE)
		count(s, PBP_COUNT_REPAIRED);
	if (s->in_jit && status == PBP_STATUS_COMPLETE)
		count(s, PBP_COUNT_JIT);
	s->sent_target = s->target.id;
	s->sent_depth = s->depth;
	s->current_buffer ^= 1;
}

#endif
