/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of the command line, one per option; only options.c and options_rows.c know of them. */
#ifndef PBP_OPTIONS_ROWS_H
#define PBP_OPTIONS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "options.h"

/* The format of those who ask for none, neither by name nor by the output's ending. */
#define OPTIONS_DEFAULT_FORMAT "text"

/* Rows at most. */
#define OPTION_ROWS_MAX 64

enum option_group {
	OPTION_GROUP_PROCESS,
	OPTION_GROUP_SAMPLING,
	OPTION_GROUP_PRINTING,
	OPTION_GROUP_OTHER,
	OPTION_GROUP_MAX
};

/* What parsing needs beside the result. */
struct option_parse {
	struct options options;
	bool have_rate, have_interval, have_verb;
	const struct option_row *sampling_option; /* the first that only sampling takes */
};

/* What the help has behind a row. */
enum option_list {
	OPTION_LISTS_NOTHING,
	OPTION_LISTS_FORMATS,
	OPTION_LISTS_KEYS,
};

/* One option. An alias has no help of its own. */
struct option_row {
	const char *name;
	char letter; /* 0: none */
	const char *value; /* what the help calls its value; NULL: it takes none */
	enum option_group group;
	const char *help;
	/* With a value: a negative errno with a reason, to which the caller adds the option's name. */
	int (*parse)(struct option_parse *parse, const char *text, struct err *err);
	void (*set)(struct options *options); /* without */
	enum option_list lists;
	bool doctor; /* the verb doctor takes it too */
};

/* One verb, by its whole name; users may cut it as long as it stays clear. */
struct verb_row {
	const char *name;
	enum options_verb verb;
	const char *help;
};

/* Ends with a row whose name is NULL. */
extern const struct verb_row verb_rows[];

/* In the order of the help; ends with a row whose name is NULL. */
extern const struct option_row option_rows[];

/* What is in force before the first option. */
void option_parse_init(struct option_parse *parse);

#endif
