/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds CPython's runtime among the files that a process has mapped, and the row for its version. Refuses by
 * name what no row stands for. Must not read the process's memory and must not spell a version: rows do that.
 */
#include "python/detect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proc/elf.h"
#include "proc/maps.h"
#include "proc/procfs.h"
#include "python/layout.h"
#include "python/version.h"

/* Files of a process that are opened at most; a browser maps some 150 libraries, a Python with numpy some 60. */
#define LIBPYTHONS_MAX 8
#define OTHERS_MAX     128
/* Names of files in the message for a process that is not CPython. */
#define NAMED_MAX 3

/* Newer versions put the runtime into a section of its own (Python/pylifecycle.c), which survives strip. */
#define RUNTIME_SECTION ".PyRuntime"

enum symbol_index {
	SYMBOL_RUNTIME,
	SYMBOL_CODE_TYPE,
	SYMBOL_VERSION,
	SYMBOL_OLD_CURRENT, /* before _PyRuntime existed */
	SYMBOL_FREE_THREADED, /* only without the GIL: reference counts are split */
	SYMBOL_TRACE_REFS, /* only with Py_TRACE_REFS: objects have two more words in front */
	SYMBOL_REF_DEBUG, /* only with Py_REF_DEBUG, which Py_DEBUG implies */
	SYMBOL_MAX
};

static const char *const symbol_names[SYMBOL_MAX] = {
	[SYMBOL_RUNTIME] = "_PyRuntime",
	[SYMBOL_CODE_TYPE] = "PyCode_Type",
	[SYMBOL_VERSION] = "Py_Version",
	[SYMBOL_OLD_CURRENT] = "_PyThreadState_Current",
	[SYMBOL_FREE_THREADED] = "_Py_DecRefShared",
	[SYMBOL_TRACE_REFS] = "_Py_AddToAllObjects",
	[SYMBOL_REF_DEBUG] = "_Py_NegativeRefcount",
};

/* One file that was looked at. */
struct candidate {
	const struct mapping *mapping; /* the executable one */
	int fd;
	struct elf_image *image; /* NULL: nothing known of it */
	uint64_t bias;
	struct elf_symbol symbols[SYMBOL_MAX];
	uint64_t runtime_addr, runtime_size; /* as linked */
	bool has_runtime;
};

/* The search through one process's files. */
struct search {
	const struct process_facts *facts;
	struct maps maps;
	struct candidate program; /* the main executable */
	struct candidate library; /* the first other file that has a runtime of any age */
	bool has_program, has_library;
	size_t nlooked; /* files */
	struct err failure; /* why a file that may have one could not be examined; code 0: none */
	char looked[512]; /* the first names, for the message */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void candidate_done(struct candidate *candidate)
{
	elf_image_close(candidate->image);
	if (candidate->fd >= 0)
		close(candidate->fd);
	*candidate = (struct candidate){ .fd = -1 };
}

/* Where the runtime is, by symbol or by section. */
static void find_runtime(struct candidate *candidate)
{
	const struct elf_symbol *symbol = &candidate->symbols[SYMBOL_RUNTIME];

	if (symbol->found) {
		candidate->runtime_addr = symbol->addr;
		candidate->runtime_size = symbol->size;
		candidate->has_runtime = true;
		return;
	}
	candidate->has_runtime =
		elf_image_find_section(candidate->image, RUNTIME_SECTION, &candidate->runtime_addr,
				       &candidate->runtime_size) == 0;
}

/* Open the file and look for everything in it at once. On failure the candidate is left empty. */
static int candidate_open(struct candidate *candidate, pid_t pid, const struct mapping *mapping,
			  struct err *err)
{
	int r;

