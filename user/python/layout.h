/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The known versions of CPython as rows, and what can be done with a layout: find it, check it, print it.
 */
#ifndef PBP_PYTHON_LAYOUT_H
#define PBP_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <layout.h> /* include/layout.h: in quotes it would be user/python/layout.h */

#include "base/err.h"

struct debug_offsets_table;

/* A release for which the row's interp_code_counter is known to be right. */
struct layout_counter_release {
	uint32_t hexversion; /* PY_VERSION_HEX; 0 ends the list */
	uint32_t
		interp_size; /* bytes of PyInterpreterState: tells a release build from a debug build */
};

#define LAYOUT_RUNTIME_SIZES_MAX    4
#define LAYOUT_COUNTER_RELEASES_MAX 4

/* One layout of CPython on x86-64: a version, or some of its releases, or its free-threaded build. */
struct layout_row {
	uint16_t series; /* major << 8 | minor */
	bool free_threaded;
	const char *name; /* "MAJOR.MINOR", and "t" behind it for a free-threaded build */
	/* Sizes that the symbol _PyRuntime is known to have in this version; 0 ends the list. */
	uint64_t runtime_sizes[LAYOUT_RUNTIME_SIZES_MAX + 1];
	/* The row's interp_code_counter moves with patch releases: it stands for these only. */
	struct layout_counter_release counter_releases[LAYOUT_COUNTER_RELEASES_MAX + 1];
	/* A u32 variable of the process that grows with every code object born; NULL: this version has none. */
	const char *code_counter_symbol;
	/* Where CPython's own _Py_DebugOffsets says what; NULL: this version has no such table. */
	const struct debug_offsets_table *debug_offsets;
	struct pbp_layout layout;
};

/* All rows, oldest version first; ends with a row whose name is NULL. */
extern const struct layout_row layout_rows[];

/*
 * The row for a version given as PY_VERSION_HEX (major << 24 | minor << 16 | …; where only the series is known,
 * the lower half is 0). NULL: no row, or a pre-release. Of several rows of one series (3.7) the one that lists
 * runtime_size, bytes of _PyRuntime; 0 or a size that none lists: the last.
 */
const struct layout_row *layout_row_by_version(uint32_t hexversion, bool free_threaded,
					       uint64_t runtime_size);

/* The row for which _PyRuntime is known to be runtime_size (st_size) bytes large. NULL: none. */
const struct layout_row *layout_row_by_runtime_size(uint64_t runtime_size);

/* Move every field of every object behind `bytes` more of object header (Py_TRACE_REFS). */
void layout_shift_objects(struct pbp_layout *layout, uint32_t bytes);

/* Upper bound of the number of fields, and their names in the order of include/layout.h; NULL past the last. */
#define LAYOUT_FIELDS_MAX 96
const char *layout_field_name(size_t i);

/*
 * The row's layout for one release and size of PyInterpreterState; either is 0 when not known. Without both the
 * layout has no interp_code_counter.
 */
void layout_from_row(const struct layout_row *row, uint32_t hexversion, uint64_t interp_size,
		     struct pbp_layout *ret_layout);

/*
 * Everything that the BPF program and the readers in user space rely on: fields within the bytes read of their
 * struct, alignment, sizes and kinds in range, no needed field absent. 0, or -EINVAL with the field in err.
 */
int layout_check(const struct pbp_layout *layout, struct err *err);

/* One line per field, "name value"; an absent field's value is "-". */
void layout_write(const struct pbp_layout *layout, FILE *stream);

#endif
