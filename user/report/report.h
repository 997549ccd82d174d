/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of report formats. A format turns a profile into bytes and makes no system call but the stream's. */
#ifndef PBP_REPORT_REPORT_H
#define PBP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct profile;

enum report_by {
	REPORT_BY_LINE,
	REPORT_BY_FUNCTION,
	REPORT_BY_FILE,
	REPORT_BY_THREAD, /* and from here on rows are no frames */
	REPORT_BY_PROCESS,
	REPORT_BY_COMMAND, /* processes of one command line's program */
	REPORT_BY_CONTAINER,
};

struct report_by_name {
	const char *name; /* as typed, and at the head of the rows */
	enum report_by by;
	const char *help; /* half a sentence */
};

/* One for each enum report_by; ends with a row whose name is NULL. */
extern const struct report_by_name report_by_names[];

struct report_options {
	enum report_by by; /* rows of the flat report */
	uint32_t limit; /* rows of the flat report and nodes of the tree at most; 0: all */
	double threshold; /* fraction of all weight below which a tree node is left out, 0..1 */
	bool show_all; /* do not fold library frames in the tree */
	bool color; /* ANSI colours */
	bool unicode; /* box-drawing characters; ASCII otherwise */
	uint32_t width; /* columns of the terminal; 0: unlimited */
};

struct report_format {
	const char *name;
	const char *ending; /* of file names that choose this format, ".folded"; NULL: none */
	const char *help; /* half a sentence */
	/* Write everything, return 0 or a negative errno with the reason in err. Stream errors are the caller's
	 * to check, once, after the last byte. */
	int (*write)(const struct profile *profile, const struct report_options *options,
		     FILE *stream, struct err *err);
};

/* Ends with a row whose name is NULL. */
extern const struct report_format report_formats[];

/* The format of that name, NULL when there is none. */
const struct report_format *report_find(const char *name);

/* The format that the file name's ending chooses, NULL when none does. */
const struct report_format *report_find_by_file(const char *file);

/* What a user gets who asks for nothing: by line, 40 rows, nodes of 1 %, library frames folded, no colour, ASCII. */
void report_options_init(struct report_options *options);

#endif
