/* SPDX-License-Identifier: GPL-2.0-only */
/* pstats' name of a row, which patterns are tried on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "profile/symbol.h"
#include "report/standard_name.h"

static void assert_name(struct symbol symbol, int32_t line, const char *expected)
{
	struct strbuf name;

	strbuf_init(&name);
	standard_name_add(&name, &symbol, line);
	assert_string_equal(strbuf_text(&name), expected);
	strbuf_done(&name);
}

static void a_function_is_path_line_and_name(void **state)
{
	(void)state;
	assert_name((struct symbol){ .function = "C.f", .file = "/a/b.py", .first_line = 3 }, 7,
		    "/a/b.py:7(C.f)");
	assert_name((struct symbol){ .function = "", .file = "" }, 0, ":0()");
	assert_name((struct symbol){ .function = "", .file = "/a.py" }, 3, "/a.py:3()");
}

static void a_whole_file_is_its_path(void **state)
{
	(void)state;
	assert_name((struct symbol){ .function = "", .file = "/a.py" }, 0, "/a.py");
}

static void what_is_no_function_has_its_label(void **state)
{
	(void)state;
	assert_name((struct symbol){ .kind = SYMBOL_NATIVE, .function = "", .file = "" }, 0,
		    "[native]");
	assert_name((struct symbol){ .kind = SYMBOL_UNREADABLE, .function = "why", .file = "" }, 0,
		    "[unreadable: why]");
}

static void nothing_in_it_moves_on_a_terminal(void **state)
{
	(void)state;
	assert_name((struct symbol){ .function = "f\x1b[1m", .file = "a\n\xff" }, 1,
		    "a\\x0a\\xff:1(f\\x1b[1m)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_is_path_line_and_name),
		cmocka_unit_test(a_whole_file_is_its_path),
		cmocka_unit_test(what_is_no_function_has_its_label),
		cmocka_unit_test(nothing_in_it_moves_on_a_terminal),
	};

	return cmocka_run_group_tests_name("standard_name", tests, NULL, NULL);
}
