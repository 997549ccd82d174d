/* SPDX-License-Identifier: GPL-2.0-only */
/* The folded format: what scripts rely on. The bytes of whole reports are tests/golden's. */
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

static char *write_folded(const struct profile *profile)
{
	struct report_options options;
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	report_options_init(&options);
	assert_int_equal(report_find("folded")->write(profile, &options, stream, &err), 0);
	fclose(stream);
	return text;
}

static void assert_folded(const char *profile_text, const char *expected)
{
	struct profile *profile = golden_parse(profile_text, "folded");
	char *text = write_folded(profile);

	assert_string_equal(text, expected);
	free(text);
	profile_free(profile);
}

static void an_empty_profile_is_an_empty_file(void **state)
{
	(void)state;
	assert_folded("process 1 p", "");
}

static void stacks_that_look_the_same_are_one_line(void **state)
{
	(void)state;
	assert_folded("process 1 p\n"
		      "stack 1 2 a\\x3bb|x|1|1;f|y|2|2\n"
		      "stack 1 3 a:b|x|1|9;f|y|2|1\n",
		      "a:b (x:1);f (y:2) 5\n");
}

static void stacks_of_no_samples_are_no_line(void **state)
{
	(void)state;
	assert_folded("process 1 p\nstack 1 0 f|x|1|1\nstack 1 1 f|x|1|1;g|x|1|1\n",
		      "f (x:1);g (x:1) 1\n");
}

static void processes_are_named_only_when_there_are_several(void **state)
{
	(void)state;
	assert_folded("process 1 p\nprocess 2 q\nstack 2 1 f|x|1|1", "f (x:1) 1\n");
	assert_folded("process 1 p\nprocess 2 p\nstack 2 1 f|x|1|1\nstack 1 4 f|x|1|1",
		      "p [1];f (x:1) 4\np [2];f (x:1) 1\n");
}

static void every_special_symbol_has_its_label(void **state)
{
	(void)state;
	assert_folded("process 1 p\n"
		      "stack 1 1 [native]\n"
		      "stack 1 1 [not yet recognised]\n"
		      "stack 1 1 [truncated];f|x|1|1\n"
		      "stack 1 1 [unreadable: some reason];f|x|1|1\n"
		      "stack 1 1 f|x|1|1;[unnamed]\n",
		      "[native] 1\n"
		      "[not yet recognised] 1\n"
		      "[truncated];f (x:1) 1\n"
		      "[unreadable: some reason];f (x:1) 1\n"
		      "f (x:1);[unnamed] 1\n");
}

/* Whole lines, as "LC_ALL=C sort" sorts them; names that begin like others make it hard. */
static void lines_are_sorted_as_bytes(void **state)
{
	const char *names[] = { "f", "f (x:1)", "f (x:1) 2 (x", "g", "\x01", "é", "[native]" };
	const size_t nnames = sizeof(names) / sizeof(names[0]);
	const struct profile_process process = { .pid = 1, .comm = "p", .python = "" };
	struct profile *profile = profile_new();
	uint32_t id, symbols[7], stack;
	char *text, *line, *previous, *rest;
	unsigned seed = 1, nlines = 0;
	size_t i;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &id), 0);
	for (i = 0; i < nnames; i++) {
		const struct symbol symbol = { .function = names[i], .file = "x", .line = 1 };

		assert_int_equal(profile_add_symbol(profile, &symbol, &symbols[i]), 0);
	}
	for (i = 0; i < 500; i++) {
		int depth = 1 + rand_r(&seed) % 4;

		stack = PROFILE_STACK_EMPTY;
		while (depth-- > 0)
			assert_int_equal(profile_add_stack(profile, stack,
							   symbols[(size_t)rand_r(&seed) % nnames],
							   &stack),
					 0);
		assert_int_equal(profile_add_weight(profile, id, PROFILE_NO_ID, stack, 1, 1), 0);
	}
	text = write_folded(profile);
	rest = text;
	previous = strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")) && *line) {
		assert_true(strcmp(previous, line) < 0);
		previous = line;
		nlines++;
	}
	assert_true(nlines > 200);
	free(text);
	profile_free(profile);
}

static void every_frame_of_a_deep_stack_is_there(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nstack 1 1 f|x|1|1 *4096", "deep");
	char *text = write_folded(profile);

	(void)state;
	assert_int_equal(strlen(text), 4096 * strlen("f (x:1);") + strlen("1\n"));
	free(text);
	profile_free(profile);
}

static void threads_stand_between_process_and_frames(void **state)
{
	(void)state;
	assert_folded("process 1 p\nthread 1 Main\nthread 2 \nstack 1/1 2 f|a|1|1\n"
		      "stack 1/2 3 f|a|1|1\n",
		      "Main [1];f (a:1) 2\nthread [2];f (a:1) 3\n");
	assert_folded("process 1 p\nprocess 2 q\nthread 1 Main\nthread 2 Main\n"
		      "stack 1/1 2 f|a|1|1\nstack 2/2 3 f|a|1|1\n",
		      "p [1];Main [1];f (a:1) 2\nq [2];Main [2];f (a:1) 3\n");
}

static void processes_that_were_put_together_say_how_many_they_are(void **state)
{
	(void)state;
	assert_folded("process 1 p\nof 1 count 64\nstack 1 2 f|a|1|1\n",
		      "p [1 and 63 more];f (a:1) 2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_profile_is_an_empty_file),
		cmocka_unit_test(stacks_that_look_the_same_are_one_line),
		cmocka_unit_test(stacks_of_no_samples_are_no_line),
		cmocka_unit_test(processes_are_named_only_when_there_are_several),
		cmocka_unit_test(threads_stand_between_process_and_frames),
		cmocka_unit_test(processes_that_were_put_together_say_how_many_they_are),
		cmocka_unit_test(every_special_symbol_has_its_label),
		cmocka_unit_test(lines_are_sorted_as_bytes),
		cmocka_unit_test(every_frame_of_a_deep_stack_is_there),
	};

	return cmocka_run_group_tests_name("report_folded", tests, NULL, NULL);
}
