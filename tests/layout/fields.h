/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What CPython calls each field of include/layout.h, by version. oracle.c has a compiler evaluate it over a version's
 * headers, row.py evaluates it over DWARF. Depends on PY_VERSION_HEX and Py_GIL_DISABLED alone. A new field of
 * include/layout.h does not compile in oracle.c until somebody says here what it is.
 *
 * OFFSET(type, member), SIZE(type), MEMBER_SIZE(type, member); BIT(type, word, bit): the lowest bit of a bit field in
 * its word; CONSTANT(name): CPython's own. ABSENT: this version has no such field.
 */

/* Interpreter. Up to 3.6 the head of the list is a variable of its own. */
#if PY_VERSION_HEX >= 0x03070000
#define ORACLE_runtime_interpreters_head OFFSET(_PyRuntimeState, interpreters.head)
#else
#define ORACLE_runtime_interpreters_head 0
#endif
#if PY_VERSION_HEX >= 0x03070000 && PY_VERSION_HEX < 0x030c0000
#define ORACLE_runtime_tstate_current OFFSET(_PyRuntimeState, gilstate.tstate_current)
#else
#define ORACLE_runtime_tstate_current ABSENT
#endif
#define ORACLE_interp_next OFFSET(PyInterpreterState, next)
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_interp_threads_head   OFFSET(PyInterpreterState, threads.head)
#define ORACLE_interp_next_unique_id OFFSET(PyInterpreterState, threads.next_unique_id)
#else
#define ORACLE_interp_threads_head OFFSET(PyInterpreterState, tstate_head)
#if PY_VERSION_HEX >= 0x03070000
#define ORACLE_interp_next_unique_id OFFSET(PyInterpreterState, tstate_next_unique_id)
#else
#define ORACLE_interp_next_unique_id ABSENT
#endif
#endif
/* 3.12 numbers its code objects from a variable of the process instead, of the same size. */
#if PY_VERSION_HEX >= 0x030e0000
#define ORACLE_interp_code_counter	OFFSET(PyInterpreterState, _code_object_generation)
#define ORACLE_interp_code_counter_size MEMBER_SIZE(PyInterpreterState, _code_object_generation)
#elif PY_VERSION_HEX >= 0x030d0000 && !defined(Py_GIL_DISABLED)
#define ORACLE_interp_code_counter	OFFSET(PyInterpreterState, func_state.next_version)
#define ORACLE_interp_code_counter_size MEMBER_SIZE(PyInterpreterState, func_state.next_version)
#elif PY_VERSION_HEX >= 0x030c0000 && PY_VERSION_HEX < 0x030d0000
#define ORACLE_interp_code_counter	ABSENT
#define ORACLE_interp_code_counter_size MEMBER_SIZE(PyInterpreterState, func_state.next_version)
#else
#define ORACLE_interp_code_counter	ABSENT
#define ORACLE_interp_code_counter_size 0
#endif

/* Thread state. */
#define ORACLE_tstate_next	OFFSET(PyThreadState, next)
#define ORACLE_tstate_thread_id OFFSET(PyThreadState, thread_id)
#if PY_VERSION_HEX >= 0x030d0000
#define ORACLE_tstate_frame OFFSET(PyThreadState, current_frame)
#elif PY_VERSION_HEX >= 0x030b0000
#define ORACLE_tstate_frame OFFSET(PyThreadState, cframe)
#else
#define ORACLE_tstate_frame OFFSET(PyThreadState, frame)
#endif
#if PY_VERSION_HEX >= 0x030c0000
#define ORACLE_tstate_status	 OFFSET(PyThreadState, _status)
#define ORACLE_tstate_active_bit BIT(PyThreadState, _status, active)
#else
#define ORACLE_tstate_status	 ABSENT
#define ORACLE_tstate_active_bit 0
#endif
#if PY_VERSION_HEX >= 0x030e0000
#define ORACLE_tstate_executor OFFSET(PyThreadState, current_executor)
#else
#define ORACLE_tstate_executor ABSENT
#endif
#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030d0000
#define ORACLE_tstate_root_cframe   OFFSET(PyThreadState, root_cframe)
#define ORACLE_cframe_current_frame OFFSET(_PyCFrame, current_frame)
#define ORACLE_cframe_previous	    OFFSET(_PyCFrame, previous)
#else
#define ORACLE_tstate_root_cframe   ABSENT
#define ORACLE_cframe_current_frame ABSENT
#define ORACLE_cframe_previous	    ABSENT
#endif

