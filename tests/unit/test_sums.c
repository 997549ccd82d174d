/* SPDX-License-Identifier: GPL-2.0-only */
/* Self and total of anything on stacks: what belongs to no sum, what recurs, and how deep it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "profile/profile.h"
#include "profile/sums.h"
#include "support/golden.h"

/* a stands at the root and recurs; b is below it in two stacks. Stacks in the order of appearance: a, ab, aba, ac. */
static const char *const text = "process 1 p\n"
				"stack 1 1 a|f|1|1;b|f|2|2;a|f|1|1\n"
				"stack 1 2 a|f|1|1;c|f|3|3\n"
				"stack 1 4 a|f|1|1;b|f|2|2\n";

static void what_recurs_counts_once(void **state)
{
	const uint32_t of_stack[] = { PROFILE_NO_ID, 0, 1, 0, 2 };
	struct profile *profile = golden_parse(text, "recursion");
	struct sum sums[3] = { { 0 } };

	(void)state;
	assert_int_equal(profile_nstacks(profile), 5);
	assert_int_equal(sums_add(profile, of_stack, sums, 3), 0);
	assert_int_equal(sums[0].self_samples, 1);
	assert_int_equal(sums[0].total_samples, 7);
	assert_int_equal(sums[1].self_samples, 4);
	assert_int_equal(sums[1].total_samples, 5);
	assert_int_equal(sums[2].self_ns, 2000000);
	assert_int_equal(sums[2].total_ns, 2000000);
	profile_free(profile);
}

static void stacks_that_belong_to_no_sum_are_passed_over(void **state)
{
	const uint32_t of_stack[] = { PROFILE_NO_ID, PROFILE_NO_ID, 0, PROFILE_NO_ID, 0 };
	struct profile *profile = golden_parse(text, "none");
	struct sum sum = { 0 };

	(void)state;
	assert_int_equal(sums_add(profile, of_stack, &sum, 1), 0);
	assert_int_equal(sum.self_samples, 6);
	assert_int_equal(sum.total_samples, 7);
	profile_free(profile);
}

static void a_profile_without_stacks_adds_nothing(void **state)
{
	const uint32_t of_stack[] = { PROFILE_NO_ID };
	struct profile *profile = profile_new();

	(void)state;
	assert_int_equal(sums_add(profile, of_stack, NULL, 0), 0);
	profile_free(profile);
}

static void a_stack_may_be_as_deep_as_memory_allows(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nstack 1 3 a|f|1|1 *1000000\n", "deep");
	const size_t nstacks = profile_nstacks(profile);
	uint32_t *of_stack = calloc(nstacks, sizeof(*of_stack));
	struct sum sum = { 0 };

	(void)state;
	assert_non_null(of_stack);
	of_stack[0] = PROFILE_NO_ID;
	assert_int_equal(sums_add(profile, of_stack, &sum, 1), 0);
	assert_int_equal(sum.self_samples, 3);
	assert_int_equal(sum.total_samples, 3);
	free(of_stack);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_recurs_counts_once),
		cmocka_unit_test(stacks_that_belong_to_no_sum_are_passed_over),
		cmocka_unit_test(a_profile_without_stacks_adds_nothing),
		cmocka_unit_test(a_stack_may_be_as_deep_as_memory_allows),
	};

	return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
