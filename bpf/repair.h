/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tick that fell between two stores of the interpreter.
 *
 * Up to 3.10 and from 3.13 on a thread state leads to a whole chain of frames at every instruction, as far as was
 * ever seen. 3.11 and 3.12 do not: a call from C sets tstate->cframe before the new _PyCFrame is filled
 * (_PyEval_EvalFrameDefault), a generator's frame is unlinked before it stops being the current one, or the other way
 * round (YIELD_VALUE, SEND, FOR_ITER in Python/bytecodes.c), and a call makes the new frame the current one before it
 * is linked (CALL in 3.11's Python/ceval.c). What is about to be stored is then in a register of
 * the interrupted thread, and what a register holds is proven before it is believed: the leaf-most frame that was
 * entered from C returns to the current frame of the C-level caller.
 *
 *     tstate ─▶ _PyCFrame ──previous──▶ _PyCFrame ──previous──▶ … root, in the thread state
 *                  │ current_frame          │ current_frame
 *                  ▼                        ▼
 *                frame ─▶ … ─▶ entry ─▶   frame ─▶ … ─▶ entry ─▶ …
 */
#ifndef PBP_BPF_REPAIR_H
#define PBP_BPF_REPAIR_H

#include "pystack.h"
#include "tstate.h"

/* A new _PyCFrame and the entry shim of its evaluation are variables of one C function. */
#define SHIM_NEAR 256

/*
 * Was the interpreter just switching to a new _PyCFrame (3.11 and 3.12)? tstate->cframe is set before its
 * current_frame is written (_PyEval_EvalFrameDefault), so in between that member holds whatever lay on the C
 * stack, as a rule a frame that is gone. Proof against it: the leaf-most frame that was entered from C returns
 * to the current frame of the C-level caller.
 */
static inline __attribute__((always_inline)) int half_switched(const struct pbp_scratch *s)
{
	if (s->entered)
		return s->outer_unknown || s->first_caller != s->outer_frame_addr;
	return s->incomplete || !s->addr; /* a stack that was cut is no sign of it */
}

/* Could addr be a _PyCFrame that is older than the one at newer: further up the same C stack, or the root one? */
static inline __attribute__((always_inline)) int is_older_cframe(const struct pbp_scratch *s,
								 __u64 addr, __u64 newer)
{
	return addr == s->root_cframe_addr ||
	       (!(addr & 7) && addr > newer && addr - newer < C_STACK_NEAR);
}

/*
 * Is the value that of a register which holds the C-level caller's _PyCFrame? Of several the nearest is noted, with
 * the frame it has and the one that its own leaf-most entry from C must return to.
 */
static inline __attribute__((always_inline)) void register_cframe(struct pbp_scratch *s,
								  __u64 value)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 frame, previous, proof = 0;

	if (!is_older_cframe(s, value, s->cframe_addr))
		return;
	/* The root one lies elsewhere, and is the furthest. */
	if (s->nearest_cframe && s->nearest_cframe != s->root_cframe_addr &&
	    (value == s->root_cframe_addr || value >= s->nearest_cframe))
		return;
	if (read_target(s, &frame, 8, value + layout->cframe_current_frame) ||
	    read_target(s, &previous, 8, value + layout->cframe_previous))
		return;
	if (value != s->root_cframe_addr &&
	    (!is_older_cframe(s, previous, value) || (!frame && previous != s->root_cframe_addr) ||
	     read_target(s, &proof, 8, previous + layout->cframe_current_frame)))
		return;
	s->nearest_cframe = value;
	s->nearest_frame = frame;
	s->nearest_proof = proof;
}

/* Read what may be a Python frame at addr into s->suspect. Negative: it is none. */
static inline __attribute__((always_inline)) long suspect_read(struct pbp_scratch *s, __u64 addr)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 frame_size = layout->frame_size, type;

	barrier_var(frame_size);
	if (addr & 7 || frame_size < 16 || frame_size > PBP_FRAME_BYTES_MAX / 2 ||
	    read_target(s, s->suspect, frame_size, addr) ||
	    read_target(s, &type, 8,
			load64(s->suspect + (layout->frame_code & 127)) + layout->object_type))
		return -1;
	/* A shim of 3.12 has a code object, too: the interpreter's trampoline. */
	if (layout->frame_shim_owner &&
	    s->suspect[layout->frame_owner & 127] >= layout->frame_shim_owner)
		return -1;
	return type == s->target.code_type_addr ? 0 : -1;
}

