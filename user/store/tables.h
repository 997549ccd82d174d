/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the samples of a saved file refer to, collected in any order and checked when all is there. Numbers of texts and ids
 * are the file's.
 */
#ifndef PBP_STORE_TABLES_H
#define PBP_STORE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/word_map.h"
#include "store/arena.h"

struct field;
struct unpacked;

struct table_function {
	uint64_t offset; /* in the unpacked bytes, for messages */
	int64_t name, system_name, file;
	int32_t first_line;
};

struct table_mapping {
	uint64_t offset;
	int64_t file;
};

struct table_line {
	uint64_t function; /* id; after tables_check() an index + 1; 0: not known */
	int32_t line;
};

struct table_location {
	uint64_t id, offset;
	uint64_t address;
	uint64_t mapping; /* likewise */
	uint32_t first_line, nlines; /* of the table of lines; the leaf first */
};

struct table_type {
	int64_t type, unit;
};

/* Another tool's file may have more types; so many are more than any has. */
#define TABLE_TYPES_MAX 64

/* A line of facts.h. */
struct table_comment {
	char *text;
	uint64_t offset;
};

/* Open for reading. */
struct tables {
	const struct unpacked *unpacked; /* for its name */
	struct arena arena;
	uint64_t memory_left; /* bytes that may still be used for what the file tells */
	uint64_t work_left; /* likewise look-ups, see tables_work() */

	char *texts; /* each with its NUL */
	size_t texts_size, texts_capacity;
	size_t *strings; /* where each begins */
	size_t nstrings, strings_capacity;

	struct word_map function_ids, mapping_ids, location_ids; /* id -> index + 1 */
	struct table_function *functions;
	size_t nfunctions, functions_capacity;
	struct table_mapping *mappings;
	size_t nmappings, mappings_capacity;
	struct table_line *lines;
	size_t nlines, lines_capacity;
	struct table_location *locations;
	size_t nlocations, locations_capacity;

	struct table_type types[TABLE_TYPES_MAX];
	size_t ntypes;
	int64_t default_type;
	struct table_type period_type;
	int64_t period, time_ns, duration_ns;

	struct word_map comment_heads; /* of facts.h -> index + 1 */
	struct table_comment *comments; /* the last one of each head */
	size_t ncomments, comments_capacity;
	int64_t *late_comments; /* which came before their texts, if they are texts */
	size_t nlate, late_capacity;
	bool is_ours;
};

void tables_init(struct tables *tables, const struct unpacked *unpacked);
void tables_done(struct tables *tables);

/* Bits of the fields that are of use here, for fields_next(). */
extern const uint64_t tables_fields;

/* Add a field. 0, or a negative errno with the reason: -EBADMSG; -EFBIG it would take too much memory; -ENOMEM. */
int tables_add(struct tables *tables, const struct field *field, struct err *err);

/* All is there: whatever is referred to must be, too. */
int tables_check(struct tables *tables, struct err *err);

/* A text by its number; NULL when there is no such text. */
const char *tables_text(const struct tables *tables, int64_t number);

/* A location by its id; NULL when there is no such location. */
const struct table_location *tables_location(const struct tables *tables, uint64_t id);

/* Take some of the memory that a file may use. 0, or -EFBIG with the reason. */
int tables_take(struct tables *tables, uint64_t bytes, struct err *err);

/*
 * Take some of the time that a file may use: so many look-ups of about 50 ns, and more for the bytes of a text that is hashed
 * or copied. Whatever costs more than the bytes of the file that ask for it must be taken here. 0, or -EFBIG with the reason.
 */
int tables_work(struct tables *tables, uint64_t lookups, uint64_t text_bytes, struct err *err);

/* -EBADMSG with the reason, of something at an offset, if it has one. */
#define TABLES_NO_OFFSET UINT64_MAX
__attribute__((format(printf, 4, 5))) int tables_error(const struct tables *tables, uint64_t offset,
						       struct err *err, const char *format, ...);

#endif
