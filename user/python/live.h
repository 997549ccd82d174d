/* SPDX-License-Identifier: GPL-2.0-only */
/* What a layout shows in the memory of a live process: interpreters, thread states, their first frames. */
#ifndef PBP_PYTHON_LIVE_H
#define PBP_PYTHON_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <target.h> /* include/target.h */

struct memory;
struct python_thread;

/* What one walk over all thread states found. */
struct live_findings {
	size_t nstates; /* thread states */
	bool have_thread_id; /* one of them is of a living thread */
	bool have_frame_pointer; /* one of them points to a frame, be it what it may */
	bool have_frame; /* one of these reaches a code object */
	uint64_t code_type_addr; /* the type of that code object */
};

/*
 * Walk the interpreters and thread states of target once, which does not need to have a code_type_addr: what a frame
 * reaches is a code object if its type is called so. -EAGAIN: there is no interpreter; -EBADMSG: a pointer that is
 * none; or what the memory's read returned. The process goes on meanwhile, so one failure says nothing.
 */
int live_look(const struct memory *memory, const struct pbp_target *target,
	      struct live_findings *ret_findings);

/* As target_threads in target.h. */
ssize_t live_threads(const struct memory *memory, const struct pbp_target *target,
		     struct python_thread *threads, size_t max);

#endif
