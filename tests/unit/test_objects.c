/* SPDX-License-Identifier: GPL-2.0-only */
/* Dicts, ints and attributes made up in a buffer as each row says they are, and such as no Python ever made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/memory.h"
#include "python/layout.h"
#include "python/objects.h"

#define BASE	    0x500000ULL
#define SPACE_BYTES 0x10000
#define DICT	    (BASE + 0x1000)
#define KEYS	    (BASE + 0x2000)
#define VALUES	    (BASE + 0x3000)
#define OBJECT	    (BASE + 0x4000)
#define TYPE	    (BASE + 0x5000)
#define TEXTS	    (BASE + 0x8000) /* of 0x100 bytes each */
#define NTEXTS	    3
#define BASIC_SIZE  64

static const char *const texts[NTEXTS] = { "threading", "_active", "_name" };

struct space {
	unsigned char bytes[SPACE_BYTES];
	struct memory memory;
	struct pbp_target target;
	struct objects objects;
};

static int read_space(void *context, uint64_t addr, void *buffer, size_t size)
{
	struct space *space = context;

	if (addr < BASE || addr - BASE > SPACE_BYTES || SPACE_BYTES - (addr - BASE) < size)
		return -EFAULT;
	memcpy(buffer, space->bytes + (addr - BASE), size);
	return 0;
}

static void put(struct space *space, uint64_t addr, uint64_t value, size_t size)
{
	assert_true(addr >= BASE && addr - BASE + size <= SPACE_BYTES);
	memcpy(space->bytes + (addr - BASE), &value, size);
}

/* A field of an object, which may have more in front of it. */
static void put_field(struct space *space, uint64_t object, uint32_t offset, uint64_t value)
{
	put(space, object + space->objects.shift + offset, value, 8);
}

static void put_text(struct space *space, size_t i)
{
	const struct pbp_layout *layout = &space->target.layout;
	uint64_t addr = TEXTS + i * 0x100;

	put(space, addr + layout->unicode_length, strlen(texts[i]), 8);
	put(space, addr + layout->unicode_state,
	    1U << layout->unicode_kind_shift | 1U << layout->unicode_compact_bit |
		    1U << layout->unicode_ascii_bit,
	    4);
	memcpy(space->bytes + (addr - BASE) + layout->unicode_ascii_size, texts[i],
	       strlen(texts[i]));
}

/* The made-up process of a row; shift: bytes in front of every object. */
static struct space *space_of(const struct objects_row *row, uint32_t shift)
{
	struct space *space = calloc(1, sizeof(*space));
	const struct layout_row *known = layout_rows;

	assert_non_null(space);
	while (known->series != row->series || known->free_threaded != row->free_threaded)
		known++;
	space->memory = (struct memory){ .read = read_space, .context = space };
	space->target.layout = known->layout;
	layout_shift_objects(&space->target.layout, shift);
	assert_true(objects_init(&space->objects, &space->memory, &space->target, known));
	assert_ptr_equal(space->objects.row, row);
	assert_int_equal(space->objects.shift, shift);
	for (size_t i = 0; i < NTEXTS; i++)
		put_text(space, i);
	return space;
}

/* Keys with the texts in an order of their own, behind an index of 8 slots; values of the i-th: 0x1000 + i. */
static void put_keys(struct space *space, bool general, bool with_values)
{
	const struct objects_row *row = space->objects.row;
	const uint32_t entry_size = general ? 24 : 16, key_at = general ? 8 : 0;
	uint64_t entries = KEYS + row->keys_index + 8;

	if (row->keys_log2) {
		put(space, KEYS + row->keys_index_size, 3, 1);
		put(space, KEYS + row->keys_kind, general ? 0 : with_values ? 1 : 2, 1);
	} else {
		put(space, KEYS + row->keys_index_size, 8, 8);
	}
	put(space, KEYS + row->keys_nentries, NTEXTS + 1, 8);
	/* The first entry was deleted. */
	for (size_t i = 0; i < NTEXTS; i++) {
		put(space, entries + (i + 1) * entry_size + key_at, TEXTS + i * 0x100, 8);
		put(space, entries + (i + 1) * entry_size + key_at + 8,
		    with_values ? 0x1000 + i : 0, 8);
	}
}

static void put_values(struct space *space, uint64_t addr)
{
	for (size_t i = 0; i < NTEXTS; i++)
		put(space, addr + (i + 1) * 8, 0x1000 + i, 8);
}

static void put_dict(struct space *space, uint64_t values_addr)
{
	put_field(space, DICT, space->objects.row->dict_keys, KEYS);
	put_field(space, DICT, space->objects.row->dict_values, values_addr);
}

