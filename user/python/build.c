/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chooses the layout row for a runtime that was found, and says by name and reason what has none. Must not look at
 * files or memory, and must not spell a version: rows do that.
 */
#include "python/build.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "python/binaries.h"
#include "python/binary.h"
#include "python/layout.h"
#include "python/version.h"

/* Everything that tells the version. */
struct question {
	const struct mapped_binary *mapped, *program;
	uint16_t assume_series;
	bool named; /* the file's name or SONAME has a version */
	struct version_name name;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static uint32_t final_of(uint32_t hexversion)
{
	const uint32_t final = 0xf0; /* PY_RELEASE_LEVEL_FINAL, serial 0 */

	return (hexversion & ~0xffU) | final;
}

static void set_series(struct python_build *build, uint16_t series)
{
	build->hexversion = (uint32_t)series << 16;
	version_format_series(series, build->version, sizeof(build->version));
}

/* The row that the user's --assume-layout chose for a version without one; the refusal's err stands otherwise. */
static int assume_row(const struct question *question, struct python_build *build, int refused)
{
	const struct layout_row *row;

	if (!question->assume_series)
		return refused;
	row = layout_row_by_version((uint32_t)question->assume_series << 16, build->free_threaded,
				    build->runtime_size);
	if (!row)
		return refused;
	build->row = row;
	build->assumed = true;
	return 0;
}

/* Up to 3.6 the interpreters' list has its own variable: no offset leads to it. */
static bool is_old_row(const struct layout_row *row)
{
	return row->layout.runtime_interpreters_head == 0;
}

static const struct layout_row *find_old_row(bool byte_strings)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (is_old_row(row) &&
		    (row->layout.string_kind == PBP_STRING_BYTES) == byte_strings)
			return row;
	}
	return NULL;
}

/* Before there was a _PyRuntime: what is exported tells the series; a name may only say that it is an older one. */
static int choose_old(const struct question *question, struct python_build *build, struct err *err)
{
	const struct python_binary *binary = &question->mapped->binary;
	const struct layout_row *row = find_old_row(binary->byte_strings);
	uint16_t named = question->named ? question->name.series : 0;
	bool too_old = !row || !binary->new_enough ||
		       (named && named < row->series && named >> 8 == row->series >> 8);

	if (!too_old) {
		build->row = row;
		set_series(build, row->series);
		return 0;
	}
	if (named)
		set_series(build, named);
	else
		snprintf(build->version, sizeof(build->version), "of an old version");
	return assume_row(question, build, version_refuse(err, build->version, "is not supported"));
}

/* The size of _PyRuntime tells the series, the name only where that size is unknown. */
static int choose_by_size(const struct question *question, struct python_build *build,
			  struct err *err)
{
	const struct layout_row *row = layout_row_by_runtime_size(build->runtime_size);
	uint16_t named = question->named ? question->name.series : 0;

	if (!row && named)
		row = layout_row_by_version((uint32_t)named << 16, build->free_threaded,
					    build->runtime_size);
	if (row) {
		build->row = row;
		build->free_threaded = row->free_threaded;
		set_series(build, row->series);
		return 0;
	}
	if (named) {
		set_series(build, named);
		return assume_row(question, build,
				  version_refuse(err, build->version, "is not supported"));
	}
	snprintf(build->version, sizeof(build->version), "of an unknown version");
	err_set(err, -ENOTSUP,
		"this CPython is not supported: its version is not to be seen, and no supported "
		"one has a runtime of %llu bytes",
		(unsigned long long)build->runtime_size);
	version_hint_supported(err);
	return assume_row(question, build, -ENOTSUP);
}

static int choose_row(const struct question *question, struct python_build *build, struct err *err)
{
	const struct python_binary *binary = &question->mapped->binary;
	const char *why = "is not supported";

	if (binary->old)
		return choose_old(question, build, err);
	if (!binary->hexversion)
		return choose_by_size(question, build, err);
	build->hexversion = binary->hexversion;
	version_format(build->hexversion, build->version, sizeof(build->version));
	build->row =
		layout_row_by_version(build->hexversion, build->free_threaded, build->runtime_size);
	if (build->row)
		return 0;
	if (layout_row_by_version(final_of(build->hexversion), build->free_threaded,
				  build->runtime_size))
		why = "is not supported: it is a pre-release";
	else if (build->free_threaded && layout_row_by_version(build->hexversion, false, 0))
		why = "without the GIL (free-threaded) is not supported";
	return assume_row(question, build, version_refuse(err, build->version, why));
}

