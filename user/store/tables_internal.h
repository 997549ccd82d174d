/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the tables share: one more entry, and comments. */
#ifndef PBP_STORE_TABLES_INTERNAL_H
#define PBP_STORE_TABLES_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "store/tables.h"

/*
 * What an entry takes here and in the profile that is made of it, measured and rounded up: a text is kept twice and hashed,
 * a line becomes a hashed symbol.
 */
#define TABLES_TEXT_COST     160
#define TABLES_FUNCTION_COST 64
#define TABLES_MAPPING_COST  48
#define TABLES_LOCATION_COST 96
#define TABLES_LINE_COST     192
#define TABLES_COMMENT_COST  1024

/* Room for one more entry of a table, at a cost. 0, or a negative errno. */
#define TABLES_GROW(tables, items, count, capacity, cost, err)                      \
	tables_grow(tables, &(tables)->items, &(tables)->capacity, (tables)->count, \
		    sizeof(*(tables)->items), cost, err)
int tables_grow(struct tables *tables, void *items, size_t *capacity, size_t count,
		size_t item_size, uint64_t cost, struct err *err);

/* A comment by the number of its text, which may come later; and, when all is there, those whose text did. */
int tables_add_comment(struct tables *tables, int64_t number, uint64_t offset, struct err *err);
int tables_check_comments(struct tables *tables, struct err *err);

/* 0, or -EBADMSG when there is no text of that number. */
int tables_check_text(const struct tables *tables, int64_t number, const char *what,
		      uint64_t offset, struct err *err);

#endif
