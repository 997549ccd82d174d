/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/telling.c: what is told of a written file can be typed again, and can do nothing to a terminal. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "telling.h"

/* What is written to standard error between the two. */
static FILE *real_stderr;
static char *told;
static size_t told_size;

static void listen(void)
{
	real_stderr = stderr;
	stderr = open_memstream(&told, &told_size);
	assert_non_null(stderr);
}

static void assert_told(const char *expected)
{
	fclose(stderr);
	stderr = real_stderr;
	assert_string_equal(told, expected);
	free(told);
	told = NULL;
}

static void a_file_is_told_with_the_command_that_opens_it(void **state)
{
	(void)state;
	listen();
	tell_wrote("a.txt", "", NULL);
	tell_wrote("b.prof", "", "python3 -m pstats");
	tell_wrote("c.pb.gz", "1.2 MB, 3.1 bytes a sample", "pybpfprof report");
	assert_told("wrote a.txt\n"
		    "wrote b.prof; next: python3 -m pstats b.prof\n"
		    "wrote c.pb.gz (1.2 MB, 3.1 bytes a sample); next: pybpfprof report c.pb.gz\n");
}

static void a_name_that_a_shell_would_read_otherwise_is_quoted(void **state)
{
	(void)state;
	listen();
	tell_wrote("my file;$(x)", "", "open");
	tell_wrote("it's", "", "open");
	assert_told("wrote my file;$(x); next: open 'my file;$(x)'\n"
		    "wrote it's; next: open 'it'\\''s'\n");
}

static void a_name_does_nothing_to_a_terminal(void **state)
{
	(void)state;
	listen();
	tell_wrote("a\033[31m\nb", "", "open");
	assert_told("wrote a\\x1b[31m\\x0ab; next: open 'a\\x1b[31m\\x0ab'\n");
}

static void progress_tells_what_is_recorded_only_where_something_is(void **state)
{
	struct progress progress = { 0 };
	struct progress_numbers numbers = {
		.elapsed_ns = 2500000000, .samples = 2400, .processes = 1, .lost = 3
	};

	(void)state;
	listen();
	progress_show(&progress, 7, &numbers, false);
	numbers.records = true;
	numbers.bytes = 1234567;
	numbers.processes = 2;
	progress_show(&progress, 8, &numbers, true);
	assert_int_equal(progress.shown_ns, 8);
	assert_told("\r2 s, 2400 samples, 1 process, 3 lost "
		    "\r2 s, 2400 samples, 2 processes, 3 lost, 1.2 MB written (Ctrl-C ends) ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_told_with_the_command_that_opens_it),
		cmocka_unit_test(a_name_that_a_shell_would_read_otherwise_is_quoted),
		cmocka_unit_test(a_name_does_nothing_to_a_terminal),
		cmocka_unit_test(progress_tells_what_is_recorded_only_where_something_is),
	};

	return cmocka_run_group_tests_name("telling", tests, NULL, NULL);
}
