/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Find the thread state of the interrupted thread, and its leaf-most frame.
 *
 * The thread state is the one whose thread_id is the thread's own pthread_self(), which is the thread pointer
 * (plus a bias of the C library on arm64). So a thread that runs C code after dropping the GIL gets its own
 * stack, not the GIL holder's.
 *
 * A thread that runs code of several interpreters has a state in each, and all of them may have frames: the one that
 * it uses now counts. From 3.12 on the state says that it is in use, before the runtime names the GIL holder's. A
 * thread without the GIL uses none; then the newest interpreter's counts, which the others' code has called.
 *
 * The state found is cached per thread. A freed state keeps its thread_id (a C thread that enters through
 * PyGILState_Ensure for every call leaves one behind each time), so the cached one stands only while its
 * thread_id matches, it has a frame and is in use. Otherwise the list is walked again, unless no thread state was
 * born since the last walk: then the thread runs no Python code now, and a thread that never was Python's costs
 * a few reads.
 *
 * One case breaks that rule: threading.Thread.start() makes the state in the parent thread, and the new thread
 * writes its thread_id later (t_bootstrap up to 3.11, thread_run from 3.12 on). A tick before that finds
 * nothing, and no birth follows. So births are trusted only after a thread's first NATIVES_TO_TRUST native ticks,
 * and the list is walked all the same at every NATIVES_TO_RECHECK-th.
 */
#ifndef PBP_BPF_TSTATE_H
#define PBP_BPF_TSTATE_H

#include "identity.h"
#include "read.h"

/* A row's offset as an index into a buffer of LIMIT bytes; rows are checked in user space, the verifier is not told. */
#define PBP_WITHIN(offset, limit) ((offset) & ((limit)-1))

/* The larger of the span so far and the end of a field, if this version has it. */
static inline __attribute__((always_inline)) __u32 span_with(__u32 span, __u32 offset)
{
	return offset != PBP_ABSENT && offset + 8 > span ? offset + 8 : span;
}

/* How many bytes of a thread state hold all fields that are read. */
static inline __attribute__((always_inline)) __u32 tstate_span(const struct pbp_layout *layout)
{
	__u32 span = span_with(layout->tstate_thread_id + 8, layout->tstate_frame);

	span = span_with(span, layout->tstate_next);
	span = span_with(span, layout->tstate_status);
	return span_with(span, layout->tstate_executor);
}

/* Read the thread state at addr into the scratch. */
static inline __attribute__((always_inline)) long tstate_read(struct pbp_scratch *s, __u64 addr)
{
	__u64 span = tstate_span(&s->target.layout);

	barrier_var(span);
	if (span < 16 || span > PBP_TSTATE_BYTES_MAX - 8)
		return -1;
	return read_target(s, s->tstate, span, addr);
}

static inline __attribute__((always_inline)) __u64 tstate_field(const struct pbp_scratch *s,
								__u32 offset)
{
	__u64 o = PBP_WITHIN(offset, PBP_TSTATE_BYTES_MAX);

	barrier_var(o);
	if (o > PBP_TSTATE_BYTES_MAX - 8)
		return 0;
	return load64(s->tstate + o);
}

/*
 * Is the _PyCFrame at addr one that may be without a frame: the root one, or the first of a greenlet's C stack, which
 * is made to follow the root one?
 */
static inline __attribute__((always_inline)) int cframe_is_base(struct pbp_scratch *s, __u64 addr)
{
	__u64 previous;

	return addr == s->root_cframe_addr ||
	       (!read_target(s, &previous, 8, addr + s->target.layout.cframe_previous) &&
		previous == s->root_cframe_addr);
}

/*
 * Set frame_addr from the thread state at tstate_addr, which is in the scratch; in 3.11 and 3.12 one level further
 * on, in a struct of the C stack (_PyCFrame), whose caller's frame is noted for half_switched(). Negative: no frame
 * can be had now, s->reason says why.
 */
