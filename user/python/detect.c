/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Goes through the files that a process runs code of and picks those with a Python runtime, the likeliest first.
 * Must not know how a runtime is recognised (binary.c) nor which versions are supported (build.c).
 */
#include "python/detect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proc/maps.h"
#include "proc/procfs.h"
#include "python/binaries.h"
#include "python/build.h"
#include "python/not_python.h"
#include "python/version.h"

/* Files of a process that are opened at most; a browser maps some 150 libraries, a Python with numpy some 60. */
#define LIBPYTHONS_MAX 8
#define OTHERS_MAX     128
/* Names of files in the message for a process that is not CPython. */
#define NAMED_MAX 3

/* A file that was looked at. */
struct candidate {
	const struct mapping
		*mapping; /* the executable one; NULL: there is none, or it could not be read */
	struct mapped_binary mapped;
};

/* The search through one process's files. */
struct search {
	const struct process_facts *facts;
	const struct memory *memory;
	uint16_t assume_series;
	struct maps maps;
	struct candidate program; /* the main executable, with a runtime or without */
	struct candidate libraries[PYTHON_BUILDS_MAX]; /* other files, all with a runtime */
	size_t nlibraries;
	size_t nlooked; /* files */
	struct err failure; /* why a file that may have one could not be examined; code 0: none */
	char looked[512]; /* the first names, for the message */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_program(const struct search *search, const struct mapping *mapping)
{
	const char *exe = search->facts->exe;
	size_t length = strlen(mapping->path);

	return !strncmp(exe, mapping->path, length) &&
	       (exe[length] == '\0' || (mapping->deleted && !strcmp(exe + length, " (deleted)")));
}

static bool is_libpython(const struct mapping *mapping)
{
	return strstr(base_name(mapping->path), "libpython") != NULL;
}

/* The first executable mapping of its file? A file's mappings lie together, apart from freak cases. */
static bool is_first_executable(const struct maps *maps, size_t i)
{
	const struct mapping *mapping = &maps->mappings[i];

	if (!mapping->executable || !mapping_is_file(mapping))
		return false;
	while (i-- > 0 && mapping_same_file(&maps->mappings[i], mapping)) {
		if (maps->mappings[i].executable)
			return false;
	}
	return true;
}

/* Look at one file; remember what failed if the answer may lie there. */
static bool look_at(struct search *search, size_t i, struct candidate *candidate)
{
	const struct mapping *mapping = &search->maps.mappings[i];
	size_t length = strlen(search->looked);
	struct err err;

	if (search->nlooked++ < NAMED_MAX)
		snprintf(search->looked + length, sizeof(search->looked) - length, "%s%s",
			 length ? ", " : "", mapping->path);
	if (binaries_look_at(search->facts->id.pid, &search->maps, i, search->memory,
			     &candidate->mapped, &err) == 0) {
		candidate->mapping = mapping;
		return true;
	}
	/* What only is no ELF file (code made at run time) can hide nothing, unless it is the program. */
	if (err.code != -ENOEXEC || is_program(search, mapping))
		search->failure = err;
	return false;
}

/* The files with a runtime among at most limit of those (not) called libpython. */
static void search_libraries(struct search *search, bool libpython, int limit)
{
	const struct maps *maps = &search->maps;

	for (size_t i = 0; i < maps->nmappings && limit > 0; i++) {
		const struct mapping *mapping = &maps->mappings[i];

		if (search->nlibraries == PYTHON_BUILDS_MAX)
			return;
		if (!is_first_executable(maps, i) || is_libpython(mapping) != libpython ||
		    is_program(search, mapping))
			continue;
		limit--;
		if (look_at(search, i, &search->libraries[search->nlibraries]) &&
		    search->libraries[search->nlibraries].mapped.binary.has_runtime)
			search->nlibraries++;
	}
}

static void search_program(struct search *search)
{
	const struct maps *maps = &search->maps;

	for (size_t i = 0; i < maps->nmappings; i++) {
		if (!is_first_executable(maps, i) || !is_program(search, &maps->mappings[i]))
			continue;
		look_at(search, i, &search->program);
		return;
	}
}

static bool program_has_runtime(const struct search *search)
{
	return search->program.mapping && search->program.mapped.binary.has_runtime;
}

/*
 * A program into which a library's runtime was copied (COPY relocation) has its address and size, but no contents
 * that would tell the version.
 */
static void inherit_version(struct search *search)
{
	struct python_binary *program = &search->program.mapped.binary;

	if (!program_has_runtime(search) || program->hexversion)
		return;
	for (size_t i = 0; i < search->nlibraries; i++) {
		const struct python_binary *library = &search->libraries[i].mapped.binary;

		if (library->runtime_size != program->runtime_size)
			continue;
		program->hexversion = library->hexversion;
		program->free_threaded |= library->free_threaded;
	}
}

static void judge(const struct search *search, const struct candidate *candidate,
		  struct python_builds *builds)
{
	const struct mapped_binary *program =
		search->program.mapping ? &search->program.mapped : NULL;
	struct err err = { 0 };

