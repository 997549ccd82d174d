/* SPDX-License-Identifier: GPL-2.0-only */
/* Who called whom: recursion once, roots, and the laws of profile/calls.h over random profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/calls.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "support/golden.h"

/* "CALLER>CALLEE self/total " of each call in samples, as the array has them. */
static const char *told(const struct calls *calls, const struct call *list, size_t count)
{
	static char text[512];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < count; i++) {
		const char *caller = list[i].caller == CALLS_NOBODY
					     ? ""
					     : calls->groups.symbols[list[i].caller]->function;

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s>%s %d/%d ", caller,
			 calls->groups.symbols[list[i].callee]->function,
			 (int)list[i].sum.self_samples, (int)list[i].sum.total_samples);
		assert_int_equal(list[i].sum.self_ns, list[i].sum.self_samples * 1000000);
		assert_int_equal(list[i].sum.total_ns, list[i].sum.total_samples * 1000000);
	}
	return text;
}

static uint32_t group_called(const struct calls *calls, const char *function)
{
	uint32_t group;

	for (group = 0; group < calls->groups.count; group++) {
		if (strcmp(calls->groups.symbols[group]->function, function) == 0)
			return group;
	}
	fail_msg("no %s", function);
	return 0;
}

static void assert_callers(const struct calls *calls, const char *function, const char *expected)
{
	size_t count;
	const struct call *list = calls_of_callee(calls, group_called(calls, function), &count);

	assert_string_equal(told(calls, list, count), expected);
}

static void assert_callees(const struct calls *calls, const char *function, const char *expected)
{
	size_t count;
	const struct call *list = calls_of_caller(calls, group_called(calls, function), &count);

	assert_string_equal(told(calls, list, count), expected);
}

static void an_empty_profile_has_no_calls(void **state)
{
	struct profile *profile = profile_new();
	struct calls calls;
	size_t count = 1;

	(void)state;
	assert_int_equal(calls_init(&calls, profile, GROUPS_BY_FUNCTION), 0);
	assert_int_equal(calls.count, 0);
	calls_of_callee(&calls, 0, &count);
	assert_int_equal(count, 0);
	calls_of_caller(&calls, CALLS_NOBODY, &count);
	assert_int_equal(count, 0);
	calls_done(&calls);
	profile_free(profile);
}

static void calls_have_callers_callees_and_roots(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 1 main|a|2|1;work|a|5|4\n"
					       "stack 1 2 main|a|3|1;work|a|6|4;add|a|9|8\n"
					       "stack 1 4 main|a|3|1;add|a|9|8\n"
					       "stack 1 8 work|a|6|4\n"
					       "stack 1 16 main|a|2|1\n",
					       "calls");
	struct calls calls;

	(void)state;
	assert_int_equal(calls_init(&calls, profile, GROUPS_BY_FUNCTION), 0);
	assert_callers(&calls, "main", ">main 16/23 ");
	assert_callers(&calls, "work", "main>work 1/3 >work 8/8 ");
	assert_callers(&calls, "add", "main>add 4/4 work>add 2/2 ");
	assert_callees(&calls, "main", "main>work 1/3 main>add 4/4 ");
	assert_callees(&calls, "work", "work>add 2/2 ");
	assert_callees(&calls, "add", "");
	calls_done(&calls);
	/* By line main is two. */
	assert_int_equal(calls_init(&calls, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(calls.count, 7);
	assert_callees(&calls, "main", "main>work 1/1 ");
	calls_done(&calls);
	profile_free(profile);
}

static void recursion_counts_once_a_stack_for_a_call(void **state)
{
	struct profile *profile =
		golden_parse("process 1 p\n"
			     "stack 1 3 main|a|1|1;fib|a|5|4;fib|a|6|4;fib|a|6|4\n"
			     "stack 1 2 main|a|1|1;fib|a|5|4;fib|a|6|4;add|a|9|8;fib|a|5|4\n"
			     "stack 1 1 main|a|1|1;fib|a|5|4\n",
			     "recursion");
	struct calls calls;

	(void)state;
	assert_int_equal(calls_init(&calls, profile, GROUPS_BY_FUNCTION), 0);
	assert_callers(&calls, "fib", "main>fib 1/6 fib>fib 3/5 add>fib 2/2 ");
	assert_callees(&calls, "fib", "fib>fib 3/5 fib>add 0/2 ");
	calls_done(&calls);
	profile_free(profile);
}

static void calls_without_samples_are_left_out(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 0 main|a|1|1;idle|a|5|4\n"
					       "stack 1 2@0 main|a|1|1;weightless|a|7|6\n",
					       "none");
	struct calls calls;
	size_t count;

	(void)state;
	assert_int_equal(calls_init(&calls, profile, GROUPS_BY_FUNCTION), 0);
	calls_of_callee(&calls, group_called(&calls, "idle"), &count);
	assert_int_equal(count, 0);
	calls_of_callee(&calls, group_called(&calls, "weightless"), &count);
	assert_int_equal(count, 1);
	calls_done(&calls);
	profile_free(profile);
}

