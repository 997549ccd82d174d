/* SPDX-License-Identifier: GPL-2.0-only */
/* Self and total of groups of symbols, and their order. Adds up nothing itself: that is sums.c. */
#include "profile/totals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/sums.h"

/* Name the rows, and leave out those that nothing was sampled in. */
static void make_rows(struct totals *totals, const struct groups *groups, const struct sum *sums,
		      enum groups_by by)
{
	uint32_t group;

	for (group = 0; group < groups->count; group++) {
		const struct sum *sum = &sums[group];

		if (sum->total_samples == 0 && sum->total_ns == 0)
			continue;
		totals->rows[totals->count++] = (struct total){
			.symbol = groups->symbols[group],
			.group = group,
			.line = groups_line(groups->symbols[group], by),
			.self_ns = sum->self_ns,
			.total_ns = sum->total_ns,
			.self_samples = sum->self_samples,
			.total_samples = sum->total_samples,
		};
	}
	totals_sort(totals, TOTALS_BY_SELF);
}

static int add_up(struct totals *totals, const struct profile *profile, const struct groups *groups,
		  enum groups_by by)
{
	const size_t nstacks = profile_nstacks(profile);
	uint32_t *of_stack = calloc(nstacks, sizeof(*of_stack));
	/* One more than needed, so that an empty profile is no special case. */
	struct sum *sums = calloc(groups->count + 1UL, sizeof(*sums));
	int code = -ENOMEM;
	size_t i;

	totals->rows = calloc(groups->count + 1UL, sizeof(*totals->rows));
	if (totals->rows && of_stack && sums) {
		of_stack[PROFILE_STACK_EMPTY] = PROFILE_NO_ID;
		for (i = 1; i < nstacks; i++)
			of_stack[i] = groups->of_symbol[profile_stack_symbol(profile, (uint32_t)i)];
		code = sums_add(profile, of_stack, sums, groups->count);
	}
	if (!code)
		make_rows(totals, groups, sums, by);
	free(of_stack);
	free(sums);
	return code;
}

int totals_init(struct totals *totals, const struct profile *profile, enum groups_by by)
{
	struct groups groups;
	int code;

	*totals = (struct totals){ 0 };
	code = groups_init(&groups, profile, by);
	if (code)
		return code;
	code = add_up(totals, profile, &groups, by);
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
