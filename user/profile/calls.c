/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives each pair of caller and callee a number, and sums.c adds them up as it does functions. Names nothing. */
#include "profile/calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/word_map.h"
#include "profile/profile.h"

/* One key for a pair of groups; a caller's group is below the number of nobody. */
static uint64_t key_of(uint32_t caller, uint32_t callee)
{
	return (uint64_t)caller << 32 | callee;
}

static uint32_t group_of(const struct calls *calls, const struct profile *profile, uint32_t stack)
{
	if (stack == PROFILE_STACK_EMPTY)
		return CALLS_NOBODY;
	return calls->groups.of_symbol[profile_stack_symbol(profile, stack)];
}

/* Number the calls in the order of appearance: of_stack has the number of the last step of each stack. */
static int number(struct calls *calls, const struct profile *profile, uint32_t *of_stack,
		  struct word_map *numbers)
{
	const size_t nstacks = profile_nstacks(profile);
	size_t i;

	of_stack[PROFILE_STACK_EMPTY] = PROFILE_NO_ID;
	for (i = 1; i < nstacks; i++) {
		const uint32_t stack = (uint32_t)i;
		const uint32_t caller =
			group_of(calls, profile, profile_stack_caller(profile, stack));
		uint64_t *entry =
			word_map_add(numbers, key_of(caller, group_of(calls, profile, stack)));

		if (!entry)
			return -ENOMEM;
		if (*entry == 0)
			*entry = ++calls->count;
		of_stack[i] = (uint32_t)(*entry - 1);
	}
	return 0;
}

static int compare_groups(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_callees(const void *left, const void *right)
{
	const struct call *a = left, *b = right;
	const int order = compare_groups(a->callee, b->callee);

	return order ? order : compare_groups(a->caller, b->caller);
}

/* Make the calls of their numbers, which are in the order of callers, and leave out those without samples. */
static int fill(struct calls *calls, const struct sum *sums, const struct word_map *numbers)
{
	uint64_t key = 0, *entry;
	size_t count = 0;

	calls->by_callee = calloc(calls->count + 1, sizeof(*calls->by_callee));
	calls->by_caller = calloc(calls->count + 1, sizeof(*calls->by_caller));
	if (!calls->by_callee || !calls->by_caller)
		return -ENOMEM;
	for (entry = word_map_first(numbers, &key); entry; entry = word_map_next(numbers, &key)) {
		const struct sum *sum = &sums[*entry - 1];

		if (sum->total_ns == 0 && sum->total_samples == 0)
			continue;
		calls->by_caller[count++] = (struct call){
			.caller = (uint32_t)(key >> 32),
			.callee = (uint32_t)key,
			.sum = *sum,
		};
	}
	calls->count = count;
	memcpy(calls->by_callee, calls->by_caller, count * sizeof(*calls->by_callee));
	qsort(calls->by_callee, count, sizeof(*calls->by_callee), compare_callees);
	return 0;
}

int calls_init(struct calls *calls, const struct profile *profile, enum groups_by by)
{
	struct word_map numbers = { 0 };
	uint32_t *of_stack = NULL;
	struct sum *sums = NULL;
	int code;

	*calls = (struct calls){ 0 };
	code = groups_init(&calls->groups, profile, by);
	if (code)
		return code;
	of_stack = calloc(profile_nstacks(profile), sizeof(*of_stack));
	code = of_stack ? number(calls, profile, of_stack, &numbers) : -ENOMEM;
	if (code)
		goto out;
	/* One more than needed, so that an empty profile is no special case. */
	sums = calloc(calls->count + 1, sizeof(*sums));
	code = sums ? sums_add(profile, of_stack, sums, (uint32_t)calls->count) : -ENOMEM;
	if (!code)
		code = fill(calls, sums, &numbers);
out:
	word_map_done(&numbers);
	free(of_stack);
	free(sums);
	if (code)
		calls_done(calls);
	return code;
}

void calls_done(struct calls *calls)
{
	groups_done(&calls->groups);
	free(calls->by_callee);
	free(calls->by_caller);
	*calls = (struct calls){ 0 };
}

static uint32_t callee_of(const struct call *call)
{
	return call->callee;
}

static uint32_t caller_of(const struct call *call)
{
	return call->caller;
}

/* The first of the sorted calls whose group is `group` or a later one. */
static size_t lower_bound(const struct call *calls, size_t count,
			  uint32_t (*group_of_call)(const struct call *), uint64_t group)
{
	size_t low = 0, high = count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (group_of_call(&calls[middle]) < group)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct call *calls_of_callee(const struct calls *calls, uint32_t group, size_t *ret_count)
{
	const size_t first = lower_bound(calls->by_callee, calls->count, callee_of, group);

	*ret_count = lower_bound(calls->by_callee, calls->count, callee_of, group + 1ULL) - first;
	return &calls->by_callee[first];
}

const struct call *calls_of_caller(const struct calls *calls, uint32_t group, size_t *ret_count)
{
	const size_t first = lower_bound(calls->by_caller, calls->count, caller_of, group);

	*ret_count = lower_bound(calls->by_caller, calls->count, caller_of, group + 1ULL) - first;
	return &calls->by_caller[first];
}
