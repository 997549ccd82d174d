/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row per version of CPython: the only place in the tree where a version is spelled. The numbers come from
 * the DWARF of release builds on x86-64; tests/layout compares every one of them with the structs that each
 * installed interpreter's own headers declare. Must not contain code.
 */
#include "python/layout.h"

#include <stddef.h>

#include "python/debug_offsets.h"

/* Unchanged in every version below: Include/object.h, Include/cpython/bytesobject.h. */
#define OBJECTS .object_type = 8, .bytes_size = 16, .bytes_data = 32

/*
 * PEP 393 strings, Include/cpython/unicodeobject.h. 3.12 dropped the wstr members, which moved what lies behind
 * them; the state bits stayed: interned 0-1, kind 2-4, compact 5, ascii 6.
 */
#define UNICODE                                                                      \
	.string_kind = PBP_STRING_UNICODE, .unicode_length = 16, .unicode_hash = 24, \
	.unicode_state = 32, .unicode_kind_shift = 2, .unicode_compact_bit = 5,      \
	.unicode_ascii_bit = 6
#define UNICODE_WITH_WSTR \
	UNICODE, .unicode_ascii_size = 48, .unicode_compact_size = 72, .unicode_data = 72
#define UNICODE_WITHOUT_WSTR \
	UNICODE, .unicode_ascii_size = 40, .unicode_compact_size = 56, .unicode_data = 56

/* Include/cpython/pystate.h: PyThreadState up to 3.10 has the frame itself. */
#define TSTATE_WITH_FRAME                                              \
	.tstate_next = 8, .tstate_thread_id = 176, .tstate_frame = 24, \
	.cframe_current_frame = PBP_ABSENT, .cframe_previous = PBP_ABSENT

/* Include/cpython/frameobject.h: frame objects, each entered by a C call of the evaluator. */
#define FRAME_OBJECT                                                                           \
	.frame_previous = 24, .frame_code = 32, .frame_code_tag = 0,                           \
	.frame_instr_kind = PBP_INSTR_INDEX, .frame_owner = PBP_ABSENT, .frame_shim_owner = 0, \
	.frame_is_entry = PBP_ABSENT, .frame_entry_kind = PBP_ENTRY_ALWAYS

/* Include/cpython/code.h: the code object from 3.8 to 3.10, whose bytecode is a bytes object of its own. */
#define CODE_WITH_BYTES                                                                          \
	.code_size = 128, .code_firstlineno = 40, .code_name = 112, .code_qualname = PBP_ABSENT, \
	.code_filename = 104, .code_linetable = 120, .code_version = PBP_ABSENT,                 \
	.code_adaptive = PBP_ABSENT

/* No interp_code_counter, or none in the interpreter. */
#define NO_INTERP_CODE_COUNTER(size) \
	.interp_code_counter = PBP_ABSENT, .interp_code_counter_size = (size)

#define FIELD(name) offsetof(struct pbp_layout, name)

/* _Py_DebugOffsets of 3.13, Include/internal/pycore_runtime.h; the same in all its releases. */
enum { RUNTIME, INTERP, TSTATE, FRAME, CODE, OBJECT, BYTES, UNICODE_OBJECT };

static const struct debug_offsets_struct structs_3_13[] = {
	[RUNTIME] = { "runtime_state", 24, 4 << 20 },
	[INTERP] = { "interpreter_state", 48, 1 << 20 },
	[TSTATE] = { "thread_state", 152, 4096 },
	[FRAME] = { "interpreter_frame", 224, 256 },
	[CODE] = { "code_object", 272, 1024 },
	[OBJECT] = { "pyobject", 352, 64 },
	[BYTES] = { "bytes_object", 512, 128 },
	[UNICODE_OBJECT] = { "unicode_object", 536, 256 },
};

