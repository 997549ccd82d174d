/* SPDX-License-Identifier: GPL-2.0-only */
/* Adds up both sides of a diff over the call tree that both share, judges the nodes and chooses among them. */
#include "report/diff_nodes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "report/calltree.h"
#include "report/diff_chance.h"
#include "report/diff_stacks.h"

/* What rounding may take from the weight of a node worth showing. */
#define ROUNDING 1e-6

static void add_pair(struct diff_pair *sum, const struct diff_pair *pair)
{
	int side;

	for (side = DIFF_BASE; side <= DIFF_FRESH; side++) {
		sum->ns[side] += pair->ns[side];
		sum->samples[side] += pair->samples[side];
	}
}

/* Selfs from the stacks, totals from the callees, which have larger indexes than their callers. */
static void add_up(struct diff_nodes *nodes, const struct diff_stacks *stacks)
{
	const size_t nstacks = profile_nstacks(stacks->both);
	size_t i;

	for (i = 1; i < nstacks; i++)
		add_pair(&nodes->nodes[calltree_of_stack(nodes->tree, (uint32_t)i)].self,
			 &stacks->pairs[i]);
	for (i = calltree_count(nodes->tree) - 1; i > 0; i--) {
		struct diff_node *node = &nodes->nodes[i];
		const uint32_t caller = calltree_node(nodes->tree, (uint32_t)i)->caller;

		add_pair(&node->total, &node->self);
		add_pair(&nodes->nodes[caller].total, &node->total);
	}
}

static bool has_callees(const struct diff_nodes *nodes, uint32_t index)
{
	return calltree_node(nodes->tree, index)->first_callee != 0;
}

/*
 * Tests for chance: each node's total, and the self of those that it is not the whole of. z has room for two of each node,
 * and for those that are sorted behind.
 */
static void judge_all(struct diff_nodes *nodes, const struct diff_sides *sides, double *z)
{
	const size_t count = calltree_count(nodes->tree);
	double *tests = z + 2 * count, limit;
	size_t ntests = 0, i;

	for (i = 1; i < count; i++) {
		const struct diff_node *node = &nodes->nodes[i];

		z[2 * i] = diff_deviations(sides, &node->total);
		tests[ntests++] = z[2 * i];
		if (has_callees(nodes, (uint32_t)i)) {
			z[2 * i + 1] = diff_deviations(sides, &node->self);
			tests[ntests++] = z[2 * i + 1];
		}
	}
	limit = chance_limit(tests, ntests);
	for (i = 1; i < count; i++) {
		nodes->nodes[i].beyond = fabs(z[2 * i]) >= limit;
		nodes->nodes[i].self_beyond = fabs(z[2 * i + 1]) >= limit;
	}
}

static int judge(struct diff_nodes *nodes, const struct diff_sides *sides)
{
	const size_t count = calltree_count(nodes->tree);
	double *z = calloc(4 * count, sizeof(*z));
	size_t i;

	if (!z)
		return -ENOMEM;
	judge_all(nodes, sides, z);
	free(z);
	nodes->counts.tests = count - 1;
	for (i = 1; i < count; i++) {
		struct diff_node *node = &nodes->nodes[i];

		node->change = diff_change(sides, &node->total);
		node->self_change = diff_change(sides, &node->self);
		if (node->beyond)
			diff_counts_add(&nodes->counts, &node->total, node->change);
	}
	return 0;
}

/* What is below a node counts for it, too. */
static void spread(struct diff_nodes *nodes)
{
	size_t i;

	for (i = calltree_count(nodes->tree) - 1; i > 0; i--) {
		struct diff_node *node = &nodes->nodes[i];
		struct diff_node *caller =
			&nodes->nodes[calltree_node(nodes->tree, (uint32_t)i)->caller];

		node->nbeyond += node->beyond;
		caller->nbeyond += node->nbeyond;
		node->largest =
			fmax(node->largest, fmax(fabs(node->change), fabs(node->self_change)));
		caller->largest = fmax(caller->largest, node->largest);
	}
}

/* A node that could be shown. */
struct candidate {
	double largest;
	uint32_t index;
};

/* Callers come first, as nothing is larger below them, and their indexes are smaller. */
static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->largest > b->largest || a->largest < b->largest)
		return a->largest > b->largest ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int choose(struct diff_nodes *nodes, const struct diff_sides *sides, uint32_t limit)
{
	const size_t count = calltree_count(nodes->tree);
	struct candidate *candidates = calloc(count, sizeof(*candidates));
	/* Callers with a callee that has their largest change: the first one goes with them. */
	bool *followed = calloc(count, sizeof(*followed));
	size_t ncandidates = 0, i;
	const int code = candidates && followed ? 0 : -ENOMEM;
	uint32_t ncounted = 0;

	for (i = 1; !code && i < count; i++) {
		const struct diff_node *node = &nodes->nodes[i];

		if (diff_place(sides, node->largest, node->nbeyond > 0) == DIFF_SHOWN)
			candidates[ncandidates++] =
				(struct candidate){ node->largest, (uint32_t)i };
	}
	if (ncandidates > 0)
		qsort(candidates, ncandidates, sizeof(*candidates), compare_candidates);
	for (i = 0; i < ncandidates; i++) {
		const uint32_t index = candidates[i].index;
		const uint32_t caller = calltree_node(nodes->tree, index)->caller;
		const bool follows = caller != 0 && !followed[caller] &&
				     !(nodes->nodes[caller].largest > candidates[i].largest);

		followed[caller] |= follows;
		if (caller != 0 && !nodes->nodes[caller].shown)
			continue;
		nodes->nodes[index].shown = follows || limit == 0 || ncounted++ < limit;
	}
	free(followed);
	free(candidates);
	return code;
}

int diff_nodes_init(struct diff_nodes *nodes, const struct diff_sides *sides,
		    const struct diff_stacks *stacks, const struct report_options *options)
{
	const uint64_t both_ns = profile_weight_ns(stacks->both);
	struct report_options both = *options;
	int code;

	*nodes = (struct diff_nodes){ 0 };
	/*
	 * No change below a node is more than the larger of the node's shares: one of less needs nothing built below. The
	 * shares were rounded down, each by no more than a part of 1e12.
	 */
	if (both_ns > 0)
		both.threshold *= (1 - ROUNDING) * DIFF_STACKS_ALL / (double)both_ns;
	code = calltree_new(stacks->both, &both, &nodes->tree);
	if (code)
		return code;
	nodes->nodes = calloc(calltree_count(nodes->tree), sizeof(*nodes->nodes));
	if (!nodes->nodes)
		return -ENOMEM;
	add_up(nodes, stacks);
	code = judge(nodes, sides);
	if (code)
		return code;
	spread(nodes);
	return choose(nodes, sides, options->limit);
}

void diff_nodes_done(struct diff_nodes *nodes)
{
	calltree_free(nodes->tree);
	free(nodes->nodes);
	*nodes = (struct diff_nodes){ 0 };
}
