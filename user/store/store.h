/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saved profiles: pprof's profile.proto, gzipped. What is written is a valid file after each gzip member; what is read may
 * be any tool's, cut or hostile.
 *
 *   file = member member member ...      each one a piece of one protobuf message: its strings, functions, locations and
 *                                        samples that the ones before it have not
 *
 * What pprof has no place for stands in its comments (store/facts.h), texts that are no clean UTF-8 are escaped
 * (store/escape.h), and the labels are listed in store/labels.c.
 */
#ifndef PBP_STORE_STORE_H
#define PBP_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct profile;

/* What is known of a file beside its profile. */
struct store_facts {
	uint64_t file_bytes; /* read */
	uint64_t members; /* whole gzip members; 0: not compressed */
	uint64_t torn_offset; /* where the file stops making sense; 0: it is whole */
	bool ours; /* written by pybpfprof, with accounts of its own */
	bool has_times; /* of each sample */
};

/*
 * Add a saved profile to `profile`: processes of one machine, pid, start time and program are one, equal stacks one row, and
 * each run is added with its account; in whatever order files are added, the profile is the same. A file that was cut in its
 * last member gives what stands before it, and facts->torn_offset. `path` is opened without privileges of ours in mind ("-":
 * standard input).
 *
 * Another tool's file is one run without a name, of complete samples; its process is pid 0, called as its first mapping,
 * where no label tells better. Its weight is its default type of values, else "cpu", else the last one.
 *
 * 0, or a negative errno with the reason, which names the file, the offset and what is wrong there: -ENOENT and other system
 * errors, -EBADMSG no pprof or nothing of it can be saved, -EFBIG larger than STORE_* allow, -EINVAL its weights are times
 * and those of `profile` are not, or the other way round, -ENOMEM. The profile may then have a part of it.
 */
int store_read(const char *path, struct profile *profile, struct store_facts *facts,
	       struct err *err);

/* Limits of what is read, so that a small file cannot fill the memory or take hours. */
#define STORE_FILE_MAX	  (1ULL << 30) /* bytes of a file, compressed */
#define STORE_STRINGS_MAX (256ULL << 20) /* bytes of all texts */
#define STORE_MEMORY_MAX \
	(640ULL << 20) /* bytes that a file may take with all that is made of it, estimated */
#define STORE_MESSAGE_MAX	(1U << 20) /* bytes of one text, sample, location, function or mapping */
#define STORE_LINES_MAX		4096 /* lines of a location: functions inlined into one another */
#define STORE_DEPTH_MAX		65536 /* frames of a stack */
#define STORE_SAMPLE_LABELS_MAX 64

/*
 * Write the whole profile as one gzip member, sorted: equal profiles give equal bytes, in whatever order they were put
 * together. 0, or a negative errno with the reason; errors of the stream are the caller's to check.
 */
int store_write(const struct profile *profile, FILE *stream, struct err *err);

/* A profile that is written as it grows. */
struct store_stream;

/* Sizes so far. */
struct store_stream_size {
	uint64_t bytes, members, samples;
};

/* NULL when memory runs out. Nothing is written yet. The stream (the caller's) is flushed after each member. */
struct store_stream *store_stream_new(FILE *file);
void store_stream_free(struct store_stream *stream);

/*
 * One more member: what of the profile's processes, symbols, stacks is new since the last one, and all its rows (and
 * moments, instead of the rows of the same samples), which the caller clears then (profile_clear_rows). It must be the same
 * profile each time. The account written is profile_account() so far: a reader takes the last one of each run. Nothing
 * is written when there is nothing new. 0, or a negative errno with the reason, after which the file ends in the member
 * before.
 */
int store_stream_add(struct store_stream *stream, const struct profile *profile,
		     struct store_stream_size *ret_size, struct err *err);

#endif
