/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walk the interpreter's frames from the leaf to the root. One walker for every version: offsets come from the
 * target's layout, versions are not known here.
 *
 * Reading costs by the call, hardly by the byte, and a failing read costs as much as ten: so each read takes
 * what is certainly mapped with the frame, the rest of its page. Frames of a thread grow towards higher
 * addresses, so a window ends with the frame and takes in its callers; entry shims lie on the C stack, which
 * grows downwards, so a window near the last shim begins with the frame. Two windows, because generator frames
 * and shims interleave with the stack's own.
 *
 *        page boundary                frame
 *             │◀───────── window ─────────▶│         callers lie to the left
 *
 * Inside a window a frame costs about 5 ns. A frame's code object that is not in the table of seen ones, or was
 * proven at another generation, ends the turn: code_meet() looks at it before the walk goes on.
 */
#ifndef PBP_BPF_PYSTACK_H
#define PBP_BPF_PYSTACK_H

#include "pycode.h"

#define FRAME_WITHIN(offset) ((offset) & (PBP_FRAME_BYTES_MAX - 1))
/* Shims of one C stack are looked for this far from the last one; a wrong guess costs a read, never an error. */
#define C_STACK_NEAR (1ULL << 20)

/* Make a window that holds the frame at addr. Its index, or -1: the frame cannot be read. */
static inline __attribute__((always_inline)) int window_open(struct pbp_scratch *s, __u64 addr, __u32 window)
{
	__u64 frame_size = s->target.layout.frame_size, lo, length;

	if (addr - (s->c_stack - C_STACK_NEAR) < 2 * C_STACK_NEAR) {
		lo = addr;
		length = PBP_PAGE_BYTES - (addr & (PBP_PAGE_BYTES - 1));
		if (length < frame_size)
			length = frame_size;
	} else {
		lo = addr & ~(PBP_PAGE_BYTES - 1ULL);
		if (addr + frame_size - PBP_WINDOW_BYTES > lo && addr + frame_size > PBP_WINDOW_BYTES)
			lo = addr + frame_size - PBP_WINDOW_BYTES;
		length = addr + frame_size - lo;
	}
	barrier_var(length);
	if (length < 16 || length > PBP_WINDOW_SLOT)
		return -1;
	count(s, PBP_COUNT_WINDOWS);
	if (read_target(s, window & 1 ? s->windows + PBP_WINDOW_SLOT : s->windows, length, lo))
		return -1;
	s->lo[window & 1] = lo;
	s->length[window & 1] = length - frame_size + 1;
	return 0;
}

/* Read the frame at addr alone, behind the windows. Negative: it cannot be read. */
static inline __attribute__((always_inline)) long frame_read(struct pbp_scratch *s, __u64 addr)
{
	__u64 frame_size = s->target.layout.frame_size;

	barrier_var(frame_size);
	if (frame_size < 16 || frame_size > PBP_FRAME_BYTES_MAX)
		return -1;
	count(s, PBP_COUNT_SINGLE_READS);
	return read_target(s, s->windows + PBP_SINGLE_OFFSET, frame_size, addr);
}

/* End the walk with its reason. */
static inline __attribute__((always_inline)) int walk_fail(struct pbp_scratch *s, enum pbp_reason reason)
{
	s->reason = reason;
	s->incomplete = 1;
	return 1;
}

/*
 * One turn of the walk: at most PBP_FRAMES_PER_TURN frames out of one window. 1 ends the walk. A global function
 * with a scalar argument: the verifier looks at it once, however often it is called.
 */
