/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A saved profile that is written while the run goes on: whatever ends us, what was flushed is in a file that can be read.
 *
 *   open ──▶ flush ──▶ flush ── … ──▶ finish ──▶ sort
 *    temporary │ renamed                │ last member   └ read back, written anew as one member, renamed
 */
#ifndef PBP_RECORDER_H
#define PBP_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct profile;
struct profile_process;
struct recorder;

/* Open the place, as output_open() does; the path must outlive the recorder. Before the run. */
int recorder_open(const char *path, struct recorder **ret_recorder, struct err *err);

/* Close; a file without a flush is removed. NULL is fine. */
void recorder_free(struct recorder *recorder);

/*
 * Write what is new in the profile, and forget its rows. The first one lets the file appear under its name. 0, or a negative
 * errno with the reason, after which the file is what it was before and nothing more can be written.
 */
int recorder_flush(struct recorder *recorder, struct profile *profile, struct err *err);

/*
 * The last flush. The profile then has one row a process, with all samples that were written of it, for whoever tells the
 * account. Without a flush before it the file is as recorder_sort() leaves it. Errors as above.
 */
int recorder_finish(struct recorder *recorder, struct profile *profile, struct err *err);

/*
 * Put the file in order, as one member: read back what was written, and write it beside the file, whose place it takes. On a
 * failure the file stays as it was streamed, which is as good but larger: 0 or a negative errno with the reason. Nothing
 * is done when the output is no file. More than RECORDER_SORT_BYTES_MAX would need too much memory: -EFBIG.
 */
int recorder_sort(struct recorder *recorder, struct err *err);
#define RECORDER_SORT_BYTES_MAX (64ULL << 20)

/* What was written so far. */
struct recorder_size {
	uint64_t bytes, samples;
};
struct recorder_size recorder_size(const struct recorder *recorder);

/* Is it a file, which somebody may open by its path later? */
bool recorder_is_file(const struct recorder *recorder);

/*
 * "pybpfprof-NAME-PID.pb.gz", where NAME is the process's script, module or command name, with nothing in it that a shell
 * or a file system minds; without a process "pybpfprof-HOST.pb.gz".
 */
#define RECORDER_NAME_SIZE 128
void recorder_default_name(const struct profile_process *process, const char *host,
			   char name[RECORDER_NAME_SIZE]);

#endif
