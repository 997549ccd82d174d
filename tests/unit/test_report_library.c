/* SPDX-License-Identifier: GPL-2.0-only */
/* Which files are a library's, wherever they were installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "report/library.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct library_case {
	const char *file;
	enum library_kind kind;
	const char *inside, *package;
};

static void assert_cases(const struct library_case *cases, size_t count)
{
	size_t i, length;

	for (i = 0; i < count; i++) {
		const char *inside, *package;

		if (library_find(cases[i].file, &inside) != cases[i].kind ||
		    strcmp(inside, cases[i].inside) != 0)
			fail_msg("%s: kind %d, inside %s", cases[i].file,
				 (int)library_find(cases[i].file, &inside), inside);
		assert_int_equal(library_has(cases[i].file),
				 cases[i].kind == LIBRARY_STANDARD ||
					 cases[i].kind == LIBRARY_PACKAGE);
		package = library_package(cases[i].file, &length);
		assert_int_equal(length, strlen(cases[i].package));
		assert_memory_equal(package, cases[i].package, length);
	}
}

static void the_standard_library_is_told_by_its_folder_and_its_names(void **state)
{
	static const struct library_case cases[] = {
		{ "/usr/lib/python3.11/json/decoder.py", LIBRARY_STANDARD, "json/decoder.py",
		  "json" },
		{ "/usr/lib64/python3.9/os.py", LIBRARY_STANDARD, "os.py", "os" },
		{ "/opt/py/lib/python3.13t/re/__init__.py", LIBRARY_STANDARD, "re/__init__.py",
		  "re" },
		{ "/usr/lib/python2.7/lib-tk/Tkinter.py", LIBRARY_STANDARD, "lib-tk/Tkinter.py",
		  "lib-tk" },
		{ "/root/.pyenv/versions/3.13.0/lib/python3.13/_pyrepl/main.py", LIBRARY_STANDARD,
		  "_pyrepl/main.py", "_pyrepl" },
		{ "/opt/conda/envs/x/lib/python3.12/asyncio/events.py", LIBRARY_STANDARD,
		  "asyncio/events.py", "asyncio" },
		{ "/home/u/.local/share/uv/python/cpython-3.14.0-linux-x86_64-gnu/lib/python3.14/"
		  "string/templatelib.py",
		  LIBRARY_STANDARD, "string/templatelib.py", "string" },
		{ "/nix/store/0abc-python3-3.11.7/lib/python3.11/threading.py", LIBRARY_STANDARD,
		  "threading.py", "threading" },
		{ "lib/python3.11/os.py", LIBRARY_STANDARD, "os.py", "os" },
		{ "/usr/lib/python311.zip/email/parser.py", LIBRARY_STANDARD, "email/parser.py",
		  "email" },
		{ "<frozen importlib._bootstrap>", LIBRARY_STANDARD, "importlib._bootstrap>",
		  "importlib" },
		{ "<frozen runpy>", LIBRARY_STANDARD, "runpy>", "runpy" },
	};

	(void)state;
	assert_cases(cases, COUNT(cases));
}

static void packages_are_told_by_where_installers_put_them(void **state)
{
	static const struct library_case cases[] = {
		{ "/srv/venv/lib/python3.11/site-packages/requests/api.py", LIBRARY_PACKAGE,
		  "requests/api.py", "requests" },
		{ "/usr/lib/python3/dist-packages/apt/cache.py", LIBRARY_PACKAGE, "apt/cache.py",
		  "apt" },
		{ "/usr/local/lib/python3.11/dist-packages/six.py", LIBRARY_PACKAGE, "six.py",
		  "six" },
		{ "/home/u/.local/lib/python3.11/site-packages/rich/text.py", LIBRARY_PACKAGE,
		  "rich/text.py", "rich" },
		{ "/home/u/.local/pipx/venvs/black/lib/python3.11/site-packages/black/linegen.py",
		  LIBRARY_PACKAGE, "black/linegen.py", "black" },
		{ "/srv/app/.tox/py39/lib/python3.9/site-packages/pytest/__main__.py",
		  LIBRARY_PACKAGE, "pytest/__main__.py", "pytest" },
		{ "/home/u/.cache/pypoetry/virtualenvs/a-py3.11/lib/python3.11/site-packages/x.py",
		  LIBRARY_PACKAGE, "x.py", "x" },
		{ "/nix/store/0abc-python3.11-flask-3.0/lib/python3.11/site-packages/flask/app.py",
		  LIBRARY_PACKAGE, "flask/app.py", "flask" },
		{ "/srv/app/eggs/zope.event-5.0-py3.11.egg/zope/event/__init__.py", LIBRARY_PACKAGE,
		  "zope/event/__init__.py", "zope" },
		{ "/usr/share/python-wheels/urllib3-1.26-py2.py3-none-any.whl/urllib3/util.py",
		  LIBRARY_PACKAGE, "urllib3/util.py", "urllib3" },
		{ "/srv/app/__pypackages__/3.11/lib/attr/_make.py", LIBRARY_PACKAGE,
		  "attr/_make.py", "attr" },
		{ "/usr/lib/python3.11/site-packages/json/decoder.py", LIBRARY_PACKAGE,
		  "json/decoder.py", "json" },
		{ "/v/lib/python3.11/site-packages/a.egg/b/c.py", LIBRARY_PACKAGE, "b/c.py", "b" },
		{ "site-packages/six.py", LIBRARY_PACKAGE, "six.py", "six" },
	};

	(void)state;
	assert_cases(cases, COUNT(cases));
}

static void what_pyinstaller_packs_is_unpacked_or_cut(void **state)
{
	static const struct library_case cases[] = {
		{ "/tmp/_MEIx8Zq0a/numpy/core/fromnumeric.py", LIBRARY_PACKAGE,
		  "numpy/core/fromnumeric.py", "numpy" },
		{ "/tmp/_MEIx8Zq0a/base_library.zip/codecs.py", LIBRARY_STANDARD, "codecs.py",
		  "codecs" },
		{ "json/decoder.py", LIBRARY_STANDARD, "json/decoder.py", "json" },
		{ "test/run.py", LIBRARY_NONE, "test/run.py", "run" },
		{ "shop/views.py", LIBRARY_NONE, "shop/views.py", "views" },
		{ "/tmp/_MEI/x.py", LIBRARY_NONE, "/tmp/_MEI/x.py", "x" },
	};

	(void)state;
	assert_cases(cases, COUNT(cases));
}

static void an_application_is_none_wherever_it_lies(void **state)
{
	const char *const applications[] = {
		"/srv/app/app.py",
		"app.py",
		"",
		"/",
		"<stdin>",
		"<ipython-input-3-0123456789ab>",
		"<python-input-0>",
		"/tmp/ipykernel_812/123.py",
		"/lib/python/x.py",
		"/srv/mylib/python3.11/x.py",
		"/home/u/lib/shop/app.py",
		"/home/u/lib/python3.11/shop/app.py",
		"/home/u/lib/python3/shop/app.py",
		"/srv/my-site-packages/x.py",
		"/srv/site-packages.bak/x.py",
		"/srv/site-packages",
		"/srv/site-packages/",
		"/srv/venv/src/flask/src/flask/app.py",
		"/srv/venv/bin/shop",
		"/usr/lib/python3.11",
		"/usr/lib/python3.11/",
		"/lib/python3.11x/y.py",
		"/lib/python3.x/y.py",
		"/srv/pythonxy.zip/y.py",
		"/srv/python.zip/y.py",
		"/srv/.egg/y.py",
		"/srv/lib/3.11/lib/y.py",
		"/lib/python3.11/email encodings/y.py",
	};
	const char *inside;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(applications); i++) {
		if (library_find(applications[i], &inside) != LIBRARY_NONE)
			fail_msg("%s", applications[i]);
		assert_ptr_equal(inside, applications[i]);
		assert_false(library_has(applications[i]));
	}
}

static void code_without_a_file_is_generated(void **state)
{
	const char *const generated[] = { "<string>", "<attrs generated init a.B>",
					  "<__array_function__ internals>", "<template>" };
	const char *inside;
	size_t i, length;

	(void)state;
	for (i = 0; i < COUNT(generated); i++) {
		assert_int_equal(library_find(generated[i], &inside), LIBRARY_GENERATED);
		assert_ptr_equal(inside, generated[i]);
		assert_false(library_has(generated[i]));
		assert_ptr_equal(library_package(generated[i], &length), generated[i]);
		assert_int_equal(length, strlen(generated[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standard_library_is_told_by_its_folder_and_its_names),
		cmocka_unit_test(packages_are_told_by_where_installers_put_them),
		cmocka_unit_test(what_pyinstaller_packs_is_unpacked_or_cut),
		cmocka_unit_test(an_application_is_none_wherever_it_lies),
		cmocka_unit_test(code_without_a_file_is_generated),
	};

	return cmocka_run_group_tests_name("report_library", tests, NULL, NULL);
}
