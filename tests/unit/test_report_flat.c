/* SPDX-License-Identifier: GPL-2.0-only */
/* The flat report: columns, order, and the one row that counts what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "report/report.h"
#include "support/golden.h"

static const char *const three = "process 1 p\n"
				 "stack 1 1 main|/x/a.py|3|1\n"
				 "stack 1 6 main|/x/a.py|4|1;work|/x/a.py|9|8\n"
				 "stack 1 3 main|/x/a.py|4|1;work|/x/a.py|10|8\n";

static char *write_flat(const char *profile_text, const struct report_options *options)
{
	struct profile *profile = golden_parse(profile_text, "flat");
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(report_find("flat")->write(profile, options, stream, &err), 0);
	fclose(stream);
	profile_free(profile);
	return text;
}

static void assert_flat(const char *profile_text, const struct report_options *options,
			const char *expected)
{
	char *text = write_flat(profile_text, options);

	assert_string_equal(text, expected);
	free(text);
}

static void rows_by_line_come_hottest_first(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	assert_flat(three, &options,
		    "  self%   total%      self     total  line\n"
		    "  60.00    60.00    0.006s    0.006s  a.py:9   work\n"
		    "  30.00    30.00    0.003s    0.003s  a.py:10  work\n"
		    "  10.00    10.00    0.001s    0.001s  a.py:3   main\n"
		    "   0.00    90.00    0.000s    0.009s  a.py:4   main\n");
}

static void rows_by_function_have_first_lines(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.by = REPORT_BY_FUNCTION;
	assert_flat(three, &options,
		    "  self%   total%      self     total  function\n"
		    "  90.00    90.00    0.009s    0.009s  a.py:8  work\n"
		    "  10.00   100.00    0.001s    0.010s  a.py:1  main\n");
}

static void what_the_limit_leaves_out_is_counted(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.limit = 1;
	assert_flat(three, &options,
		    "  self%   total%      self     total  line\n"
		    "  60.00    60.00    0.006s    0.006s  a.py:9  work\n"
		    "3 more rows with 0.004 s self (40.00 %)\n");
	options.limit = 3;
	assert_flat(three, &options,
		    "  self%   total%      self     total  line\n"
		    "  60.00    60.00    0.006s    0.006s  a.py:9   work\n"
		    "  30.00    30.00    0.003s    0.003s  a.py:10  work\n"
		    "  10.00    10.00    0.001s    0.001s  a.py:3   main\n"
		    "1 more row with 0.000 s self (0.00 %)\n");
}

static void no_limit_shows_every_row(void **state)
{
	struct report_options options;
	char *text;

	(void)state;
	report_options_init(&options);
	options.limit = 0;
	text = write_flat(three, &options);
	assert_null(strstr(text, "more row"));
	assert_non_null(strstr(text, "a.py:4"));
	free(text);
}

static void no_name_is_wider_than_its_column(void **state)
{
	struct report_options options;
	char *text, *line, *rest;

	(void)state;
	report_options_init(&options);
	text = write_flat("process 1 p\nstack 1 1 \\{4000 f}|\\{4000 p}.py|1|1\n", &options);
	assert_non_null(strstr(text, "...pppp"));
	assert_non_null(strstr(text, ".py:1  ffff"));
	assert_non_null(strstr(text, "f...f"));
	rest = text;
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) <= 180);
	free(text);
}

static void the_same_profile_in_any_order_is_the_same_report(void **state)
{
	struct report_options options;
	char *text;

	(void)state;
	report_options_init(&options);
	text = write_flat("process 1 p\n"
			  "stack 1 1 b|/x/a.py|3|1\n"
			  "stack 1 1 a|/x/a.py|3|1\n"
			  "stack 1 1 a|/x/b.py|3|1\n",
			  &options);
	assert_flat("process 1 p\n"
		    "stack 1 1 a|/x/b.py|3|1\n"
		    "stack 1 1 a|/x/a.py|3|1\n"
		    "stack 1 1 b|/x/a.py|3|1\n",
		    &options, text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_by_line_come_hottest_first),
		cmocka_unit_test(rows_by_function_have_first_lines),
		cmocka_unit_test(what_the_limit_leaves_out_is_counted),
		cmocka_unit_test(no_limit_shows_every_row),
		cmocka_unit_test(no_name_is_wider_than_its_column),
		cmocka_unit_test(the_same_profile_in_any_order_is_the_same_report),
	};

	return cmocka_run_group_tests_name("report_flat", tests, NULL, NULL);
}
