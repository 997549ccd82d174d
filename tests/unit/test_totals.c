/* SPDX-License-Identifier: GPL-2.0-only */
/* Self and total: recursion once, lines apart or together, and the same as a slow way of counting finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/totals.h"
#include "support/golden.h"

static const struct total *find(const struct totals *totals, const char *function, int32_t line)
{
	size_t i;

	for (i = 0; i < totals->count; i++) {
		if (strcmp(totals->rows[i].symbol->function, function) == 0 &&
		    totals->rows[i].line == line)
			return &totals->rows[i];
	}
	fail_msg("no row of %s:%d", function, line);
	return NULL;
}

static void assert_row(const struct totals *totals, const char *function, int32_t line,
		       uint64_t self, uint64_t total)
{
	const struct total *row = find(totals, function, line);

	assert_int_equal(row->self_samples, self);
	assert_int_equal(row->total_samples, total);
	assert_int_equal(row->self_ns, self * 1000000);
	assert_int_equal(row->total_ns, total * 1000000);
}

static void an_empty_profile_has_no_rows(void **state)
{
	struct profile *profile = profile_new();
	struct totals totals;

	(void)state;
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(totals.count, 0);
	totals_sort(&totals, TOTALS_BY_NAME);
	totals_done(&totals);
	profile_free(profile);
}

static void totals_count_a_recursive_function_once(void **state)
{
	struct profile *profile =
		golden_parse("process 1 p\n"
			     "stack 1 3 main|a|1|1;fib|a|5|4;fib|a|6|4;fib|a|6|4\n"
			     "stack 1 2 main|a|1|1;fib|a|5|4;fib|a|6|4;add|a|9|8;fib|a|5|4\n"
			     "stack 1 1 main|a|1|1;fib|a|5|4\n",
			     "recursion");
	struct totals totals;

	(void)state;
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_FUNCTION), 0);
	assert_int_equal(totals.count, 3);
	assert_row(&totals, "fib", 4, 6, 6);
	assert_row(&totals, "main", 1, 0, 6);
	assert_row(&totals, "add", 8, 0, 2);
	totals_done(&totals);
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(totals.count, 4);
	assert_row(&totals, "fib", 5, 3, 6);
	assert_row(&totals, "fib", 6, 3, 5);
	totals_done(&totals);
	profile_free(profile);
}

static void functions_that_differ_in_one_thing_are_rows_apart(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 1 f|a|5|4\n"
					       "stack 1 2 f|b|5|4\n"
					       "stack 1 4 g|a|5|4\n"
					       "stack 1 8 f|a|5|5\n",
					       "apart");
	struct totals totals;

	(void)state;
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_FUNCTION), 0);
	assert_int_equal(totals.count, 4);
	totals_done(&totals);
	/* Two lambdas of one line are one row by line. */
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(totals.count, 3);
	assert_int_equal(totals.rows[0].self_samples, 9);
	totals_done(&totals);
	profile_free(profile);
}

static void special_symbols_are_rows_by_kind_and_text(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 1 [truncated];f|a|5|4\n"
					       "stack 1 2 [unreadable: x];f|a|5|4\n"
					       "stack 1 4 [unreadable: y]\n"
					       "stack 1 8 [native]\n",
					       "special");
	struct totals totals;

	(void)state;
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(totals.count, 5);
	assert_row(&totals, "x", 0, 0, 2);
	assert_row(&totals, "y", 0, 4, 4);
	assert_int_equal(totals.rows[0].symbol->kind, SYMBOL_NATIVE);
	assert_int_equal(totals.rows[4].symbol->kind, SYMBOL_TRUNCATED);
	assert_int_equal(totals.rows[4].self_ns, 0);
	assert_int_equal(totals.rows[4].total_samples, 1);
	totals_done(&totals);
	profile_free(profile);
}

static void assert_order(const struct totals *totals, const char *expected)
{
	char names[64] = "";
	size_t i;

	for (i = 0; i < totals->count; i++) {
		strcat(names, totals->rows[i].symbol->function);
		strcat(names, " ");
	}
	assert_string_equal(names, expected);
}

