/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carries saved profiles from files to reports. Must not know how a file is laid out (store/) nor what a report looks like
 * (report/). A file that was cut is no failure: what was lost of it is told on standard error.
 */
#include "saved.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "output.h"
#include "products.h"
#include "profile/merge.h"
#include "profile/profile.h"
#include "report/closing.h"
#include "report/diff.h"
#include "store/store.h"
#include "telling.h"

static const char *shown_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

/* As a warning: the profile is written all the same. */
static void tell_torn(const struct options *options, const char *path,
		      const struct store_facts *facts, uint64_t samples)
{
	struct err told = { 0 };

	err_set(&told, -EBADMSG,
		"'%s' makes no sense from byte %" PRIu64 " of %" PRIu64 " on: %" PRIu64
		" samples before that were read, what follows is lost",
		shown_name(path), facts->torn_offset, facts->file_bytes, samples);
	if (options->verb != OPTIONS_MERGE)
		err_hint(&told, "for other viewers: pybpfprof merge -o SOUND.pb.gz %s", path);
	err_print(&told, "pybpfprof", stderr);
}

/* -v: one line of the file. */
static void tell_facts(const char *path, const struct store_facts *facts, uint64_t samples)
{
	struct err told = { 0 };

	err_set(&told, -EBADMSG,
		"'%s': %" PRIu64 " samples in %" PRIu64 " bytes, %" PRIu64 " gzip members%s%s",
		shown_name(path), samples, facts->file_bytes, facts->members,
		facts->ours ? "" : ", written by another tool",
		facts->has_times ? ", with the time of each sample" : "");
	err_print(&told, "pybpfprof", stderr);
}

/* A profile of one file. */
static int read_file(const struct options *options, const char *path, struct profile **ret_profile,
		     struct err *err)
{
	struct profile *profile = profile_new();
	struct store_facts facts = { 0 };
	int code = profile ? store_read(path, profile, &facts, err)
			   : err_set(err, -ENOMEM, "out of memory");

	if (code) {
		profile_free(profile);
		return code;
	}
	if (facts.torn_offset)
		tell_torn(options, path, &facts, profile_samples(profile));
	if (options->verbose)
		tell_facts(path, &facts, profile_samples(profile));
	*ret_profile = profile;
	return 0;
}

/*
 * A profile of the files from `first` on, for the caller to free. Each is read by itself: what two files say of one process
 * is put together by a law of its own (profile/merge.h), while what one says later replaces what it said before.
 */
static int read_files(const struct options *options, size_t first, size_t count,
		      struct profile **ret_profile, struct err *err)
{
	struct profile *profile, *next;
	int code = read_file(options, options->files[first], &profile, err);

	if (code)
		return code;
	for (size_t i = first + 1; i < first + count && !code; i++) {
		code = read_file(options, options->files[i], &next, err);
		if (code)
			break;
		code = profile_merge(profile, next, err);
		if (code)
			err_wrap(err, "'%s'", shown_name(options->files[i]));
		profile_free(next);
	}
	if (code) {
		profile_free(profile);
		return code;
	}
	*ret_profile = profile;
	return 0;
}

static int write_report(const void *context, const struct report_format *format,
			const struct report_options *report, FILE *stream, struct err *err)
{
	return format->write(context, report, stream, err);
}

int saved_run_report(const struct options *options, struct err *err)
{
	struct report_options closing = products_report_options(options, stderr);
	struct products *products = NULL;
	struct profile *profile = NULL;
	int code = products_open(options, &products, err);

	if (!code)
		code = read_files(options, 0, options->nfiles, &profile, err);
	if (code)
		goto out;
	code = products_write(products, write_report, profile, err);
	closing.color = false;
	closing_write(profile, &closing, stderr);
	products_tell(products);
out:
	profile_free(profile);
	products_free(products);
	return code;
}

struct sides {
	struct profile *base, *fresh;
};

static int write_diff(const void *context, const struct report_format *format,
		      const struct report_options *report, FILE *stream, struct err *err)
{
	const struct sides *sides = context;

	return diff_write(sides->base, sides->fresh, format, report, stream, err);
}

int saved_run_diff(const struct options *options, struct err *err)
{
	struct sides sides = { NULL, NULL };
	struct products *products = NULL;
	int code = products_open(options, &products, err);

	if (!code)
		code = read_files(options, 0, 1, &sides.base, err);
	if (!code)
		code = read_files(options, 1, 1, &sides.fresh, err);
	if (!code)
		code = products_write(products, write_diff, &sides, err);
	if (!code)
		products_tell(products);
	profile_free(sides.base);
	profile_free(sides.fresh);
	products_free(products);
	return code;
}

int saved_run_merge(const struct options *options, struct err *err)
{
	struct profile *profile = NULL;
	struct output *output = NULL;
	int code = output_open(options->output, &output, err);

	if (!code)
		code = products_check_stream(options->format, output_stream(output), err);
	if (!code)
		code = read_files(options, 0, options->nfiles, &profile, err);
	if (!code)
		code = store_write(profile, output_stream(output), err);
	if (!code)
		code = output_commit(output, err);
	if (!code && output_is_file(output))
		tell_wrote(options->output, "", report_next(options->format));
	profile_free(profile);
	output_free(output);
	return code;
}
