/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps each text once: a hash from text to entry, and an array from id to entry. */
#include "base/strtab.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"

struct entry {
	UT_hash_handle hh;
	uint32_t id;
	char text[];
};

struct strtab {
	struct entry *by_text;
	struct entry **by_id;
	size_t count, capacity;
};

struct strtab *strtab_new(void)
{
	return calloc(1, sizeof(struct strtab));
}

void strtab_free(struct strtab *strtab)
{
	size_t i;

	if (!strtab)
		return;
	HASH_CLEAR(hh, strtab->by_text);
	for (i = 0; i < strtab->count; i++)
		free(strtab->by_id[i]);
	free(strtab->by_id);
	free(strtab);
}

int strtab_add(struct strtab *strtab, const char *text, uint32_t *ret_id)
{
	size_t length = strlen(text);
	struct entry *entry;
	unsigned hash;

	HASH_VALUE(text, length, hash);
	HASH_FIND_BYHASHVALUE(hh, strtab->by_text, text, length, hash, entry);
	if (entry) {
		*ret_id = entry->id;
		return 0;
	}
	/* uthash counts a key's bytes in 32 bits. */
	if (strtab->count >= UINT32_MAX || length > UINT32_MAX)
		return -EOVERFLOW;
	if (array_reserve(&strtab->by_id, &strtab->capacity, strtab->count + 1, sizeof(entry)))
		return -ENOMEM;
	entry = malloc(sizeof(*entry) + length + 1);
	if (!entry)
		return -ENOMEM;
	memcpy(entry->text, text, length + 1);
	entry->id = (uint32_t)strtab->count;
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, strtab->by_text, entry->text, length, hash, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return -ENOMEM;
	}
	strtab->by_id[strtab->count++] = entry;
	*ret_id = entry->id;
	return 0;
}

const char *strtab_text(const struct strtab *strtab, uint32_t id)
{
	assert(id < strtab->count);
	return strtab->by_id[id]->text;
}

size_t strtab_count(const struct strtab *strtab)
{
	return strtab->count;
}
