/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a command line says what a process runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/command.h"

struct line {
	const char *command, *expected;
};

static void assert_names(const struct line *lines, size_t count)
{
	struct strbuf buf;
	size_t i;

	strbuf_init(&buf);
	for (i = 0; i < count; i++) {
		const struct profile_process process = {
			.comm = "the comm",
			.command = lines[i].command,
		};

		strbuf_clear(&buf);
		command_add_name(&buf, &process);
		assert_string_equal(strbuf_text(&buf), lines[i].expected);
	}
	strbuf_done(&buf);
}

#define ASSERT_NAMES(lines) assert_names(lines, sizeof(lines) / sizeof((lines)[0]))

static void a_command_is_the_program_and_its_script(void **state)
{
	static const struct line lines[] = {
		{ "/usr/bin/python3 manage.py runserver", "python3 manage.py" },
		{ "python3.11 /srv/app/main.py --workers 4", "python3.11 /srv/app/main.py" },
		{ "python3", "python3" },
		{ "python3 - a", "python3 -" },
		{ "pypy3 -u x.py", "pypy3 x.py" },
		{ "/opt/uwsgi --master --ini app.ini", "uwsgi app.ini" },
		{ "gunicorn: worker [app]", "gunicorn: worker" },
		/* What is an option with an argument of Python is not so for other programs. */
		{ "/opt/tool -W x -c conf", "tool x" },
	};

	(void)state;
	ASSERT_NAMES(lines);
}

static void the_options_of_python_are_stepped_over(void **state)
{
	static const struct line lines[] = {
		{ "python3 -u -B x.py", "python3 x.py" },
		{ "python3 -W error x.py", "python3 x.py" },
		{ "python3 -Werror x.py", "python3 x.py" },
		{ "python3 -X dev -X importtime x.py", "python3 x.py" },
		{ "python3 -uX dev x.py", "python3 x.py" },
		{ "python3 --check-hash-based-pycs always x.py", "python3 x.py" },
		{ "python3 -m http.server 8000", "python3 -m http.server" },
		{ "python3 -mhttp.server 8000", "python3 -m http.server" },
		{ "python3 -uBm http.server", "python3 -m http.server" },
		{ "python3 -c import time; time.sleep(9)", "python3 -c" },
		{ "python3 -Ic import x", "python3 -c" },
		{ "python3 --help-xoptions x.py", "python3 x.py" },
	};

	(void)state;
	ASSERT_NAMES(lines);
}

static void any_text_is_a_command_line(void **state)
{
	static const struct line lines[] = {
		{ "", "the comm" },
		{ "   ", "the comm" },
		{ "  python3   x.py  ", "python3 x.py" },
		{ "/", "/" },
		{ "dir/ x", "dir/ x" },
		{ "python3 -m", "python3 -m" },
		{ "python3 -W", "python3" },
		{ "python3 -X  ", "python3" },
		{ "python3 --", "python3" },
	};

	(void)state;
	ASSERT_NAMES(lines);
}

static void the_program_is_left_out_where_the_command_name_says_it(void **state)
{
	static const struct {
		const char *comm, *command, *expected;
	} cases[] = {
		{ "python3", "/usr/bin/python3 x.py a", "x.py a" },
		{ "python3", "python3", "" },
		{ "python3", "python3.11 x.py", "python3.11 x.py" },
		{ "celery", "/venv/bin/python /venv/bin/celery",
		  "/venv/bin/python /venv/bin/celery" },
		/* The kernel keeps 15 bytes of a command name. */
		{ "a-program-with-", "/opt/a-program-with-a-name x", "x" },
		{ "a-program", "/opt/a-program-with-a-name x", "/opt/a-program-with-a-name x" },
		{ "python3", "", "" },
		{ "", " ", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct profile_process process = {
			.comm = cases[i].comm,
			.command = cases[i].command,
		};

		assert_string_equal(command_arguments(&process), cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_the_program_and_its_script),
		cmocka_unit_test(the_options_of_python_are_stepped_over),
		cmocka_unit_test(any_text_is_a_command_line),
		cmocka_unit_test(the_program_is_left_out_where_the_command_name_says_it),
	};

	return cmocka_run_group_tests_name("report_command", tests, NULL, NULL);
}
