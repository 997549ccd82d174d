/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readers of CPython's line tables: one function per format that takes the next range off the table, and one
 * search over them. Must not know processes, code objects, or which version uses which format.
 *
 * Sources: Objects/lnotab_notes.txt of 3.6 to 3.10, Objects/locations.md of 3.11, Objects/codeobject.c.
 */
#include "python/linetable.h"

/* A range of bytecode with one line, [start, end) in bytes. */
struct range {
	uint64_t start, end;
	int64_t line; /* LINETABLE_NO_LINE: none */
};

/* What is left of a table. Each entry adds less than 2^32 to line and 2^16 to offset: neither can overflow. */
struct cursor {
	const uint8_t *at, *end;
	int64_t line;
	uint64_t offset;
	bool finished;
};

typedef bool next_range(struct cursor *cursor, struct range *range);

/*
 * Up to 3.9: pairs (bytes, lines). The line steps behind the byte step, so a range ends where the next pair's
 * bytes do, and the last one does not end.
 */
static bool next_lnotab(struct cursor *cursor, struct range *range, bool is_signed)
{
	if (cursor->finished)
		return false;
	range->start = cursor->offset;
	range->line = cursor->line;
	if (cursor->end - cursor->at < 2) {
		range->end = UINT64_MAX;
		cursor->finished = true;
		return true;
	}
	cursor->offset += cursor->at[0];
	cursor->line += is_signed ? (int8_t)cursor->at[1] : cursor->at[1];
	cursor->at += 2;
	range->end = cursor->offset;
	return true;
}

static bool next_lnotab_signed(struct cursor *cursor, struct range *range)
{
	return next_lnotab(cursor, range, true);
}

static bool next_lnotab_unsigned(struct cursor *cursor, struct range *range)
{
	return next_lnotab(cursor, range, false);
}

/* 3.10: pairs (bytes, lines). The line steps before the range; a step of -128 says that the range has no line. */
static bool next_ranges(struct cursor *cursor, struct range *range)
{
	int8_t step;

	if (cursor->end - cursor->at < 2)
		return false;
	step = (int8_t)cursor->at[1];
	range->start = cursor->offset;
	cursor->offset += cursor->at[0];
	range->end = cursor->offset;
	if (step == INT8_MIN) {
		range->line = LINETABLE_NO_LINE;
	} else {
		cursor->line += step;
		range->line = cursor->line;
	}
	cursor->at += 2;
	return true;
}

/*
 * From 3.11, Objects/locations.md. An entry's first byte, the only one with bit 7 set:
 *
 *     7   6      3   2          0
 *   +---+----------+-------------+
 *   | 1 |   form   | units - 1   |
 *   +---+----------+-------------+
 */
enum location_form {
	LOCATION_ONE_LINE_0 =
		10, /* below: short forms, the line stays; 10, 11, 12: it steps by form - 10 */
	LOCATION_ONE_LINE_2 = 12,
	LOCATION_NO_COLUMNS = 13, /* the line steps by a signed varint */
	LOCATION_LONG = 14, /* likewise, then end line and columns */
	LOCATION_NONE = 15,
};

#define LOCATION_START	    0x80U
#define VARINT_CONTINUES    0x40U
#define VARINT_BITS	    6
#define VARINT_MAX	    UINT32_MAX
#define BYTES_PER_CODE_UNIT 2U

/* Six bits a byte, lowest first; the sign is bit 0 of the value. False: cut, or larger than CPython writes. */
static bool take_signed_varint(struct cursor *cursor, int64_t *ret_value)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		if (cursor->at == cursor->end || *cursor->at & LOCATION_START || shift > 30)
			return false;
		byte = *cursor->at++;
		value |= (uint64_t)(byte & (VARINT_CONTINUES - 1)) << shift;
		shift += VARINT_BITS;
	} while (byte & VARINT_CONTINUES);
	if (value > VARINT_MAX)
		return false;
	*ret_value = value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
	return true;
}

static bool next_locations(struct cursor *cursor, struct range *range)
{
	unsigned form, units;
	int64_t step = 0;

	if (cursor->at == cursor->end || !(*cursor->at & LOCATION_START))
		return false;
	form = *cursor->at >> 3 & 0xf;
	units = (*cursor->at & 7) + 1;
	cursor->at++;
	if (form >= LOCATION_ONE_LINE_0 && form <= LOCATION_ONE_LINE_2)
		step = (int64_t)form - LOCATION_ONE_LINE_0;
	else if (form == LOCATION_NO_COLUMNS || form == LOCATION_LONG) {
		if (!take_signed_varint(cursor, &step))
			return false;
	}
	/* End line and columns are of no use here. */
	while (cursor->at < cursor->end && !(*cursor->at & LOCATION_START))
		cursor->at++;
	range->start = cursor->offset;
	cursor->offset += (uint64_t)units * BYTES_PER_CODE_UNIT;
	range->end = cursor->offset;
	cursor->line += step;
	range->line = form == LOCATION_NONE ? LINETABLE_NO_LINE : cursor->line;
	return true;
}

/* NULL: no such format. */
static next_range *reader_of(enum pbp_linetable_format format)
{
	switch (format) {
	case PBP_LINETABLE_LNOTAB_UNSIGNED:
		return next_lnotab_unsigned;
	case PBP_LINETABLE_LNOTAB:
		return next_lnotab_signed;
	case PBP_LINETABLE_RANGES:
		return next_ranges;
	case PBP_LINETABLE_LOCATIONS:
		return next_locations;
	}
	return NULL;
}

/* The table's answer; *ret_before becomes the nearest line of 1 or more that an earlier range has, 0: none. */
static int32_t search(enum pbp_linetable_format format, const uint8_t *table, size_t size,
		      int32_t first_line, uint32_t byte_offset, int32_t *ret_before)
{
	struct cursor cursor = { .at = table, .end = table + size, .line = first_line };
	next_range *next = reader_of(format);
	struct range range;

	*ret_before = 0;
	while (next && next(&cursor, &range)) {
		bool is_line = range.line >= 0 && range.line <= INT32_MAX;

		if (byte_offset >= range.start && byte_offset < range.end) {
			if (range.line == LINETABLE_NO_LINE)
				return LINETABLE_NO_LINE;
			return is_line ? (int32_t)range.line : LINETABLE_BAD;
		}
		if (is_line && range.line > 0 && range.start < range.end)
			*ret_before = (int32_t)range.line;
	}
	return LINETABLE_BAD;
}

int32_t linetable_line(enum pbp_linetable_format format, const uint8_t *table, size_t size,
		       int32_t first_line, uint32_t byte_offset)
{
	int32_t before;

	return search(format, table, size, first_line, byte_offset, &before);
}

int32_t linetable_line_to_show(enum pbp_linetable_format format, const uint8_t *table, size_t size,
			       int32_t first_line, uint32_t byte_offset, bool *ret_exact)
{
	int32_t before;
	int32_t line = search(format, table, size, first_line, byte_offset, &before);

	if (ret_exact)
		*ret_exact = line > 0;
	if (line > 0)
		return line;
	return before > 0 ? before : first_line;
}

bool linetable_reaches(enum pbp_linetable_format format, const uint8_t *table, size_t size,
		       uint32_t byte_offset)
{
	struct cursor cursor = { .at = table, .end = table + size };
	next_range *next = reader_of(format);
	struct range range;

	while (next && next(&cursor, &range)) {
		if (range.start >= byte_offset)
			return true;
	}
	return false;
}
