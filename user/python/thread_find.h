/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding a thread's state in a process with more of them than BPF looks at in one tick. */
#ifndef PBP_PYTHON_THREAD_FIND_H
#define PBP_PYTHON_THREAD_FIND_H

#include <stdint.h>

#include "proc/memory.h"
#include "target.h"

/* Thread states looked at, over all interpreters. */
#define THREAD_FIND_MAX 65536

/*
 * The thread state with that thread_id that bpf/tstate.h would choose, and its interpreter: one with a frame that the
 * thread uses now, else one with a frame, else any; of equals the newest. -ENOENT: none among the first
 * THREAD_FIND_MAX; or what memory_read says. The process runs on meanwhile: the answer is to be checked again by
 * who uses it.
 */
int thread_find(const struct memory *memory, const struct pbp_target *target, uint64_t thread_id,
		uint64_t *ret_tstate_addr, uint64_t *ret_interp_addr);

#endif