/* Few functions, so that recursion of every shape occurs. */
static struct profile *random_profile(unsigned seed)
{
	char text[16384] = "process 1 p\n";
	size_t length = strlen(text);
	int row;

	for (row = 0; row < 150; row++) {
		int depth = 1 + rand_r(&seed) % 8;

		length += (size_t)snprintf(text + length, sizeof(text) - length, "stack 1 %d ",
					   1 + rand_r(&seed) % 5);
		for (; depth > 0; depth--)
			length += (size_t)snprintf(text + length, sizeof(text) - length,
						   "%c|f|%d|1%s", 'a' + rand_r(&seed) % 4,
						   10 + rand_r(&seed) % 2, depth > 1 ? ";" : "\n");
	}
	assert_true(length < sizeof(text) - 100);
	return golden_parse(text, "random");
}

static const struct total *total_of(const struct totals *totals, uint32_t group)
{
	size_t i;

	for (i = 0; i < totals->count; i++) {
		if (totals->rows[i].group == group)
			return &totals->rows[i];
	}
	fail_msg("no total of group %u", group);
	return NULL;
}

/* Weight of the rows whose stack has the call, found by looking at each. */
static uint64_t slow_total(const struct profile *profile, const struct calls *calls,
			   const struct call *call)
{
	uint64_t total_ns = 0;
	size_t i;

	for (i = 0; i < profile_nrows(profile); i++) {
		uint32_t stack = profile_row(profile, i)->stack;
		bool found = false;

		for (; stack && !found; stack = profile_stack_caller(profile, stack)) {
			const uint32_t above = profile_stack_caller(profile, stack);
			const uint32_t *of_symbol = calls->groups.of_symbol;

			found = of_symbol[profile_stack_symbol(profile, stack)] == call->callee &&
				(above ? of_symbol[profile_stack_symbol(profile, above)]
				       : CALLS_NOBODY) == call->caller;
		}
		total_ns += found ? profile_row(profile, i)->weight_ns : 0;
	}
	return total_ns;
}

static void check_laws(const struct profile *profile, enum groups_by by)
{
	struct totals totals;
	struct calls calls;
	size_t i, j, count;

	assert_int_equal(totals_init(&totals, profile, by), 0);
	assert_int_equal(calls_init(&calls, profile, by), 0);
	for (i = 0; i < totals.count; i++) {
		const struct total *callee = &totals.rows[i];
		const struct call *list = calls_of_callee(&calls, callee->group, &count);
		uint64_t self_ns = 0, total_ns = 0;

		for (j = 0; j < count; j++) {
			const struct sum *sum = &list[j].sum;

			self_ns += sum->self_ns;
			total_ns += sum->total_ns;
			assert_true(sum->self_ns <= sum->total_ns);
			assert_true(sum->total_ns <= callee->total_ns);
			assert_int_equal(sum->total_ns, slow_total(profile, &calls, &list[j]));
			if (list[j].caller != CALLS_NOBODY)
				assert_true(sum->total_ns <=
					    total_of(&totals, list[j].caller)->total_ns);
		}
		assert_int_equal(self_ns, callee->self_ns);
		assert_true(total_ns >= callee->total_ns);
	}
	assert_true(calls.count >= 4);
	calls_done(&calls);
	totals_done(&totals);
}

static void the_laws_hold_for_random_profiles(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 10; seed++) {
		struct profile *profile = random_profile(seed);

		check_laws(profile, seed % 2 ? GROUPS_BY_LINE : GROUPS_BY_FUNCTION);
		profile_free(profile);
	}
}

static void without_recursion_the_totals_add_up_exactly(void **state)
{
	struct profile *profile = golden_load("tests/golden/json.in");
	struct totals totals;
	struct calls calls;
	size_t i, j, count;

	(void)state;
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_FUNCTION), 0);
	assert_int_equal(calls_init(&calls, profile, GROUPS_BY_FUNCTION), 0);
	for (i = 0; i < totals.count; i++) {
		const struct call *list = calls_of_callee(&calls, totals.rows[i].group, &count);
		uint64_t total_ns = 0;

		for (j = 0; j < count; j++)
			total_ns += list[j].sum.total_ns;
		assert_int_equal(total_ns, totals.rows[i].total_ns);
	}
	calls_done(&calls);
	totals_done(&totals);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_profile_has_no_calls),
		cmocka_unit_test(calls_have_callers_callees_and_roots),
		cmocka_unit_test(recursion_counts_once_a_stack_for_a_call),
		cmocka_unit_test(calls_without_samples_are_left_out),
		cmocka_unit_test(the_laws_hold_for_random_profiles),
		cmocka_unit_test(without_recursion_the_totals_add_up_exactly),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
