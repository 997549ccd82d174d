/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps each frame and each stack of frames once. Two maps of one word each rather than one of three: a frame is looked
 * up under many callers, and it is resolved to a line once for all of them. Counts nothing.
 */
#include "pipeline_tree.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

void tree_done(struct tree *tree)
{
	word_map_done(&tree->frame_by_key);
	word_map_done(&tree->node_by_key);
	free(tree->frames);
	free(tree->nodes);
}

static uint64_t frame_key(uint32_t code, uint32_t instruction)
{
	return (uint64_t)code << 32 | instruction;
}

static uint64_t node_key(uint32_t caller, uint32_t frame)
{
	return (uint64_t)caller << 32 | frame;
}

/* An id: a released one, or the next. */
static int new_frame(struct tree *tree, uint32_t *ret_frame)
{
	if (tree->spare_frame) {
		*ret_frame = tree->spare_frame - 1;
		tree->spare_frame = tree->frames[*ret_frame].instruction;
		return 0;
	}
	if (tree->nframes >= TREE_NONE)
		return -EOVERFLOW;
	if (array_reserve(&tree->frames, &tree->frames_capacity, tree->nframes + 1,
			  sizeof(*tree->frames)))
		return -ENOMEM;
	*ret_frame = (uint32_t)tree->nframes++;
	return 0;
}

static int new_node(struct tree *tree, uint32_t *ret_node)
{
	if (tree->spare_node) {
		*ret_node = tree->spare_node - 1;
		tree->spare_node = tree->nodes[*ret_node].caller;
		return 0;
	}
	if (tree->nnodes >= TREE_NONE)
		return -EOVERFLOW;
	if (array_reserve(&tree->nodes, &tree->nodes_capacity, tree->nnodes + 1,
			  sizeof(*tree->nodes)))
		return -ENOMEM;
	*ret_node = (uint32_t)tree->nnodes++;
	return 0;
}

static void spare_frame(struct tree *tree, uint32_t frame)
{
	tree->frames[frame] =
		(struct tree_frame){ .code = TREE_NONE, .instruction = tree->spare_frame };
	tree->spare_frame = frame + 1;
}

static void spare_node(struct tree *tree, uint32_t node)
{
	tree->nodes[node] = (struct tree_node){ .caller = tree->spare_node, .frame = TREE_NONE };
	tree->spare_node = node + 1;
}

static int find_frame(struct tree *tree, uint32_t code, uint32_t instruction, uint32_t *ret_frame)
{
	uint64_t *id = word_map_find(&tree->frame_by_key, frame_key(code, instruction));
	int failed;

	if (id) {
		*ret_frame = (uint32_t)(*id - 1);
		return 0;
	}
	failed = new_frame(tree, ret_frame);
	if (failed)
		return failed;
	id = word_map_add(&tree->frame_by_key, frame_key(code, instruction));
	if (!id) {
		spare_frame(tree, *ret_frame);
		return -ENOMEM;
	}
	tree->frames[*ret_frame] = (struct tree_frame){ .code = code, .instruction = instruction };
	*id = *ret_frame + 1ULL;
	return 0;
}

int tree_find_node(struct tree *tree, uint32_t caller, uint32_t code, uint32_t instruction,
		   uint32_t *ret_node)
{
	uint32_t frame = TREE_NONE;
	uint64_t *id;
	int failed = find_frame(tree, code, instruction, &frame);

	if (failed)
		return failed;
	id = word_map_find(&tree->node_by_key, node_key(caller, frame));
	if (id) {
		*ret_node = (uint32_t)(*id - 1);
		return 0;
	}
	failed = new_node(tree, ret_node);
	if (failed)
		return failed;
	id = word_map_add(&tree->node_by_key, node_key(caller, frame));
	if (!id) {
		spare_node(tree, *ret_node);
		return -ENOMEM;
	}
	tree->nodes[*ret_node] = (struct tree_node){ .caller = caller, .frame = frame };
	*id = *ret_node + 1ULL;
	return 0;
}

void tree_release_node(struct tree *tree, uint32_t node, bool with_frame)
{
	const struct tree_node released = tree->nodes[node];

	word_map_remove(&tree->node_by_key, node_key(released.caller, released.frame));
	spare_node(tree, node);
	if (with_frame && tree->frames[released.frame].code != TREE_NONE) {
		const struct tree_frame *frame = &tree->frames[released.frame];

		word_map_remove(&tree->frame_by_key, frame_key(frame->code, frame->instruction));
		spare_frame(tree, released.frame);
	}
}
