/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/python/layout.c: finding rows, and that layout_check refuses a layout in which one thing is wrong.
 * Whether the rows' numbers are true is for tests/layout to say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <config.h>

#include "python/layout.h"

/* A version's row, which must be there. */
static const struct layout_row *row_of(uint32_t hexversion)
{
	const struct layout_row *row = layout_row_by_version(hexversion, false, 0);

	assert_non_null(row);
	return row;
}

static const struct layout_row *free_threaded_row_of(uint32_t hexversion)
{
	const struct layout_row *row = layout_row_by_version(hexversion, true, 0);

	assert_non_null(row);
	return row;
}

static void every_row_passes_the_check(void **state)
{
	int count = 0;

	(void)state;
	for (const struct layout_row *row = layout_rows; row->name; row++, count++) {
		struct err err = { 0 };

		if (layout_check(&row->layout, &err))
			fail_msg("%s: %s", row->name, err.message);
	}
	assert_int_equal(count, 15);
}

static void a_row_is_found_by_its_version(void **state)
{
	(void)state;
	assert_string_equal(row_of(0x020712f0)->name, "2.7");
	assert_string_equal(row_of(0x030812f0)->name, "3.8");
	assert_string_equal(row_of(0x030b07f0)->name, "3.11");
	assert_string_equal(row_of(0x030b0000)->name, "3.11");
	assert_string_equal(row_of(0x030d00f0)->name, "3.13");
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		const struct layout_row *found = layout_row_by_version(
			(uint32_t)row->series << 16, row->free_threaded, row->runtime_sizes[0]);
		char name[16];

		assert_ptr_equal(found, row);
		snprintf(name, sizeof(name), "%d.%d%s", row->series >> 8, row->series & 0xff,
			 row->free_threaded ? "t" : "");
		assert_string_equal(row->name, name);
	}
}

static void a_free_threaded_build_has_a_row_of_its_own(void **state)
{
	(void)state;
	for (const struct layout_row *row = layout_rows; row->name; row++)
		assert_int_equal(row->free_threaded, strchr(row->name, 't') != NULL);
	assert_string_equal(free_threaded_row_of(0x030d0ff0)->name, "3.13t");
	assert_string_equal(free_threaded_row_of(0x030e00f0)->name, "3.14t");
	assert_string_equal(free_threaded_row_of(0x030f02f0)->name, "3.15t");
	assert_null(layout_row_by_version(0x030c00f0, true, 0));
	/* From 3.14 on its threads have bytecode of their own, before they have not. */
	assert_true(free_threaded_row_of(0x030d0000)->layout.code_tlbc == PBP_ABSENT);
	assert_true(free_threaded_row_of(0x030e0000)->layout.code_tlbc != PBP_ABSENT);
	assert_true(row_of(0x030e0000)->layout.code_tlbc == PBP_ABSENT);
}

static void rows_of_one_version_are_told_apart_by_the_size_of_the_runtime(void **state)
{
	const struct layout_row *early = layout_row_by_version(0x03070000, false, 1424);
	const struct layout_row *late = layout_row_by_version(0x03070000, false, 1520);

	(void)state;
	assert_ptr_not_equal(early, late);
	assert_int_equal(early->layout.runtime_tstate_current, 1392);
	assert_int_equal(late->layout.runtime_tstate_current, 1480);
	assert_ptr_equal(layout_row_by_runtime_size(1424), early);
	assert_ptr_equal(layout_row_by_runtime_size(1520), late);
	/* What no row lists is taken for the last. */
	assert_ptr_equal(row_of(0x03070000), late);
	assert_ptr_equal(layout_row_by_version(0x03070ff0, false, 1464), late);
}

static void a_version_without_a_row_borrows_none(void **state)
{
	(void)state;
	assert_null(layout_row_by_version(0x020612f0, false, 0));
	assert_null(layout_row_by_version(0x030510f0, false, 0));
	assert_null(layout_row_by_version(0x031000f0, false, 0));
	assert_null(layout_row_by_version(0x040800f0, false, 0));
	assert_null(layout_row_by_version(0x031000f0, false, 346560));
	assert_null(layout_row_by_version(0, false, 0));
}

static void a_pre_release_has_no_row(void **state)
{
	(void)state;
	assert_null(layout_row_by_version(0x030c00a7, false, 0));
	assert_null(layout_row_by_version(0x030c00b4, false, 0));
	assert_null(layout_row_by_version(0x030800c1, false, 0));
	assert_null(layout_row_by_version(0x030f00c1, false, 0));
	assert_null(layout_row_by_version(0x030f00a2, true, 0));
}