static const struct debug_offsets_entry entries_3_13[] = {
	{ "interpreters_head", RUNTIME, 8, 40, FIELD(runtime_interpreters_head),
	  DEBUG_OFFSETS_OFFSET },
	{ "next", INTERP, 8, 64, FIELD(interp_next), DEBUG_OFFSETS_OFFSET },
	{ "threads_head", INTERP, 8, 72, FIELD(interp_threads_head), DEBUG_OFFSETS_OFFSET },
	{ "next", TSTATE, 8, 168, FIELD(tstate_next), DEBUG_OFFSETS_OFFSET },
	{ "current_frame", TSTATE, 8, 184, FIELD(tstate_frame), DEBUG_OFFSETS_OFFSET },
	{ "thread_id", TSTATE, 8, 192, FIELD(tstate_thread_id), DEBUG_OFFSETS_OFFSET },
	{ "size", FRAME, 8, 224, FIELD(frame_size), DEBUG_OFFSETS_END },
	{ "previous", FRAME, 8, 232, FIELD(frame_previous), DEBUG_OFFSETS_OFFSET },
	{ "executable", FRAME, 8, 240, FIELD(frame_code), DEBUG_OFFSETS_OFFSET },
	{ "instr_ptr", FRAME, 8, 248, FIELD(frame_instr), DEBUG_OFFSETS_OFFSET },
	{ "owner", FRAME, 1, 264, FIELD(frame_owner), DEBUG_OFFSETS_OFFSET },
	{ "filename", CODE, 8, 280, FIELD(code_filename), DEBUG_OFFSETS_OFFSET },
	{ "name", CODE, 8, 288, FIELD(code_name), DEBUG_OFFSETS_OFFSET },
	{ "qualname", CODE, 8, 296, FIELD(code_qualname), DEBUG_OFFSETS_OFFSET },
	{ "linetable", CODE, 8, 304, FIELD(code_linetable), DEBUG_OFFSETS_OFFSET },
	{ "firstlineno", CODE, 4, 312, FIELD(code_firstlineno), DEBUG_OFFSETS_OFFSET },
	{ "co_code_adaptive", CODE, 8, 344, FIELD(code_adaptive), DEBUG_OFFSETS_END },
	{ "ob_type", OBJECT, 8, 360, FIELD(object_type), DEBUG_OFFSETS_OFFSET },
	{ "ob_size", BYTES, 8, 520, FIELD(bytes_size), DEBUG_OFFSETS_OFFSET },
	{ "ob_sval", BYTES, 1, 528, FIELD(bytes_data), DEBUG_OFFSETS_OFFSET },
	{ "state", UNICODE_OBJECT, 4, 544, FIELD(unicode_state), DEBUG_OFFSETS_FIXED },
	{ "length", UNICODE_OBJECT, 8, 552, FIELD(unicode_length), DEBUG_OFFSETS_FIXED },
	{ "asciiobject_size", UNICODE_OBJECT, 8, 560, FIELD(unicode_ascii_size),
	  DEBUG_OFFSETS_FIXED },
	{ .name = NULL },
};

static const struct debug_offsets_table debug_offsets_3_13 = {
	.size = 584,
	.structs = structs_3_13,
	.entries = entries_3_13,
	.interp_struct = INTERP,
};