/* Frame. Its size is what is read, a choice of the row: here the end of the last field that is read, plus 7. */
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_frame_size	 SIZE(_PyInterpreterFrame)
#define ORACLE_frame_previous	 OFFSET(_PyInterpreterFrame, previous)
#define ORACLE_frame_owner	 OFFSET(_PyInterpreterFrame, owner)
#define ORACLE_frame_instr_kind	 PBP_INSTR_POINTER
#define ORACLE_frame_instr_shift 1
#define ORACLE_frame_instr_bytes 2
#else
#define ORACLE_frame_size	(OFFSET(PyFrameObject, f_lasti) + 8)
#define ORACLE_frame_previous	OFFSET(PyFrameObject, f_back)
#define ORACLE_frame_code	OFFSET(PyFrameObject, f_code)
#define ORACLE_frame_instr	OFFSET(PyFrameObject, f_lasti)
#define ORACLE_frame_owner	ABSENT
#define ORACLE_frame_instr_kind PBP_INSTR_INDEX
/* f_lasti counts code units in 3.10, bytes before; instructions have no fixed length before 3.6. */
#if PY_VERSION_HEX >= 0x03060000 && PY_VERSION_HEX < 0x030a0000
#define ORACLE_frame_instr_shift 1
#else
#define ORACLE_frame_instr_shift 0
#endif
#if PY_VERSION_HEX >= 0x03060000
#define ORACLE_frame_instr_bytes 2
#else
#define ORACLE_frame_instr_bytes 1
#endif
#endif
#if PY_VERSION_HEX >= 0x030d0000
#define ORACLE_frame_code  OFFSET(_PyInterpreterFrame, f_executable)
#define ORACLE_frame_instr OFFSET(_PyInterpreterFrame, instr_ptr)
#elif PY_VERSION_HEX >= 0x030b0000
#define ORACLE_frame_code  OFFSET(_PyInterpreterFrame, f_code)
#define ORACLE_frame_instr OFFSET(_PyInterpreterFrame, prev_instr)
#endif
/* Py_TAG_BITS of pycore_stackref.h, and the bits that only tagged integers and invalid references have. */
#if PY_VERSION_HEX >= 0x030e0000
#define ORACLE_frame_code_tag 3
#else
#define ORACLE_frame_code_tag 0
#endif
#if PY_VERSION_HEX >= 0x030e0000 && defined(Py_GIL_DISABLED)
#define ORACLE_frame_tlbc_index OFFSET(_PyInterpreterFrame, tlbc_index)
#define ORACLE_code_tlbc	OFFSET(PyCodeObject, co_tlbc)
#define ORACLE_tlbc_entries	OFFSET(_PyCodeArray, entries)
#else
#define ORACLE_frame_tlbc_index ABSENT
#define ORACLE_code_tlbc	ABSENT
#define ORACLE_tlbc_entries	ABSENT
#endif
#if PY_VERSION_HEX >= 0x030e0000
#define ORACLE_frame_shim_owner CONSTANT(FRAME_OWNED_BY_INTERPRETER)
#elif PY_VERSION_HEX >= 0x030c0000
#define ORACLE_frame_shim_owner CONSTANT(FRAME_OWNED_BY_CSTACK)
#else
#define ORACLE_frame_shim_owner 0
#endif
#if PY_VERSION_HEX >= 0x030c0000
#define ORACLE_frame_is_entry	ABSENT
#define ORACLE_frame_state_before 0
#define ORACLE_frame_entry_kind PBP_ENTRY_SHIM
#elif PY_VERSION_HEX >= 0x030b0000
#define ORACLE_frame_is_entry	OFFSET(_PyInterpreterFrame, is_entry)
#define ORACLE_frame_state_before \
	(OFFSET(PyGenObject, gi_iframe) - OFFSET(PyGenObject, gi_frame_state))
