/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One CPU's working memory: an element of an array map, because it is far larger than the 512 bytes of a BPF
 * stack, and because the verifier takes whatever comes out of a map as unknown: loops whose state lives here
 * are verified once, not once per value of their counters.
 *
 * A CPU-clock tick is a hardirq timer, so ticks of one CPU do not nest.
 */
#ifndef PBP_BPF_SCRATCH_H
#define PBP_BPF_SCRATCH_H

#include "config.h"
#include "counters.h"
#include "process.h"
#include "target.h"
#include "wire.h"

#define PBP_PAGE_BYTES 4096
/* A window read backwards ends with the frame, so it can reach past its page by one frame. */
#define PBP_WINDOW_SLOT (PBP_WINDOW_BYTES + PBP_FRAME_BYTES_MAX)
/* Two windows, room for one frame read alone, and slack so that offset + field stays inside. */
#define PBP_WINDOWS_BYTES (2 * PBP_WINDOW_SLOT + 3 * PBP_FRAME_BYTES_MAX)
#define PBP_SINGLE_OFFSET (2 * PBP_WINDOW_SLOT)

/* General registers that may hold a pointer: 15 on x86-64 (all but the stack pointer), 31 on arm64. */
#define PBP_REGISTERS 31

/*
 * A thread's entry in the direct-mapped table of threads. The thread is (tid, start_time); mm tells execve.
 * Two CPUs may write one slot at once, so a writer clears tid first and sets it last, and a reader copies the
 * slot and looks at tid again.
 */
struct pbp_thread {
	__u64 start_time, mm;
	__u64 tstate_addr; /* its thread state, 0: none known */
	__u64 interp_addr; /* the interpreter of that thread state */
	__u64 births; /* what pbp_births() was when the list was last walked, 0: walk again */
	__u32 tid;
	__u64 exec_vm; /* of one that is not ours: pages of code it had mapped when that was decided */
	__u32 target; /* pbp_target.id, 0: not ours */
	__u32 epoch; /* of user space's answers */
	__u32 wanted; /* user space was asked to find the thread state */
	__u32 natives; /* ticks at which the cached state did not do */
	__u32 reserved;
};

/*
 * A code object that user space knows, in the direct-mapped table of such. `stamp` is the generation at which
 * the identity was last proven, mixed with the tag, so that a slot which two CPUs write at once never proves
 * one code object by the other's generation.
 */
struct pbp_seen {
	__u64 tag; /* target id << 44 | address >> 3: the whole key, so that equality is exact */
	__u64 stamp;
	__u64 identity;
	__u32 deferred; /* 1: announced, but the names are still to be sent */
	__u32 id_high; /* the bits of the target's id that the tag has no room for */
};

/* A file name whose contents were looked at in this tick: the functions of one file share it. */
struct pbp_checked {
	__u64 addr, tick, identity;
};
#define PBP_CHECKED_SLOTS 16

/* A block of target memory, see block.h. */
struct pbp_block {
	__u64 start, tick, length;
};
#define PBP_BLOCK_BITS	5
#define PBP_BLOCK_BYTES 1024
/* Blocks are read a little further than the next one's start, for the objects that reach over it. */
#define PBP_BLOCK_STRIDE (PBP_BLOCK_BYTES + 256)
/* Behind them, room for one object read alone. */
#define PBP_BLOCK_ALONE ((1 << PBP_BLOCK_BITS) * PBP_BLOCK_STRIDE)

/* The layout's code_ fields of the code object that is being looked at. */
struct pbp_code_fields {
	__u64 type, name, qualname, filename, linetable;
	__u32 version;
	__s32 firstlineno;
};

struct pbp_stack_buffer {
	struct pbp_sample head;
	__u64 frames[PBP_DEPTH_MAX + PBP_FRAMES_PER_TURN];
};

struct pbp_code_buffer {
	struct pbp_code head;
	__u8 data[3 * PBP_STRING_BYTES_MAX + PBP_LINETABLE_BYTES_MAX];
};

