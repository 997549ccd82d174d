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

#include "base/pattern.h"
#include "profile/profile.h"
#include "report/report.h"
#include "report/table.h"
#include "support/golden.h"

/* So many samples that chance has no say. */
static const char *const three = "process 1 p\n"
				 "stack 1 1000@1000000 main|/x/a.py|3|1\n"
				 "stack 1 6000@6000000 main|/x/a.py|4|1;work|/x/a.py|9|8\n"
				 "stack 1 3000@3000000 main|/x/a.py|4|1;work|/x/a.py|10|8\n";

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

static const char *const host =
	"process 1 python3\nof 1 command python3 a.py\nof 1 kernel 7000000\n"
	"process 2 python3\nof 2 command python3 b.py x\n"
	"of 2 container web\n"
	"process 3 python3\nof 3 command python3 b.py y\n"
	"of 3 container web\nof 3 kernel 1000000\n"
	"process 4 python3\nof 4 command python3 idle.py\n"
	"thread 2 Main\n"
	"stack 1 6000@6000000 m|/x/a.py|1|1;f|/x/c.py|1|1\n"
	"stack 2/2 3000@3000000 m|/x/b.py|1|1\n"
	"stack 3 1000@1000000 m|/x/b.py|1|1;f|/x/c.py|1|1;m|/x/b.py|2|1\n";

static void rows_that_are_no_frames_have_one_pair_of_columns(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.by = REPORT_BY_PROCESS;
	assert_flat(host, &options,
		    "  self%      self    kernel  process\n"
		    "  60.00    0.006s    0.007s  python3 [1]  a.py\n"
		    "  30.00    0.003s         -  python3 [2]  b.py x\n"
		    "  10.00    0.001s    0.001s  python3 [3]  b.py y\n");
	options.by = REPORT_BY_COMMAND;
	assert_flat(host, &options,
		    "  self%      self    kernel  command\n"
		    "  60.00    0.006s    0.007s  python3 a.py\n"
		    "  40.00    0.004s         -  python3 b.py x 2 processes\n");
	/* Where the kernel's time is known of no row, there is no column for it. */
	options.by = REPORT_BY_CONTAINER;
	assert_flat(host, &options,
		    "  self%      self  container\n"
		    "  60.00    0.006s  [host]\n"
		    "  40.00    0.004s  web\n");
	options.by = REPORT_BY_THREAD;
	assert_flat(host, &options,
		    "  self%      self  thread\n"
		    "  60.00    0.006s  python3 [1]  a.py\n"
		    "  30.00    0.003s  Main [2]  python3 [2]\n"
		    "  10.00    0.001s  python3 [3]  b.py y\n");
}

static void rows_by_file_count_a_file_once_per_stack(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.by = REPORT_BY_FILE;
	assert_flat(host, &options,
		    "  self%   total%      self     total  file\n"
		    "  60.00    70.00    0.006s    0.007s  c.py\n"
		    "  40.00    40.00    0.004s    0.004s  b.py\n"
		    "   0.00    60.00    0.000s    0.006s  a.py\n");
}

static void rows_that_are_no_frames_are_limited_and_cut_alike(void **state)
{
	struct report_options options;
	char *text, *rest, *line;

	(void)state;
	report_options_init(&options);
	options.by = REPORT_BY_PROCESS;
	options.limit = 1;
	assert_flat(host, &options,
		    "  self%      self    kernel  process\n"
		    "  60.00    0.006s    0.007s  python3 [1]  a.py\n"
		    "2 more rows with 0.004 s self (40.00 %)\n");
	options.width = 70;
	text = write_flat(
		"process 1 p\nof 1 command p \\{4000 x}\nof 1 kernel 1\nstack 1 1 f|a|1|1\n",
		&options);
	assert_non_null(strstr(text, "p [1]  xxxx"));
	rest = text;
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) <= 70);
	free(text);
}

/* 4 of 1,000 samples, and 96. */
static const char *const few = "process 1 p\n"
			       "stack 1 900 main|/x/a.py|3|1\n"
			       "stack 1 96 main|/x/a.py|4|1;often|/x/a.py|9|8\n"
			       "stack 1 4 main|/x/a.py|4|1;seldom|/x/a.py|19|18\n";

