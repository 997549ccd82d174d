/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a process CPython, and which? Everything here comes from the files that the process has mapped; its memory
 * is not read.
 */
#ifndef PBP_PYTHON_DETECT_H
#define PBP_PYTHON_DETECT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "python/version.h"

struct layout_row;
struct process_facts;

/* The interpreter that a process has mapped. Addresses are those in the process. */
struct python_build {
	char found_in[PATH_MAX]; /* the file that has the runtime, as the process sees it */
	char version
		[VERSION_TEXT_SIZE]; /* "MAJOR.MINOR.PATCH", or "MAJOR.MINOR" where no more is known */
	uint32_t
		hexversion; /* as PY_VERSION_HEX; the lower half is 0 where only the series is known */
	const struct layout_row *row; /* never NULL */
	uint64_t runtime_addr; /* of _PyRuntime */
	uint64_t runtime_size; /* bytes */
	bool runtime_size_known; /* the row lists that size: this very build has been compared */
	uint64_t code_type_addr; /* of PyCode_Type */
	uint64_t code_counter_addr; /* of the row's code_counter_symbol; 0: none */
};

/*
 * Find the interpreter of the process that the facts are of. -EACCES or -EPERM: its mappings or files may not be
 * read; -ENOENT: not a CPython process; -ENOTSUP: a CPython that is not supported, named in err with what is.
 */
int detect_python(const struct process_facts *facts, struct python_build *ret_build,
		  struct err *err);

#endif
