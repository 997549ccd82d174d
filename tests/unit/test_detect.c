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
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/memory.h"
#include "proc/procfs.h"
#include "python/binaries.h"
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

/* All interpreters that were found; release with free. */
static struct python_builds *detect_all(pid_t pid, uint16_t assume_series, int *ret_code,
					struct err *err)
{
	struct python_builds *builds = calloc(1, sizeof(*builds));
	struct process_facts facts;
	struct memory memory = { 0 };

	*err = (struct err){ 0 };
	assert_non_null(builds);
	assert_int_equal(procfs_read_process(pid, &facts, NULL), 0);
	assert_int_equal(memory_open_process(pid, &memory), 0);
	*ret_code = detect_python(&facts, &memory, assume_series, builds, err);
	memory_close(&memory);
	return builds;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The likeliest one. */
static int detect_and_end(pid_t pid, uint16_t assume_series, struct python_build *build,
			  struct err *err)
{
	struct python_builds *builds;
	int r;

	builds = detect_all(pid, assume_series, &r, err);
	*build = builds->builds[0];
	assert_true(r < 0 || builds->nbuilds > 0);
	free(builds);
	end(pid);
	return r;
}

static int detect_assuming(const struct recipe *recipe, uint16_t assume_series,
			   struct python_build *build, struct err *err)
{
	if (!compile(recipe, false, NULL))
		skip();
	return detect_and_end(start(recipe->name), assume_series, build, err);
}

static int detect_recipe(const struct recipe *recipe, struct python_build *build, struct err *err)
{
	return detect_assuming(recipe, 0, build, err);
}

/* Rows by what they have, so that no version is spelled here. */
static const struct layout_row *row_with_size(void)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (row->runtime_sizes[0])
			return row;
	}
	fail();
	return NULL;
}

static const struct layout_row *row_with_block(bool free_threaded)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (row->debug_offsets && row->free_threaded == free_threaded)
			return row;
	}
	fail();
	return NULL;
}

static const struct layout_row *row_with_counter(void)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (row->code_counter_symbol)
			return row;
	}
	fail();
	return NULL;
}

static const struct layout_row *old_row(enum pbp_string_kind kind)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (row->layout.runtime_interpreters_head == 0 && row->layout.string_kind == kind)
			return row;
	}
	fail();
	return NULL;
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

static void other_pythons_are_told_by_name(void **state)
{
	static const char *const cases[][2] = { { "pypy3.9-c", "PyPy" },
						{ "micropython", "MicroPython" },
						{ "graalpy", "GraalPy" } };
	struct recipe recipe = { .flags = EXPORT };
	struct python_build build;
	char message[64];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		recipe.name = cases[i][0];
		assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOENT);
		snprintf(message, sizeof(message), "runs %s, which is not CPython", cases[i][1]);
		assert_non_null(strstr(err.message, message));
	}
}

static void a_name_with_python_in_it_proves_nothing(void **state)
{
	const struct recipe recipe = { .name = "python3.99-launcher", .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOENT);
	assert_non_null(strstr(err.message, "not a CPython process"));
}

static void the_size_of_the_runtime_tells_the_series(void **state)
{
	struct recipe recipe = { .name = "renamed", .flags = EXPORT };
	struct python_build build;
	char series[16];
	struct err err;

	(void)state;
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		recipe.runtime_size = row->runtime_sizes[0];
		if (!recipe.runtime_size)
			continue;
		assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
		assert_ptr_equal(build.row, row);
		version_format_series(row->series, series, sizeof(series));
		assert_string_equal(build.version, series);
		assert_int_equal(build.free_threaded, row->free_threaded);
		assert_int_equal(build.runtime_size, recipe.runtime_size);
		assert_int_equal(build.found, PYTHON_FOUND_SYMBOL);
		assert_true(build.runtime_size_known);
		assert_true(build.runtime_addr && build.code_type_addr);
		assert_false(build.from_memory || build.assumed || build.debug || build.trace_refs);
		assert_non_null(strstr(build.found_in, "renamed"));
	}
}

