/* SPDX-License-Identifier: GPL-2.0-only */
/* Collects the tables of a saved file. Knows how they refer to one another, not what a profile makes of them. */
#include "store/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "store/facts.h"
#include "store/fields.h"
#include "store/profile.pb-c.h"
#include "store/store.h"
#include "store/unpacked.h"

enum field_number {
	FIELD_SAMPLE_TYPE = 1,
	FIELD_MAPPING = 3,
	FIELD_LOCATION = 4,
	FIELD_FUNCTION = 5,
	FIELD_STRING = 6,
	FIELD_TIME = 9,
	FIELD_DURATION = 10,
	FIELD_PERIOD_TYPE = 11,
	FIELD_PERIOD = 12,
	FIELD_COMMENT = 13,
	FIELD_DEFAULT_TYPE = 14,
};

#define BIT(number) (1ULL << (number))
#define SMALL_FIELDS                                                                               \
	(BIT(FIELD_SAMPLE_TYPE) | BIT(FIELD_TIME) | BIT(FIELD_DURATION) | BIT(FIELD_PERIOD_TYPE) | \
	 BIT(FIELD_PERIOD) | BIT(FIELD_COMMENT) | BIT(FIELD_DEFAULT_TYPE))
const uint64_t tables_fields = SMALL_FIELDS | BIT(FIELD_MAPPING) | BIT(FIELD_LOCATION) |
			       BIT(FIELD_FUNCTION) | BIT(FIELD_STRING);

/*
 * What an entry takes here and in the profile that is made of it, measured and rounded up: a text is kept twice and hashed,
 * a line becomes a hashed symbol.
 */
#define TEXT_COST     160
#define FUNCTION_COST 64
#define MAPPING_COST  48
#define LOCATION_COST 96
#define LINE_COST     192
#define COMMENT_COST  1024

