/* SPDX-License-Identifier: GPL-2.0-only */
/* Text in columns: how wide it is taken to be, and how it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "report/table.h"

static void assert_cut(const char *text, size_t columns, bool unicode, const char *expected)
{
	struct strbuf buf;

	strbuf_init(&buf);
	table_add_text(&buf, text, columns, unicode);
	assert_string_equal(strbuf_text(&buf), expected);
	assert_true(table_columns(expected) <= columns);
	strbuf_done(&buf);
}

static void columns_are_those_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(table_columns(""), 0);
	assert_int_equal(table_columns("abc"), 3);
	assert_int_equal(table_columns("größe"), 5);
	assert_int_equal(table_columns("日本"), 4);
	assert_int_equal(table_columns("e\xcc\x81"), 1);
	assert_int_equal(table_columns("\xf0\x9f\x98\x80"), 2);
	/* As they are printed, \x1b and \u202e. */
	assert_int_equal(table_columns("\033\xe2\x80\xae"), 10);
}

static void what_fits_is_not_cut(void **state)
{
	(void)state;
	assert_cut("abcdef", 6, false, "abcdef");
	assert_cut("", 6, false, "");
	assert_cut("größe", 5, true, "größe");
}

static void of_what_does_not_fit_head_and_tail_are_kept(void **state)
{
	(void)state;
	assert_cut("abcdefghijkl", 9, false, "ab...ijkl");
	assert_cut("abcdefghijkl", 10, true, "abc…ghijkl");
	/* No half of a wide character, at either end. */
	assert_cut("日本日本日本日本", 9, false, "日...日本");
	assert_cut("日本日本日本日本", 8, true, "日…日本");
	/* Escapes are cut as the text that they have become. */
	assert_cut("\033\033\033", 9, false, "\\x...\\x1b");
}

static void padding_counts_columns_not_bytes(void **state)
{
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf);
	strbuf_add(&buf, "xx");
	strbuf_add(&buf, "日本");
	table_pad(&buf, 2, 6);
	assert_string_equal(strbuf_text(&buf), "xx日本  ");
	table_pad(&buf, 2, 3);
	assert_string_equal(strbuf_text(&buf), "xx日本  ");
	strbuf_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_those_of_a_terminal),
		cmocka_unit_test(what_fits_is_not_cut),
		cmocka_unit_test(of_what_does_not_fit_head_and_tail_are_kept),
		cmocka_unit_test(padding_counts_columns_not_bytes),
	};

	return cmocka_run_group_tests_name("report_table", tests, NULL, NULL);
}