	*candidate = (struct candidate){ .fd = -1, .mapping = mapping };
	r = mapping_open(pid, mapping, &candidate->fd, err);
	if (r < 0)
		goto out;
	r = elf_image_open(candidate->fd, &candidate->image, err);
	if (r < 0) {
		err_wrap(err, "%s", mapping->path);
		goto out;
	}
	for (int i = 0; i < SYMBOL_MAX; i++)
		candidate->symbols[i].name = symbol_names[i];
	r = elf_image_find_symbols(candidate->image, candidate->symbols, SYMBOL_MAX, err);
	if (r < 0) {
		err_wrap(err, "%s", mapping->path);
		goto out;
	}
	find_runtime(candidate);
	r = elf_image_load_bias(candidate->image, mapping->start, mapping->offset,
				&candidate->bias);
	if (r < 0)
		err_set(err, r, "%s: the mapping does not fit the file", mapping->path);
out:
	if (r < 0)
		candidate_done(candidate);
	return r;
}

/* A runtime of any age, or what remains of its traces. */
static bool is_python(const struct candidate *candidate)
{
	return candidate->has_runtime || candidate->symbols[SYMBOL_OLD_CURRENT].found;
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
static bool look_at(struct search *search, const struct mapping *mapping,
		    struct candidate *candidate)
{
	size_t length = strlen(search->looked);
	struct err err;

	if (search->nlooked++ < NAMED_MAX)
		snprintf(search->looked + length, sizeof(search->looked) - length, "%s%s",
			 length ? ", " : "", mapping->path);
	if (candidate_open(candidate, search->facts->id.pid, mapping, &err) == 0)
		return true;
	/* What only is no ELF file (code made at run time) can hide nothing, unless it is the program. */
	if (err.code != -ENOEXEC || is_program(search, mapping))
		search->failure = err;
	return false;
}

/* The first file with a runtime among at most limit of those (not) called libpython. */
static void search_libraries(struct search *search, bool libpython, int limit)
{
	const struct maps *maps = &search->maps;

	for (size_t i = 0; i < maps->nmappings && limit > 0 && !search->has_library; i++) {
		const struct mapping *mapping = &maps->mappings[i];

		if (!is_first_executable(maps, i) || is_libpython(mapping) != libpython ||
		    is_program(search, mapping))
			continue;
		limit--;
		if (!look_at(search, mapping, &search->library))
			continue;
		if (is_python(&search->library))
			search->has_library = true;
		else
			candidate_done(&search->library);
	}
}

static void search_program(struct search *search)
{
	const struct maps *maps = &search->maps;

	for (size_t i = 0; i < maps->nmappings; i++) {
		if (!is_first_executable(maps, i) || !is_program(search, &maps->mappings[i]))
			continue;
		search->has_program = look_at(search, &maps->mappings[i], &search->program);
		return;
	}
}

/*
 * Whose definition of a symbol does the process use? The dynamic linker asks the program first, so one that
 * exports it wins over every library: a static Python that loads a module linked with libpython, and an
 * embedding program that has the data copied into itself (COPY relocation).
 */
static const struct candidate *definer(const struct search *search, enum symbol_index index)
{
	if (search->has_program && search->program.symbols[index].found &&
	    (search->program.symbols[index].dynamic || !search->has_library))
		return &search->program;
	if (search->has_library && search->library.symbols[index].found)
		return &search->library;
	return NULL;
}

/* The file that has the runtime in use, or an old Python; NULL: none. */
static const struct candidate *runtime_holder(const struct search *search)
{
	const struct candidate *holder = definer(search, SYMBOL_RUNTIME);

	if (holder)
		return holder;
	if (search->has_library)
		return &search->library;
	return search->has_program && is_python(&search->program) ? &search->program : NULL;
}

/* Py_Version, of the file whose definition is used or of which it was copied. 0: there is none. */
static uint32_t read_hexversion(const struct search *search)
{
	const struct candidate *const candidates[] = { &search->program, &search->library };
	uint64_t version;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		const struct elf_symbol *symbol = &candidates[i]->symbols[SYMBOL_VERSION];

		if (candidates[i]->image && symbol->found &&
		    elf_image_read(candidates[i]->image, symbol->addr, &version, sizeof(version)) ==
			    0 &&
		    version && version <= UINT32_MAX)
			return (uint32_t)version;
	}
	return 0;
}

/* The version as the file's name or SONAME, or the program's name has it. False: none has. */
static bool read_name(const struct search *search, const struct candidate *holder,
		      struct version_name *ret_name)
{
	char soname[256];

	if (version_parse_name(base_name(holder->mapping->path), ret_name))
		return true;
	if (elf_image_soname(holder->image, soname, sizeof(soname)) == 0 &&
	    version_parse_name(soname, ret_name))
		return true;
	return version_parse_name(base_name(search->facts->exe), ret_name);
}

/* Without Py_Version: the size of _PyRuntime tells the series, and a name must not contradict. */
static int choose_by_size(const struct candidate *holder, const struct version_name *name,
			  struct python_build *build, struct err *err)
{
	const struct layout_row *row = layout_row_by_runtime_size(holder->runtime_size);