static void a_name_that_contradicts_the_size_takes_its_certainty(void **state)
{
	const struct layout_row *row = row_with_size(), *other = row_with_counter();
	struct recipe recipe = { .flags = EXPORT, .runtime_size = row->runtime_sizes[0] };
	struct python_build build;
	struct err err;
	char name[32];

	(void)state;
	recipe.name = name;
	snprintf(name, sizeof(name), "python%s", other->name);
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_ptr_equal(build.row, row);
	assert_false(build.runtime_size_known);
	snprintf(name, sizeof(name), "python%s", row->name);
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_true(build.runtime_size_known);
}

static void a_name_helps_where_the_size_is_unknown(void **state)
{
	const struct layout_row *row = row_with_size();
	struct recipe recipe = { .flags = EXPORT, .runtime_size = 4096 };
	struct python_build build;
	struct err err;
	char name[32];

	(void)state;
	recipe.name = name;
	snprintf(name, sizeof(name), "python%s", row->name);
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_int_equal(build.row->series, row->series);
	assert_false(build.runtime_size_known);
}

static void py_version_tells_the_release(void **state)
{
	struct recipe recipe = { .name = "python", .flags = EXPORT, .runtime_size = 4096 };
	struct python_build build;
	char version[VERSION_TEXT_SIZE];
	struct err err;

	(void)state;
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (row->free_threaded)
			continue;
		recipe.hexversion = release(row, 6);
		assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
		assert_ptr_equal(build.row, layout_row_by_version(recipe.hexversion, false, 4096));
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
	};
	struct python_build build;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		assert_int_equal(detect_recipe(&recipes[i], &build, &err), -ENOTSUP);
		assert_non_null(strstr(err.message, "CPython 4.2"));
		assert_non_null(strstr(err.message, "pid "));
		assert_non_null(strstr(err.hint, row_with_size()->name));
	}
}

static void a_runtime_of_unknown_size_and_version_is_refused(void **state)
{
	static const struct recipe recipe = { .name = "app",
					      .runtime_size = 4096,
					      .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "4096 bytes"));
	assert_non_null(strstr(err.hint, "--assume-layout"));
}

static void a_layout_is_assumed_only_for_what_has_none(void **state)
{
	const struct layout_row *assumed = row_with_block(false), *known = row_with_size();
	const struct recipe newer = { .name = "python",
				      .runtime_size = known->runtime_sizes[0],
				      .hexversion = 0x042a00a1,
				      .flags = EXPORT };
	const struct recipe nameless = { .name = "app", .runtime_size = 4096, .flags = EXPORT };
	const struct recipe supported = { .name = "python",
					  .runtime_size = known->runtime_sizes[0],
					  .hexversion = release(known, 1),
					  .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&newer, &build, &err), -ENOTSUP);
	assert_int_equal(detect_assuming(&newer, assumed->series, &build, &err), 0);
	assert_true(build.assumed);
	assert_ptr_equal(build.row, assumed);
	assert_string_equal(build.version, "4.42.0a1");
	assert_false(build.runtime_size_known);
	assert_int_equal(detect_assuming(&nameless, known->series, &build, &err), 0);
	assert_true(build.assumed);
	assert_int_equal(build.row->series, known->series);
	/* a row that is not there changes nothing */
	assert_int_equal(detect_assuming(&newer, 0x0105, &build, &err), -ENOTSUP);
	assert_int_equal(detect_assuming(&supported, assumed->series, &build, &err), 0);
	assert_false(build.assumed);
	assert_int_equal(build.row->series, known->series);
}