	if (builds->nbuilds == PYTHON_BUILDS_MAX)
		return;
	if (build_identify(&candidate->mapped, candidate->mapping->path, program,
			   search->assume_series, &builds->builds[builds->nbuilds], &err) == 0)
		builds->nbuilds++;
	else if (!builds->refused.code)
		builds->refused = err;
}

/*
 * The likeliest is a program that exports its runtime, for the dynamic linker asks the program first: a static
 * Python that loads a module linked with libpython. One that does not may have embedded its own beside a library.
 */
static void judge_all(const struct search *search, struct python_builds *builds)
{
	bool has_program = program_has_runtime(search);
	bool program_first = has_program && search->program.mapped.binary.runtime.exported;

	if (program_first)
		judge(search, &search->program, builds);
	for (size_t i = 0; i < search->nlibraries; i++)
		judge(search, &search->libraries[i], builds);
	if (has_program && !program_first)
		judge(search, &search->program, builds);
}

/* No runtime: say what was looked at, and name the other Python that people take for CPython. */
static int set_not_python(const struct search *search, struct err *err)
{
	const char *other = not_python_name(&search->maps);
	pid_t pid = search->facts->id.pid;
	const char *comm = search->facts->comm;

	if (other) {
		err_set(err, -ENOENT, "pid %d (%s) runs %s, which is not CPython", pid, comm,
			other);
		version_hint_supported(err);
		return -ENOENT;
	}
	if (search->failure.code) {
		err_set(err, search->failure.code,
			"pid %d (%s) cannot be told to be a CPython process: %s", pid, comm,
			search->failure.message);
		err_hint(err, "%s", search->failure.hint);
		return search->failure.code;
	}
	err_set(err, -ENOENT,
		"pid %d (%s) is not a CPython process: no Python runtime in the %zu files it "
		"runs code of (%s%s)",
		pid, comm, search->nlooked, search->looked,
		search->nlooked > NAMED_MAX ? ", …" : "");
	err_hint(err, "list the Python processes: pgrep -a python");
	return -ENOENT;
}

static struct python_program describe_program(const struct search *search)
{
	const struct mapped_binary *mapped = &search->program.mapped;

	if (!search->program.mapping)
		return (struct python_program){ 0 };
	return (struct python_program){
		.examined = !mapped->from_memory,
		.has_runtime = mapped->binary.has_runtime,
		.exported = mapped->binary.runtime.exported,
		.needs_libpython = mapped->binary.needs_libpython,
		.needs_unknown = mapped->binary.needs_unknown,
		.key = mapped->key,
		.code_start = mapped->binary.code_start,
		.debug_addr = mapped->binary.debug_addr,
		.bias = mapped->bias,
	};
}

int detect_python(const struct process_facts *facts, const struct memory *memory,
		  uint16_t assume_series, struct python_builds *ret_builds, struct err *err)
{
	struct search search = { .facts = facts, .memory = memory, .assume_series = assume_series };
	int r;

	ret_builds->nbuilds = 0;
	ret_builds->program = (struct python_program){ 0 };
	ret_builds->refused = (struct err){ 0 };
	r = maps_read(facts->id.pid, &search.maps, err);
	if (r < 0)
		return r;
	search_libraries(&search, true, LIBPYTHONS_MAX);
	search_program(&search);
	ret_builds->program = describe_program(&search);
	inherit_version(&search);
	judge_all(&search, ret_builds);
	/* Names prove nothing: what is supported may be called anything. */
	if (ret_builds->nbuilds == 0) {
		search.nlibraries = 0;
		search_libraries(&search, false, OTHERS_MAX);
		for (size_t i = 0; i < search.nlibraries; i++)
			judge(&search, &search.libraries[i], ret_builds);
	}
	if (ret_builds->nbuilds == 0 && ret_builds->refused.code) {
		r = ret_builds->refused.code;
		err_wrap(&ret_builds->refused, "pid %d", facts->id.pid);
		if (err)
			*err = ret_builds->refused;
	} else if (ret_builds->nbuilds == 0) {
		r = set_not_python(&search, err);
	}
	maps_done(&search.maps);
	return r;
}
