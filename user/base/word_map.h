/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map from 64-bit numbers to 64-bit numbers: Judy's JudyL behind six functions. It takes 8 to 16 bytes an entry,
 * neighbouring keys less than scattered ones, and grows by the entry, so that thousands of small maps are no waste.
 */
#ifndef PBP_BASE_WORD_MAP_H
#define PBP_BASE_WORD_MAP_H

#include <stdint.h>

/* All zero: an empty map. */
struct word_map {
	void *judy;
};

void word_map_done(struct word_map *map);

/* The value of the key, NULL when it has none. A value's place is valid until a key is added or removed. */
uint64_t *word_map_find(const struct word_map *map, uint64_t key);

/* The value of the key, 0 when the key is new. NULL when memory runs out. */
uint64_t *word_map_add(struct word_map *map, uint64_t key);

/* Take the key out. Places of other values may change. Nothing when it is not there. */
void word_map_remove(struct word_map *map, uint64_t key);

/* In ascending order: the entry of the smallest key that is *key or more, and of the next one after *key. NULL: none. */
uint64_t *word_map_first(const struct word_map *map, uint64_t *key);
uint64_t *word_map_next(const struct word_map *map, uint64_t *key);

#endif
