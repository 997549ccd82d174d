/* SPDX-License-Identifier: GPL-2.0-only */
/* The call tree of both sides of a diff, how each node of it changed, and which of them are worth a line. */
#ifndef PBP_REPORT_DIFF_NODES_H
#define PBP_REPORT_DIFF_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/diff_counts.h"
#include "report/diff_sides.h"
#include "report/report.h"

struct calltree;
struct diff_stacks;

struct diff_node {
	struct diff_pair self, total;
	double change; /* of total */
	double self_change;
	double largest; /* change of the node's total, its self, or of any node below, without sign */
	bool beyond, self_beyond; /* chance */
	bool shown; /* and its caller is, too */
	uint32_t nbeyond; /* nodes beyond chance: itself and those below */
};

/* Open for reading. */
struct diff_nodes {
	struct calltree *tree;
	struct diff_node *nodes; /* by the tree's indexes */
	struct diff_counts counts; /* nothing left out yet */
};

/*
 * Of the nodes with a change at or below them that reaches the threshold, the largest ones are shown, at most options->limit
 * (0: all); the one callee that brings its caller its change is shown with it and not counted. 0 or -ENOMEM; fills a
 * caller's struct, which diff_nodes_done() empties even after a failure.
 */
int diff_nodes_init(struct diff_nodes *nodes, const struct diff_sides *sides,
		    const struct diff_stacks *stacks, const struct report_options *options);
void diff_nodes_done(struct diff_nodes *nodes);

#endif
