/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts merged stacks into the call tree, callers first. What one caller's library frames lead to meets in one hidden node.
 * Adds nothing up.
 */
#include "report/calltree_internal.h"

#include "profile/stack.h"

/* The hidden frames that one caller's library frames lead to are one node. */
static int place_hidden(struct calltree *tree, uint32_t caller, uint32_t source, uint32_t *ret_node)
{
	int code = 0;

	if (tree->nodes[caller].kind == CALLTREE_HIDDEN)
		*ret_node = caller;
	else
		code = calltree_add_node(tree, caller, tree->hidden_symbol, ret_node);
	return code ? code : calltree_hide(tree, *ret_node, source);
}

static int place_source(struct calltree *tree, const struct owner *owners, uint32_t source)
{
	const struct merged *merged = &tree->merged;
	uint32_t *places = tree->of_merged;
	const uint32_t outer = stack_tree_caller(merged->tree, source);
	const struct merged_node *from = &merged->nodes[source];
	struct calltree_node *node;
	int code;

	if (calltree_hides(tree, owners, source, outer))
		code = place_hidden(tree, places[outer], source, &places[source]);
	else
		code = calltree_add_node(tree, places[outer],
					 stack_tree_symbol(merged->tree, source), &places[source]);
	if (code)
		return code;
	node = &tree->nodes[places[source]];
	node->self_ns += from->self_ns;
	node->self_samples += from->self_samples;
	if (from->deep > node->deep) {
		node->deep = from->deep;
		node->cycle = from->cycle;
	}
	return 0;
}

int calltree_place(struct calltree *tree, const struct owner *owners)
{
	const size_t count = stack_tree_count(tree->merged.tree);
	size_t i;
	int code = 0;

	for (i = 1; i < count && !code; i++)
		code = place_source(tree, owners, (uint32_t)i);
	return code;
}
