/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What BPF must know of one process to read its Python stacks: struct pbp_process with its layout. */
#ifndef PBP_INCLUDE_TARGET_H
#define PBP_INCLUDE_TARGET_H

#include "abi.h"
#include "layout.h"

struct pbp_target {
	__u64 runtime_addr; /* of _PyRuntime in the process; up to 3.6 of interp_head */
	__u64 current_tstate_addr; /* where the GIL holder's thread state is told (up to 3.11), 0: nowhere */
	__u64 code_type_addr; /* of PyCode_Type: what a code object's type must be */
	__u64 code_counter_addr; /* of a process-wide code counter (3.12), 0: none */
	__u64 thread_pointer_bias; /* thread_id = thread pointer + bias; 0 on x86-64 */
	__u32 id; /* pbp_process.id */
	__u32 reserved;
	struct pbp_layout layout;
};

/* A thread state that user space found: the value of the map of found threads, keyed by tid. */
struct pbp_found_thread {
	__u64 start_time; /* as in struct pbp_thread_wanted: a tid may be used again */
	__u64 tstate_addr;
	__u64 interp_addr;
	__u32 target; /* pbp_target.id */
	__u32 reserved;
};

#endif
