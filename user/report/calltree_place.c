/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the call tree from the roots of stacks. Each node of the merged tree, a source, goes to one node of the call tree:
 * what one caller's library frames lead to meets in one hidden node, and what is below that meets again by function. Below
 * a node that is too cold to be shown nothing is built, only counted.
 */
#include "report/calltree_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "profile/stack.h"

#define NO_SOURCE UINT32_MAX

/* The sources of a node, linked by placer.next. */
struct sources {
	uint32_t first, last;
};

struct placer {
	struct calltree *tree;
	const struct owner *owners;
	uint32_t *next; /* source -> the next one of the same node */
	struct sources *sources; /* of the tree's nodes */
	size_t capacity; /* of sources */
};

static void append(struct placer *placer, uint32_t node, uint32_t source)
{
	const struct merged_node *from = &placer->tree->merged.nodes[source];
	struct calltree_node *to = &placer->tree->nodes[node];
	struct sources *sources = &placer->sources[node];

	placer->next[source] = NO_SOURCE;
	if (sources->first == NO_SOURCE)
		sources->first = source;
	else
		placer->next[sources->last] = source;
	sources->last = source;
	placer->tree->of_merged[source] = node;
	if (from->deep > to->deep) {
		to->deep = from->deep;
		to->cycle = from->cycle;
	}
}

/* The source goes to the node of `symbol` below `caller`. */
static int add_source(struct placer *placer, uint32_t caller, uint32_t symbol, uint32_t source)
{
	const struct merged_below *below = &placer->tree->merged.below[source];
	struct calltree *tree = placer->tree;
	const size_t before = stack_tree_count(tree->tree);
	uint32_t node;
	int code;

	code = calltree_add_node(tree, caller, symbol, &node);
	if (!code)
		code = array_reserve(&placer->sources, &placer->capacity, node + 1UL,
				     sizeof(*placer->sources));
	if (code)
		return code;
	if (stack_tree_count(tree->tree) > before)
		placer->sources[node] = (struct sources){ NO_SOURCE, NO_SOURCE };
	append(placer, node, source);
	tree->nodes[node].total_ns += below->total_ns;
	tree->nodes[node].total_samples += below->total_samples;
	tree->nodes[node].nbelow += below->nbelow;
	return symbol == tree->hidden_symbol ? calltree_hide(tree, node, source) : 0;
}

/* One more source that a hidden node hides; its time is part of what the node has already. */
static int hide_inner(struct placer *placer, uint32_t node, uint32_t source)
{
	append(placer, node, source);
	return calltree_hide(placer->tree, node, source);
}

static int add_callee(struct placer *placer, uint32_t node, uint32_t source, uint32_t callee)
{
	struct calltree *tree = placer->tree;

	if (!calltree_hides(tree, placer->owners, callee, source))
		return add_source(placer, node, stack_tree_symbol(tree->merged.tree, callee),
				  callee);
	if (tree->nodes[node].kind == CALLTREE_HIDDEN)
		return hide_inner(placer, node, callee);
	return add_source(placer, node, tree->hidden_symbol, callee);
}

/* Give the callees of a node's sources nodes of their own; what is left is its self. */
static int spread(struct placer *placer, uint32_t node)
{
	const struct merged *merged = &placer->tree->merged;
	uint64_t self_ns = 0, self_samples = 0;
	uint32_t source, callee;

	/* The list may grow meanwhile, at its end. */
	for (source = placer->sources[node].first; source != NO_SOURCE;
	     source = placer->next[source]) {
		self_ns += merged->nodes[source].self_ns;
		self_samples += merged->nodes[source].self_samples;
		for (callee = merged->below[source].first_callee; callee;
		     callee = merged->below[callee].next_sibling) {
			int code = add_callee(placer, node, source, callee);

			if (code)
				return code;
		}
	}
	placer->tree->nodes[node].self_ns = self_ns;
	placer->tree->nodes[node].self_samples = self_samples;
	placer->tree->nodes[node].nbelow = 0;
	return 0;
}

static void keep_whole(struct calltree_node *node)
{
	node->self_ns = node->total_ns;
	node->self_samples = node->total_samples;
}

static int place(struct placer *placer, double least_ns)
{
	struct calltree *tree = placer->tree;
	uint32_t node;
	int code = 0;

	placer->sources[0] = (struct sources){ NO_SOURCE, NO_SOURCE };
	append(placer, 0, 0);
	/* Nodes are added behind the ones that are looked at. */
	for (node = 0; !code && node < stack_tree_count(tree->tree); node++) {
		if (node == 0 || (double)tree->nodes[node].total_ns >= least_ns)
			code = spread(placer, node);
		else
			keep_whole(&tree->nodes[node]);
		/* Added up again from self, as what is built is what counts. */
		tree->nodes[node].total_ns = 0;
		tree->nodes[node].total_samples = 0;
	}
	return code;
}

/* What lies below a cold node counts as its own. */
static void place_rest(struct calltree *tree)
{
	const size_t count = stack_tree_count(tree->merged.tree);
	size_t i;

	for (i = 1; i < count; i++) {
		const uint32_t caller = stack_tree_caller(tree->merged.tree, (uint32_t)i);

		if (tree->of_merged[i] == 0)
			tree->of_merged[i] = tree->of_merged[caller];
	}
}

int calltree_place(struct calltree *tree, const struct owner *owners, double least_ns)
{
	struct placer placer = { .tree = tree, .owners = owners };
	int code = -ENOMEM;

	placer.next = calloc(stack_tree_count(tree->merged.tree), sizeof(*placer.next));
	if (placer.next)
		code = array_reserve(&placer.sources, &placer.capacity, 1, sizeof(*placer.sources));
	if (!code)
		code = place(&placer, least_ns);
	place_rest(tree);
	free(placer.sources);
	free(placer.next);
	return code;
}
