/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/python/linetable.c: tables that interpreters wrote, and tables that nobody should. The tables are
 * copied into memory of exactly their size, so that a sanitizer sees a read beyond them.
 *
 * The source of most tables, whose first line is 1:
 *   def f(a, b): / x = g(a, / b, / 1) / for i in x: / h(i); x = -1 / (blank) / return (yield x)
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "python/linetable.h"

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
#define ASSERT_LINES(format, table, first_line, ...)                                      \
	assert_lines(format, table, first_line, (const struct expected[]){ __VA_ARGS__ }, \
		     sizeof((const struct expected[]){ __VA_ARGS__ }) / sizeof(struct expected))

/* From this byte on, up to the next one's, the line is this. */
struct expected {
	uint32_t byte;
	int32_t line;
};

struct table {
	const uint8_t *bytes;
	size_t size;
};

static int32_t line_of(enum pbp_linetable_format format, struct table table, int32_t first_line,
		       uint32_t byte)
{
	uint8_t *copy = malloc(table.size ? table.size : 1);
	int32_t line;

	assert_non_null(copy);
	memcpy(copy, table.bytes, table.size);
	line = linetable_line(format, copy, table.size, first_line, byte);
	free(copy);
	return line;
}

static void assert_lines(enum pbp_linetable_format format, struct table table, int32_t first_line,
			 const struct expected *expected, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++) {
		assert_int_equal(line_of(format, table, first_line, expected[i].byte),
				 expected[i].line);
		assert_int_equal(line_of(format, table, first_line, expected[i + 1].byte - 1),
				 expected[i].line);
	}
	assert_int_equal(line_of(format, table, first_line, expected[count - 1].byte),
			 expected[count - 1].line);
}

static void lines_of_up_to_3_5_only_grow(void **state)
{
	const struct table table = { BYTES(0, 1, 6, 1, 3, 1, 9, 1, 0x0d, 1, 0x0a, 0, 0x0a, 2) };
	const struct table gap = { BYTES(0, 1, 6, 0xff, 0, 0x2e) };

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_LNOTAB_UNSIGNED, table, 1, { 0, 2 }, { 6, 3 }, { 9, 4 },
		     { 18, 5 }, { 31, 6 }, { 51, 8 }, { 100000, 8 });
	ASSERT_LINES(PBP_LINETABLE_LNOTAB_UNSIGNED, gap, 1, { 0, 2 }, { 6, 303 }, { 7, 303 });
}

static void lines_of_3_6_to_3_9_may_step_back(void **state)
{
	const struct table table = { BYTES(0, 1, 4, 1, 2, 1, 2, 0xfe, 4, 3, 8, 1, 0x0e, 2) };
	const struct table gap = { BYTES(0, 1, 4, 0x7f, 0, 0x7f, 0, 0x2f) };

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_LNOTAB, table, 1, { 0, 2 }, { 4, 3 }, { 6, 4 }, { 8, 2 },
		     { 12, 5 }, { 20, 6 }, { 34, 8 }, { UINT32_MAX, 8 });
	ASSERT_LINES(PBP_LINETABLE_LNOTAB, gap, 1, { 0, 2 }, { 4, 303 }, { 5, 303 });
}

static void long_steps_in_bytes_are_split_over_pairs(void **state)
{
	const struct table table = { BYTES(255, 0, 45, 1) };

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_LNOTAB, table, 10, { 0, 10 }, { 300, 11 }, { 301, 11 });
}

static void a_table_of_up_to_3_9_without_a_pair_has_the_first_line_everywhere(void **state)
{
	const struct table nothing = { (const uint8_t *)"", 0 };
	const struct table half = { BYTES(4) };

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_LNOTAB, nothing, 7, { 0, 7 }, { 5000, 7 });
	ASSERT_LINES(PBP_LINETABLE_LNOTAB, half, 7, { 0, 7 }, { 5000, 7 });
}