const struct layout_row layout_rows[] = {
	{
		.series = 0x0308,
		.name = "3.8",
		.runtime_sizes = { 1464 },
		.layout = {
			.runtime_interpreters_head = 32,
			.interp_next = 0,
			.interp_threads_head = 8,
			.interp_next_unique_id = 2664,
			NO_INTERP_CODE_COUNTER(0),
			TSTATE_WITH_FRAME,
			.frame_size = 112,
			FRAME_OBJECT,
			.frame_instr = 104,
			.frame_instr_shift = 1, /* f_lasti counts bytes */
			.frame_instr_bytes = 2,
			CODE_WITH_BYTES,
			OBJECTS,
			UNICODE_WITH_WSTR,
			.linetable_format = PBP_LINETABLE_LNOTAB,
		},
	},
	{
		.series = 0x0309,
		.name = "3.9",
		.runtime_sizes = { 656 },
		.layout = {
			.runtime_interpreters_head = 32,
			.interp_next = 0,
			.interp_threads_head = 8,
			.interp_next_unique_id = 3496,
			NO_INTERP_CODE_COUNTER(0),
			TSTATE_WITH_FRAME,
			.frame_size = 112,
			FRAME_OBJECT,
			.frame_instr = 104,
			.frame_instr_shift = 1, /* f_lasti counts bytes */
			.frame_instr_bytes = 2,
			CODE_WITH_BYTES,
			OBJECTS,
			UNICODE_WITH_WSTR,
			.linetable_format = PBP_LINETABLE_LNOTAB,
		},
	},
	{
		.series = 0x030a,
		.name = "3.10",
		.runtime_sizes = { 672 },
		.layout = {
			.runtime_interpreters_head = 32,
			.interp_next = 0,
			.interp_threads_head = 8,
			.interp_next_unique_id = 3448,
			NO_INTERP_CODE_COUNTER(0),
			TSTATE_WITH_FRAME,
			.frame_size = 104,
			FRAME_OBJECT,
			.frame_instr = 96,
			.frame_instr_shift = 0, /* f_lasti counts code units, in 3.10 only */
			.frame_instr_bytes = 2,
			CODE_WITH_BYTES,
			OBJECTS,
			UNICODE_WITH_WSTR,
			.linetable_format = PBP_LINETABLE_RANGES,
		},
	},
	{
		.series = 0x030b,
		.name = "3.11",
		.runtime_sizes = { 166688 },
		.layout = {
			.runtime_interpreters_head = 40,
			.interp_next = 0,
			.interp_threads_head = 16,
			.interp_next_unique_id = 8,
			NO_INTERP_CODE_COUNTER(0),
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 56,
			.cframe_current_frame = 8,
			.cframe_previous = 16,
			.frame_size = 80,
			.frame_previous = 48,
			.frame_code = 32,
			.frame_code_tag = 0,
			.frame_instr = 56,
			.frame_instr_kind = PBP_INSTR_POINTER,
			.frame_instr_shift = 1,
			.frame_instr_bytes = 2,
			.frame_owner = 69,
			.frame_shim_owner = 0,
			.frame_is_entry = 68,
			.frame_entry_kind = PBP_ENTRY_FLAG,
			.code_size = 184,
			.code_firstlineno = 72,
			.code_name = 120,
			.code_qualname = 128,
			.code_filename = 112,
			.code_linetable = 136,
			.code_version = PBP_ABSENT,
			.code_adaptive = 184,
			OBJECTS,
			UNICODE_WITH_WSTR,
			.linetable_format = PBP_LINETABLE_LOCATIONS,
		},
	},
	{
		.series = 0x030c,
		.name = "3.12",
		.runtime_sizes = { 459888, 459944 },
		.code_counter_symbol = "_Py_next_func_version",
		.layout = {
			.runtime_interpreters_head = 40,
			.interp_next = 0,
			.interp_threads_head = 72,
			.interp_next_unique_id = 64,
			NO_INTERP_CODE_COUNTER(4), /* of code_counter_symbol */
			.tstate_next = 8,
			.tstate_thread_id = 136,
			.tstate_frame = 56,
			.cframe_current_frame = 0,
			.cframe_previous = 8,
			.frame_size = 80,
			.frame_previous = 8,
			.frame_code = 0,
			.frame_code_tag = 0,
			.frame_instr = 56,
			.frame_instr_kind = PBP_INSTR_POINTER,
			.frame_instr_shift = 1,
			.frame_instr_bytes = 2,
			.frame_owner = 70,
			.frame_shim_owner = 3, /* FRAME_OWNED_BY_CSTACK */
			.frame_is_entry = PBP_ABSENT,
			.frame_entry_kind = PBP_ENTRY_SHIM,
			.code_size = 192,
			.code_firstlineno = 68,
			.code_name = 120,
			.code_qualname = 128,
			.code_filename = 112,
			.code_linetable = 136,
			.code_version = 92,
			.code_adaptive = 192,
			OBJECTS,
			UNICODE_WITHOUT_WSTR,
			.linetable_format = PBP_LINETABLE_LOCATIONS,
		},
	},
	{
		.series = 0x030d,
		.name = "3.13",
		.runtime_sizes = { 283320, 283376, 283408 },
		.counter_releases = { { .hexversion = 0x030d00f0, .interp_size = 194968 } },
		.debug_offsets = &debug_offsets_3_13,
		.layout = {
			.runtime_interpreters_head = 632,
			.interp_next = 7264,
			.interp_threads_head = 7344,
			.interp_next_unique_id = 7336,
			.interp_code_counter = 17000, /* func_state.next_version */
			.interp_code_counter_size = 4,
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 72,
			.cframe_current_frame = PBP_ABSENT,
			.cframe_previous = PBP_ABSENT,
			.frame_size = 80,
			.frame_previous = 8,
			.frame_code = 0,
			.frame_code_tag = 0,
			.frame_instr = 56,
			.frame_instr_kind = PBP_INSTR_POINTER,
			.frame_instr_shift = 1,
			.frame_instr_bytes = 2,
			.frame_owner = 70,
			.frame_shim_owner = 3, /* FRAME_OWNED_BY_CSTACK */
			.frame_is_entry = PBP_ABSENT,
			.frame_entry_kind = PBP_ENTRY_SHIM,
			.code_size = 200,
			.code_firstlineno = 68,
			.code_name = 120,
			.code_qualname = 128,
			.code_filename = 112,
			.code_linetable = 136,
			.code_version = 92,
			.code_adaptive = 200,
			OBJECTS,
			UNICODE_WITHOUT_WSTR,
			.linetable_format = PBP_LINETABLE_LOCATIONS,
		},
	},
	{ .name = NULL },
};
