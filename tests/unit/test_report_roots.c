/* SPDX-License-Identifier: GPL-2.0-only */
/* What rows are put under: who shares a root, what it adds up, and what it is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/roots.h"
#include "report/table.h"
#include "support/golden.h"

/* The roots as text: each row's samples, and the labels from the outermost root to the innermost. */
static char *describe(const char *profile_text, unsigned levels)
{
	struct profile *profile = golden_parse(profile_text, "roots");
	struct strbuf buf;
	struct roots roots;
	uint32_t path[8];
	size_t i, n;

	assert_int_equal(roots_init(&roots, profile, levels), 0);
	strbuf_init(&buf);
	strbuf_add(&buf, "");
	for (i = 0; i < profile_nrows(profile); i++) {
		uint32_t at = roots.of_row[i];

		strbuf_add_format(&buf, "%d:", (int)profile_row(profile, i)->samples);
		for (n = 0; at; at = roots.roots[at].parent) {
			assert_true(at < roots.count && roots.roots[at].parent < at);
			path[n++] = at;
		}
		while (n > 0) {
			strbuf_add(&buf, " / ");
			roots_add_label(&buf, &roots.roots[path[--n]], 200, false, false);
		}
		strbuf_add_char(&buf, '\n');
	}
	assert_int_equal(strbuf_error(&buf), 0);
	roots_done(&roots);
	profile_free(profile);
	return buf.text;
}

static void assert_roots(const char *profile_text, unsigned levels, const char *expected)
{
	char *text = describe(profile_text, levels);

	assert_string_equal(text, expected);
	free(text);
}

static const char *const two =
	"process 1 p\nof 1 command p a.py\nof 1 container web\nof 1 container_id 123456789012345\n"
	"process 2 p\nof 2 command p a.py -v\n"
	"thread 1 Main\nthread 2 Main\n"
	"stack 1/1 5 f|a|1|1\n"
	"stack 2/2 7 f|a|1|1\n"
	"stack 1 3 f|a|1|1\n";

static void each_level_groups_by_its_own_key(void **state)
{
	(void)state;
	assert_roots(two, 0, "5:\n7:\n3:\n");
	assert_roots(two, ROOTS_CONTAINERS,
		     "5: / web  123456789012\n7: / [host]\n3: / web  123456789012\n");
	assert_roots(two, ROOTS_COMMANDS,
		     "5: / p a.py x 2 processes\n7: / p a.py x 2 processes\n"
		     "3: / p a.py x 2 processes\n");
	assert_roots(two, ROOTS_PROCESSES,
		     "5: / p [1]  a.py\n7: / p [2]  a.py -v\n3: / p [1]  a.py\n");
	assert_roots(two, ROOTS_THREADS,
		     "5: / Main [1]  p [1]\n7: / Main [2]  p [2]\n3: / p [1]  a.py\n");
	assert_roots(two, ROOTS_CONTAINERS | ROOTS_PROCESSES | ROOTS_THREADS,
		     "5: / web  123456789012 / p [1]  a.py / Main [1]\n"
		     "7: / [host] / p [2]  a.py -v / Main [2]\n"
		     "3: / web  123456789012 / p [1]  a.py\n");
}

