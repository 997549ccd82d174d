/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row per version of CPython, or per layout where one version has several: with debug_offsets_rows.c the only
 * place in the tree where a version is spelled. The numbers come from the DWARF of builds on x86-64 ("make
 * layout-row" prints them); tests/layout compares every one of them with the structs that the headers of each
 * interpreter at hand declare. Must not contain code.
 */
#include "python/layout.h"

#include "python/debug_offsets.h"

/* Include/object.h, Include/cpython/bytesobject.h; the same in every version of 3. */
#define OBJECTS .object_type = 8, .type_name = 24, .bytes_size = 16, .bytes_data = 32
/* A free-threaded build's header is 16 bytes longer. */
#define OBJECTS_FREE_THREADED .object_type = 24, .type_name = 40, .bytes_size = 32, .bytes_data = 48

/*
 * PEP 393 strings, Include/cpython/unicodeobject.h. 3.12 dropped the wstr members, which moved what lies behind
 * them. The state bits are interned 0-1, kind 2-4, compact 5, ascii 6, but from 3.14 on a free-threaded build has a
 * byte for interned.
 */
#define STATE_BITS .unicode_kind_shift = 2, .unicode_compact_bit = 5, .unicode_ascii_bit = 6
#define STATE_BITS_BEHIND_BYTE \
	.unicode_kind_shift = 8, .unicode_compact_bit = 11, .unicode_ascii_bit = 12
#define UNICODE                                                                      \
	.string_kind = PBP_STRING_UNICODE, .unicode_length = 16, .unicode_hash = 24, \
	.unicode_state = 32
#define UNICODE_WITH_WSTR                                                          \
	UNICODE, STATE_BITS, .unicode_ascii_size = 48, .unicode_compact_size = 72, \
			     .unicode_data = 72
#define UNICODE_WITHOUT_WSTR                                                       \
	UNICODE, STATE_BITS, .unicode_ascii_size = 40, .unicode_compact_size = 56, \
			     .unicode_data = 56
#define UNICODE_FREE_THREADED                                                        \
	.string_kind = PBP_STRING_UNICODE, .unicode_length = 32, .unicode_hash = 40, \
	.unicode_state = 48, .unicode_ascii_size = 56, .unicode_compact_size = 72,   \
	.unicode_data = 72

/* Include/cpython/pystate.h: PyThreadState up to 3.10 has the frame itself. */
#define NO_CFRAME                                                                  \
	.tstate_root_cframe = PBP_ABSENT, .cframe_current_frame = PBP_ABSENT, \
	.cframe_previous = PBP_ABSENT
#define NO_STATUS .tstate_status = PBP_ABSENT, .tstate_active_bit = 0
#define NO_JIT	  .tstate_executor = PBP_ABSENT
#define TSTATE_WITH_FRAME \
	.tstate_next = 8, .tstate_thread_id = 176, .tstate_frame = 24, NO_STATUS, NO_JIT, NO_CFRAME

/* Every thread runs the code object's own bytecode. */
#define NO_TLBC .frame_tlbc_index = PBP_ABSENT, .code_tlbc = PBP_ABSENT, .tlbc_entries = PBP_ABSENT

/* Include/cpython/frameobject.h: frame objects, each entered by a C call of the evaluator. */
#define FRAME_OBJECT                                                                           \
	.frame_previous = 24, .frame_code = 32, .frame_code_tag = 0,                           \
	.frame_instr_kind = PBP_INSTR_INDEX, .frame_owner = PBP_ABSENT, .frame_shim_owner = 0, \
	.frame_is_entry = PBP_ABSENT, .frame_entry_kind = PBP_ENTRY_ALWAYS, NO_TLBC

/* Include/internal/pycore_frame.h, pycore_interpframe.h: _PyInterpreterFrame from 3.12 on, without its owner. */
#define INTERPRETER_FRAME                                                                      \
	.frame_previous = 8, .frame_code = 0, .frame_instr = 56,                               \
	.frame_instr_kind = PBP_INSTR_POINTER, .frame_instr_shift = 1, .frame_instr_bytes = 2, \
	.frame_shim_owner = 3, .frame_is_entry = PBP_ABSENT, .frame_entry_kind = PBP_ENTRY_SHIM

/* Include/cpython/code.h: code objects up to 3.10, whose bytecode is a bytes object of its own. */
#define CODE_NOT_ADAPTIVE \
	.code_qualname = PBP_ABSENT, .code_version = PBP_ABSENT, .code_adaptive = PBP_ABSENT
#define CODE_3_6                                                                         \
	.code_size = 120, .code_firstlineno = 36, .code_name = 104, .code_filename = 96, \
	.code_linetable = 112, CODE_NOT_ADAPTIVE
#define CODE_3_8                                                                          \
	.code_size = 128, .code_firstlineno = 40, .code_name = 112, .code_filename = 104, \
	.code_linetable = 120, CODE_NOT_ADAPTIVE
/* From 3.12 on, without its end. */
#define CODE_3_12                                                                             \
	.code_firstlineno = 68, .code_name = 120, .code_qualname = 128, .code_filename = 112, \
	.code_linetable = 136, .code_version = 92, .linetable_format = PBP_LINETABLE_LOCATIONS
#define CODE_FREE_THREADED                                                                    \
	.code_firstlineno = 84, .code_name = 136, .code_qualname = 144, .code_filename = 128, \
	.code_linetable = 152, .code_version = 108, .linetable_format = PBP_LINETABLE_LOCATIONS

/* No interp_code_counter, or none in the interpreter. */
#define NO_INTERP_CODE_COUNTER(size) \
	.interp_code_counter = PBP_ABSENT, .interp_code_counter_size = (size)

const struct layout_row layout_rows[] = {
	{
		.series = 0x0207,
		.name = "2.7",
		.layout = {
			.runtime_interpreters_head = 0,
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 0,
			.interp_threads_head = 8,
			.interp_next_unique_id = PBP_ABSENT,
			NO_INTERP_CODE_COUNTER(0),
			.tstate_next = 0,
			.tstate_thread_id = 144,
			.tstate_frame = 16,
			NO_STATUS,
			NO_JIT,
			NO_CFRAME,
			.frame_size = 128,
			FRAME_OBJECT,
			.frame_instr = 120,
			.frame_instr_shift = 0, /* f_lasti counts bytes, and instructions are 1 or 3 bytes long */
			.frame_instr_bytes = 1,
			.object_type = 8,
			.type_name = 24,
			.code_size = 112,
			.code_firstlineno = 96,
			.code_name = 88,
			.code_filename = 80,
			.code_linetable = 104,
			CODE_NOT_ADAPTIVE,
			.string_kind = PBP_STRING_BYTES,
			.unicode_length = PBP_ABSENT,
			.unicode_hash = PBP_ABSENT,
			.unicode_state = PBP_ABSENT,
			.unicode_data = PBP_ABSENT,
			.bytes_size = 16, /* of str: names, file names and co_lnotab */
			.bytes_data = 36,
			.linetable_format = PBP_LINETABLE_LNOTAB_UNSIGNED,
		},
	},
	{
		.series = 0x0306,
		.name = "3.6",
		.layout = {
			.runtime_interpreters_head = 0,
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 0,
			.interp_threads_head = 8,
			.interp_next_unique_id = PBP_ABSENT,
			NO_INTERP_CODE_COUNTER(0),
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 24,
			NO_STATUS,
			NO_JIT,
			NO_CFRAME,
			.frame_size = 128,
			FRAME_OBJECT,
			.frame_instr = 120,
			.frame_instr_shift = 1, /* f_lasti counts bytes */
			.frame_instr_bytes = 2,
			CODE_3_6,
			OBJECTS,
			UNICODE_WITH_WSTR,
			.linetable_format = PBP_LINETABLE_LNOTAB,
		},
	},
	{
		.series = 0x0307,
		.name = "3.7",
		.runtime_sizes = { 1424 }, /* 3.7.0 to 3.7.3 */
		.layout = {
			.runtime_interpreters_head = 24,
			.runtime_tstate_current = 1392,
			.interp_next = 0,
			.interp_threads_head = 8,
			.interp_next_unique_id = 2560,
			NO_INTERP_CODE_COUNTER(0),
			TSTATE_WITH_FRAME,
			.frame_size = 112,
			FRAME_OBJECT,
			.frame_instr = 104,
			.frame_instr_shift = 1, /* f_lasti counts bytes */
			.frame_instr_bytes = 2,
			CODE_3_6,
			OBJECTS,
			UNICODE_WITH_WSTR,
			.linetable_format = PBP_LINETABLE_LNOTAB,
		},
	},
	{
		.series = 0x0307,
		.name = "3.7",
		.runtime_sizes = { 1520 }, /* 3.7.4 on */
		.layout = {
			.runtime_interpreters_head = 24,
			.runtime_tstate_current = 1480,
			.interp_next = 0,
			.interp_threads_head = 8,
			.interp_next_unique_id = 2560,
			NO_INTERP_CODE_COUNTER(0),
			TSTATE_WITH_FRAME,
			.frame_size = 112,
			FRAME_OBJECT,
			.frame_instr = 104,
			.frame_instr_shift = 1, /* f_lasti counts bytes */
			.frame_instr_bytes = 2,
			CODE_3_6,
			OBJECTS,
			UNICODE_WITH_WSTR,
			.linetable_format = PBP_LINETABLE_LNOTAB,
		},
	},
	{
		.series = 0x0308,
		.name = "3.8",
		.runtime_sizes = { 1464 },
		.layout = {
			.runtime_interpreters_head = 32,
			.runtime_tstate_current = 1368,
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
			CODE_3_8,
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
			.runtime_tstate_current = 568,
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
			CODE_3_8,
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
			.runtime_tstate_current = 568,
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
			CODE_3_8,
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
			.runtime_tstate_current = 576,
			.interp_next = 0,
			.interp_threads_head = 16,
			.interp_next_unique_id = 8,
			NO_INTERP_CODE_COUNTER(0),
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 56,
			NO_STATUS,
			NO_JIT,
			.cframe_current_frame = 8,
			.cframe_previous = 16,
			.tstate_root_cframe = 336,
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
			.frame_state_before = 5,
			.frame_entry_kind = PBP_ENTRY_FLAG,
			NO_TLBC,
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
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 0,
			.interp_threads_head = 72,
			.interp_next_unique_id = 64,
			NO_INTERP_CODE_COUNTER(4), /* of code_counter_symbol */
			.tstate_next = 8,
			.tstate_thread_id = 136,
			.tstate_frame = 56,
			.tstate_status = 24,
			.tstate_active_bit = 4,
			NO_JIT,
			.cframe_current_frame = 0,
			.cframe_previous = 8,
			.tstate_root_cframe = 272,
			.frame_size = 80,
			INTERPRETER_FRAME,
			.frame_code_tag = 0,
			.frame_owner = 70,
			NO_TLBC,
			.code_size = 192,
			CODE_3_12,
			.code_adaptive = 192,
			OBJECTS,
			UNICODE_WITHOUT_WSTR,
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
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 7264,
			.interp_threads_head = 7344,
			.interp_next_unique_id = 7336,
			.interp_code_counter = 17000, /* func_state.next_version */
			.interp_code_counter_size = 4,
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 72,
			.tstate_status = 32,
			.tstate_active_bit = 4,
			NO_JIT,
			NO_CFRAME,
			.frame_size = 80,
			INTERPRETER_FRAME,
			.frame_code_tag = 0,
			.frame_owner = 70,
			NO_TLBC,
			.code_size = 200,
			CODE_3_12,
			.code_adaptive = 200,
			OBJECTS,
			UNICODE_WITHOUT_WSTR,
		},
	},
	{
		.series = 0x030d,
		.free_threaded = true,
		.name = "3.13t",
		.runtime_sizes = { 328384 },
		.debug_offsets = &debug_offsets_3_13,
		.layout = {
			.runtime_interpreters_head = 632,
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 7264,
			.interp_threads_head = 7344,
			.interp_next_unique_id = 7336,
			NO_INTERP_CODE_COUNTER(0),
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 72,
			.tstate_status = 32,
			.tstate_active_bit = 4,
			NO_JIT,
			NO_CFRAME,
			.frame_size = 80,
			INTERPRETER_FRAME,
			.frame_code_tag = 0,
			.frame_owner = 70,
			NO_TLBC,
			.code_size = 216,
			CODE_FREE_THREADED,
			.code_adaptive = 216,
			OBJECTS_FREE_THREADED,
			UNICODE_FREE_THREADED,
			STATE_BITS,
		},
	},
	{
		.series = 0x030e,
		.name = "3.14",
		.runtime_sizes = { 316616 },
		.debug_offsets = &debug_offsets_3_14,
		.layout = {
			.runtime_interpreters_head = 808,
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 7272,
			.interp_threads_head = 7344,
			.interp_next_unique_id = 7336,
			.interp_code_counter = 7992, /* _code_object_generation */
			.interp_code_counter_size = 8,
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 72,
			.tstate_status = 32,
			.tstate_active_bit = 4,
			.tstate_executor = 272,
			NO_CFRAME,
			.frame_size = 88,
			INTERPRETER_FRAME,
			.frame_code_tag = 3,
			.frame_owner = 74,
			NO_TLBC,
			.code_size = 208,
			CODE_3_12,
			.code_adaptive = 208,
			OBJECTS,
			UNICODE_WITHOUT_WSTR,
		},
	},
	{
		.series = 0x030e,
		.free_threaded = true,
		.name = "3.14t",
		.runtime_sizes = { 365624 },
		.debug_offsets = &debug_offsets_3_14,
		.layout = {
			.runtime_interpreters_head = 808,
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 7272,
			.interp_threads_head = 7344,
			.interp_next_unique_id = 7336,
			.interp_code_counter = 8024, /* _code_object_generation */
			.interp_code_counter_size = 8,
			.tstate_next = 8,
			.tstate_thread_id = 152,
			.tstate_frame = 72,
			.tstate_status = 32,
			.tstate_active_bit = 4,
			.tstate_executor = 272,
			NO_CFRAME,
			.frame_size = 88,
			INTERPRETER_FRAME,
			.frame_code_tag = 3,
			.frame_owner = 78,
			.frame_tlbc_index = 72,
			.code_tlbc = 224,
			.tlbc_entries = 8,
			.code_size = 232,
			CODE_FREE_THREADED,
			.code_adaptive = 232,
			OBJECTS_FREE_THREADED,
			UNICODE_FREE_THREADED,
			STATE_BITS_BEHIND_BYTE,
		},
	},
	{
		.series = 0x030f,
		.name = "3.15",
		.runtime_sizes = { 346560, 346568 },
		.debug_offsets = &debug_offsets_3_15,
		.layout = {
			.runtime_interpreters_head = 936,
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 7264,
			.interp_threads_head = 7336,
			.interp_next_unique_id = 7328,
			.interp_code_counter = 7944, /* _code_object_generation */
			.interp_code_counter_size = 8,
			.tstate_next = 8,
			.tstate_thread_id = 176,
			.tstate_frame = 72,
			.tstate_status = 32,
			.tstate_active_bit = 4,
			.tstate_executor = 304,
			NO_CFRAME,
			.frame_size = 88,
			INTERPRETER_FRAME,
			.frame_code_tag = 3,
			.frame_owner = 74,
			NO_TLBC,
			.code_size = 208,
			CODE_3_12,
			.code_adaptive = 208,
			OBJECTS,
			UNICODE_WITHOUT_WSTR,
		},
	},
	{
		.series = 0x030f,
		.free_threaded = true,
		.name = "3.15t",
		.runtime_sizes = { 409296 },
		.debug_offsets = &debug_offsets_3_15,
		.layout = {
			.runtime_interpreters_head = 936,
			.runtime_tstate_current = PBP_ABSENT,
			.interp_next = 7264,
			.interp_threads_head = 7336,
			.interp_next_unique_id = 7328,
			.interp_code_counter = 7952, /* _code_object_generation */
			.interp_code_counter_size = 8,
			.tstate_next = 8,
			.tstate_thread_id = 176,
			.tstate_frame = 72,
			.tstate_status = 32,
			.tstate_active_bit = 4,
			.tstate_executor = 304,
			NO_CFRAME,
			.frame_size = 88,
			INTERPRETER_FRAME,
			.frame_code_tag = 3,
			.frame_owner = 78,
			.frame_tlbc_index = 72,
			.code_tlbc = 224,
			.tlbc_entries = 8,
			.code_size = 232,
			CODE_FREE_THREADED,
			.code_adaptive = 232,
			OBJECTS_FREE_THREADED,
			UNICODE_FREE_THREADED,
			STATE_BITS_BEHIND_BYTE,
		},
	},
	{ .name = NULL },
};
