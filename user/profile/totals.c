/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adds up self and total. One pass from the callees to their callers gives each stack the weight of
 * everything below it; one walk through the tree adds that to the group of the stack's symbol, unless the group
 * is on the way to the root already: that is recursion, and the caller has counted it.
 */
#include "profile/totals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

/* What is known of a stack while adding up. */
struct node {
	uint64_t below_ns, below_samples; /* the stack's own and all that it called */
	uint32_t first_callee, next_sibling; /* ids of stacks, 0: none */
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

static uint32_t group_of(const struct groups *groups, const struct profile *profile, uint32_t stack)
{
	return groups->of_symbol[profile_stack_symbol(profile, stack)];
}

/* Walk the tree depth first; on_path counts how often each group is on the way from the root. */
static void add_totals(struct total *rows, uint32_t *on_path, const struct groups *groups,
		       const struct node *nodes, const struct profile *profile)
{
	uint32_t stack = nodes[PROFILE_STACK_EMPTY].first_callee;

	while (stack != PROFILE_STACK_EMPTY) {
		const struct node *node = &nodes[stack];
		const uint32_t group = group_of(groups, profile, stack);

		if (on_path[group] == 0) {
			rows[group].total_ns += node->below_ns;
			rows[group].total_samples += node->below_samples;
		}
		if (node->first_callee) {
			on_path[group]++;
			stack = node->first_callee;
			continue;
		}
		while (stack != PROFILE_STACK_EMPTY && !nodes[stack].next_sibling) {
			stack = profile_stack_caller(profile, stack);
			if (stack != PROFILE_STACK_EMPTY)
				on_path[group_of(groups, profile, stack)]--;
		}
		stack = nodes[stack].next_sibling;
	}
}

static void add_selfs(struct total *rows, const struct groups *groups,
		      const struct profile *profile)
{
	const size_t nrows = profile_nrows(profile);
	size_t i;

	for (i = 0; i < nrows; i++) {
		const struct profile_row *row = profile_row(profile, i);
		struct total *total = &rows[group_of(groups, profile, row->stack)];

		total->self_ns += row->weight_ns;
		total->self_samples += row->samples;
	}
}

/* Name the rows, and close the gaps of those that nothing was sampled in. */
static void finish(struct totals *totals, const struct groups *groups, enum groups_by by)
{
	uint32_t group;

	totals->count = 0;
	for (group = 0; group < groups->count; group++) {
		struct total total = totals->rows[group];

		if (total.total_samples == 0 && total.total_ns == 0)
			continue;
		total.symbol = groups->symbols[group];
		total.line = groups_line(total.symbol, by);
		totals->rows[totals->count++] = total;
	}
	totals_sort(totals, TOTALS_BY_SELF);
}

int totals_init(struct totals *totals, const struct profile *profile, enum groups_by by)
{
	struct groups groups = { 0 };
	uint32_t *on_path = NULL;
	struct node *nodes = NULL;
	int code;

	*totals = (struct totals){ 0 };
	code = groups_init(&groups, profile, by);
	if (code)
		return code;
	code = -ENOMEM;
	/* One more than needed, so that an empty profile is no special case. */
	totals->rows = calloc(groups.count + 1UL, sizeof(*totals->rows));
	on_path = calloc(groups.count + 1UL, sizeof(*on_path));
	nodes = calloc(profile_nstacks(profile), sizeof(*nodes));
	if (!totals->rows || !on_path || !nodes)
		goto out;
	weigh(nodes, profile);
	add_totals(totals->rows, on_path, &groups, nodes, profile);
	add_selfs(totals->rows, &groups, profile);
	finish(totals, &groups, by);
	code = 0;
out:
	free(nodes);
	free(on_path);
	groups_done(&groups);
	if (code)
		totals_done(totals);
	return code;
}

void totals_done(struct totals *totals)
{
	free(totals->rows);
	*totals = (struct totals){ 0 };
}

static int compare_names(const struct total *a, const struct total *b)
{
	int order = strcmp(a->symbol->file, b->symbol->file);

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	order = strcmp(a->symbol->function, b->symbol->function);
	if (order)
		return order;
	return (int)a->symbol->kind - (int)b->symbol->kind;
}

static int compare_descending(uint64_t a, uint64_t b)
{
	return a == b ? 0 : a > b ? -1 : 1;
}

int totals_compare(const struct total *left, const struct total *right, enum totals_order order)
{
	const int selfs = compare_descending(left->self_ns, right->self_ns);
	const int totals = compare_descending(left->total_ns, right->total_ns);
	int found = 0;

	switch (order) {
	case TOTALS_BY_SELF:
		found = selfs ? selfs : totals;
		break;
	case TOTALS_BY_TOTAL:
		found = totals ? totals : selfs;
		break;
	case TOTALS_BY_NAME:
		break;
	}
	return found ? found : compare_names(left, right);
}

static int compare_rows(const void *left, const void *right, void *order)
{
	return totals_compare(left, right, *(const enum totals_order *)order);
}

void totals_sort(struct totals *totals, enum totals_order order)
{
	qsort_r(totals->rows, totals->count, sizeof(*totals->rows), compare_rows, &order);
}
