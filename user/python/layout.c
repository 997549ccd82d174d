/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding, checking and printing layouts, by walking the field list of include/layout.h. Must not know any
 * version's numbers: those are in layout_rows.c.
 */
#include "python/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <config.h>

/* Low byte of PY_VERSION_HEX: release level in the upper half, serial below; 0xf is a final release. */
#define RELEASE_LEVEL(hexversion) (((hexversion) >> 4) & 0xfU)
#define RELEASE_LEVEL_FINAL	  0xfU

/* No struct of an interpreter or runtime that holds a field of ours is as large. */
#define STRUCT_BYTES_MAX (1U << 20)
/* Objects' headers, strings and bytes: their fields lie at the very start. */
#define OBJECT_BYTES_MAX 256U

enum need { NEED_ALWAYS, NEED_NEVER, NEED_UNICODE };

struct field {
	const char *name;
	size_t at; /* in struct pbp_layout */
	bool is_offset;
};

static const struct field fields[] = {
#define FIELD_OFFSET(name) { #name, offsetof(struct pbp_layout, name), true },
#define FIELD_VALUE(name)  { #name, offsetof(struct pbp_layout, name), false },
	PBP_LAYOUT_FIELDS(FIELD_OFFSET, FIELD_VALUE)
#undef FIELD_OFFSET
#undef FIELD_VALUE
};

#define NFIELDS (sizeof(fields) / sizeof(fields[0]))

_Static_assert(NFIELDS <= LAYOUT_FIELDS_MAX, "callers have room for one thing per field");

static uint32_t field_value(const struct pbp_layout *layout, const struct field *field)
{
	uint32_t value;

	memcpy(&value, (const char *)layout + field->at, sizeof(value));
	return value;
}

/* What does not go without saying: a field is 8 bytes wide and every version has it. */
static const struct {
	const char *name;
	uint32_t width; /* bytes, which is its alignment too; 0: where data of any size begins */
	enum need need;
} exceptions[] = {
	{ "runtime_tstate_current", 8, NEED_NEVER },
	{ "interp_next_unique_id", 8, NEED_NEVER },
	{ "interp_code_counter", 4, NEED_NEVER },
	{ "tstate_status", 4, NEED_NEVER },
	{ "tstate_executor", 8, NEED_NEVER },
	{ "tstate_root_cframe", 8, NEED_NEVER },
	{ "cframe_current_frame", 8, NEED_NEVER },
	{ "cframe_previous", 8, NEED_NEVER },
	{ "frame_instr", 4, NEED_ALWAYS },
	{ "frame_tlbc_index", 4, NEED_NEVER },
	{ "frame_owner", 1, NEED_NEVER },
	{ "frame_is_entry", 1, NEED_NEVER },
	{ "code_firstlineno", 4, NEED_ALWAYS },
	{ "code_qualname", 8, NEED_NEVER },
	{ "code_version", 4, NEED_NEVER },
	{ "code_adaptive", 0, NEED_NEVER },
	{ "code_tlbc", 8, NEED_NEVER },
	{ "tlbc_entries", 8, NEED_NEVER },
	{ "unicode_length", 8, NEED_UNICODE },
	{ "unicode_hash", 8, NEED_UNICODE },
	{ "unicode_state", 4, NEED_UNICODE },
	{ "unicode_data", 8, NEED_UNICODE },
	{ "bytes_data", 0, NEED_ALWAYS },
};

static void field_rules(const char *name, uint32_t *ret_width, enum need *ret_need)
{
	*ret_width = 8;
	*ret_need = NEED_ALWAYS;
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
		if (strcmp(exceptions[i].name, name) == 0) {
			*ret_width = exceptions[i].width;
			*ret_need = exceptions[i].need;
		}
	}
}

/* Bytes from the struct's start within which the field and 7 bytes behind it must lie. */
static uint32_t field_limit(const struct pbp_layout *layout, const char *name)
{
	const struct {
		const char *owner;
		uint32_t limit;
	} limits[] = {
		{ "tstate_", PBP_TSTATE_BYTES_MAX }, { "frame_", layout->frame_size },
		{ "code_", layout->code_size },	     { "cframe_", OBJECT_BYTES_MAX },
		{ "type_", OBJECT_BYTES_MAX },	     { "tlbc_", OBJECT_BYTES_MAX },
		{ "object_", OBJECT_BYTES_MAX },     { "unicode_", OBJECT_BYTES_MAX },
		{ "bytes_", OBJECT_BYTES_MAX },
	};

	/* Nothing of the code object is read at code_adaptive: it only says where the bytecode begins. */
	if (strcmp(name, "code_adaptive") == 0)
		return STRUCT_BYTES_MAX;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (strncmp(name, limits[i].owner, strlen(limits[i].owner)) == 0)
			return limits[i].limit;
	}
	return STRUCT_BYTES_MAX;
}

