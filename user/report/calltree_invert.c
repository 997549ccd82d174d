/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the call tree from the leaves: the functions that ran are its roots, their callers stand below them. Each merged
 * stack is a path that is followed a frame at a time, and only as far as it is worth: below a node that is too cold to be
 * shown nothing is built, as all paths of all callers would be more than memory has.
 *
 *   main;load;parse 3    ->    parse 5 ─┬─ load 3 ── main 3
 *   main;parse 2                        └─ main 2
 */
#include "report/calltree_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/word_map.h"
#include "profile/profile.h"
#include "profile/stack.h"

/* A merged stack with time of its own, and how far it was followed. */
struct path {
	uint32_t origin; /* the merged stack */
	uint32_t source; /* the frame that comes next */
	uint32_t last; /* the one before it, 0: none */
	uint32_t node; /* where it went */
	uint64_t ns, samples;
};

/* The paths that lead to a node stand side by side. */
struct range {
	size_t first, count;
};

struct inverter {
	struct calltree *tree;
	const struct owner *owners;
	struct path *paths, *sorted; /* sorted: room for as many */
	size_t npaths;
	struct range *ranges; /* of the tree's nodes */
	size_t capacity; /* of ranges */
	struct word_map hidden; /* (node, symbol) of functions that a node hides already */
};

/* Frames end where what stands for their process begins. */
static bool is_frame(const struct inverter *inverter, uint32_t source)
{
	const struct merged *merged = &inverter->tree->merged;

	return source > 0 && stack_tree_symbol(merged->tree, source) < merged->groups.count;
}

static void note_recursion(struct inverter *inverter, uint32_t node, uint32_t source)
{
	const struct merged_node *from = &inverter->tree->merged.nodes[source];
	struct calltree_node *to = &inverter->tree->nodes[node];

	if (from->deep > to->deep) {
		to->deep = from->deep;
		to->cycle = from->cycle;
	}
}

static int step_hidden(struct inverter *inverter, struct path *path, uint32_t node)
{
	struct calltree *tree = inverter->tree;
	int code = calltree_add_node(tree, node, tree->hidden_symbol, &path->node);

	while (!code && is_frame(inverter, path->source) &&
	       calltree_hides(tree, inverter->owners, path->source, path->last)) {
		const uint32_t symbol = stack_tree_symbol(tree->merged.tree, path->source);
		uint64_t *seen =
			word_map_add(&inverter->hidden, (uint64_t)path->node << 32 | symbol);

		if (!seen)
			return -ENOMEM;
		if (!*seen)
			code = calltree_hide(tree, path->node, path->source);
		*seen = 1;
		note_recursion(inverter, path->node, path->source);
		path->last = path->source;
		path->source = stack_tree_caller(tree->merged.tree, path->source);
	}
	return code;
}

/* Follow the path to the next node; one that has ended stays where it is. */
static int step(struct inverter *inverter, struct path *path, uint32_t node)
{
	struct calltree *tree = inverter->tree;
	int code;

	path->node = node;
	if (!is_frame(inverter, path->source))
		return 0;
	if (calltree_hides(tree, inverter->owners, path->source, path->last))
		return step_hidden(inverter, path, node);
	code = calltree_add_node(tree, node, stack_tree_symbol(tree->merged.tree, path->source),
				 &path->node);
	if (code)
		return code;
	note_recursion(inverter, path->node, path->source);
	path->last = path->source;
	path->source = stack_tree_caller(tree->merged.tree, path->source);
	return 0;
}

static int reserve_ranges(struct inverter *inverter)
{
	return array_reserve(&inverter->ranges, &inverter->capacity,
			     stack_tree_count(inverter->tree->tree), sizeof(*inverter->ranges));
}