static uint64_t own_address(const struct question *question, size_t symbol_at)
{
	const struct python_symbol *own =
		(const void *)((const char *)&question->mapped->binary + symbol_at);

	return own->addr ? own->addr + question->mapped->bias : 0;
}

/*
 * Whose definition does a library use? The dynamic linker asks the program first, and one that has the data copied
 * into itself exports it; a program with a runtime of its own is another Python.
 */
static uint64_t bound_address(const struct question *question, size_t symbol_at)
{
	const struct mapped_binary *program = question->program;
	const struct python_symbol *copy;

	if (program && program != question->mapped && !program->binary.has_runtime) {
		copy = (const void *)((const char *)&program->binary + symbol_at);
		if (copy->addr && copy->exported)
			return copy->addr + program->bias;
	}
	return own_address(question, symbol_at);
}

static void set_addresses(const struct question *question, struct python_build *build)
{
	const struct mapped_binary *mapped = question->mapped;
	const char *counter = build->row->code_counter_symbol;
	const size_t type_at = offsetof(struct python_binary, code_type);
	const size_t tstate_at = offsetof(struct python_binary, current_tstate);

	build->runtime_addr = mapped->binary.runtime.addr + mapped->bias;
	build->code_type_addr = bound_address(question, type_at);
	build->copied = build->code_type_addr != own_address(question, type_at);
	if (mapped->binary.old) {
		build->current_tstate_addr = bound_address(question, tstate_at);
		build->copied |= build->current_tstate_addr != own_address(question, tstate_at);
	}
	/* Not exported everywhere; without it identities come from contents. */
	if (counter && mapped->binary.code_counter_symbol &&
	    !strcmp(counter, mapped->binary.code_counter_symbol))
		build->code_counter_addr = mapped->binary.code_counter_addr + mapped->bias;
}

/* Builds that look different in memory, and whether this one has been compared. */
static void set_flavour(const struct question *question, struct python_build *build)
{
	const struct python_binary *binary = &question->mapped->binary;
	const uint64_t *sizes = build->row->runtime_sizes;

	build->debug = binary->debug || (question->named && question->name.debug);
	/* From 3.13 on the list of all objects is kept apart from them, and _Py_DebugOffsets tells anyway. */
	build->trace_refs = binary->trace_refs && !build->row->debug_offsets;
	while (*sizes && *sizes != build->runtime_size)
		sizes++;
	build->runtime_size_known = *sizes != 0 && !build->trace_refs && !build->assumed;
	/* A size that does not belong to the version that the name says may be a coincidence. */
	if (!binary->hexversion && question->named && question->name.series != build->row->series)
		build->runtime_size_known = false;
}

int build_identify(const struct mapped_binary *mapped, const char *path,
		   const struct mapped_binary *program, uint16_t assume_series,
		   struct python_build *ret_build, struct err *err)
{
	struct question question = { .mapped = mapped,
				     .program = program,
				     .assume_series = assume_series };
	struct python_build build = {
		.found = mapped->binary.found,
		.from_memory = mapped->from_memory,
		.free_threaded = mapped->binary.free_threaded,
		.runtime_size = mapped->binary.runtime_size,
	};
	int r;

	question.named = version_parse_name(base_name(path), &question.name);
	if (!question.named && mapped->binary.has_soname) {
		question.named = true;
		question.name = mapped->binary.soname;
	}
	r = choose_row(&question, &build, err);
	if (r < 0)
		return r;
	set_flavour(&question, &build);
	set_addresses(&question, &build);
	build.bias = mapped->bias;
	build.code_start = mapped->binary.code_start;
	build.dynamic_addr = mapped->binary.dynamic_addr;
	build.key = mapped->key;
	build.file = mapped->file;
	build.in_program = program == mapped;
	snprintf(build.found_in, sizeof(build.found_in), "%s", path);
	*ret_build = build;
	return 0;
}