static void small_numbers_carry_their_error(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.unicode = true;
	assert_flat(few, &options,
		    "  self%          total%      self     total  line\n"
		    "  90.00           90.00    0.900s    0.900s  a.py:3   main\n"
		    "   9.60            9.60    0.096s    0.096s  a.py:9   often\n"
		    "   0.40  ±0.20     0.40    0.004s    0.004s  a.py:19  seldom\n"
		    "   0.00           10.00    0.000s    0.100s  a.py:4   main\n");
	/* The error is that of the number by which rows are sorted. */
	options.sorts[options.nsorts++] = REPORT_SORT_TOTAL;
	options.unicode = false;
	assert_flat(few, &options,
		    "  self%   total%              self     total  line\n"
		    "  90.00    90.00            0.900s    0.900s  a.py:3   main\n"
		    "   0.00    10.00            0.000s    0.100s  a.py:4   main\n"
		    "   9.60     9.60            0.096s    0.096s  a.py:9   often\n"
		    "   0.40     0.40  +-0.20    0.004s    0.004s  a.py:19  seldom\n");
}

static void amounts_are_in_the_unit_that_was_asked_for(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.limit = 1;
	options.unit = REPORT_UNIT_PERCENT;
	assert_flat(three, &options,
		    "  self%   total%  line\n"
		    "  60.00    60.00  a.py:9  work\n"
		    "3 more rows with 40.00 % self\n");
	options.unit = REPORT_UNIT_SAMPLES;
	assert_flat(three, &options,
		    "  self%   total%      self     total  line\n"
		    "  60.00    60.00      6000      6000  a.py:9  work\n"
		    "3 more rows with 4000 samples self (40.00 %)\n");
	options.by = REPORT_BY_PROCESS;
	assert_flat(host, &options,
		    "  self%      self  process\n"
		    "  60.00      6000  python3 [1]  a.py\n"
		    "2 more rows with 4000 samples self (40.00 %)\n");
	options.unit = REPORT_UNIT_PERCENT;
	assert_flat(host, &options,
		    "  self%  process\n"
		    "  60.00  python3 [1]  a.py\n"
		    "2 more rows with 40.00 % self\n");
}

static const char *const folders = "process 1 p\n"
				   "stack 1 6000@6000000 m|/x/a.py|1|1;f|/x/b.py|5|1\n"
				   "stack 1 3000@3000000 f|/y/b.py|5|1\n"
				   "stack 1 1000@1000000 f|/y/b.py|7|1\n";

static void stripped_rows_that_are_equal_then_are_one(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	assert_flat(folders, &options,
		    "  self%   total%      self     total  line\n"
		    "  60.00    60.00    0.006s    0.006s  x/b.py:5  f\n"
		    "  30.00    30.00    0.003s    0.003s  y/b.py:5  f\n"
		    "  10.00    10.00    0.001s    0.001s  y/b.py:7  f\n"
		    "   0.00    60.00    0.000s    0.006s  a.py:1    m\n");
	options.strip_dirs = true;
	assert_flat(folders, &options,
		    "  self%   total%      self     total  line\n"
		    "  90.00    90.00    0.009s    0.009s  b.py:5  f\n"
		    "  10.00    10.00    0.001s    0.001s  b.py:7  f\n"
		    "   0.00    60.00    0.000s    0.006s  a.py:1  m\n");
	options.by = REPORT_BY_FILE;
	assert_flat(folders, &options,
		    "  self%   total%      self     total  file\n"
		    " 100.00   100.00    0.010s    0.010s  b.py\n"
		    "   0.00    60.00    0.000s    0.006s  a.py\n");
}

static void full_paths_are_never_cut(void **state)
{
	struct report_options options;
	char *text;

	(void)state;
	report_options_init(&options);
	options.full_paths = true;
	options.width = 80;
	assert_flat("process 1 p\nstack 1 1 f|/x/a.py|1|1\n", &options,
		    "  self%   total%      self     total  line\n"
		    " 100.00   100.00    0.001s    0.001s  /x/a.py:1  f\n");
	text = write_flat("process 1 p\nstack 1 1 f|/\\{300 p}.py|1|1\n", &options);
	assert_true(strlen(text) > 300);
	assert_null(strstr(text, "..."));
	free(text);
}