static void flavours_are_told(void **state)
{
	const struct layout_row *old = row_with_size(), *block = row_with_block(true);
	static const char counter[] = "void _Py_NegativeRefcount(void) {}";
	const struct {
		const char *name, *more;
		const struct layout_row *row;
		bool free_threaded, debug, trace_refs;
	} cases[] = {
		{ "python", NULL, old, false, false, false },
		{ "python", counter, old, false, true, false },
		{ "python9.9d", NULL, old, false, true, false },
		{ "python", "void _Py_AddToAllObjects(void) {}", old, false, false, true },
		/* which moves nothing any more where the process describes itself */
		{ "python", "void _Py_AddToAllObjects(void) {}", block, false, false, false },
		{ "python", "void _Py_DecRefShared(void) {}", block, true, false, false },
	};
	struct python_build build;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct recipe recipe = { .name = cases[i].name,
					       .more = cases[i].more,
					       .runtime_size = old->runtime_sizes[0],
					       .hexversion = release(cases[i].row, 1),
					       .flags = EXPORT };

		assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
		assert_int_equal(build.free_threaded, cases[i].free_threaded);
		assert_int_equal(build.row->free_threaded, cases[i].free_threaded);
		assert_int_equal(build.debug, cases[i].debug);
		assert_int_equal(build.trace_refs, cases[i].trace_refs);
		if (cases[i].trace_refs)
			assert_false(build.runtime_size_known);
	}
}

static void a_version_without_a_row_for_its_flavour_is_refused(void **state)
{
	const struct recipe recipe = { .name = "python",
				       .more = "void _Py_DecRefShared(void) {}",
				       .runtime_size = 4096,
				       .hexversion = release(row_with_size(), 1),
				       .flags = EXPORT };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
	assert_non_null(strstr(err.message, "free-threaded"));
}

static void a_pre_release_is_refused_as_such(void **state)
{
	struct recipe recipe = { .name = "python", .runtime_size = 4096, .flags = EXPORT };
	const struct layout_row *rows[] = { row_with_size(), row_with_block(false) };
	struct python_build build;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		recipe.hexversion = (uint32_t)rows[i]->series << 16 | 0xb2;
		assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
		assert_non_null(strstr(err.message, "pre-release"));
		assert_non_null(strstr(err.message, "0b2"));
		assert_int_equal(detect_assuming(&recipe, rows[i]->series, &build, &err), 0);
		assert_true(build.assumed);
	}
}

static void the_section_is_found_when_the_symbol_is_not(void **state)
{
	const struct layout_row *row = row_with_size();
	const struct recipe recipe = { .name = "embedded",
				       .runtime_size = row->runtime_sizes[0],
				       .section = true,
				       .flags = "-s -fno-pie -no-pie" };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_int_equal(build.found, PYTHON_FOUND_SECTION);
	assert_ptr_equal(build.row, row);
	assert_true(build.runtime_addr != 0);
	/* which a frame must tell then */
	assert_int_equal(build.code_type_addr, 0);
}

/* Take the section headers away, as sstrip does. */
static void drop_sections(const char *name)
{
	const unsigned char zero[8] = { 0 };
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, zero, 8, 0x28), 8); /* e_shoff */
	assert_int_equal(pwrite(fd, zero, 4, 0x3c), 4); /* e_shnum, e_shstrndx */
	close(fd);
}

static void the_cookie_is_found_when_nothing_else_is_left(void **state)
{
	/* with and without more than one chunk of data before and behind */
	static const unsigned paddings[][2] = {
		{ 1, 1 },	{ 40000, 1 },	  { 1, 40000 },
		{ 5000, 5000 }, { 16382, 16384 }, { 16383, 16383 }
	};
	struct recipe recipe = { .name = "hidden", .flags = "-s -fno-pie -no-pie" };
	struct python_build build;
	char more[1024];
	struct err err;

	(void)state;
	recipe.more = more;
	for (size_t i = 0; i < 2 * sizeof(paddings) / sizeof(paddings[0]); i++) {
		const struct layout_row *row = row_with_block(i & 1);

		snprintf(
			more, sizeof(more),
			"struct { unsigned long before[%u]; char cookie[8]; unsigned long rest[9], "
			"behind[%u]; } data = { { 1 }, \"xdebugpy\", { 0x%xUL, %d }, { 1 } };",
			paddings[i / 2][0], paddings[i / 2][1], release(row, 4),
			row->free_threaded);
		if (!compile(&recipe, false, NULL))
			skip();
		drop_sections(recipe.name);
		assert_int_equal(detect_and_end(start(recipe.name), 0, &build, &err), 0);
		assert_int_equal(build.found, PYTHON_FOUND_COOKIE);
		assert_ptr_equal(build.row, row);
		assert_int_equal(build.free_threaded, row->free_threaded);
		assert_int_equal(build.hexversion, release(row, 4));
		assert_int_equal(build.runtime_size, 0);
		assert_false(build.runtime_size_known);
	}
}