static void expect_items(const struct space *space)
{
	uint64_t value;

	for (size_t i = 0; i < NTEXTS; i++) {
		assert_int_equal(objects_find_item(&space->objects, DICT, texts[i], &value), 0);
		assert_int_equal(value, 0x1000 + i);
	}
	assert_int_equal(objects_find_item(&space->objects, DICT, "_nam", &value), -ENOENT);
	assert_int_equal(objects_find_item(&space->objects, DICT, "_namf", &value), -ENOENT);
}

static void items_of_every_kind_of_dict_are_found(void **state)
{
	(void)state;
	for (const struct objects_row *row = objects_rows; row->series; row++) {
		for (uint32_t shift = 0; shift <= 16; shift += 16) {
			struct space *space = space_of(row, shift);

			put_keys(space, true, true);
			put_dict(space, 0);
			expect_items(space);
			free(space);
			space = space_of(row, shift);
			put_keys(space, !row->keys_log2, true);
			put_dict(space, 0);
			expect_items(space);
			free(space);
			/* values in a table of their own */
			space = space_of(row, shift);
			put_keys(space, !row->keys_log2, false);
			put_values(space, VALUES + row->values_header);
			put_dict(space, VALUES);
			expect_items(space);
			free(space);
		}
	}
}

static void an_index_is_as_wide_as_its_slots_need(void **state)
{
	static const struct {
		uint64_t nslots, bytes;
	} sizes[] = { { 0x80, 0x80 }, { 0x100, 0x200 }, { 0x800, 0x1000 } };
	uint64_t value;

	(void)state;
	for (const struct objects_row *row = objects_rows; row->series; row++) {
		for (size_t i = 0; i < 3 && !row->keys_log2; i++) {
			struct space *space = space_of(row, 0);
			uint64_t entry = KEYS + row->keys_index + sizes[i].bytes;

			put_dict(space, 0);
			put(space, KEYS + row->keys_index_size, sizes[i].nslots, 8);
			put(space, KEYS + row->keys_nentries, 1, 8);
			put(space, entry + 8, TEXTS, 8);
			put(space, entry + 16, 42, 8);
			assert_int_equal(objects_find_item(&space->objects, DICT, texts[0], &value),
					 0);
			assert_int_equal(value, 42);
			free(space);
		}
	}
}

/* The type says that its objects have a dict of that kind. */
static void put_type(struct space *space, bool managed, uint64_t dictoffset)
{
	const struct objects_row *row = space->objects.row;

	put(space, OBJECT + space->target.layout.object_type, TYPE, 8);
	put_field(space, TYPE, row->type_flags, managed ? 1 << 4 : 0);
	put_field(space, TYPE, row->type_dictoffset, dictoffset);
	put_field(space, TYPE, row->type_basicsize, BASIC_SIZE);
	put_field(space, TYPE, row->type_cached_keys, KEYS);
}

static void expect_attribute(const struct space *space)
{
	uint64_t value;

	assert_int_equal(objects_find_attribute(&space->objects, OBJECT, "_name", &value), 0);
	assert_int_equal(value, 0x1002);
	assert_int_equal(objects_find_attribute(&space->objects, OBJECT, "name", &value), -ENOENT);
}

/* Values that no dict has been made for. */
static void put_loose_values(struct space *space)
{
	const struct objects_row *row = space->objects.row;

	put_keys(space, false, false);
	if (row->attributes == OBJECTS_DICT_OR_VALUES) {
		put(space, OBJECT - row->managed_dict - 8, VALUES, 8);
		put_values(space, VALUES);
	} else if (row->attributes == OBJECTS_TAGGED) {
		put(space, OBJECT - row->managed_dict, VALUES - 1, 8);
		put_values(space, VALUES);
	} else {
		put_values(space, OBJECT + BASIC_SIZE + row->values_header);
	}
}

static void attributes_are_found_wherever_objects_have_them(void **state)
{
	(void)state;
	for (const struct objects_row *row = objects_rows; row->series; row++) {
		struct space *space = space_of(row, 0);

		put_type(space, false, 48);
		put(space, OBJECT + 48, DICT, 8);
		put_keys(space, true, true);
		put_dict(space, 0);
		expect_attribute(space);
		free(space);
		if (row->attributes == OBJECTS_DICT)
			continue;
		space = space_of(row, 0);
		put_type(space, true, UINT64_MAX);
		put(space, OBJECT - row->managed_dict, DICT, 8);
		put_keys(space, true, true);
		put_dict(space, 0);
		expect_attribute(space);
		free(space);
		space = space_of(row, 0);
		put_type(space, true, UINT64_MAX);
		put_loose_values(space);
		expect_attribute(space);
		free(space);
	}
}

static void an_object_without_a_dict_has_no_attributes(void **state)
{
	uint64_t value;

	(void)state;
	for (const struct objects_row *row = objects_rows; row->series; row++) {
		struct space *space = space_of(row, 0);

		put_type(space, false, 0);
		assert_int_equal(objects_find_attribute(&space->objects, OBJECT, "_name", &value),
				 -ENOENT);
		put_type(space, false, (uint64_t)-24);
		assert_int_equal(objects_find_attribute(&space->objects, OBJECT, "_name", &value),
				 -ENOENT);
		free(space);
	}
}

