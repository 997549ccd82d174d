/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Merges stacks by function. A path that ends in the same one to four functions twice is cut back to the first
 * time, so a recursion of any depth is as long as one of its turns:
 *
 *   main a b a b a b leaf   ->   main a b leaf      (a: 3 deep, a cycle of 2)
 *
 * Functions that merely come again (a decorator's wrapper around each of three functions) are left alone.
 */
#include "report/merged.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "profile/profile.h"
#include "profile/stack.h"
#include "report/walk.h"

/* Where a stack of the profile went, under the root at hand. */
struct place {
	uint32_t node;
	uint32_t deep; /* repetitions of the run that the path is in, as far as it is */
	uint32_t cycle; /* functions of one repetition, 0: no run */
	uint32_t since; /* functions after the last repetition */
};

struct merging {
	struct merged *merged;
	const struct profile *profile;
	struct place *places; /* of the profile's stacks */
	size_t count, capacity; /* of merged->nodes */
	uint32_t root; /* node of the root at hand */
};

/* Room for the nodes of all stacks, zero; room beyond is not touched, as it may be half as much again. */
static int reserve_nodes(struct merging *merging)
{
	struct merged *merged = merging->merged;
	const size_t count = stack_tree_count(merged->tree);
	int code = array_reserve(&merged->nodes, &merging->capacity, count, sizeof(*merged->nodes));

	for (; !code && merging->count < count; merging->count++)
		merged->nodes[merging->count] = (struct merged_node){ 0 };
	return code;
}

/* Nodes for the root and those it stands under, of which there are as many as levels. */
static int add_root(struct merging *merging, uint32_t root, uint32_t *ret_node)
{
	struct merged *merged = merging->merged;
	uint32_t parent;
	int code;

	*ret_node = 0;
	if (root == 0)
		return 0;
	code = add_root(merging, merged->roots.roots[root].parent, &parent);
	if (!code)
		code = stack_tree_add(merged->tree, parent, merged->groups.count + root, ret_node);
	return code ? code : reserve_nodes(merging);
}

static int begin_root(void *context, uint32_t root)
{
	struct merging *merging = context;

	return add_root(merging, root, &merging->root);
}

/* The node so many callers up; 0 when the path is not that long. */
static uint32_t caller_at(const struct stack_tree *tree, uint32_t node, uint32_t steps)
{
	while (steps-- > 0)
		node = stack_tree_caller(tree, node);
	return node;
}

/*
 * Would the path to `node`, followed by `group`, end in the same `cycle` functions twice? Then its end is the
 * node that is returned, `cycle` functions back; otherwise 0.
 */
static uint32_t find_repetition(const struct merging *merging, uint32_t node, uint32_t group,
				uint32_t cycle)
{
	const struct stack_tree *tree = merging->merged->tree;
	const uint32_t first_end = caller_at(tree, node, cycle - 1);
	uint32_t earlier = first_end, later = node, i;

	if (first_end == 0 || stack_tree_symbol(tree, first_end) != group)
		return 0;
	for (i = 1; i < cycle; i++) {
		earlier = stack_tree_caller(tree, earlier);
		if (earlier == 0 || earlier == merging->root ||
		    stack_tree_symbol(tree, earlier) != stack_tree_symbol(tree, later))
			return 0;
		later = stack_tree_caller(tree, later);
	}
	return first_end;
}

/* The path of `from` repeats its last functions: note it at the first of them. */
static struct place fold(const struct merging *merging, const struct place *from, uint32_t node,
			 uint32_t cycle)
{
	struct place place = { .node = node, .deep = 2, .cycle = cycle };
	struct merged_node *first;

	if (from->cycle == cycle && from->since == cycle - 1)
		place.deep = from->deep + 1;
	first = &merging->merged->nodes[caller_at(merging->merged->tree, node, cycle - 1)];
	if (place.deep > first->deep) {
		first->deep = place.deep;
		first->cycle = cycle;
	}
	return place;
}

static int merge_stack(void *context, uint32_t stack)
{
	struct merging *merging = context;
	struct merged *merged = merging->merged;
	const uint32_t caller = profile_stack_caller(merging->profile, stack);
	const uint32_t symbol = profile_stack_symbol(merging->profile, stack);
	const uint32_t group = merged->groups.of_symbol[symbol];
	const struct place outermost = { .node = merging->root };
	const struct place *from =
		caller == PROFILE_STACK_EMPTY ? &outermost : &merging->places[caller];
	struct place *place = &merging->places[stack];
	uint32_t cycle;
	int code;

	for (cycle = 1; cycle <= MERGED_CYCLE_MAX; cycle++) {
		const uint32_t node = find_repetition(merging, from->node, group, cycle);

		if (node == 0)
			continue;
		*place = fold(merging, from, node, cycle);
		merged->of_stack[stack] = place->node;
		return 0;
	}
	*place = (struct place){
		.deep = from->deep,
		.cycle = from->cycle,
		.since = from->since + 1,
	};
	code = stack_tree_add(merged->tree, from->node, group, &place->node);
	merged->of_stack[stack] = place->node;
	return code ? code : reserve_nodes(merging);
}

static int add_row(void *context, const struct profile_row *row)
{
	struct merging *merging = context;
	struct merged_node *node = &merging->merged->nodes[merging->places[row->stack].node];

	node->self_ns += row->weight_ns;
	node->self_samples += row->samples;
	return 0;
}

/* Callees have larger numbers than their callers. */
static int add_up(struct merged *merged)
{
	size_t i = stack_tree_count(merged->tree);

	merged->below = calloc(i, sizeof(*merged->below));
	if (!merged->below)
		return -ENOMEM;
	while (i-- > 0) {
		const uint32_t caller = stack_tree_caller(merged->tree, (uint32_t)i);
		struct merged_below *below = &merged->below[i], *above = &merged->below[caller];

		below->total_ns += merged->nodes[i].self_ns;
		below->total_samples += merged->nodes[i].self_samples;
		if (i == 0)
			break;
		above->total_ns += below->total_ns;
		above->total_samples += below->total_samples;
		above->nbelow += below->nbelow + 1;
		below->next_sibling = above->first_callee;
		above->first_callee = (uint32_t)i;
	}
	return 0;
}

int merged_init(struct merged *merged, const struct profile *profile)
{
	static const struct walk merge = {
		.root = begin_root,
		.stack = merge_stack,
		.row = add_row,
	};
	struct merging merging = {
		.merged = merged,
		.profile = profile,
	};
	int code;

	*merged = (struct merged){ 0 };
	code = groups_init(&merged->groups, profile, GROUPS_BY_FUNCTION);
	if (code)
		return code;
	code = roots_init(&merged->roots, profile, roots_levels_of_tree(profile));
	if (code)
		return code;
	merged->tree = stack_tree_new();
	merged->of_stack = calloc(profile_nstacks(profile), sizeof(*merged->of_stack));
	merging.places = calloc(profile_nstacks(profile), sizeof(*merging.places));
	code = merged->tree && merged->of_stack && merging.places ? reserve_nodes(&merging)
								  : -ENOMEM;
	if (!code)
		code = walk_profile(profile, &merged->roots, &merge, &merging);
	free(merging.places);
	return code ? code : add_up(merged);
}

void merged_done(struct merged *merged)
{
	groups_done(&merged->groups);
	roots_done(&merged->roots);
	stack_tree_free(merged->tree);
	free(merged->nodes);
	free(merged->below);
	free(merged->of_stack);
	*merged = (struct merged){ 0 };
}
