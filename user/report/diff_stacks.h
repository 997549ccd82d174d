/* SPDX-License-Identifier: GPL-2.0-only */
/* The stacks of both sides of a diff as those of one profile: what the tree and the folded diff are made from. */
#ifndef PBP_REPORT_DIFF_STACKS_H
#define PBP_REPORT_DIFF_STACKS_H

#include <stdbool.h>

#include "report/diff_sides.h"

/* What a side would weigh alone: small enough that rounding is all that is lost. */
#define DIFF_STACKS_ALL 1e12

/* Open for reading. */
struct diff_stacks {
	/* One process; a stack weighs DIFF_STACKS_ALL times the larger of its two sides' shares. */
	struct profile *both;
	struct diff_pair *pairs; /* by the stack's id: its own weight, nothing of what it called */
};

/* 0, -ENOMEM or -EOVERFLOW; fills a caller's struct, which diff_stacks_done() empties even after a failure. */
int diff_stacks_init(struct diff_stacks *stacks, const struct diff_sides *sides);
void diff_stacks_done(struct diff_stacks *stacks);

/* Is there no stack that changed? */
bool diff_stacks_are_equal(const struct diff_stacks *stacks, const struct diff_sides *sides);

#endif
