/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins a stream of members with the place where they go. What a member contains is the store's business, how a file gets
 * its name safely is output.c's; when to flush is decided elsewhere.
 */
#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "output.h"
#include "profile/profile.h"
#include "report/command.h"
#include "store/store.h"

/* What was written of one process. */
struct written {
	uint64_t samples, weight_ns;
};

struct recorder {
	const char *path;
	struct output *output;
	struct store_stream *stream;
	struct store_stream_size size;
	uint64_t samples; /* of all that was written */
	struct written *written; /* by process of the profile */
	size_t nwritten, written_capacity;
	uint32_t stack; /* any that a row had */
	bool sorted; /* one member, in order */
	bool failed;
};

int recorder_open(const char *path, struct recorder **ret_recorder, struct err *err)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int code;

	if (!recorder)
		return err_set(err, -ENOMEM, "out of memory");
	recorder->path = path;
	code = output_open(path, &recorder->output, err);
	if (!code) {
		recorder->stream = store_stream_new(output_stream(recorder->output));
		if (!recorder->stream)
			code = err_set(err, -ENOMEM, "out of memory");
	}
	if (code) {
		recorder_free(recorder);
		return code;
	}
	*ret_recorder = recorder;
	return 0;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	store_stream_free(recorder->stream);
	output_free(recorder->output);
	free(recorder->written);
	free(recorder);
}

/* Remember how much of each process is written. */
static int note_rows(struct recorder *recorder, const struct profile *profile)
{
	const size_t nprocesses = profile_nprocesses(profile), nrows = profile_nrows(profile);

	if (array_reserve(&recorder->written, &recorder->written_capacity, nprocesses,
			  sizeof(*recorder->written)))
		return -ENOMEM;
	for (; recorder->nwritten < nprocesses; recorder->nwritten++)
		recorder->written[recorder->nwritten] = (struct written){ 0 };
	for (size_t i = 0; i < nrows; i++) {
		const struct profile_row *row = profile_row(profile, i);

		recorder->written[row->process].samples += row->samples;
		recorder->written[row->process].weight_ns += row->weight_ns;
		recorder->stack = row->stack;
	}
	return 0;
}

/* What is behind the last whole member is of no use; a device or pipe cannot take it back. */
static void cut_torn(struct recorder *recorder)
{
	FILE *stream = output_stream(recorder->output);

	__fpurge(stream); /* or closing it would write the rest */
	if (output_is_file(recorder->output) &&
	    ftruncate(fileno(stream), (off_t)recorder->size.bytes))
		return; /* readers know how to do without */
}

static int fail(struct recorder *recorder, struct err *err)
{
	recorder->failed = true;
	cut_torn(recorder);
	if (recorder->size.members && output_is_file(recorder->output) && !*err->hint)
		err_hint(err, "what was recorded until then can be read: pybpfprof report '%s'",
			 recorder->path);
	return err->code;
}

int recorder_flush(struct recorder *recorder, struct profile *profile, struct err *err)
{
	struct store_stream_size size = recorder->size;
	int code;

	if (recorder->failed)
		return err_set(err, -EIO, "nothing more can be written");
	if (note_rows(recorder, profile)) {
		err_set(err, -ENOMEM, "out of memory");
		return fail(recorder, err);
	}
	code = store_stream_add(recorder->stream, profile, &size, err);
	if (code)
		err_wrap(err, "'%s'", recorder->path);
	else
		code = output_commit(recorder->output, err);
	if (code)
		return fail(recorder, err);
	recorder->size = size;
	recorder->samples += profile_samples(profile);
	profile_clear_rows(profile);
	return 0;
}

/* ---- the end ---- */

/* One row a process. */
static int restore_sums(const struct recorder *recorder, struct profile *profile)
{
	int code = 0;

	for (size_t i = 0; i < recorder->nwritten && !code; i++)
		if (recorder->written[i].samples)
			code = profile_add_weight(profile, (uint32_t)i, PROFILE_NO_ID,
						  recorder->stack, recorder->written[i].samples,
						  recorder->written[i].weight_ns);
	return code;
}

/* Everything at once: nothing was written yet. */
static int write_all(struct recorder *recorder, const struct profile *profile, struct err *err)
{
	FILE *stream = output_stream(recorder->output);
	struct stat status;
	int code = store_write(profile, stream, err);

	if (!code)
		code = output_commit(recorder->output, err);
	if (code)
		return fail(recorder, err);
	recorder->sorted = true;
	recorder->samples = profile_samples(profile);
	if (output_is_file(recorder->output) && !fstat(fileno(stream), &status))
		recorder->size.bytes = (uint64_t)status.st_size;
	return 0;
}