	if (name)
		version_format_series(name->series, build->version, sizeof(build->version));
	if (!holder->has_runtime)
		return version_refuse(err, name ? build->version : "of an old and unknown version",
				      "is not supported");
	if (!row && name && !layout_row_by_version((uint32_t)name->series << 16))
		return version_refuse(err, build->version, "is not supported");
	if (!row || (name && name->series != row->series)) {
		err_set(err, -ENOTSUP,
			"this CPython is not supported: %s has a runtime of %llu bytes, which %s%s",
			holder->mapping->path, (unsigned long long)holder->runtime_size,
			row ? "is that of CPython " : "no supported version has",
			row ? row->name : "");
		version_hint_supported(err);
		return -ENOTSUP;
	}
	build->row = row;
	build->hexversion = (uint32_t)row->series << 16;
	version_format_series(row->series, build->version, sizeof(build->version));
	return 0;
}

static int choose_row(const struct search *search, const struct candidate *holder,
		      const struct version_name *name, struct python_build *build, struct err *err)
{
	const uint32_t final = 0xf0;
	uint32_t hexversion = holder->has_runtime ? read_hexversion(search) : 0;

	if (!hexversion)
		return choose_by_size(holder, name, build, err);
	build->hexversion = hexversion;
	version_format(hexversion, build->version, sizeof(build->version));
	build->row = layout_row_by_version(hexversion);
	if (build->row)
		return 0;
	if (layout_row_by_version((hexversion & ~0xffU) | final))
		return version_refuse(err, build->version, "is not supported: it is a pre-release");
	return version_refuse(err, build->version, "is not supported");
}

/* Builds whose objects look different. What only moves the end of the runtime shows in its size. */
static int check_flavour(const struct search *search, const struct version_name *name,
			 struct python_build *build, struct err *err)
{
	const uint64_t *sizes = build->row->runtime_sizes;

	while (*sizes && *sizes != build->runtime_size)
		sizes++;
	build->runtime_size_known = *sizes != 0;
	if (definer(search, SYMBOL_FREE_THREADED) || (name && name->free_threaded))
		return version_refuse(err, build->version,
				      "without the GIL (free-threaded) is not supported");
	if (definer(search, SYMBOL_TRACE_REFS))
		return version_refuse(err, build->version,
				      "built with Py_TRACE_REFS is not supported");
	if (!build->runtime_size_known &&
	    (definer(search, SYMBOL_REF_DEBUG) || (name && name->debug)))
		return version_refuse(err, build->version, "built with Py_DEBUG is not supported");
	return 0;
}

/* Addresses in the process. */
static int find_addresses(const struct search *search, const struct candidate *holder,
			  struct python_build *build, struct err *err)
{
	const struct candidate *types = definer(search, SYMBOL_CODE_TYPE);
	struct elf_symbol counter = { .name = build->row->code_counter_symbol };

	build->runtime_addr = holder->runtime_addr + holder->bias;
	build->runtime_size = holder->runtime_size;
	if (!types)
		return version_refuse(err, build->version,
				      "is not supported when its symbol PyCode_Type is stripped");
	build->code_type_addr = types->symbols[SYMBOL_CODE_TYPE].addr + types->bias;
	/* Not exported everywhere; without it identities come from contents. */
	if (counter.name && elf_image_find_symbols(holder->image, &counter, 1, NULL) == 0 &&
	    counter.found)
		build->code_counter_addr = counter.addr + holder->bias;
	return 0;
}

static int judge(const struct search *search, const struct candidate *holder,
		 struct python_build *ret_build, struct err *err)
{
	struct python_build build = { 0 };
	struct version_name name;
	bool named = read_name(search, holder, &name);
	int r;

	r = choose_row(search, holder, named ? &name : NULL, &build, err);
	if (r < 0)
		return r;
	r = find_addresses(search, holder, &build, err);
	if (r < 0)
		return r;
	r = check_flavour(search, named ? &name : NULL, &build, err);
	if (r < 0)
		return r;
	snprintf(build.found_in, sizeof(build.found_in), "%s", holder->mapping->path);
	*ret_build = build;
	return 0;
}

/* No runtime: say what was looked at, and name the other Python that people take for CPython. */
static int set_not_python(const struct search *search, struct err *err)
{
	pid_t pid = search->facts->id.pid;
	const char *comm = search->facts->comm;

	for (size_t i = 0; i < search->maps.nmappings; i++) {
		if (!mapping_is_file(&search->maps.mappings[i]) ||
		    !strstr(base_name(search->maps.mappings[i].path), "pypy"))
			continue;
		err_set(err, -ENOENT, "pid %d (%s) runs PyPy, which is not CPython", pid, comm);
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

int detect_python(const struct process_facts *facts, struct python_build *ret_build,
		  struct err *err)
{
	struct search search = { .facts = facts, .program.fd = -1, .library.fd = -1 };
	const struct candidate *holder;
	int r;

	r = maps_read(facts->id.pid, &search.maps, err);
	if (r < 0)
		return r;
	search_libraries(&search, true, LIBPYTHONS_MAX);
	search_program(&search);
	if (!search.has_library && !(search.has_program && is_python(&search.program)))
		search_libraries(&search, false, OTHERS_MAX);

	holder = runtime_holder(&search);
	if (!holder) {
		r = set_not_python(&search, err);
		goto out;
	}
	r = judge(&search, holder, ret_build, err);
	if (r < 0)
		err_wrap(err, "pid %d", facts->id.pid);
out:
	candidate_done(&search.program);
	candidate_done(&search.library);
	maps_done(&search.maps);
	return r;
}
