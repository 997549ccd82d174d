/* SPDX-License-Identifier: GPL-2.0-only */
/* Python's marshal format byte for byte, as Python/marshal.c of every CPython from 2.7 on reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/marshal.h"

struct written {
	struct marshal marshal;
	char *bytes;
	size_t size;
};

static void begin(struct written *written)
{
	*written = (struct written){ .bytes = NULL };
	written->marshal.stream = open_memstream(&written->bytes, &written->size);
	assert_non_null(written->marshal.stream);
}

static void assert_bytes(struct written *written, const char *expected, size_t size)
{
	fclose(written->marshal.stream);
	assert_int_equal(written->marshal.code, 0);
	assert_int_equal(written->size, size);
	assert_memory_equal(written->bytes, expected, size);
	free(written->bytes);
}

#define ASSERT_BYTES(written, expected) assert_bytes(written, expected, sizeof(expected) - 1)

static void numbers_of_32_bits_are_ints(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	marshal_add_signed(&written.marshal, -2);
	marshal_add_signed(&written.marshal, INT32_MIN);
	marshal_add_count(&written.marshal, 0);
	marshal_add_count(&written.marshal, INT32_MAX);
	ASSERT_BYTES(&written, "i\xfe\xff\xff\xff"
			       "i\x00\x00\x00\x80"
			       "i\x00\x00\x00\x00"
			       "i\xff\xff\xff\x7f");
}

static void larger_counts_are_longs_of_15_bits_a_digit(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	/* marshal.dumps(2 ** 31, 2), and of 2 ** 64 - 1 */
	marshal_add_count(&written.marshal, 1ULL << 31);
	marshal_add_count(&written.marshal, UINT64_MAX);
	ASSERT_BYTES(&written, "l\x03\x00\x00\x00\x00\x00\x00\x00\x02\x00"
			       "l\x05\x00\x00\x00\xff\x7f\xff\x7f\xff\x7f\xff\x7f\x0f\x00");
}

static void floats_are_eight_bytes(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	marshal_add_float(&written.marshal, 1.5);
	marshal_add_float(&written.marshal, 0);
	ASSERT_BYTES(&written, "g\x00\x00\x00\x00\x00\x00\xf8\x3f"
			       "g\x00\x00\x00\x00\x00\x00\x00\x00");
}

static void texts_are_interned_and_have_their_size(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	marshal_add_text(&written.marshal, "a\xc3\xa9");
	marshal_add_text(&written.marshal, "");
	ASSERT_BYTES(&written, "t\x03\x00\x00\x00"
			       "a\xc3\xa9t\x00\x00\x00\x00");
}

static void tuples_say_their_size_and_dictionaries_end(void **state)
{
	struct written written;

	(void)state;
	begin(&written);
	marshal_begin_dictionary(&written.marshal);
	marshal_begin_tuple(&written.marshal, 2);
	marshal_add_signed(&written.marshal, 1);
	marshal_begin_tuple(&written.marshal, 0);
	marshal_begin_dictionary(&written.marshal);
	marshal_end_dictionary(&written.marshal);
	marshal_end_dictionary(&written.marshal);
	ASSERT_BYTES(&written, "{(\x02\x00\x00\x00i\x01\x00\x00\x00(\x00\x00\x00\x00{00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_32_bits_are_ints),
		cmocka_unit_test(larger_counts_are_longs_of_15_bits_a_digit),
		cmocka_unit_test(floats_are_eight_bytes),
		cmocka_unit_test(texts_are_interned_and_have_their_size),
		cmocka_unit_test(tuples_say_their_size_and_dictionaries_end),
	};

	return cmocka_run_group_tests_name("marshal", tests, NULL, NULL);
}