static void ranges_of_3_10_step_first_and_may_have_no_line(void **state)
{
	const struct table table = { BYTES(2, 0x80, 4, 1, 2, 1, 2, 1, 4, 0xfe, 8, 3, 0x0e, 1, 6,
					   2) };
	const struct table gap = { BYTES(4, 1, 0, 0x7f, 0, 0x7f, 4, 0x2f) };

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_RANGES, table, 1, { 0, LINETABLE_NO_LINE }, { 2, 2 }, { 6, 3 },
		     { 8, 4 }, { 10, 2 }, { 14, 5 }, { 22, 6 }, { 36, 8 }, { 42, LINETABLE_BAD });
	ASSERT_LINES(PBP_LINETABLE_RANGES, gap, 1, { 0, 2 }, { 4, 303 }, { 8, LINETABLE_BAD });
}

/* 3.13.0's table of the source above. */
static const uint8_t locations[] = {
	0xe9, 0x00, 0x80, 0x00, 0xdc, 0x08, 0x09, 0x88, 0x21, 0xd8, 0x0a, 0x0b, 0xd8, 0x0a,
	0x0b, 0xf3, 0x05, 0x02, 0x09, 0x0d, 0x80, 0x41, 0xf3, 0x06, 0x00, 0x0e, 0x0f, 0x88,
	0x01, 0xdc, 0x08, 0x09, 0x88, 0x21, 0x8c, 0x04, 0x90, 0x22, 0x8a, 0x61, 0xf1, 0x03,
	0x00, 0x0e, 0x0f, 0xf0, 0x06, 0x00, 0x13, 0x14, 0x89, 0x47, 0xd0, 0x04, 0x14, 0xf9,
};

static void locations_from_3_11_on_are_read_in_all_their_forms(void **state)
{
	const struct table table = { locations, sizeof(locations) };

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_LOCATIONS, table, 1, { 0, 1 }, { 6, 2 }, { 18, 3 }, { 20, 4 },
		     { 22, 2 }, { 32, 5 }, { 42, 6 }, { 72, 5 }, { 76, 8 },
		     { 84, LINETABLE_NO_LINE }, { 88, LINETABLE_BAD });
}

static void a_location_may_step_far_and_by_two_lines(void **state)
{
	const struct table far = { BYTES(0xf0, 0x5a, 0x09, 0x00, 0x09, 0x0a) };
	const struct table two = { BYTES(0xe8, 0x02, 0xf8, 0xe0, 0x04, 0x05) };

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_LOCATIONS, far, 1, { 0, 302 }, { 2, LINETABLE_BAD });
	/* 0xe8: one line on; 0xf8: no line, which leaves the running line alone; 0xe0: two lines on. */
	ASSERT_LINES(PBP_LINETABLE_LOCATIONS, two, 5, { 0, 6 }, { 2, LINETABLE_NO_LINE }, { 4, 8 },
		     { 6, LINETABLE_BAD });
}

static void the_first_instruction_of_a_module_has_line_0(void **state)
{
	const struct table table = { BYTES(0xf0, 0x03, 0x01, 0x01, 0x01, 0xd8, 0x00, 0x01) };
	bool exact = true;

	(void)state;
	ASSERT_LINES(PBP_LINETABLE_LOCATIONS, table, 1, { 0, 0 }, { 2, 1 }, { 4, LINETABLE_BAD });
	assert_int_equal(linetable_line_to_show(PBP_LINETABLE_LOCATIONS, table.bytes, table.size, 1,
						0, &exact),
			 1);
	assert_false(exact);
}

static void a_table_cut_anywhere_answers_as_the_whole_one_or_not_at_all(void **state)
{
	const struct table whole = { locations, sizeof(locations) };

	(void)state;
	for (size_t size = 0; size < sizeof(locations); size++) {
		const struct table cut = { locations, size };

		for (uint32_t byte = 0; byte < 90; byte++) {
			int32_t line = line_of(PBP_LINETABLE_LOCATIONS, cut, 1, byte);

			if (line != LINETABLE_BAD)
				assert_int_equal(line,
						 line_of(PBP_LINETABLE_LOCATIONS, whole, 1, byte));
		}
	}
	assert_int_equal(line_of(PBP_LINETABLE_LOCATIONS, (struct table){ locations, 16 }, 1, 22),
			 LINETABLE_BAD);
	assert_int_equal(line_of(PBP_LINETABLE_RANGES, (struct table){ BYTES(4, 1, 4) }, 1, 4),
			 LINETABLE_BAD);
}