void tables_init(struct tables *tables, const struct unpacked *unpacked)
{
	*tables = (struct tables){ .unpacked = unpacked, .memory_left = STORE_MEMORY_MAX };
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

/* One more entry of a table, at a cost. */
#define GROW(tables, items, count, capacity, cost, err)                      \
	grow(tables, &(tables)->items, &(tables)->capacity, (tables)->count, \
	     sizeof(*(tables)->items), cost, err)

static int grow(struct tables *tables, void *items, size_t *capacity, size_t count,
		size_t item_size, uint64_t cost, struct err *err)
{
	int code = tables_take(tables, cost, err);

	if (code)
		return code;
	if (count >= UINT32_MAX)
		return -EOVERFLOW;
	return array_reserve(items, capacity, count + 1, item_size);
}

/* Give an id to the entry that comes next. */
static int add_id(struct tables *tables, struct word_map *map, uint64_t id, size_t count,
		  const char *what, uint64_t offset, struct err *err)
{
	uint64_t *index;

	if (id == 0)
		return tables_error(tables, offset, err, "a %s has no id", what);
	index = word_map_add(map, id);
	if (!index)
		return -ENOMEM;
	if (*index) {
		tables_error(tables, offset, err, "%s %" PRIu64 " is there twice", what, id);
		return err_hint(err,
				"several profiles are put together by pybpfprof merge, not by cat");
	}
	*index = count + 1;
	return 0;
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

static int add_string(struct tables *tables, const struct field *field, struct err *err)
{
	const size_t size = field->body_size;
	char *text, *nul;
	int code = GROW(tables, strings, nstrings, strings_capacity, TEXT_COST + 2 * size, err);

	if (!code && tables->texts_size + size + 1 > STORE_STRINGS_MAX)
		code = err_set(err, -EFBIG, "%s is too large: its texts have more than %llu MB",
			       unpacked_name(tables->unpacked), STORE_STRINGS_MAX >> 20);
	if (!code)
		code = array_reserve(&tables->texts, &tables->texts_capacity,
				     tables->texts_size + size + 1, 1);
	if (code)
		return code;
	text = tables->texts + tables->texts_size;
	memcpy(text, field->body, size);
	text[size] = '\0';
	/* No text of ours has a NUL in it; another's goes on behind it. */
	while ((nul = memchr(text, '\0', size)))
		*nul = ' ';
	tables->strings[tables->nstrings++] = tables->texts_size;
	tables->texts_size += size + 1;
	return 0;
}

/* Numbers of lines, which are no more than 32 bits of what is meant. */
static int32_t to_line(int64_t line)
{
	if (line < 0)
		return 0;
	return line > INT32_MAX ? INT32_MAX : (int32_t)line;
}

static int add_function(struct tables *tables, const struct field *field, struct err *err)
{
	const Pprof__Function *function =
		pprof__function__unpack(&tables->arena.allocator, field->body_size, field->body);
	int code;

	if (!function)
		return tables_error(tables, field->offset, err, "a function cannot be decoded");
	code = GROW(tables, functions, nfunctions, functions_capacity, FUNCTION_COST, err);
	if (!code)
		code = add_id(tables, &tables->function_ids, function->id, tables->nfunctions,
			      "function", field->offset, err);
	if (code)
		return code;
	tables->functions[tables->nfunctions++] = (struct table_function){
		.offset = field->offset,
		.name = function->name,
		.system_name = function->system_name,
		.file = function->filename,
		.first_line = to_line(function->start_line),
	};
	return 0;
}

static int add_mapping(struct tables *tables, const struct field *field, struct err *err)
{
	const Pprof__Mapping *mapping =
		pprof__mapping__unpack(&tables->arena.allocator, field->body_size, field->body);
	int code;

	if (!mapping)
		return tables_error(tables, field->offset, err, "a mapping cannot be decoded");
	code = GROW(tables, mappings, nmappings, mappings_capacity, MAPPING_COST, err);
	if (!code)
		code = add_id(tables, &tables->mapping_ids, mapping->id, tables->nmappings,
			      "mapping", field->offset, err);
	if (code)
		return code;
	tables->mappings[tables->nmappings++] = (struct table_mapping){
		.offset = field->offset,
		.file = mapping->filename,
	};
	return 0;
}

static int add_location(struct tables *tables, const struct field *field, struct err *err)
{
	const Pprof__Location *location =
		pprof__location__unpack(&tables->arena.allocator, field->body_size, field->body);
	size_t i;
	int code;

	if (!location)
		return tables_error(tables, field->offset, err, "a location cannot be decoded");
	code = GROW(tables, locations, nlocations, locations_capacity, LOCATION_COST, err);
	if (!code)
		code = add_id(tables, &tables->location_ids, location->id, tables->nlocations,
			      "location", field->offset, err);
	if (!code && location->n_line > STORE_LINES_MAX)
		code = tables_error(tables, field->offset, err, "a location has %zu lines",
				    location->n_line);
	if (code)
		return code;
	tables->locations[tables->nlocations++] = (struct table_location){
		.id = location->id,
		.offset = field->offset,
		.address = location->address,
		.mapping = location->mapping_id,
		.first_line = (uint32_t)tables->nlines,
		.nlines = (uint32_t)location->n_line,
	};
	for (i = 0; i < location->n_line; i++) {
		code = GROW(tables, lines, nlines, lines_capacity, LINE_COST, err);
		if (code)
			return code;
		tables->lines[tables->nlines++] = (struct table_line){
			.function = location->line[i]->function_id,
			.line = to_line(location->line[i]->line),
		};
	}
	return 0;
}

/* Keep a line of facts instead of an earlier one of the same head. */
static int keep_comment(struct tables *tables, const char *text, uint64_t offset, struct err *err)
{
	const struct facts_head head = facts_head(text);
	const uint64_t key = head.kind == FACTS_RUN
				     ? UINT64_MAX - head.run
				     : (uint64_t)(uint32_t)head.pid << 32 | head.program;
	struct table_comment *comment;
	uint64_t *index;
	char *copy;
	int code;

	if (head.kind == FACTS_NONE)
		return 0;
	tables->is_ours |= head.kind == FACTS_RUN;
	code = tables_take(tables, 2 * strlen(text), err);
	if (code)
		return code;
	index = word_map_add(&tables->comment_heads, key);
	copy = strdup(text);
	code = index && copy ? 0 : -ENOMEM;
	if (!code && !*index) {
		code = GROW(tables, comments, ncomments, comments_capacity, COMMENT_COST, err);
		if (!code) {
			tables->comments[tables->ncomments] = (struct table_comment){ 0 };
			*index = ++tables->ncomments;
		}
	}
	if (code) {
		free(copy);
		return code;
	}
	comment = &tables->comments[*index - 1];
	if (comment->text)
		tables->memory_left += 2 * strlen(comment->text);
	free(comment->text);
	*comment = (struct table_comment){ .text = copy, .offset = offset };
	return 0;
}

/*
 * A file that was written as it went has a comment or more for each second, and only the last of each head counts. So the
 * text is given back when it is the one that was read last; nothing else of ours refers to it.
 */
static int add_comment(struct tables *tables, int64_t number, uint64_t offset, struct err *err)
{
	size_t length;
	int code;

	if (number > 0 && (uint64_t)number + 1 == tables->nstrings) {
		char *text = tables->texts + tables->strings[number];

		if (facts_head(text).kind == FACTS_NONE)
			return 0;
		code = keep_comment(tables, text, offset, err);
		length = strlen(text);
		text[0] = '\0';
		tables->texts_size -= length;
		tables->memory_left += 2 * length + TEXT_COST - sizeof(size_t);
		return code;
	}
	code = GROW(tables, late_comments, nlate, late_capacity, sizeof(number), err);
	if (!code)
		tables->late_comments[tables->nlate++] = number;
	return code;
}

static int add_types(struct tables *tables, const Pprof__Profile *part, uint64_t offset,
		     struct err *err)
{
	size_t i;

	for (i = 0; i < part->n_sample_type; i++) {
		if (tables->ntypes == TABLE_TYPES_MAX)
			return tables_error(tables, offset, err,
					    "there are more than %d types of values",
					    TABLE_TYPES_MAX);
		tables->types[tables->ntypes++] = (struct table_type){
			.type = part->sample_type[i]->type,
			.unit = part->sample_type[i]->unit,
		};
	}
	return 0;
}

/* Of fields that are told again the last one counts, as protobuf has it. */
static int add_small(struct tables *tables, const struct field *field, struct err *err)
{
	const Pprof__Profile *part =
		pprof__profile__unpack(&tables->arena.allocator, field->whole_size, field->whole);
	size_t i;
	int code;

	if (!part)
		return tables_error(tables, field->offset, err,
				    "field %" PRIu32 " cannot be decoded", field->number);
	if (field->number == FIELD_TIME)
		tables->time_ns = part->time_nanos;
	if (field->number == FIELD_DURATION)
		tables->duration_ns = part->duration_nanos;
	if (field->number == FIELD_PERIOD)
		tables->period = part->period;
	if (field->number == FIELD_DEFAULT_TYPE)
		tables->default_type = part->default_sample_type;
	if (part->period_type)
		tables->period_type = (struct table_type){ .type = part->period_type->type,
							   .unit = part->period_type->unit };
	code = add_types(tables, part, field->offset, err);
	for (i = 0; i < part->n_comment && !code; i++)
		code = add_comment(tables, part->comment[i], field->offset, err);
	return code;
}

static int add_field(struct tables *tables, const struct field *field, struct err *err)
{
	if (field->number < 64 && BIT(field->number) & SMALL_FIELDS)
		return add_small(tables, field, err);
	if (!(field->number < 64 && BIT(field->number) & tables_fields))
		return 0;
	if (!field->body)
		return tables_error(tables, field->offset, err, "field %" PRIu32 " has no length",
				    field->number);
	switch (field->number) {
	case FIELD_MAPPING:
		return add_mapping(tables, field, err);
	case FIELD_LOCATION:
		return add_location(tables, field, err);
	case FIELD_FUNCTION:
		return add_function(tables, field, err);
	default:
		return add_string(tables, field, err);
	}
}

int tables_add(struct tables *tables, const struct field *field, struct err *err)
{
	int code = add_field(tables, field, err);

	arena_clear(&tables->arena);
	if (code == -ENOMEM || code == -EOVERFLOW)
		err_set(err, code, "cannot read %s: %s", unpacked_name(tables->unpacked),
			strerror(-code));
	return code;
}

static int check_text(const struct tables *tables, int64_t number, const char *what,
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

		code = check_text(tables, function->name, "a function", function->offset, err);
		if (!code)
			code = check_text(tables, function->system_name, "a function",
					  function->offset, err);
		if (!code)
			code = check_text(tables, function->file, "a function", function->offset,
					  err);
	}
	for (i = 0; i < tables->nmappings && !code; i++)
		code = check_text(tables, tables->mappings[i].file, "a mapping",
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
	for (i = 0; i < tables->nlate && !code; i++) {
		code = check_text(tables, tables->late_comments[i], "a comment", 0, err);
		if (!code)
			code = keep_comment(tables, tables_text(tables, tables->late_comments[i]),
					    0, err);
	}
	for (i = 0; i < tables->ntypes && !code; i++) {
		code = check_text(tables, tables->types[i].type, "a type of values", 0, err);
		if (!code)
			code = check_text(tables, tables->types[i].unit, "a type of values", 0,
					  err);
	}
	if (!code)
		code = check_text(tables, tables->default_type, "the default type", 0, err);
	if (!code)
		code = check_text(tables, tables->period_type.unit, "the period", 0, err);
	if (!code && tables->ntypes == 0)
		code = err_set(err, -EBADMSG, "%s is no saved profile: it has no types of values",
			       unpacked_name(tables->unpacked));
	return code;
}
