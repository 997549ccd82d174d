/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stacks of a run before they have names: one tree for all targets. A frame is (code object, instruction), a node
 * (its caller's node, frame), so that equal stacks of two processes are one node.
 */
#ifndef PBP_PIPELINE_TREE_H
#define PBP_PIPELINE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/word_map.h"

#define TREE_NONE UINT32_MAX

/* Equal frames are kept once. */
struct tree_frame {
	uint32_t code, instruction;
};

struct tree_node {
	uint32_t caller; /* TREE_NONE: the root of a stack */
	uint32_t frame; /* TREE_NONE: a released node, of which caller is the next */
};

/* Open for reading; all zero: an empty tree. */
struct tree {
	struct tree_frame *frames;
	struct tree_node *nodes;
	size_t nframes, frames_capacity;
	size_t nnodes, nodes_capacity; /* released ones included */
	uint32_t spare_frame, spare_node; /* the first released one + 1; 0: none */
	struct word_map frame_by_key, node_by_key; /* -> id + 1 */
};

void tree_done(struct tree *tree);

/* The node of (code, instruction) called from `caller`, made when it is new. 0, -ENOMEM or -EOVERFLOW. */
int tree_find_node(struct tree *tree, uint32_t caller, uint32_t code, uint32_t instruction,
		   uint32_t *ret_node);

/* Nobody counts at the node or its callees, nor ever looks for its frame if `with_frame`: their ids may be used again. */
void tree_release_node(struct tree *tree, uint32_t node, bool with_frame);

#endif