static inline __attribute__((always_inline)) long tstate_frame(struct pbp_scratch *s,
							       __u64 tstate_addr)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 at = tstate_field(s, layout->tstate_frame), current, previous;

	s->in_jit = layout->tstate_executor != PBP_ABSENT &&
		    tstate_field(s, layout->tstate_executor) != 0;
	s->frame_addr = at;
	s->cframe_addr = 0;
	s->outer_frame_addr = 0;
	s->outer_unknown = 0;
	s->switching = 0;
	if (layout->cframe_current_frame == PBP_ABSENT || !at)
		return 0;
	s->frame_addr = 0;
	s->reason = PBP_REASON_NOT_RESIDENT;
	if (read_target(s, s->cframe, 24, at))
		return -1;
	current = PBP_WITHIN(layout->cframe_current_frame, 64) & 24;
	previous = PBP_WITHIN(layout->cframe_previous, 64) & 24;
	barrier_var(current);
	barrier_var(previous);
	if (current > 16 || previous > 16)
		return -1;
	s->reason = PBP_REASON_NONE;
	s->frame_addr = load64(s->cframe + current);
	s->root_cframe_addr = tstate_addr + layout->tstate_root_cframe;
	if (at == s->root_cframe_addr) /* nothing was entered from C */
		return 0;
	s->cframe_addr = at;
	s->previous_cframe_addr = load64(s->cframe + previous);
	/* `previous` may not be written yet either. */
	s->outer_unknown = !s->previous_cframe_addr ||
			   read_target(s, &s->outer_frame_addr, 8,
				       s->previous_cframe_addr + layout->cframe_current_frame) ||
			   (!s->outer_frame_addr && !cframe_is_base(s, s->previous_cframe_addr));
	/* A _PyCFrame of the C stack without a frame is one that is just being made. */
	s->switching = !s->frame_addr;
	return 0;
}

/* Is the thread state at addr, which is in the scratch, the one that its thread uses now? */
static inline __attribute__((always_inline)) int tstate_is_current(struct pbp_scratch *s,
								   __u64 addr)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 holder = 0;

	if (layout->tstate_status != PBP_ABSENT)
		return tstate_field(s, layout->tstate_status) >> (layout->tstate_active_bit & 31) &
		       1;
	return s->target.current_tstate_addr &&
	       !read_target(s, &holder, 8, s->target.current_tstate_addr) && holder == addr;
}

/* Is the frame of the thread state just a shim that nothing called, as a state of 3.15 has one of its own? */
static inline __attribute__((always_inline)) int tstate_is_idle(struct pbp_scratch *s)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 previous;
	__u8 owner;

	return layout->frame_entry_kind == PBP_ENTRY_SHIM && s->frame_addr &&
	       !read_target(s, &owner, 1, s->frame_addr + layout->frame_owner) &&
	       owner >= layout->frame_shim_owner &&
	       !read_target(s, &previous, 8, s->frame_addr + layout->frame_previous) && !previous;
}

/*
 * One turn of the list walk: an interpreter or a thread state. 1 ends the walk. A global function, so that
 * the verifier looks at it once and not PBP_THREAD_STATES_MAX times.
 */
PBP_GLOBAL int tstate_turn(__u32 cpu)
{
	struct pbp_scratch *s = scratch_of(cpu);
	const struct pbp_layout *layout;
	__u64 addr, births = 0;
	__u32 rank;

	if (!s)
		return 1;
	layout = &s->target.layout;
	addr = s->list_tstate;
	if (!addr) {
		addr = s->list_interp;
		if (!addr)
			return 1;
		s->walked_interp = addr;
		if (read_target(s, &s->list_interp, 8, addr + layout->interp_next) ||
		    read_target(s, &s->list_tstate, 8, addr + layout->interp_threads_head) ||
		    (layout->interp_next_unique_id != PBP_ABSENT &&
		     read_target(s, &births, 8, addr + layout->interp_next_unique_id))) {
			s->reason = PBP_REASON_NOT_RESIDENT;
			return 1;
		}
		s->found_births = pbp_identity_mix(s->found_births, births);
		return 0;
	}
	if (tstate_read(s, addr)) {
		s->reason = PBP_REASON_NOT_RESIDENT;
		return 1;
	}
	s->list_tstate = tstate_field(s, layout->tstate_next);
	if (tstate_field(s, layout->tstate_thread_id) != s->thread_id)
		return 0;
	s->nfound++;
	if (tstate_frame(s, addr))
		return 1;
	rank = 1;
	if (s->frame_addr || s->switching)
		rank = tstate_is_current(s, addr) ? 3 : tstate_is_idle(s) ? 1 : 2;
	if (rank > s->found_rank) { /* of equals the newest */
		s->found_rank = rank;
		s->found_tstate = addr;
		s->found_interp = s->walked_interp;
	}
	return rank == 3;
}

/* Begin at the newest interpreter. */
static inline __attribute__((always_inline)) long tstate_list_begin(struct pbp_scratch *s)
{
	s->list_tstate = 0;
	s->list_interp = 0;
	s->found_tstate = 0;
	s->found_births = 4;
	s->found_rank = 0;
	s->nfound = 0;
	return read_target(s, &s->list_interp, 8,
			   s->target.runtime_addr + s->target.layout.runtime_interpreters_head);
}