#define OLD_PYTHON                                                         \
	"char *_PyThreadState_Current; static void *volatile interp_head;" \
	"void *PyInterpreterState_Head(void) { return interp_head; }"
#define BYTE_STRINGS "void PyString_FromString(void) {} "

static void old_versions_are_told_by_what_they_export(void **state)
{
	static const struct {
		const char *name, *more;
		enum pbp_string_kind kind;
	} cases[] = {
		{ "app", OLD_PYTHON BYTE_STRINGS "void PyCapsule_New(void) {}", PBP_STRING_BYTES },
		{ "app", OLD_PYTHON "void PyOS_FSPath(void) {}", PBP_STRING_UNICODE },
		/* another name is only another name */
		{ "python3.9", OLD_PYTHON "void PyOS_FSPath(void) {}", PBP_STRING_UNICODE },
	};
	static const struct {
		const char *flags;
		enum python_found found;
	} ways[] = {
		{ "-rdynamic -fno-pie -no-pie", PYTHON_FOUND_OLD_SYMBOL },
		{ "-rdynamic -s -fno-pie -no-pie", PYTHON_FOUND_DECODED },
		{ "-rdynamic -s -fpie -pie -O2", PYTHON_FOUND_DECODED },
	};
	struct python_build build;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		const struct recipe recipe = { .name = cases[i / 3].name,
					       .more = cases[i / 3].more,
					       .flags = ways[i % 3].flags };

		assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
		assert_ptr_equal(build.row, old_row(cases[i / 3].kind));
		assert_string_equal(build.version, build.row->name);
		assert_int_equal(build.found, ways[i % 3].found);
		assert_true(build.runtime_addr && build.current_tstate_addr);
		/* neighbours */
		assert_true(build.runtime_addr - build.current_tstate_addr + 64 <= 128);
	}
}

static void older_ones_are_refused(void **state)
{
	static const struct {
		const char *name, *more, *word;
	} cases[] = {
		{ "python3.4m", OLD_PYTHON, "CPython 3.4" },
		{ "app", OLD_PYTHON, "of an old version" },
		{ "python2.6", OLD_PYTHON BYTE_STRINGS "void PyCapsule_New(void) {}",
		  "CPython 2.6" },
	};
	struct python_build build;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct recipe recipe = { .name = cases[i].name,
					       .more = cases[i].more,
					       .flags = EXPORT };

		assert_int_equal(detect_recipe(&recipe, &build, &err), -ENOTSUP);
		assert_non_null(strstr(err.message, cases[i].word));
	}
}

static void the_counter_of_code_objects_is_found_where_the_row_has_one(void **state)
{
	const struct layout_row *row = row_with_counter();
	struct recipe recipe = { .name = "python", .flags = EXPORT, .runtime_size = 4096 };
	struct python_build build;
	char more[128];
	struct err err;

	(void)state;
	recipe.hexversion = release(row, 1);
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_int_equal(build.code_counter_addr, 0);
	snprintf(more, sizeof(more), "unsigned %s = 1;", row->code_counter_symbol);
	recipe.more = more;
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_true(build.code_counter_addr != 0);
	recipe.hexversion = release(row_with_size(), 1);
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_int_equal(build.code_counter_addr, 0);
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
	library.hexversion = release(row_with_counter(), 3);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char flags[128];

		snprintf(flags, sizeof(flags), "-Wl,-soname,%s", names[i]);
		library.name = names[i];
		library.flags = flags;
		assert_int_equal(
			detect_and_end(start_with_library(&library, &program), 0, &build, &err), 0);
		assert_non_null(strstr(build.found_in, names[i]));
		assert_ptr_equal(build.row, row_with_counter());
		/* a library is relocated */
		assert_true(build.runtime_addr > 0x10000000);
	}
}

