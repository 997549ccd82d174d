/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of a saved file as a whole: how they refer to one another, and what they may take. */
#include "store/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "store/store.h"
#include "store/tables_internal.h"
#include "store/unpacked.h"

/* So many look-ups, and more for each byte of the file: seconds, where a hostile file would take hours. */
#define WORK_FREE      (16ULL << 20)
#define WORK_PER_BYTE  200ULL
#define BYTES_PER_WORK 64

void tables_init(struct tables *tables, const struct unpacked *unpacked)
{
	*tables = (struct tables){
		.unpacked = unpacked,
		.memory_left = STORE_MEMORY_MAX,
		.work_left = WORK_FREE + WORK_PER_BYTE * unpacked_facts(unpacked).file_bytes,
	};
	arena_init(&tables->arena);
}

void tables_done(struct tables *tables)
{
	size_t i;

	for (i = 0; i < tables->ncomments; i++)
		free(tables->comments[i].text);
	free(tables->comments);
	free(tables->late_comments);
	free(tables->texts);
	free(tables->strings);
	free(tables->functions);
	free(tables->mappings);
	free(tables->lines);
	free(tables->locations);
	word_map_done(&tables->function_ids);
	word_map_done(&tables->mapping_ids);
	word_map_done(&tables->location_ids);
	word_map_done(&tables->comment_heads);
	arena_done(&tables->arena);
}

int tables_error(const struct tables *tables, uint64_t offset, struct err *err, const char *format,
		 ...)
{
	char what[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	if (offset == TABLES_NO_OFFSET)
		return err_set(err, -EBADMSG, "%s is damaged: %s", unpacked_name(tables->unpacked),
			       what);
	return err_set(err, -EBADMSG,
		       "%s is damaged: %s, at byte %" PRIu64 " of what it unpacks to",
		       unpacked_name(tables->unpacked), what, offset);
}

int tables_take(struct tables *tables, uint64_t bytes, struct err *err)
{
	if (bytes > tables->memory_left)
		return err_set(err, -EFBIG, "%s is too large: it takes more than %llu MB of memory",
			       unpacked_name(tables->unpacked), STORE_MEMORY_MAX >> 20);
	tables->memory_left -= bytes;
	return 0;
}

int tables_work(struct tables *tables, uint64_t lookups, uint64_t text_bytes, struct err *err)
{
	const uint64_t work = lookups + text_bytes / BYTES_PER_WORK;

	if (work > tables->work_left)
		return err_set(err, -EFBIG, "%s is too large: it takes too long to be read",
			       unpacked_name(tables->unpacked));
	tables->work_left -= work;
	return 0;
}

int tables_grow(struct tables *tables, void *items, size_t *capacity, size_t count,
		size_t item_size, uint64_t cost, struct err *err)
{
	int code = tables_take(tables, cost, err);

	if (code)
		return code;
	if (count >= UINT32_MAX)
		return -EOVERFLOW;
	return array_reserve(items, capacity, count + 1, item_size);
}

const char *tables_text(const struct tables *tables, int64_t number)
{
	if (number == 0)
		return "";
	if (number < 0 || (uint64_t)number >= tables->nstrings)
		return NULL;
	return tables->texts + tables->strings[number];
}

const struct table_location *tables_location(const struct tables *tables, uint64_t id)
{
	const uint64_t *index;

	/* Most tools number them as we do. */
	if (id - 1 < tables->nlocations && tables->locations[id - 1].id == id)
		return &tables->locations[id - 1];
	index = word_map_find(&tables->location_ids, id);
	return index ? &tables->locations[*index - 1] : NULL;
}

int tables_check_text(const struct tables *tables, int64_t number, const char *what,
		      uint64_t offset, struct err *err)
{
	if (tables_text(tables, number))
		return 0;
	return tables_error(tables, offset, err, "%s refers to text %" PRId64 " of %zu", what,
			    number, tables->nstrings);
}

static int check_functions(const struct tables *tables, struct err *err)
{
	size_t i;
	int code = 0;

	for (i = 0; i < tables->nfunctions && !code; i++) {
		const struct table_function *function = &tables->functions[i];

		code = tables_check_text(tables, function->name, "a function", function->offset,
					 err);
		if (!code)
			code = tables_check_text(tables, function->system_name, "a function",
						 function->offset, err);
		if (!code)
			code = tables_check_text(tables, function->file, "a function",
						 function->offset, err);
	}
	for (i = 0; i < tables->nmappings && !code; i++)
		code = tables_check_text(tables, tables->mappings[i].file, "a mapping",
					 tables->mappings[i].offset, err);
	return code;
}

/* Turn an id into an index + 1. */
static int resolve(const struct tables *tables, const struct word_map *map, uint64_t *id,
		   const char *what, uint64_t offset, struct err *err)
{
	const uint64_t *index = *id ? word_map_find(map, *id) : id;

	if (!index)
		return tables_error(tables, offset, err,
				    "a location refers to %s %" PRIu64 ", which is not there", what,
				    *id);
	*id = *index;
	return 0;
}

static int check_locations(struct tables *tables, struct err *err)
{
	size_t i, line;
	int code = 0;

	for (i = 0; i < tables->nlocations && !code; i++) {
		struct table_location *location = &tables->locations[i];

		code = resolve(tables, &tables->mapping_ids, &location->mapping, "mapping",
			       location->offset, err);
		for (line = 0; line < location->nlines && !code; line++)
			code = resolve(tables, &tables->function_ids,
				       &tables->lines[location->first_line + line].function,
				       "function", location->offset, err);
	}
	return code;
}

int tables_check(struct tables *tables, struct err *err)
{
	size_t i;
	int code = check_functions(tables, err);

	if (!code)
		code = check_locations(tables, err);
	if (!code)
		code = tables_check_comments(tables, err);
	for (i = 0; i < tables->ntypes && !code; i++) {
		code = tables_check_text(tables, tables->types[i].type, "a type of values",
					 TABLES_NO_OFFSET, err);
		if (!code)
			code = tables_check_text(tables, tables->types[i].unit, "a type of values",
						 TABLES_NO_OFFSET, err);
	}
	if (!code)
		code = tables_check_text(tables, tables->default_type, "the default type",
					 TABLES_NO_OFFSET, err);
	if (!code)
		code = tables_check_text(tables, tables->period_type.unit, "the period",
					 TABLES_NO_OFFSET, err);
	if (!code && tables->ntypes == 0)
		code = err_set(err, -EBADMSG, "%s is no saved profile: it has no types of values",
			       unpacked_name(tables->unpacked));
	return code;
}
