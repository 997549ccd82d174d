/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Damages saved profiles at random and reads them: fuzz_files RUNS [SEED]. Whatever comes out must be an error with a
 * reason, or a profile that adds up and can be reported and saved. A run is told by its seed alone: "fuzz_files 1 SEED" does
 * it again.
 */
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "profile/profile.h"
#include "store/profile.pb-c.h"
#include "store/store.h"
#include "support/golden.h"
#include "support/saved_file.h"

#define SIZE_MAX_OF_INPUT (64 * 1024)
#define SEEDS_MAX	  64

struct bytes {
	uint8_t *data;
	size_t size;
};

static struct bytes seeds[SEEDS_MAX]; /* messages, not compressed */
static size_t nseeds;
static volatile uint64_t run; /* for whoever reads of a crash */
static uint64_t state;

/* xorshift64*: any sequence will do, but it must be the same everywhere. */
static uint64_t any(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 2685821657736338717u >> 11) % below;
}

/* Numbers at which something changes, or any. */
static uint64_t number(void)
{
	static const uint64_t edges[] = { 0,	 1,	    2,		127,	   128,	      255,
					  65535, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX };

	if (any(2))
		return edges[any(sizeof(edges) / sizeof(*edges))];
	return any(2) ? any(40) : any(UINT64_MAX);
}

static void stop(const char *what)
{
	fprintf(stderr, "fuzz_files: run %" PRIu64 ": %s\n", run, what);
	abort();
}

static void on_abort(int signal_number)
{
	char text[64];
	const int size = snprintf(text, sizeof(text), "again: fuzz_files 1 %" PRIu64 "\n", run);

	(void)signal_number;
	if (write(STDERR_FILENO, text, (size_t)size) < 0)
		_exit(2);
}

/* So that a finding of theirs ends in on_abort() as well. Their name begins with underscores. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "abort_on_error=1";
}
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

/* A saved file without its compression. */
static struct bytes unpack(const char *packed, size_t size)
{
	struct bytes bytes = { .data = malloc(SIZE_MAX_OF_INPUT) };
	z_stream zlib = { .next_in = (Bytef *)packed, .avail_in = (unsigned)size };

	inflateInit2(&zlib, 15 + 16);
	zlib.next_out = bytes.data;
	zlib.avail_out = SIZE_MAX_OF_INPUT;
	if (inflate(&zlib, Z_FINISH) != Z_STREAM_END)
		stop("a seed is too large");
	bytes.size = SIZE_MAX_OF_INPUT - zlib.avail_out;
	inflateEnd(&zlib);
	return bytes;
}

/* The golden profiles; and each once more as another tool would have written it, without our comments. */
static void load_seeds(void)
{
	glob_t paths;
	size_t i;

	if (glob("tests/golden/*.in", 0, NULL, &paths))
		stop("no golden profiles here");
	for (i = 0; i < paths.gl_pathc && nseeds + 2 <= SEEDS_MAX; i++) {
		struct profile *profile = golden_load(paths.gl_pathv[i]);
		Pprof__Profile *message;
		size_t size;
		char *packed = saved_bytes(profile, &size);

		seeds[nseeds] = unpack(packed, size);
		message = pprof__profile__unpack(NULL, seeds[nseeds].size, seeds[nseeds].data);
		size = message->n_comment;
		message->n_comment = 0;
		seeds[++nseeds].data = malloc(SIZE_MAX_OF_INPUT);
		seeds[nseeds].size = pprof__profile__pack(message, seeds[nseeds].data);
		message->n_comment = size;
		nseeds++;
		pprof__profile__free_unpacked(message, NULL);
		free(packed);
		profile_free(profile);
	}
	globfree(&paths);
}