static void the_soname_tells_the_series_of_a_renamed_library(void **state)
{
	const struct layout_row *row = row_with_size();
	struct recipe library = { .name = "libembedded.so", .runtime_size = 4096 };
	const struct recipe program = { .name = "launcher" };
	struct python_build build;
	char flags[128], link[PATH_MAX], linked[PATH_MAX + 64], command[2 * PATH_MAX];
	struct err err;

	(void)state;
	snprintf(flags, sizeof(flags), "-Wl,-soname,libpython%s.so.1.0", row->name);
	library.flags = flags;
	snprintf(link, sizeof(link), "-Wl,--no-as-needed '%s/%s'", folder, library.name);
	/* ld.so looks for the SONAME; the kernel shows the file's own name */
	snprintf(linked, sizeof(linked), "%s/libpython%s.so.1.0", folder, row->name);
	if (!compile(&library, true, NULL) || !compile(&program, false, link))
		skip();
	snprintf(command, sizeof(command), "ln -sf %s '%s'", library.name, linked);
	assert_int_equal(system(command), 0);
	assert_int_equal(detect_and_end(start(program.name), 0, &build, &err), 0);
	assert_non_null(strstr(build.found_in, "libembedded.so"));
	assert_int_equal(build.row->series, row->series);
	unlink(linked);
}

static void a_program_that_exports_the_runtime_comes_before_a_library(void **state)
{
	const struct recipe library = { .name = "libpython9.so",
					.flags = "-Wl,-soname,libpython9.so",
					.runtime_size = 8192,
					.hexversion = release(row_with_size(), 9) };
	struct recipe program = { .name = "static python",
				  .flags = EXPORT,
				  .runtime_size = 4096,
				  .hexversion = release(row_with_counter(), 3) };
	struct python_builds *builds;
	struct err err;
	pid_t pid;
	int r;

	(void)state;
	pid = start_with_library(&library, &program);
	builds = detect_all(pid, 0, &r, &err);
	end(pid);
	assert_int_equal(r, 0);
	assert_int_equal(builds->nbuilds, 2);
	assert_int_equal(builds->refused.code, 0);
	assert_non_null(strstr(builds->builds[0].found_in, "static python"));
	assert_ptr_equal(builds->builds[0].row, row_with_counter());
	assert_int_equal(builds->builds[0].runtime_size, 4096);
	assert_non_null(strstr(builds->builds[1].found_in, "libpython9.so"));
	/* each with its own types */
	assert_true(builds->builds[0].code_type_addr < 0x10000000);
	assert_true(builds->builds[1].code_type_addr > 0x10000000);
	free(builds);

	/* One that is not supported is not passed over in silence. */
	program.hexversion = 0x04020af0;
	pid = start_with_library(&library, &program);
	builds = detect_all(pid, 0, &r, &err);
	end(pid);
	assert_int_equal(r, 0);
	assert_int_equal(builds->nbuilds, 1);
	assert_int_equal(builds->refused.code, -ENOTSUP);
	assert_non_null(strstr(builds->refused.message, "4.2.10"));
	free(builds);
}

