/* SPDX-License-Identifier: GPL-2.0-only */
/* Adds fields of a saved file to its tables. What they refer to may come later, so that is not looked at. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "store/fields.h"
#include "store/profile.pb-c.h"
#include "store/store.h"
#include "store/tables_internal.h"
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

static int add_string(struct tables *tables, const struct field *field, struct err *err)
{
	const size_t size = field->body_size;
	char *text;
	int code = TABLES_GROW(tables, strings, nstrings, strings_capacity,
			       TABLES_TEXT_COST + 2 * size, err);

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
	for (char *nul = text; (nul = memchr(nul, '\0', (size_t)(text + size - nul))); nul++)
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
	code = TABLES_GROW(tables, functions, nfunctions, functions_capacity, TABLES_FUNCTION_COST,
			   err);
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
	code = TABLES_GROW(tables, mappings, nmappings, mappings_capacity, TABLES_MAPPING_COST,
			   err);
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
	code = TABLES_GROW(tables, locations, nlocations, locations_capacity, TABLES_LOCATION_COST,
			   err);
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
		code = TABLES_GROW(tables, lines, nlines, lines_capacity, TABLES_LINE_COST, err);
		if (code)
			return code;
		tables->lines[tables->nlines++] = (struct table_line){
			.function = location->line[i]->function_id,
			.line = to_line(location->line[i]->line),
		};
	}
	return 0;
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
		code = tables_add_comment(tables, part->comment[i], field->offset, err);
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
