/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/python/seen_live.c: what one process of a file has shown holds for another, and for no other file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "python/detect.h"
#include "python/layout.h"
#include "python/seen_live.h"

#define BIAS  0x550000000000ULL
#define OTHER 0x7f0000000000ULL

/* A row whose runtime tells the current thread state, and one without. */
static const struct layout_row *row_with_holder(bool with)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if ((row->layout.runtime_tstate_current != PBP_ABSENT) == with)
			return row;
	}
	fail();
	return NULL;
}

static struct python_build build_at(const struct layout_row *row, uint32_t file, uint64_t bias)
{
	return (struct python_build){ .row = row,
				      .file = file,
				      .bias = bias,
				      .runtime_addr = bias + 0x1000,
				      .code_counter_addr = bias + 0x2000,
				      .current_tstate_addr = bias + 0x3000,
				      .in_program = true };
}

static struct pbp_target target_of(const struct python_build *build)
{
	struct pbp_target target = { .runtime_addr = build->runtime_addr,
				     .code_type_addr = build->bias + 0x4000 };

	target.layout = build->row->layout;
	target.layout.frame_size = 96; /* as the process said, not the row */
	return target;
}

static void another_process_of_the_file_has_everything_at_its_own_addresses(void **state)
{
	(void)state;
	for (int with = 0; with < 2; with++) {
		const struct layout_row *row = row_with_holder(with);
		struct seen_live *seen = seen_live_new();
		struct python_build build = build_at(row, 3, BIAS);
		struct pbp_target target = target_of(&build), found;

		assert_non_null(seen);
		assert_false(seen_live_find(seen, &build, &found));
		seen_live_add(seen, &build, &target);
		build = build_at(row, 3, OTHER);
		assert_true(seen_live_find(seen, &build, &found));
		assert_int_equal(found.runtime_addr, OTHER + 0x1000);
		assert_int_equal(found.code_counter_addr, OTHER + 0x2000);
		assert_int_equal(found.code_type_addr, OTHER + 0x4000);
		assert_int_equal(found.current_tstate_addr,
				 with ? found.runtime_addr + row->layout.runtime_tstate_current
				      : OTHER + 0x3000);
		assert_int_equal(found.layout.frame_size, 96);
		seen_live_free(seen);
	}
}

static void another_file_row_or_place_is_another_build(void **state)
{
	const struct layout_row *row = row_with_holder(true);
	struct seen_live *seen = seen_live_new();
	struct python_build build = build_at(row, 3, BIAS), other;
	struct pbp_target target = target_of(&build);

	(void)state;
	assert_non_null(seen);
	seen_live_add(seen, &build, &target);
	other = build;
	other.file = 4;
	assert_false(seen_live_find(seen, &other, &target));
	other = build;
	other.row = row + 1;
	assert_false(seen_live_find(seen, &other, &target));
	other = build;
	other.in_program = false;
	assert_false(seen_live_find(seen, &other, &target));
	assert_true(seen_live_find(seen, &build, &target));
	seen_live_free(seen);
}

static void a_file_that_is_not_remembered_is_not_known_again(void **state)
{
	struct seen_live *seen = seen_live_new();
	struct python_build build = build_at(row_with_holder(true), 0, BIAS);
	struct pbp_target target = target_of(&build);

	(void)state;
	assert_non_null(seen);
	seen_live_add(seen, &build, &target);
	assert_false(seen_live_find(seen, &build, &target));
	seen_live_add(NULL, &build, &target);
	assert_false(seen_live_find(NULL, &build, &target));
	seen_live_free(seen);
	seen_live_free(NULL);
}

static void a_type_that_a_symbol_names_must_be_the_one_in_use(void **state)
{
	struct seen_live *seen = seen_live_new();
	struct python_build build = build_at(row_with_holder(true), 5, BIAS);
	struct pbp_target target = target_of(&build), found;

	(void)state;
	assert_non_null(seen);
	build.code_type_addr = target.code_type_addr + 8;
	seen_live_add(seen, &build, &target);
	assert_false(seen_live_find(seen, &build, &found));
	build.code_type_addr = target.code_type_addr;
	seen_live_add(seen, &build, &target);
	/* The symbol of the other process counts: it may be a copy in its program. */
	build.bias = OTHER;
	build.code_type_addr = 0x1234;
	assert_true(seen_live_find(seen, &build, &found));
	assert_int_equal(found.code_type_addr, 0x1234);
	seen_live_free(seen);
}

static void the_oldest_is_forgotten_first(void **state)
{
	const struct layout_row *row = row_with_holder(true);
	struct seen_live *seen = seen_live_new();
	struct python_build build;
	struct pbp_target target;

	(void)state;
	assert_non_null(seen);
	for (uint32_t file = 1; file <= SEEN_LIVE_MAX + 1; file++) {
		build = build_at(row, file, BIAS);
		target = target_of(&build);
		seen_live_add(seen, &build, &target);
		seen_live_add(seen, &build, &target); /* once is enough */
	}
	for (uint32_t file = 1; file <= SEEN_LIVE_MAX + 1; file++) {
		build = build_at(row, file, BIAS);
		assert_int_equal(seen_live_find(seen, &build, &target), file > 1);
	}
	seen_live_free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_process_of_the_file_has_everything_at_its_own_addresses),
		cmocka_unit_test(another_file_row_or_place_is_another_build),
		cmocka_unit_test(a_file_that_is_not_remembered_is_not_known_again),
		cmocka_unit_test(a_type_that_a_symbol_names_must_be_the_one_in_use),
		cmocka_unit_test(the_oldest_is_forgotten_first),
	};

	return cmocka_run_group_tests_name("seen_live", tests, NULL, NULL);
}
