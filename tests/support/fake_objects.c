/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second half of fake_python.h: strings, byte strings, line tables and code objects. Must not include anything
 * of what it tests.
 */
#include "support/fake_python.h"

#include <stdlib.h>
#include <string.h>

#include <config.h> /* include/config.h */

#include "base/strbuf.h"

#define STR_LENGTH_MAX (1U << 20)

static void put(struct fake_python *python, uint64_t addr, uint64_t value)
{
	fake_memory_write_u64(python->memory, addr, value);
}

static uint64_t load(const struct fake_python *python, uint64_t addr)
{
	return fake_memory_load_u64(python->memory, addr);
}

uint64_t fake_alloc(struct fake_python *python, uint64_t size)
{
	uint64_t addr = python->heap;

	python->heap += (size + 15) & ~15ULL;
	fake_memory_map(python->memory, addr, size);
	return addr;
}

/* The last byte lies at the end of a page, up to alignment; the next page is not mapped. */
static uint64_t alloc_at_page_end(struct fake_python *python, uint64_t size)
{
	uint64_t aligned = (size + 7) & ~7ULL, pages = (aligned + FAKE_PAGE - 1) / FAKE_PAGE;
	uint64_t start = (python->heap + FAKE_PAGE - 1) / FAKE_PAGE * FAKE_PAGE;
	uint64_t end = start + pages * FAKE_PAGE;

	fake_memory_map(python->memory, start, end - start);
	python->heap = end + FAKE_PAGE;
	return end - aligned;
}

static uint64_t alloc_how(struct fake_python *python, uint64_t size, unsigned how)
{
	return how & FAKE_AT_PAGE_END ? alloc_at_page_end(python, size) : fake_alloc(python, size);
}

uint64_t fake_bytes(struct fake_python *python, const void *data, size_t size, unsigned how)
{
	uint64_t addr = alloc_how(python, python->layout->bytes_data + size, how);

	put(python, addr + python->layout->bytes_size, size);
	fake_memory_write(python->memory, addr + python->layout->bytes_data, data, size);
	return addr;
}

/* The characters of a text, and the bytes that the widest of them needs. */
struct characters {
	uint32_t *codes;
	size_t count;
	uint32_t width, widest;
};

static void decode(const char *utf8, struct characters *characters)
{
	size_t length = strlen(utf8), at = 0;

	memset(characters, 0, sizeof(*characters));
	characters->codes = calloc(length + 1, sizeof(*characters->codes));
	if (!characters->codes || length > STR_LENGTH_MAX)
		abort();
	while (at < length) {
		unsigned code;

		at += utf8_decode(utf8 + at, length - at, &code);
		characters->codes[characters->count++] = code;
		if (code > characters->widest)
			characters->widest = code;
	}
	characters->width = characters->widest > 0xffff ? 4 : characters->widest > 0xff ? 2 : 1;
}

/* Write the characters and return a hash of them. */
static uint64_t write_characters(struct fake_python *python, uint64_t addr,
				 const struct characters *characters)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

	for (size_t i = 0; i < characters->count; i++) {
		fake_memory_write(python->memory, addr + i * characters->width,
				  &characters->codes[i], characters->width);
		hash = (hash ^ characters->codes[i]) * 1099511628211ULL;
	}
	return hash & ~1ULL; /* never -1 */
}

uint64_t fake_str(struct fake_python *python, const char *utf8, unsigned how)
{
	const struct pbp_layout *layout = python->layout;
	struct characters characters;
	uint64_t size, addr, data, hash;
	uint32_t header, state;
	bool ascii;

	if (layout->string_kind == PBP_STRING_BYTES)
		return fake_bytes(python, utf8, strlen(utf8), how);
	decode(utf8, &characters);
	ascii = characters.widest < 0x80;
	size = characters.count * characters.width;
	header = ascii ? layout->unicode_ascii_size : layout->unicode_compact_size;
	state = characters.width << layout->unicode_kind_shift;
	if (ascii)
		state |= 1U << layout->unicode_ascii_bit;
	if (how & FAKE_LEGACY) {
		addr = fake_alloc(python, layout->unicode_data + 8);
		data = alloc_how(python, size, how);
		put(python, addr + layout->unicode_data, data);
	} else {
		addr = alloc_how(python, header + size, how);
		data = addr + header;
		state |= 1U << layout->unicode_compact_bit;
	}
	hash = write_characters(python, data, &characters);
	put(python, addr + layout->unicode_length, characters.count);
	put(python, addr + layout->unicode_hash, how & FAKE_NO_HASH ? UINT64_MAX : hash);
	fake_memory_write_u32(python->memory, addr + layout->unicode_state, state);
	free(characters.codes);
	return addr;
}

