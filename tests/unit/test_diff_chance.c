/* SPDX-License-Identifier: GPL-2.0-only */
/* What is beyond chance: known values, few samples, and many rows in which nothing changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "report/diff_chance.h"

static void assert_near(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		fail_msg("%g is not %g +- %g", value, expected, tolerance);
}

static void many_samples_give_the_z_of_two_proportions(void **state)
{
	/* (0.5199 - 0.5) / sqrt(0.51 * 0.49 * 2 / 10000), and the rates' 99 / sqrt(20100). */
	(void)state;
	assert_near(chance_of_shares(5000, 10000, 5200, 10000), 2.815, 0.005);
	assert_near(chance_of_shares(5200, 10000, 5000, 10000), -2.815, 0.005);
	assert_near(chance_of_rates(10000, 1, 10100, 1), 99 / sqrt(20100), 0.01);
	assert_near(chance_of_rates(10100, 3, 10000, 3), -99 / sqrt(20100), 0.01);
}

static void equal_shares_and_rates_differ_by_nothing(void **state)
{
	(void)state;
	assert_near(chance_of_shares(30, 100, 3000, 10000), 0, 1e-6);
	assert_near(chance_of_shares(0, 100, 0, 50), 0, 0);
	assert_near(chance_of_shares(100, 100, 50, 50), 0, 0);
	assert_near(chance_of_rates(30, 1, 300, 10), 0, 1e-6);
	assert_near(chance_of_rates(0, 1, 0, 10), 0, 0);
}

static void where_nothing_was_sampled_nothing_is_told(void **state)
{
	(void)state;
	assert_near(chance_of_shares(0, 0, 5, 10), 0, 0);
	assert_near(chance_of_shares(5, 10, 0, 0), 0, 0);
	assert_near(chance_of_rates(5, 0, 5, 1), 0, 0);
	assert_near(chance_of_rates(5, 1, 5, 0), 0, 0);
}

static void one_sample_beside_a_long_profile_is_no_proof(void **state)
{
	/* Exactly, one has a probability of 0.99 % (2.6 standard deviations), two have 0.0097 % (3.9). */
	(void)state;
	assert_true(chance_of_shares(0, 100000, 1, 1000) < 2.6);
	assert_true(chance_of_shares(0, 100000, 2, 1000) > 3);
	assert_true(chance_of_shares(0, 100000, 2, 1000) < 3.9);
	assert_true(chance_of_shares(1, 1000, 0, 100000) > -3);
	assert_true(chance_of_rates(0, 100, 1, 1) < 3);
}

static void one_row_has_three_standard_deviations(void **state)
{
	double above = 3.0001, below = 2.9999;

	(void)state;
	assert_near(chance_limit(&above, 1), 3.0001, 0);
	assert_true(isinf(chance_limit(&below, 1)));
	assert_true(isinf(chance_limit(NULL, 0)));
}

static void more_rows_need_more(void **state)
{
	/* 0.0027 / 1000 is 4.69 standard deviations; of those left over, 0.0027 / 999 is enough. */
	double z[1000] = { [3] = -4.685, [7] = 9, [500] = 4.693, [900] = -4.685 };

	(void)state;
	assert_near(chance_limit(z, 1000), 4.693, 0);
	assert_near(z[0], 9, 0);
}

/* Both samplings draw from the same rows; the generator is fixed, so that the test is. */
static void sampling_the_same_twice_marks_nothing(void **state)
{
	enum { ROWS = 200, TRIALS = 50 };
	uint64_t random = 6, all[2] = { 20000, 3000 };
	int marked = 0, trial;

	(void)state;
	for (trial = 0; trial < TRIALS; trial++) {
		uint64_t counts[2][ROWS] = { 0 };
		double z[ROWS];
		int row, side;

		for (side = 0; side < 2; side++) {
			uint64_t i;

			for (i = 0; i < all[side]; i++) {
				double unit;

				random = random * 6364136223846793005ULL + 1442695040888963407ULL;
				unit = (double)(random >> 11) / 9007199254740992.0;
				/* A few hot rows, many cold ones. */
				counts[side][(size_t)(ROWS * unit * unit * unit)]++;
			}
		}
		for (row = 0; row < ROWS; row++)
			z[row] = chance_of_shares(counts[0][row], all[0], counts[1][row], all[1]);
		marked += !isinf(chance_limit(z, ROWS));
	}
	assert_int_equal(marked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_samples_give_the_z_of_two_proportions),
		cmocka_unit_test(equal_shares_and_rates_differ_by_nothing),
		cmocka_unit_test(where_nothing_was_sampled_nothing_is_told),
		cmocka_unit_test(one_sample_beside_a_long_profile_is_no_proof),
		cmocka_unit_test(one_row_has_three_standard_deviations),
		cmocka_unit_test(more_rows_need_more),
		cmocka_unit_test(sampling_the_same_twice_marks_nothing),
	};

	return cmocka_run_group_tests_name("diff_chance", tests, NULL, NULL);
}
