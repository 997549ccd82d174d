/* SPDX-License-Identifier: GPL-2.0-only */
/* Versions in names and in numbers, and the refusal that lists what is supported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "python/detect.h"
#include "python/layout.h"
#include "python/version.h"

static void names_of_interpreters_and_libraries_tell_the_series(void **state)
{
	static const struct {
		const char *name;
		struct version_name expected;
	} cases[] = {
		{ "python3.11", { 0x030b, false, false } },
		{ "libpython3.8.so.1.0", { 0x0308, false, false } },
		{ "libpython3.7m.so.1.0", { 0x0307, false, false } },
		{ "libpython2.7.so.1.0", { 0x0207, false, false } },
		{ "python3.13t", { 0x030d, false, true } },
		{ "libpython3.13td.so.1.0", { 0x030d, true, true } },
		{ "python3.9d", { 0x0309, true, false } },
		{ "my-python3.10-wrapper", { 0x030a, false, false } },
	};
	struct version_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(version_parse_name(cases[i].name, &name));
		assert_int_equal(name.series, cases[i].expected.series);
		assert_int_equal(name.debug, cases[i].expected.debug);
		assert_int_equal(name.free_threaded, cases[i].expected.free_threaded);
	}
}

static void other_names_tell_nothing(void **state)
{
	static const char *const names[] = { "",	 "python",	 "python3",
					     "python3.", "python.3",	 "libpython3.so",
					     "pypy3.9",	 "python3.1234", "python123.1",
					     "pytho3.11" };
	struct version_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(version_parse_name(names[i], &name));
}

static void hexversions_are_written_as_python_writes_them(void **state)
{
	char text[VERSION_TEXT_SIZE];

	(void)state;
	version_format(0x030b07f0, text, sizeof(text));
	assert_string_equal(text, "3.11.7");
	version_format(0x030d00c1, text, sizeof(text));
	assert_string_equal(text, "3.13.0rc1");
	version_format(0x030f00b4, text, sizeof(text));
	assert_string_equal(text, "3.15.0b4");
	version_format(0x030f00a2, text, sizeof(text));
	assert_string_equal(text, "3.15.0a2");
	version_format(0xffffffff, text, sizeof(text));
	assert_string_equal(text, "255.255.255");
	version_format_series(0x030a, text, sizeof(text));
	assert_string_equal(text, "3.10");
}

static void a_series_is_two_numbers_and_nothing_else(void **state)
{
	static const char *const wrong[] = { "",     "3",    "3.",   ".3",     "3.15.1", "3.15t",
					     " 3.9", "3.9 ", "-3.9", "3.1234", "123.1",	 "a.b" };
	uint16_t series = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(version_parse_series(wrong[i], &series));
	assert_int_equal(series, 1);
	assert_true(version_parse_series("3.15", &series));
	assert_int_equal(series, 0x030f);
	assert_true(version_parse_series("2.7", &series));
	assert_int_equal(series, 0x0207);
}

static void a_build_is_described_by_version_and_flavour(void **state)
{
	static const struct layout_row row = { .name = "9.8" };
	static const struct {
		bool free_threaded, debug, trace_refs, assumed;
		const char *expected;
	} cases[] = {
		{ false, false, false, false, "9.9.1" },
		{ true, false, false, false, "9.9.1 (free-threaded)" },
		{ false, true, false, false, "9.9.1 (debug)" },
		{ true, true, false, false, "9.9.1 (free-threaded, debug)" },
		/* of a debug build that goes without saying */
		{ false, true, true, false, "9.9.1 (debug)" },
		{ false, false, true, false, "9.9.1 (trace-refs)" },
		{ false, false, false, true, "9.9.1, read as 9.8" },
		{ true, true, true, true, "9.9.1 (free-threaded, debug), read as 9.8" },
	};
	char text[VERSION_DESCRIPTION_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct python_build build = { .version = "9.9.1",
						    .row = &row,
						    .free_threaded = cases[i].free_threaded,
						    .debug = cases[i].debug,
						    .trace_refs = cases[i].trace_refs,
						    .assumed = cases[i].assumed };

		version_describe(&build, text, sizeof(text));
		assert_string_equal(text, cases[i].expected);
	}
}

static void every_supported_version_is_listed_once(void **state)
{
	char list[256], name[16];

	(void)state;
	version_list_supported(list, sizeof(list));
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		const char *found;

		snprintf(name, sizeof(name), "%s", row->name);
		found = strstr(list, name);
		assert_non_null(found);
		/* 3.1 also begins 3.10, and 3.13 3.13t */
		for (found = strstr(found + 1, name); found; found = strstr(found + 1, name))
			assert_true(strspn(found + strlen(name), "0123456789t") > 0);
	}
	assert_non_null(strstr(list, " and "));
	assert_null(strstr(list, ", and"));
}

static void a_refusal_lists_every_row(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(version_refuse(&err, "1.5", "is not supported"), -ENOTSUP);
	assert_int_equal(err.code, -ENOTSUP);
	assert_string_equal(err.message, "CPython 1.5 is not supported");
	for (const struct layout_row *row = layout_rows; row->name; row++)
		assert_non_null(strstr(err.hint, row->name));
	assert_non_null(strstr(err.hint, "--assume-layout"));
	assert_int_equal(version_refuse(NULL, "1.5", "is not supported"), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_interpreters_and_libraries_tell_the_series),
		cmocka_unit_test(other_names_tell_nothing),
		cmocka_unit_test(hexversions_are_written_as_python_writes_them),
		cmocka_unit_test(a_series_is_two_numbers_and_nothing_else),
		cmocka_unit_test(a_build_is_described_by_version_and_flavour),
		cmocka_unit_test(every_supported_version_is_listed_once),
		cmocka_unit_test(a_refusal_lists_every_row),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
