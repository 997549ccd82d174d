/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks for CPython's runtime in one ELF image, by every trace that building and stripping may leave, and for what
 * tells one build from another. Must not decide what is supported, nor believe the image's file name.
 */
#include "python/binary.h"

#include <errno.h>
#include <string.h>

#include "proc/elf.h"
#include "python/debug_offsets.h"
#include "python/decode.h"
#include "python/layout.h"
#include "python/runtime_scan.h"

/* From 3.10 on the runtime has a section of its own (Python/pylifecycle.c), which survives strip. */
#define RUNTIME_SECTION ".PyRuntime"
/* Every linker makes this one: without it there are no section headers. */
#define CODE_SECTION ".text"

/* What is essential first, lest the image has cost too much before it is found. */
enum symbol_index {
	SYMBOL_RUNTIME,
	SYMBOL_OLD_CURRENT, /* the GIL holder's thread state, before _PyRuntime existed */
	SYMBOL_CODE_TYPE,
	SYMBOL_VERSION, /* from 3.11 on */
	SYMBOL_OLD_HEAD, /* static: only in .symtab */
	SYMBOL_OLD_HEAD_FUNCTION,
	SYMBOL_BYTE_STRINGS, /* 2.x, whose str are bytes */
	SYMBOL_NEW_BYTES, /* came with 2.7, the oldest row of its kind */
	SYMBOL_NEW_UNICODE, /* came with 3.6, likewise */
	SYMBOL_FREE_THREADED, /* only without the GIL: reference counts are split */
	SYMBOL_TRACE_REFS, /* only with Py_TRACE_REFS: objects have two more words in front up to 3.12 */
	SYMBOL_REF_DEBUG, /* only with Py_REF_DEBUG, which Py_DEBUG implies */
	SYMBOL_COUNTERS, /* and behind this one those of the rows */
	SYMBOL_MAX = SYMBOL_COUNTERS + 4
};

static const char *const symbol_names[SYMBOL_COUNTERS] = {
	[SYMBOL_RUNTIME] = "_PyRuntime",
	[SYMBOL_OLD_CURRENT] = "_PyThreadState_Current",
	[SYMBOL_CODE_TYPE] = "PyCode_Type",
	[SYMBOL_VERSION] = "Py_Version",
	[SYMBOL_OLD_HEAD] = "interp_head",
	[SYMBOL_OLD_HEAD_FUNCTION] = "PyInterpreterState_Head",
	[SYMBOL_BYTE_STRINGS] = "PyString_FromString",
	[SYMBOL_NEW_BYTES] = "PyCapsule_New",
	[SYMBOL_NEW_UNICODE] = "PyOS_FSPath",
	[SYMBOL_FREE_THREADED] = "_Py_DecRefShared",
	[SYMBOL_TRACE_REFS] = "_Py_AddToAllObjects",
	[SYMBOL_REF_DEBUG] = "_Py_NegativeRefcount",
};

/* Fill in the names to look for. Returns how many. */
static size_t name_symbols(struct elf_symbol symbols[SYMBOL_MAX])
{
	size_t nsymbols = SYMBOL_COUNTERS;

	for (size_t i = 0; i < SYMBOL_COUNTERS; i++)
		symbols[i] = (struct elf_symbol){ .name = symbol_names[i] };
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		bool named = !row->code_counter_symbol;

		for (size_t i = SYMBOL_COUNTERS; i < nsymbols && !named; i++)
			named = !strcmp(symbols[i].name, row->code_counter_symbol);
		if (!named && nsymbols < SYMBOL_MAX)
			symbols[nsymbols++] =
				(struct elf_symbol){ .name = row->code_counter_symbol };
	}
	return nsymbols;
}

static struct python_symbol data_symbol(const struct elf_symbol *symbol)
{
	return (struct python_symbol){ .addr = symbol->found ? symbol->addr : 0,
				       .exported = symbol->found && symbol->dynamic };
}

/* interp_head up to 3.6: static, but a function of two instructions returns it (Python/pystate.c). */
static void find_old_runtime(struct elf_image *image, const struct elf_symbol *symbols,
			     struct python_binary *binary)
{
	const struct elf_symbol *head = &symbols[SYMBOL_OLD_HEAD];
	const struct elf_symbol *function = &symbols[SYMBOL_OLD_HEAD_FUNCTION];
	size_t size =
		function->size && function->size < DECODE_BYTES ? function->size : DECODE_BYTES;
	uint8_t code[DECODE_BYTES];

	/* Other programs too may have a variable of that name. */
	if (!binary->current_tstate.addr || !function->found)
		return;
	binary->byte_strings = symbols[SYMBOL_BYTE_STRINGS].found;
	binary->new_enough =
		symbols[binary->byte_strings ? SYMBOL_NEW_BYTES : SYMBOL_NEW_UNICODE].found;
	if (head->found) {
		binary->runtime.addr = head->addr;
		binary->found = PYTHON_FOUND_OLD_SYMBOL;
	} else if (elf_image_machine(image) == ELF_MACHINE_X86_64 &&
		   elf_image_read(image, function->addr, code, size) == 0 &&
		   decode_returned_variable(code, size, function->addr, &binary->runtime.addr) ==
			   0) {
		binary->found = PYTHON_FOUND_DECODED;
	} else {
		return;
	}
	binary->has_runtime = binary->old = true;
}

