/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/python/pystr.c: decoding of every kind of character, and reading str objects that are laid out in
 * a buffer from each row's layout.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "python/layout.h"
#include "python/pystr.h"

#define CUT "\xe2\x80\xa6"
#define BAD "\xef\xbf\xbd"

static void assert_decodes(unsigned kind, const void *raw, size_t size, const char *expected)
{
	char buffer[256];

	assert_true(PYSTR_UTF8_SIZE(size) <= sizeof(buffer));
	assert_int_equal(pystr_decode(kind, raw, size, false, buffer, PYSTR_UTF8_SIZE(size)),
			 strlen(expected));
	assert_string_equal(buffer, expected);
}

static void latin_1_becomes_utf_8(void **state)
{
	(void)state;
	assert_decodes(1, "caf\xe9\x80\xff", 6, "caf\xc3\xa9\xc2\x80\xc3\xbf");
	assert_decodes(1, "", 0, "");
}

static void ucs_2_and_ucs_4_become_utf_8(void **state)
{
	const uint16_t narrow[] = { 'a', 0x7ff, 0x800, 0x6f22, 0xffff };
	const uint32_t wide[] = { 'a', 0x1f40d, 0x10ffff };

	(void)state;
	assert_decodes(2, narrow, sizeof(narrow), "a\xdf\xbf\xe0\xa0\x80\xe6\xbc\xa2\xef\xbf\xbf");
	assert_decodes(4, wide, sizeof(wide), "a\xf0\x9f\x90\x8d\xf4\x8f\xbf\xbf");
}

static void raw_bytes_stay_as_they_are(void **state)
{
	(void)state;
	assert_decodes(0, "caf\xc3\xa9 \xff", 7, "caf\xc3\xa9 \xff");
}

static void undecodable_bytes_of_file_names_come_back(void **state)
{
	const uint16_t narrow[] = { 'x', 0xdc80, 0xdcff };
	const uint32_t wide[] = { 0x1f40d, 0xdce9 };

	(void)state;
	assert_decodes(2, narrow, sizeof(narrow), "x\x80\xff");
	assert_decodes(4, wide, sizeof(wide), "\xf0\x9f\x90\x8d\xe9");
}

static void characters_that_are_none_are_replaced(void **state)
{
	const uint16_t surrogates[] = { 0xd800, 0xdc7f, 0xdd00, 0xdfff };
	const uint32_t beyond[] = { 0x110000, 0xffffffff, 0xd800 };

	(void)state;
	assert_decodes(2, surrogates, sizeof(surrogates), BAD BAD BAD BAD);
	assert_decodes(4, beyond, sizeof(beyond), BAD BAD BAD);
	assert_decodes(1, "a\0b", 3, "a" BAD "b");
	assert_decodes(0, "a\0b", 3, "a" BAD "b");
	assert_decodes(3, "abcabc", 6, BAD);
	assert_decodes(UINT32_MAX, "", 0, BAD);
}

static void half_a_character_at_the_end_is_left_out(void **state)
{
	const uint8_t raw[] = { 'a', 0, 'b', 0, 'c' };

	(void)state;
	assert_decodes(2, raw, sizeof(raw), "ab");
	assert_decodes(4, raw, 3, "");
}

static void a_cut_string_says_so(void **state)
{
	char buffer[PYSTR_UTF8_SIZE(4)];

	(void)state;
	assert_int_equal(pystr_decode(1, "name", 4, true, buffer, sizeof(buffer)), 7);
	assert_string_equal(buffer, "name" CUT);
	assert_int_equal(pystr_decode(1, "", 0, true, buffer, 4), 3);
	assert_string_equal(buffer, CUT);
}

static void a_string_that_does_not_fit_is_cut_between_characters(void **state)
{
	const uint16_t raw[] = { 'a', 0x6f22, 0x6f22, 0x6f22 };
	char buffer[16];

	(void)state;
	/* "a" and three times 3 bytes; 10 bytes and the 0 byte hold all of it. */
	assert_int_equal(pystr_decode(2, raw, sizeof(raw), false, buffer, 11), 10);
	assert_string_equal(buffer, "a\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2");
	for (size_t capacity = 4; capacity < 11; capacity++) {
		const char *expected = capacity < 5   ? CUT
				       : capacity < 8 ? "a" CUT
						      : "a\xe6\xbc\xa2" CUT;

		memset(buffer, '#', sizeof(buffer));
		assert_int_equal(pystr_decode(2, raw, sizeof(raw), false, buffer, capacity),
				 strlen(expected));
		assert_string_equal(buffer, expected);
		assert_int_equal(buffer[capacity], '#');
	}
}

