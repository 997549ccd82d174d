/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout as an interpreter's own headers declare it. Compiled by check.sh against the internal headers of
 * each interpreter found; prints what layout_write prints, so that the two can be compared line by line, or, asked
 * for runtime_size, the bytes of _PyRuntime. A new field of include/layout.h does not compile here until somebody
 * says what CPython calls it.
 */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#else
#include <internal/pycore_pystate.h>
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "layout.h"

#define ABSENT PBP_ABSENT

/* The position of a bit field in its 32-bit word, by setting it to 1. */
#define STATE_BIT(field) first_bit_of((PyASCIIObject){ .state = { .field = 1 } })

static uint32_t first_bit_of(PyASCIIObject object)
{
	uint32_t word;

	_Static_assert(sizeof(object.state) == 4, "the state is one word");
	memcpy(&word, &object.state, sizeof(word));
	return word ? (uint32_t)__builtin_ctz(word) : ABSENT;
}

/* Interpreter. */
#define ORACLE_runtime_interpreters_head offsetof(_PyRuntimeState, interpreters.head)
#define ORACLE_interp_next		 offsetof(PyInterpreterState, next)
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_interp_threads_head   offsetof(PyInterpreterState, threads.head)
#define ORACLE_interp_next_unique_id offsetof(PyInterpreterState, threads.next_unique_id)
#else
#define ORACLE_interp_threads_head   offsetof(PyInterpreterState, tstate_head)
#define ORACLE_interp_next_unique_id offsetof(PyInterpreterState, tstate_next_unique_id)
#endif
/* 3.12 numbers its code objects from a variable of the process instead, of the same size. */
#if PY_VERSION_HEX >= 0x030d0000
#define ORACLE_interp_code_counter offsetof(PyInterpreterState, func_state.next_version)
#else
#define ORACLE_interp_code_counter ABSENT
#endif
#if PY_VERSION_HEX >= 0x030c0000
#define ORACLE_interp_code_counter_size sizeof(((PyInterpreterState *)0)->func_state.next_version)
#else
#define ORACLE_interp_code_counter_size 0
#endif

/* Thread state. */
#define ORACLE_tstate_next	offsetof(PyThreadState, next)
#define ORACLE_tstate_thread_id offsetof(PyThreadState, thread_id)
#if PY_VERSION_HEX >= 0x030d0000
#define ORACLE_tstate_frame offsetof(PyThreadState, current_frame)
#elif PY_VERSION_HEX >= 0x030b0000
#define ORACLE_tstate_frame offsetof(PyThreadState, cframe)
#else
#define ORACLE_tstate_frame offsetof(PyThreadState, frame)
#endif
#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030d0000
#define ORACLE_cframe_current_frame offsetof(_PyCFrame, current_frame)
#define ORACLE_cframe_previous	    offsetof(_PyCFrame, previous)
#else
#define ORACLE_cframe_current_frame ABSENT
#define ORACLE_cframe_previous	    ABSENT
#endif

/* Frame. Its size is what is read, a choice of the row: here the end of the last field that is read, plus 7. */
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_frame_size	 sizeof(_PyInterpreterFrame)
#define ORACLE_frame_previous	 offsetof(_PyInterpreterFrame, previous)
#define ORACLE_frame_owner	 offsetof(_PyInterpreterFrame, owner)
#define ORACLE_frame_instr_kind	 PBP_INSTR_POINTER
#define ORACLE_frame_instr_shift 1
#define ORACLE_frame_instr_bytes 2
#else
#define ORACLE_frame_size	 (offsetof(PyFrameObject, f_lasti) + 8)
#define ORACLE_frame_previous	 offsetof(PyFrameObject, f_back)
#define ORACLE_frame_code	 offsetof(PyFrameObject, f_code)
#define ORACLE_frame_instr	 offsetof(PyFrameObject, f_lasti)
#define ORACLE_frame_owner	 ABSENT
#define ORACLE_frame_instr_kind	 PBP_INSTR_INDEX
#define ORACLE_frame_instr_shift (PY_VERSION_HEX < 0x030a0000)
#define ORACLE_frame_instr_bytes 2
#endif
#if PY_VERSION_HEX >= 0x030d0000
#define ORACLE_frame_code  offsetof(_PyInterpreterFrame, f_executable)
#define ORACLE_frame_instr offsetof(_PyInterpreterFrame, instr_ptr)
#elif PY_VERSION_HEX >= 0x030b0000
#define ORACLE_frame_code  offsetof(_PyInterpreterFrame, f_code)
#define ORACLE_frame_instr offsetof(_PyInterpreterFrame, prev_instr)
#endif
#define ORACLE_frame_code_tag 0
#if PY_VERSION_HEX >= 0x030c0000
#define ORACLE_frame_shim_owner FRAME_OWNED_BY_CSTACK
#define ORACLE_frame_is_entry	ABSENT
#define ORACLE_frame_entry_kind PBP_ENTRY_SHIM
#elif PY_VERSION_HEX >= 0x030b0000
#define ORACLE_frame_shim_owner 0
#define ORACLE_frame_is_entry	offsetof(_PyInterpreterFrame, is_entry)
#define ORACLE_frame_entry_kind PBP_ENTRY_FLAG
#else
#define ORACLE_frame_shim_owner 0
#define ORACLE_frame_is_entry	ABSENT
#define ORACLE_frame_entry_kind PBP_ENTRY_ALWAYS
#endif

