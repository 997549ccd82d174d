/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads CPython's hash tables and the attributes of its objects out of a live process. Must not know what is looked
 * for, nor spell a version: rows do that.
 */
#include "python/objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/memory.h"
#include "python/layout.h"

/* Bytes of a PyDictKeysObject's head, and of a heap type's, that hold every field of a row. */
#define KEYS_HEAD_BYTES 40
/* Py_TPFLAGS_MANAGED_DICT, from 3.11 (Include/object.h). */
#define TYPE_HAS_MANAGED_DICT (1ULL << 4)
/* Objects/dict-common.h of 3.11 and later: DICT_KEYS_GENERAL has hashes in its entries, the other kinds have not. */
#define KEYS_GENERAL   0
#define KEYS_SPLIT     2
#define INT_DIGIT_BITS 30
/* A name that is looked for has fewer bytes. */
#define NAME_BYTES_MAX 32
#define STR_HEAD_MAX   96

/* Entries of a table, and where their values are. */
struct table {
	uint64_t entries_addr, values_addr; /* values_addr 0: in the entries */
	size_t nentries;
	uint32_t entry_size, key_at;
};

bool objects_init(struct objects *objects, const struct memory *memory,
		  const struct pbp_target *target, const struct layout_row *row)
{
	const struct objects_row *known = objects_rows;

	while (known->series &&
	       (known->series != row->series || known->free_threaded != row->free_threaded))
		known++;
	if (!known->series || target->layout.object_type < known->object_type)
		return false;
	*objects = (struct objects){ memory, target, known,
				     target->layout.object_type - known->object_type };
	return true;
}

static int read_field(const struct objects *objects, uint64_t addr, uint32_t offset,
		      uint64_t *ret_value)
{
	return memory_read_u64(objects->memory, addr + objects->shift + offset, ret_value);
}

/* The size of the index in front of the entries: a power of two of bytes, or slots that are as wide as needed. */
static bool find_entries(const struct objects_row *row, const unsigned char *head,
			 struct table *table)
{
	uint64_t nslots, index_bytes;

	memcpy(&table->nentries, head + row->keys_nentries, sizeof(table->nentries));
	table->entry_size = 24;
	table->key_at = 8;
	if (row->keys_log2) {
		if (head[row->keys_index_size] > 20 || head[row->keys_kind] > KEYS_SPLIT)
			return false;
		index_bytes = 1ULL << head[row->keys_index_size];
		if (head[row->keys_kind] != KEYS_GENERAL) {
			table->entry_size = 16;
			table->key_at = 0;
		}
	} else {
		memcpy(&nslots, head + row->keys_index_size, sizeof(nslots));
		if (nslots > 4 * OBJECTS_ENTRIES_MAX)
			return false;
		index_bytes = nslots * (nslots <= 0xff ? 1 : nslots <= 0xffff ? 2 : 4);
	}
	table->entries_addr = row->keys_index + index_bytes;
	return table->nentries <= OBJECTS_ENTRIES_MAX;
}

static int open_keys(const struct objects *objects, uint64_t keys_addr, struct table *table)
{
	unsigned char head[KEYS_HEAD_BYTES];
	int code = memory_read(objects->memory, keys_addr, head, sizeof(head));

	if (code)
		return code;
	if (!find_entries(objects->row, head, table))
		return -EBADMSG;
	table->entries_addr += keys_addr;
	return 0;
}

/* Read what the table has; entries without a key or a value are left out. */
static int read_table(const struct objects *objects, const struct table *table,
		      struct objects_entry **ret_entries, size_t *ret_nentries)
{
	const size_t n = table->nentries, value_at = table->key_at + 8;
	unsigned char *raw = malloc(n * table->entry_size + 1);
	uint64_t *values = malloc(n * sizeof(*values) + 1);
	struct objects_entry *entries = malloc(n * sizeof(*entries) + 1);
	size_t nentries = 0;
	int code = raw && values && entries ? 0 : -ENOMEM;

	if (!code)
		code = memory_read(objects->memory, table->entries_addr, raw,
				   n * table->entry_size);
	if (!code && table->values_addr)
		code = memory_read(objects->memory, table->values_addr, values,
				   n * sizeof(*values));
	for (size_t i = 0; !code && i < n; i++) {
		struct objects_entry *entry = &entries[nentries];

		memcpy(&entry->key_addr, raw + i * table->entry_size + table->key_at, 8);
		memcpy(&entry->value_addr, raw + i * table->entry_size + value_at, 8);
		if (table->values_addr)
			entry->value_addr = values[i];
		nentries += entry->key_addr && entry->value_addr;
	}
	free(raw);
	free(values);
	if (code) {
		free(entries);
		return code;
	}
	*ret_entries = entries;
	*ret_nentries = nentries;
	return 0;
}

int objects_read_dict(const struct objects *objects, uint64_t addr,
		      struct objects_entry **ret_entries, size_t *ret_nentries)
{
	uint64_t keys_addr, values_addr;
	struct table table = { 0 };
	int code = read_field(objects, addr, objects->row->dict_keys, &keys_addr);

	if (!code)
		code = read_field(objects, addr, objects->row->dict_values, &values_addr);
	if (!code)
		code = open_keys(objects, keys_addr, &table);
	if (!code && values_addr)
		table.values_addr = values_addr + objects->row->values_header;
	return code ? code : read_table(objects, &table, ret_entries, ret_nentries);
}

