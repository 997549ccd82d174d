/* SPDX-License-Identifier: GPL-2.0-only */
/* Ranks what a profile's rows are made of, and sorts rows and moments by the ranks. Knows nothing of files. */
#include "store/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

/* A place in the order for each index. */
struct ranks {
	uint32_t *process, *thread, *symbol, *stack;
};

/* Compares two things of a profile by their indexes. */
typedef int compare_fn(const void *a, const void *b, void *profile);

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_processes(const void *a, const void *b, void *profile)
{
	const struct profile_process *left = profile_process(profile, *(const uint32_t *)a);
	const struct profile_process *right = profile_process(profile, *(const uint32_t *)b);
	int result = strcmp(left->machine, right->machine);

	if (!result)
		result = (left->pid > right->pid) - (left->pid < right->pid);
	if (!result)
		result = compare_numbers(left->start_time, right->start_time);
	return result ? result : compare_numbers(left->program, right->program);
}

static int compare_threads(const void *a, const void *b, void *profile)
{
	const struct profile_thread *left = profile_thread(profile, *(const uint32_t *)a);
	const struct profile_thread *right = profile_thread(profile, *(const uint32_t *)b);
	const int result = (left->tid > right->tid) - (left->tid < right->tid);

	return result ? result : strcmp(left->name, right->name);
}

static int compare_symbols(const void *a, const void *b, void *profile)
{
	const struct symbol *left = profile_symbol(profile, *(const uint32_t *)a);
	const struct symbol *right = profile_symbol(profile, *(const uint32_t *)b);
	int result = strcmp(left->file, right->file);

	if (!result)
		result = (left->first_line > right->first_line) -
			 (left->first_line < right->first_line);
	if (!result)
		result = strcmp(left->function, right->function);
	if (!result)
		result = (left->line > right->line) - (left->line < right->line);
	return result ? result : compare_numbers(left->kind, right->kind);
}

/* The indexes 0..count-1 in order; NULL when memory runs out. */
static uint32_t *sort(const struct profile *profile, size_t count, compare_fn *compare)
{
	uint32_t *sorted = malloc((count + 1) * sizeof(*sorted));
	size_t i;

	for (i = 0; sorted && i < count; i++)
		sorted[i] = (uint32_t)i;
	if (sorted && compare)
		qsort_r(sorted, count, sizeof(*sorted), compare, (void *)profile);
	return sorted;
}

/* The places that the sorted indexes have. */
static uint32_t *rank(const uint32_t *sorted, size_t count)
{
	uint32_t *ranks = sorted ? malloc((count + 1) * sizeof(*ranks)) : NULL;
	size_t i;

	for (i = 0; ranks && i < count; i++)
		ranks[sorted[i]] = (uint32_t)i;
	return ranks;
}

static uint32_t *sort_and_rank(const struct profile *profile, size_t count, compare_fn *compare)
{
	uint32_t *sorted = sort(profile, count, compare);
	uint32_t *ranks = rank(sorted, count);

	free(sorted);
	return ranks;
}

/* Stacks by their symbols' ranks, so that those of one symbol are neighbours (in the order of `at`). */
static void sort_stacks(const struct profile *profile, const uint32_t *symbol_rank, uint32_t *at,
			uint32_t *sorted)
{
	const size_t nstacks = profile_nstacks(profile), nsymbols = profile_nsymbols(profile);
	uint32_t stack;
	size_t i;

	memset(at, 0, (nsymbols + 1) * sizeof(*at));
	for (stack = 1; stack < nstacks; stack++)
		at[symbol_rank[profile_stack_symbol(profile, stack)] + 1]++;
	for (i = 0; i < nsymbols; i++)
		at[i + 1] += at[i];
	for (stack = 1; stack < nstacks; stack++)
		sorted[at[symbol_rank[profile_stack_symbol(profile, stack)]]++] = stack;
}

/*
 * Number the tree of stacks from the root, callees in the order of their symbols: `child` and `next` are lists of
 * callees, 0 at their end.
 */
static void number_stacks(const struct profile *profile, const uint32_t *child,
			  const uint32_t *next, uint32_t *ranks)
{
	uint32_t stack = 0, number = 0;

	for (;;) {
		ranks[stack] = number++;
		if (child[stack]) {
			stack = child[stack];
			continue;
		}
		while (stack && !next[stack])
			stack = profile_stack_caller(profile, stack);
		if (!stack)
			return;
		stack = next[stack];
	}
}

