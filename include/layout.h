/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where one build of CPython keeps what the profiler reads. The field list below defines the struct, the
 * checks, the debug print and the oracle's comparison: a new field is one line here and one value in each row.
 */
#ifndef PBP_INCLUDE_LAYOUT_H
#define PBP_INCLUDE_LAYOUT_H

#include "abi.h"

/* The value of an offset whose field this version of CPython does not have. */
#define PBP_ABSENT 0xffffffffU

/* How the position in the bytecode is kept in a frame. */
enum pbp_instr_kind {
	PBP_INSTR_INDEX, /* a 32-bit index (f_lasti, up to 3.10) */
	PBP_INSTR_POINTER, /* a pointer into the bytecode (prev_instr 3.11 and 3.12, instr_ptr from 3.13) */
};

/* How a frame that was entered from C is told from one that Python code called. */
enum pbp_entry_kind {
	PBP_ENTRY_ALWAYS, /* up to 3.10 every Python call goes through C */
	PBP_ENTRY_FLAG, /* 3.11: the frame's own is_entry */
	PBP_ENTRY_SHIM, /* from 3.12: a frame whose owner is shim_owner or more lies below it */
};

/* How names and file names are kept. */
enum pbp_string_kind {
	PBP_STRING_UNICODE, /* PEP 393 str objects (3.3 on) */
	PBP_STRING_BYTES, /* 2.7: byte strings, laid out as bytes_* say */
};

/* How a code object's line table is written; the decoders are in user/python/linetable.c. */
enum pbp_linetable_format {
	PBP_LINETABLE_LNOTAB_UNSIGNED, /* co_lnotab up to 3.5: line steps are unsigned */
	PBP_LINETABLE_LNOTAB, /* co_lnotab of 3.6 to 3.9 */
	PBP_LINETABLE_RANGES, /* co_linetable of 3.10 */
	PBP_LINETABLE_LOCATIONS, /* co_linetable from 3.11 on */
};

/*
 * OFFSET(name): bytes from the start of the struct that the first word of the name says, or PBP_ABSENT.
 * VALUE(name): a size, mask, bit position or one of the kinds above.
 */
#define PBP_LAYOUT_FIELDS(OFFSET, VALUE)                                                                  \
	OFFSET(runtime_interpreters_head) /* -> newest PyInterpreterState; up to 3.6 in interp_head */    \
	OFFSET(runtime_tstate_current) /* -> the GIL holder's PyThreadState, 3.7 to 3.11 */               \
	OFFSET(interp_next)                                                                               \
	OFFSET(interp_threads_head) /* -> newest PyThreadState */                                         \
	OFFSET(interp_next_unique_id) /* u64, grows with every thread state born in this interpreter */   \
	OFFSET(interp_code_counter) /* grows when a code object is born (3.13) or dies (3.14 on) */       \
	VALUE(interp_code_counter_size) /* bytes: 4 or 8; 0 without the counter */                        \
	OFFSET(tstate_next)                                                                               \
	OFFSET(tstate_thread_id) /* pthread_self() of its thread */                                       \
	OFFSET(tstate_frame) /* frame (up to 3.10), cframe (3.11, 3.12), current_frame (from 3.13) */     \
	OFFSET(tstate_status) /* u32 of bit fields, from 3.12 */                                          \
	VALUE(tstate_active_bit) /* of tstate_status: the state in use by its thread */                   \
	OFFSET(tstate_executor) /* not 0 while the thread runs JIT-compiled code, from 3.14 */            \
	OFFSET(tstate_root_cframe) /* the outermost cframe, which lies in the thread state */             \
	OFFSET(cframe_current_frame)                                                                      \
	OFFSET(cframe_previous)                                                                           \
	VALUE(frame_size) /* bytes from a frame's start that hold every frame_ field */                   \
	OFFSET(frame_previous) /* f_back or previous: the caller */                                       \
	OFFSET(frame_code) /* f_code or f_executable */                                                   \
	VALUE(frame_code_tag) /* bits of frame_code that are not part of the address */                   \
	OFFSET(frame_instr) /* f_lasti, prev_instr or instr_ptr */                                        \
	VALUE(frame_instr_kind) /* enum pbp_instr_kind */                                                 \
	VALUE(frame_instr_shift) /* what frame_instr counts >> shift = instruction on the wire */         \
	VALUE(frame_instr_bytes) /* of bytecode that this instruction counts: 2, a code unit; 2.7: 1 */   \
	OFFSET(frame_tlbc_index) /* s32, which copy of the bytecode it runs; free-threaded from 3.14 */   \
	OFFSET(frame_owner) /* u8 */                                                                      \
	VALUE(frame_shim_owner) /* owners from this one on are shims, not Python frames; 0: no shims */   \
	OFFSET(frame_is_entry) /* u8, 3.11 */                                                             \
	VALUE(frame_state_before) /* s8 gi_frame_state, bytes before a generator's frame; 3.11, else 0 */ \
	VALUE(frame_entry_kind) /* enum pbp_entry_kind */                                                 \
	OFFSET(object_type)                                                                               \
	OFFSET(type_name) /* tp_name, a C string */                                                       \
	VALUE(code_size) /* bytes from a code object's start that hold every code_ field */               \
	OFFSET(code_firstlineno) /* s32 */                                                                \
	OFFSET(code_name)                                                                                 \
	OFFSET(code_qualname)                                                                             \
	OFFSET(code_filename)                                                                             \
	OFFSET(code_linetable) /* co_lnotab or co_linetable */                                            \
	OFFSET(code_version) /* u32 co_version, from 3.12 unique among an interpreter's code objects */   \
	OFFSET(code_adaptive) /* co_code_adaptive, where frame_instr points into */                       \
	OFFSET(code_tlbc) /* -> the threads' own copies of the bytecode; free-threaded from 3.14 */       \
	OFFSET(tlbc_entries) /* in that array: pointers to the copies, by frame_tlbc_index */             \
	VALUE(string_kind) /* enum pbp_string_kind */                                                     \
	OFFSET(unicode_length) /* s64, code points */                                                     \
	OFFSET(unicode_hash) /* s64, -1 until first asked for */                                          \
	OFFSET(unicode_state) /* u32 of bit fields */                                                     \
	VALUE(unicode_kind_shift) /* 3 bits of the state: bytes a character */                            \
	VALUE(unicode_compact_bit)                                                                        \
	VALUE(unicode_ascii_bit)                                                                          \
	VALUE(unicode_ascii_size) /* where the characters of a compact ASCII string begin */              \
	VALUE(unicode_compact_size) /* where those of any other compact string begin */                   \
	OFFSET(unicode_data) /* pointer to the characters of a string that is not compact */              \
	OFFSET(bytes_size) /* s64 */                                                                      \
	OFFSET(bytes_data)                                                                                \
	VALUE(linetable_format) /* enum pbp_linetable_format */

struct pbp_layout {
#define PBP_LAYOUT_MEMBER(name) __u32 name;
	PBP_LAYOUT_FIELDS(PBP_LAYOUT_MEMBER, PBP_LAYOUT_MEMBER)
#undef PBP_LAYOUT_MEMBER
};

#endif
