/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line as a value, immutable once parsed. */
#ifndef PBP_OPTIONS_H
#define PBP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "report/report.h"

enum options_color {
	OPTIONS_AUTO, /* as the output is a terminal that can */
	OPTIONS_ALWAYS,
	OPTIONS_NEVER,
};

enum options_verb {
	OPTIONS_SAMPLE, /* no verb: sample, then print */
	OPTIONS_DOCTOR, /* tell what would hinder that */
};

struct options {
	enum options_verb verb;
	pid_t pid; /* to sample or to look at; 0: none, only with a verb */
	uint16_t assume_series; /* major << 8 | minor: the layout for a version without one; 0: refuse it */
	uint64_t period_ns; /* between two ticks of one CPU */
	uint64_t duration_ns; /* 0: until Ctrl-C or the target's end */
	uint32_t max_depth; /* frames of one stack */
	const struct report_format *format; /* never NULL */
	const char *output; /* file name, NULL: standard output */
	struct report_options report; /* color, unicode and width are the session's to settle */
	enum options_color color, unicode;
	bool quiet; /* no progress line */
	unsigned verbose; /* how often -v was given */
	bool help, version; /* asked for: nothing else was checked */
};

/*
 * Fill options from the arguments. 0, or -EINVAL with a reason and a hint (bad usage, exit status 2). Strings
 * point into argv. Reads no environment and touches no file.
 */
int options_parse(struct options *options, int argc, char *argv[], struct err *err);

/* Write the usage lines, examples and options to the stream, 80 columns. */
void options_help(FILE *stream);

#endif
