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
static inline __attribute__((always_inline)) int window_open(struct pbp_scratch *s, __u64 addr,
							     __u32 window)
{
	__u64 frame_size = s->target.layout.frame_size, lo, length;

	if (addr - (s->c_stack - C_STACK_NEAR) < 2 * C_STACK_NEAR) {
		lo = addr;
		length = PBP_PAGE_BYTES - (addr & (PBP_PAGE_BYTES - 1));
		if (length < frame_size)
			length = frame_size;
	} else {
		lo = addr & ~(PBP_PAGE_BYTES - 1ULL);
		if (addr + frame_size - PBP_WINDOW_BYTES > lo &&
		    addr + frame_size > PBP_WINDOW_BYTES)
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
static inline __attribute__((always_inline)) int walk_fail(struct pbp_scratch *s,
							   enum pbp_reason reason)
{
	s->reason = reason;
	s->incomplete = 1;
	return 1;
}

/* How frames of a layout say what they are; each gets its own copy of the loop over frames, with what it needs. */
enum frame_form {
	FRAME_INDEXED, /* up to 3.10: f_lasti, no owners, every frame is entered from C */
	FRAME_FLAGGED, /* 3.11: is_entry, cframes */
	FRAME_SHIMMED, /* from 3.12: shims */
	FRAME_THREADED, /* free-threaded from 3.14: shims, and bytecode of the thread's own */
};

static inline __attribute__((always_inline)) enum frame_form
frame_form(const struct pbp_layout *layout)
{
	if (layout->frame_entry_kind == PBP_ENTRY_ALWAYS)
		return FRAME_INDEXED;
	if (layout->frame_entry_kind == PBP_ENTRY_FLAG)
		return FRAME_FLAGGED;
	if (layout->frame_tlbc_index != PBP_ABSENT)
		return FRAME_THREADED;
	return FRAME_SHIMMED;
}

/*
 * The instruction of a frame as on the wire: all ones (PBP_FRAME_NO_INSTR) where the position is negative or does
 * not fit. Without a branch, because each would double the verifier's paths through the loop over frames.
 */
static inline __attribute__((always_inline)) __u64 frame_instr(__s64 position)
{
	__u64 over = ((PBP_FRAME_NO_INSTR - 1 - (__u64)position) | (__u64)position) >> 63;

	return ((__u64)position | -over) & PBP_FRAME_INSTR_MASK;
}

/*
 * Note what the leaf-most entry from C returns to (see half_switched()): it is among the frames that this turn took,
 * from `first` on. Looked for once a walk, so that the loop over frames need not keep it. Arguments as frames_take().
 */
static inline __attribute__((always_inline)) void entry_note(struct pbp_scratch *s, __u64 first,
							     __u64 lo, __u64 length, __u64 base,
							     const enum frame_form form)
{
	const struct pbp_layout *layout = &s->target.layout;
	const __u32 previous_at = FRAME_WITHIN(layout->frame_previous);
	const __u32 owner_at = FRAME_WITHIN(layout->frame_owner);
	const __u32 entry_at = FRAME_WITHIN(layout->frame_is_entry);
	__u64 addr = first;

	s->entered = 1;
	for (int i = 0; i < PBP_FRAMES_PER_TURN; i++) {
		__u64 offset = addr - lo + base;
		const __u8 *frame;

		if (addr - lo >= length)
			return;
		barrier_var(offset);
		if (offset > PBP_SINGLE_OFFSET)
			return;
		frame = s->windows + offset;
		addr = load64(frame + previous_at);
		if (form == FRAME_FLAGGED ? frame[entry_at] & 1
					  : frame[owner_at] >= layout->frame_shim_owner) {
			s->first_caller = addr;
			return;
		}
	}
}

/*
 * Take up to PBP_FRAMES_PER_TURN frames out of the window at s->windows + base, whose first address is lo and in
 * which frames may start on `length` addresses. `form` is a constant.
 */
static inline __attribute__((always_inline)) void
frames_take(struct pbp_scratch *s, __u64 lo, __u64 length, __u64 base, const enum frame_form form)
{
	const struct pbp_layout *layout = &s->target.layout;
	const __u32 previous_at = FRAME_WITHIN(layout->frame_previous);
	const __u32 code_at = FRAME_WITHIN(layout->frame_code);
	const __u32 instr_at = FRAME_WITHIN(layout->frame_instr);
	const __u32 owner_at = FRAME_WITHIN(layout->frame_owner);
	const __u32 entry_at = FRAME_WITHIN(layout->frame_is_entry);
	const __u32 tlbc_at = FRAME_WITHIN(layout->frame_tlbc_index);
	const __u32 shim_owner = layout->frame_shim_owner, adaptive = layout->code_adaptive;
	const __u64 code_mask = ~(__u64)layout->frame_code_tag, generation = s->generation;
	const __u64 target_tag = (__u64)s->target.id << PBP_TAG_TARGET_SHIFT;
	const __u32 shift = layout->frame_instr_shift & 31;
	struct pbp_stack_buffer *stack = &s->stacks[s->current_buffer & 1];
	const __u64 first = s->addr;
	__u64 addr = first, depth = s->depth, code, position, word, tag, spread, select;
	__u64 c_stack = s->c_stack, last = 0;
	__u32 from_c = 0, python = 1, any_from_c = 0, owner = 0;
	const struct pbp_seen *seen;
	const __u8 *frame;

	for (int i = 0; i < PBP_FRAMES_PER_TURN; i++) {
		__u64 offset = addr - lo + base;

		if (addr - lo >= length)
			break;
		barrier_var(offset);
		if (offset > PBP_SINGLE_OFFSET)
			break;
		frame = s->windows + offset;
		if (form >= FRAME_SHIMMED) {
			owner = frame[owner_at];
			python = (owner - shim_owner) >> 31; /* 0: a shim */
			from_c = python ^ 1;
			/* Masks instead of branches, see frame_instr(). */
			select = (__u64)python - 1;
			c_stack = (c_stack & ~select) | (addr & select);
		}
		if (form == FRAME_FLAGGED) {
			from_c = frame[entry_at] & 1;
			owner = frame[owner_at];
			last = addr;
		}
		addr = load64(frame + previous_at);
		code = load64(frame + code_at) & code_mask;
		any_from_c |= from_c;
		position = load64(frame + instr_at);
		if (form == FRAME_INDEXED)
			position = (__u64)((__s64)(__s32)position >> shift);
		else
			position = (__u64)((__s64)(position - code - adaptive) >> 1);
		word = (code >> 3) << PBP_FRAME_CODE_SHIFT | frame_instr((__s64)position);
		if (form == FRAME_INDEXED)
			word |= PBP_FRAME_FROM_C;
		if (form == FRAME_FLAGGED)
			word |= (__u64)from_c << 19;

		barrier_var(depth);
		if (depth > settings.max_depth || depth > PBP_DEPTH_MAX)
			break;
		stack->frames[depth] = word;
		if (form >= FRAME_SHIMMED)
			/* A shim's word is written over; the frame above it (for the first one a dummy) was entered. */
			(&stack->head.reserved64)[depth] |= (__u64)from_c << 19;
		depth += python;
		if (form == FRAME_THREADED && python && load32(frame + tlbc_at)) {
			s->tlbc_index = load32(frame + tlbc_at);
			s->tlbc_code = code;
			s->tlbc_instr = load64(frame + instr_at);
		}

		tag = (code >> 3 & ((1ULL << PBP_TAG_TARGET_SHIFT) - 1)) | target_tag;
		spread = tag * PBP_TAG_SPREAD;
		seen = &seen_codes[spread >> (64 - PBP_SEEN_SLOT_BITS)];
		if ((seen->tag != tag || (seen->stamp ^ spread) != generation) && python) {
			s->pending = tag;
			break;
		}
		if (form == FRAME_THREADED && s->tlbc_index)
			break;
	}
	s->addr = addr;
	s->depth = (__u32)depth;
	s->c_stack = c_stack;
	s->last_from_c = from_c;
	s->last_owner = owner;
	s->last_addr = last;
	if (any_from_c && !s->entered)
		entry_note(s, first, lo, length, base, form);
}

/*
 * Where threads have bytecode of their own (free-threaded builds from 3.14 on; an array in the code object, a copy
 * for each thread that wanted one) the frame taken last ran copy s->tlbc_index: set its instruction right.
 */
static inline __attribute__((always_inline)) long tlbc_resolve(struct pbp_scratch *s)
{
	const struct pbp_layout *layout = &s->target.layout;
	struct pbp_stack_buffer *stack = &s->stacks[s->current_buffer & 1];
	__u64 copies, count, bytecode = 0, at = s->depth - 1, index = s->tlbc_index;

	s->tlbc_index = 0;
	barrier_var(at);
	if (at >= PBP_DEPTH_MAX) /* the one frame more than is kept */
		return 0;
	if (read_target(s, &copies, 8, s->tlbc_code + layout->code_tlbc) ||
	    read_target(s, &count, 8, copies) || index >= count ||
	    read_target(s, &bytecode, 8, copies + layout->tlbc_entries + index * 8))
		return -1;
	stack->frames[at] = (stack->frames[at] & ~PBP_FRAME_INSTR_MASK) |
			    frame_instr((__s64)(s->tlbc_instr - bytecode) >> 1);
	return 0;
}

/*
 * One turn of the walk: some frames out of one window. 1 ends the walk. A global function with a scalar argument:
 * the verifier looks at it once, however often it is called.
 */
PBP_GLOBAL int pystack_turn(__u32 cpu)
{
	struct pbp_scratch *s = scratch_of(cpu);
	__u64 addr, lo, length, base;
	__u32 window;

	if (!s)
		return 1;
	if (s->pending) {
		if (code_meet(cpu)) {
			s->depth--; /* what was taken for a frame is none */
			return walk_fail(s, s->reason);
		}
		s->pending = 0;
	}
	if (s->tlbc_index && tlbc_resolve(s)) {
		s->depth--; /* its line would be wrong */
		return walk_fail(s, PBP_REASON_NOT_RESIDENT);
	}
	addr = s->addr;
	/* One frame more than is kept: only shims may follow the last one, or the stack is cut. */
	if (!addr || s->depth > settings.max_depth)
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
		if (addr & 7 || addr < PBP_PAGE_BYTES || addr >> 47) /* no pointer at all */
			return walk_fail(s, PBP_REASON_NOT_CODE);
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
	switch (frame_form(&s->target.layout)) {
	case FRAME_INDEXED:
		frames_take(s, lo, length, base, FRAME_INDEXED);
		break;
	case FRAME_FLAGGED:
		frames_take(s, lo, length, base, FRAME_FLAGGED);
		break;
	case FRAME_SHIMMED:
		frames_take(s, lo, length, base, FRAME_SHIMMED);
		break;
	case FRAME_THREADED:
		frames_take(s, lo, length, base, FRAME_THREADED);
		break;
	}
	return 0;
}

/* Forget the last walk. Windows are forgotten too: the target has run since they were read. */
static inline __attribute__((always_inline)) void walk_begin(struct pbp_scratch *s,
							     __u64 frame_addr)
{
	s->addr = frame_addr;
	s->length[0] = s->length[1] = 0;
	s->depth = 0;
	s->turns = 0;
	s->next_mark = 1;
	s->cycle_mark = 0;
	s->pending = 0;
	s->tlbc_index = 0;
	s->first_caller = 0;
	s->entered = 0;
	s->last_from_c = 0;
	s->last_owner = 0;
	s->suspended = 0;
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
 * Does the walk end at a frame that may be a root without a shim? greenlet takes the shims out of a stack while it
 * switches to another (from 3.12 on, when their C stack is about to be saved away). Such a frame is waiting in a
 * call; a generator's, or one that has not started, is just being linked or unlinked.
 */
static inline __attribute__((always_inline)) int walk_lacks_shims(const struct pbp_scratch *s)
{
	const struct pbp_stack_buffer *stack = &s->stacks[s->current_buffer & 1];
	__u64 last = s->depth - 1, instr;

	barrier_var(last);
	if (s->target.layout.frame_entry_kind != PBP_ENTRY_SHIM || s->last_owner ||
	    last >= PBP_DEPTH_MAX)
		return 0;
	instr = stack->frames[last] & PBP_FRAME_INSTR_MASK;
	return instr && instr != PBP_FRAME_NO_INSTR;
}

/*
 * Does the walk end at a generator's frame that is not running? A call in 3.11 makes the new frame the current one
 * before it links it to its caller, and the last frame at that place may have been called by a generator.
 */
static inline __attribute__((always_inline)) int walk_ends_suspended(struct pbp_scratch *s)
{
	const __s8 executing = 0; /* FRAME_EXECUTING */
	__s8 state = executing;

	return s->target.layout.frame_state_before && s->last_owner == 1 &&
	       !read_target(s, &state, 1, s->last_addr - s->target.layout.frame_state_before) &&
	       state != executing;
}

/* The status of the walk that just ended. */
static inline __attribute__((always_inline)) enum pbp_status walk_status(struct pbp_scratch *s)
{
	__u32 entry_kind = s->target.layout.frame_entry_kind;

	if (s->depth > settings.max_depth) {
		s->depth = settings.max_depth;
		return PBP_STATUS_TRUNCATED;
	}
	if (s->incomplete)
		return PBP_STATUS_UNREADABLE;
	if (s->addr) /* out of turns */
		return PBP_STATUS_TRUNCATED;
	s->suspended = walk_ends_suspended(s);
	if (s->suspended ||
	    (entry_kind != PBP_ENTRY_ALWAYS && !s->last_from_c && !walk_lacks_shims(s))) {
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
	/* Ids whose low bits are equal have equal tags; an address has 47 bits, so the others find room above it. */
	return pbp_identity_mix(s->thread.interp_addr | (__u64)(s->target.id >> PBP_TARGET_ID_BITS)
								<< 47,
				counter) &
	       ~(1ULL << 63);
}

/* Walk the stack whose leaf is at frame_addr into the current buffer. */
static inline __attribute__((always_inline)) enum pbp_status walk_from(struct pbp_scratch *s,
								       __u32 cpu, __u64 frame_addr)
{
	walk_begin(s, frame_addr);
	walk_turns(cpu);
	return walk_status(s);
}

#endif
