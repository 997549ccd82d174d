/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses the nodes of a call tree that are worth a line. Draws nothing. */
#include "report/choose.h"

#include <errno.h>
#include <stdlib.h>

#include "report/calltree.h"

/* A node that is hot enough, and where it comes in the order of drawing: callers before callees. */
struct candidate {
	uint64_t total_ns;
	uint32_t position, index;
};

static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->total_ns != b->total_ns)
		return a->total_ns > b->total_ns ? -1 : 1;
	return a->position < b->position ? -1 : a->position > b->position;
}

/* Walk the tree in the order of drawing; returns how many candidates there are. */
static uint32_t collect(const struct calltree *tree, double least_ns, struct candidate *candidates)
{
	uint32_t index = calltree_node(tree, 0)->first_callee, count = 0;

	while (index) {
		const struct calltree_node *node = calltree_node(tree, index);

		if ((double)node->total_ns >= least_ns) {
			candidates[count] = (struct candidate){
				.total_ns = node->total_ns,
				.position = count,
				.index = index,
			};
			count++;
		}
		if (node->first_callee) {
			index = node->first_callee;
			continue;
		}
		while (index && !calltree_node(tree, index)->next_sibling)
			index = calltree_node(tree, index)->caller;
		index = calltree_node(tree, index)->next_sibling;
	}
	return count;
}

int choose_nodes(const struct calltree *tree, double least_ns, uint32_t limit, bool *shown)
{
	struct candidate *candidates = calloc(calltree_count(tree), sizeof(*candidates));
	uint32_t count, counted = 0, i;

	if (!candidates)
		return -ENOMEM;
	count = collect(tree, least_ns, candidates);
	qsort(candidates, count, sizeof(*candidates), compare_candidates);
	for (i = 0; i < count; i++) {
		const struct candidate *candidate = &candidates[i];
		const uint32_t caller = calltree_node(tree, candidate->index)->caller;

		/* Callers come first, as none is cooler than its callees. */
		if (caller && calltree_node(tree, caller)->total_ns == candidate->total_ns)
			shown[candidate->index] = shown[caller];
		else
			shown[candidate->index] = limit == 0 || counted++ < limit;
	}
	free(candidates);
	return 0;
}