/*
 * Is the value that of a register which holds the frame that is just being entered? Its entry from C lies beside the
 * new _PyCFrame (3.12), or is the frame itself (3.11), and returns to the C-level caller's frame.
 */
static inline __attribute__((always_inline)) void register_entered(struct pbp_scratch *s,
								   __u64 value)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 caller, started;
	__u8 owner;

	if (suspect_read(s, value))
		return;
	caller = load64(s->suspect + (layout->frame_previous & 127));
	/* A frame that has started waits in a call, unless it is a generator's. */
	started = load64(s->suspect + (layout->frame_instr & 127)) -
		  load64(s->suspect + (layout->frame_code & 127)) - layout->code_adaptive;
	if (!s->suspect[layout->frame_owner & 127] && (__s64)started > 0)
		return;
	if (layout->frame_entry_kind == PBP_ENTRY_FLAG) {
		if (s->suspect[layout->frame_is_entry & 127] & 1)
			s->shim_caller = caller;
		s->entering = 1; /* at least, even where that is not written yet */
		return;
	}
	if (caller - (s->cframe_addr - SHIM_NEAR) >= 2 * SHIM_NEAR ||
	    read_target(s, &owner, 1, caller + layout->frame_owner) ||
	    owner < layout->frame_shim_owner ||
	    read_target(s, &caller, 8, caller + layout->frame_previous))
		return;
	s->shim_caller = caller;
}

/* A global function, so that the verifier looks at it once. */
PBP_GLOBAL int register_look(__u32 cpu, __u32 number)
{
	struct pbp_scratch *s = scratch_of(cpu);
	__u64 i = number;

	barrier_var(i);
	if (!s || i >= PBP_REGISTERS)
		return 1;
	register_cframe(s, s->registers[i]);
	if (!s->shim_caller)
		register_entered(s, s->registers[i]);
	return 0;
}

/* What may be believed of the members of the newest _PyCFrame. */
enum stored {
	STORED_UNLESS_MISSING, /* what could not be read may as well be a page that is not in memory */
	STORED_PREVIOUS, /* what no register holds */
	STORED_NOTHING, /* both are of an evaluation that is over */
};

/* The C-level caller's stack, of a thread whose newest _PyCFrame is not filled yet. */
static inline __attribute__((always_inline)) enum pbp_status
repair_entry(struct pbp_scratch *s, __u32 cpu, enum stored stored)
{
	__u32 proven = 1, reason = s->reason;
	enum pbp_status status;
	__u64 from_register;

	s->nearest_cframe = 0;
	s->nearest_frame = 0;
	s->nearest_proof = 0;
	s->shim_caller = 0;
	s->entering = 0;
	for (__u32 i = 0; i < PBP_REGISTERS; i++) {
		if (i >= s->nregisters)
			break;
		register_look(cpu, i);
	}
	/* What could not be read is no page that is missing, but what lay on the C stack before. */
	if (s->entering && stored == STORED_UNLESS_MISSING)
		stored = STORED_PREVIOUS;
	if (!s->nearest_cframe && s->shim_caller) {
		s->nearest_frame = s->shim_caller;
		proven = 0;
	} else if (!s->outer_unknown && stored == STORED_PREVIOUS) {
		from_register = s->nearest_cframe;
		register_cframe(s, s->previous_cframe_addr);
		if (from_register && s->nearest_cframe != from_register) {
			/* What is stored is nearer than what a register holds: nothing tells which is stale. */
			s->depth = 0;
			s->reason = PBP_REASON_HALF_SWITCHED;
			return PBP_STATUS_UNREADABLE;
		}
	}
	if (!s->nearest_cframe && proven) {
		s->reason = reason;
		if (stored != STORED_UNLESS_MISSING) {
			s->reason = PBP_REASON_HALF_SWITCHED;
			s->depth = 0; /* what was walked is a stale frame's */
		}
		return PBP_STATUS_UNREADABLE;
	}
	s->depth = 0;
	if (!s->nearest_frame) /* the thread enters its first frame */
		return PBP_STATUS_NATIVE;
	/* The frame about to be pushed is not known yet; its caller's stack is whole. */
	status = walk_from(s, cpu, s->nearest_frame);
	if (status == PBP_STATUS_COMPLETE && proven && s->first_caller != s->nearest_proof)
		status = PBP_STATUS_UNREADABLE;
	if (status == PBP_STATUS_UNREADABLE) {
		s->depth = 0;
		s->reason = PBP_REASON_HALF_SWITCHED;
	}
	return status;
}

