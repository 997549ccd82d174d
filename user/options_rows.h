/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rows of the command line, one per option and one per verb; only the files options*.c know of them. What a verb
 * takes is a set of bits in the options' rows.
 */
#ifndef PBP_OPTIONS_ROWS_H
#define PBP_OPTIONS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "options.h"

/* The format of those who ask for none, neither by name nor by the output's ending. */
#define OPTIONS_DEFAULT_FORMAT "text"

/* The format of saved profiles. */
#define OPTIONS_SAVED_FORMAT "pprof"

/* Rows at most. */
#define OPTION_ROWS_MAX 96

enum option_group {
	OPTION_GROUP_PROCESS,
	OPTION_GROUP_SAMPLING,
	OPTION_GROUP_WRITING,
	OPTION_GROUP_ROWS,
	OPTION_GROUP_TREE,
	OPTION_GROUP_DIFF,
	OPTION_GROUP_LOOKS,
	OPTION_GROUP_OTHER,
	OPTION_GROUP_MAX
};

/* What parsing needs beside the result. */
struct option_parse {
	struct options options;
	const struct verb_row *verb; /* verb_sample until one was read */
	const struct option_row *given[OPTION_ROWS_MAX]; /* each once, in the order typed */
	size_t ngiven;
	bool have_rate, have_interval, have_by, have_format, have_output, have_limit;
};

/* What the help has behind a row. */
enum option_list {
	OPTION_LISTS_NOTHING,
	OPTION_LISTS_FORMATS,
	OPTION_LISTS_KEYS,
	OPTION_LISTS_SORTS,
};

/* A verb in a set of them. */
#define OPTION_OF(verb) (1u << (verb))

/* One option. An alias has no help of its own. */
struct option_row {
	const char *name;
	char letter; /* 0: none */
	const char *value; /* what the help calls its value; NULL: it takes none */
	enum option_group group;
	unsigned verbs; /* that take it: OPTION_OF bits */
	const char *help;
	/* With a value: a negative errno with a reason, to which the caller adds the option's name. */
	int (*parse)(struct option_parse *parse, const char *text, struct err *err);
	void (*set)(struct options *options); /* without */
	enum option_list lists;
};

/* One verb, by its whole name; users may cut it as long as it stays clear. */
struct verb_row {
	const char *name;
	enum options_verb verb;
	const char *usage; /* lines behind "usage:" */
	const char *help; /* in the list of verbs */
	const char *examples; /* whole lines */
	const char *refusal; /* why it takes no others: "it samples nothing" */
	size_t files_min, files_max; /* saved profiles that it reads; 0: none */
	bool command; /* takes one behind -- */
};

/* What is done without a verb. Its name is for messages, nobody types it. */
extern const struct verb_row verb_sample;

/* In the order of the help; ends with a row whose name is NULL. */
extern const struct verb_row verb_rows[];

/* In the order of the help; ends with a row whose name is NULL. */
extern const struct option_row option_rows[];

/* What is in force before the first option. */
void option_parse_init(struct option_parse *parse);

#endif