/* Bytes changed, put in, taken out, or copied from elsewhere, in place; room is for SIZE_MAX_OF_INPUT. */
static void damage_bytes(struct bytes *bytes)
{
	size_t times = 1 + any(4);

	while (times-- > 0 && bytes->size > 0) {
		const size_t at = any(bytes->size), count = 1 + any(any(2) ? 4 : 64);
		const size_t left = bytes->size - at;

		switch (any(5)) {
		case 0:
			bytes->data[at] = (uint8_t)(bytes->data[at] ^ 1 << any(8));
			break;
		case 1:
			bytes->data[at] = (uint8_t)number();
			break;
		case 2:
			if (count < left) {
				memmove(bytes->data + at, bytes->data + at + count, left - count);
				bytes->size -= count;
			}
			break;
		case 3:
			if (bytes->size + count <= SIZE_MAX_OF_INPUT && count <= left) {
				memmove(bytes->data + at + count, bytes->data + at, left);
				bytes->size += count;
			}
			break;
		default:
			if (count <= left)
				memmove(bytes->data + at,
					bytes->data + any(bytes->size - count + 1), count);
			break;
		}
	}
}

/* One number of one part of a message, whatever it means. */
static void damage_part(Pprof__Profile *message)
{
	Pprof__Sample *sample = message->n_sample ? message->sample[any(message->n_sample)] : NULL;
	Pprof__Location *location =
		message->n_location ? message->location[any(message->n_location)] : NULL;
	Pprof__Function *function =
		message->n_function ? message->function[any(message->n_function)] : NULL;
	Pprof__Label *label =
		sample && sample->n_label ? sample->label[any(sample->n_label)] : NULL;
	int64_t *const signed_numbers[] = {
		sample && sample->n_value ? &sample->value[any(sample->n_value)] : NULL,
		label ? &label->key : NULL,
		label ? &label->str : NULL,
		label ? &label->num : NULL,
		function ? &function->name : NULL,
		function ? &function->system_name : NULL,
		function ? &function->filename : NULL,
		function ? &function->start_line : NULL,
		location && location->n_line ? &location->line[0]->line : NULL,
		message->n_sample_type ? &message->sample_type[any(message->n_sample_type)]->type
				       : NULL,
		message->n_sample_type ? &message->sample_type[any(message->n_sample_type)]->unit
				       : NULL,
		message->n_comment ? &message->comment[any(message->n_comment)] : NULL,
		&message->default_sample_type,
		&message->period,
		&message->duration_nanos,
	};
	uint64_t *const unsigned_numbers[] = {
		sample && sample->n_location_id ? &sample->location_id[any(sample->n_location_id)]
						: NULL,
		location ? &location->id : NULL,
		location ? &location->mapping_id : NULL,
		location && location->n_line ? &location->line[0]->function_id : NULL,
		function ? &function->id : NULL,
		message->n_mapping ? &message->mapping[any(message->n_mapping)]->id : NULL,
	};
	const size_t nsigned = sizeof(signed_numbers) / sizeof(*signed_numbers);
	const size_t which = any(nsigned + sizeof(unsigned_numbers) / sizeof(*unsigned_numbers));

	if (which < nsigned && signed_numbers[which])
		*signed_numbers[which] = (int64_t)number();
	else if (which >= nsigned && unsigned_numbers[which - nsigned])
		*unsigned_numbers[which - nsigned] = number();
}

/* A part less, or other counts. What is cut is given back before the message is. */
static void damage_counts(Pprof__Profile *message)
{
	size_t *const counts[] = { &message->n_sample,	    &message->n_location,
				   &message->n_function,    &message->n_mapping,
				   &message->n_comment,	    &message->n_sample_type,
				   &message->n_string_table };
	size_t *count = counts[any(sizeof(counts) / sizeof(*counts))];

	if (*count > 0)
		*count -= 1 + any(*count);
}

static void damage_text(Pprof__Profile *message)
{
	char *text = message->n_string_table ? message->string_table[any(message->n_string_table)]
					     : NULL;
	const size_t length = text ? strlen(text) : 0;

	if (length > 0)
		text[any(length)] = (char)(1 + any(255));
}

/* What stays a message, but one that does not make sense. */
static void damage_message(struct bytes *bytes)
{
	Pprof__Profile *message = pprof__profile__unpack(NULL, bytes->size, bytes->data);
	Pprof__Profile damaged;
	size_t times = 1 + any(3);

	if (!message)
		return;
	damaged = *message;
	while (times-- > 0) {
		switch (any(4)) {
		case 0:
			damage_counts(&damaged);
			break;
		case 1:
			damage_text(&damaged);
			break;
		default:
			damage_part(&damaged);
			break;
		}
	}
	if (pprof__profile__get_packed_size(&damaged) <= SIZE_MAX_OF_INPUT)
		bytes->size = pprof__profile__pack(&damaged, bytes->data);
	pprof__profile__free_unpacked(message, NULL);
}