static void a_varint_beyond_32_bits_is_damage(void **state)
{
	const struct table largest = { BYTES(0xe8, 0x7e, 0x7f, 0x7f, 0x7f, 0x7f, 0x03) };
	const struct table larger = { BYTES(0xe8, 0x7e, 0x7f, 0x7f, 0x7f, 0x7f, 0x04) };
	const struct table longer = { BYTES(0xe8, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x01) };
	const struct table endless = { BYTES(0xe8, 0x7f, 0x7f, 0x7f, 0x7f) };
	const struct table interrupted = { BYTES(0xe8, 0x7f, 0x88, 0x00) };

	(void)state;
	assert_int_equal(line_of(PBP_LINETABLE_LOCATIONS, largest, 0, 0), INT32_MAX);
	assert_int_equal(line_of(PBP_LINETABLE_LOCATIONS, larger, 0, 0), LINETABLE_BAD);
	assert_int_equal(line_of(PBP_LINETABLE_LOCATIONS, longer, 0, 0), LINETABLE_BAD);
	assert_int_equal(line_of(PBP_LINETABLE_LOCATIONS, endless, 0, 0), LINETABLE_BAD);
	assert_int_equal(line_of(PBP_LINETABLE_LOCATIONS, interrupted, 0, 0), LINETABLE_BAD);
}

static void an_entry_must_begin_with_bit_7(void **state)
{
	const struct table table = { BYTES(0x00, 0x80, 0x00) };

	(void)state;
	assert_int_equal(line_of(PBP_LINETABLE_LOCATIONS, table, 1, 0), LINETABLE_BAD);
}

static void lines_that_no_file_has_are_damage(void **state)
{
	const struct table back = { BYTES(4, 0x81) };
	const struct table one_back = { BYTES(4, 0xff) };
	const struct table on = { BYTES(4, 0x7f) };

	(void)state;
	assert_int_equal(line_of(PBP_LINETABLE_RANGES, back, 1, 0), LINETABLE_BAD);
	assert_int_equal(line_of(PBP_LINETABLE_RANGES, one_back, 2, 0), 1);
	assert_int_equal(line_of(PBP_LINETABLE_RANGES, on, INT32_MAX, 0), LINETABLE_BAD);
	assert_int_equal(line_of(PBP_LINETABLE_LNOTAB, (struct table){ BYTES(0, 1) }, INT32_MAX, 0),
			 LINETABLE_BAD);
}

static void many_extreme_steps_do_not_overflow(void **state)
{
	const size_t size = 1 << 20;
	uint8_t *table = malloc(size);

	(void)state;
	assert_non_null(table);
	/* Each entry of 7 bytes steps by -2^31. */
	for (size_t i = 0; i + 7 <= size; i += 7)
		memcpy(table + i, (const uint8_t[]){ 0xef, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x03 }, 7);
	assert_int_equal(
		linetable_line(PBP_LINETABLE_LOCATIONS, table, size, INT32_MIN, UINT32_MAX),
		LINETABLE_BAD);
	memset(table, 0xff, size);
	assert_int_equal(linetable_line(PBP_LINETABLE_LNOTAB_UNSIGNED, table, size, 1, UINT32_MAX),
			 1 + 255 * (1 << 19));
	free(table);
}

static void an_unknown_format_has_no_lines(void **state)
{
	const struct table table = { BYTES(0x80, 0x00) };
	bool exact = true;

	(void)state;
	assert_int_equal(line_of((enum pbp_linetable_format)99, table, 3, 0), LINETABLE_BAD);
	assert_int_equal(linetable_line_to_show((enum pbp_linetable_format)99, table.bytes,
						table.size, 3, 0, &exact),
			 3);
	assert_false(exact);
}

static int32_t shown(enum pbp_linetable_format format, struct table table, uint32_t byte,
		     bool *ret_exact)
{
	return linetable_line_to_show(format, table.bytes, table.size, 40, byte, ret_exact);
}