/* Is the str object that text? What cannot be read is not. */
static bool is_text(const struct objects *objects, uint64_t addr, const char *text)
{
	const struct pbp_layout *layout = &objects->target->layout;
	const size_t size = strlen(text);
	unsigned char bytes[STR_HEAD_MAX + NAME_BYTES_MAX];
	uint64_t length;
	uint32_t state;

	if (layout->unicode_ascii_size > STR_HEAD_MAX || size >= NAME_BYTES_MAX ||
	    layout->unicode_length > STR_HEAD_MAX || layout->unicode_state > STR_HEAD_MAX ||
	    memory_read(objects->memory, addr, bytes, layout->unicode_ascii_size + size))
		return false;
	memcpy(&length, bytes + layout->unicode_length, sizeof(length));
	memcpy(&state, bytes + layout->unicode_state, sizeof(state));
	return length == size && (state >> (layout->unicode_compact_bit & 31) & 1) &&
	       (state >> (layout->unicode_ascii_bit & 31) & 1) &&
	       !memcmp(bytes + layout->unicode_ascii_size, text, size);
}

static int find_text(const struct objects *objects, const struct objects_entry *entries,
		     size_t nentries, const char *name, uint64_t *ret_addr)
{
	for (size_t i = 0; i < nentries; i++) {
		if (is_text(objects, entries[i].key_addr, name)) {
			*ret_addr = entries[i].value_addr;
			return 0;
		}
	}
	return -ENOENT;
}

int objects_find_item(const struct objects *objects, uint64_t dict_addr, const char *name,
		      uint64_t *ret_addr)
{
	struct objects_entry *entries = NULL;
	size_t nentries = 0;
	int code = objects_read_dict(objects, dict_addr, &entries, &nentries);

	if (!code)
		code = find_text(objects, entries, nentries, name, ret_addr);
	free(entries);
	return code;
}

/* In values that share the keys of their type. */
static int find_in_values(const struct objects *objects, uint64_t type, uint64_t values_addr,
			  const char *name, uint64_t *ret_addr)
{
	struct objects_entry *entries = NULL;
	struct table table = { 0 };
	uint64_t keys_addr;
	size_t nentries = 0;
	int code = read_field(objects, type, objects->row->type_cached_keys, &keys_addr);

	if (!code)
		code = open_keys(objects, keys_addr, &table);
	table.values_addr = values_addr;
	if (!code)
		code = read_table(objects, &table, &entries, &nentries);
	if (!code)
		code = find_text(objects, entries, nentries, name, ret_addr);
	free(entries);
	return code;
}

/* The two ways in which words before the object lead to its attributes, or its size to those behind it. */
static int find_managed(const struct objects *objects, uint64_t addr, uint64_t type,
			uint64_t *ret_dict, uint64_t *ret_values)
{
	const struct objects_row *row = objects->row;
	uint64_t size;
	int code = memory_read_u64(objects->memory, addr - row->managed_dict, ret_dict);

	*ret_values = 0;
	if (code)
		return code;
	switch (row->attributes) {
	case OBJECTS_DICT_OR_VALUES:
		if (!*ret_dict)
			code = memory_read_u64(objects->memory, addr - row->managed_dict - 8,
					       ret_values);
		break;
	case OBJECTS_TAGGED:
		/* Objects/dictobject.c of 3.12: values are stored less one, and dicts as they are. */
		if (*ret_dict & 1)
			*ret_values = *ret_dict + 1;
		break;
	case OBJECTS_INLINE:
		if (*ret_dict)
			break;
		code = read_field(objects, type, row->type_basicsize, &size);
		*ret_values = addr + size + row->values_header;
		break;
	case OBJECTS_DICT:
		break;
	}
	return code;
}

int objects_find_attribute(const struct objects *objects, uint64_t addr, const char *name,
			   uint64_t *ret_addr)
{
	const struct objects_row *row = objects->row;
	uint64_t type, flags, offset, dict, values = 0;
	int code =
		memory_read_u64(objects->memory, addr + objects->target->layout.object_type, &type);

	if (!code)
		code = read_field(objects, type, row->type_flags, &flags);
	if (!code)
		code = read_field(objects, type, row->type_dictoffset, &offset);
	if (code)
		return code;
	if (row->attributes != OBJECTS_DICT && flags & TYPE_HAS_MANAGED_DICT)
		code = find_managed(objects, addr, type, &dict, &values);
	else if (offset == 0 || offset > INT32_MAX)
		code = -ENOENT;
	else
		code = memory_read_u64(objects->memory, addr + offset, &dict);
	if (code)
		return code;
	return values ? find_in_values(objects, type, values, name, ret_addr)
		      : objects_find_item(objects, dict, name, ret_addr);
}

int objects_read_int(const struct objects *objects, uint64_t addr, uint64_t *ret_value)
{
	const struct objects_row *row = objects->row;
	uint32_t digits[2] = { 0 };
	uint64_t size;
	int code = read_field(objects, addr, row->int_size, &size);

	if (code)
		return code;
	/* Up to 3.11 a negative number has a negative size; from 3.12 on the low bits are the sign: 2 for less than 0. */
	if (row->int_size_shift && (size & 3) == 2)
		return -ERANGE;
	size >>= row->int_size_shift;
	if (size > 2)
		return -ERANGE;
	code = memory_read(objects->memory, addr + objects->shift + row->int_digits, digits,
			   size * sizeof(digits[0]));
	if (!code)
		*ret_value = (uint64_t)digits[1] << INT_DIGIT_BITS | digits[0];
	return code;
}
