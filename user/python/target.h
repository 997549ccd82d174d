/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything about one Python process that is needed to sample it. */
#ifndef PBP_PYTHON_TARGET_H
#define PBP_PYTHON_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <target.h> /* include/target.h: in quotes it would be this file */

#include "base/err.h"
#include "proc/procfs.h"
#include "python/version.h"

struct memory;
struct python_build;

struct python_process {
	struct process_id id;
	char comm[PROCFS_COMM_SIZE]; /* as the process set it, not sanitized */
	char version
		[VERSION_TEXT_SIZE]; /* "MAJOR.MINOR.PATCH", or "MAJOR.MINOR" where no more is known */
	char found_in[PATH_MAX]; /* the file that has the runtime, as the process sees it */
	struct pbp_target target; /* id, mm and replaced are 0 */
};

/*
 * Look at the process and check that its stacks can be read. -ESRCH: no such process, or it ended meanwhile;
 * -EINVAL: one that cannot be sampled (a thread's number, a kernel thread, a zombie, ourselves); -EACCES, -EPERM:
 * not permitted; -ENOENT: not CPython; -ENOTSUP: a CPython that is not supported; -EAGAIN: its runtime is
 * not initialised yet; -EBADMSG: its memory is not what its files promise.
 */
int target_read(pid_t pid, struct python_process *ret_process, struct err *err);

/*
 * The second half of it, from a process's memory: layout, and the check that interpreter, thread states and
 * frames are where it says. Errors as above without the process's name, or what the memory's read returned.
 */
int target_read_memory(const struct memory *memory, const struct python_build *build,
		       struct pbp_target *ret_target, struct err *err);

#endif
