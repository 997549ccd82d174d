/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps of words: what was put in is found, and comes out in ascending order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/word_map.h"

static void an_empty_map_has_nothing(void **state)
{
	struct word_map map = { 0 };
	uint64_t key = 0;

	(void)state;
	assert_null(word_map_find(&map, 0));
	assert_null(word_map_first(&map, &key));
	assert_null(word_map_next(&map, &key));
	word_map_done(&map);
}

static void a_new_key_has_the_value_zero_and_an_old_one_its_own(void **state)
{
	struct word_map map = { 0 };
	uint64_t *value = word_map_add(&map, 5);

	(void)state;
	assert_non_null(value);
	assert_int_equal(*value, 0);
	*value = UINT64_MAX;
	assert_int_equal(*word_map_add(&map, 5), UINT64_MAX);
	assert_int_equal(*word_map_find(&map, 5), UINT64_MAX);
	assert_null(word_map_find(&map, 6));
	word_map_done(&map);
	assert_null(word_map_find(&map, 5));
}

static void entries_come_in_ascending_order_whatever_their_keys(void **state)
{
	const uint64_t keys[] = { UINT64_MAX, 0, 1ULL << 32, 7, (1ULL << 32) - 1 };
	const uint64_t sorted[] = { 0, 7, (1ULL << 32) - 1, 1ULL << 32, UINT64_MAX };
	struct word_map map = { 0 };
	uint64_t key = 0;
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		*word_map_add(&map, keys[i]) = keys[i] + 1;
	for (uint64_t *value = word_map_first(&map, &key); value;
	     value = word_map_next(&map, &key)) {
		assert_int_equal(key, sorted[at++]);
		assert_int_equal(*value, key + 1);
	}
	assert_int_equal(at, sizeof(sorted) / sizeof(*sorted));
	key = 8;
	assert_non_null(word_map_first(&map, &key));
	assert_int_equal(key, sorted[2]);
	word_map_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(a_new_key_has_the_value_zero_and_an_old_one_its_own),
		cmocka_unit_test(entries_come_in_ascending_order_whatever_their_keys),
	};

	return cmocka_run_group_tests_name("word_map", tests, NULL, NULL);
}
