/* SPDX-License-Identifier: GPL-2.0-only */
/* The formats "callers" and "callees": which functions and which rows below them, in which unit and width. */
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
#include "support/golden.h"

static const char *const calls = "process 1 p\n"
				 "stack 1 1 main|/x/a.py|3|1;work|/x/a.py|9|8\n"
				 "stack 1 2 main|/x/a.py|4|1;work|/x/a.py|10|8;add|/x/b.py|2|1\n"
				 "stack 1 4 main|/x/a.py|4|1;add|/x/b.py|2|1\n"
				 "stack 1 3 add|/x/b.py|3|1\n";

static char *write_calls(const char *format, const char *profile_text,
			 const struct report_options *options)
{
	struct profile *profile = golden_parse(profile_text, "calls");
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(report_find(format)->write(profile, options, stream, &err), 0);
	fclose(stream);
	profile_free(profile);
	return text;
}

static void assert_calls(const char *format, const struct report_options *options,
			 const char *expected)
{
	char *text = write_calls(format, calls, options);

	assert_string_equal(text, expected);
	free(text);
}

static struct pattern *regex(const char *text)
{
	struct pattern *pattern;
	struct err err = { 0 };

	if (pattern_new(PATTERN_REGEX, text, &pattern, &err))
		fail_msg("%s", err.message);
	return pattern;
}

static void callers_stand_below_each_function_and_its_roots_last(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	assert_calls("callers", &options,
		     "  samples      self     total  function <- who called it\n"
		     "        9    0.009s    0.009s  b.py:1(add)\n"
		     "        4    0.004s    0.004s    <- a.py:1(main)\n"
		     "        2    0.002s    0.002s    <- a.py:8(work)\n"
		     "        3    0.003s    0.003s    <- [root]\n"
		     "        3    0.001s    0.003s  a.py:8(work)\n"
		     "        3    0.001s    0.003s    <- a.py:1(main)\n"
		     "        7    0.000s    0.007s  a.py:1(main)\n"
		     "        7    0.000s    0.007s    <- [root]\n");
}

static void callees_stand_below_each_function(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	assert_calls("callees", &options,
		     "  samples      self     total  function -> what it called\n"
		     "        9    0.009s    0.009s  b.py:1(add)\n"
		     "        3    0.001s    0.003s  a.py:8(work)\n"
		     "        2    0.002s    0.002s    -> b.py:1(add)\n"
		     "        7    0.000s    0.007s  a.py:1(main)\n"
		     "        4    0.004s    0.004s    -> b.py:1(add)\n"
		     "        3    0.001s    0.003s    -> a.py:8(work)\n");
}

static void a_pattern_chooses_the_functions(void **state)
{
	struct pattern *work = regex("work"), *path = regex("^/x/b"), *none = regex("none");
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.callers = work;
	options.callees = path;
	assert_calls("callers", &options,
		     "  samples      self     total  function <- who called it\n"
		     "        3    0.001s    0.003s  a.py:8(work)\n"
		     "        3    0.001s    0.003s    <- a.py:1(main)\n");
	assert_calls("callees", &options,
		     "  samples      self     total  function -> what it called\n"
		     "        9    0.009s    0.009s  b.py:1(add)\n");
	options.callers = none;
	assert_calls("callers", &options,
		     "  samples      self     total  function <- who called it\n"
		     "no function matches\n");
	pattern_free(work);
	pattern_free(path);
	pattern_free(none);
}

static void what_the_limit_leaves_out_is_counted_on_both_levels(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.limit = 1;
	assert_calls("callers", &options,
		     "  samples      self     total  function <- who called it\n"
		     "        9    0.009s    0.009s  b.py:1(add)\n"
		     "        4    0.004s    0.004s    <- a.py:1(main)\n"
		     "                                 1 more caller with 0.002 s self (20.00 %)\n"
		     "        3    0.003s    0.003s    <- [root]\n"
		     "2 more functions with 0.001 s self (10.00 %)\n");
	options.unit = REPORT_UNIT_SAMPLES;
	options.limit = 2;
	assert_calls("callees", &options,
		     "  samples      self     total  function -> what it called\n"
		     "        9         9         9  b.py:1(add)\n"
		     "        3         1         3  a.py:8(work)\n"
		     "        2         2         2    -> b.py:1(add)\n"
		     "1 more function with 0 samples self (0.00 %)\n");
}