static void put_int(struct space *space, uint64_t size, bool negative, uint32_t low, uint32_t high,
		    uint32_t top)
{
	const struct objects_row *row = space->objects.row;
	const uint32_t digits[] = { low, high, top };

	if (row->int_size_shift)
		size = size << row->int_size_shift | (negative ? 2 : size ? 0 : 1);
	else if (negative)
		size = -size;
	put_field(space, OBJECT, row->int_size, size);
	for (size_t i = 0; i < 3; i++)
		put(space, OBJECT + space->objects.shift + row->int_digits + 4 * i, digits[i], 4);
}

static void ints_of_up_to_two_digits_are_read(void **state)
{
	uint64_t value;

	(void)state;
	for (const struct objects_row *row = objects_rows; row->series; row++) {
		struct space *space = space_of(row, 16);

		put_int(space, 0, false, 77, 77, 77);
		assert_int_equal(objects_read_int(&space->objects, OBJECT, &value), 0);
		assert_int_equal(value, 0);
		put_int(space, 1, false, 7, 77, 77);
		assert_int_equal(objects_read_int(&space->objects, OBJECT, &value), 0);
		assert_int_equal(value, 7);
		put_int(space, 2, false, 0x2ffff6c0, 0x1fdd4, 77);
		assert_int_equal(objects_read_int(&space->objects, OBJECT, &value), 0);
		assert_int_equal(value, 0x7f752ffff6c0);
		put_int(space, 3, false, 1, 1, 1);
		assert_int_equal(objects_read_int(&space->objects, OBJECT, &value), -ERANGE);
		put_int(space, 1, true, 1, 1, 1);
		assert_int_equal(objects_read_int(&space->objects, OBJECT, &value), -ERANGE);
		assert_int_equal(objects_read_int(&space->objects, 0x1000, &value), -EFAULT);
		free(space);
	}
}

static void tables_that_cannot_be_are_refused(void **state)
{
	struct objects_entry *entries = NULL;
	size_t nentries = 0;

	(void)state;
	for (const struct objects_row *row = objects_rows; row->series; row++) {
		struct space *space = space_of(row, 0);

		put_keys(space, true, true);
		put_dict(space, 0);
		put(space, KEYS + row->keys_nentries, OBJECTS_ENTRIES_MAX + 1, 8);
		assert_int_equal(objects_read_dict(&space->objects, DICT, &entries, &nentries),
				 -EBADMSG);
		put(space, KEYS + row->keys_nentries, OBJECTS_ENTRIES_MAX, 8);
		assert_int_equal(objects_read_dict(&space->objects, DICT, &entries, &nentries),
				 -EFAULT);
		put_keys(space, true, true);
		put(space, KEYS + row->keys_index_size, row->keys_log2 ? 200 : UINT64_MAX,
		    row->keys_log2 ? 1 : 8);
		assert_int_equal(objects_read_dict(&space->objects, DICT, &entries, &nentries),
				 -EBADMSG);
		put_keys(space, true, true);
		if (row->keys_log2) {
			put(space, KEYS + row->keys_kind, 3, 1);
			assert_int_equal(
				objects_read_dict(&space->objects, DICT, &entries, &nentries),
				-EBADMSG);
			put(space, KEYS + row->keys_kind, 0, 1);
		}
		put_dict(space, BASE + SPACE_BYTES);
		assert_int_equal(objects_read_dict(&space->objects, DICT, &entries, &nentries),
				 -EFAULT);
		put_field(space, DICT, row->dict_keys, UINT64_MAX - 3);
		assert_int_equal(objects_read_dict(&space->objects, DICT, &entries, &nentries),
				 -EFAULT);
		assert_int_equal(
			objects_read_dict(&space->objects, UINT64_MAX, &entries, &nentries),
			-EFAULT);
		assert_null(entries);
		free(space);
	}
}

static void a_version_without_a_row_has_no_objects(void **state)
{
	const struct layout_row *oldest = layout_rows; /* whose strings are bytes */
	struct pbp_target target = { .layout = oldest->layout };
	struct objects objects;

	(void)state;
	assert_int_equal(oldest->layout.string_kind, PBP_STRING_BYTES);
	assert_false(objects_init(&objects, NULL, &target, oldest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_of_every_kind_of_dict_are_found),
		cmocka_unit_test(an_index_is_as_wide_as_its_slots_need),
		cmocka_unit_test(attributes_are_found_wherever_objects_have_them),
		cmocka_unit_test(an_object_without_a_dict_has_no_attributes),
		cmocka_unit_test(ints_of_up_to_two_digits_are_read),
		cmocka_unit_test(tables_that_cannot_be_are_refused),
		cmocka_unit_test(a_version_without_a_row_has_no_objects),
	};

	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