/* Code object. As above, the size is what is read. */
#define ORACLE_object_type	offsetof(PyObject, ob_type)
#define ORACLE_code_firstlineno offsetof(PyCodeObject, co_firstlineno)
#define ORACLE_code_name	offsetof(PyCodeObject, co_name)
#define ORACLE_code_filename	offsetof(PyCodeObject, co_filename)
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_code_size     offsetof(PyCodeObject, co_code_adaptive)
#define ORACLE_code_qualname offsetof(PyCodeObject, co_qualname)
#define ORACLE_code_adaptive offsetof(PyCodeObject, co_code_adaptive)
#else
#define ORACLE_code_size     (ORACLE_code_linetable + 8)
#define ORACLE_code_qualname ABSENT
#define ORACLE_code_adaptive ABSENT
#endif
#if PY_VERSION_HEX >= 0x030c0000
#define ORACLE_code_version offsetof(PyCodeObject, co_version)
#else
#define ORACLE_code_version ABSENT
#endif
#if PY_VERSION_HEX >= 0x030a0000
#define ORACLE_code_linetable offsetof(PyCodeObject, co_linetable)
#else
#define ORACLE_code_linetable offsetof(PyCodeObject, co_lnotab)
#endif
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_linetable_format PBP_LINETABLE_LOCATIONS
#elif PY_VERSION_HEX >= 0x030a0000
#define ORACLE_linetable_format PBP_LINETABLE_RANGES
#else
#define ORACLE_linetable_format PBP_LINETABLE_LNOTAB
#endif

/* Strings. */
#define ORACLE_string_kind	    PBP_STRING_UNICODE
#define ORACLE_unicode_length	    offsetof(PyASCIIObject, length)
#define ORACLE_unicode_hash	    offsetof(PyASCIIObject, hash)
#define ORACLE_unicode_state	    offsetof(PyASCIIObject, state)
#define ORACLE_unicode_kind_shift   STATE_BIT(kind)
#define ORACLE_unicode_compact_bit  STATE_BIT(compact)
#define ORACLE_unicode_ascii_bit    STATE_BIT(ascii)
#define ORACLE_unicode_ascii_size   sizeof(PyASCIIObject)
#define ORACLE_unicode_compact_size sizeof(PyCompactUnicodeObject)
#define ORACLE_unicode_data	    offsetof(PyUnicodeObject, data)
#define ORACLE_bytes_size	    offsetof(PyBytesObject, ob_base.ob_size)
#define ORACLE_bytes_data	    offsetof(PyBytesObject, ob_sval)

static void print_field(const char *name, uint64_t value)
{
	if (value == ABSENT)
		printf("%s -\n", name);
	else
		printf("%s %llu\n", name, (unsigned long long)value);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "runtime_size") == 0) {
		printf("%zu\n", sizeof(_PyRuntimeState));
		return 0;
	}
#define PRINT(name) print_field(#name, ORACLE_##name);
	PBP_LAYOUT_FIELDS(PRINT, PRINT)
	return 0;
}
