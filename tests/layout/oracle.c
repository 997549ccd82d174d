/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout as CPython's own headers declare it, its names being in fields.h. Compiled by check.sh against the
 * headers of each interpreter found; prints what rows.c prints, so that the two can be compared line by line.
 *
 * usage: oracle facts      PY_VERSION_HEX, free-threaded?, bytes of _PyRuntime, bytes that Py_TRACE_REFS adds to objects
 *        oracle layout     as layout_write prints it
 *        oracle positions  where _Py_DebugOffsets has the entries that the file POSITIONS names
 *        oracle block      the whole _Py_DebugOffsets, in binary; nothing up to 3.13
 */
#define Py_BUILD_CORE 1
#include <pyconfig.h>
#undef ALT_SOABI /* a name for the release build's modules, which forbids asking for Py_TRACE_REFS */
#include <Python.h>
#include <frameobject.h>
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_debug_offsets.h>
#include <internal/pycore_interpframe.h>
#include <internal/pycore_stackref.h>
#endif
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#elif PY_VERSION_HEX >= 0x03080000
#include <internal/pycore_pystate.h>
#elif PY_VERSION_HEX >= 0x03070000
#include <internal/pystate.h>
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../include/layout.h"

#define ABSENT			  PBP_ABSENT
#define OFFSET(type, member)	  offsetof(type, member)
#define SIZE(type)		  sizeof(type)
#define MEMBER_SIZE(type, member) sizeof(((type *)0)->member)
#define CONSTANT(name)		  (name)
/* By setting the bit field to 1. */
#define BIT(type, word, bit)                                     \
	({                                                       \
		type object = { .word = { .bit = 1 } };          \
		first_bit_of(&object.word, sizeof(object.word)); \
	})

#include "fields.h"

#if PY_VERSION_HEX >= 0x030e0000
_Static_assert((Py_TAG_BITS & ~(uintptr_t)ORACLE_frame_code_tag) == 0, "no more bits are tags");
#endif

static uint32_t first_bit_of(const void *start, size_t size)
{
	uint32_t word = 0;

	memcpy(&word, start, size < sizeof(word) ? size : sizeof(word));
	return word ? (uint32_t)__builtin_ctz(word) : ABSENT;
}

static void print_field(const char *name, uint64_t value)
{
	if (value == ABSENT)
		printf("%s -\n", name);
	else
		printf("%s %llu\n", name, (unsigned long long)value);
}

static void print_layout(void)
{
#define PRINT(name) print_field(#name, ORACLE_##name);
	PBP_LAYOUT_FIELDS(PRINT, PRINT)
#undef PRINT
}

static void print_facts(void)
{
	size_t runtime_size = 0, extra = sizeof(PyObject) - 16;
	int free_threaded = 0;

#if PY_VERSION_HEX >= 0x03070000
	runtime_size = sizeof(_PyRuntimeState);
#endif
#ifdef Py_GIL_DISABLED
	free_threaded = 1;
	extra = 0;
#endif
	printf("%08x %d %zu %zu\n", PY_VERSION_HEX, free_threaded, runtime_size, extra);
}

/* The entries of which rows.c has told positions. */
static void print_positions(void)
{
#ifdef POSITIONS
	printf("size %zu\n", sizeof(struct _Py_DebugOffsets));
#define POSITION(owner, entry) \
	printf(#owner "." #entry " %zu\n", offsetof(struct _Py_DebugOffsets, owner.entry));
#include POSITIONS
#endif
}

static void write_block(void)
{
#if PY_VERSION_HEX >= 0x030e0000
	static const struct _Py_DebugOffsets block = _Py_DebugOffsets_INIT(_Py_Debug_Cookie);

	fwrite(&block, sizeof(block), 1, stdout);
#endif
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "facts") == 0)
		print_facts();
	else if (strcmp(what, "layout") == 0)
		print_layout();
	else if (strcmp(what, "positions") == 0)
		print_positions();
	else if (strcmp(what, "block") == 0)
		write_block();
	else
		return 2;
	return 0;
}