static void levels_are_chosen_by_what_there_is(void **state)
{
	static const struct {
		const char *text;
		unsigned stacks, more_in_tree;
	} cases[] = {
		{ "process 1 p\nof 1 container c\nprocess 2 q\nstack 1 1 f|a|1|1", 0, 0 },
		{ "process 1 p\nthread 1 t\nstack 1/1 1 f|a|1|1", ROOTS_THREADS, 0 },
		{ "process 1 p\nof 1 count 2\nstack 1 1 f|a|1|1", ROOTS_PROCESSES,
		  ROOTS_FOLD_MANY },
		/* The container's process has no samples. */
		{ "process 1 p\nprocess 2 q\nprocess 3 r\nof 3 container c\n"
		  "stack 1 1 f|a|1|1\nstack 2 1 f|a|1|1",
		  ROOTS_PROCESSES, ROOTS_FOLD_MANY },
		{ "process 1 p\nprocess 2 q\nof 2 container_id 1\nstack 1 1 f|a|1|1\n"
		  "stack 2 1 f|a|1|1",
		  ROOTS_PROCESSES, ROOTS_FOLD_MANY | ROOTS_CONTAINERS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile *profile = golden_parse(cases[i].text, "levels");

		assert_int_equal(roots_levels_of_stacks(profile), cases[i].stacks);
		assert_int_equal(roots_levels_of_tree(profile),
				 cases[i].stacks | cases[i].more_in_tree);
		profile_free(profile);
	}
}

/* A profile of so many processes of one command, and another of it in a container. */
static char *workers(int count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int i;

	assert_non_null(stream);
	for (i = 1; i <= count; i++)
		fprintf(stream, "process %d w\nof %d command w w.py %d\nthread %d Main\n", i, i, i,
			i);
	fprintf(stream, "process 99 w\nof 99 command w w.py\nof 99 container c\n");
	for (i = 1; i <= count; i++)
		fprintf(stream, "stack %d/%d 1 f|a|1|1\n", i, i);
	fprintf(stream, "stack 99 1 f|a|1|1\n");
	fclose(stream);
	return text;
}

static void more_than_twenty_of_one_command_in_one_place_are_one_root(void **state)
{
	const unsigned levels =
		ROOTS_CONTAINERS | ROOTS_PROCESSES | ROOTS_FOLD_MANY | ROOTS_THREADS;
	char *profile = workers(ROOTS_MANY), *text;

	(void)state;
	text = describe(profile, levels);
	assert_non_null(strstr(text, "1: / [host] / w [20]  w.py 20 / Main [20]\n"));
	free(text);
	free(profile);
	profile = workers(ROOTS_MANY + 1);
	text = describe(profile, levels);
	assert_int_equal(strncmp(text,
				 "1: / [host] / w w.py x 21 processes / Main\n"
				 "1: / [host] / w w.py x 21 processes / Main\n",
				 86),
			 0);
	assert_non_null(strstr(text, "1: / c / w [99]  w.py\n"));
	assert_null(strstr(text, "[2]"));
	free(text);
	free(profile);
}

static void a_root_adds_up_its_rows_and_what_the_kernel_counted(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nof 1 kernel 100\n"
					       "process 2 p\nof 2 kernel 20\n"
					       "process 3 p\nof 3 kernel 3\n"
					       "process 4 q\n"
					       "process 5 q\nof 5 kernel 9\n"
					       "stack 1 5@50 f|a|1|1\nstack 1 1@10 g|a|1|1\n"
					       "stack 2 7@70 f|a|1|1\nstack 4 1@1 f|a|1|1\n",
					       "sums");
	struct roots roots;

	(void)state;
	assert_int_equal(roots_init(&roots, profile, ROOTS_COMMANDS), 0);
	assert_int_equal(roots.count, 3);
	assert_int_equal(roots.roots[1].samples, 13);
	assert_int_equal(roots.roots[1].weight_ns, 130);
	/* The third has no samples, and what it used is part of what the command used. */
	assert_int_equal(roots.roots[1].nprocesses, 2);
	assert_int_equal(roots.roots[1].kernel_ns, 123);
	assert_true(roots.roots[2].kernel_ns == PROFILE_TIME_UNKNOWN);
	roots_done(&roots);
	profile_free(profile);
}

static void a_program_that_executes_another_is_two_roots(void **state)
{
	struct profile_process process = { .pid = 7, .start_time = 1, .comm = "sh" };
	const struct symbol native = { .kind = SYMBOL_NATIVE, .function = "", .file = "" };
	struct profile *profile = profile_new();
	uint32_t first, second, symbol, stack;
	struct roots roots;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &first), 0);
	process.program = 1;
	assert_int_equal(profile_add_process(profile, &process, &second), 0);
	assert_int_equal(profile_add_symbol(profile, &native, &symbol), 0);
	assert_int_equal(profile_add_stack(profile, 0, symbol, &stack), 0);
	assert_int_equal(profile_add_weight(profile, first, PROFILE_NO_ID, stack, 1, 1), 0);
	assert_int_equal(profile_add_weight(profile, second, PROFILE_NO_ID, stack, 1, 1), 0);
	assert_int_equal(roots_init(&roots, profile, ROOTS_PROCESSES), 0);
	assert_int_equal(roots.count, 3);
	assert_true(roots_compare(&roots.roots[1], &roots.roots[2]) < 0);
	assert_true(roots_compare(&roots.roots[2], &roots.roots[1]) > 0);
	assert_int_equal(roots_compare(&roots.roots[1], &roots.roots[1]), 0);
	roots_done(&roots);
	profile_free(profile);
}