int recorder_finish(struct recorder *recorder, struct profile *profile, struct err *err)
{
	int code;

	if (!recorder->size.members && !recorder->failed)
		return write_all(recorder, profile, err);
	code = recorder_flush(recorder, profile, err);
	profile_clear_rows(profile);
	if (restore_sums(recorder, profile) && !code)
		code = err_set(err, -ENOMEM, "out of memory");
	return code;
}

/* What the streamed file says. By its open descriptor, as another file may lie at its path by now. */
static int read_back(const struct recorder *recorder, struct profile *profile, struct err *err)
{
	const int fd = fileno(output_stream(recorder->output));
	struct store_facts facts;
	char path[64];
	int code;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	code = store_read(path, profile, &facts, err);
	if (code)
		return code;
	if (facts.torn_offset || facts.members != recorder->size.members ||
	    facts.file_bytes != recorder->size.bytes ||
	    profile_samples(profile) != recorder->samples)
		return err_set(err, -EBADMSG, "somebody else has changed it");
	return 0;
}

static int write_sorted(struct recorder *recorder, const struct profile *profile, struct err *err)
{
	struct output *output = NULL;
	struct stat status;
	int code = output_again(recorder->output, &output, err);

	if (!code)
		code = store_write(profile, output_stream(output), err);
	if (!code)
		code = output_commit(output, err);
	if (!code && !fstat(fileno(output_stream(output)), &status))
		recorder->size.bytes = (uint64_t)status.st_size;
	output_free(output);
	return code;
}

int recorder_sort(struct recorder *recorder, struct err *err)
{
	struct profile *profile;
	int code;

	if (recorder->sorted || !output_is_file(recorder->output))
		return 0;
	if (recorder->size.bytes > RECORDER_SORT_BYTES_MAX)
		return err_set(err, -EFBIG, "it is larger than %llu MB",
			       (unsigned long long)(RECORDER_SORT_BYTES_MAX >> 20));
	profile = profile_new();
	if (!profile)
		return err_set(err, -ENOMEM, "out of memory");
	code = read_back(recorder, profile, err);
	if (!code)
		code = write_sorted(recorder, profile, err);
	if (!code)
		recorder->sorted = true;
	profile_free(profile);
	return code;
}

struct recorder_size recorder_size(const struct recorder *recorder)
{
	return (struct recorder_size){ recorder->size.bytes, recorder->samples };
}

bool recorder_is_file(const struct recorder *recorder)
{
	return output_is_file(recorder->output);
}

/* ---- its name ---- */

/* Bytes of NAME at most. */
#define NAME_MAX_BYTES 64

/* The last word that names something, its last part, without ".py". */
static void add_name(struct strbuf *name, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.+-";
	const char *slash = strrchr(text, '/');
	const char *part = slash && slash[1] ? slash + 1 : text;
	size_t length = strlen(part);

	if (length > 3 && !strcmp(part + length - 3, ".py"))
		length -= 3;
	if (length > NAME_MAX_BYTES)
		length = NAME_MAX_BYTES;
	for (size_t i = 0; i < length; i++)
		strbuf_add_char(name, strchr(plain, part[i]) ? part[i] : '_');
}

/* What the process runs: "manage.py" of "python3 manage.py", "http.server", but "python3" of "python3 -c". */
static void add_process_name(struct strbuf *name, const struct profile_process *process)
{
	struct strbuf command;
	const char *last;

	strbuf_init(&command);
	command_add_name(&command, process);
	last = strrchr(strbuf_text(&command), ' ');
	if (last && last[1] && last[1] != '-')
		add_name(name, last + 1);
	else
		add_name(name, process->comm);
	strbuf_done(&command);
}

void recorder_default_name(const struct profile_process *process, const char *host,
			   char name[RECORDER_NAME_SIZE])
{
	struct strbuf text;

	strbuf_init(&text);
	if (process)
		add_process_name(&text, process);
	else
		add_name(&text, host);
	if (!text.length)
		strbuf_add(&text, "python");
	if (process)
		snprintf(name, RECORDER_NAME_SIZE, "pybpfprof-%s-%d.pb.gz", strbuf_text(&text),
			 process->pid);
	else
		snprintf(name, RECORDER_NAME_SIZE, "pybpfprof-%s.pb.gz", strbuf_text(&text));
	strbuf_done(&text);
}