static void rows_by_module_add_up_what_import_calls_alike(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.by = REPORT_BY_MODULE;
	assert_flat("process 1 p\nprocess 2 q\n"
		    "stack 1 500 <module>|/srv/shop/run.py|9|1;loads|/usr/lib/python3.11/json/"
		    "__init__.py|3|1;decode|/usr/lib/python3.11/json/decoder.py|5|4\n"
		    "stack 2 300 view|/srv/shop/shop/views.py|9|1;decode|/usr/lib/python3.9/json/"
		    "decoder.py|5|4\n"
		    "stack 2 200 [native]\n",
		    &options,
		    "  self%   total%      self     total  module\n"
		    "  80.00    80.00    0.800s    0.800s  json.decoder\n"
		    "  20.00    20.00    0.200s    0.200s  [native]\n"
		    "   0.00    50.00    0.000s    0.500s  json\n"
		    "   0.00    50.00    0.000s    0.500s  run\n"
		    "   0.00    30.00    0.000s    0.300s  shop.views\n");
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	static const uint32_t widths[] = { 80, 100, 200 };
	struct report_options options;
	size_t i, by;

	(void)state;
	report_options_init(&options);
	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		for (by = REPORT_BY_LINE; by <= REPORT_BY_CONTAINER; by++) {
			char *text, *rest, *line;

			options.width = widths[i];
			options.by = (enum report_by)by;
			text = write_flat("process 1 p\nof 1 command p \\{400 c}\n"
					  "stack 1 900 \\{400 f}|/\\{400 p}.py|1000|1\n"
					  "stack 1 30 \\{400 g}|/\\{40 q}/\\{40 p}.py|123456|1\n"
					  "stack 1 1 h|a.py|1|1\n",
					  &options);
			rest = text;
			while ((line = strsep(&rest, "\n")))
				assert_true(table_columns(line) <= widths[i]);
			free(text);
		}
	}
}

static void rows_are_sorted_and_restricted(void **state)
{
	struct report_options options;
	struct pattern *pattern;

	(void)state;
	report_options_init(&options);
	assert_int_equal(pattern_new(PATTERN_REGEX, "work|b\\.py", &pattern, NULL), 0);
	options.sorts[0] = REPORT_SORT_LINE;
	options.nsorts = 1;
	options.reverse = true;
	options.restrictions[0] = (struct report_restriction){
		.kind = REPORT_RESTRICT_PATTERN,
		.pattern = pattern,
	};
	options.restrictions[1] = (struct report_restriction){
		.kind = REPORT_RESTRICT_ROWS,
		.rows = 1,
	};
	options.nrestrictions = 2;
	assert_flat(three, &options,
		    "  self%   total%      self     total  line\n"
		    "  30.00    30.00    0.003s    0.003s  a.py:10  work\n"
		    "3 more rows with 0.007 s self (70.00 %)\n");
	options.by = REPORT_BY_PROCESS;
	assert_flat(host, &options,
		    "  self%      self    kernel  process\n"
		    "  10.00    0.001s    0.001s  python3 [3]  b.py y\n"
		    "2 more rows with 0.009 s self (90.00 %)\n");
	options.restrictions[0] = (struct report_restriction){
		.kind = REPORT_RESTRICT_PART,
		.part = 0.6,
	};
	options.nrestrictions = 1;
	options.reverse = false;
	assert_flat(host, &options,
		    "  self%      self    kernel  process\n"
		    "  60.00    0.006s    0.007s  python3 [1]  a.py\n"
		    "  30.00    0.003s         -  python3 [2]  b.py x\n"
		    "1 more row with 0.001 s self (10.00 %)\n");
	pattern_free(pattern);
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
		cmocka_unit_test(rows_that_are_no_frames_have_one_pair_of_columns),
		cmocka_unit_test(rows_by_file_count_a_file_once_per_stack),
		cmocka_unit_test(rows_that_are_no_frames_are_limited_and_cut_alike),
		cmocka_unit_test(small_numbers_carry_their_error),
		cmocka_unit_test(amounts_are_in_the_unit_that_was_asked_for),
		cmocka_unit_test(stripped_rows_that_are_equal_then_are_one),
		cmocka_unit_test(full_paths_are_never_cut),
		cmocka_unit_test(rows_by_module_add_up_what_import_calls_alike),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(rows_are_sorted_and_restricted),
		cmocka_unit_test(the_same_profile_in_any_order_is_the_same_report),
	};

	return cmocka_run_group_tests_name("report_flat", tests, NULL, NULL);
}