static void the_worst_string_fits_the_promised_size(void **state)
{
	char buffer[PYSTR_UTF8_SIZE(12)];

	(void)state;
	for (unsigned kind = 0; kind <= 4; kind++) {
		if (kind == 3)
			continue;
		for (int byte = 0; byte < 256; byte++) {
			uint8_t raw[12];
			size_t with_mark;

			memset(raw, byte, sizeof(raw));
			with_mark =
				pystr_decode(kind, raw, sizeof(raw), true, buffer, sizeof(buffer));
			assert_int_equal(pystr_decode(kind, raw, sizeof(raw), false, buffer,
						      sizeof(buffer)) +
						 3,
					 with_mark);
		}
	}
}

/* The memory of a process: one page at BASE. */
#define BASE 0x7f0000000000ULL

struct page {
	uint8_t bytes[4096];
	int reads;
	int fail_at; /* this read, counted from 1, fails; 0: none */
};

static int read_page(void *context, uint64_t addr, void *buffer, size_t size)
{
	struct page *page = context;

	if (++page->reads == page->fail_at)
		return -EFAULT;
	if (addr < BASE || addr - BASE > sizeof(page->bytes) ||
	    size > sizeof(page->bytes) - (addr - BASE))
		return -EFAULT;
	memcpy(buffer, page->bytes + (addr - BASE), size);
	return 0;
}

static void put(struct page *page, uint64_t offset, const void *bytes, size_t size)
{
	assert_true(offset + size <= sizeof(page->bytes));
	memcpy(page->bytes + offset, bytes, size);
}

struct object {
	unsigned kind;
	bool compact, ascii;
	int64_t length;
};

/* A str object at the page's start; returns where its characters go. */
static uint64_t put_object(struct page *page, const struct pbp_layout *layout, struct object object)
{
	uint32_t word = object.kind << layout->unicode_kind_shift |
			(uint32_t)object.compact << layout->unicode_compact_bit |
			(uint32_t)object.ascii << layout->unicode_ascii_bit | 1;
	uint64_t data = BASE + 1024;

	put(page, layout->unicode_length, &object.length, 8);
	put(page, layout->unicode_state, &word, 4);
	if (object.compact)
		return object.ascii ? layout->unicode_ascii_size : layout->unicode_compact_size;
	put(page, layout->unicode_data, &data, 8);
	return 1024;
}

static const struct layout_row *first_row_of(enum pbp_string_kind kind)
{
	const struct layout_row *row = layout_rows;

	while (row->name && row->layout.string_kind != kind)
		row++;
	assert_non_null(row->name);
	return row;
}

/* Read the object with the layout of every row that has such objects. */
static void assert_reads(struct object object, const void *raw, size_t raw_size, size_t max_size,
			 int expected_rc, const char *expected)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		struct page page = { .reads = 0 };
		struct memory memory = { read_page, &page };
		char buffer[64] = "";

		if (row->layout.string_kind != PBP_STRING_UNICODE)
			continue;
		put(&page, put_object(&page, &row->layout, object), raw, raw_size);
		assert_int_equal(
			pystr_read(&memory, &row->layout, BASE, max_size, buffer, sizeof(buffer)),
			expected_rc);
		if (expected_rc == 0)
			assert_string_equal(buffer, expected);
	}
}

static void str_objects_are_read_in_all_their_shapes(void **state)
{
	const uint16_t narrow[] = { 0x6f22, 0x5b57 };
	const uint32_t wide = 0x1f40d;

	(void)state;
	assert_reads((struct object){ 1, true, true, 5 }, "plain", 5, 100, 0, "plain");
	assert_reads((struct object){ 1, true, false, 4 }, "caf\xe9", 4, 100, 0, "caf\xc3\xa9");
	assert_reads((struct object){ 2, true, false, 2 }, narrow, 4, 100, 0,
		     "\xe6\xbc\xa2\xe5\xad\x97");
	assert_reads((struct object){ 4, true, false, 1 }, &wide, 4, 100, 0, "\xf0\x9f\x90\x8d");
	assert_reads((struct object){ 1, false, true, 6 }, "legacy", 6, 100, 0, "legacy");
	assert_reads((struct object){ 2, false, false, 1 }, narrow, 2, 100, 0, "\xe6\xbc\xa2");
	assert_reads((struct object){ 1, true, true, 0 }, "", 0, 100, 0, "");
}