/* Everything but an old one; the section was looked for before the symbols, which may cost too much. */
static void find_runtime(const struct elf_symbol *symbol, struct python_binary *binary)
{
	if (!symbol->found)
		return;
	binary->runtime = data_symbol(symbol);
	binary->runtime_size = symbol->size;
	binary->found = PYTHON_FOUND_SYMBOL;
	binary->has_runtime = true;
}

static void find_section(struct elf_image *image, struct python_binary *binary)
{
	if (elf_image_find_section(image, RUNTIME_SECTION, &binary->runtime.addr,
				   &binary->runtime_size) < 0)
		return;
	binary->found = PYTHON_FOUND_SECTION;
	binary->has_runtime = true;
}

/* Sections tell that there is none; where they are gone the data must be searched. */
static void scan_for_runtime(struct elf_image *image, struct python_binary *binary)
{
	uint64_t addr, size;

	if (elf_image_find_section(image, CODE_SECTION, &addr, &size) == 0 ||
	    runtime_scan(image, &binary->runtime.addr) < 0)
		return;
	binary->found = PYTHON_FOUND_COOKIE;
	binary->has_runtime = true;
}

/* The release: from 3.13 on at the head of the runtime, from 3.11 on in Py_Version. */
static void read_version(struct elf_image *image, const struct elf_symbol *version_symbol,
			 struct python_binary *binary)
{
	unsigned char head[DEBUG_OFFSETS_HEAD_BYTES];
	bool free_threaded;
	uint64_t version;

	if (binary->old)
		return;
	if (elf_image_read(image, binary->runtime.addr, head, sizeof(head)) == 0 &&
	    debug_offsets_identify(head, sizeof(head), &binary->hexversion, &free_threaded, NULL) ==
		    0) {
		binary->free_threaded |= free_threaded;
		return;
	}
	if (version_symbol->found &&
	    elf_image_read(image, version_symbol->addr, &version, sizeof(version)) == 0 &&
	    version <= UINT32_MAX)
		binary->hexversion = (uint32_t)version;
}

static void read_soname(struct elf_image *image, struct python_binary *binary)
{
	char soname[256];

	binary->has_soname = elf_image_soname(image, soname, sizeof(soname)) == 0 &&
			     version_parse_name(soname, &binary->soname);
}

static void take_symbols(const struct elf_symbol *symbols, size_t nsymbols,
			 struct python_binary *binary)
{
	binary->code_type = data_symbol(&symbols[SYMBOL_CODE_TYPE]);
	binary->current_tstate = data_symbol(&symbols[SYMBOL_OLD_CURRENT]);
	binary->free_threaded = symbols[SYMBOL_FREE_THREADED].found;
	binary->trace_refs = symbols[SYMBOL_TRACE_REFS].found;
	binary->debug = symbols[SYMBOL_REF_DEBUG].found;
	for (size_t i = SYMBOL_COUNTERS; i < nsymbols; i++) {
		if (symbols[i].found && !binary->code_counter_symbol) {
			binary->code_counter_symbol = symbols[i].name;
			binary->code_counter_addr = symbols[i].addr;
		}
	}
}

/* What the dynamic linker is told, and tells. */
static void read_linking(struct elf_image *image, struct python_binary *binary)
{
	int r = elf_image_needs(image, "libpython", &binary->needs_libpython);

	if (r < 0 && r != -ENOENT)
		binary->needs_unknown = true;
	if (elf_image_dynamic(image, &binary->dynamic_addr, &binary->debug_addr) < 0)
		binary->dynamic_addr = binary->debug_addr = 0;
}

static void find_code_start(const struct elf_image *image, struct python_binary *binary)
{
	struct elf_segment segment;

	for (size_t i = 0; elf_image_segment(image, i, &segment); i++) {
		if (segment.executable &&
		    (!binary->code_start || segment.addr < binary->code_start))
			binary->code_start = segment.addr;
	}
}

int binary_examine(struct elf_image *image, struct python_binary *ret_binary, struct err *err)
{
	struct python_binary binary = { 0 };
	struct elf_symbol symbols[SYMBOL_MAX];
	size_t nsymbols = name_symbols(symbols);
	int r;

	find_section(image, &binary);
	r = elf_image_find_symbols(image, symbols, nsymbols, err);
	if (r < 0 && (r != -EFBIG || !binary.has_runtime))
		return r;
	take_symbols(symbols, nsymbols, &binary);
	find_runtime(&symbols[SYMBOL_RUNTIME], &binary);
	if (!binary.has_runtime)
		find_old_runtime(image, symbols, &binary);
	if (!binary.has_runtime)
		scan_for_runtime(image, &binary);
	read_linking(image, &binary);
	find_code_start(image, &binary);
	if (binary.has_runtime) {
		read_version(image, &symbols[SYMBOL_VERSION], &binary);
		read_soname(image, &binary);
	}
	*ret_binary = binary;
	return 0;
}
