/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a saved file into a profile, in two passes: the tables, which may stand behind the samples, and then the samples.
 * Makes the parts work together; what is in the file is theirs to know.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "profile/profile.h"
#include "store/arena.h"
#include "store/fields.h"
#include "store/frames.h"
#include "store/owners.h"
#include "store/profile.pb-c.h"
#include "store/store.h"
#include "store/tables.h"
#include "store/unpacked.h"
#include "store/values.h"

#define FIELD_SAMPLE 2

/* What a row and a moment of the profile take. */
#define ROW_COST    64u
#define MOMENT_COST 36u

struct reading {
	struct unpacked *unpacked;
	struct tables tables;
	struct values values;
	struct frames *frames;
	struct owners *owners;
	struct profile *profile;
	struct arena arena;
	uint64_t samples; /* of this file */
	bool has_times;
};

static int fail(const struct reading *reading, int code, struct err *err)
{
	return err_set(err, code, "cannot read %s: %s", unpacked_name(reading->unpacked),
		       strerror(-code));
}

static int read_tables(struct reading *reading, struct err *err)
{
	struct fields *fields;
	struct field field;
	int code;

	unpacked_rewind(reading->unpacked);
	fields = fields_new(reading->unpacked);
	if (!fields)
		return fail(reading, -ENOMEM, err);
	while ((code = fields_next(fields, tables_fields, &field, err)) > 0) {
		code = tables_add(&reading->tables, &field, err);
		if (code)
			break;
	}
	fields_free(fields);
	return code;
}

/*
 * Without checking all members first, which takes as long: only what makes no sense may come from one that is torn, and
 * then what stands before it is read once more.
 */
static int read_whole_tables(struct reading *reading, struct err *err)
{
	struct err why = { 0 };
	int code;

	tables_init(&reading->tables, reading->unpacked);
	code = read_tables(reading, &why);
	if (code == -EBADMSG || code == -EFBIG) {
		const int checked = unpacked_check(reading->unpacked, err);

		if (checked)
			return checked;
		if (unpacked_facts(reading->unpacked).torn_offset) {
			tables_done(&reading->tables);
			tables_init(&reading->tables, reading->unpacked);
			code = read_tables(reading, &why);
		}
	}
	if (code && err)
		*err = why;
	return code ? code : tables_check(&reading->tables, err);
}

/* Weights add up without end in no sum that a report may make. */
static int check_sums(const struct reading *reading, uint64_t samples, uint64_t weight_ns,
		      uint64_t offset, struct err *err)
{
	uint64_t sum;

	if (!__builtin_add_overflow(profile_samples(reading->profile), samples, &sum) &&
	    sum <= INT64_MAX &&
	    !__builtin_add_overflow(profile_weight_ns(reading->profile), weight_ns, &sum) &&
	    sum <= INT64_MAX)
		return 0;
	return tables_error(&reading->tables, offset, err, "the values add up to too much");
}

static int add_sample(struct reading *reading, const Pprof__Sample *sample, uint64_t offset,
		      struct err *err)
{
	struct profile *profile = reading->profile;
	const size_t nrows = profile_nrows(profile);
	uint64_t samples = 0, weight_ns = 0;
	struct owner owner;
	uint32_t stack = 0;
	int code = values_get(&reading->values, sample->value, sample->n_value, offset, &samples,
			      &weight_ns, err);

	if (code || (samples == 0 && weight_ns == 0))
		return code;
	code = check_sums(reading, samples, weight_ns, offset, err);
	if (!code)
		code = owners_get(reading->owners, sample, offset, &owner, err);
	if (!code)
		code = frames_stack(reading->frames, sample->location_id, sample->n_location_id,
				    offset, &stack, err);
	if (code)
		return code;
	code = profile_add_weight(profile, owner.process, owner.thread, stack, samples, weight_ns);
	if (!code && owner.has_time && samples == 1) {
		reading->has_times = true;
		code = profile_add_moment(profile, owner.process, owner.thread, stack,
					  owner.time_ns, weight_ns);
	}
	if (code)
		return fail(reading, code, err);
	reading->samples += samples;
	return tables_take(&reading->tables,
			   (owner.has_time ? MOMENT_COST : 0u) +
				   (profile_nrows(profile) > nrows ? ROW_COST : 0u),
			   err);
}

