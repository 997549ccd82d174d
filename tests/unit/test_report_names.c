/* SPDX-License-Identifier: GPL-2.0-only */
/* Labels, short file names, and which files are a library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/names.h"
#include "support/golden.h"

static void libraries_are_told_by_their_folders(void **state)
{
	const char *libraries[] = {
		"/usr/lib/python3.11/json/decoder.py",
		"/usr/lib64/python3.9/os.py",
		"/opt/py/lib/python3.13t/re/__init__.py",
		"lib/site-packages/six.py",
		"site-packages/six.py",
		"/usr/lib/python3/dist-packages/apt/cache.py",
		"/home/u/venv/lib/python2.7/site-packages/x.py",
		"<frozen importlib._bootstrap>",
	};
	const char *applications[] = {
		"/srv/app/app.py",
		"app.py",
		"<string>",
		"",
		"<stdin>",
		"/lib/python/x.py",
		"/srv/mylib/python3.11/x.py",
		"/srv/my-site-packages/x.py",
		"/usr/lib/python3.11",
		"/usr/lib/python3.11/",
		"/lib/python3.11x/y.py",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		assert_true(names_is_library(libraries[i]));
	for (i = 0; i < sizeof(applications) / sizeof(applications[0]); i++)
		assert_false(names_is_library(applications[i]));
}

static void a_library_file_belongs_to_a_module(void **state)
{
	static const struct {
		const char *file, *module;
	} cases[] = {
		{ "/usr/lib/python3.11/json/decoder.py", "json" },
		{ "/usr/lib/python3.11/threading.py", "threading" },
		{ "/v/lib/python3.11/site-packages/requests/api.py", "requests" },
		{ "<frozen importlib._bootstrap>", "importlib" },
		{ "<frozen runpy>", "runpy" },
	};
	size_t i, length;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = names_module(cases[i].file, &length);

		assert_int_equal(length, strlen(cases[i].module));
		assert_memory_equal(name, cases[i].module, length);
	}
}

/* The short name of the file of symbol number `symbol`. */
static void assert_short(const struct profile *profile, uint32_t symbol, const char *expected)
{
	struct file_names *names = file_names_new(profile);

	assert_non_null(names);
	assert_string_equal(file_names_get(names, profile_symbol(profile, symbol)->file), expected);
	file_names_free(names);
}

static void files_are_as_short_as_they_stay_distinct(void **state)
{
	struct profile *profile =
		golden_parse("process 1 p\n"
			     "stack 1 1 f|/srv/app/app.py|1|1\n"
			     "stack 1 1 f|/srv/app/util.py|1|1\n"
			     "stack 1 1 f|/srv/lib/util.py|1|1\n"
			     "stack 1 1 f|/usr/lib/python3.11/json/decoder.py|1|1\n"
			     "stack 1 1 f|/srv/decoder.py|1|1\n"
			     "stack 1 1 f|/a/site-packages/x/y.py|1|1\n"
			     "stack 1 1 f|/b/site-packages/x/y.py|1|1\n"
			     "stack 1 1 f|/srv/app/|1|1\n"
			     "stack 1 1 g|/srv/app/app.py|2|2\n",
			     "files");

	(void)state;
	assert_short(profile, 0, "app.py");
	assert_short(profile, 1, "/srv/app/util.py");
	assert_short(profile, 2, "/srv/lib/util.py");
	assert_short(profile, 3, "json/decoder.py");
	assert_short(profile, 4, "/srv/decoder.py");
	assert_short(profile, 5, "/a/site-packages/x/y.py");
	assert_short(profile, 6, "/b/site-packages/x/y.py");
	assert_short(profile, 7, "/srv/app/");
	assert_short(profile, 8, "app.py");
	profile_free(profile);
}

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
		cmocka_unit_test(libraries_are_told_by_their_folders),
		cmocka_unit_test(a_library_file_belongs_to_a_module),
		cmocka_unit_test(files_are_as_short_as_they_stay_distinct),
		cmocka_unit_test(a_label_is_one_element_whatever_is_in_it),
	};

	return cmocka_run_group_tests_name("report_names", tests, NULL, NULL);
}
