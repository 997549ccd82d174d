/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses among the types of values that a file has, as Go's pprof does. Knows their names and units, not what was sampled. */
#include "store/values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "store/tables.h"

static const struct {
	const char *name;
	uint64_t ns;
} time_units[] = {
	{ "nanoseconds", 1 },	     { "ns", 1 },
	{ "microseconds", 1000 },    { "us", 1000 },
	{ "milliseconds", 1000000 }, { "ms", 1000000 },
	{ "seconds", 1000000000 },   { "s", 1000000000 },
};

/* Nanoseconds of one; 0: no time. */
static uint64_t time_unit(const char *unit)
{
	size_t i;

	for (i = 0; i < sizeof(time_units) / sizeof(*time_units); i++) {
		if (strcmp(time_units[i].name, unit) == 0)
			return time_units[i].ns;
	}
	return 0;
}

static const char *type_name(const struct tables *tables, size_t type)
{
	return tables_text(tables, tables->types[type].type);
}

static bool is_count(const struct tables *tables, size_t type)
{
	return strcmp(tables_text(tables, tables->types[type].unit), "count") == 0;
}

/* The type of that name; the last one when there is none. */
static size_t find_type(const struct tables *tables, const char *name)
{
	size_t i;

	for (i = 0; i < tables->ntypes; i++) {
		if (strcmp(type_name(tables, i), name) == 0)
			return i;
	}
	return tables->ntypes - 1;
}

/* The count that goes with times: the nearest before them, else the first of all. */
static bool find_count(const struct tables *tables, size_t times, size_t *ret_type)
{
	size_t i;

	for (i = times; i > 0; i--) {
		if (is_count(tables, i - 1)) {
			*ret_type = i - 1;
			return true;
		}
	}
	for (i = 0; i < tables->ntypes; i++) {
		if (is_count(tables, i)) {
			*ret_type = i;
			return true;
		}
	}
	return false;
}

void values_choose(struct values *values, const struct tables *tables)
{
	const char *wanted = tables_text(tables, tables->default_type);
	const size_t weight = find_type(tables, *wanted ? wanted : "cpu");
	const uint64_t period_ns = time_unit(tables_text(tables, tables->period_type.unit));
	const size_t samples = find_type(tables, "samples");
	const bool has_samples =
		strcmp(type_name(tables, samples), "samples") == 0 && is_count(tables, samples);
	uint64_t period = 0;

	*values = (struct values){ .tables = tables, .unit = PROFILE_UNIT_TIME, .weight = weight };
	if (tables->period <= 0 ||
	    __builtin_mul_overflow((uint64_t)tables->period, period_ns, &period))
		period = 0;
	if (period)
		values->rate_hz = (1000000000 + period / 2) / period;
	values->scale = time_unit(tables_text(tables, tables->types[weight].unit));
	if (values->scale) {
		values->has_samples = find_count(tables, weight, &values->samples);
		return;
	}
	/* No time: a count beside what is counted, or what is counted itself. */
	values->has_samples = has_samples || is_count(tables, weight);
	values->samples = has_samples ? samples : weight;
	values->scale = values->has_samples && values->samples == weight ? period : 0;
	if (!values->scale) {
		values->unit = PROFILE_UNIT_COUNT;
		values->scale = 1;
		values->rate_hz = 0;
	}
}

int values_get(const struct values *values, const int64_t *value, size_t count, uint64_t offset,
	       uint64_t *ret_samples, uint64_t *ret_weight, struct err *err)
{
	const struct tables *tables = values->tables;
	uint64_t samples, weight;

	if (count != tables->ntypes)
		return tables_error(tables, offset, err, "a sample has %zu values, not %zu", count,
				    tables->ntypes);
	samples =
		values->has_samples ? (uint64_t)value[values->samples] : value[values->weight] != 0;
	if (samples > INT64_MAX || value[values->weight] < 0) {
		tables_error(tables, offset, err, "a sample has a negative value");
		return err_hint(
			err,
			"a difference that another tool saved is no profile; see pybpfprof diff");
	}
	if (__builtin_mul_overflow((uint64_t)value[values->weight], values->scale, &weight) ||
	    weight > INT64_MAX)
		return tables_error(tables, offset, err,
				    "a sample's value %" PRId64 " is too large",
				    value[values->weight]);
	*ret_samples = samples;
	*ret_weight = weight;
	return 0;
}
