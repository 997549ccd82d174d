/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small programs that carry CPython's symbols, made by the compiler, started, and looked at. Without a compiler
 * the tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/procfs.h"
#include "python/detect.h"
#include "python/layout.h"

static char folder[] = "/tmp/test_detect.XXXXXX";

/* What a program or library says of itself; 0 and NULL leave the symbol out. */
struct recipe {
	const char *name; /* of the file, in the folder */
	uint64_t runtime_size;
	bool section; /* put the runtime into .PyRuntime */
	uint32_t hexversion;
	const char *more; /* further definitions */
	const char *flags;
};

#define EXPORT "-rdynamic -s -fno-pie -no-pie"
#define MAIN   "#include <unistd.h>\nint main(void) { write(1, \"!\", 1); pause(); return 0; }\n"

static bool compile(const struct recipe *recipe, bool library, const char *link)
{
	char source[PATH_MAX], command[2 * PATH_MAX];
	FILE *stream;

	snprintf(source, sizeof(source), "%s/source.c", folder);
	stream = fopen(source, "w");
	assert_non_null(stream);
	if (recipe->runtime_size)
		fprintf(stream,
			"%s char _PyRuntime[%" PRIu64
			"] = { 1 };\nchar PyCode_Type[400] = { 2 };\n",
			recipe->section ? "__attribute__((section(\".PyRuntime\")))" : "",
			recipe->runtime_size);
	if (recipe->hexversion)
		fprintf(stream, "const unsigned long Py_Version = 0x%x;\n", recipe->hexversion);
	fprintf(stream, "%s\n%s", recipe->more ? recipe->more : "", library ? "" : MAIN);
	fclose(stream);
	snprintf(command, sizeof(command), "${CC:-cc} -O0 -w %s %s -o '%s/%s' '%s' %s 2>/dev/null",
		 library ? "-shared -fPIC" : "", recipe->flags ? recipe->flags : "", folder,
		 recipe->name, source, link ? link : "");
	return system(command) == 0;
}

/* Start the program and wait until it is in main. */
static pid_t start(const char *name)
{
	char path[PATH_MAX], byte;
	int ready[2];
	pid_t child;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ready[1], 1);
		close(ready[0]);
		close(ready[1]);
		alarm(60);
		setenv("LD_LIBRARY_PATH", folder, 1);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static int detect_and_end(pid_t pid, struct python_build *build, struct err *err)
{
	struct process_facts facts;
	int r;

	*err = (struct err){ 0 };
	assert_int_equal(procfs_read_process(pid, &facts, NULL), 0);
	r = detect_python(&facts, build, err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

static int detect_recipe(const struct recipe *recipe, struct python_build *build, struct err *err)
{
	if (!compile(recipe, false, NULL))
		skip();
	return detect_and_end(start(recipe->name), build, err);
}

/* A row whose version shows in the runtime's size alone, and one with Py_Version and no table of its own. */
static const struct layout_row *row_at(int index)
{
	return &layout_rows[index];
}

static uint32_t release(const struct layout_row *row, unsigned patch)
{
	return (uint32_t)row->series << 16 | patch << 8 | 0xf0;
}

static void a_process_without_a_runtime_is_not_python(void **state)
{
	const struct recipe recipe = { .name = "plain program", .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOENT);
	assert_non_null(strstr(err.message, "not a CPython process"));
	assert_non_null(strstr(err.message, "plain program"));
	assert_true(err.hint[0]);
}

static void the_size_of_the_runtime_tells_the_series(void **state)
{
	struct recipe recipe = { .name = "renamed", .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		recipe.runtime_size = row->runtime_sizes[0];
		if (!recipe.runtime_size)
			continue;
		assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
		assert_ptr_equal(build.row, row);
		assert_string_equal(build.version, row->name);
		assert_int_equal(build.runtime_size, recipe.runtime_size);
		assert_true(build.runtime_size_known);
		assert_true(build.runtime_addr && build.code_type_addr);
		assert_non_null(strstr(build.found_in, "renamed"));
	}
}

static void a_name_that_contradicts_the_size_is_refused(void **state)
{
	struct recipe recipe = { .name = "pythonX", .flags = EXPORT };
	struct python_build build;
	struct err err;
	char name[32];

	(void)state;
	recipe.runtime_size = row_at(0)->runtime_sizes[0];
	recipe.name = name;
	snprintf(name, sizeof(name), "python%s", row_at(1)->name);
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, row_at(0)->name));
	snprintf(name, sizeof(name), "python%s", row_at(0)->name);
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
}