/* Put the paths of a node side by side by where they went: nodes from `first` on, which are new. */
static void sort_paths(struct inverter *inverter, struct range range, uint32_t node, uint32_t first)
{
	const uint32_t end = (uint32_t)stack_tree_count(inverter->tree->tree);
	struct path *paths = &inverter->paths[range.first];
	size_t at = range.first, i;
	uint32_t below;

	for (below = first; below < end; below++)
		inverter->ranges[below] = (struct range){ 0, 0 };
	for (i = 0; i < range.count; i++) {
		if (paths[i].node != node)
			inverter->ranges[paths[i].node].count++;
	}
	for (below = first; below < end; below++) {
		inverter->ranges[below].first = at;
		at += inverter->ranges[below].count;
		inverter->ranges[below].count = 0;
	}
	for (i = 0; i < range.count; i++) {
		struct range *to = &inverter->ranges[paths[i].node];

		if (paths[i].node != node)
			inverter->sorted[to->first + to->count++] = paths[i];
	}
	for (i = range.first; i < at; i++)
		inverter->paths[i] = inverter->sorted[i];
}

/* Follow all paths of a node one step; what ends here is the node's own. */
static int spread(struct inverter *inverter, uint32_t node)
{
	const struct range range = inverter->ranges[node];
	const uint32_t first = (uint32_t)stack_tree_count(inverter->tree->tree);
	size_t i;
	int code = 0;

	for (i = range.first; i < range.first + range.count && !code; i++) {
		struct path *path = &inverter->paths[i];

		code = step(inverter, path, node);
		inverter->tree->of_merged[path->origin] = path->node;
		if (!code && path->node == node) {
			inverter->tree->nodes[node].self_ns += path->ns;
			inverter->tree->nodes[node].self_samples += path->samples;
		}
	}
	if (!code)
		code = reserve_ranges(inverter);
	if (!code)
		sort_paths(inverter, range, node, first);
	return code;
}

/* Is the node worth what is below it? If not, its time is noted as its own. */
static bool is_worth(struct inverter *inverter, uint32_t node, double least_ns)
{
	const struct range range = inverter->ranges[node];
	uint64_t ns = 0, samples = 0;
	size_t i;

	for (i = range.first; i < range.first + range.count; i++) {
		ns += inverter->paths[i].ns;
		samples += inverter->paths[i].samples;
	}
	if (node == 0 || (double)ns >= least_ns)
		return true;
	inverter->tree->nodes[node].self_ns = ns;
	inverter->tree->nodes[node].self_samples = samples;
	return false;
}

static void collect_paths(struct inverter *inverter)
{
	const struct merged *merged = &inverter->tree->merged;
	const size_t count = stack_tree_count(merged->tree);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct merged_node *node = &merged->nodes[i];

		if (node->self_ns > 0 || node->self_samples > 0)
			inverter->paths[inverter->npaths++] = (struct path){
				.origin = (uint32_t)i,
				.source = (uint32_t)i,
				.ns = node->self_ns,
				.samples = node->self_samples,
			};
	}
	inverter->ranges[0] = (struct range){ 0, inverter->npaths };
}

int calltree_invert(struct calltree *tree, const struct owner *owners, double least_ns)
{
	const size_t count = stack_tree_count(tree->merged.tree);
	struct inverter inverter = { .tree = tree, .owners = owners };
	uint32_t node;
	int code = -ENOMEM;

	inverter.paths = calloc(count, sizeof(*inverter.paths));
	inverter.sorted = calloc(count, sizeof(*inverter.sorted));
	if (inverter.paths && inverter.sorted)
		code = reserve_ranges(&inverter);
	if (!code)
		collect_paths(&inverter);
	/* Nodes are added behind the ones that are looked at. */
	for (node = 0; !code && node < stack_tree_count(tree->tree); node++) {
		if (is_worth(&inverter, node, least_ns))
			code = spread(&inverter, node);
	}
	word_map_done(&inverter.hidden);
	free(inverter.ranges);
	free(inverter.sorted);
	free(inverter.paths);
	return code;
}
