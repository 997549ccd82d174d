/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adds up self and total. One pass from the callees to their callers gives each stack the weight of everything below it;
 * one walk through the tree adds that to the stack's sum, unless the sum is on the way to the root already: that is
 * recursion, and the caller has counted it. Knows nothing of what the sums are of.
 */
#include "profile/sums.h"

#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"

/* What is known of a stack while adding up. */
struct node {
	uint64_t below_ns, below_samples; /* the stack's own and all that it called */
	uint32_t first_callee, next_sibling; /* ids of stacks, 0: none */
};

struct walk {
	const struct profile *profile;
	const uint32_t *of_stack;
	struct sum *sums;
	uint32_t *on_path; /* how often each sum is on the way from the root */
	struct node *nodes;
};

/* Weigh each stack with what is below it, and link the callees of each; callers have smaller ids. */
static void weigh(struct node *nodes, const struct profile *profile)
{
	const size_t nrows = profile_nrows(profile);
	size_t i;

	for (i = 0; i < nrows; i++) {
		const struct profile_row *row = profile_row(profile, i);

		nodes[row->stack].below_ns += row->weight_ns;
		nodes[row->stack].below_samples += row->samples;
	}
	for (i = profile_nstacks(profile) - 1; i > 0; i--) {
		struct node *node = &nodes[i];
		struct node *caller = &nodes[profile_stack_caller(profile, (uint32_t)i)];

		caller->below_ns += node->below_ns;
		caller->below_samples += node->below_samples;
		node->next_sibling = caller->first_callee;
		caller->first_callee = (uint32_t)i;
	}
}

static void enter(const struct walk *walk, uint32_t stack)
{
	const uint32_t index = walk->of_stack[stack];

	if (index == PROFILE_NO_ID || walk->on_path[index]++ > 0)
		return;
	walk->sums[index].total_ns += walk->nodes[stack].below_ns;
	walk->sums[index].total_samples += walk->nodes[stack].below_samples;
}

static void leave(const struct walk *walk, uint32_t stack)
{
	const uint32_t index = walk->of_stack[stack];

	if (index != PROFILE_NO_ID)
		walk->on_path[index]--;
}

/* Depth first, and without recursion of our own: a stack may be as deep as its maker liked. */
static void add_totals(const struct walk *walk)
{
	const struct node *nodes = walk->nodes;
	uint32_t stack = nodes[PROFILE_STACK_EMPTY].first_callee;

	while (stack != PROFILE_STACK_EMPTY) {
		enter(walk, stack);
		if (nodes[stack].first_callee) {
			stack = nodes[stack].first_callee;
			continue;
		}
		while (stack != PROFILE_STACK_EMPTY && !nodes[stack].next_sibling) {
			leave(walk, stack);
			stack = profile_stack_caller(walk->profile, stack);
		}
		if (stack != PROFILE_STACK_EMPTY) {
			leave(walk, stack);
			stack = nodes[stack].next_sibling;
		}
	}
}

static void add_selfs(const struct walk *walk)
{
	const size_t nrows = profile_nrows(walk->profile);
	size_t i;

	for (i = 0; i < nrows; i++) {
		const struct profile_row *row = profile_row(walk->profile, i);
		const uint32_t index = walk->of_stack[row->stack];

		if (index == PROFILE_NO_ID)
			continue;
		walk->sums[index].self_ns += row->weight_ns;
		walk->sums[index].self_samples += row->samples;
	}
}

int sums_add(const struct profile *profile, const uint32_t *of_stack, struct sum *sums,
	     uint32_t nsums)
{
	struct walk walk = { .profile = profile, .of_stack = of_stack, .sums = sums };
	int code = -ENOMEM;

	walk.on_path = calloc(nsums + 1UL, sizeof(*walk.on_path));
	walk.nodes = calloc(profile_nstacks(profile), sizeof(*walk.nodes));
	if (walk.on_path && walk.nodes) {
		weigh(walk.nodes, profile);
		add_totals(&walk);
		add_selfs(&walk);
		code = 0;
	}
	free(walk.on_path);
	free(walk.nodes);
	return code;
}
