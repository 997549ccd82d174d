/* SPDX-License-Identifier: GPL-2.0-only */
/* Labels of symbols, processes and threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/names.h"

static void a_label_is_one_element_whatever_is_in_it(void **state)
{
	const struct symbol symbol = {
		.function = "f;\n",
		.file = "a;b\xff",
		.line = 7,
		.first_line = 3,
	};
	const struct symbol unreadable = { .kind = SYMBOL_UNREADABLE,
					   .function = "a;b",
					   .file = "" };
	const struct profile_process process = { .pid = 12, .comm = "c;\033" };
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf);
	strbuf_add(&buf, "a;");
	names_add_label(&buf, &symbol, symbol.line);
	assert_string_equal(strbuf_text(&buf), "a;f:\\x0a (a:b\\xff:7)");
	strbuf_clear(&buf);
	names_add_label(&buf, &unreadable, 0);
	assert_string_equal(strbuf_text(&buf), "[unreadable: a:b]");
	strbuf_clear(&buf);
	names_add_process(&buf, &process);
	assert_string_equal(strbuf_text(&buf), "c:\\x1b [12]");
	strbuf_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_is_one_element_whatever_is_in_it),
	};

	return cmocka_run_group_tests_name("report_names", tests, NULL, NULL);
}
