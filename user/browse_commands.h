/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of the browser: a table of rows, and what they act on. */
#ifndef PBP_BROWSE_COMMANDS_H
#define PBP_BROWSE_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "report/report.h"

struct profile;

/* Add a file to the profile. 0, or a negative errno with the reason. */
typedef int browse_reader(const char *path, struct profile *profile, struct err *err);

struct browse {
	struct report_options given; /* of the command line: what "read" goes back to */
	struct report_options options; /* as sort, reverse, strip and by changed them */
	browse_reader *reader;
	FILE *out;
	struct profile *profile; /* NULL: none is read */
	char **files; /* that it was read from, the first one first */
	size_t nfiles, files_capacity;
	char *last; /* the last line that was not empty; NULL: none */
	bool ended;
};

/* `given`, its patterns and `out` must live as long. */
void browse_init(struct browse *browse, const struct report_options *given, browse_reader *reader,
		 FILE *out);
void browse_done(struct browse *browse);

/* Add a file to the profile, or read the first one. 0, or a negative errno with the reason and nothing changed. */
int browse_add(struct browse *browse, const char *path, struct err *err);

/*
 * Carry out a line: a command and its arguments; an empty one repeats the last, as pstats' does. browse->ended is set when
 * it was the last. 0, or a negative errno with the reason, after which everything is as it was before.
 */
int browse_execute(struct browse *browse, const char *line, struct err *err);

/* What a word of a line may be. */
enum browse_words {
	BROWSE_WORDS_NONE,
	BROWSE_WORDS_COMMANDS,
	BROWSE_WORDS_SORTS,
	BROWSE_WORDS_ROWS, /* what "by" takes */
	BROWSE_WORDS_FILES, /* which are no list */
};

/* What may stand behind the first `length` bytes of the line. */
enum browse_words browse_words_behind(const char *line, size_t length);

/* The words of such a list by index; NULL behind the last. */
const char *browse_word(enum browse_words words, size_t index);

#endif