static void a_row_is_found_by_the_size_of_its_runtime(void **state)
{
	(void)state;
	assert_string_equal(layout_row_by_runtime_size(1464)->name, "3.8");
	assert_string_equal(layout_row_by_runtime_size(656)->name, "3.9");
	assert_string_equal(layout_row_by_runtime_size(672)->name, "3.10");
	assert_string_equal(layout_row_by_runtime_size(459944)->name, "3.12");
	assert_null(layout_row_by_runtime_size(0));
	assert_string_equal(layout_row_by_runtime_size(328384)->name, "3.13t");
	assert_null(layout_row_by_runtime_size(1528));
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		for (const uint64_t *size = row->runtime_sizes; *size; size++)
			assert_ptr_equal(layout_row_by_runtime_size(*size), row);
	}
}

static void the_counter_of_code_objects_stands_only_for_releases_it_was_seen_in(void **state)
{
	const struct layout_row *row = row_of(0x030d00f0);
	struct pbp_layout layout;

	(void)state;
	layout_from_row(row, 0x030d00f0, 194968, &layout);
	assert_memory_equal(&layout, &row->layout, sizeof(layout));
	assert_int_equal(layout.interp_code_counter_size, 4);

	layout_from_row(row, 0x030d05f0, 194968, &layout);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
	assert_int_equal(layout.interp_code_counter_size, 0);
	assert_int_equal(layout_check(&layout, NULL), 0);
	layout_from_row(row, 0x030d00f0, 194968 + 8, &layout);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
	layout_from_row(row, 0, 0, &layout);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
}

static void a_row_without_that_counter_is_taken_as_it_is(void **state)
{
	const struct layout_row *row = row_of(0x030c01f0);
	struct pbp_layout layout;

	(void)state;
	layout_from_row(row, 0x030c01f0, 0, &layout);
	assert_memory_equal(&layout, &row->layout, sizeof(layout));
	assert_string_equal(row->code_counter_symbol, "_Py_next_func_version");
	/* Of the process-wide variable. */
	assert_int_equal(layout.interp_code_counter_size, 4);
}

