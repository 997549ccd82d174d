/* SPDX-License-Identifier: GPL-2.0-only */
/* What one ELF image says of the CPython in it, whatever process maps it. */
#ifndef PBP_PYTHON_BINARY_H
#define PBP_PYTHON_BINARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "python/detect.h"
#include "python/version.h"

struct elf_image;

/* Data that other images of a process may bind to. */
struct python_symbol {
	uint64_t addr; /* 0: not known */
	bool exported; /* by the dynamic symbol table */
};

/* Addresses are as linked. Of an image without a runtime only the symbols, needs_*, code_start and debug_addr stand. */
struct python_binary {
	bool has_runtime;
	bool old; /* up to 3.6: runtime is interp_head */
	enum python_found found;
	struct python_symbol runtime, code_type;
	struct python_symbol current_tstate; /* _PyThreadState_Current, up to 3.6 */
	uint64_t runtime_size; /* bytes, 0: not known */
	uint32_t hexversion; /* 0: not known */
	/* Of an old one: 2.x by its strings; and whether it is as new as the one of its kind with a row. */
	bool byte_strings, new_enough;
	bool free_threaded, debug;
	bool trace_refs; /* has the list of all objects */
	bool has_soname;
	struct version_name soname;
	bool needs_libpython; /* is linked with a library called so */
	bool needs_unknown; /* that cannot be told */
	uint64_t code_start; /* where its lowest executable segment begins, 0: it has none */
	uint64_t dynamic_addr, debug_addr; /* elf_image_dynamic(); 0: none */
	const char *code_counter_symbol; /* of the rows' ones the one it has, NULL: none */
	uint64_t code_counter_addr;
};

/*
 * Look for CPython in the image. 0 also when there is none; -EBADMSG, -EFBIG and what a read returned: the image
 * could not be searched, err says why.
 */
int binary_examine(struct elf_image *image, struct python_binary *ret_binary, struct err *err);

#endif
