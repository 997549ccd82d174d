/* SPDX-License-Identifier: GPL-2.0-only */
/* Short names of files, and the names of modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "profile/profile.h"
#include "report/file_names.h"
#include "report/modules.h"
#include "report/report.h"
#include "support/golden.h"

static const char *const files = "process 1 p\n"
				 "stack 1 1 f|/srv/app/app.py|1|1\n"
				 "stack 1 1 f|/srv/app/util.py|1|1\n"
				 "stack 1 1 f|/srv/lib/util.py|1|1\n"
				 "stack 1 1 f|/usr/lib/python3.11/json/decoder.py|1|1\n"
				 "stack 1 1 f|/srv/decoder.py|1|1\n"
				 "stack 1 1 f|/a/site-packages/x/y.py|1|1\n"
				 "stack 1 1 f|/b/site-packages/x/y.py|1|1\n"
				 "stack 1 1 f|/srv/app/|1|1\n"
				 "stack 1 1 f|z.py|1|1\n"
				 "stack 1 1 f|/srv/z.py|1|1\n"
				 "stack 1 1 f|/srv/xz.py|1|1\n"
				 "stack 1 1 f|<attrs a/b>|1|1\n"
				 "stack 1 1 f|<frozen importlib._bootstrap>|1|1\n"
				 "stack 1 1 f|/srv/x/__init__.py|1|1\n"
				 "stack 1 1 f|/usr/lib/python3.9/json/decoder.py|1|1\n"
				 "stack 1 1 f|/usr/lib/python3.9/re/__init__.py|1|1\n"
				 "stack 1 1 f||1|1\n"
				 "stack 1 1 g|/srv/app/app.py|2|2\n";

#define NFILES 18

static void assert_names(const struct report_options *options, const char *const *expected)
{
	struct profile *profile = golden_parse(files, "files");
	struct file_names *names = file_names_new(profile, options);
	uint32_t i;

	assert_non_null(names);
	for (i = 0; i < NFILES; i++)
		assert_string_equal(file_names_get(names, profile_symbol(profile, i)->file),
				    expected[i]);
	file_names_free(names);
	profile_free(profile);
}

static void files_are_as_short_as_they_stay_apart(void **state)
{
	static const char *const expected[NFILES] = {
		"app.py",
		"app/util.py",
		"lib/util.py",
		"python3.11/json/decoder.py",
		"srv/decoder.py",
		"a/site-packages/x/y.py",
		"b/site-packages/x/y.py",
		"app/",
		"z.py",
		"srv/z.py",
		"xz.py",
		"<attrs a/b>",
		"<frozen importlib._bootstrap>",
		"x/__init__.py",
		"python3.9/json/decoder.py",
		"re/__init__.py",
		"",
		"app.py",
	};

	(void)state;
	assert_names(&(struct report_options){ 0 }, expected);
}

static void full_paths_are_as_the_code_objects_have_them(void **state)
{
	static const char *const expected[NFILES] = {
		"/srv/app/app.py",
		"/srv/app/util.py",
		"/srv/lib/util.py",
		"/usr/lib/python3.11/json/decoder.py",
		"/srv/decoder.py",
		"/a/site-packages/x/y.py",
		"/b/site-packages/x/y.py",
		"/srv/app/",
		"z.py",
		"/srv/z.py",
		"/srv/xz.py",
		"<attrs a/b>",
		"<frozen importlib._bootstrap>",
		"/srv/x/__init__.py",
		"/usr/lib/python3.9/json/decoder.py",
		"/usr/lib/python3.9/re/__init__.py",
		"",
		"/srv/app/app.py",
	};

	(void)state;
	assert_names(&(struct report_options){ .full_paths = true }, expected);
}

static void stripped_names_have_no_folders(void **state)
{
	static const char *const expected[NFILES] = {
		"app.py",
		"util.py",
		"util.py",
		"decoder.py",
		"decoder.py",
		"y.py",
		"y.py",
		"/srv/app/",
		"z.py",
		"z.py",
		"xz.py",
		"<attrs a/b>",
		"<frozen importlib._bootstrap>",
		"__init__.py",
		"decoder.py",
		"__init__.py",
		"",
		"app.py",
	};

	(void)state;
	assert_names(&(struct report_options){ .strip_dirs = true }, expected);
}

static void modules_are_named_as_import_would(void **state)
{
	static const char *const expected[NFILES] = {
		"app",
		"app.util",
		"lib.util",
		"json.decoder",
		"decoder",
		"x.y",
		"x.y",
		"app.",
		"z",
		"srv.z",
		"xz",
		"<attrs a/b>",
		"importlib._bootstrap",
		"x",
		"json.decoder",
		"re",
		"",
		"app",
	};
	struct profile *profile = golden_parse(files, "files");
	struct modules *modules = modules_new(profile);
	uint32_t i;

	(void)state;
	assert_non_null(modules);
	for (i = 0; i < NFILES; i++)
		assert_string_equal(modules_get(modules, profile_symbol(profile, i)->file),
				    expected[i]);
	modules_free(modules);
	profile_free(profile);
}

static void a_started_script_tells_where_modules_begin(void **state)
{
	static const char *const expected[] = { "manage",	"shop.views", "shop.db.orm",
						"blog.app",	"shop.app",   "other",
						"unittest.main" };
	struct profile *profile = golden_parse(
		"process 1 p\n"
		"stack 1 1 <module>|/srv/shop/manage.py|9|1;f|/srv/shop/shop/views.py|1|1;"
		"g|/srv/shop/shop/db/orm.py|1|1\n"
		"stack 1 1 <module>|/srv/blog/app.py|9|1\n"
		"stack 1 1 f|/srv/shop/app.py|9|1\n"
		"stack 1 1 f|/else/where/other.py|9|1\n"
		"stack 1 1 <module>|/usr/lib/python3.11/unittest/main.py|9|1\n",
		"script");
	struct modules *modules = modules_new(profile);
	uint32_t i;

	(void)state;
	assert_non_null(modules);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_string_equal(modules_get(modules, profile_symbol(profile, i)->file),
				    expected[i]);
	modules_free(modules);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_as_short_as_they_stay_apart),
		cmocka_unit_test(full_paths_are_as_the_code_objects_have_them),
		cmocka_unit_test(stripped_names_have_no_folders),
		cmocka_unit_test(modules_are_named_as_import_would),
		cmocka_unit_test(a_started_script_tells_where_modules_begin),
	};

	return cmocka_run_group_tests_name("report_file_names", tests, NULL, NULL);
}