static void the_main_executable_is_described_whether_python_or_not(void **state)
{
	const struct recipe plain = { .name = "plain one", .flags = EXPORT };
	const struct recipe library = { .name = "libpython5.so",
					.flags = "-Wl,-soname,libpython5.so",
					.runtime_size = 8192,
					.hexversion = release(row_with_size(), 9) };
	struct recipe program = { .name = "described", .flags = EXPORT };
	struct python_builds *builds;
	struct err err;
	pid_t pid;
	int r;

	(void)state;
	if (!compile(&plain, false, NULL))
		skip();
	pid = start(plain.name);
	builds = detect_all(pid, 0, &r, &err);
	end(pid);
	assert_int_equal(r, -ENOENT);
	assert_true(builds->program.examined && builds->program.code_start);
	assert_false(builds->program.has_runtime || builds->program.needs_libpython);
	assert_true(builds->nbuilds == 0 && builds->refused.code == 0);
	free(builds);

	pid = start_with_library(&library, &program);
	builds = detect_all(pid, 0, &r, &err);
	end(pid);
	assert_int_equal(r, 0);
	assert_true(builds->program.examined && builds->program.needs_libpython);
	assert_false(builds->program.has_runtime || builds->builds[0].in_program);
	assert_true(builds->builds[0].file != 0);
	assert_true(builds->builds[0].bias > 0x10000000);
	/* What BPF finds the library by. */
	assert_true(builds->program.debug_addr > builds->program.code_start);
	assert_true(builds->builds[0].dynamic_addr > builds->builds[0].code_start);
	assert_true(builds->builds[0].code_start && builds->builds[0].key.size);
	assert_false(builds->builds[0].copied);
	free(builds);

	program.runtime_size = 4096;
	program.hexversion = release(row_with_counter(), 3);
	pid = start_with_library(&library, &program);
	builds = detect_all(pid, 0, &r, &err);
	end(pid);
	assert_int_equal(r, 0);
	assert_true(builds->program.has_runtime && builds->program.exported);
	assert_true(builds->builds[0].in_program && !builds->builds[1].in_program);
	assert_int_equal(builds->builds[0].bias, 0);
	free(builds);
}

static void a_program_that_has_the_librarys_data_copied_defines_it(void **state)
{
	const struct recipe library = { .name = "libpython7.so",
					.flags = "-Wl,-soname,libpython7.so",
					.runtime_size = 4096,
					.hexversion = release(row_with_size(), 9) };
	const struct recipe program = { .name = "embedding",
					.flags = "-fno-pie -no-pie",
					.more = "extern char PyCode_Type[400]; void *used(void) { "
						"return PyCode_Type; }" };
	struct python_build build;
	struct err err;

	(void)state;
	assert_int_equal(detect_and_end(start_with_library(&library, &program), 0, &build, &err),
			 0);
	assert_true(build.runtime_addr > 0x10000000);
	assert_true(build.code_type_addr && build.code_type_addr < 0x10000000);
	assert_true(build.copied);
}

