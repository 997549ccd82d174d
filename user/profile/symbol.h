/* SPDX-License-Identifier: GPL-2.0-only */
/* A symbol: what one frame of a stack is called. A value type; texts belong to whoever made it. */
#ifndef PBP_PROFILE_SYMBOL_H
#define PBP_PROFILE_SYMBOL_H

#include <stdint.h>

enum symbol_kind {
	SYMBOL_FUNCTION, /* a Python function at a line */
	SYMBOL_UNNAMED, /* a Python frame whose names are lost: "[unnamed]" */
	SYMBOL_NATIVE, /* CPU time of the process outside any Python frame: "[native]" */
	SYMBOL_NOT_RECOGNISED, /* before the process's runtime was known: "[not yet recognised]" */
	SYMBOL_TRUNCATED, /* stands at the root of a stack that was cut there: "[truncated]" */
	SYMBOL_UNREADABLE, /* stands at the root, text in function: "[unreadable: REASON]" */
};

struct symbol {
	enum symbol_kind kind;
	const char *
		function; /* UTF-8, qualified where the code object has that; "" unless function or unreadable */
	const char *file; /* UTF-8, as the code object has it; "" unless SYMBOL_FUNCTION */
	int32_t line; /* being executed; 0 unless SYMBOL_FUNCTION */
	int32_t first_line; /* the function's first line; 0 unless SYMBOL_FUNCTION */
};

#endif