/* As it is, as one member or as two, of which the second may say nothing new; now and then damaged after that. The
 * caller's to free. */
static struct bytes as_file(const struct bytes *bytes)
{
	const bool is_more = any(4) == 0;
	const size_t cut = is_more ? bytes->size : any(2) ? any(bytes->size + 1) : 0;
	struct bytes file = { .data = calloc(3, SIZE_MAX_OF_INPUT) }, damaged;
	size_t size;
	char *packed;

	if (any(4) == 0) {
		memcpy(file.data, bytes->data, bytes->size);
		file.size = bytes->size;
		return file;
	}
	if (cut > 0) {
		packed = saved_gzip(bytes->data, cut, &file.size);
		memcpy(file.data, packed, file.size);
		free(packed);
	}
	packed = is_more ? saved_gzip("\x32\x04more", 6, &size)
			 : saved_gzip(bytes->data + cut, bytes->size - cut, &size);
	memcpy(file.data + file.size, packed, size);
	free(packed);
	damaged = (struct bytes){ .data = file.data, .size = file.size + size };
	if (is_more)
		damaged = (struct bytes){ .data = file.data + file.size, .size = size };
	if (any(4) == 0)
		damage_bytes(&damaged);
	file.size = (size_t)(damaged.data - file.data) + damaged.size;
	return file;
}

static void check_profile(const struct profile *profile)
{
	static const char *const formats[] = { "flat", "tree", "folded" };
	uint64_t samples = 0, weight_ns = 0;
	size_t i, size;
	char *text;

	for (i = 0; i < profile_nrows(profile); i++) {
		samples += profile_row(profile, i)->samples;
		weight_ns += profile_row(profile, i)->weight_ns;
	}
	if (samples != profile_samples(profile) || weight_ns != profile_weight_ns(profile))
		stop("rows do not add up");
	for (i = 0; i < profile_nmoments(profile); i++) {
		if (profile_moment(profile, i)->row >= profile_nrows(profile))
			stop("a moment has no row");
	}
	/* Reports and bytes are for the sanitizers to judge. */
	text = saved_report(profile, formats[any(3)]);
	free(text);
	text = saved_bytes(profile, &size);
	free(text);
}

/* Returns what store_read() does. */
static int read_file(int fd, const char *path, const uint8_t *bytes, size_t size,
		     struct store_facts *facts)
{
	struct profile *profile = profile_new();
	struct err err = { 0 };
	int code;

	if (ftruncate(fd, 0) || pwrite(fd, bytes, size, 0) != (ssize_t)size)
		stop("cannot write the file");
	code = store_read(path, profile, facts, &err);
	if (code && (err.code != code || !err.message[0]))
		stop("an error without a reason");
	if (!code)
		check_profile(profile);
	profile_free(profile);
	return code;
}

int main(int argc, char **argv)
{
	const uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000;
	const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	const int fd = memfd_create("fuzz_files", MFD_CLOEXEC);
	uint64_t whole = 0, torn = 0;
	char path[64];

	signal(SIGABRT, on_abort);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	load_seeds();
	for (run = first; run < first + runs; run++) {
		struct bytes bytes = { .data = malloc(SIZE_MAX_OF_INPUT) };
		struct store_facts facts = { 0 };
		const struct bytes *seed;
		struct bytes file;

		state = run * 0x9e3779b97f4a7c15u + 1;
		seed = &seeds[any(nseeds)];
		bytes.size = seed->size;
		memcpy(bytes.data, seed->data, seed->size);
		/* Some stay whole, so that only the file is damaged. */
		if (any(2))
			damage_message(&bytes);
		else if (any(4))
			damage_bytes(&bytes);
		file = as_file(&bytes);
		if (read_file(fd, path, file.data, file.size, &facts) == 0) {
			whole += !facts.torn_offset;
			torn += facts.torn_offset != 0;
		}
		free(file.data);
		free(bytes.data);
	}
	printf("1..1\nok 1 - of %" PRIu64 " damaged files %" PRIu64 " were read, %" PRIu64
	       " in part, %" PRIu64 " refused\n",
	       runs, whole, torn, runs - whole - torn);
	return 0;
}
