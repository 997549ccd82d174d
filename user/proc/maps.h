/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process has mapped where: /proc/PID/maps. */
#ifndef PBP_PROC_MAPS_H
#define PBP_PROC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* The kernel's default limit is 65,530 mappings (vm.max_map_count). */
#define MAPS_MAPPINGS_MAX 65536
#define MAPS_BYTES_MAX	  (16 * 1024 * 1024)

struct mapping {
	uint64_t start, end; /* addresses, end is the first one behind */
	uint64_t offset; /* in the file */
	uint64_t inode; /* 0: no file */
	uint32_t device_major, device_minor; /* of the file, as the kernel's own */
	bool readable, writable, executable, shared;
	bool deleted; /* the path ended in " (deleted)", which path does not have */
	const char *path; /* never NULL; may be "", "[stack]" and the like; newlines are \012 */
};

struct maps {
	struct mapping *mappings; /* in the order of addresses */
	size_t nmappings;
	char *text; /* holds the paths */
};

/*
 * Parse the text of /proc/PID/maps; copies what it keeps. -EBADMSG with the line's number when a line does not
 * have the documented form, -E2BIG past the limits above, -ENOMEM. The caller calls maps_done.
 */
int maps_parse(const char *text, size_t size, struct maps *ret_maps, struct err *err);

/* Read and parse those of a process. As procfs_read_file; a zombie or kernel thread has no mappings. */
int maps_read(pid_t pid, struct maps *ret_maps, struct err *err);

/* Release; a zeroed struct is fine. */
void maps_done(struct maps *maps);

/*
 * Open the mapped file for reading and nothing else, so that no device, pipe or other program is touched: it is
 * a regular file, and the one that is mapped (by the kernel's own link where we may follow it, else by path
 * inside the process's root and by inode). The caller closes *ret_fd. -ESTALE: there is another file at the
 * path now, or none; -EACCES: not permitted.
 */
int mapping_open(pid_t pid, const struct mapping *mapping, int *ret_fd, struct err *err);

/* Does the mapping belong to a file, and to the same one as the other? */
bool mapping_is_file(const struct mapping *mapping);
bool mapping_same_file(const struct mapping *mapping, const struct mapping *other);

#endif