static void a_label_fits_and_never_loses_what_tells_it_apart(void **state)
{
	struct profile *profile =
		golden_parse("process 1234567 p\nof 1234567 comm \\{99 c}\nof 1234567 inside 4321\n"
			     "of 1234567 command \\{4000 x}\nof 1234567 container \\{300 n}\n"
			     "of 1234567 container_id 0123456789abcdef\nof 1234567 count 1\n"
			     "stack 1234567 1 f|a|1|1\n",
			     "fit");
	static const unsigned levels[] = { ROOTS_CONTAINERS, ROOTS_COMMANDS, ROOTS_PROCESSES };
	struct strbuf buf;
	size_t i, columns;

	(void)state;
	strbuf_init(&buf);
	for (i = 0; i < 3; i++) {
		struct roots roots;

		assert_int_equal(roots_init(&roots, profile, levels[i]), 0);
		for (columns = 0; columns <= 200; columns += 10) {
			strbuf_clear(&buf);
			roots_add_label(&buf, &roots.roots[1], columns, columns % 20, false);
			assert_int_equal(strbuf_error(&buf), 0);
			if (columns >= 90)
				assert_true(table_columns(strbuf_text(&buf)) <= columns);
			if (levels[i] == ROOTS_PROCESSES)
				assert_non_null(strstr(buf.text, " [1234567, inside 4321]"));
		}
		roots_done(&roots);
	}
	strbuf_done(&buf);
	profile_free(profile);
}

static void a_container_that_is_called_by_its_id_tells_it_once(void **state)
{
	static const char *const text = "process 1 p\nof 1 container 0123456789ab\n"
					"of 1 container_id 0123456789abcdef\n"
					"process 2 p\nof 2 container_id fedcba9876543210\n"
					"stack 1 1 f|a|1|1\nstack 2 1 f|a|1|1\n";

	(void)state;
	assert_roots(text, ROOTS_CONTAINERS, "1: / 0123456789ab\n1: / fedcba987654\n");
}

static void a_colour_is_begun_and_ended_around_what_matters_less(void **state)
{
	struct profile *profile = golden_parse(two, "color");
	struct roots roots;
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf);
	assert_int_equal(roots_init(&roots, profile, ROOTS_PROCESSES), 0);
	roots_add_label(&buf, &roots.roots[1], 80, true, true);
	assert_string_equal(strbuf_text(&buf), "p [1]  \033[2ma.py\033[0m");
	strbuf_done(&buf);
	roots_done(&roots);
	profile_free(profile);
}

static void an_empty_profile_has_no_roots(void **state)
{
	(void)state;
	assert_roots("# nothing",
		     ROOTS_CONTAINERS | ROOTS_PROCESSES | ROOTS_FOLD_MANY | ROOTS_THREADS, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_groups_by_its_own_key),
		cmocka_unit_test(levels_are_chosen_by_what_there_is),
		cmocka_unit_test(more_than_twenty_of_one_command_in_one_place_are_one_root),
		cmocka_unit_test(a_root_adds_up_its_rows_and_what_the_kernel_counted),
		cmocka_unit_test(a_program_that_executes_another_is_two_roots),
		cmocka_unit_test(a_label_fits_and_never_loses_what_tells_it_apart),
		cmocka_unit_test(a_container_that_is_called_by_its_id_tells_it_once),
		cmocka_unit_test(a_colour_is_begun_and_ended_around_what_matters_less),
		cmocka_unit_test(an_empty_profile_has_no_roots),
	};

	return cmocka_run_group_tests_name("report_roots", tests, NULL, NULL);
}
