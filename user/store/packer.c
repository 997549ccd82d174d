/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members of a saved file, and what stands at their beginning: protobuf-c makes the messages, zlib the members. Knows
 * nothing of samples, nor of the order in which a profile is to be packed.
 */
#include "store/packer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "store/facts.h"
#include "store/packer_internal.h"

/* For deflateInit2(): the largest window, and a gzip header; zlib's usual memory. */
#define GZIP_WINDOW (15 + 16)
#define GZIP_MEMORY 8

/* While it is sampled: a third less work than the usual level, for files that are 3 % larger. */
#define QUICK_LEVEL 1

/* So much waits for the stream. */
#define PACKED_SIZE ((size_t)256 * 1024)

_Static_assert(sizeof(struct profile_process) == 96, "no padding: processes are compared as bytes");

void packer_fail(struct packer *packer, int code)
{
	if (!packer->code)
		packer->code = code;
}

struct packer *packer_new(FILE *stream, bool in_one_piece)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	if (!packer)
		return NULL;
	packer->stream = stream;
	packer->in_one_piece = in_one_piece;
	strbuf_init(&packer->packed);
	if (deflateInit2(&packer->zlib, in_one_piece ? QUICK_LEVEL : Z_DEFAULT_COMPRESSION,
			 Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(packer);
		return NULL;
	}
	return packer;
}

void packer_free(struct packer *packer)
{
	if (!packer)
		return;
	deflateEnd(&packer->zlib);
	strbuf_done(&packer->packed);
	packer_free_functions(packer);
	word_map_done(&packer->strings);
	word_map_done(&packer->locations);
	word_map_done(&packer->mappings);
	word_map_done(&packer->programs);
	free(packer->processes);
	free(packer->location_ids);
	free(packer->message);
	free(packer);
}

/* Errors of the stream are for whoever owns it to find. */
static void drain(struct packer *packer)
{
	fwrite(strbuf_text(&packer->packed), 1, packer->packed.length, packer->stream);
	strbuf_clear(&packer->packed);
}

static void squeeze(struct packer *packer, const uint8_t *bytes, size_t size, int flush)
{
	char out[16 * 1024];
	z_stream *zlib = &packer->zlib;
	int status;

	zlib->next_in = (Bytef *)bytes;
	zlib->avail_in = (unsigned)size;
	do {
		zlib->next_out = (Bytef *)out;
		zlib->avail_out = sizeof(out);
		status = deflate(zlib, flush);
		strbuf_add_bytes(&packer->packed, out, sizeof(out) - zlib->avail_out);
		packer->bytes += sizeof(out) - zlib->avail_out;
	} while (zlib->avail_out == 0 && status == Z_OK);
	if (strbuf_error(&packer->packed))
		packer_fail(packer, -ENOMEM);
	else if (!packer->in_one_piece && packer->packed.length >= PACKED_SIZE)
		drain(packer);
}

void packer_add_message(struct packer *packer, const Pprof__Profile *fields)
{
	size_t size;

	if (packer->code)
		return;
	size = pprof__profile__get_packed_size(fields);
	if (array_reserve(&packer->message, &packer->message_capacity, size + 1, 1)) {
		packer_fail(packer, -ENOMEM);
		return;
	}
	squeeze(packer, packer->message, pprof__profile__pack(fields, packer->message), Z_NO_FLUSH);
}

