/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts by thread and node: small and large ones alike, and none lost when they are moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline_tally.h"

static void count(struct tally *tally, uint32_t thread, uint32_t node, uint64_t samples,
		  uint64_t weight_ns)
{
	bool is_new;
	uint64_t *place = tally_place(tally, thread, node, &is_new);

	assert_non_null(place);
	assert_int_equal(tally_count(tally, place, samples, weight_ns), 0);
}

static void assert_next(const struct tally *tally, struct tally_row *row, uint32_t thread,
			uint32_t node, uint64_t samples, uint64_t weight_ns)
{
	assert_true(tally_next(tally, row));
	assert_int_equal(row->thread, thread);
	assert_int_equal(row->node, node);
	assert_int_equal(row->samples, samples);
	assert_int_equal(row->weight_ns, weight_ns);
	row->node++;
}

static void counts_are_added_up_by_thread_and_node(void **state)
{
	struct tally tally = { 0 };
	struct tally_row row = { 0 };

	(void)state;
	assert_false(tally_next(&tally, &row));
	count(&tally, 0, 7, 1, 1000);
	count(&tally, 5, 0, 1, 10);
	count(&tally, 0, 7, 2, 500);
	count(&tally, UINT32_MAX, UINT32_MAX - 1, 1, 0);
	assert_next(&tally, &row, 0, 7, 3, 1500);
	assert_next(&tally, &row, 5, 0, 1, 10);
	assert_next(&tally, &row, UINT32_MAX, UINT32_MAX - 1, 1, 0);
	assert_false(tally_next(&tally, &row));
	assert_int_equal(tally.samples, 5);
	assert_int_equal(tally.weight_ns, 1510);
	tally_done(&tally);
	assert_int_equal(tally.samples, 0);
}

static void a_place_is_new_until_something_was_counted(void **state)
{
	struct tally tally = { 0 };
	bool is_new = false;
	uint64_t *place = tally_place(&tally, 1, 2, &is_new);

	(void)state;
	assert_true(is_new);
	assert_int_equal(tally_count(&tally, place, 1, 0), 0);
	assert_ptr_equal(tally_place(&tally, 1, 2, &is_new), place);
	assert_false(is_new);
	tally_done(&tally);
}

/* 2^20 samples and 2^43 ns are what a word holds. */
static void counts_go_beyond_what_a_word_holds(void **state)
{
	const uint64_t samples = 1ULL << 20, weight_ns = 1ULL << 43;
	struct tally tally = { 0 };
	struct tally_row row = { 0 };

	(void)state;
	count(&tally, 0, 1, samples - 1, weight_ns - 1);
	count(&tally, 0, 2, samples - 1, weight_ns - 1);
	count(&tally, 0, 2, 1, 0);
	count(&tally, 0, 3, 1, weight_ns - 1);
	count(&tally, 0, 3, 1, 1);
	count(&tally, 0, 3, 1ULL << 40, 1ULL << 62);
	assert_next(&tally, &row, 0, 1, samples - 1, weight_ns - 1);
	assert_next(&tally, &row, 0, 2, samples, weight_ns - 1);
	assert_next(&tally, &row, 0, 3, 2 + (1ULL << 40), weight_ns + (1ULL << 62));
	tally_done(&tally);
}

static void counts_are_moved_to_another_without_their_threads(void **state)
{
	struct tally to = { 0 }, from = { 0 };
	struct tally_row row = { 0 };

	(void)state;
	count(&to, 0, 1, 1, 10);
	count(&from, 8, 1, 2, 20);
	count(&from, 9, 1, 1ULL << 50, 1ULL << 60);
	count(&from, 9, 2, 4, 40);
	assert_int_equal(tally_move(&to, &from), 0);
	assert_int_equal(from.samples, 0);
	assert_int_equal(from.weight_ns, 0);
	assert_next(&to, &row, 0, 1, 3 + (1ULL << 50), 30 + (1ULL << 60));
	assert_next(&to, &row, 0, 2, 4, 40);
	assert_false(tally_next(&to, &row));
	assert_int_equal(to.samples, 7 + (1ULL << 50));
	/* Once more moves nothing. */
	assert_int_equal(tally_move(&to, &from), 0);
	assert_int_equal(to.samples, 7 + (1ULL << 50));
	tally_done(&to);
	tally_done(&from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_added_up_by_thread_and_node),
		cmocka_unit_test(a_place_is_new_until_something_was_counted),
		cmocka_unit_test(counts_go_beyond_what_a_word_holds),
		cmocka_unit_test(counts_are_moved_to_another_without_their_threads),
	};

	return cmocka_run_group_tests_name("pipeline_tally", tests, NULL, NULL);
}
