/* SPDX-License-Identifier: GPL-2.0-only */
/* Interned symbols. Part of the profile; everyone else goes through profile/profile.h. */
#ifndef PBP_PROFILE_SYMBOL_TABLE_H
#define PBP_PROFILE_SYMBOL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "profile/symbol.h"

struct strtab;
struct symbol_table;

/* NULL when memory runs out. Texts are kept in `texts`, which is the caller's and must live longer. */
struct symbol_table *symbol_table_new(struct strtab *texts);
void symbol_table_free(struct symbol_table *table);

/* The id of the symbol, whose texts are copied; equal symbols give the same id. What a kind has no use for
 * (symbol.h) is ignored. Returns 0, -ENOMEM, or -EOVERFLOW past 2^32 - 2. */
int symbol_table_add(struct symbol_table *table, const struct symbol *symbol, uint32_t *ret_id);

size_t symbol_table_count(const struct symbol_table *table);

/* It never moves; equal texts of two symbols have equal pointers. */
const struct symbol *symbol_table_get(const struct symbol_table *table, uint32_t id);

#endif
