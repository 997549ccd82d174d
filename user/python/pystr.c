/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding CPython's strings (PEP 393, and the byte strings of 2.7) into UTF-8, within bounds. Must not know what
 * a string is for, nor make it fit for a terminal.
 */
#include "python/pystr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffdU
#define CUT_MARK    "\xe2\x80\xa6" /* … */
#define CUT_SIZE    3

/* PEP 383: byte 0x80 + n of an undecodable file name is U+DC80 + n. */
#define ESCAPED_BYTE_FIRST 0xdc80U
#define ESCAPED_BYTE_LAST  0xdcffU

#define UNICODE_KIND_MASK 7U

static uint32_t character_at(const uint8_t *raw, size_t index, unsigned kind)
{
	uint16_t narrow;
	uint32_t wide;

	switch (kind) {
	case 2:
		memcpy(&narrow, raw + index * 2, sizeof(narrow));
		return narrow;
	case 4:
		memcpy(&wide, raw + index * 4, sizeof(wide));
		return wide;
	default:
		return raw[index];
	}
}

/* One character as 1 to 4 bytes; returns how many. */
static size_t encode(uint32_t character, bool is_byte, char *out)
{
	uint8_t *bytes = (uint8_t *)out;

	if (character >= ESCAPED_BYTE_FIRST && character <= ESCAPED_BYTE_LAST) {
		is_byte = true;
		character &= 0xff;
	} else if (character == 0 || character > 0x10ffff ||
		   (character >= 0xd800 && character <= 0xdfff)) {
		is_byte = false;
		character = REPLACEMENT;
	}
	if (character < 0x80 || is_byte) {
		bytes[0] = (uint8_t)character;
		return 1;
	}
	if (character < 0x800) {
		bytes[0] = (uint8_t)(0xc0 | character >> 6);
		bytes[1] = (uint8_t)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character < 0x10000) {
		bytes[0] = (uint8_t)(0xe0 | character >> 12);
		bytes[1] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (character & 0x3f));
		return 3;
	}
	bytes[0] = (uint8_t)(0xf0 | character >> 18);
	bytes[1] = (uint8_t)(0x80 | (character >> 12 & 0x3f));
	bytes[2] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
	bytes[3] = (uint8_t)(0x80 | (character & 0x3f));
	return 4;
}

size_t pystr_decode(unsigned kind, const void *raw, size_t raw_size, bool cut, char *buffer,
		    size_t capacity)
{
	static const uint32_t replacement = REPLACEMENT;
	size_t length = 0, fits = 0; /* fits: the longest prefix behind which the mark has room */
	size_t count;

	if (kind != 0 && kind != 1 && kind != 2 && kind != 4) {
		kind = 4;
		raw = &replacement;
		raw_size = sizeof(replacement);
	}
	count = raw_size / (kind ? kind : 1);
	for (size_t i = 0; i < count; i++) {
		char character[4];
		size_t size = encode(character_at(raw, i, kind), kind == 0, character);

		if (length + size + 1 > capacity) {
			cut = true;
			break;
		}
		memcpy(buffer + length, character, size);
		length += size;
		if (length + CUT_SIZE + 1 <= capacity)
			fits = length;
	}
	if (cut) {
		memcpy(buffer + fits, CUT_MARK, CUT_SIZE);
		length = fits + CUT_SIZE;
	}
	buffer[length] = '\0';
	return length;
}

/* Where an object's characters are, and how many. */
struct characters {
	uint64_t addr;
	uint64_t count;
	unsigned kind;
};

static int find_bytes(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
		      struct characters *ret)
{
	int rc = memory_read_u64(memory, addr + layout->bytes_size, &ret->count);

	ret->addr = addr + layout->bytes_data;
	ret->kind = 0;
	return rc;
}

static int find_unicode(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
			struct characters *ret)
{
	uint32_t state;
	bool compact, ascii;
	int rc = memory_read_u64(memory, addr + layout->unicode_length, &ret->count);

	if (rc == 0)
		rc = memory_read_u32(memory, addr + layout->unicode_state, &state);
	if (rc)
		return rc;
	ret->kind = state >> layout->unicode_kind_shift & UNICODE_KIND_MASK;
	compact = state >> layout->unicode_compact_bit & 1;
	ascii = state >> layout->unicode_ascii_bit & 1;
	/* Kind 0 is a string of up to 3.11 that was made in the old C API and never used: it has no characters yet. */
	if ((ret->kind != 1 && ret->kind != 2 && ret->kind != 4) || (ascii && ret->kind != 1))
		return -EINVAL;
	if (!compact)
		return memory_read_u64(memory, addr + layout->unicode_data, &ret->addr);
	ret->addr = addr + (ascii ? layout->unicode_ascii_size : layout->unicode_compact_size);
	return 0;
}

int pystr_read(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
	       size_t max_size, char *buffer, size_t capacity)
{
	struct characters characters = { 0 };
	size_t width, count;
	void *raw = NULL;
	int rc;

	rc = layout->string_kind == PBP_STRING_BYTES
		     ? find_bytes(memory, layout, addr, &characters)
		     : find_unicode(memory, layout, addr, &characters);
	if (rc)
		return rc;
	if (characters.count > INT64_MAX)
		return -EINVAL;
	width = characters.kind ? characters.kind : 1;
	count = max_size / width;
	if (characters.count <= count)
		count = (size_t)characters.count;
	raw = malloc(count * width + 1);
	if (!raw)
		return -ENOMEM;
	rc = memory_read(memory, characters.addr, raw, count * width);
	if (rc == 0)
		pystr_decode(characters.kind, raw, count * width, characters.count > count, buffer,
			     capacity);
	free(raw);
	return rc;
}
