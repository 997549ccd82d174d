/* SPDX-License-Identifier: GPL-2.0-only */
/* Versions in names and in numbers, and the refusal that lists what is supported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

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

static void a_refusal_lists_every_row(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(version_refuse(&err, "1.5", "is not supported"), -ENOTSUP);
	assert_int_equal(err.code, -ENOTSUP);
	assert_string_equal(err.message, "CPython 1.5 is not supported");
	for (const struct layout_row *row = layout_rows; row->name; row++)
		assert_non_null(strstr(err.hint, row->name));
	assert_int_equal(version_refuse(NULL, "1.5", "is not supported"), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_interpreters_and_libraries_tell_the_series),
		cmocka_unit_test(other_names_tell_nothing),
		cmocka_unit_test(hexversions_are_written_as_python_writes_them),
		cmocka_unit_test(a_refusal_lists_every_row),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