struct pbp_scratch {
	__u64 counters[PBP_COUNT_MAX];
	__u64 last_tick_ns;
	__u64 tick; /* unique among all CPUs' ticks */

	struct pbp_target target; /* of the process that was last admitted */
	__u32 admission; /* enum admission of the present tick */
	__u32 reserved;
	__u64 target_epoch; /* of user space's answers when it was put together, 0: it is not whole */
	struct pbp_thread thread; /* copy of the interrupted thread's slot */
	__u64 thread_id; /* what the thread state's thread_id must be */
	__u32 reason; /* enum pbp_reason of whatever failed */
	__u32 repaired;

	/* tstate.h */
	__u64 frame_addr; /* leaf-most frame, 0: runs no Python code */
	__u64 outer_frame_addr; /* the leaf-most frame of the C-level caller's evaluation (3.11, 3.12) */
	__u64 outer_unknown; /* 1: that could not be read */
	__u64 cframe_addr, previous_cframe_addr, root_cframe_addr; /* 3.11, 3.12; 0: the root one */
	__u64 list_interp, list_tstate; /* next to look at */
	__u64 walked_interp, found_tstate, found_interp, found_births;
	__u32 found_rank; /* of found_tstate: 0 none, 1 without a frame, 2 with one, 3 in use */
	__u32 nfound;
	__u32 switching; /* the leaf-most _PyCFrame has no frame yet */
	__u32 in_jit;
	__u8 tstate[PBP_TSTATE_BYTES_MAX];
	__u8 cframe[64];

	/* pystack.h */
	__u64 addr; /* next frame */
	__u64 lo[2],
		length[2]; /* windows: first address, addresses a frame may start at from there on */
	__u64 c_stack; /* where a shim was last seen */
	__u64 cycle_mark;
	__u64 generation;
	__u64 first_caller; /* what the leaf-most frame or shim that C entered returns to */
	__u64 pending; /* tag of a code object that must be looked at before the walk goes on */
	__u32 window; /* the one used last */
	__u32 depth; /* frames stored */
	__u32 turns, next_mark;
	__u32 entered; /* first_caller is valid */
	__u32 last_from_c; /* the frame walked last was a shim or was entered from C */
	__u32 last_owner; /* its owner: 0, the thread's frame stack; 1, a generator */
	__u64 last_addr; /* its address */
	int suspended; /* it is a generator's that waits: not the root of a stack */
	__u32 incomplete; /* the walk ended before the root */
	__u32 tlbc_index; /* of the frame taken last: which copy of its bytecode it runs, 0: the code object's own */
	__u64 tlbc_code, tlbc_instr; /* of that frame */
	__u8 windows[PBP_WINDOWS_BYTES];

	/* repair.h */
	__u64 registers
		[PBP_REGISTERS]; /* the interrupted thread's, unless the kernel was running */
	__u32 nregisters;
	__u32 nfits; /* frames that registers point to and that fit */
	__u64 nearest_cframe, nearest_frame, nearest_proof; /* see register_cframe() */
	__u64 shim_caller, fit_addr;
	__u32 entering; /* a register holds a frame that has not started */
	__u8 suspect[PBP_FRAME_BYTES_MAX];

	/* pycode.h */
	__u32 codes_left, code_bytes_left;
	__u32 dropped; /* a code object could not even be announced: the sample must not be sent */
	__u32 record_bytes; /* of the code record's data so far */
	__u64 identity; /* result of string_identity() and linetable_identity() */
	struct pbp_code_fields code;
	struct pbp_checked checked[PBP_CHECKED_SLOTS];
	struct pbp_block block[1 << PBP_BLOCK_BITS];
	__u8 blocks[PBP_BLOCK_ALONE + PBP_IDENTITY_BYTES_MAX + 16];

	/* The stack being walked, and the one that this CPU sent last; they take turns. */
	__u32 current_buffer;
	__u32 sent_target; /* 0: nothing to compare with */
	__u32 sent_depth;
	__u32 nkept;

	struct pbp_stack_buffer stacks[2];
	struct pbp_code_buffer record;
};

#endif
