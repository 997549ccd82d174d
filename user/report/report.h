/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of report formats. A format turns a profile into bytes and makes no system call but the stream's. */
#ifndef PBP_REPORT_REPORT_H
#define PBP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct pattern;
struct profile;

enum report_by {
	REPORT_BY_LINE,
	REPORT_BY_FUNCTION,
	REPORT_BY_FILE,
	REPORT_BY_MODULE, /* json.decoder, as far as a path tells it */
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

/* pstats' restrictions: each leaves fewer of the rows that the one before it left. */
enum report_restriction_kind {
	REPORT_RESTRICT_ROWS, /* the first so many */
	REPORT_RESTRICT_PART, /* the first part of them, 0..1 */
	REPORT_RESTRICT_PATTERN, /* those whose label ("PATH:LINE(NAME)", as pstats has it) matches */
};

struct report_restriction {
	enum report_restriction_kind kind;
	uint32_t rows;
	double part;
	const struct pattern *pattern;
};
#define REPORT_RESTRICTIONS_MAX 16

/* What rows are sorted by; the words for it are report_sort_names. */
enum report_sort {
	REPORT_SORT_SELF, /* descending, like the three below; the others ascending */
	REPORT_SORT_TOTAL,
	REPORT_SORT_CALLS, /* samples with the row anywhere on the stack */
	REPORT_SORT_PRIMITIVE_CALLS, /* likewise: a sample counts once however often a function recurs */
	REPORT_SORT_FILE,
	REPORT_SORT_LINE,
	REPORT_SORT_NAME,
	REPORT_SORT_NAME_FILE_LINE,
	REPORT_SORT_STANDARD_NAME, /* as printed */
};
#define REPORT_SORTS_MAX 8

struct report_sort_name {
	const char *name; /* as typed; may be cut as long as it stays clear */
	enum report_sort sort;
	const char *help; /* half a sentence; NULL: another word for one above */
};

/* Ends with a row whose name is NULL. */
extern const struct report_sort_name report_sort_names[];

/* By a name or an unambiguous beginning of it. 0 or -EINVAL with a reason that lists what it may be. */
int report_sort_find(const char *name, enum report_sort *ret_sort, struct err *err);

/* What numbers of weight are shown as. */
enum report_unit {
	REPORT_UNIT_TIME, /* seconds; samples where the profile has no time */
	REPORT_UNIT_PERCENT, /* of all */
	REPORT_UNIT_SAMPLES,
};

/* Whose file paths match: library frames and others hidden or shown in the tree, as pyinstrument has it. */
#define REPORT_PATTERNS_MAX 16
struct report_patterns {
	const struct pattern *patterns[REPORT_PATTERNS_MAX];
	uint32_t count;
};

/* How a base profile is made comparable to another one. */
enum report_normalize {
	REPORT_NORMALIZE_SAMPLES, /* shares of all samples are compared */
	REPORT_NORMALIZE_TIME, /* CPU seconds a second of the run */
	REPORT_NORMALIZE_NONE, /* as they are */
};

struct report_options {
	enum report_by by; /* rows of the flat report */
	uint32_t limit; /* rows of the flat report (without restrictions) and nodes of the tree at most; 0: all */
	struct report_restriction restrictions[REPORT_RESTRICTIONS_MAX];
	uint32_t nrestrictions;
	enum report_sort sorts[REPORT_SORTS_MAX]; /* of the flat report and of callers and callees */
	uint32_t nsorts; /* 0: by self */
	bool reverse; /* the sorted order turned around */
	const struct pattern *callers, *callees; /* functions whose callers or callees are shown; NULL: of all */
	struct report_patterns hide, show; /* of file paths; show wins */
	bool strip_dirs; /* file names without their folders, and rows that are equal then as one, as pstats does */
	bool full_paths; /* paths as the code objects have them */
	bool invert; /* the tree begins with the leaves */
	enum report_unit unit;
	enum report_normalize normalize;
	double threshold; /* fraction of all weight below which a tree node is left out, 0..1 */
	bool show_all; /* do not fold library frames in the tree */
	bool color; /* ANSI colours */
	bool unicode; /* box-drawing characters; ASCII otherwise */
	uint32_t width; /* columns of the terminal; 0: unlimited */
};

struct report_format {
	const char *name;
	const char *ending; /* of file names that choose this format, ".folded"; several with spaces between; NULL: none */
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

/* Is what it writes for people, and may be written to a terminal? */
bool report_is_text(const struct report_format *format);

/* The command that opens a file of that format, to be followed by its name; NULL: none is known. */
const char *report_next(const struct report_format *format);

/* What a user gets who asks for nothing: by line, 40 rows, nodes of 1 %, library frames folded, no colour, ASCII. */
void report_options_init(struct report_options *options);

#endif