/* A time or a count that may as well be cut. */
static int64_t at_most(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* What the values of samples are; texts that many readers know. */
static void pack_head(struct packer *packer)
{
	const bool is_time = profile_unit(packer->profile) == PROFILE_UNIT_TIME;
	const uint64_t rate_hz = profile_account_const(packer->profile)->rate_hz;
	Pprof__Profile fields = PPROF__PROFILE__INIT;
	Pprof__ValueType samples = PPROF__VALUE_TYPE__INIT, weight = PPROF__VALUE_TYPE__INIT;
	Pprof__ValueType *types[] = { &samples, &weight };
	int i;

	packer_new_string(packer, "");
	samples.type = packer_new_string(packer, "samples");
	samples.unit = packer_new_string(packer, "count");
	weight.type = packer_new_string(packer, is_time ? "cpu" : "events");
	weight.unit = is_time ? packer_new_string(packer, "nanoseconds") : samples.unit;
	fields.n_sample_type = 2;
	fields.sample_type = types;
	fields.default_sample_type = weight.type;
	if (is_time && rate_hz) {
		fields.period_type = &weight;
		fields.period = (int64_t)(1000000000 / rate_hz);
	}
	packer_add_message(packer, &fields);
	for (i = 0; i < LABEL_MAX; i++)
		packer->label_keys[i] = packer_new_string(packer, label_name((enum label)i));
}

/* Pack the line of one run. */
static void pack_run(struct packer *packer, uint32_t run_number, const struct profile_run *run)
{
	struct strbuf line;

	strbuf_init(&line);
	if (facts_write_run(&line, run_number, run))
		packer_fail(packer, -ENOMEM);
	packer_comment(packer, strbuf_text(&line));
	strbuf_done(&line);
}

/* What ran once has the profile's account, whoever filled that. */
static void pack_only_run(struct packer *packer)
{
	struct profile_run run = { .tool = "", .machine = "", .system = "" };

	if (profile_nruns(packer->profile) > 0)
		run = *profile_run(packer->profile, 0);
	run.account = *profile_account_const(packer->profile);
	if (!packer->has_head)
		packer->run = facts_run_number(&run);
	pack_run(packer, packer->run, &run);
}

/* In the order of their numbers; of equal ones (a file that was merged with itself) by what there is of samples. */
static int compare_runs(const void *a, const void *b)
{
	const struct profile_run *left = *(const struct profile_run *const *)a;
	const struct profile_run *right = *(const struct profile_run *const *)b;
	const uint32_t left_number = facts_run_number(left), right_number = facts_run_number(right);

	if (left_number != right_number)
		return left_number < right_number ? -1 : 1;
	return memcmp(&left->account, &right->account, sizeof(left->account));
}

/* Merged profiles have many runs, whose order is to be the same in whatever order they were merged. */
static void pack_runs(struct packer *packer)
{
	const size_t nruns = profile_nruns(packer->profile);
	const struct profile_run **runs = calloc(nruns, sizeof(*runs));
	uint64_t last = 0;
	size_t i;

	if (!runs) {
		packer_fail(packer, -ENOMEM);
		return;
	}
	for (i = 0; i < nruns; i++)
		runs[i] = profile_run(packer->profile, i);
	qsort(runs, nruns, sizeof(*runs), compare_runs);
	for (i = 0; i < nruns; i++) {
		const uint64_t own = facts_run_number(runs[i]);

		last = i > 0 && own <= last ? last + 1 : own;
		pack_run(packer, (uint32_t)last, runs[i]);
	}
	free(runs);
}

/* When the first run began. */
static int64_t began(const struct profile *profile)
{
	int64_t first = 0;
	size_t i;

	for (i = 0; i < profile_nruns(profile); i++) {
		const int64_t time = profile_run(profile, i)->began_unix_ns;

		if (time && (!first || time < first))
			first = time;
	}
	return first;
}

void packer_begin(struct packer *packer, const struct profile *profile)
{
	Pprof__Profile fields = PPROF__PROFILE__INIT;

	packer->profile = profile;
	packer->bytes = 0;
	deflateReset(&packer->zlib);
	if (!packer->has_head)
		pack_head(packer);
	fields.time_nanos = began(profile);
	fields.duration_nanos = at_most(profile_account_const(profile)->elapsed_ns);
	packer_add_message(packer, &fields);
	if (profile_nruns(profile) > 1)
		pack_runs(packer);
	else
		pack_only_run(packer);
	packer->has_head = true;
}

void packer_add_mapping(struct packer *packer, uint32_t process)
{
	packer_mapping(packer, profile_process(packer->profile, process));
}

bool packer_is_new(const struct packer *packer, const struct profile *profile, uint32_t process)
{
	return process >= packer->nprocesses || !packer->processes[process].mapping ||
	       memcmp(&packer->processes[process].facts, profile_process(profile, process),
		      sizeof(struct profile_process)) != 0;
}

/* The place of a process, zero when it is new. */
static struct packed_process *packed_process(struct packer *packer, uint32_t process)
{
	const size_t count = (size_t)process + 1;

	if (packer->nprocesses < count) {
		if (array_reserve(&packer->processes, &packer->processes_capacity, count,
				  sizeof(*packer->processes))) {
			packer_fail(packer, -ENOMEM);
			return NULL;
		}
		memset(packer->processes + packer->nprocesses, 0,
		       (count - packer->nprocesses) * sizeof(*packer->processes));
		packer->nprocesses = count;
	}
	return &packer->processes[process];
}

void packer_add_process(struct packer *packer, uint32_t process)
{
	const struct profile_process *facts = profile_process(packer->profile, process);
	struct packed_process *packed;
	struct strbuf line;

	if (!packer_is_new(packer, packer->profile, process))
		return;
	packed = packed_process(packer, process);
	if (!packed)
		return;
	if (!packed->mapping) {
		uint64_t *programs = word_map_add(&packer->programs, (uint32_t)facts->pid);

		if (programs)
			packed->program = (uint32_t)(*programs)++;
		else
			packer_fail(packer, -ENOMEM);
	}
	packed->facts = *facts;
	packed->mapping = packer_mapping(packer, facts);
	strbuf_init(&line);
	if (facts_write_process(&line, packed->program, facts))
		packer_fail(packer, -ENOMEM);
	packer_comment(packer, strbuf_text(&line));
	strbuf_done(&line);
}

int packer_end(struct packer *packer, uint64_t *ret_bytes, struct err *err)
{
	if (!packer->code)
		squeeze(packer, NULL, 0, Z_FINISH);
	switch (packer->code) {
	case 0:
		drain(packer);
		*ret_bytes = packer->bytes;
		return 0;
	case -EFBIG:
		return err_set(err, packer->code,
			       "a number or a text of the profile is too large to be saved");
	default:
		return err_set(err, packer->code, "cannot save the profile: %s",
			       strerror(-packer->code));
	}
}
