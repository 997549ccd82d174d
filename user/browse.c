/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The browser's loop: lines in, commands carried out, failures told. Must not know the commands (browse_commands.c) nor how
 * lines are edited (browse_lines.c).
 */
#include "browse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "browse_commands.h"
#include "browse_lines.h"
#include "options.h"
#include "products.h"
#include "profile/profile.h"
#include "store/store.h"

#define PROGRAM "pybpfprof"

/* Of a file that was cut, what is whole is shown and the rest told. */
static int read_saved(const char *path, struct profile *profile, struct err *err)
{
	struct store_facts facts = { 0 };
	struct err torn = { 0 };
	int code;

	/* Commands come from there. */
	if (strcmp(path, "-") == 0)
		return err_set(err, -EINVAL, "standard input has commands, no profile");
	code = store_read(path, profile, &facts, err);
	if (!code && facts.torn_offset) {
		err_set(&torn, -EBADMSG,
			"'%s' makes no sense from byte %" PRIu64 " on; what is before it was read",
			path, facts.torn_offset);
		err_print(&torn, PROGRAM, stderr);
	}
	return code;
}

/* As if they had been typed, except that a failure is the end. */
static int read_given(struct browse *browse, const struct options *options, struct err *err)
{
	int code = 0;
	size_t i;

	for (i = 0; i < options->nfiles && !code; i++)
		code = browse_add(browse, options->files[i], err);
	return code;
}

/* Carry out one line and tell what failed. */
static bool run_line(struct browse *browse, const char *line)
{
	struct err err = { 0 };

	if (!browse_execute(browse, line, &err))
		return true;
	fflush(browse->out);
	err_print(&err, PROGRAM, stderr);
	return false;
}

static int check_output(FILE *out, struct err *err)
{
	int code;

	errno = 0;
	if (!fflush(out) && !ferror(out))
		return 0;
	code = errno ? -errno : -EIO;
	return err_set(err, code, "cannot write to standard output: %s", strerror(-code));
}

static int run_lines(struct browse *browse, struct browse_lines *lines,
		     const struct options *options, struct err *err)
{
	uint64_t nlines = 0, nfailed = 0;
	const char *line;
	int code = 0;

	while (!code && !browse->ended) {
		line = browse_lines_next(lines, browse->nfiles > 0 ? browse->files[0] : "");
		if (!line)
			break;
		/* The terminal may have another size by now. */
		browse->options.width = products_report_options(options, browse->out).width;
		nlines++;
		nfailed += !run_line(browse, line);
		code = check_output(browse->out, err);
	}
	if (!code && lines->interactive && !browse->ended)
		putc('\n', browse->out);
	if (code || lines->interactive || nfailed == 0)
		return code;
	return err_set(err, -EINVAL, "%" PRIu64 " of %" PRIu64 " commands failed", nfailed, nlines);
}

int browse_run(const struct options *options, struct err *err)
{
	const struct report_options given = products_report_options(options, stdout);
	struct browse_lines lines;
	struct browse browse;
	int code;

	browse_init(&browse, &given, read_saved, stdout);
	browse_lines_init(&lines);
	code = read_given(&browse, options, err);
	if (!code && lines.interactive && browse.profile)
		printf("%" PRIu64 " samples; help lists the commands\n",
		       profile_samples(browse.profile));
	if (!code)
		code = run_lines(&browse, &lines, options, err);
	browse_lines_done(&lines);
	browse_done(&browse);
	return code;
}
