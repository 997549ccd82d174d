/* SPDX-License-Identifier: GPL-2.0-only */
/* Judy's JudyL with our types. Nothing else includes Judy.h, whose macros hide assignments and returns. */
#include "base/word_map.h"

#include <stddef.h>

#include <Judy.h>

_Static_assert(sizeof(Word_t) == sizeof(uint64_t), "Judy's words are those of a 64-bit machine");

void word_map_done(struct word_map *map)
{
	JudyLFreeArray(&map->judy, NULL);
}

uint64_t *word_map_find(const struct word_map *map, uint64_t key)
{
	return (uint64_t *)JudyLGet(map->judy, key, NULL);
}

uint64_t *word_map_add(struct word_map *map, uint64_t key)
{
	void **value = JudyLIns(&map->judy, key, NULL);

	return value == PPJERR ? NULL : (uint64_t *)value;
}

void word_map_remove(struct word_map *map, uint64_t key)
{
	JudyLDel(&map->judy, key, NULL);
}

uint64_t *word_map_first(const struct word_map *map, uint64_t *key)
{
	return (uint64_t *)JudyLFirst(map->judy, key, NULL);
}

uint64_t *word_map_next(const struct word_map *map, uint64_t *key)
{
	return (uint64_t *)JudyLNext(map->judy, key, NULL);
}