static void py_version_tells_the_release(void **state)
{
	struct recipe recipe = { .name = "python", .flags = EXPORT, .runtime_size = 4096 };
	struct python_build build;
	char version[VERSION_TEXT_SIZE];
	struct err err;

	(void)state;
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		recipe.hexversion = release(row, 6);
		assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
		assert_ptr_equal(build.row, row);
		assert_int_equal(build.hexversion, recipe.hexversion);
		snprintf(version, sizeof(version), "%s.6", row->name);
		assert_string_equal(build.version, version);
		assert_false(build.runtime_size_known);
	}
}

static void unknown_versions_are_refused_by_name(void **state)
{
	static const struct recipe recipes[] = {
		{ .name = "python",
		  .runtime_size = 4096,
		  .hexversion = 0x04020af0,
		  .flags = EXPORT },
		{ .name = "python4.2", .runtime_size = 4096, .flags = EXPORT },
		{ .name = "python4.2x",
		  .more = "char *_PyThreadState_Current = \"\";",
		  .flags = EXPORT },
	};
	struct python_build build;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		assert_int_equal(detect_recipe(&recipes[i], &build, &err), -ENOTSUP);
		assert_non_null(strstr(err.message, "CPython 4.2"));
		assert_non_null(strstr(err.message, "pid "));
		assert_non_null(strstr(err.hint, row_at(0)->name));
	}
}

static void a_runtime_of_unknown_size_and_version_is_refused(void **state)
{
	static const struct recipe recipe = { .name = "app",
					      .runtime_size = 4096,
					      .flags = EXPORT };
	static const struct recipe old = { .name = "oldapp",
					   .more = "char *_PyThreadState_Current = \"\";",
					   .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "4096 bytes"));
	assert_int_equal(detect_recipe(&old, &build, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "old"));
}

static void other_flavours_are_refused_by_name(void **state)
{
	static const struct {
		const char *name, *more, *word;
	} cases[] = {
		{ "python", "void _Py_DecRefShared(void) {}", "free-threaded" },
		{ "python9.9t", NULL, "free-threaded" },
		{ "python", "void _Py_AddToAllObjects(void) {}", "Py_TRACE_REFS" },
		{ "python", "void _Py_NegativeRefcount(void) {}", "Py_DEBUG" },
		{ "python9.9d", NULL, "Py_DEBUG" },
	};
	struct python_build build;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct recipe recipe = { .name = cases[i].name,
					       .more = cases[i].more,
					       .runtime_size = 4096,
					       .hexversion = release(row_at(0), 1),
					       .flags = EXPORT };

		assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
		assert_non_null(strstr(err.message, cases[i].word));
	}
}

static void a_debug_build_of_a_known_size_passes(void **state)
{
	const struct recipe recipe = { .name = "python",
				       .more = "void _Py_NegativeRefcount(void) {}",
				       .runtime_size = row_at(0)->runtime_sizes[0],
				       .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
}

static void a_pre_release_without_a_row_is_refused_as_such(void **state)
{
	struct recipe recipe = { .name = "python", .runtime_size = 4096, .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	recipe.hexversion = (uint32_t)row_at(0)->series << 16 | 0xb2;
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "pre-release"));
	assert_non_null(strstr(err.message, "0b2"));
}

static void the_section_is_found_when_the_symbol_is_not(void **state)
{
	/* PyCode_Type cannot be had from a section: the refusal says so. */
	const struct recipe recipe = { .name = "embedded",
				       .runtime_size = row_at(0)->runtime_sizes[0],
				       .section = true,
				       .flags = "-s -fno-pie -no-pie" };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "PyCode_Type"));
}

/* A program of that name, linked with a library, which may be hidden under another name. */
static pid_t start_with_library(const struct recipe *library, const struct recipe *program)
{
	char link[PATH_MAX];

	snprintf(link, sizeof(link), "-Wl,--no-as-needed '%s/%s'", folder, library->name);
	if (!compile(library, true, NULL) || !compile(program, false, link))
		skip();
	return start(program->name);
}

