/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was learnt of builds that were seen live, so that another process of the same file can be sampled before its
 * runtime is initialised.
 */
#ifndef PBP_PYTHON_SEEN_LIVE_H
#define PBP_PYTHON_SEEN_LIVE_H

#include <stdbool.h>

#include <target.h> /* include/target.h: in quotes it would be user/python/target.h */

struct python_build;
struct seen_live;

/* Builds remembered at most; the one remembered longest is forgotten first. */
#define SEEN_LIVE_MAX 256

/* NULL: no memory. */
struct seen_live *seen_live_new(void);
void seen_live_free(struct seen_live *seen); /* NULL is fine */

/*
 * The build was live with this target. It is not remembered when its file is not (python_build.file), or when its
 * type of code objects is not where its file says. seen may be NULL.
 */
void seen_live_add(struct seen_live *seen, const struct python_build *build,
		   const struct pbp_target *target);

/* The target that a process has of the same file, by the build's own addresses. False: none was seen. */
bool seen_live_find(const struct seen_live *seen, const struct python_build *build,
		    struct pbp_target *ret_target);

#endif