static uint32_t *rank_stacks(const struct profile *profile, const uint32_t *symbol_rank)
{
	const size_t nstacks = profile_nstacks(profile);
	uint32_t *at = malloc((profile_nsymbols(profile) + 1) * sizeof(*at));
	uint32_t *sorted = malloc(nstacks * sizeof(*sorted));
	uint32_t *child = calloc(nstacks, sizeof(*child));
	uint32_t *next = calloc(nstacks, sizeof(*next));
	uint32_t *ranks = malloc(nstacks * sizeof(*ranks));
	size_t i;

	if (at && sorted && child && next && ranks && symbol_rank) {
		sort_stacks(profile, symbol_rank, at, sorted);
		/* Put in front, the last one first. */
		for (i = nstacks - 1; i > 0; i--) {
			const uint32_t stack = sorted[i - 1];
			uint32_t *first = &child[profile_stack_caller(profile, stack)];

			next[stack] = *first;
			*first = stack;
		}
		number_stacks(profile, child, next, ranks);
	} else {
		free(ranks);
		ranks = NULL;
	}
	free(at);
	free(sorted);
	free(child);
	free(next);
	return ranks;
}

static void ranks_done(struct ranks *ranks)
{
	free(ranks->process);
	free(ranks->thread);
	free(ranks->symbol);
	free(ranks->stack);
}

static int ranks_init(struct ranks *ranks, const struct profile *profile)
{
	ranks->process = sort_and_rank(profile, profile_nprocesses(profile), compare_processes);
	ranks->thread = sort_and_rank(profile, profile_nthreads(profile), compare_threads);
	ranks->symbol = sort_and_rank(profile, profile_nsymbols(profile), compare_symbols);
	ranks->stack = rank_stacks(profile, ranks->symbol);
	return ranks->process && ranks->thread && ranks->symbol && ranks->stack ? 0 : -ENOMEM;
}

/* A row with what it is sorted by. */
struct sorted_row {
	uint32_t process, thread, stack, row;
};

static int compare_rows(const void *a, const void *b)
{
	const struct sorted_row *left = a, *right = b;
	int result = compare_numbers(left->process, right->process);

	if (!result)
		result = compare_numbers(left->thread, right->thread);
	return result ? result : compare_numbers(left->stack, right->stack);
}

/* Without ranks, by the ids themselves. */
static int sort_rows(struct order *order, const struct profile *profile, const struct ranks *ranks)
{
	struct sorted_row *sorted = malloc((order->nrows + 1) * sizeof(*sorted));
	size_t i;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < order->nrows; i++) {
		const struct profile_row *row = profile_row(profile, i);

		sorted[i] =
			(struct sorted_row){ row->process, row->thread, row->stack, (uint32_t)i };
		if (ranks) {
			sorted[i].process = ranks->process[row->process];
			sorted[i].stack = ranks->stack[row->stack];
			if (row->thread != PROFILE_NO_ID)
				sorted[i].thread = ranks->thread[row->thread];
		}
	}
	qsort(sorted, order->nrows, sizeof(*sorted), compare_rows);
	for (i = 0; i < order->nrows; i++)
		order->rows[i] = sorted[i].row;
	free(sorted);
	return 0;
}

static int compare_moments(const void *a, const void *b)
{
	const struct order_moment *left = a, *right = b;
	int result = compare_numbers(left->position, right->position);

	if (!result)
		result = compare_numbers(left->time_ns, right->time_ns);
	return result ? result : compare_numbers(left->weight_ns, right->weight_ns);
}

static int sort_moments(struct order *order, const struct profile *profile)
{
	uint32_t *positions = rank(order->rows, order->nrows);
	size_t i;

	if (!positions)
		return -ENOMEM;
	for (i = 0; i < order->nmoments; i++) {
		const struct profile_moment *moment = profile_moment(profile, i);

		order->moments[i] = (struct order_moment){ .time_ns = moment->time_ns,
							   .weight_ns = moment->weight_ns,
							   .position = positions[moment->row] };
	}
	free(positions);
	qsort(order->moments, order->nmoments, sizeof(*order->moments), compare_moments);
	return 0;
}

int order_init(struct order *order, const struct profile *profile, enum order_by by)
{
	struct ranks ranks = { 0 };
	int code = 0;

	*order = (struct order){ .nrows = profile_nrows(profile),
				 .nmoments = profile_nmoments(profile),
				 .nprocesses = profile_nprocesses(profile) };
	order->rows = malloc((order->nrows + 1) * sizeof(*order->rows));
	order->moments = malloc((order->nmoments + 1) * sizeof(*order->moments));
	order->processes =
		sort(profile, order->nprocesses, by == ORDER_BY_CONTENT ? compare_processes : NULL);
	if (!order->rows || !order->moments || !order->processes)
		code = -ENOMEM;
	if (!code && by == ORDER_BY_CONTENT)
		code = ranks_init(&ranks, profile);
	if (!code)
		code = sort_rows(order, profile, by == ORDER_BY_CONTENT ? &ranks : NULL);
	if (!code)
		code = sort_moments(order, profile);
	ranks_done(&ranks);
	if (code)
		order_done(order);
	return code;
}

void order_done(struct order *order)
{
	free(order->rows);
	free(order->moments);
	free(order->processes);
	*order = (struct order){ 0 };
}