#define ORACLE_frame_entry_kind PBP_ENTRY_FLAG
#else
#define ORACLE_frame_is_entry	ABSENT
#define ORACLE_frame_state_before 0
#define ORACLE_frame_entry_kind PBP_ENTRY_ALWAYS
#endif

/* Objects and code objects. As above, the size is what is read. */
#define ORACLE_object_type	OFFSET(PyObject, ob_type)
#define ORACLE_type_name	OFFSET(PyTypeObject, tp_name)
#define ORACLE_code_firstlineno OFFSET(PyCodeObject, co_firstlineno)
#define ORACLE_code_name	OFFSET(PyCodeObject, co_name)
#define ORACLE_code_filename	OFFSET(PyCodeObject, co_filename)
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_code_size     OFFSET(PyCodeObject, co_code_adaptive)
#define ORACLE_code_qualname OFFSET(PyCodeObject, co_qualname)
#define ORACLE_code_adaptive OFFSET(PyCodeObject, co_code_adaptive)
#else
#define ORACLE_code_size     (ORACLE_code_linetable + 8)
#define ORACLE_code_qualname ABSENT
#define ORACLE_code_adaptive ABSENT
#endif
#if PY_VERSION_HEX >= 0x030c0000
#define ORACLE_code_version OFFSET(PyCodeObject, co_version)
#else
#define ORACLE_code_version ABSENT
#endif
#if PY_VERSION_HEX >= 0x030a0000
#define ORACLE_code_linetable OFFSET(PyCodeObject, co_linetable)
#else
#define ORACLE_code_linetable OFFSET(PyCodeObject, co_lnotab)
#endif
#if PY_VERSION_HEX >= 0x030b0000
#define ORACLE_linetable_format PBP_LINETABLE_LOCATIONS
#elif PY_VERSION_HEX >= 0x030a0000
#define ORACLE_linetable_format PBP_LINETABLE_RANGES
#elif PY_VERSION_HEX >= 0x03060000
#define ORACLE_linetable_format PBP_LINETABLE_LNOTAB
#else
#define ORACLE_linetable_format PBP_LINETABLE_LNOTAB_UNSIGNED
#endif

/* Strings. */
#if PY_VERSION_HEX >= 0x03030000
#define ORACLE_string_kind	    PBP_STRING_UNICODE
#define ORACLE_unicode_length	    OFFSET(PyASCIIObject, length)
#define ORACLE_unicode_hash	    OFFSET(PyASCIIObject, hash)
#define ORACLE_unicode_state	    OFFSET(PyASCIIObject, state)
#define ORACLE_unicode_kind_shift   BIT(PyASCIIObject, state, kind)
#define ORACLE_unicode_compact_bit  BIT(PyASCIIObject, state, compact)
#define ORACLE_unicode_ascii_bit    BIT(PyASCIIObject, state, ascii)
#define ORACLE_unicode_ascii_size   SIZE(PyASCIIObject)
#define ORACLE_unicode_compact_size SIZE(PyCompactUnicodeObject)
#define ORACLE_unicode_data	    OFFSET(PyUnicodeObject, data)
#define ORACLE_bytes_size	    OFFSET(PyVarObject, ob_size)
#define ORACLE_bytes_data	    OFFSET(PyBytesObject, ob_sval)
#else
#define ORACLE_string_kind	    PBP_STRING_BYTES
#define ORACLE_unicode_length	    ABSENT
#define ORACLE_unicode_hash	    ABSENT
#define ORACLE_unicode_state	    ABSENT
#define ORACLE_unicode_kind_shift   0
#define ORACLE_unicode_compact_bit  0
#define ORACLE_unicode_ascii_bit    0
#define ORACLE_unicode_ascii_size   0
#define ORACLE_unicode_compact_size 0
#define ORACLE_unicode_data	    ABSENT
#define ORACLE_bytes_size	    OFFSET(PyStringObject, ob_size)
#define ORACLE_bytes_data	    OFFSET(PyStringObject, ob_sval)
#endif