static void the_sort_holds_for_functions_and_for_callers(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.sorts[0] = REPORT_SORT_NAME;
	options.nsorts = 1;
	options.reverse = true;
	options.unit = REPORT_UNIT_PERCENT;
	assert_calls("callers", &options,
		     "  samples      self     total  function <- who called it\n"
		     "        3    10.00%    30.00%  a.py:8(work)\n"
		     "        3    10.00%    30.00%    <- a.py:1(main)\n"
		     "        7     0.00%    70.00%  a.py:1(main)\n"
		     "        7     0.00%    70.00%    <- [root]\n"
		     "        9    90.00%    90.00%  b.py:1(add)\n"
		     "        2    20.00%    20.00%    <- a.py:8(work)\n"
		     "        4    40.00%    40.00%    <- a.py:1(main)\n"
		     "        3    30.00%    30.00%    <- [root]\n");
}

static void restrictions_choose_functions_and_leave_callers_alone(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.restrictions[0] =
		(struct report_restriction){ .kind = REPORT_RESTRICT_ROWS, .rows = 1 };
	options.nrestrictions = 1;
	assert_calls("callers", &options,
		     "  samples      self     total  function <- who called it\n"
		     "        9    0.009s    0.009s  b.py:1(add)\n"
		     "        4    0.004s    0.004s    <- a.py:1(main)\n"
		     "        2    0.002s    0.002s    <- a.py:8(work)\n"
		     "        3    0.003s    0.003s    <- [root]\n"
		     "2 more functions with 0.001 s self (10.00 %)\n");
}

static void whole_and_stripped_paths_are_as_asked_for(void **state)
{
	static const char *const two = "process 1 p\n"
				       "stack 1 1 main|/a.py|1|1;f|/x/lib.py|3|2\n"
				       "stack 1 2 main|/a.py|1|1;f|/y/lib.py|3|2\n";
	struct report_options options;
	char *text;

	(void)state;
	report_options_init(&options);
	options.full_paths = true;
	text = write_calls("callers", two, &options);
	assert_non_null(strstr(text, "  /x/lib.py:2(f)\n"));
	assert_non_null(strstr(text, "    <- /a.py:1(main)\n"));
	free(text);
	options.strip_dirs = true;
	text = write_calls("callers", two, &options);
	assert_non_null(strstr(text, "        3    0.003s    0.003s  lib.py:2(f)\n"));
	assert_null(strchr(text, '/'));
	free(text);
}

static void counts_of_other_tools_are_no_seconds(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nstack 1 1@12 f|/a.py|8|7\n", "count");
	struct report_options options;
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	report_options_init(&options);
	profile_set_unit(profile, PROFILE_UNIT_COUNT);
	assert_int_equal(report_find("callees")->write(profile, &options, stream, &err), 0);
	fclose(stream);
	assert_string_equal(text, "  samples      self     total  function -> what it called\n"
				  "        1        12        12  a.py:7(f)\n");
	free(text);
	profile_free(profile);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	struct report_options options;
	char *text, *line, *rest;

	(void)state;
	report_options_init(&options);
	options.width = 80;
	text = write_calls("callers",
			   "process 1 p\n"
			   "stack 1 1 \\{4000 g}|\\{4000 q}.py|1|1;\\{4000 f}|\\{4000 p}.py|1|1\n",
			   &options);
	assert_non_null(strstr(text, "<- qqq"));
	rest = text;
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) <= 80);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_stand_below_each_function_and_its_roots_last),
		cmocka_unit_test(callees_stand_below_each_function),
		cmocka_unit_test(a_pattern_chooses_the_functions),
		cmocka_unit_test(what_the_limit_leaves_out_is_counted_on_both_levels),
		cmocka_unit_test(the_sort_holds_for_functions_and_for_callers),
		cmocka_unit_test(restrictions_choose_functions_and_leave_callers_alone),
		cmocka_unit_test(whole_and_stripped_paths_are_as_asked_for),
		cmocka_unit_test(counts_of_other_tools_are_no_seconds),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
	};

	return cmocka_run_group_tests_name("report_calls", tests, NULL, NULL);
}