static void the_runtime_is_found_in_a_library_of_any_name(void **state)
{
	static const char *const names[] = { "libpython4.so.1.0", "libblender.so" };
	struct recipe library = { .flags = "-Wl,-soname,libx.so", .runtime_size = 4096 };
	const struct recipe program = { .name = "launcher" };
	struct python_build build;
	struct err err;

	(void)state;
	library.hexversion = release(row_at(1), 3);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char flags[128];

		snprintf(flags, sizeof(flags), "-Wl,-soname,%s", names[i]);
		library.name = names[i];
		library.flags = flags;
		assert_int_equal(
			detect_and_end(start_with_library(&library, &program), &build, &err), 0);
		assert_non_null(strstr(build.found_in, names[i]));
		assert_ptr_equal(build.row, row_at(1));
		/* a library is relocated */
		assert_true(build.runtime_addr > 0x10000000);
	}
}

static void a_program_that_exports_the_runtime_wins_over_a_library(void **state)
{
	const struct recipe library = { .name = "libpython9.so",
					.flags = "-Wl,-soname,libpython9.so",
					.runtime_size = 8192,
					.hexversion = release(row_at(0), 9) };
	const struct recipe program = { .name = "static python",
					.flags = EXPORT,
					.runtime_size = 4096,
					.hexversion = release(row_at(1), 3) };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_and_end(start_with_library(&library, &program), &build, &err), 0);
	assert_non_null(strstr(build.found_in, "static python"));
	assert_ptr_equal(build.row, row_at(1));
	assert_int_equal(build.runtime_size, 4096);
}

static void a_deleted_program_is_still_read(void **state)
{
	const struct recipe recipe = { .name = "short lived",
				       .flags = EXPORT,
				       .runtime_size = 4096,
				       .hexversion = release(row_at(0), 1) };
	struct python_build build;
	char path[PATH_MAX];
	struct err err;
	pid_t pid;
	int r;

	(void)state;
	if (!compile(&recipe, false, NULL))
		skip();
	pid = start(recipe.name);
	snprintf(path, sizeof(path), "%s/%s", folder, recipe.name);
	assert_int_equal(unlink(path), 0);
	r = detect_and_end(pid, &build, &err);
	assert_int_equal(r, 0);
}

static void a_garbled_library_named_libpython_hides_nothing(void **state)
{
	const struct recipe library = { .name = "libpython8.so",
					.flags = "-Wl,-soname,libpython8.so",
					.more = "int nothing;" };
	const struct recipe program = { .name = "python",
					.flags = EXPORT,
					.runtime_size = row_at(0)->runtime_sizes[0] };
	struct python_build build;
	char path[PATH_MAX];
	struct err err;
	FILE *stream;
	pid_t pid;

	(void)state;
	pid = start_with_library(&library, &program);
	/* Overwritten in place while it is mapped, as a careless upgrade does. */
	snprintf(path, sizeof(path), "%s/%s", folder, library.name);
	stream = fopen(path, "r+");
	assert_non_null(stream);
	fputs("garbage", stream);
	fclose(stream);
	assert_int_equal(detect_and_end(pid, &build, &err), 0);
	assert_ptr_equal(build.row, row_at(0));
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_without_a_runtime_is_not_python),
		cmocka_unit_test(the_size_of_the_runtime_tells_the_series),
		cmocka_unit_test(a_name_that_contradicts_the_size_is_refused),
		cmocka_unit_test(py_version_tells_the_release),
		cmocka_unit_test(unknown_versions_are_refused_by_name),
		cmocka_unit_test(a_runtime_of_unknown_size_and_version_is_refused),
		cmocka_unit_test(other_flavours_are_refused_by_name),
		cmocka_unit_test(a_debug_build_of_a_known_size_passes),
		cmocka_unit_test(a_pre_release_without_a_row_is_refused_as_such),
		cmocka_unit_test(the_section_is_found_when_the_symbol_is_not),
		cmocka_unit_test(the_runtime_is_found_in_a_library_of_any_name),
		cmocka_unit_test(a_program_that_exports_the_runtime_wins_over_a_library),
		cmocka_unit_test(a_deleted_program_is_still_read),
		cmocka_unit_test(a_garbled_library_named_libpython_hides_nothing),
	};

	return cmocka_run_group_tests_name("detect", tests, make_folder, remove_folder);
}