PBP_GLOBAL int pystack_turn(__u32 cpu)
{
	struct pbp_scratch *s = scratch_of(cpu);
	const struct pbp_layout *layout;
	struct pbp_stack_buffer *stack;
	__u64 addr, lo, length, base, first_caller, generation, target_tag;
	__u32 window, depth, max_depth, entered, last_entered;

	if (!s)
		return 1;
	layout = &s->target.layout;
	if (s->pending) {
		if (code_meet(cpu)) {
			s->depth--; /* what was taken for a frame is none */
			return walk_fail(s, s->reason);
		}
		s->pending = 0;
	}
	addr = s->addr;
	depth = s->depth;
	max_depth = settings.max_depth;
	if (!addr || depth >= max_depth)
		return 1;
	if (addr == s->cycle_mark)
		return walk_fail(s, PBP_REASON_CYCLE);
	if (++s->turns >= s->next_mark) { /* Brent: a mark at every power of two */
		s->cycle_mark = addr;
		s->next_mark = s->turns * 2;
	}

	window = s->window & 1;
	lo = s->lo[window];
	length = s->length[window];
	if (addr - lo >= length) {
		window ^= 1;
		lo = s->lo[window];
		length = s->length[window];
	}
	base = window ? PBP_WINDOW_SLOT : 0;
	if (addr - lo >= length) {
		if (addr & 7)
			return walk_fail(s, PBP_REASON_NOT_RESIDENT);
		if (!window_open(s, addr, window)) {
			lo = s->lo[window];
			length = s->length[window];
		} else if (!frame_read(s, addr)) {
			lo = addr;
			length = 1;
			base = PBP_SINGLE_OFFSET;
		} else {
			return walk_fail(s, PBP_REASON_NOT_RESIDENT);
		}
	}
	s->window = window;

	const __u32 previous_at = FRAME_WITHIN(layout->frame_previous);
	const __u32 code_at = FRAME_WITHIN(layout->frame_code);
	const __u32 instr_at = FRAME_WITHIN(layout->frame_instr);
	/* Up to 3.10 there is no owner and no shim: any byte will do, and none is large enough. */
	const __u32 owner_at = FRAME_WITHIN(layout->frame_owner);
	const __u32 shim_owner = layout->frame_shim_owner ?: 256;
	const __u32 entry_at = FRAME_WITHIN(layout->frame_is_entry);
	const __u32 entry_mask = layout->frame_entry_kind == PBP_ENTRY_FLAG;
	const __u32 entry_always = layout->frame_entry_kind == PBP_ENTRY_ALWAYS;
	const __u64 code_mask = ~(__u64)layout->frame_code_tag;
	const __u32 is_pointer = layout->frame_instr_kind == PBP_INSTR_POINTER;
	const __u32 extend = is_pointer ? 0 : 32;
	const __u64 start_mask = is_pointer ? ~0ULL : 0;
	const __u32 shift = layout->frame_instr_shift & 31;
	const __u64 adaptive = is_pointer ? layout->code_adaptive : 0;

	first_caller = s->first_caller;
	entered = s->entered;
	last_entered = s->last_entered;
	generation = s->generation;
	target_tag = (__u64)s->target.id << PBP_TAG_TARGET_SHIFT;
	stack = &s->stacks[s->current_buffer & 1];
	for (int i = 0; i < PBP_FRAMES_PER_TURN; i++) {
		const struct pbp_seen *seen;
		const __u8 *frame;
		__u64 offset = addr - lo + base, code, raw, over, tag, spread, select;
		__u32 python, entry;
		__s64 instr;

		if (addr - lo >= length)
			break;
		barrier_var(offset);
		if (offset > PBP_SINGLE_OFFSET)
			break;
		frame = s->windows + offset;
		code = load64(frame + code_at) & code_mask;
		raw = load64(frame + instr_at);
		instr = (__s64)(raw << extend) >> extend;
		instr = (instr - (__s64)((code + adaptive) & start_mask)) >> shift;
		/* All ones (PBP_FRAME_NO_INSTR) where the position is negative or does not fit; no branch, */
		/* because each would double the verifier's paths through the turns of this loop. */
		over = (PBP_FRAME_NO_INSTR - 1 - (__u64)instr | (__u64)instr) >> 63;
		raw = ((__u64)instr | -over) & PBP_FRAME_INSTR_MASK;

		python = ((__u32)frame[owner_at] - shim_owner) >> 31; /* 0: a shim */
		entry = (frame[entry_at] & entry_mask) | entry_always;
		last_entered = (frame[entry_at] & entry_mask) | (python ^ 1);
		addr = load64(frame + previous_at);
		/* What the leaf-most entry from C returns to. */
		select = -(__u64)(last_entered & ~entered & 1);
		first_caller = (first_caller & ~select) | (addr & select);
		entered |= last_entered;

		barrier_var(depth);
		if (depth >= PBP_DEPTH_MAX)
			break;
		/* A shim's slot is written over; the frame above it (or the word before the first) was entered from C. */
		stack->frames[depth] = (code >> 3) << PBP_FRAME_CODE_SHIFT | (__u64)entry << 19 | raw;
		(&stack->head.reserved64)[depth] |= (__u64)(python ^ 1) << 19;
		if (!python)
			s->c_stack = lo + offset - base;
		depth += python;

		tag = (code >> 3 & ((1ULL << PBP_TAG_TARGET_SHIFT) - 1)) | target_tag;
		spread = tag * PBP_TAG_SPREAD;
		seen = &seen_codes[spread >> (64 - PBP_SEEN_SLOT_BITS)];
		if ((seen->tag != tag || (seen->stamp ^ spread) != generation) && python) {
			s->pending = tag;
			break;
		}
		if (depth >= max_depth)
			break;
	}
	s->addr = addr;
	s->depth = depth;
	s->first_caller = first_caller;
	s->entered = entered;
	s->last_entered = last_entered;
	return 0;
}

