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
		    "stack 1 500 m|a|1|1;f|a|2|2\n"
		    "stack 1 200 m|a|1|1;g|a|3|3\n"
		    "stack 1 300 m|a|1|1\n",
		    &options,
		    "1.000 m  a:1\n"
		    "|- 0.500 f  a:2\n"
		    "|- 0.300 [self]\n"
		    "`- 0.200 g  a:3\n");
}

static void what_is_below_the_threshold_is_counted_where_it_is_much(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.threshold = 0.1;
	assert_tree("process 1 p\n"
		    "stack 1 800 m|a|1|1;f|a|2|2\n"
		    "stack 1 70 m|a|1|1;g|a|3|3;x|a|9|9\n"
		    "stack 1 80 m|a|1|1;h|a|4|4\n"
		    "stack 1 50 m|a|1|1;f|a|2|2;i|a|5|5\n",
		    &options,
		    "1.000 m  a:1\n"
		    "|- 0.850 f  a:2\n"
		    "`- 0.150 [3 nodes below 10 %]\n"
		    "1 more node below 10 % with 0.050 s (5.00 %)\n");
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

/* A function on every level of which something runs, so that no level is a single callee's. */
static char *ladder_profile(int depth)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int i, j;

	assert_non_null(stream);
	fputs("process 1 p\n", stream);
	for (i = 1; i <= depth; i++) {
		fputs("stack 1 1000", stream);
		for (j = 1; j <= i; j++)
			fprintf(stream, "%sf_%d|/srv/f.py|%d|%d", j > 1 ? ";" : " ", j, j, j);
		fputs("\n", stream);
	}
	fclose(stream);
	return text;
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	static const uint32_t widths[] = { 80, 100, 200 };
	char *profiles[] = { deep_profile(300, "a_function_with_a_rather_long_name_as_many_have"),
			     ladder_profile(100) };
	struct report_options options;
	size_t i;

	(void)state;
	report_options_init(&options);
	for (i = 0; i < 2 * sizeof(widths) / sizeof(widths[0]); i++) {
		char *text, *rest, *line;

		options.width = widths[i / 2];
		options.unicode = i / 2 % 2;
		text = write_tree(profiles[i % 2], &options);
		rest = text;
		while ((line = strsep(&rest, "\n")))
			assert_true(table_columns(line) <= options.width);
		free(text);
	}
	free(profiles[0]);
	free(profiles[1]);
}

static void a_tree_too_deep_goes_on_in_parts(void **state)
{
	char *profile = ladder_profile(12), *text;
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.width = 30;
	text = write_tree(profile, &options);
	assert_non_null(strstr(text, "7.000 f_6  f.py:6  -> [1]\n"));
	assert_non_null(strstr(text, "\n\n[1] 7.000 f_6  f.py:6\n|- 6.000 f_7  "));
	assert_null(strstr(text, "[3]"));
	assert_non_null(strstr(text, "f_12"));
	free(text);
	free(profile);
}

static void a_long_run_of_single_callees_stays_in_its_column(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	assert_tree("process 1 p\n"
		    "stack 1 700 m|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5;f|a|6|6;g|a|7|7\n"
		    "stack 1 300 m|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5;f|a|6|6\n"
		    "stack 1 400 m|a|1|1;z|a|9|9\n",
		    &options,
		    "1.400 m  a:1\n"
		    "|- 1.000 b  a:2\n"
		    "|> 1.000 c  a:3\n"
		    "|> 1.000 d  a:4\n"
		    "|> 1.000 e  a:5\n"
		    "|> 1.000 f  a:6\n"
		    "|  |- 0.700 g  a:7\n"
		    "|  `- 0.300 [self]\n"
		    "`- 0.400 z  a:9\n");
	options.unicode = true;
	assert_tree("process 1 p\n"
		    "stack 1 700 m|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5;f|a|6|6\n",
		    &options,
		    "0.700 m  a:1\n"
		    "└─ 0.700 b  a:2\n"
		    " ↓ 0.700 c  a:3\n"
		    " ↓ 0.700 d  a:4\n"
		    " ↓ 0.700 e  a:5\n"
		    " ↓ 0.700 f  a:6\n");
	/* One that is not long is drawn as any other callees. */
	assert_tree("process 1 p\n"
		    "stack 1 700 m|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5\n",
		    &options,
		    "0.700 m  a:1\n"
		    "└─ 0.700 b  a:2\n"
		    "   └─ 0.700 c  a:3\n"
		    "      └─ 0.700 d  a:4\n"
		    "         └─ 0.700 e  a:5\n");
}

