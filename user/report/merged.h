/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile's stacks merged by function, and runs of the same functions folded: the first of two steps to the
 * call tree of calltree.h, which is the only user.
 */
#ifndef PBP_REPORT_MERGED_H
#define PBP_REPORT_MERGED_H

#include <stddef.h>
#include <stdint.h>

#include "profile/groups.h"
#include "report/roots.h"

struct profile;
struct stack_tree;

/* A run of up to so many functions that call one another in turn is folded. */
#define MERGED_CYCLE_MAX 4

struct merged_node {
	uint64_t self_ns, self_samples;
	uint32_t deep; /* repetitions of the longest run that was folded into this node, 0: none */
	uint32_t cycle; /* functions that one repetition has; the node is the first of them */
};

/* What lies below a node, and how to get there. */
struct merged_below {
	uint64_t total_ns, total_samples; /* with the node's own */
	uint32_t nbelow; /* nodes, at any depth */
	uint32_t first_callee, next_sibling; /* 0: none */
};

/* Open for reading. */
struct merged {
	struct groups groups; /* by function */
	struct roots roots; /* those of roots_levels_of_tree() */
	/* Of groups, and of groups.count + index for what stands in roots. */
	struct stack_tree *tree;
	struct merged_node *nodes; /* of the tree's stacks; nodes[0] is of none */
	struct merged_below *below; /* likewise; below[0] is of all */
	uint32_t *of_stack; /* stack of the profile -> its node, under the last root that has it */
};

/* 0 or -ENOMEM; fills a caller's struct, which merged_done() empties even after a failure. Valid until the
 * profile is added to. */
int merged_init(struct merged *merged, const struct profile *profile);
void merged_done(struct merged *merged);

#endif
