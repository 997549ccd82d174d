/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns CPython's own _Py_DebugOffsets into a layout, believing nothing in it that cannot be. Must not know where
 * any version keeps which entry: those tables are in layout_rows.c.
 */
#include "python/debug_offsets.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "python/layout.h"

/* Include/internal/pycore_runtime.h, _Py_Debug_Cookie; then u64 version and u64 free_threaded. */
static const char cookie[8] = { 'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y' };
#define VERSION_AT	 8
#define FREE_THREADED_AT 16

static uint64_t entry_value(const void *block, uint32_t at)
{
	uint64_t value;

	memcpy(&value, (const char *)block + at, sizeof(value));
	return value;
}

int debug_offsets_identify(const void *block, size_t size, uint32_t *ret_hexversion,
			   struct err *err)
{
	uint64_t version, free_threaded;

	if (size < DEBUG_OFFSETS_HEAD_BYTES)
		return err_set(err, -EINVAL, "debug offsets: only %zu bytes", size);
	if (memcmp(block, cookie, sizeof(cookie)) != 0)
		return err_set(err, -EINVAL, "debug offsets: cookie is wrong");
	version = entry_value(block, VERSION_AT);
	if (version == 0 || version > UINT32_MAX)
		return err_set(err, -EINVAL, "debug offsets: version is %#" PRIx64, version);
	free_threaded = entry_value(block, FREE_THREADED_AT);
	if (free_threaded == 1)
		return err_set(err, -ENOTSUP,
			       "a free-threaded build of CPython %u.%u, which is not supported",
			       (unsigned)(version >> 24), (unsigned)(version >> 16 & 0xff));
	if (free_threaded != 0)
		return err_set(err, -EINVAL, "debug offsets: free_threaded is %" PRIu64,
			       free_threaded);
	*ret_hexversion = (uint32_t)version;
	return 0;
}

size_t debug_offsets_size(const struct layout_row *row)
{
	return row->debug_offsets ? row->debug_offsets->size : 0;
}

static void set_field(struct pbp_layout *layout, uint16_t field, uint32_t value)
{
	memcpy((char *)layout + field, &value, sizeof(value));
}

static uint32_t get_field(const struct pbp_layout *layout, uint16_t field)
{
	uint32_t value;

	memcpy(&value, (const char *)layout + field, sizeof(value));
	return value;
}

static int check_entry(const void *block, const struct debug_offsets_table *table,
		       const struct debug_offsets_entry *entry, const struct pbp_layout *expected,
		       struct err *err)
{
	const struct debug_offsets_struct *owner = &table->structs[entry->struct_index];
	uint64_t value = entry_value(block, entry->at);
	uint64_t struct_size = entry_value(block, owner->size_at);
	uint64_t room = entry->use == DEBUG_OFFSETS_OFFSET ? entry->width : 0;

	if (struct_size == 0 || struct_size > owner->size_max)
		return err_set(err, -EINVAL, "debug offsets: %s.size is %" PRIu64, owner->name,
			       struct_size);
	if (value > struct_size || struct_size - value < room)
		return err_set(err, -EINVAL,
			       "debug offsets: %s.%s is %" PRIu64 ", beyond the struct's %" PRIu64,
			       owner->name, entry->name, value, struct_size);
	if (value % entry->width != 0)
		return err_set(err, -EINVAL,
			       "debug offsets: %s.%s is %" PRIu64 ", not a multiple of %u",
			       owner->name, entry->name, value, entry->width);
	if (entry->use == DEBUG_OFFSETS_FIXED && value != get_field(expected, entry->field))
		return err_set(err, -EINVAL, "debug offsets: %s.%s is %" PRIu64 ", not %" PRIu32,
			       owner->name, entry->name, value, get_field(expected, entry->field));
	return 0;
}

/* No two fields of one struct share a byte: a zeroed or shuffled block fails here. */
static int check_overlap(const void *block, const struct debug_offsets_table *table,
			 const struct debug_offsets_entry *entry, struct err *err)
{
	uint64_t start = entry_value(block, entry->at);

	if (entry->use == DEBUG_OFFSETS_END)
		return 0;
	for (const struct debug_offsets_entry *other = table->entries; other != entry; other++) {
		uint64_t other_start = entry_value(block, other->at);

		if (other->struct_index != entry->struct_index || other->use == DEBUG_OFFSETS_END)
			continue;
		if (start < other_start + other->width && other_start < start + entry->width)
			return err_set(err, -EINVAL,
				       "debug offsets: %s.%s and %s overlap at %" PRIu64,
				       table->structs[entry->struct_index].name, other->name,
				       entry->name, start);
	}
	return 0;
}

/*
 * Fields that the block lacks stand beside ones that it has. Where those moved, theirs moved too: the counter of
 * thread states is the word before the list's head (struct pythreads in pycore_interp.h); the code object's
 * version and the counter of code objects are only trusted in the very struct they were seen in.
 */
static void adjust_rest(const struct pbp_layout *row, struct pbp_layout *layout)
{
	uint32_t before_head = row->interp_threads_head - row->interp_next_unique_id;

	if (row->interp_next_unique_id == PBP_ABSENT || layout->interp_threads_head < before_head)
		layout->interp_next_unique_id = PBP_ABSENT;
	else
		layout->interp_next_unique_id = layout->interp_threads_head - before_head;

	if (layout->interp_threads_head != row->interp_threads_head) {
		layout->interp_code_counter = PBP_ABSENT;
		layout->interp_code_counter_size = 0;
	}
	if (layout->code_firstlineno != row->code_firstlineno ||
	    layout->code_filename != row->code_filename) {
		layout->code_version = PBP_ABSENT;
		layout->interp_code_counter = PBP_ABSENT;
		layout->interp_code_counter_size = 0;
	}
}

int debug_offsets_apply(const void *block, size_t size, const struct layout_row *row,
			struct pbp_layout *ret_layout, struct err *err)
{
	const struct debug_offsets_table *table = row->debug_offsets;
	struct pbp_layout layout;
	uint32_t hexversion;
	int rc;

	if (!table)
		return err_set(err, -ENOTSUP, "CPython %s does not describe itself", row->name);
	if (size < table->size)
		return err_set(err, -EINVAL, "debug offsets: only %zu of %" PRIu32 " bytes", size,
			       table->size);
	rc = debug_offsets_identify(block, size, &hexversion, err);
	if (rc)
		return rc;
	if (hexversion >> 16 != row->series)
		return err_set(err, -EINVAL,
			       "debug offsets: version is %#" PRIx32 ", but this is CPython %s",
			       hexversion, row->name);

	layout_from_row(row, hexversion,
			entry_value(block, table->structs[table->interp_struct].size_at), &layout);
	for (const struct debug_offsets_entry *entry = table->entries; entry->name; entry++) {
		rc = check_entry(block, table, entry, &row->layout, err);
		if (rc == 0)
			rc = check_overlap(block, table, entry, err);
		if (rc)
			return rc;
		set_field(&layout, entry->field, (uint32_t)entry_value(block, entry->at));
	}
	adjust_rest(&row->layout, &layout);
	rc = layout_check(&layout, err);
	if (rc) {
		err_wrap(err, "debug offsets");
		return rc;
	}
	*ret_layout = layout;
	return 0;
}