static void a_long_str_object_is_cut_at_the_limit(void **state)
{
	const uint16_t narrow[] = { 'a', 'b', 'c' };

	(void)state;
	assert_reads((struct object){ 1, true, true, 5 }, "plain", 5, 5, 0, "plain");
	assert_reads((struct object){ 1, true, true, 5 }, "plain", 5, 4, 0, "plai" CUT);
	assert_reads((struct object){ 2, true, false, 3 }, narrow, 6, 5, 0, "ab" CUT);
	assert_reads((struct object){ 4, true, false, INT64_MAX }, "a\0\0\0", 4, 4, 0, "a" CUT);
	assert_reads((struct object){ 1, true, true, 5 }, "plain", 5, 0, 0, CUT);
}

static void what_is_no_str_object_is_refused(void **state)
{
	(void)state;
	assert_reads((struct object){ 1, true, true, -1 }, "x", 1, 100, -EINVAL, NULL);
	assert_reads((struct object){ 1, true, true, INT64_MIN }, "x", 1, 100, -EINVAL, NULL);
	assert_reads((struct object){ 0, true, true, 1 }, "x", 1, 100, -EINVAL, NULL);
	assert_reads((struct object){ 3, true, false, 1 }, "x", 1, 100, -EINVAL, NULL);
	assert_reads((struct object){ 7, true, false, 1 }, "x", 1, 100, -EINVAL, NULL);
	assert_reads((struct object){ 2, true, true, 1 }, "x", 1, 100, -EINVAL, NULL);
}

static void a_failed_read_is_handed_on(void **state)
{
	const struct layout_row *row = first_row_of(PBP_STRING_UNICODE);
	struct page page = { .reads = 0 };
	struct memory memory = { read_page, &page };
	char buffer[64];

	(void)state;
	put(&page, put_object(&page, &row->layout, (struct object){ 1, false, true, 3 }), "abc", 3);
	/* length, state, pointer, characters */
	for (int i = 1; i <= 4; i++) {
		page.reads = 0;
		page.fail_at = i;
		assert_int_equal(pystr_read(&memory, &row->layout, BASE, 9, buffer, 64), -EFAULT);
		assert_int_equal(page.reads, i);
	}
	page.reads = 0;
	page.fail_at = 5;
	assert_int_equal(pystr_read(&memory, &row->layout, BASE, 9, buffer, 64), 0);
	assert_int_equal(pystr_read(&memory, &row->layout, 0, 9, buffer, 64), -EFAULT);
	assert_int_equal(pystr_read(&memory, &row->layout, UINT64_MAX - 8, 9, buffer, 64), -EFAULT);
}

static void byte_strings_of_2_7_are_read(void **state)
{
	const struct pbp_layout *layout = &first_row_of(PBP_STRING_BYTES)->layout;
	struct page page = { .reads = 0 };
	struct memory memory = { read_page, &page };
	int64_t size = 5;
	char buffer[64];

	(void)state;
	put(&page, layout->bytes_size, &size, 8);
	put(&page, layout->bytes_data, "caf\xc3\xa9", 5);
	assert_int_equal(pystr_read(&memory, layout, BASE, 9, buffer, 64), 0);
	assert_string_equal(buffer, "caf\xc3\xa9");
	assert_int_equal(pystr_read(&memory, layout, BASE, 3, buffer, 64), 0);
	assert_string_equal(buffer, "caf" CUT);
	size = -1;
	put(&page, layout->bytes_size, &size, 8);
	assert_int_equal(pystr_read(&memory, layout, BASE, 9, buffer, 64), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(latin_1_becomes_utf_8),
		cmocka_unit_test(ucs_2_and_ucs_4_become_utf_8),
		cmocka_unit_test(raw_bytes_stay_as_they_are),
		cmocka_unit_test(undecodable_bytes_of_file_names_come_back),
		cmocka_unit_test(characters_that_are_none_are_replaced),
		cmocka_unit_test(half_a_character_at_the_end_is_left_out),
		cmocka_unit_test(a_cut_string_says_so),
		cmocka_unit_test(a_string_that_does_not_fit_is_cut_between_characters),
		cmocka_unit_test(the_worst_string_fits_the_promised_size),
		cmocka_unit_test(str_objects_are_read_in_all_their_shapes),
		cmocka_unit_test(a_long_str_object_is_cut_at_the_limit),
		cmocka_unit_test(what_is_no_str_object_is_refused),
		cmocka_unit_test(a_failed_read_is_handed_on),
		cmocka_unit_test(byte_strings_of_2_7_are_read),
	};

	return cmocka_run_group_tests_name("pystr", tests, NULL, NULL);
}