static int check_offset(const struct pbp_layout *layout, const struct field *field, struct err *err)
{
	uint32_t value = field_value(layout, field);
	uint32_t limit = field_limit(layout, field->name);
	uint32_t width;
	enum need need;

	field_rules(field->name, &width, &need);
	if (value == PBP_ABSENT) {
		if (need == NEED_ALWAYS ||
		    (need == NEED_UNICODE && layout->string_kind == PBP_STRING_UNICODE))
			return err_set(err, -EINVAL, "layout: %s is missing", field->name);
		return 0;
	}
	if (value >= limit || limit - value < 8)
		return err_set(err, -EINVAL, "layout: %s is %" PRIu32 ", beyond %" PRIu32,
			       field->name, value, limit);
	if (width > 1 && value % width != 0)
		return err_set(err, -EINVAL,
			       "layout: %s is %" PRIu32 ", not a multiple of %" PRIu32, field->name,
			       value, width);
	return 0;
}

/* The ranges of the values, both ends included. */
static int check_values(const struct pbp_layout *layout, struct err *err)
{
	const bool unicode = layout->string_kind == PBP_STRING_UNICODE;
	const struct {
		const char *name;
		uint32_t value, low, high;
	} ranges[] = {
		{ "tstate_active_bit", layout->tstate_active_bit, 0, 31 },
		{ "frame_size", layout->frame_size, 8, PBP_FRAME_BYTES_MAX },
		{ "code_size", layout->code_size, 8, PBP_CODE_BYTES_MAX },
		{ "frame_code_tag", layout->frame_code_tag, 0, 7 },
		{ "frame_instr_kind", layout->frame_instr_kind, 0, PBP_INSTR_POINTER },
		{ "frame_instr_shift", layout->frame_instr_shift, 0, 1 },
		{ "frame_instr_bytes", layout->frame_instr_bytes, 1, 2 },
		{ "frame_shim_owner", layout->frame_shim_owner, 0, UINT8_MAX },
		{ "frame_state_before", layout->frame_state_before, 0, UINT8_MAX },
		{ "frame_entry_kind", layout->frame_entry_kind, 0, PBP_ENTRY_SHIM },
		{ "string_kind", layout->string_kind, 0, PBP_STRING_BYTES },
		{ "unicode_kind_shift", layout->unicode_kind_shift, 0, 29 },
		{ "unicode_compact_bit", layout->unicode_compact_bit, 0, 31 },
		{ "unicode_ascii_bit", layout->unicode_ascii_bit, 0, 31 },
		{ "unicode_ascii_size", layout->unicode_ascii_size, unicode ? 16 : 0,
		  OBJECT_BYTES_MAX },
		{ "unicode_compact_size", layout->unicode_compact_size, unicode ? 16 : 0,
		  OBJECT_BYTES_MAX },
		{ "linetable_format", layout->linetable_format, 0, PBP_LINETABLE_LOCATIONS },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high)
			return err_set(err, -EINVAL,
				       "layout: %s is %" PRIu32 ", not %" PRIu32 " to %" PRIu32,
				       ranges[i].name, ranges[i].value, ranges[i].low,
				       ranges[i].high);
	}
	return 0;
}

/* Fields that only make sense together. */
static int check_pairs(const struct pbp_layout *layout, struct err *err)
{
	const uint32_t counter_size = layout->interp_code_counter_size;
	const bool has_counter = layout->interp_code_counter != PBP_ABSENT;
	const bool shims = layout->frame_entry_kind == PBP_ENTRY_SHIM;

	/* Without an offset the size may stand for a process-wide counter. */
	if (counter_size != 4 && counter_size != 8 && (has_counter || counter_size != 0))
		return err_set(err, -EINVAL, "layout: interp_code_counter_size is %" PRIu32,
			       counter_size);
	if (has_counter && layout->interp_code_counter % counter_size != 0)
		return err_set(err, -EINVAL, "layout: interp_code_counter is not aligned");
	/* The thread's copy of the bytecode is found through all three. */
	if ((layout->frame_tlbc_index == PBP_ABSENT) != (layout->code_tlbc == PBP_ABSENT) ||
	    (layout->frame_tlbc_index == PBP_ABSENT) != (layout->tlbc_entries == PBP_ABSENT))
		return err_set(err, -EINVAL,
			       "layout: not all of frame_tlbc_index, code_tlbc and tlbc_entries");
	if ((layout->cframe_current_frame == PBP_ABSENT) !=
		    (layout->cframe_previous == PBP_ABSENT) ||
	    (layout->cframe_current_frame == PBP_ABSENT) !=
		    (layout->tstate_root_cframe == PBP_ABSENT))
		return err_set(err, -EINVAL, "layout: half of cframe is missing");
	if (layout->frame_instr_kind == PBP_INSTR_POINTER) {
		if (layout->frame_instr % 8 != 0)
			return err_set(err, -EINVAL, "layout: frame_instr is not aligned");
		if (layout->code_adaptive == PBP_ABSENT)
			return err_set(err, -EINVAL, "layout: code_adaptive is missing");
	}
	if (layout->frame_entry_kind == PBP_ENTRY_FLAG && layout->frame_is_entry == PBP_ABSENT)
		return err_set(err, -EINVAL, "layout: frame_is_entry is missing");
	if (shims && layout->frame_owner == PBP_ABSENT)
		return err_set(err, -EINVAL, "layout: frame_owner is missing");
	if (shims != (layout->frame_shim_owner != 0))
		return err_set(err, -EINVAL,
			       "layout: frame_shim_owner does not fit frame_entry_kind");
	return 0;
}

