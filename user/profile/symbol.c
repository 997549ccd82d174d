/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps each symbol once, its texts in a shared string table. */
#include "profile/symbol_table.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/strtab.h"

/* Compared as bytes, so without padding. */
struct key {
	uint32_t kind;
	uint32_t function;
	uint32_t file;
	int32_t line;
	int32_t first_line;
};

_Static_assert(sizeof(struct key) == 5 * sizeof(uint32_t), "no padding in a hash key");

struct entry {
	UT_hash_handle hh;
	struct key key;
	uint32_t id;
	struct symbol symbol;
};

struct symbol_table {
	struct strtab *texts;
	struct entry *by_key;
	struct entry **by_id;
	size_t count, capacity;
};

struct symbol_table *symbol_table_new(struct strtab *texts)
{
	struct symbol_table *table = calloc(1, sizeof(*table));

	if (table)
		table->texts = texts;
	return table;
}

void symbol_table_free(struct symbol_table *table)
{
	size_t i;

	if (!table)
		return;
	HASH_CLEAR(hh, table->by_key);
	for (i = 0; i < table->count; i++)
		free(table->by_id[i]);
	free(table->by_id);
	free(table);
}

/* The key of what counts in a symbol of its kind, with its texts interned. */
static int make_key(struct symbol_table *table, const struct symbol *symbol, struct key *ret_key)
{
	const bool is_function = symbol->kind == SYMBOL_FUNCTION;
	const bool has_text = is_function || symbol->kind == SYMBOL_UNREADABLE;
	struct key key = { .kind = symbol->kind };
	int code;

	code = strtab_add(table->texts, has_text ? symbol->function : "", &key.function);
	if (code)
		return code;
	code = strtab_add(table->texts, is_function ? symbol->file : "", &key.file);
	if (code)
		return code;
	if (is_function) {
		key.line = symbol->line;
		key.first_line = symbol->first_line;
	}
	*ret_key = key;
	return 0;
}

static struct entry *new_entry(const struct symbol_table *table, const struct key *key)
{
	struct entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return NULL;
	entry->key = *key;
	entry->id = (uint32_t)table->count;
	entry->symbol = (struct symbol){
		.kind = (enum symbol_kind)key->kind,
		.function = strtab_text(table->texts, key->function),
		.file = strtab_text(table->texts, key->file),
		.line = key->line,
		.first_line = key->first_line,
	};
	return entry;
}

int symbol_table_add(struct symbol_table *table, const struct symbol *symbol, uint32_t *ret_id)
{
	struct entry *entry;
	struct key key;
	unsigned hash;
	int code;

	code = make_key(table, symbol, &key);
	if (code)
		return code;
	HASH_VALUE(&key, sizeof(key), hash);
	HASH_FIND_BYHASHVALUE(hh, table->by_key, &key, sizeof(key), hash, entry);
	if (entry) {
		*ret_id = entry->id;
		return 0;
	}
	if (table->count >= UINT32_MAX)
		return -EOVERFLOW;
	if (array_reserve(&table->by_id, &table->capacity, table->count + 1, sizeof(entry)))
		return -ENOMEM;
	entry = new_entry(table, &key);
	if (!entry)
		return -ENOMEM;
	HASH_ADD_BYHASHVALUE(hh, table->by_key, key, sizeof(key), hash, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return -ENOMEM;
	}
	table->by_id[table->count++] = entry;
	*ret_id = entry->id;
	return 0;
}

size_t symbol_table_count(const struct symbol_table *table)
{
	return table->count;
}

const struct symbol *symbol_table_get(const struct symbol_table *table, uint32_t id)
{
	assert(id < table->count);
	return &table->by_id[id]->symbol;
}
