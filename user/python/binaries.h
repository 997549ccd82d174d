/* SPDX-License-Identifier: GPL-2.0-only */
/* Every file is examined once in a run, whichever processes map it. */
#ifndef PBP_PYTHON_BINARIES_H
#define PBP_PYTHON_BINARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "process.h"
#include "python/binary.h"

struct maps;
struct memory;

/* Files remembered at most; the one remembered longest is forgotten first. */
#define BINARIES_MAX 1024

/* A file as one process has mapped it. */
struct mapped_binary {
	struct python_binary binary;
	uint64_t bias; /* what to add to its linked addresses */
	bool from_memory; /* the file could not be opened: read out of the process */
	struct pbp_file_key
		key; /* of its file as stat tells it, generation 0; all 0: from memory */
	uint32_t
		file; /* the same number for the same file unchanged, as long as it is remembered; 0: it is not */
};

/*
 * What is known of the file behind an executable mapping of the process, from what was learnt before if it is the
 * same file unchanged (device, inode, size, mtime, ctime), without reading it. A file that is gone, replaced or not
 * ours to open is read from memory, which is that of the process, and not remembered. -ENOEXEC: not an ELF program
 * or library; -EBADMSG, -EFBIG: one not to be trusted; or what opening and reading it returned.
 */
int binaries_look_at(pid_t pid, const struct maps *maps, size_t mapping,
		     const struct memory *memory, struct mapped_binary *ret_mapped,
		     struct err *err);

/* How many files have been read so far, however often they were looked at. */
uint64_t binaries_nread(void);

/* Forget all files. */
void binaries_forget(void);

#endif