static int read_sample(struct reading *reading, const struct field *field, struct err *err)
{
	const Pprof__Sample *sample = NULL;
	int code;

	if (field->body)
		sample = pprof__sample__unpack(&reading->arena.allocator, field->body_size,
					       field->body);
	if (sample)
		code = add_sample(reading, sample, field->offset, err);
	else
		code = tables_error(&reading->tables, field->offset, err,
				    "a sample cannot be decoded");
	arena_clear(&reading->arena);
	return code;
}

static int read_samples(struct reading *reading, struct err *err)
{
	struct fields *fields;
	struct field field;
	int code;

	unpacked_rewind(reading->unpacked);
	fields = fields_new(reading->unpacked);
	if (!fields)
		return fail(reading, -ENOMEM, err);
	while ((code = fields_next(fields, 1ULL << FIELD_SAMPLE, &field, err)) > 0) {
		if (field.number != FIELD_SAMPLE)
			continue;
		code = read_sample(reading, &field, err);
		if (code)
			break;
	}
	fields_free(fields);
	return code;
}

/* Another tool's file is a run as well, of which all that is known is what there is. */
static int add_run(struct reading *reading, struct err *err)
{
	const struct tables *tables = &reading->tables;
	const struct profile_run run = {
		.tool = "",
		.began_unix_ns = tables->time_ns > 0 ? tables->time_ns : 0,
		.account = {
			.rate_hz = reading->values.rate_hz,
			.elapsed_ns = tables->duration_ns > 0 ? (uint64_t)tables->duration_ns : 0,
			.complete = reading->samples,
		},
	};
	int code = profile_add_run(reading->profile, &run);

	return code ? fail(reading, code, err) : 0;
}

/* Times and other weights cannot be added up. */
static int check_unit(struct reading *reading, struct err *err)
{
	if (profile_nrows(reading->profile) == 0) {
		profile_set_unit(reading->profile, reading->values.unit);
		return 0;
	}
	if (profile_unit(reading->profile) == reading->values.unit)
		return 0;
	return err_set(err, -EINVAL, "cannot add %s to the other profiles: %s",
		       unpacked_name(reading->unpacked),
		       reading->values.unit == PROFILE_UNIT_TIME
			       ? "it has CPU times, and they have not"
			       : "they have CPU times, and it has not");
}

static int read_all(struct reading *reading, struct err *err)
{
	int code = read_whole_tables(reading, err);

	if (code)
		return code;
	values_choose(&reading->values, &reading->tables);
	code = check_unit(reading, err);
	if (!code)
		code = frames_new(&reading->tables, reading->profile, &reading->frames, err);
	if (!code)
		code = owners_new(&reading->tables, reading->profile, &reading->owners, err);
	if (!code)
		code = read_samples(reading, err);
	if (!code && !reading->tables.is_ours)
		code = add_run(reading, err);
	return code;
}

int store_read(const char *path, struct profile *profile, struct store_facts *facts,
	       struct err *err)
{
	struct reading reading = { .profile = profile };
	struct unpacked_facts unpacked;
	int code = unpacked_open(path, &reading.unpacked, err);

	if (code)
		return code;
	arena_init(&reading.arena);
	code = read_all(&reading, err);
	unpacked = unpacked_facts(reading.unpacked);
	*facts = (struct store_facts){
		.file_bytes = unpacked.file_bytes,
		.members = unpacked.members,
		.torn_offset = unpacked.torn_offset,
		.ours = reading.tables.is_ours,
		.has_times = reading.has_times,
	};
	owners_free(reading.owners);
	frames_free(reading.frames);
	tables_done(&reading.tables);
	arena_done(&reading.arena);
	unpacked_close(reading.unpacked);
	return code;
}
