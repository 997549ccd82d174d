/* SPDX-License-Identifier: GPL-2.0-only */
/* Goes over a profile root by root, each stack after its caller: how reports merge stacks of their own. */
#ifndef PBP_REPORT_WALK_H
#define PBP_REPORT_WALK_H

#include <stddef.h>
#include <stdint.h>

struct profile;
struct profile_row;
struct roots;

/* What is done on the way. Each returns 0, or a negative errno, which ends the walk. */
struct walk {
	/* What rows stand right under begins: an index of roots, 0 for the profile itself. */
	int (*root)(void *context, uint32_t root);
	/* A stack of this root, once, after its caller. */
	int (*stack)(void *context, uint32_t stack);
	/* A row of this root, after its stack. */
	int (*row)(void *context, const struct profile_row *row);
};

/* 0, -ENOMEM, or what a step returned. Takes time in proportion to the rows and each root's stacks. */
int walk_profile(const struct profile *profile, const struct roots *roots, const struct walk *walk,
		 void *context);

/* Processes that have rows, counted up to 2: with more than one a report names them. */
uint32_t walk_nprocesses(const struct profile *profile);

#endif
