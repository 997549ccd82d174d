/* SPDX-License-Identifier: GPL-2.0-only */
/* The drawn tree: its width, its parts, and that what is left out is counted. */
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
#include "report/table.h"
#include "support/golden.h"

static char *write_tree(const char *profile_text, const struct report_options *options)
{
	struct profile *profile = golden_parse(profile_text, "tree");
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(report_find("tree")->write(profile, options, stream, &err), 0);
	fclose(stream);
	profile_free(profile);
	return text;
}

static void assert_tree(const char *profile_text, const struct report_options *options,
			const char *expected)
{
	char *text = write_tree(profile_text, options);

	assert_string_equal(text, expected);
	free(text);
}

static void self_stands_among_the_callees_by_its_time(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	assert_tree("process 1 p\n"
		    "stack 1 50 m|a|1|1;f|a|2|2\n"
		    "stack 1 20 m|a|1|1;g|a|3|3\n"
		    "stack 1 30 m|a|1|1\n",
		    &options,
		    "0.100 m  a:1\n"
		    "|- 0.050 f  a:2\n"
		    "|- 0.030 [self]\n"
		    "`- 0.020 g  a:3\n");
}

static void what_is_below_the_threshold_is_counted_where_it_is_much(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.threshold = 0.1;
	assert_tree("process 1 p\n"
		    "stack 1 80 m|a|1|1;f|a|2|2\n"
		    "stack 1 7 m|a|1|1;g|a|3|3;x|a|9|9\n"
		    "stack 1 8 m|a|1|1;h|a|4|4\n"
		    "stack 1 5 m|a|1|1;f|a|2|2;i|a|5|5\n",
		    &options,
		    "0.100 m  a:1\n"
		    "|- 0.085 f  a:2\n"
		    "`- 0.015 [3 nodes below 10 %]\n"
		    "1 more node below 10 % with 0.005 s (5.00 %)\n");
	options.threshold = 0.9;
	assert_tree("process 1 p\n"
		    "stack 1 6 m|a|1|1\n"
		    "stack 1 4 n|a|2|2\n",
		    &options, "2 more nodes below 90 % with 0.010 s (100.00 %)\n");
}

/* A stack of so many different functions. */
static char *deep_profile(int depth, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int i;

	assert_non_null(stream);
	fputs("process 1 p\nstack 1 5 ", stream);
	for (i = 1; i <= depth; i++)
		fprintf(stream, "%s%s_%d|/srv/%s.py|%d|%d", i > 1 ? ";" : "", name, i, name, i, i);
	fclose(stream);
	return text;
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	static const uint32_t widths[] = { 80, 100, 200 };
	char *profile = deep_profile(300, "a_function_with_a_rather_long_name_as_many_have");
	struct report_options options;
	size_t i;

	(void)state;
	report_options_init(&options);
	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text, *rest, *line;

		options.width = widths[i];
		options.unicode = i % 2;
		text = write_tree(profile, &options);
		rest = text;
		while ((line = strsep(&rest, "\n")))
			assert_true(table_columns(line) <= widths[i]);
		free(text);
	}
	free(profile);
}

static void a_tree_too_deep_goes_on_in_parts(void **state)
{
	char *profile = deep_profile(12, "f"), *text;
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.width = 30;
	text = write_tree(profile, &options);
	assert_non_null(
		strstr(text, "f_6  f.py:6  -> [1]\n\n[1] 0.005 f_6  f.py:6\n`- 0.005 f_7  "));
	assert_null(strstr(text, "[3]"));
	assert_non_null(strstr(text, "f_12"));
	free(text);
	free(profile);
}

static void thousands_of_levels_do_no_harm(void **state)
{
	char *profile = deep_profile(5000, "f"), *text;
	struct report_options options;

	(void)state;
	report_options_init(&options);
	text = write_tree(profile, &options);
	assert_non_null(strstr(text, "f_5000"));
	free(text);
	options.width = 1;
	text = write_tree(profile, &options);
	assert_non_null(strstr(text, "f_5000"));
	free(text);
	free(profile);
}

static void processes_stand_under_containers_if_there_are_any(void **state)
{
	static const char *const plain = "process 1 p\nof 1 command p a.py\nprocess 2 q\n"
					 "stack 1 60 m|a|1|1\nstack 2 40 m|a|1|1\n";
	struct report_options options;
	char text[256];

	(void)state;
	report_options_init(&options);
	assert_tree(plain, &options,
		    "0.060 p [1]  a.py\n"
		    "`- 0.060 m  a:1\n"
		    "0.040 q [2]\n"
		    "`- 0.040 m  a:1\n");
	snprintf(text, sizeof(text), "%s%s", plain, "of 2 container web\n");
	assert_tree(text, &options,
		    "0.060 [host]\n"
		    "`- 0.060 p [1]  a.py\n"
		    "   `- 0.060 m  a:1\n"
		    "0.040 web\n"
		    "`- 0.040 q [2]\n"
		    "   `- 0.040 m  a:1\n");
}

static void threads_of_one_process_are_the_roots(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	/* Library frames of a thread without functions of its own are hidden as in the rest of its process. */
	assert_tree("process 1 p\nthread 1 Main\nthread 2 feeder\n"
		    "stack 1/1 460 m|a|1|1\n"
		    "stack 1/2 40 run|/lib/python3.9/x.py|1|1;get|/lib/python3.9/y.py|1|1;"
		    "wait|/lib/python3.9/z.py|1|1;"
		    "acquire|/lib/python3.9/u.py|1|1\n",
		    &options,
		    "0.460 Main [1]\n"
		    "`- 0.460 m  a:1\n"
		    "0.040 feeder [2]\n"
		    "`- 0.040 run  x.py:1\n"
		    "   `- 0.040 [3 frames hidden]  u, y, z\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(self_stands_among_the_callees_by_its_time),
		cmocka_unit_test(what_is_below_the_threshold_is_counted_where_it_is_much),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(a_tree_too_deep_goes_on_in_parts),
		cmocka_unit_test(thousands_of_levels_do_no_harm),
		cmocka_unit_test(processes_stand_under_containers_if_there_are_any),
		cmocka_unit_test(threads_of_one_process_are_the_roots),
	};

	return cmocka_run_group_tests_name("report_tree", tests, NULL, NULL);
}