size_t fake_linetable(const struct pbp_layout *layout, uint8_t *table, size_t capacity)
{
	size_t size = 0;

	for (int i = 0; i < FAKE_INSTRUCTIONS && size + 3 <= capacity; i++) {
		switch ((enum pbp_linetable_format)layout->linetable_format) {
		case PBP_LINETABLE_LNOTAB_UNSIGNED: /* byte by byte; the line steps behind */
			table[size++] = 1;
			table[size++] = 1;
			break;
		case PBP_LINETABLE_LNOTAB: /* 2 bytes a code unit */
			table[size++] = 2;
			table[size++] = 1;
			break;
		case PBP_LINETABLE_RANGES: /* likewise; the line steps before */
			table[size++] = 2;
			table[size++] = i > 0;
			break;
		case PBP_LINETABLE_LOCATIONS: /* one line, later by 0 or 1; a code unit; columns */
			table[size++] = (uint8_t)(0x80 | (i ? 11 : 10) << 3);
			table[size++] = 4;
			table[size++] = 9;
			break;
		}
	}
	return size;
}

void fake_count_code(struct fake_python *python)
{
	const struct pbp_layout *layout = python->layout;
	uint64_t interp = load(python,
			       python->target.runtime_addr + layout->runtime_interpreters_head),
		 addr;

	if (python->build->process_counter)
		fake_memory_write_u32(
			python->memory, python->target.code_counter_addr,
			fake_memory_load_u32(python->memory, python->target.code_counter_addr) + 1);
	if (layout->interp_code_counter == PBP_ABSENT)
		return;
	for (; interp; interp = load(python, interp + layout->interp_next)) {
		addr = interp + layout->interp_code_counter;
		if (layout->interp_code_counter_size == 8)
			put(python, addr, load(python, addr) + 1);
		else
			fake_memory_write_u32(python->memory, addr,
					      fake_memory_load_u32(python->memory, addr) + 1);
	}
}

bool fake_has_tlbc(const struct fake_python *python)
{
	return python->layout->code_tlbc != PBP_ABSENT;
}

uint64_t fake_tlbc(const struct fake_python *python, uint64_t code)
{
	return load(python, code + python->layout->code_tlbc);
}

/* _PyCodeArray of Include/cpython/code.h: a count, and pointers. */
static void write_tlbc(struct fake_python *python, uint64_t code)
{
	uint32_t entries = python->layout->tlbc_entries;
	uint64_t copies = fake_alloc(python, entries + 8ULL * FAKE_TLBC_COPIES);

	put(python, copies, FAKE_TLBC_COPIES);
	put(python, copies + entries, code + python->layout->code_adaptive);
	for (uint64_t i = 1; i < FAKE_TLBC_UNMADE; i++)
		put(python, copies + entries + 8 * i, fake_alloc(python, 2ULL * FAKE_INSTRUCTIONS));
	put(python, copies + entries + 8ULL * FAKE_TLBC_UNMADE, 0);
	put(python, code + python->layout->code_tlbc, copies);
}

void fake_code_again(struct fake_python *python, uint64_t addr, const struct fake_code *code)
{
	const struct pbp_layout *layout = python->layout;
	uint8_t table[4 * FAKE_INSTRUCTIONS];
	const void *linetable = code->linetable ? code->linetable : table;
	size_t size = code->linetable ? code->linetable_size
				      : fake_linetable(layout, table, sizeof(table));
	uint64_t name = fake_str(python, code->name, code->how), qualname = name;
	uint64_t filename = code->filename_addr;

	if (code->qualname)
		qualname = fake_str(python, code->qualname, code->how);
	if (!filename)
		filename = fake_str(python, code->filename, code->how);
	put(python, addr + layout->object_type, python->target.code_type_addr);
	put(python, addr + layout->code_name, name);
	if (layout->code_qualname != PBP_ABSENT)
		put(python, addr + layout->code_qualname, qualname);
	put(python, addr + layout->code_filename, filename);
	put(python, addr + layout->code_linetable, fake_bytes(python, linetable, size, code->how));
	fake_memory_write_u32(python->memory, addr + layout->code_firstlineno,
			      (uint32_t)code->firstlineno);
	if (layout->code_version != PBP_ABSENT)
		fake_memory_write_u32(python->memory, addr + layout->code_version,
				      code->unversioned ? 0 : python->next_version++);
	if (fake_has_tlbc(python))
		write_tlbc(python, addr);
	fake_count_code(python);
}

uint64_t fake_code(struct fake_python *python, const struct fake_code *code)
{
	uint64_t addr = fake_alloc(python, PBP_CODE_BYTES_MAX);

	fake_code_again(python, addr, code);
	return addr;
}

uint64_t fake_function(struct fake_python *python, const char *name)
{
	const struct fake_code code = {
		.name = name,
		.filename_addr = python->filename,
		.firstlineno = (int32_t)(10 * ++python->ncodes),
	};

	return fake_code(python, &code);
}
