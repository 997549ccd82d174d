/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code objects that only one target has: those whose names came late, not whole or never. With the target's end no more
 * can come, so they become the code objects that others have with equal contents, or one without a name; else each of
 * days of short-lived processes would leave its own ones and their stacks behind.
 */
#include <errno.h>
#include <stdlib.h>

#include "pipeline_internal.h"

/* What is done at a target's end. */
struct settling {
	struct pipeline *pipeline;
	struct word_map others; /* id of a private code object -> the id to take for it */
	struct word_map nodes; /* that are left behind, as keys */
	struct word_map renamed; /* node with rows -> the one that has them now, + 1 */
};

/* By what each private code object can be replaced; those that are the first of their contents stay. */
static int find_others(struct settling *settling, const struct target *target)
{
	for (size_t i = 0; i < target->nprivate; i++) {
		const uint32_t id = target->private_codes[i];
		uint32_t other;
		uint64_t *place;
		int code = codes_intern(settling->pipeline->codes, id, &other);

		if (code)
			return code;
		if (other == id)
			continue;
		place = word_map_add(&settling->others, id);
		if (!place)
			return -ENOMEM;
		*place = other == CODES_NO_ID ? CODE_UNNAMED : other;
	}
	return 0;
}

static const uint64_t *find_other(const struct settling *settling, uint32_t node)
{
	const struct tree *tree = &settling->pipeline->tree;

	return word_map_find(&settling->others, tree->frames[tree->nodes[node].frame].code);
}

/* The way to the root, leaf first, as far as a private one stands there. How long it is. */
static size_t private_path(const struct settling *settling, uint32_t node,
			   uint32_t path[STACK_NODES_MAX])
{
	const struct tree *tree = &settling->pipeline->tree;
	size_t length = 0, nprivate = 0;

	for (uint32_t at = node; at != TREE_NONE; at = tree->nodes[at].caller) {
		path[length++] = at;
		if (find_other(settling, at))
			nprivate = length;
	}
	return nprivate;
}

/* The node that takes the place of this one: itself when nothing on its way to the root is private. */
static int replace_node(struct settling *settling, uint32_t node, uint32_t *ret_node)
{
	struct tree *tree = &settling->pipeline->tree;
	uint32_t path[STACK_NODES_MAX], caller;
	size_t nprivate = private_path(settling, node, path);

	*ret_node = node;
	if (!nprivate)
		return 0;
	caller = tree->nodes[path[nprivate - 1]].caller;
	while (nprivate--) {
		const struct tree_frame frame = tree->frames[tree->nodes[path[nprivate]].frame];
		const uint64_t *other = find_other(settling, path[nprivate]);
		const uint32_t replacing = other ? (uint32_t)*other : frame.code;
		int code;

		if (!word_map_add(&settling->nodes, path[nprivate]))
			return -ENOMEM;
		code = tree_find_node(tree, caller, replacing,
				      replacing == CODE_UNNAMED ? 0 : frame.instruction, &caller);
		if (code)
			return code;
	}
	*ret_node = caller;
	return 0;
}

static int rename_row(struct settling *settling, struct tally *tally, const struct tally_row *row,
		      uint32_t node)
{
	uint64_t *renamed = word_map_add(&settling->renamed, row->node);
	int code = renamed ? tally_rename(tally, row, node) : -ENOMEM;

	if (!code)
		*renamed = node + 1ULL;
	return code;
}

static int replace_nodes(struct settling *settling, struct target *target)
{
	struct tally_row row = { 0 };
	int code = 0;

	for (; !code && tally_next(&target->tally, &row); row.node++) {
		uint32_t node;

		code = replace_node(settling, row.node, &node);
		if (!code && node != row.node)
			code = rename_row(settling, &target->tally, &row, node);
	}
	moments_rename(&target->moments, &settling->renamed);
	return code;
}

/* Stacks whose rows are in the profile leave their nodes behind, too. */
static int leave_flushed(struct settling *settling, const struct target *target)
{
	uint32_t path[STACK_NODES_MAX];
	uint64_t key = 0;

	for (const uint64_t *value = word_map_first(&target->private_nodes, &key); value;
	     value = word_map_next(&target->private_nodes, &key)) {
		size_t nprivate = private_path(settling, (uint32_t)key, path);

		while (nprivate--)
			if (!word_map_add(&settling->nodes, path[nprivate]))
				return -ENOMEM;
	}
	return 0;
}

static void release_all(struct settling *settling)
{
	struct pipeline *pipeline = settling->pipeline;
	uint64_t key = 0;

	for (const uint64_t *value = word_map_first(&settling->nodes, &key); value;
	     value = word_map_next(&settling->nodes, &key)) {
		const bool with_frame = find_other(settling, (uint32_t)key) != NULL;

		resolver_forget_node(pipeline, (uint32_t)key, with_frame);
		tree_release_node(&pipeline->tree, (uint32_t)key, with_frame);
	}
	key = 0;
	for (const uint64_t *value = word_map_first(&settling->others, &key); value;
	     value = word_map_next(&settling->others, &key))
		codes_release(pipeline->codes, (uint32_t)key);
}

void pipeline_settle_codes(struct pipeline *pipeline, struct target *target)
{
	struct settling settling = { .pipeline = pipeline };

	/* Without memory for it they stay what they are, which is only larger. */
	if (target->nprivate && !find_others(&settling, target) &&
	    !replace_nodes(&settling, target) && !leave_flushed(&settling, target))
		release_all(&settling);
	word_map_done(&settling.others);
	word_map_done(&settling.nodes);
	word_map_done(&settling.renamed);
	word_map_done(&target->private_nodes);
	for (size_t i = 0; i < target->nprivate; i++)
		resolver_forget_private(&pipeline->resolver, target->private_codes[i]);
	free(target->private_codes);
	target->private_codes = NULL;
	target->nprivate = target->private_capacity = 0;
}