static void rows_are_sorted_and_equal_weights_by_name(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 2 d|b|1|1;a|z|1|1\n"
					       "stack 1 2 c|b|1|1\n"
					       "stack 1 2 b|b|9|1\n"
					       "stack 1 2 e|b|1|1;b|b|9|1\n"
					       "stack 1 1 e|b|1|1\n",
					       "order");
	struct totals totals;

	(void)state;
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_order(&totals, "b c a e d ");
	totals_sort(&totals, TOTALS_BY_TOTAL);
	assert_order(&totals, "b e c a d ");
	totals_sort(&totals, TOTALS_BY_NAME);
	assert_order(&totals, "c d e b a ");
	totals_done(&totals);
	profile_free(profile);
}

/* A random profile over few functions, so that recursion of every shape occurs. */
static struct profile *random_profile(unsigned seed)
{
	const struct profile_process process = { .pid = 1, .comm = "p", .python = "" };
	struct profile *profile = profile_new();
	uint32_t symbols[12], id, i, row;

	assert_int_equal(profile_add_process(profile, &process, &id), 0);
	for (i = 0; i < 12; i++) {
		const char *names[] = { "a", "b", "c", "d" };
		const struct symbol symbol = {
			.kind = SYMBOL_FUNCTION,
			.function = names[i % 4],
			.file = "f",
			.line = (int32_t)(10 + i / 2),
			.first_line = 1,
		};

		assert_int_equal(profile_add_symbol(profile, &symbol, &symbols[i]), 0);
	}
	for (row = 0; row < 300; row++) {
		uint32_t stack = PROFILE_STACK_EMPTY;
		int depth = 1 + rand_r(&seed) % 9;

		while (depth-- > 0)
			assert_int_equal(profile_add_stack(profile, stack,
							   symbols[rand_r(&seed) % 12], &stack),
					 0);
		assert_int_equal(profile_add_weight(profile, 0, PROFILE_NO_ID, stack, 1,
						    1 + (uint64_t)rand_r(&seed) % 5),
				 0);
	}
	return profile;
}

static bool is_on(const struct profile *profile, uint32_t stack, const struct total *total,
		  enum groups_by by)
{
	for (; stack; stack = profile_stack_caller(profile, stack)) {
		const struct symbol *symbol =
			profile_symbol(profile, profile_stack_symbol(profile, stack));

		if (strcmp(symbol->function, total->symbol->function) == 0 &&
		    groups_line(symbol, by) == total->line)
			return true;
	}
	return false;
}

static void they_equal_those_of_a_walk_of_each_row(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		const enum groups_by by = seed % 2 ? GROUPS_BY_LINE : GROUPS_BY_FUNCTION;
		struct profile *profile = random_profile(seed);
		uint64_t selfs = 0;
		struct totals totals;
		size_t i, row;

		assert_int_equal(totals_init(&totals, profile, by), 0);
		assert_true(totals.count >= 4);
		for (i = 0; i < totals.count; i++) {
			uint64_t total_ns = 0, total_samples = 0;

			selfs += totals.rows[i].self_ns;
			for (row = 0; row < profile_nrows(profile); row++) {
				const struct profile_row *at = profile_row(profile, row);

				if (is_on(profile, at->stack, &totals.rows[i], by)) {
					total_ns += at->weight_ns;
					total_samples += at->samples;
				}
			}
			assert_int_equal(totals.rows[i].total_ns, total_ns);
			assert_int_equal(totals.rows[i].total_samples, total_samples);
		}
		assert_int_equal(selfs, profile_weight_ns(profile));
		totals_done(&totals);
		profile_free(profile);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_profile_has_no_rows),
		cmocka_unit_test(totals_count_a_recursive_function_once),
		cmocka_unit_test(functions_that_differ_in_one_thing_are_rows_apart),
		cmocka_unit_test(special_symbols_are_rows_by_kind_and_text),
		cmocka_unit_test(rows_are_sorted_and_equal_weights_by_name),
		cmocka_unit_test(they_equal_those_of_a_walk_of_each_row),
	};

	return cmocka_run_group_tests_name("totals", tests, NULL, NULL);
}
