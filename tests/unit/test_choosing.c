/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/choosing.c: which script a command line runs, and what the filters choose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choosing.h"
#include "container/container.h"
#include "options.h"

/* A string literal with zeroes between the arguments, and the size with the last zero. */
#define ARGUMENTS(text) (text), sizeof(text)

static void the_script_is_the_first_argument_that_is_no_option(void **state)
{
	(void)state;
	assert_string_equal(choosing_script(ARGUMENTS("python3\0job.py\0-m\0x")), "job.py");
	assert_string_equal(choosing_script(ARGUMENTS("python3\0-u\0-OO\0/srv/job.py")),
			    "/srv/job.py");
	assert_string_equal(choosing_script(ARGUMENTS("python3\0-W\0ignore\0-Xdev\0job.py")),
			    "job.py");
	assert_string_equal(choosing_script(ARGUMENTS("python3\0-uX\0dev\0job.py")), "job.py");
	assert_string_equal(choosing_script(ARGUMENTS("python3\0--\0-odd.py")), "-odd.py");
	assert_string_equal(
		choosing_script(ARGUMENTS("python3\0--check-hash-based-pycs\0always\0job.py")),
		"job.py");
}

static void a_module_stands_for_the_script(void **state)
{
	(void)state;
	assert_string_equal(choosing_script(ARGUMENTS("python3\0-m\0http.server\0-d")),
			    "http.server");
	assert_string_equal(choosing_script(ARGUMENTS("python3\0-umhttp.server")), "http.server");
}

static void commands_and_standard_input_are_no_scripts(void **state)
{
	(void)state;
	assert_null(choosing_script(ARGUMENTS("python3\0-c\0pass\0job.py")));
	assert_null(choosing_script(ARGUMENTS("python3\0-\0job.py")));
	assert_null(choosing_script(ARGUMENTS("python3")));
	assert_null(choosing_script(ARGUMENTS("python3\0-W")));
	assert_null(choosing_script(ARGUMENTS("python3\0-m")));
}

static void a_command_line_that_was_cut_is_read_no_further(void **state)
{
	static const char all[] = "python3\0-u\0job.py";
	char exact[sizeof(all)];

	(void)state;
	for (size_t size = 0; size < sizeof(all); size++) {
		memcpy(exact, all, size);
		memset(exact + size, 'x', sizeof(exact) - size);
		assert_null(choosing_script(exact, size));
	}
}

static bool chosen(const char *name, const char *comm, const char *executable,
		   const char *arguments, size_t size)
{
	const struct options options = { .name = name };
	const struct candidate candidate = { comm, executable, arguments, size, NULL };

	return choosing_matches(&options, &candidate);
}

static void a_name_is_the_commands_the_executables_or_the_scripts(void **state)
{
	(void)state;
	assert_true(chosen("gunicorn*", "gunicorn: worke", "", ARGUMENTS("x")));
	assert_true(chosen("python3.1?", "x", "/usr/bin/python3.11", ARGUMENTS("x")));
	assert_true(chosen("python3", "x", "", ARGUMENTS("/usr/bin/python3")));
	assert_true(chosen("job.py", "python3", "", ARGUMENTS("python3\0/srv/job.py")));
	assert_true(chosen("/srv/*", "python3", "", ARGUMENTS("python3\0/srv/job.py")));
	assert_true(chosen("http.server", "python3", "", ARGUMENTS("python3\0-m\0http.server")));
	assert_false(chosen("job.py", "python3", "", ARGUMENTS("python3\0-c\0x\0job.py")));
	assert_false(chosen("job", "python3", "", ARGUMENTS("python3\0job.py")));
	assert_false(chosen("*", "", "", "", 0));
}

static void every_filter_must_match(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct options options = { .name = "job.py", .container = "01234567" };
	struct container container;
	struct candidate candidate = { "python3", "", ARGUMENTS("python3\0job.py"), &container };
	char path[128] = "/docker/";

	(void)state;
	strcat(path, id);
	container_parse_path(path, &container);
	assert_true(choosing_filters(&options));
	assert_true(choosing_matches(&options, &candidate));
	options.container = "99999999";
	assert_false(choosing_matches(&options, &candidate));
	options.container = "01234567";
	options.name = "other.py";
	assert_false(choosing_matches(&options, &candidate));
	options.name = NULL;
	candidate.container = NULL;
	assert_false(choosing_matches(&options, &candidate));
	options.container = NULL;
	assert_false(choosing_filters(&options));
	assert_true(choosing_matches(&options, &candidate));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_script_is_the_first_argument_that_is_no_option),
		cmocka_unit_test(a_module_stands_for_the_script),
		cmocka_unit_test(commands_and_standard_input_are_no_scripts),
		cmocka_unit_test(a_command_line_that_was_cut_is_read_no_further),
		cmocka_unit_test(a_name_is_the_commands_the_executables_or_the_scripts),
		cmocka_unit_test(every_filter_must_match),
	};

	return cmocka_run_group_tests_name("choosing", tests, NULL, NULL);
}
