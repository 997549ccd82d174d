/* SPDX-License-Identifier: GPL-2.0-only */
/* The children of processes, theirs, and so on, as they are now. */
#ifndef PBP_DESCENDANTS_H
#define PBP_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Found at most; a fork bomb's others are not. */
#define DESCENDANTS_MAX 16384

struct kinship {
	pid_t pid, parent;
};

/*
 * Of all processes of the host those that descend from roots, roots themselves not among them, in ascending order. The
 * caller frees *ret_pids. 0, -ENOMEM, or what opening /proc says.
 */
int descendants_find(const pid_t *roots, size_t nroots, pid_t **ret_pids, size_t *ret_npids);

/* The parent in a text of /proc/PID/stat, which need not end in a NUL. False: it has another form. */
bool descendants_parse_parent(const char *text, size_t size, pid_t *ret_parent);

/* Choose from all, in any order, those that descend from roots; they come to stand in front. How many. */
size_t descendants_choose(struct kinship *all, size_t nall, const pid_t *roots, size_t nroots);

#endif
