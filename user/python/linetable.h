/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a position in the bytecode to a source line, for every way in which CPython has written line tables.
 * Pure: bytes in, a number out. The table comes from a target and may be anything.
 */
#ifndef PBP_PYTHON_LINETABLE_H
#define PBP_PYTHON_LINETABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <layout.h> /* include/layout.h: in quotes it would be user/python/layout.h */

/* The table says that this instruction belongs to no line (from 3.10 on). */
#define LINETABLE_NO_LINE (-1)
/* The table has nothing for this instruction: it ends before, or is damaged before. */
#define LINETABLE_BAD (-2)

/*
 * The line of the instruction at byte_offset of the bytecode: 0 or more (0 is what 3.11 and later give the first
 * instruction of a module), or one of the two above. first_line is co_firstlineno, size is in bytes. A table of up
 * to 3.9 says nothing of where the bytecode ends, so its last line is the answer for every larger offset.
 */
int32_t linetable_line(enum pbp_linetable_format format, const uint8_t *table, size_t size,
		       int32_t first_line, uint32_t byte_offset);

/*
 * The line to show for that instruction: its own, else the nearest one that the table gives before it, else
 * first_line. *ret_exact (may be NULL) says whether it is the instruction's own. Never fails, and is less than 1
 * only if first_line is.
 */
int32_t linetable_line_to_show(enum pbp_linetable_format format, const uint8_t *table, size_t size,
			       int32_t first_line, uint32_t byte_offset, bool *ret_exact);

/* Does the bytecode go on at byte_offset or beyond, as far as the table says? */
bool linetable_reaches(enum pbp_linetable_format format, const uint8_t *table, size_t size,
		       uint32_t byte_offset);

#endif