static void what_is_left_out_beside_a_run_is_counted(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.threshold = 0.05;
	assert_tree("process 1 p\n"
		    "stack 1 940 m|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5;f|a|6|6\n"
		    "stack 1 40 m|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;x|a|8|8;y|a|9|9\n"
		    "stack 1 20 m|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4\n",
		    &options,
		    "1.000 m  a:1\n"
		    "`- 1.000 b  a:2\n"
		    " > 1.000 c  a:3\n"
		    " > 1.000 d  a:4\n"
		    " > 0.940 e  a:5\n"
		    " > 0.940 f  a:6\n"
		    "2 more nodes below 5 % with 0.040 s (4.00 %)\n");
}

static void a_bottom_up_tree_tells_what_nobody_called(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.invert = true;
	assert_tree("process 1 p\nprocess 2 q\n"
		    "stack 1 500 m|a|1|1;f|a|2|2\n"
		    "stack 2 300 n|a|7|7;f|a|3|2\n"
		    "stack 2 200 f|a|2|2\n",
		    &options,
		    "1.000 f  a:2\n"
		    "|- 0.500 m  a:1\n"
		    "|- 0.300 n  a:7\n"
		    "`- 0.200 [no caller]\n");
}

static void amounts_are_in_the_unit_that_was_asked_for(void **state)
{
	static const char *const text = "process 1 p\n"
					"stack 1 996@1992000000 m|a|1|1;f|a|2|2\n"
					"stack 1 4@8000000 m|a|1|1\n";
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.threshold = 0.001;
	assert_tree(text, &options,
		    "2.000 m  a:1\n"
		    "|- 1.992 f  a:2\n"
		    "`- 0.008+-0.004 [self]\n");
	options.unit = REPORT_UNIT_PERCENT;
	assert_tree(text, &options,
		    "100.00% m  a:1\n"
		    "|- 99.60% f  a:2\n"
		    "`- 0.40+-0.20% [self]\n");
	options.unit = REPORT_UNIT_SAMPLES;
	assert_tree(text, &options,
		    "1000 m  a:1\n"
		    "|- 996 f  a:2\n"
		    "`- 4+-2 [self]\n");
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
					 "stack 1 600 m|a|1|1\nstack 2 400 m|a|1|1\n";
	struct report_options options;
	char text[256];

	(void)state;
	report_options_init(&options);
	assert_tree(plain, &options,
		    "0.600 p [1]  a.py\n"
		    "`- 0.600 m  a:1\n"
		    "0.400 q [2]\n"
		    "`- 0.400 m  a:1\n");
	snprintf(text, sizeof(text), "%s%s", plain, "of 2 container web\n");
	assert_tree(text, &options,
		    "0.600 [host]\n"
		    "`- 0.600 p [1]  a.py\n"
		    "   `- 0.600 m  a:1\n"
		    "0.400 web\n"
		    "`- 0.400 q [2]\n"
		    "   `- 0.400 m  a:1\n");
}

static void threads_of_one_process_are_the_roots(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	/* Library frames of a thread without functions of its own are hidden as in the rest of its process. */
	assert_tree(
		"process 1 p\nthread 1 Main\nthread 2 feeder\n"
		"stack 1/1 4600@460000000 m|a|1|1\n"
		"stack 1/2 400@40000000 run|/lib/python3.9/x.py|1|1;get|/lib/python3.9/y.py|1|1;"
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
		cmocka_unit_test(a_long_run_of_single_callees_stays_in_its_column),
		cmocka_unit_test(what_is_left_out_beside_a_run_is_counted),
		cmocka_unit_test(a_bottom_up_tree_tells_what_nobody_called),
		cmocka_unit_test(amounts_are_in_the_unit_that_was_asked_for),
		cmocka_unit_test(thousands_of_levels_do_no_harm),
		cmocka_unit_test(processes_stand_under_containers_if_there_are_any),
		cmocka_unit_test(threads_of_one_process_are_the_roots),
	};

	return cmocka_run_group_tests_name("report_tree", tests, NULL, NULL);
}
