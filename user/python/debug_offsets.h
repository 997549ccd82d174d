/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPython's description of itself, _Py_DebugOffsets, which stands at the start of _PyRuntime from 3.13 on. The
 * block comes from a process or a file and is not trusted.
 */
#ifndef PBP_PYTHON_DEBUG_OFFSETS_H
#define PBP_PYTHON_DEBUG_OFFSETS_H

#include <stdbool.h>
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
	DEBUG_OFFSETS_OPTIONAL, /* likewise, but 0 where this build does not have the field */
	DEBUG_OFFSETS_END, /* a size or the start of data behind the fields: at most the struct's size */
	DEBUG_OFFSETS_FIXED, /* must be as in the row, for the block lacks other fields of this struct */
};

/* X(struct, max): the block's structs, as CPython calls them, and how many bytes of one are plausible. */
#define DEBUG_OFFSETS_STRUCTS(X)      \
	X(runtime_state, 4 << 20)     \
	X(interpreter_state, 1 << 20) \
	X(thread_state, 4096)         \
	X(interpreter_frame, 256)     \
	X(code_object, 1024)          \
	X(pyobject, 64)               \
	X(type_object, 1024)          \
	X(bytes_object, 128)          \
	X(unicode_object, 256)

/* X(struct, entry, width, field, use): the entries that become a field of the layout; width in bytes. */
#define DEBUG_OFFSETS_ENTRIES(X)                                                                  \
	X(runtime_state, interpreters_head, 8, runtime_interpreters_head, OFFSET)                 \
	X(interpreter_state, next, 8, interp_next, OFFSET)                                        \
	X(interpreter_state, threads_head, 8, interp_threads_head, OFFSET)                        \
	X(interpreter_state, code_object_generation, 8, interp_code_counter, OPTIONAL) /* 3.14 */ \
	X(thread_state, next, 8, tstate_next, OFFSET)                                             \
	X(thread_state, current_frame, 8, tstate_frame, OFFSET)                                   \
	X(thread_state, thread_id, 8, tstate_thread_id, OFFSET)                                   \
	X(thread_state, status, 4, tstate_status, OFFSET)                                         \
	X(interpreter_frame, size, 8, frame_size, END)                                            \
	X(interpreter_frame, previous, 8, frame_previous, OFFSET)                                 \
	X(interpreter_frame, executable, 8, frame_code, OFFSET)                                   \
	X(interpreter_frame, instr_ptr, 8, frame_instr, OFFSET)                                   \
	X(interpreter_frame, owner, 1, frame_owner, OFFSET)                                       \
	X(interpreter_frame, tlbc_index, 4, frame_tlbc_index, OPTIONAL) /* 3.14 */                \
	X(code_object, filename, 8, code_filename, OFFSET)                                        \
	X(code_object, name, 8, code_name, OFFSET)                                                \
	X(code_object, qualname, 8, code_qualname, OFFSET)                                        \
	X(code_object, linetable, 8, code_linetable, OFFSET)                                      \
	X(code_object, firstlineno, 4, code_firstlineno, OFFSET)                                  \
	X(code_object, co_code_adaptive, 8, code_adaptive, END)                                   \
	X(code_object, co_tlbc, 8, code_tlbc, OPTIONAL) /* 3.14 */                                \
	X(pyobject, ob_type, 8, object_type, OFFSET)                                              \
	X(type_object, tp_name, 8, type_name, OFFSET)                                             \
	X(bytes_object, ob_size, 8, bytes_size, OFFSET)                                           \
	X(bytes_object, ob_sval, 1, bytes_data, OFFSET)                                           \
	X(unicode_object, state, 4, unicode_state, FIXED)                                         \
	X(unicode_object, length, 8, unicode_length, FIXED)                                       \
	X(unicode_object, asciiobject_size, 8, unicode_ascii_size, FIXED)                         \
	X(unicode_object, compactunicodeobject_size, 8, unicode_compact_size, FIXED) /* 3.15 */

/* X(struct, entry): entries that only help to find a field which the block lacks. */
#define DEBUG_OFFSETS_NEIGHBOURS(X)      \
	X(interpreter_state, id)         \
	X(thread_state, datastack_chunk) \
	X(code_object, localsplusnames)

/*
 * X(field, struct, entry, guard): fields that the block lacks, each known by its distance from an entry, as long as
 * that entry's distance from another one, the guard, is as known.
 */
#define DEBUG_OFFSETS_DERIVED(X)                                      \
	X(interp_next_unique_id, interpreter_state, threads_head, id) \
	X(code_version, code_object, localsplusnames, firstlineno)    \
	X(tstate_executor, thread_state, datastack_chunk, thread_id) /* 3.14 */

struct debug_offsets_derived {
	int16_t distance; /* field - entry, bytes */
	int16_t guard_distance; /* entry - guard, bytes; 0: this version does not have the field */
};

/* The block of one version of CPython: where it has what, in bytes; 0: it lacks that. All but the cookie is u64. */
struct debug_offsets_table {
	uint16_t size; /* of the whole block */
#define DEBUG_OFFSETS_SIZE_MEMBER(owner, max)	uint16_t owner##_size_at;
#define DEBUG_OFFSETS_MEMBER(owner, entry, ...) uint16_t owner##_##entry;
	DEBUG_OFFSETS_STRUCTS(DEBUG_OFFSETS_SIZE_MEMBER)
	DEBUG_OFFSETS_ENTRIES(DEBUG_OFFSETS_MEMBER)
	DEBUG_OFFSETS_NEIGHBOURS(DEBUG_OFFSETS_MEMBER)
#undef DEBUG_OFFSETS_SIZE_MEMBER
#undef DEBUG_OFFSETS_MEMBER
#define DEBUG_OFFSETS_DERIVED_MEMBER(field, ...) struct debug_offsets_derived field;
	DEBUG_OFFSETS_DERIVED(DEBUG_OFFSETS_DERIVED_MEMBER)
#undef DEBUG_OFFSETS_DERIVED_MEMBER
};

/* Tables of debug_offsets_rows.c. */
extern const struct debug_offsets_table debug_offsets_3_13, debug_offsets_3_14, debug_offsets_3_15;

/*
 * Which version the block says it is of, from its first DEBUG_OFFSETS_HEAD_BYTES bytes. -EINVAL: not such a
 * block.
 */
int debug_offsets_identify(const void *block, size_t size, uint32_t *ret_hexversion,
			   bool *ret_free_threaded, struct err *err);

/* Bytes of the block in the row's version; 0: the version has none. */
size_t debug_offsets_size(const struct layout_row *row);

/*
 * The row's layout with everything the block says put over it, checked by layout_check. size must be at least
 * debug_offsets_size(row). assumed: the user chose the row, for a version that may be newer. ret_origins has an
 * element for each field, in the order of layout_field_name(), that becomes its enum layout_origin
 * (python/target.h); NULL: not asked for. -EINVAL, with the entry in err: another version's block, or an entry
 * that cannot be; -ENOTSUP: a row without such a block.
 */
int debug_offsets_apply(const void *block, size_t size, const struct layout_row *row, bool assumed,
			struct pbp_layout *ret_layout, uint8_t *ret_origins, struct err *err);

#endif
