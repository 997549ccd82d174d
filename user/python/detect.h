/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a process CPython, and which? Everything here comes from the files that the process has mapped; its memory is
 * read only where a file cannot be.
 */
#ifndef PBP_PYTHON_DETECT_H
#define PBP_PYTHON_DETECT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "process.h"
#include "python/version.h"

struct layout_row;
struct memory;
struct process_facts;

/* How the runtime was found. */
enum python_found {
	PYTHON_FOUND_SYMBOL, /* the symbol _PyRuntime */
	PYTHON_FOUND_SECTION, /* the section .PyRuntime (3.10 on, survives strip) */
	PYTHON_FOUND_COOKIE, /* its cookie, in writable memory (3.13 on) */
	PYTHON_FOUND_OLD_SYMBOL, /* up to 3.6, which have no _PyRuntime: the symbol interp_head */
	PYTHON_FOUND_DECODED, /* likewise: the code of PyInterpreterState_Head() */
};

/* An interpreter that a process has mapped. Addresses are those in the process. */
struct python_build {
	char found_in[PATH_MAX]; /* the file that has the runtime, as the process sees it */
	char version
		[VERSION_TEXT_SIZE]; /* "MAJOR.MINOR.PATCH", or "MAJOR.MINOR" where no more is known */
	uint32_t
		hexversion; /* as PY_VERSION_HEX; the lower half is 0 where only the series is known */
	const struct layout_row *row; /* never NULL */
	enum python_found found;
	bool from_memory; /* the file is gone or replaced: read out of the process */
	bool free_threaded, debug;
	bool trace_refs; /* every object has two words in front (Py_DEBUG up to 3.7; --with-trace-refs up to 3.12) */
	bool assumed; /* no row for this version: the user's --assume-layout chose one */
	uint64_t runtime_addr; /* of _PyRuntime, or of interp_head */
	uint64_t runtime_size; /* bytes, 0: not known */
	bool runtime_size_known; /* the row lists that size: this very build has been compared */
	uint64_t
		code_type_addr; /* of PyCode_Type; 0: not exported, a frame's code object must tell */
	uint64_t code_counter_addr; /* of the row's code_counter_symbol; 0: none */
	uint64_t current_tstate_addr; /* of _PyThreadState_Current (up to 3.6); 0: none */
	uint64_t bias; /* what was added to the file's linked addresses */
	uint64_t code_start, dynamic_addr; /* of that file, as in struct python_binary */
	struct pbp_file_key key; /* mapped_binary.key of it */
	uint32_t file; /* mapped_binary.file of the file that has the runtime */
	bool in_program; /* that is the process's main executable */
	bool copied; /* some of its data was copied into the main executable (COPY relocation), and is used there */
};

/* What the process's main executable is, whatever other files it has mapped. */
struct python_program {
	bool examined; /* its file could be; else nothing below stands */
	bool has_runtime;
	bool exported; /* its runtime is what other files of the process bind to */
	bool needs_libpython, needs_unknown; /* as in struct python_binary */
	struct pbp_file_key key; /* mapped_binary.key */
	uint64_t code_start, debug_addr; /* as in struct python_binary */
	uint64_t bias;
};

/* A process may have several, a program and a library that both carry one; which is in use its memory tells. */
#define PYTHON_BUILDS_MAX 4

struct python_builds {
	size_t nbuilds; /* 1 or more */
	struct python_build builds[PYTHON_BUILDS_MAX]; /* the likeliest first */
	struct python_program program;
	struct err
		refused; /* why another one, that may be the one in use, is not supported; code 0: none */
};

/*
 * Find the interpreters of the process that the facts are of; memory is its memory. assume_series is the row to take
 * for a version without one, 0: refuse it. -EACCES or -EPERM: its mappings or files may not be read; -ENOENT: not a
 * CPython process, err names what it is; -ENOTSUP: a CPython that is not supported, named in err with what is. Of
 * *ret_builds, all but builds[] stands after these errors, too; a failure that says nothing of Python leaves refused
 * at code 0.
 */
int detect_python(const struct process_facts *facts, const struct memory *memory,
		  uint16_t assume_series, struct python_builds *ret_builds, struct err *err);

#endif