/* The newest row with one field set to value must be refused, with the field's name in the message. */
#define ASSERT_REFUSED(hexversion, field, value)                       \
	do {                                                           \
		struct pbp_layout broken = row_of(hexversion)->layout; \
                                                                       \
		broken.field = (value);                                \
		assert_refused(&broken, #field);                       \
	} while (0)

static void assert_refused(const struct pbp_layout *layout, const char *field)
{
	struct err err = { 0 };

	if (layout_check(layout, &err) != -EINVAL)
		fail_msg("%s was let through", field);
	assert_int_equal(err.code, -EINVAL);
	if (!strstr(err.message, field))
		fail_msg("not about %s: %s", field, err.message);
}

static void fields_beyond_what_is_read_of_their_struct_are_refused(void **state)
{
	(void)state;
	ASSERT_REFUSED(0x030d0000, frame_previous, 80);
	ASSERT_REFUSED(0x030d0000, frame_instr, 76);
	ASSERT_REFUSED(0x030d0000, frame_owner, 73);
	ASSERT_REFUSED(0x030b0000, frame_is_entry, 73);
	ASSERT_REFUSED(0x03080000, frame_instr, 108);
	ASSERT_REFUSED(0x030d0000, tstate_next, PBP_TSTATE_BYTES_MAX);
	ASSERT_REFUSED(0x030d0000, tstate_thread_id, PBP_TSTATE_BYTES_MAX - 4);
	ASSERT_REFUSED(0x030d0000, tstate_frame, 0x10000);
	ASSERT_REFUSED(0x030c0000, cframe_previous, 256);
	ASSERT_REFUSED(0x030d0000, code_name, 200);
	ASSERT_REFUSED(0x030d0000, code_firstlineno, 196);
	ASSERT_REFUSED(0x030d0000, code_version, 0x7fffffff);
	ASSERT_REFUSED(0x030d0000, code_adaptive, 1 << 20);
	ASSERT_REFUSED(0x030d0000, object_type, 256);
	ASSERT_REFUSED(0x030d0000, unicode_state, 252);
	ASSERT_REFUSED(0x030d0000, bytes_data, 249);
	ASSERT_REFUSED(0x030d0000, interp_next, 1 << 20);
	ASSERT_REFUSED(0x030d0000, interp_threads_head, 0xfffffff8);
	ASSERT_REFUSED(0x030d0000, interp_next_unique_id, (1 << 20) - 4);
	ASSERT_REFUSED(0x030d0000, interp_code_counter, 1 << 20);
	ASSERT_REFUSED(0x030d0000, runtime_interpreters_head, 1 << 20);
	ASSERT_REFUSED(0x030b0000, runtime_tstate_current, 1 << 20);
	ASSERT_REFUSED(0x030e0000, tstate_status, PBP_TSTATE_BYTES_MAX - 4);
	ASSERT_REFUSED(0x030e0000, tstate_executor, PBP_TSTATE_BYTES_MAX);
	ASSERT_REFUSED(0x030c0000, tstate_root_cframe, PBP_TSTATE_BYTES_MAX);
	ASSERT_REFUSED(0x030e0000, type_name, 256);
}

static void the_last_place_that_a_field_can_have_is_let_through(void **state)
{
	struct pbp_layout layout = row_of(0x030d0000)->layout;

	(void)state;
	layout.frame_size = PBP_FRAME_BYTES_MAX;
	layout.frame_previous = PBP_FRAME_BYTES_MAX - 8;
	layout.frame_owner = PBP_FRAME_BYTES_MAX - 8;
	layout.tstate_thread_id = PBP_TSTATE_BYTES_MAX - 8;
	layout.code_size = PBP_CODE_BYTES_MAX;
	layout.code_name = PBP_CODE_BYTES_MAX - 8;
	layout.interp_next = (1 << 20) - 8;
	assert_int_equal(layout_check(&layout, NULL), 0);
}

static void fields_that_are_not_aligned_are_refused(void **state)
{
	(void)state;
	ASSERT_REFUSED(0x030d0000, runtime_interpreters_head, 636);
	ASSERT_REFUSED(0x030d0000, interp_next, 7260);
	ASSERT_REFUSED(0x030d0000, interp_code_counter, 17002);
	ASSERT_REFUSED(0x030d0000, tstate_frame, 68);
	ASSERT_REFUSED(0x030d0000, frame_code, 4);
	ASSERT_REFUSED(0x030d0000, frame_instr, 60); /* a pointer */
	ASSERT_REFUSED(0x03080000, frame_instr, 102); /* an index */
	ASSERT_REFUSED(0x030d0000, code_linetable, 132);
	ASSERT_REFUSED(0x030d0000, code_firstlineno, 66);
	ASSERT_REFUSED(0x030d0000, unicode_state, 34);
	ASSERT_REFUSED(0x030d0000, bytes_size, 20);
	ASSERT_REFUSED(0x030b0000, runtime_tstate_current, 580);
	ASSERT_REFUSED(0x030e0000, tstate_status, 34);
	ASSERT_REFUSED(0x030e0000, tstate_executor, 276);
	ASSERT_REFUSED(0x030e0000, type_name, 28);
}

static void values_out_of_their_range_are_refused(void **state)
{
	(void)state;
	ASSERT_REFUSED(0x030d0000, frame_size, PBP_FRAME_BYTES_MAX + 1);
	ASSERT_REFUSED(0x030d0000, frame_size, 0);
	ASSERT_REFUSED(0x030d0000, tstate_active_bit, 32);
	ASSERT_REFUSED(0x030d0000, code_size, PBP_CODE_BYTES_MAX + 1);
	ASSERT_REFUSED(0x030d0000, code_size, 7);
	ASSERT_REFUSED(0x030d0000, frame_code_tag, 8);
	ASSERT_REFUSED(0x030d0000, frame_instr_kind, PBP_INSTR_POINTER + 1);
	ASSERT_REFUSED(0x030d0000, frame_instr_shift, 2);
	ASSERT_REFUSED(0x030d0000, frame_shim_owner, 256);
	ASSERT_REFUSED(0x030d0000, frame_entry_kind, PBP_ENTRY_SHIM + 1);
	ASSERT_REFUSED(0x030d0000, string_kind, PBP_STRING_BYTES + 1);
	ASSERT_REFUSED(0x030d0000, unicode_kind_shift, 30);
	ASSERT_REFUSED(0x030d0000, unicode_compact_bit, 32);
	ASSERT_REFUSED(0x030d0000, unicode_ascii_bit, 32);
	ASSERT_REFUSED(0x030d0000, unicode_ascii_size, 15);
	ASSERT_REFUSED(0x030d0000, unicode_compact_size, 257);
	ASSERT_REFUSED(0x030d0000, linetable_format, PBP_LINETABLE_LOCATIONS + 1);
	ASSERT_REFUSED(0x030d0000, interp_code_counter_size, 0);
	ASSERT_REFUSED(0x030d0000, interp_code_counter_size, 2);
	ASSERT_REFUSED(0x03080000, interp_code_counter_size, 16);
}

static void needed_fields_that_are_missing_are_refused(void **state)
{
	(void)state;
	ASSERT_REFUSED(0x030d0000, runtime_interpreters_head, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, interp_next, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, interp_threads_head, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, tstate_next, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, tstate_frame, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, frame_previous, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, frame_instr, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, object_type, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, code_filename, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, unicode_hash, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, type_name, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, bytes_data, PBP_ABSENT);
	/* For their kind of frame. */
	ASSERT_REFUSED(0x030d0000, frame_owner, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, code_adaptive, PBP_ABSENT);
	ASSERT_REFUSED(0x030d0000, frame_shim_owner, 0);
	ASSERT_REFUSED(0x030b0000, frame_is_entry, PBP_ABSENT);
	ASSERT_REFUSED(0x030b0000, frame_shim_owner, 3);
	ASSERT_REFUSED(0x03080000, frame_shim_owner, 1);
}

static void half_of_a_cframe_is_refused(void **state)
{
	struct pbp_layout layout = row_of(0x030c0000)->layout;

	(void)state;
	layout.cframe_previous = PBP_ABSENT;
	assert_refused(&layout, "cframe");
	layout = row_of(0x030c0000)->layout;
	layout.cframe_current_frame = PBP_ABSENT;
	assert_refused(&layout, "cframe");
}

static void the_three_fields_of_threads_bytecode_need_each_other(void **state)
{
	const struct pbp_layout good = free_threaded_row_of(0x030e0000)->layout;
	struct pbp_layout layout = good;

	(void)state;
	layout.frame_tlbc_index = PBP_ABSENT;
	assert_refused(&layout, "frame_tlbc_index");
	layout = good;
	layout.code_tlbc = PBP_ABSENT;
	assert_refused(&layout, "code_tlbc");
	layout = good;
	layout.tlbc_entries = PBP_ABSENT;
	assert_refused(&layout, "tlbc_entries");
	layout.frame_tlbc_index = layout.code_tlbc = PBP_ABSENT;
	assert_int_equal(layout_check(&layout, NULL), 0);
	layout = good;
	layout.frame_tlbc_index = 74;
	assert_refused(&layout, "frame_tlbc_index");
	layout = good;
	layout.code_tlbc = 228;
	assert_refused(&layout, "code_tlbc");
	layout = good;
	layout.tlbc_entries = 256;
	assert_refused(&layout, "tlbc_entries");
}

static void a_thread_state_without_optional_fields_is_let_through(void **state)
{
	struct pbp_layout layout = row_of(0x030e0000)->layout;

	(void)state;
	layout.tstate_executor = layout.tstate_status = PBP_ABSENT;
	layout.interp_next_unique_id = layout.code_version = PBP_ABSENT;
	assert_int_equal(layout_check(&layout, NULL), 0);
}

static void a_layout_with_byte_strings_needs_no_unicode(void **state)
{
	struct pbp_layout layout = row_of(0x02070000)->layout;

	(void)state;
	assert_int_equal(layout.string_kind, PBP_STRING_BYTES);
	assert_true(layout.unicode_state == PBP_ABSENT);
	assert_int_equal(layout_check(&layout, NULL), 0);
	layout.string_kind = PBP_STRING_UNICODE;
	assert_refused(&layout, "unicode_");
}

/* Two pointers before the reference count, --with-trace-refs; tests/layout compares the result with the headers. */
static void objects_are_shifted_and_nothing_else(void **state)
{
	const struct pbp_layout *before = &row_of(0x03070000)->layout;
	struct pbp_layout layout = *before;

	(void)state;
	layout_shift_objects(&layout, 16);
	assert_int_equal(layout_check(&layout, NULL), 0);
	assert_int_equal(layout.object_type, before->object_type + 16);
	assert_int_equal(layout.type_name, before->type_name + 16);
	assert_int_equal(layout.frame_size, before->frame_size + 16);
	assert_int_equal(layout.frame_instr, before->frame_instr + 16);
	assert_int_equal(layout.code_size, before->code_size + 16);
	assert_int_equal(layout.code_firstlineno, before->code_firstlineno + 16);
	assert_int_equal(layout.unicode_state, before->unicode_state + 16);
	assert_int_equal(layout.unicode_ascii_size, before->unicode_ascii_size + 16);
	assert_int_equal(layout.bytes_data, before->bytes_data + 16);
	assert_true(layout.code_qualname == PBP_ABSENT);
	assert_int_equal(layout.unicode_kind_shift, before->unicode_kind_shift);
	assert_int_equal(layout.frame_instr_bytes, before->frame_instr_bytes);
	assert_int_equal(layout.tstate_frame, before->tstate_frame);
	assert_int_equal(layout.interp_code_counter_size, 0);
	assert_int_equal(layout.runtime_interpreters_head, before->runtime_interpreters_head);
	layout = *before;
	layout_shift_objects(&layout, 0);
	assert_memory_equal(&layout, before, sizeof(layout));
}

static void frames_that_are_no_objects_are_not_shifted(void **state)
{
	const struct pbp_layout *before = &row_of(0x030b0000)->layout;
	struct pbp_layout layout = *before;

	(void)state;
	layout_shift_objects(&layout, 16);
	assert_int_equal(layout.frame_size, before->frame_size);
	assert_int_equal(layout.frame_previous, before->frame_previous);
	assert_int_equal(layout.cframe_previous, before->cframe_previous);
	assert_int_equal(layout.code_adaptive, before->code_adaptive + 16);
	assert_int_equal(layout.code_qualname, before->code_qualname + 16);
	layout = row_of(0x02070000)->layout;
	layout_shift_objects(&layout, 16);
	assert_int_equal(layout.bytes_data, 52);
	assert_int_equal(layout.unicode_ascii_size, 0);
}

static void fields_are_named_in_the_order_of_the_list(void **state)
{
	const size_t count = sizeof(struct pbp_layout) / sizeof(uint32_t);

	(void)state;
	assert_string_equal(layout_field_name(0), "runtime_interpreters_head");
	assert_string_equal(layout_field_name(offsetof(struct pbp_layout, code_name) / 4),
			    "code_name");
	assert_string_equal(layout_field_name(count - 1), "linetable_format");
	assert_null(layout_field_name(count));
	assert_null(layout_field_name(SIZE_MAX));
}

static void a_zeroed_layout_is_refused(void **state)
{
	struct pbp_layout layout = { 0 };

	(void)state;
	assert_int_equal(layout_check(&layout, NULL), -EINVAL);
	memset(&layout, 0xff, sizeof(layout));
	assert_int_equal(layout_check(&layout, NULL), -EINVAL);
}

static void a_layout_is_written_one_field_a_line(void **state)
{
	char *text = NULL;
	size_t size = 0, lines = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_non_null(stream);
	layout_write(&row_of(0x03080000)->layout, stream);
	assert_int_equal(fclose(stream), 0);
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, sizeof(struct pbp_layout) / sizeof(uint32_t));
	assert_ptr_equal(strstr(text, "runtime_interpreters_head 32\n"), text);
	assert_non_null(strstr(text, "\ncode_qualname -\n"));
	assert_non_null(strstr(text, "\ninterp_next 0\n"));
	assert_non_null(strstr(text, "\nframe_shim_owner 0\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_passes_the_check),
		cmocka_unit_test(a_row_is_found_by_its_version),
		cmocka_unit_test(a_version_without_a_row_borrows_none),
		cmocka_unit_test(a_free_threaded_build_has_a_row_of_its_own),
		cmocka_unit_test(rows_of_one_version_are_told_apart_by_the_size_of_the_runtime),
		cmocka_unit_test(a_pre_release_has_no_row),
		cmocka_unit_test(a_row_is_found_by_the_size_of_its_runtime),
		cmocka_unit_test(
			the_counter_of_code_objects_stands_only_for_releases_it_was_seen_in),
		cmocka_unit_test(a_row_without_that_counter_is_taken_as_it_is),
		cmocka_unit_test(fields_beyond_what_is_read_of_their_struct_are_refused),
		cmocka_unit_test(the_last_place_that_a_field_can_have_is_let_through),
		cmocka_unit_test(fields_that_are_not_aligned_are_refused),
		cmocka_unit_test(values_out_of_their_range_are_refused),
		cmocka_unit_test(needed_fields_that_are_missing_are_refused),
		cmocka_unit_test(half_of_a_cframe_is_refused),
		cmocka_unit_test(the_three_fields_of_threads_bytecode_need_each_other),
		cmocka_unit_test(a_thread_state_without_optional_fields_is_let_through),
		cmocka_unit_test(a_layout_with_byte_strings_needs_no_unicode),
		cmocka_unit_test(objects_are_shifted_and_nothing_else),
		cmocka_unit_test(frames_that_are_no_objects_are_not_shifted),
		cmocka_unit_test(fields_are_named_in_the_order_of_the_list),
		cmocka_unit_test(a_zeroed_layout_is_refused),
		cmocka_unit_test(a_layout_is_written_one_field_a_line),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