static void an_instruction_without_a_line_shows_the_nearest_one_before_it(void **state)
{
	/* [0, 2) no line, [2, 4) 41, [4, 4) 61, [4, 6) no line, [6, 8) 62, then nothing */
	const struct table table = { BYTES(2, 0x80, 2, 1, 0, 20, 2, 0x80, 2, 1) };
	bool exact;

	(void)state;
	exact = true;
	assert_int_equal(shown(PBP_LINETABLE_RANGES, table, 0, &exact), 40);
	assert_false(exact);
	assert_int_equal(shown(PBP_LINETABLE_RANGES, table, 2, &exact), 41);
	assert_true(exact);
	assert_int_equal(shown(PBP_LINETABLE_RANGES, table, 4, &exact), 41);
	assert_false(exact);
	assert_int_equal(shown(PBP_LINETABLE_RANGES, table, 6, &exact), 62);
	assert_true(exact);
	assert_int_equal(shown(PBP_LINETABLE_RANGES, table, 8, &exact), 62);
	assert_false(exact);
	assert_int_equal(shown(PBP_LINETABLE_RANGES, table, 8, NULL), 62);
}

static void an_absent_table_shows_the_first_line(void **state)
{
	const struct table table = { NULL, 0 };
	bool exact = true;

	(void)state;
	assert_int_equal(shown(PBP_LINETABLE_LOCATIONS, table, 6, &exact), 40);
	assert_false(exact);
}

/* Every answer for random bytes is a line or one of the two constants; what is read is the sanitizer's to judge. */
static void a_table_reaches_as_far_as_its_last_line_begins(void **state)
{
	const uint8_t pairs[] = { 255, 1, 45, 1, 10, 1 }; /* lines begin at 0, 255, 300 and 310 */
	const uint8_t steps[] = { 0xd8, 0, 0, 0xdf, 0, 0 }; /* of 1 and 8 code units */

	(void)state;
	assert_true(linetable_reaches(PBP_LINETABLE_LNOTAB, pairs, sizeof(pairs), 310));
	assert_false(linetable_reaches(PBP_LINETABLE_LNOTAB, pairs, sizeof(pairs), 311));
	assert_true(linetable_reaches(PBP_LINETABLE_LNOTAB_UNSIGNED, pairs, 2, 255));
	assert_false(linetable_reaches(PBP_LINETABLE_LNOTAB_UNSIGNED, pairs, 2, 256));
	assert_true(linetable_reaches(PBP_LINETABLE_LOCATIONS, steps, sizeof(steps), 2));
	assert_false(linetable_reaches(PBP_LINETABLE_LOCATIONS, steps, sizeof(steps), 3));
	assert_false(linetable_reaches(PBP_LINETABLE_RANGES, NULL, 0, 1));
}

static void random_tables_are_answered(void **state)
{
	uint64_t random = 88172645463325252ULL;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[48];
		struct table table = { bytes, (size_t)i % sizeof(bytes) };
		enum pbp_linetable_format format = (enum pbp_linetable_format)(i / 48 % 4);

		for (size_t j = 0; j < sizeof(bytes); j++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			bytes[j] = (uint8_t)(random >> 32);
		}
		assert_true(line_of(format, table, (int32_t)random, (uint32_t)i % 200) >=
			    LINETABLE_BAD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_up_to_3_5_only_grow),
		cmocka_unit_test(lines_of_3_6_to_3_9_may_step_back),
		cmocka_unit_test(long_steps_in_bytes_are_split_over_pairs),
		cmocka_unit_test(a_table_of_up_to_3_9_without_a_pair_has_the_first_line_everywhere),
		cmocka_unit_test(ranges_of_3_10_step_first_and_may_have_no_line),
		cmocka_unit_test(locations_from_3_11_on_are_read_in_all_their_forms),
		cmocka_unit_test(a_location_may_step_far_and_by_two_lines),
		cmocka_unit_test(the_first_instruction_of_a_module_has_line_0),
		cmocka_unit_test(a_table_cut_anywhere_answers_as_the_whole_one_or_not_at_all),
		cmocka_unit_test(a_varint_beyond_32_bits_is_damage),
		cmocka_unit_test(an_entry_must_begin_with_bit_7),
		cmocka_unit_test(lines_that_no_file_has_are_damage),
		cmocka_unit_test(many_extreme_steps_do_not_overflow),
		cmocka_unit_test(an_unknown_format_has_no_lines),
		cmocka_unit_test(an_instruction_without_a_line_shows_the_nearest_one_before_it),
		cmocka_unit_test(an_absent_table_shows_the_first_line),
		cmocka_unit_test(a_table_reaches_as_far_as_its_last_line_begins),
		cmocka_unit_test(random_tables_are_answered),
	};

	return cmocka_run_group_tests_name("linetable", tests, NULL, NULL);
}
