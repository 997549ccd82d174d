/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The code objects of a run: names and line tables, kept once for equal content, whichever process they came
 * from. Which address of which process stands for which of them is the pipeline's business.
 */
#ifndef PBP_PYTHON_CODE_H
#define PBP_PYTHON_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct codes;
struct pbp_layout;

struct code {
	const char
		*function; /* qualified name where there is one, UTF-8; NULL: the names are lost */
	const char *file; /* UTF-8; NULL as function */
	int32_t firstlineno;
	uint32_t linetable_size; /* bytes at hand; the object's table may be longer */
	uint32_t linetable_full_size;
	uint32_t linetable_format; /* enum pbp_linetable_format */
	const uint8_t *linetable;
	uint8_t instr_bytes; /* of bytecode that one instruction counts */
	bool internal; /* no frame of the program's: CPython's own _Py_InitCleanup (3.13 on) */
};

/* NULL when memory runs out. */
struct codes *codes_new(void);
void codes_free(struct codes *codes);

/*
 * The id of a code object with the contents of this record (`data` is what follows it on the wire; sizes were
 * checked by whoever took it there). Equal contents give the same id. 0 or -ENOMEM, -EOVERFLOW.
 */
int codes_add(struct codes *codes, const struct pbp_code *record, const uint8_t *data,
	      const struct pbp_layout *layout, uint32_t *ret_id);

/* A code object of its own, whose contents are not known, or not whole, yet. Errors as codes_add. */
int codes_add_unnamed(struct codes *codes, uint32_t *ret_id);

/* Give contents to one that codes_add_unnamed made, again if need be. Pointers of codes_get change. */
int codes_fill(struct codes *codes, uint32_t id, const struct pbp_code *record, const uint8_t *data,
	       const struct pbp_layout *layout);

/*
 * For one that codes_add_unnamed made and that gets no further contents: the id that equal contents have, its own when it is
 * the first with them. CODES_NO_ID: its names are lost. 0 or -ENOMEM.
 */
int codes_intern(struct codes *codes, uint32_t id, uint32_t *ret_id);
#define CODES_NO_ID UINT32_MAX

/* Nobody has this id any more: it may be used again. Not for one that codes_add or codes_intern gave. */
void codes_release(struct codes *codes, uint32_t id);

/* Valid until the next call that adds, fills or releases. */
const struct code *codes_get(const struct codes *codes, uint32_t id);

size_t codes_count(const struct codes *codes);

/*
 * The line of an instruction (as on the wire), never 0 or less unless firstlineno is. *ret_exact is false where
 * the part of the line table that says it is missing; the line is then the first one.
 */
int32_t code_line(const struct code *code, uint32_t instruction, bool *ret_exact);

#endif