/* Does a register point to a frame of the running evaluation? A global function, as above. */
PBP_GLOBAL int register_fits(__u32 cpu, __u32 number)
{
	struct pbp_scratch *s = scratch_of(cpu);
	enum pbp_status status;
	__u64 i = number, value;

	barrier_var(i);
	if (!s || i >= PBP_REGISTERS)
		return 1;
	value = s->registers[i];
	if (value == s->frame_addr || value == s->fit_addr || suspect_read(s, value))
		return 0;
	status = walk_from(s, cpu, value);
	if (status == PBP_STATUS_UNREADABLE || !s->entered ||
	    s->first_caller != s->outer_frame_addr)
		return 0;
	s->fit_addr = value;
	s->nfits++;
	return 0;
}

/*
 * The stack of a thread whose current frame is not linked to its caller: a generator's, which its caller resumes or
 * to which it yields, or one that is just being called (3.11). The caller is in a register. If several frames fit,
 * nothing tells which it is.
 */
static inline __attribute__((always_inline)) enum pbp_status repair_unlinked(struct pbp_scratch *s,
									     __u32 cpu)
{
	s->nfits = 0;
	s->fit_addr = 0;
	for (__u32 i = 0; i < PBP_REGISTERS; i++) {
		if (i >= s->nregisters)
			break;
		register_fits(cpu, i);
	}
	if (s->nfits == 1)
		return walk_from(s, cpu, s->fit_addr);
	s->depth = 0;
	s->reason = PBP_REASON_NO_ROOT;
	return PBP_STATUS_UNREADABLE;
}

/* Walk the interrupted thread's stack, as tstate_find() found it, into the current buffer. */
static inline __attribute__((always_inline)) enum pbp_status stack_walk(struct pbp_scratch *s,
									__u32 cpu)
{
	enum pbp_status status = PBP_STATUS_UNREADABLE;
	enum stored stored = STORED_PREVIOUS;
	int half, over;

	s->repaired = 0;
	s->generation = code_generation(s);
	if (!s->switching) {
		status = walk_from(s, cpu, s->frame_addr);
		if (s->target.layout.cframe_current_frame == PBP_ABSENT)
			return status;
		half = half_switched(s);
		/* Frame and caller fit each other, but the caller is no frame any more. */
		over = !half && s->incomplete && s->reason == PBP_REASON_NOT_CODE &&
		       s->addr == s->outer_frame_addr;
		if (!half && !s->suspended && !over)
			return status;
		if (!s->incomplete && (!half || !s->entered)) {
			if (status == PBP_STATUS_UNREADABLE) {
				s->repaired = 1;
				return repair_unlinked(s, cpu);
			}
			/* greenlet's C stack begins at a _PyCFrame without a frame; otherwise the frame has returned. */
			if (!s->outer_unknown && !s->outer_frame_addr)
				return status;
		}
		if (over)
			stored = STORED_NOTHING;
		else if (!s->entered && s->reason == PBP_REASON_NOT_RESIDENT)
			stored = STORED_UNLESS_MISSING;
	}
	s->repaired = 1;
	return repair_entry(s, cpu, stored);
}

#endif
