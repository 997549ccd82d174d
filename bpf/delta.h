/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this stack has in common with the last one that this CPU sent: most samples of a program share all but
 * their leaf-most frames, and only those cross the ring buffer. Equal words are equal addresses, not equal
 * functions: user space resolves the kept words again after a code object was replaced.
 */
#ifndef PBP_BPF_DELTA_H
#define PBP_BPF_DELTA_H

#include "read.h"

#define DELTA_FRAMES_PER_TURN 64
#define DELTA_TURNS	      (PBP_DEPTH_MAX / DELTA_FRAMES_PER_TURN + 1)

/* Compare up to DELTA_FRAMES_PER_TURN frames, going from the root to the leaf. 1: the first difference is found. */
PBP_GLOBAL int delta_turn(__u32 cpu)
{
	struct pbp_scratch *s = scratch_of(cpu);
	const struct pbp_stack_buffer *now, *sent;
	__u64 at, sent_at;
	__u32 kept;

	if (!s)
		return 1;
	now = &s->stacks[s->current_buffer & 1];
	sent = &s->stacks[~s->current_buffer & 1];
	kept = s->nkept;
	for (int i = 0; i < DELTA_FRAMES_PER_TURN; i++) {
		at = s->depth - 1 - kept;
		sent_at = s->sent_depth - 1 - kept;
		barrier_var(at);
		barrier_var(sent_at);
		/* Below the leaf both wrap around to huge numbers. */
		if (at >= PBP_DEPTH_MAX || sent_at >= PBP_DEPTH_MAX ||
		    now->frames[at] != sent->frames[sent_at]) {
			s->nkept = kept;
			return 1;
		}
		kept++;
	}
	s->nkept = kept;
	return 0;
}

/* Set s->nkept. */
static inline __attribute__((always_inline)) void delta_find(struct pbp_scratch *s, __u32 cpu)
{
	s->nkept = 0;
	/* Another process may have other code at the same addresses (fork). */
	if (s->sent_target != s->target.id)
		return;
	for (int turn = 0; turn < DELTA_TURNS; turn++)
		if (delta_turn(cpu))
			break;
}

#endif