static void a_deleted_program_is_still_read(void **state)
{
	const struct recipe recipe = { .name = "short lived",
				       .flags = EXPORT,
				       .runtime_size = 4096,
				       .hexversion = release(row_with_size(), 1) };
	struct python_build build;
	char path[PATH_MAX];
	struct err err;
	pid_t pid;

	(void)state;
	if (!compile(&recipe, false, NULL))
		skip();
	pid = start(recipe.name);
	snprintf(path, sizeof(path), "%s/%s", folder, recipe.name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(detect_and_end(pid, 0, &build, &err), 0);
	assert_false(build.from_memory);
}

static void a_process_of_known_files_costs_no_read(void **state)
{
	const struct recipe recipe = { .name = "seen",
				       .flags = EXPORT,
				       .runtime_size = 4096,
				       .hexversion = release(row_with_size(), 1) };
	const struct recipe plain = { .name = "seen without python", .flags = EXPORT };
	struct python_build build, again;
	uint64_t nread;
	struct err err;

	(void)state;
	assert_int_equal(detect_recipe(&recipe, &build, &err), 0);
	assert_int_equal(detect_recipe(&plain, &again, &err), -ENOENT);
	nread = binaries_nread();
	assert_int_equal(detect_and_end(start(recipe.name), 0, &again, &err), 0);
	assert_int_equal(again.runtime_addr, build.runtime_addr);
	assert_ptr_equal(again.row, build.row);
	assert_int_equal(detect_and_end(start(plain.name), 0, &again, &err), -ENOENT);
	assert_int_equal(binaries_nread(), nread);
}

static void a_garbled_library_named_libpython_hides_nothing(void **state)
{
	const struct recipe library = { .name = "libpython8.so",
					.flags = "-Wl,-soname,libpython8.so",
					.more = "int nothing;" };
	const struct recipe program = { .name = "python",
					.flags = EXPORT,
					.runtime_size = row_with_size()->runtime_sizes[0] };
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
	assert_int_equal(detect_and_end(pid, 0, &build, &err), 0);
	assert_ptr_equal(build.row, row_with_size());
}

/* A process that has mapped an enormous file of holes, which begins like an ELF file, to run it. */
static void a_file_of_holes_is_no_python(void **state)
{
	static const unsigned char header[64] = { 0x7f,
						  'E',
						  'L',
						  'F',
						  2,
						  1,
						  1,
						  [16] = 3,
						  [18] = 62,
						  [0x20] = 64,
						  [0x28] = 128,
						  [0x34] = 64,
						  [0x36] = 56,
						  [0x38] = 8,
						  [0x3a] = 64,
						  [0x3c] = 9 };
	struct python_build build;
	char path[PATH_MAX], byte;
	struct err err;
	int ready[2], fd, r;
	pid_t child;

	(void)state;
	snprintf(path, sizeof(path), "%s/libpython6.so", folder);
	fd = open(path, O_RDWR | O_CREAT, 0755);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, header, sizeof(header), 0), sizeof(header));
	if (ftruncate(fd, 4LL << 30) < 0)
		skip();
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED)
			r = (int)write(ready[1], "!", 1);
		close(ready[1]);
		alarm(60);
		pause();
		_exit(0);
	}
	close(ready[1]);
	close(fd);
	r = (int)read(ready[0], &byte, 1);
	close(ready[0]);
	if (r != 1) {
		end(child);
		skip();
	}
	r = detect_and_end(child, 0, &build, &err);
	assert_true(r == -EBADMSG || r == -ENOENT || r == -EFBIG);
	assert_true(err.message[0]);
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
	binaries_forget();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_without_a_runtime_is_not_python),
		cmocka_unit_test(other_pythons_are_told_by_name),
		cmocka_unit_test(a_name_with_python_in_it_proves_nothing),
		cmocka_unit_test(the_size_of_the_runtime_tells_the_series),
		cmocka_unit_test(a_name_that_contradicts_the_size_takes_its_certainty),
		cmocka_unit_test(a_name_helps_where_the_size_is_unknown),
		cmocka_unit_test(py_version_tells_the_release),
		cmocka_unit_test(unknown_versions_are_refused_by_name),
		cmocka_unit_test(a_runtime_of_unknown_size_and_version_is_refused),
		cmocka_unit_test(a_layout_is_assumed_only_for_what_has_none),
		cmocka_unit_test(flavours_are_told),
		cmocka_unit_test(a_version_without_a_row_for_its_flavour_is_refused),
		cmocka_unit_test(a_pre_release_is_refused_as_such),
		cmocka_unit_test(the_section_is_found_when_the_symbol_is_not),
		cmocka_unit_test(the_cookie_is_found_when_nothing_else_is_left),
		cmocka_unit_test(old_versions_are_told_by_what_they_export),
		cmocka_unit_test(older_ones_are_refused),
		cmocka_unit_test(the_counter_of_code_objects_is_found_where_the_row_has_one),
		cmocka_unit_test(the_runtime_is_found_in_a_library_of_any_name),
		cmocka_unit_test(the_soname_tells_the_series_of_a_renamed_library),
		cmocka_unit_test(a_program_that_exports_the_runtime_comes_before_a_library),
		cmocka_unit_test(the_main_executable_is_described_whether_python_or_not),
		cmocka_unit_test(a_program_that_has_the_librarys_data_copied_defines_it),
		cmocka_unit_test(a_deleted_program_is_still_read),
		cmocka_unit_test(a_process_of_known_files_costs_no_read),
		cmocka_unit_test(a_garbled_library_named_libpython_hides_nothing),
		cmocka_unit_test(a_file_of_holes_is_no_python),
	};

	return cmocka_run_group_tests_name("detect", tests, make_folder, remove_folder);
}