/*
 * What changes whenever a thread state is born in any interpreter of the process: a mix of the interpreters'
 * next_unique_id. 0: could not be read, or this version does not count them. The same mix as a walk of the whole
 * list makes.
 */
static inline __attribute__((always_inline)) __u64 tstate_births(struct pbp_scratch *s)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 interp, births = 4, id;

	if (layout->interp_next_unique_id == PBP_ABSENT ||
	    read_target(s, &interp, 8, s->target.runtime_addr + layout->runtime_interpreters_head))
		return 0;
	for (int i = 0; i < PBP_INTERPRETERS_MAX && interp; i++) {
		if (read_target(s, &id, 8, interp + layout->interp_next_unique_id) ||
		    read_target(s, &interp, 8, interp + layout->interp_next))
			return 0;
		births = pbp_identity_mix(births, id);
	}
	return interp ? 0 : births;
}

#define NATIVES_TO_TRUST   16
#define NATIVES_TO_RECHECK 64

enum tstate_result {
	TSTATE_FOUND, /* frame_addr is the leaf-most frame */
	TSTATE_NATIVE, /* the thread runs no Python code */
	TSTATE_UNREADABLE, /* reason says why */
	TSTATE_TOO_MANY, /* the list is longer than the limit */
};

static inline __attribute__((always_inline)) enum tstate_result tstate_walk(struct pbp_scratch *s,
									    __u32 cpu)
{
	const struct pbp_layout *layout = &s->target.layout;
	int turn;

	count(s, PBP_COUNT_THREAD_LISTS);
	s->reason = PBP_REASON_NONE;
	s->thread.births = 0;
	if (tstate_list_begin(s)) {
		s->reason = PBP_REASON_NOT_RESIDENT;
		return TSTATE_UNREADABLE;
	}
	for (turn = 0; turn < PBP_THREAD_STATES_MAX + PBP_INTERPRETERS_MAX; turn++)
		if (tstate_turn(cpu))
			break;
	if (s->reason != PBP_REASON_NONE)
		return TSTATE_UNREADABLE;
	if (turn == PBP_THREAD_STATES_MAX + PBP_INTERPRETERS_MAX) {
		count(s, PBP_COUNT_THREAD_LISTS_CUT);
		s->reason = PBP_REASON_TOO_MANY_THREADS;
		return TSTATE_TOO_MANY;
	}
	s->thread.tstate_addr = s->found_tstate;
	s->thread.interp_addr = s->found_interp;
	/* Of two states of one thread (sub-interpreters) either may get the next frame, and no birth tells. */
	if (s->found_rank != 3 && s->nfound <= 1 && layout->interp_next_unique_id != PBP_ABSENT)
		s->thread.births = s->found_births;
	if (s->found_rank < 2)
		return TSTATE_NATIVE;
	/* Others may have been looked at since. */
	if (tstate_read(s, s->found_tstate) || tstate_frame(s, s->found_tstate)) {
		s->reason = PBP_REASON_NOT_RESIDENT;
		return TSTATE_UNREADABLE;
	}
	return TSTATE_FOUND;
}

/* The interrupted thread's leaf-most frame. s->thread and s->thread_id are set; s->thread is kept up to date. */
static inline __attribute__((always_inline)) enum tstate_result tstate_find(struct pbp_scratch *s,
									    __u32 cpu)
{
	const struct pbp_layout *layout = &s->target.layout;

	if (s->thread.tstate_addr && tstate_read(s, s->thread.tstate_addr))
		return tstate_walk(s, cpu);
	if (s->thread.tstate_addr && tstate_field(s, layout->tstate_thread_id) == s->thread_id) {
		if (tstate_frame(s, s->thread.tstate_addr))
			return tstate_walk(s, cpu);
		if (s->frame_addr || s->switching) {
			/* Not in use: it gave up the GIL, or runs another interpreter's state. */
			if (s->thread.wanted || tstate_is_current(s, s->thread.tstate_addr) ||
			    (s->thread.births && s->thread.births == tstate_births(s)))
				return TSTATE_FOUND;
			return tstate_walk(s, cpu);
		}
		if (s->thread.wanted) /* user space found it in a list too long to walk here */
			return TSTATE_NATIVE;
	}
	s->thread.natives++;
	if (s->thread.births && s->thread.natives > NATIVES_TO_TRUST &&
	    s->thread.natives % NATIVES_TO_RECHECK && s->thread.births == tstate_births(s))
		return TSTATE_NATIVE;
	return tstate_walk(s, cpu);
}

#endif
