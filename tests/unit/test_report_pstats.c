/* SPDX-License-Identifier: GPL-2.0-only */
/* Files for pstats: what the numbers are, and names that must neither collide nor stop a reader. */
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
#include "support/marshal_dump.h"

static char *write_pstats(const struct profile *profile)
{
	struct report_options options;
	struct err err = { 0 };
	char *bytes = NULL, *text;
	size_t size = 0;
	FILE *stream = open_memstream(&bytes, &size);

	assert_non_null(stream);
	report_options_init(&options);
	assert_int_equal(report_find("pstats")->write(profile, &options, stream, &err), 0);
	fclose(stream);
	text = marshal_dump(bytes, size);
	free(bytes);
	return text;
}

static void assert_pstats(const char *profile_text, const char *expected)
{
	struct profile *profile = golden_parse(profile_text, "pstats");
	char *text = write_pstats(profile);

	assert_string_equal(text, expected);
	free(text);
	profile_free(profile);
}

static void lines_of_a_function_are_one_entry_at_its_first_line(void **state)
{
	(void)state;
	assert_pstats("process 1 p\n"
		      "stack 1 1 main|/a.py|3|1;f|/a.py|8|7\n"
		      "stack 1 2 main|/a.py|4|1;f|/a.py|9|7\n",
		      "{\n"
		      "    (\"/a.py\", 1, \"main\"): (3, 3, 0.000000000, 0.003000000, {})\n"
		      "    (\"/a.py\", 7, \"f\"): (3, 3, 0.003000000, 0.003000000, {\n"
		      "        (\"/a.py\", 1, \"main\"): (3, 3, 0.003000000, 0.003000000)})}\n");
}

static void processes_are_added_up(void **state)
{
	(void)state;
	assert_pstats("process 1 p\nprocess 2 p\n"
		      "stack 1 1 f|/a.py|8|7\n"
		      "stack 2 2 f|/a.py|8|7\n",
		      "{\n    (\"/a.py\", 7, \"f\"): (3, 3, 0.003000000, 0.003000000, {})}\n");
}

static void names_that_look_alike_when_sanitized_are_one_entry(void **state)
{
	/* pstats would take the last of two equal keys, and the sum of self would be too small. */
	(void)state;
	assert_pstats("process 1 p\n"
		      "stack 1 1 f\\xff|/a.py|8|7\n"
		      "stack 1 2 f\\x5cxff|/a.py|9|7\n"
		      "stack 1 4 [native]\n"
		      "stack 1 8 <native>|~|0|0\n",
		      "{\n"
		      "    (\"/a.py\", 7, \"f\\xff\"): (3, 3, 0.003000000, 0.003000000, {})\n"
		      "    (\"~\", 0, \"<native>\"): (12, 12, 0.012000000, 0.012000000, {})}\n");
}

static void counts_past_32_bits_are_whole(void **state)
{
	(void)state;
	assert_pstats("process 1 p\nstack 1 5000000000@7000000000000000 f|/a.py|8|7\n",
		      "{\n    (\"/a.py\", 7, \"f\"): (5000000000L, 5000000000L, 7000000.000000000, "
		      "7000000.000000000, {})}\n");
}

static void counts_of_other_tools_are_no_seconds(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nstack 1 1@12 f|/a.py|8|7\n", "count");
	char *text;

	(void)state;
	profile_set_unit(profile, PROFILE_UNIT_COUNT);
	text = write_pstats(profile);
	assert_non_null(strstr(text, "(1, 1, 12.000000000, 12.000000000, {})"));
	free(text);
	profile_free(profile);
}

static void the_same_profile_in_any_order_is_the_same_file(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 1 b|b|1|1;c|c|1|1\n"
					       "stack 1 2 a|a|1|1;c|c|1|1\n",
					       "order");
	char *text = write_pstats(profile);

	(void)state;
	assert_pstats("process 1 p\n"
		      "stack 1 2 a|a|1|1;c|c|1|1\n"
		      "stack 1 1 b|b|1|1;c|c|1|1\n",
		      text);
	free(text);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_a_function_are_one_entry_at_its_first_line),
		cmocka_unit_test(processes_are_added_up),
		cmocka_unit_test(names_that_look_alike_when_sanitized_are_one_entry),
		cmocka_unit_test(counts_past_32_bits_are_whole),
		cmocka_unit_test(counts_of_other_tools_are_no_seconds),
		cmocka_unit_test(the_same_profile_in_any_order_is_the_same_file),
	};

	return cmocka_run_group_tests_name("report_pstats", tests, NULL, NULL);
}
