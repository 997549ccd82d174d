/* SPDX-License-Identifier: GPL-2.0-only */
/* What the threads of a process are called. */
#ifndef PBP_PYTHON_THREAD_NAMES_H
#define PBP_PYTHON_THREAD_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <target.h> /* include/target.h: in quotes it would be user/python/target.h */

struct layout_row;
struct memory;

/* Threads that Python knows at most, of one process. */
#define THREAD_NAMES_MAX  32768
#define THREAD_NAME_BYTES 64

struct thread_name {
	pid_t tid; /* as we see it; 0: not known */
	uint64_t thread_id; /* pthread_self(), which CPython calls ident; 0: not known */
	char name[THREAD_NAME_BYTES]; /* cut, not sanitized */
};

/*
 * All threads of the process, at most max: threading.Thread.name where row's version is one whose objects are known
 * and the thread has such an object, else the system's name (comm). *ret_names is the caller's to free. 0; -ESRCH: no
 * such process; or another negative errno.
 */
int thread_names_read(pid_t pid, const struct pbp_target *target, const struct layout_row *row,
		      size_t max, struct thread_name **ret_names, size_t *ret_nnames);

/*
 * The names that Python itself has, from the memory of a process: of the main interpreter's threading._active. tid is
 * 0. *ret_names is the caller's to free. -ENOENT: no row for its objects, or nobody imported threading; or why its
 * memory could not be read. The process runs on meanwhile: what is torn is left out.
 */
int thread_names_of_python(const struct memory *memory, const struct pbp_target *target,
			   const struct layout_row *row, struct thread_name **ret_names,
			   size_t *ret_nnames);

#endif