int layout_check(const struct pbp_layout *layout, struct err *err)
{
	int rc = check_values(layout, err);

	for (size_t i = 0; rc == 0 && i < NFIELDS; i++) {
		if (fields[i].is_offset)
			rc = check_offset(layout, &fields[i], err);
	}
	return rc ? rc : check_pairs(layout, err);
}

static bool lists_runtime_size(const struct layout_row *row, uint64_t runtime_size)
{
	for (const uint64_t *size = row->runtime_sizes; *size; size++) {
		if (*size == runtime_size)
			return true;
	}
	return false;
}

const struct layout_row *layout_row_by_version(uint32_t hexversion, bool free_threaded,
					       uint64_t runtime_size)
{
	const uint32_t level = RELEASE_LEVEL(hexversion);
	const struct layout_row *found = NULL;

	if (level != RELEASE_LEVEL_FINAL && (hexversion & 0xffffU) != 0)
		return NULL;
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (row->series != hexversion >> 16 || row->free_threaded != free_threaded)
			continue;
		found = row;
		if (lists_runtime_size(row, runtime_size))
			break;
	}
	return found;
}

const struct layout_row *layout_row_by_runtime_size(uint64_t runtime_size)
{
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (lists_runtime_size(row, runtime_size))
			return row;
	}
	return NULL;
}

/* Is the field one of an object's, so that it moves with the object's header? */
static bool is_of_object(const struct pbp_layout *layout, const struct field *field)
{
	static const char *const owners[] = { "object_", "type_", "code_", "unicode_", "bytes_" };
	const size_t length = strlen(field->name);

	if (!field->is_offset && (length < 5 || strcmp(field->name + length - 5, "_size") != 0))
		return false;
	/* Up to 3.10 frames are objects. */
	if (strncmp(field->name, "frame_", 6) == 0)
		return layout->frame_instr_kind == PBP_INSTR_INDEX;
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		if (strncmp(field->name, owners[i], strlen(owners[i])) == 0)
			return true;
	}
	return false;
}

void layout_shift_objects(struct pbp_layout *layout, uint32_t bytes)
{
	for (size_t i = 0; i < NFIELDS; i++) {
		uint32_t value = field_value(layout, &fields[i]);

		/* A size of 0 is that of something this version does not have. */
		if (!is_of_object(layout, &fields[i]) || value == PBP_ABSENT ||
		    (!fields[i].is_offset && value == 0))
			continue;
		value += bytes;
		memcpy((char *)layout + fields[i].at, &value, sizeof(value));
	}
}

const char *layout_field_name(size_t i)
{
	return i < NFIELDS ? fields[i].name : NULL;
}

static bool counter_is_known(const struct layout_row *row, uint32_t hexversion,
			     uint64_t interp_size)
{
	for (const struct layout_counter_release *release = row->counter_releases;
	     release->hexversion; release++) {
		if (release->hexversion == hexversion && release->interp_size == interp_size)
			return true;
	}
	return false;
}

void layout_from_row(const struct layout_row *row, uint32_t hexversion, uint64_t interp_size,
		     struct pbp_layout *ret_layout)
{
	*ret_layout = row->layout;
	if (row->layout.interp_code_counter != PBP_ABSENT &&
	    !counter_is_known(row, hexversion, interp_size)) {
		ret_layout->interp_code_counter = PBP_ABSENT;
		ret_layout->interp_code_counter_size = 0;
	}
}

void layout_write(const struct pbp_layout *layout, FILE *stream)
{
	for (size_t i = 0; i < NFIELDS; i++) {
		uint32_t value = field_value(layout, &fields[i]);

		if (fields[i].is_offset && value == PBP_ABSENT)
			fprintf(stream, "%s -\n", fields[i].name);
		else
			fprintf(stream, "%s %" PRIu32 "\n", fields[i].name, value);
	}
}
