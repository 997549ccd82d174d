/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns CPython's own _Py_DebugOffsets into a layout, believing nothing in it that cannot be. Must not know where
 * any version keeps which entry: those tables are in debug_offsets_rows.c.
 */
#include "python/debug_offsets.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "python/layout.h"
#include "python/target.h" /* enum layout_origin */

/* Include/internal/pycore_debug_offsets.h, _Py_Debug_Cookie; then u64 version and u64 free_threaded. */
static const char cookie[8] = { 'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y' };
#define VERSION_AT	 8
#define FREE_THREADED_AT 16

enum {
#define STRUCT_MAX(owner, max) MAX_##owner = (max),
	DEBUG_OFFSETS_STRUCTS(STRUCT_MAX)
#undef STRUCT_MAX
};

struct entry {
	const char *owner, *name;
	enum debug_offsets_use use;
	uint32_t width; /* bytes; the alignment too */
	uint32_t size_max; /* of the struct */
	size_t at,
		size_at; /* positions of the entry and of the struct's size: in struct debug_offsets_table */
	size_t field; /* in struct pbp_layout */
};

static const struct entry entries[] = {
#define ENTRY(struct_name, entry_name, bytes, layout_field, what)                 \
	{ .owner = #struct_name,                                                  \
	  .name = #entry_name,                                                    \
	  .use = DEBUG_OFFSETS_##what,                                            \
	  .width = (bytes),                                                       \
	  .size_max = MAX_##struct_name,                                          \
	  .at = offsetof(struct debug_offsets_table, struct_name##_##entry_name), \
	  .size_at = offsetof(struct debug_offsets_table, struct_name##_size_at), \
	  .field = offsetof(struct pbp_layout, layout_field) },
	DEBUG_OFFSETS_ENTRIES(ENTRY)
#undef ENTRY
};

#define NENTRIES (sizeof(entries) / sizeof(entries[0]))

static uint64_t entry_value(const void *block, uint32_t at)
{
	uint64_t value;

	memcpy(&value, (const char *)block + at, sizeof(value));
	return value;
}

int debug_offsets_identify(const void *block, size_t size, uint32_t *ret_hexversion,
			   bool *ret_free_threaded, struct err *err)
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
	if (free_threaded > 1)
		return err_set(err, -EINVAL, "debug offsets: free_threaded is %" PRIu64,
			       free_threaded);
	*ret_hexversion = (uint32_t)version;
	*ret_free_threaded = free_threaded == 1;
	return 0;
}

size_t debug_offsets_size(const struct layout_row *row)
{
	return row->debug_offsets ? row->debug_offsets->size : 0;
}

/* The number that the table has for this member. */
static uint16_t position(const struct debug_offsets_table *table, size_t member)
{
	uint16_t value;

	memcpy(&value, (const char *)table + member, sizeof(value));
	return value;
}

static void set_field(struct pbp_layout *layout, size_t field, uint32_t value)
{
	memcpy((char *)layout + field, &value, sizeof(value));
}

static uint32_t get_field(const struct pbp_layout *layout, size_t field)
{
	uint32_t value;

	memcpy(&value, (const char *)layout + field, sizeof(value));
	return value;
}

static bool is_absent(const struct entry *entry, uint64_t value)
{
	return entry->use == DEBUG_OFFSETS_OPTIONAL && value == 0;
}

static bool is_offset(const struct entry *entry)
{
	return entry->use == DEBUG_OFFSETS_OFFSET || entry->use == DEBUG_OFFSETS_OPTIONAL;
}

static int check_entry(const void *block, const struct debug_offsets_table *table,
		       const struct entry *entry, const struct pbp_layout *expected,
		       struct err *err)
{
	uint64_t value = entry_value(block, position(table, entry->at));
	uint64_t struct_size = entry_value(block, position(table, entry->size_at));
	uint64_t room = is_offset(entry) ? entry->width : 0;

	if (struct_size == 0 || struct_size > entry->size_max)
		return err_set(err, -EINVAL, "debug offsets: %s.size is %" PRIu64, entry->owner,
			       struct_size);
	if (value > struct_size || struct_size - value < room)
		return err_set(err, -EINVAL,
			       "debug offsets: %s.%s is %" PRIu64 ", beyond the struct's %" PRIu64,
			       entry->owner, entry->name, value, struct_size);
	if (value % entry->width != 0)
		return err_set(err, -EINVAL,
			       "debug offsets: %s.%s is %" PRIu64 ", not a multiple of %" PRIu32,
			       entry->owner, entry->name, value, entry->width);
	if (entry->use == DEBUG_OFFSETS_FIXED && value != get_field(expected, entry->field))
		return err_set(err, -EINVAL, "debug offsets: %s.%s is %" PRIu64 ", not %" PRIu32,
			       entry->owner, entry->name, value, get_field(expected, entry->field));
	return 0;
}

/* No two fields of one struct share a byte: a zeroed or shuffled block fails here. */
static int check_overlap(const void *block, const struct debug_offsets_table *table,
			 const struct entry *entry, struct err *err)
{
	uint64_t start = entry_value(block, position(table, entry->at));

	if (entry->use == DEBUG_OFFSETS_END || is_absent(entry, start))
		return 0;
	for (const struct entry *other = entries; other != entry; other++) {
		uint64_t other_start;

		if (other->size_at != entry->size_at || other->use == DEBUG_OFFSETS_END ||
		    !position(table, other->at))
			continue;
		other_start = entry_value(block, position(table, other->at));
		if (is_absent(other, other_start))
			continue;
		if (start < other_start + other->width && other_start < start + entry->width)
			return err_set(err, -EINVAL,
				       "debug offsets: %s.%s and %s overlap at %" PRIu64,
				       entry->owner, other->name, entry->name, start);
	}
	return 0;
}

/* The layout that is being made, and where each of its fields came from. */
struct making {
	const void *block;
	const struct layout_row *row;
	struct pbp_layout layout;
	uint8_t origins[LAYOUT_FIELDS_MAX];
};

static void put(struct making *making, size_t field, uint32_t value, enum layout_origin origin)
{
	set_field(&making->layout, field, value);
	making->origins[field / sizeof(value)] = (uint8_t)origin;
}

static int apply_entries(struct making *making, struct err *err)
{
	const struct debug_offsets_table *table = making->row->debug_offsets;

	for (const struct entry *entry = entries; entry < entries + NENTRIES; entry++) {
		uint64_t value;
		int rc;

		if (!position(table, entry->at))
			continue;
		rc = check_entry(making->block, table, entry, &making->row->layout, err);
		if (rc == 0)
			rc = check_overlap(making->block, table, entry, err);
		if (rc)
			return rc;
		value = entry_value(making->block, position(table, entry->at));
		put(making, entry->field, is_absent(entry, value) ? PBP_ABSENT : (uint32_t)value,
		    LAYOUT_FROM_PROCESS);
	}
	return 0;
}

/* A field that the block lacks, and the positions of what tells where it is, in struct debug_offsets_table. */
struct derivation {
	size_t field, at, guard_at, size_at, distances;
};

static const struct derivation derivations[] = {
#define DERIVATION(layout_field, struct_name, entry_name, guard_name)                   \
	{ .field = offsetof(struct pbp_layout, layout_field),                           \
	  .at = offsetof(struct debug_offsets_table, struct_name##_##entry_name),       \
	  .guard_at = offsetof(struct debug_offsets_table, struct_name##_##guard_name), \
	  .size_at = offsetof(struct debug_offsets_table, struct_name##_size_at),       \
	  .distances = offsetof(struct debug_offsets_table, layout_field) },
	DEBUG_OFFSETS_DERIVED(DERIVATION)
#undef DERIVATION
};

/*
 * Fields that the block lacks stand beside ones that it has. Where those moved together, theirs moved with them;
 * where the distance between those changed, something was put between them and nobody knows.
 */
static void derive(struct making *making)
{
	const struct debug_offsets_table *table = making->row->debug_offsets;

	for (size_t i = 0; i < sizeof(derivations) / sizeof(derivations[0]); i++) {
		const struct derivation *derivation = &derivations[i];
		uint64_t entry, guard, size, value;
		struct debug_offsets_derived known;

		memcpy(&known, (const char *)table + derivation->distances, sizeof(known));
		if (known.guard_distance == 0)
			continue;
		entry = entry_value(making->block, position(table, derivation->at));
		guard = entry_value(making->block, position(table, derivation->guard_at));
		size = entry_value(making->block, position(table, derivation->size_at));
		value = entry + (uint64_t)(int64_t)known.distance;
		/* One of entry and guard was checked, so neither is far off; what lies before the struct wraps. */
		if (entry - guard != (uint64_t)(int64_t)known.guard_distance || value >= size)
			value = PBP_ABSENT;
		put(making, derivation->field, (uint32_t)value, LAYOUT_DERIVED);
	}
}

/*
 * The counter of code objects: where the block has it, it is as wide as in the row; where it does not, it is only
 * trusted in the very structs it was seen in.
 */
static void adjust_code_counter(struct making *making)
{
	const struct pbp_layout *row = &making->row->layout;
	const struct pbp_layout *layout = &making->layout;
	const size_t offset = offsetof(struct pbp_layout, interp_code_counter);
	const size_t size = offsetof(struct pbp_layout, interp_code_counter_size);

	if (making->row->debug_offsets->interpreter_state_code_object_generation)
		put(making, size, row->interp_code_counter_size, LAYOUT_FROM_ROW);
	else if (layout->interp_threads_head != row->interp_threads_head ||
		 layout->interp_next != row->interp_next || layout->code_version == PBP_ABSENT)
		put(making, offset, PBP_ABSENT, LAYOUT_DERIVED);
	if (layout->interp_code_counter == PBP_ABSENT)
		set_field(&making->layout, size, 0);
}

/* Is it the block of the row's version, or of a later one that the user wants to be read as that? */
static int check_version(const void *block, size_t size, const struct layout_row *row, bool assumed,
			 uint32_t *ret_hexversion, struct err *err)
{
	bool free_threaded;
	int rc = debug_offsets_identify(block, size, ret_hexversion, &free_threaded, err);

	if (rc)
		return rc;
	if (*ret_hexversion >> 16 != row->series &&
	    !(assumed && *ret_hexversion >> 16 > row->series))
		return err_set(err, -EINVAL,
			       "debug offsets: version is %#" PRIx32 ", but this is CPython %s",
			       *ret_hexversion, row->name);
	if (free_threaded != row->free_threaded)
		return err_set(err, -EINVAL,
			       "debug offsets: %s free-threaded build, but this is CPython %s",
			       free_threaded ? "of a" : "not of a", row->name);
	return 0;
}

int debug_offsets_apply(const void *block, size_t size, const struct layout_row *row, bool assumed,
			struct pbp_layout *ret_layout, uint8_t *ret_origins, struct err *err)
{
	const struct debug_offsets_table *table = row->debug_offsets;
	struct making making = { .block = block, .row = row };
	uint32_t hexversion;
	int rc;

	if (!table)
		return err_set(err, -ENOTSUP, "CPython %s does not describe itself", row->name);
	if (size < table->size)
		return err_set(err, -EINVAL, "debug offsets: only %zu of %" PRIu16 " bytes", size,
			       table->size);
	rc = check_version(block, size, row, assumed, &hexversion, err);
	if (rc)
		return rc;
	layout_from_row(row, hexversion, entry_value(block, table->interpreter_state_size_at),
			&making.layout);
	rc = apply_entries(&making, err);
	if (rc)
		return rc;
	derive(&making);
	adjust_code_counter(&making);
	rc = layout_check(&making.layout, err);
	if (rc) {
		err_wrap(err, "debug offsets");
		return rc;
	}
	*ret_layout = making.layout;
	if (ret_origins)
		memcpy(ret_origins, making.origins, sizeof(making.origins));
	return 0;
}