/* Forget the last walk. Windows are forgotten too: the target has run since they were read. */
static inline __attribute__((always_inline)) void walk_begin(struct pbp_scratch *s, __u64 frame_addr)
{
	s->addr = frame_addr;
	s->length[0] = s->length[1] = 0;
	s->depth = 0;
	s->turns = 0;
	s->next_mark = 1;
	s->cycle_mark = 0;
	s->pending = 0;
	s->first_caller = 0;
	s->entered = 0;
	s->last_entered = 0;
	s->incomplete = 0;
	s->reason = PBP_REASON_NONE;
	s->stacks[s->current_buffer & 1].head.reserved64 = 0;
}

/* Many turns in one call: the verifier allows 8192 jumps to come back to, and each turn of a loop is one. */
PBP_GLOBAL int pystack_turns(__u32 cpu)
{
	for (int turn = 0; turn < PBP_TURNS_PER_CALL; turn++)
		if (pystack_turn(cpu))
			return 1;
	return 0;
}

static inline __attribute__((always_inline)) void walk_turns(__u32 cpu)
{
	for (int call = 0; call < PBP_WALK_TURNS / PBP_TURNS_PER_CALL; call++)
		if (pystack_turns(cpu))
			break;
}

/*
 * Was the interpreter just switching to a new _PyCFrame (3.11 and 3.12)? tstate->cframe is set before its
 * current_frame is written (_PyEval_EvalFrameDefault), so in between that member holds whatever lay on the C
 * stack, as a rule a frame that is gone. Proof against it: the leaf-most frame that was entered from C returns
 * to the current frame of the C-level caller.
 */
static inline __attribute__((always_inline)) int half_switched(const struct pbp_scratch *s)
{
	const struct pbp_layout *layout = &s->target.layout;

	if (layout->cframe_current_frame == PBP_ABSENT)
		return 0;
	if (s->entered)
		return s->first_caller != s->outer_frame_addr;
	/* A frame further down that is not in memory is no sign of it, nor is a stack that was cut. */
	return s->incomplete ? s->reason != PBP_REASON_NOT_RESIDENT || !s->depth : !s->addr;
}

/* The status of the walk that just ended. */
static inline __attribute__((always_inline)) enum pbp_status walk_status(struct pbp_scratch *s)
{
	__u32 entry_kind = s->target.layout.frame_entry_kind;

	if (s->incomplete)
		return PBP_STATUS_UNREADABLE;
	if (s->addr)
		return PBP_STATUS_TRUNCATED;
	if (entry_kind != PBP_ENTRY_ALWAYS && !s->last_entered) {
		/* The outermost frame is always entered from C: this one was being switched to or from. */
		s->reason = PBP_REASON_NO_ROOT;
		return PBP_STATUS_UNREADABLE;
	}
	return s->depth ? PBP_STATUS_COMPLETE : PBP_STATUS_NATIVE;
}

/*
 * The generation of the process's code objects: while it stands, an address that was proven stays proven.
 * Where there is no counter, every tick is a generation of its own, and each code object is proven once a tick.
 */
static inline __attribute__((always_inline)) __u64 code_generation(struct pbp_scratch *s)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 counter = 0, addr = s->target.code_counter_addr;
	__u64 size = layout->interp_code_counter_size;

	if (layout->interp_code_counter != PBP_ABSENT)
		addr = s->thread.interp_addr + layout->interp_code_counter;
	if (!addr)
		return s->tick;
	if (size == 8 ? read_target(s, &counter, 8, addr) : read_target(s, &counter, 4, addr))
		return s->tick;
	if (!counter) /* a 32-bit counter stays 0 once it has wrapped */
		return s->tick;
	return pbp_identity_mix(s->thread.interp_addr, counter) & ~(1ULL << 63);
}

/* Walk the stack whose leaf is s->frame_addr into the current buffer. */
static inline __attribute__((always_inline)) enum pbp_status pystack_walk(struct pbp_scratch *s, __u32 cpu)
{
	enum pbp_status status;

	s->repaired = 0;
	s->generation = code_generation(s);
	walk_begin(s, s->frame_addr);
	walk_turns(cpu);
	if (!half_switched(s))
		return walk_status(s);
	/* The frame about to be pushed is not known yet; its caller's stack is whole. */
	s->repaired = 1;
	if (!s->outer_frame_addr)
		return PBP_STATUS_NATIVE;
	walk_begin(s, s->outer_frame_addr);
	walk_turns(cpu);
	status = walk_status(s);
	if (status == PBP_STATUS_UNREADABLE)
		s->reason = PBP_REASON_HALF_SWITCHED;
	return status;
}

#endif
