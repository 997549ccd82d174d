/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line as a value, immutable once parsed. */
#ifndef PBP_OPTIONS_H
#define PBP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "report/report.h"

struct pattern;

enum options_color {
	OPTIONS_AUTO, /* as the output is a terminal that can */
	OPTIONS_ALWAYS,
	OPTIONS_NEVER,
};

enum options_verb {
	OPTIONS_SAMPLE, /* no verb: sample, then print */
	OPTIONS_RECORD, /* sample, and write a saved profile as it goes */
	OPTIONS_REPORT, /* render saved profiles */
	OPTIONS_DIFF, /* what differs between two of them */
	OPTIONS_MERGE, /* one saved profile from several */
	OPTIONS_BROWSE, /* look at one by commands, as pstats' browser */
	OPTIONS_DOCTOR, /* tell what would hinder that */
};

enum options_source {
	OPTIONS_SOURCE_AUTO, /* by the number of CPUs and how often the target switches */
	OPTIONS_PER_CPU,
	OPTIONS_PER_THREAD, /* only with pids or a command */
};

/* One rendering of the profile. */
struct options_product {
	const struct report_format *format; /* never NULL */
	const char *output; /* file name, NULL: standard output */
};
/* -f NAME=FILE at most so often. */
#define OPTIONS_PRODUCTS_MAX 16

/* Patterns at most, of all options together. */
#define OPTIONS_PATTERNS_MAX 64

/* Processes chosen by number at most. */
#define OPTIONS_PIDS_MAX 1024

struct options {
	enum options_verb verb;
	pid_t pids[OPTIONS_PIDS_MAX]; /* to sample or to look at, each once */
	size_t npids; /* 0: chosen otherwise, or the whole host */
	const char
		*name; /* glob of a command name or script; NULL: any. Likewise the three below */
	const char *container, *cgroup, *unit;
	char *const *
		command; /* behind --, ends with NULL; NULL: none. Alone: not with pids or filters */
	bool no_children;
	bool threads; /* keep threads apart */
	enum options_source source;
	uint16_t
		assume_series; /* major << 8 | minor: the layout for a version without one; 0: refuse it */
	uint64_t period_ns; /* between two ticks of one CPU */
	uint64_t duration_ns; /* 0: until Ctrl-C or the target's end */
	uint32_t max_depth; /* frames of one stack */
	const struct report_format *format; /* never NULL */
	const char *output; /* file name; NULL: standard output, of record a name made up */
	struct options_product products[OPTIONS_PRODUCTS_MAX]; /* further ones: -f NAME=FILE */
	size_t nproducts;
	bool only_products; /* nothing but these was asked for: -f NAME=FILE without -o or another -f */
	char *const *files; /* saved profiles to read, behind the verb; in the order given */
	size_t nfiles;
	bool timeline; /* keep each sample's time */
	struct pattern *patterns[OPTIONS_PATTERNS_MAX]; /* owned; those that report points to */
	size_t npatterns;
	struct report_options report; /* color, unicode and width are the session's to settle */
	enum options_color color, unicode;
	bool quiet; /* no progress line */
	unsigned verbose; /* how often -v was given */
	bool help, version; /* asked for: nothing else was checked */
};

/*
 * Fill options from the arguments, for options_done() to free. 0, or -EINVAL with a reason and a hint (bad usage, exit
 * status 2) and nothing to free. Strings point into argv, whose order changes: behind the first element come the saved
 * profiles. Reads no environment and touches no file.
 */
int options_parse(struct options *options, int argc, char *argv[], struct err *err);

/* Free what options_parse() allocated. */
void options_done(struct options *options);

/* Write usage, examples and options of a verb (OPTIONS_SAMPLE: of all that has none) to the stream, 80 columns. */
void options_help(enum options_verb verb, FILE *stream);

#endif
