/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything about one Python process that is needed to sample it. */
#ifndef PBP_PYTHON_TARGET_H
#define PBP_PYTHON_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <target.h> /* include/target.h: in quotes it would be this file */

#include "base/err.h"
#include "process.h"
#include "proc/procfs.h"
#include "python/detect.h"
#include "python/layout.h"

struct memory;
struct seen_live;

/* Where a field's offset comes from. */
enum layout_origin {
	LAYOUT_FROM_ROW, /* layout_rows.c */
	LAYOUT_FROM_PROCESS, /* the process's own _Py_DebugOffsets */
	LAYOUT_DERIVED, /* reckoned from either */
};

struct python_process {
	struct process_id id;
	char comm[PROCFS_COMM_SIZE]; /* as the process set it, not sanitized */
	struct python_build build; /* the interpreter in use */
	size_t nbuilds; /* interpreters that the process has mapped */
	uint8_t origins
		[LAYOUT_FIELDS_MAX]; /* enum layout_origin, in the order of layout_field_name() */
	struct pbp_target target; /* id is 0 */
};

/*
 * Look at the process and check that its stacks can be read. assume_series as detect_python's. -ESRCH: no such
 * process, or it ended meanwhile; -EINVAL: one that cannot be sampled (a thread's number, a kernel thread, a zombie,
 * ourselves); -EACCES, -EPERM: not permitted; -ENOENT: not CPython; -ENOTSUP: a CPython that is not supported;
 * -EAGAIN: its runtime is not initialised yet; -EBADMSG: its memory is not what its files promise.
 */
int target_read(pid_t pid, uint16_t assume_series, struct python_process *ret_process,
		struct err *err);

/* What is asked of a process. */
struct target_question {
	pid_t pid;
	pid_t own_pid; /* the profiler's: it does not sample itself */
	uint16_t assume_series; /* as detect_python's */
	/*
	 * Builds that were seen live, to which this one is added if it is: a process of one of them is accepted before its
	 * runtime is initialised. NULL: what is not live now is refused.
	 */
	struct seen_live *seen;
};

struct target_answer {
	struct process_facts facts; /* valid when facts.id.pid is not 0 */
	struct python_process process; /* valid when 0 was returned */
	/*
	 * What its main executable is for all processes, as program_judge() says.
	 */
	struct pbp_program program;
	struct pbp_file_key
		program_file; /* which executable that is (mapped_binary.key); all 0: not known */
};

/* As target_read, which asks for a live process alone; *ret_answer is filled as far as it is valid, whatever is returned. */
int target_look(const struct target_question *question, struct target_answer *ret_answer,
		struct err *err);

/*
 * The second half of it, from a process's memory: layout, and the check that interpreter, thread states and
 * frames are where it says. origins has LAYOUT_FIELDS_MAX elements and may be NULL. Errors as above without the
 * process's name, or what the memory's read returned.
 */
int target_read_memory(const struct memory *memory, const struct python_build *build,
		       struct pbp_target *ret_target, uint8_t *origins, struct err *err);

/* One thread state of a process, for people. */
struct python_thread {
	uint64_t tstate_addr, interp_addr;
	uint64_t thread_id; /* pthread_self() */
	bool has_frame; /* it runs or waits in Python code */
	bool active; /* the one in use by its thread now (from 3.12), or the GIL holder's (before) */
};

/* Its thread states, interpreter by interpreter, newest first; at most max. Returns how many, or a negative errno. */
ssize_t target_threads(const struct memory *memory, const struct pbp_target *target,
		       struct python_thread *threads, size_t max);

#endif
