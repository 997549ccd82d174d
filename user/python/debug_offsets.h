/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPython's description of itself, _Py_DebugOffsets, which stands at the start of _PyRuntime from 3.13 on. The
 * block comes from a process or a file and is not trusted.
 */
#ifndef PBP_PYTHON_DEBUG_OFFSETS_H
#define PBP_PYTHON_DEBUG_OFFSETS_H

#include <stddef.h>
#include <stdint.h>

#include <layout.h> /* include/layout.h: in quotes it would be user/python/layout.h */

#include "base/err.h"

struct layout_row;

/* Bytes that debug_offsets_identify needs, and the largest block of any version in bytes. */
#define DEBUG_OFFSETS_HEAD_BYTES 24
#define DEBUG_OFFSETS_BYTES_MAX	 1024

/* What becomes of an entry. */
enum debug_offsets_use {
	DEBUG_OFFSETS_OFFSET, /* an offset: lies within its struct, overlaps no other entry */
	DEBUG_OFFSETS_END, /* a size or the start of data behind the fields: at most the struct's size */
	DEBUG_OFFSETS_FIXED, /* must be as in the row, for the table lacks other fields of this struct */
};

/* One struct of the block. */
struct debug_offsets_struct {
	const char *name; /* as CPython calls it in the block: "thread_state" */
	uint16_t size_at; /* where the block has the struct's size */
	uint32_t size_max; /* bytes; what is larger is not plausible */
};

/* One entry of the block that becomes a field of the layout. */
struct debug_offsets_entry {
	const char *name; /* "next" */
	uint8_t struct_index; /* into structs */
	uint8_t width; /* bytes of the field; its alignment too */
	uint16_t at; /* where the block has the entry, 8 bytes wide */
	uint16_t field; /* offsetof(struct pbp_layout, …) */
	enum debug_offsets_use use;
};

/* The block of one version of CPython. */
struct debug_offsets_table {
	uint32_t size; /* bytes */
	const struct debug_offsets_struct *structs;
	const struct debug_offsets_entry *entries; /* ends with a name of NULL */
	uint8_t interp_struct; /* index of interpreter_state in structs */
};

/*
 * Which version the block says it is of, from its first DEBUG_OFFSETS_HEAD_BYTES bytes. -EINVAL: not such a
 * block; -ENOTSUP: a free-threaded build.
 */
int debug_offsets_identify(const void *block, size_t size, uint32_t *ret_hexversion,
			   struct err *err);

/* Bytes of the block in the row's version; 0: the version has none. */
size_t debug_offsets_size(const struct layout_row *row);

/*
 * The row's layout with everything the block says put over it, checked by layout_check. size must be at least
 * debug_offsets_size(row). -EINVAL, with the entry in err: another version's block, or an entry that cannot be;
 * -ENOTSUP: a free-threaded build, or a row without such a block.
 */
int debug_offsets_apply(const void *block, size_t size, const struct layout_row *row,
			struct pbp_layout *ret_layout, struct err *err);

#endif
