/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the arguments to the options, by getopt. Must not know a single option or verb by name (those are rows in
 * options_rows.c and options_verbs.c), nor print anything.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "base/nearest.h"
#include "base/pattern.h"
#include "options_rows.h"
#include "options_steps.h"

/* What getopt_long returns for a row by its long name: never a letter. */
#define ROW_VALUE(row) ((int)(row) + 256)

static const struct option_row *row_by_value(int value)
{
	if (value >= ROW_VALUE(0))
		return &option_rows[value - ROW_VALUE(0)];
	for (size_t i = 0; option_rows[i].name; i++) {
		if (value && option_rows[i].letter == value)
			return &option_rows[i];
	}
	return NULL;
}

/* A long option that getopt does not know, or cannot tell from others that begin alike. */
static int refuse_long_name(const char *argument, struct err *err)
{
	size_t length = strcspn(argument, "="), used = 0;
	char typed[64], matches[128] = "";
	struct nearest nearest;
	int nmatches = 0;

	snprintf(typed, sizeof(typed), "%.*s", (int)(length < sizeof(typed) ? length : 63),
		 argument);
	nearest_init(&nearest, typed);
	for (size_t i = 0; option_rows[i].name; i++) {
		nearest_offer(&nearest, option_rows[i].name);
		if (strncmp(option_rows[i].name, typed, strlen(typed)) != 0 ||
		    used >= sizeof(matches))
			continue;
		used += (size_t)snprintf(matches + used, sizeof(matches) - used, "%s--%s",
					 nmatches++ ? ", " : "", option_rows[i].name);
	}
	if (nmatches > 1)
		return err_set(err, -EINVAL, "option '--%s' is not clear: %s", typed, matches);
	err_set(err, -EINVAL, "there is no option '--%s'", typed);
	if (nearest.name)
		err_hint(err, "did you mean --%s? -h lists all options", nearest.name);
	else
		err_hint(err, "-h lists all options");
	return -EINVAL;
}

/* What getopt refuses: argument is what it looked at, optopt what it knows of that. */
static int refuse_option(bool missing_value, const char *argument, struct err *err)
{
	const struct option_row *row = row_by_value(optopt);

	if (missing_value && row) {
		err_set(err, -EINVAL, "option --%s needs a value", row->name);
		err_hint(err, "--%s %s: %s", row->name, row->value,
			 row->help ? row->help : "-h lists all options");
		return -EINVAL;
	}
	if (row)
		return err_set(err, -EINVAL, "option --%s takes no value", row->name);
	if (!optopt)
		return refuse_long_name(argument + strspn(argument, "-"), err);
	err_set(err, -EINVAL, "there is no option '-%c'", optopt);
	err_hint(err, "-h lists all options");
	return -EINVAL;
}

/* From the table to what getopt wants. Returned in order, so that a stray argument is seen in its place. */
static void fill_getopt(struct option *longs, char *shorts)
{
	const struct option_row *row;

	*shorts++ = '-';
	*shorts++ = ':';
	for (row = option_rows; row->name; row++) {
		*longs++ = (struct option){ .name = row->name,
					    .has_arg = row->value ? required_argument : no_argument,
					    .val = ROW_VALUE(row - option_rows) };
		if (!row->letter)
			continue;
		*shorts++ = row->letter;
		if (row->value)
			*shorts++ = ':';
	}
	*longs = (struct option){ 0 };
	*shorts = '\0';
}

static void note_given(struct option_parse *parse, const struct option_row *row)
{
	for (size_t i = 0; i < parse->ngiven; i++) {
		if (parse->given[i] == row)
			return;
	}
	parse->given[parse->ngiven++] = row;
}

/* What getopt returned. */
static int handle_option(struct option_parse *parse, int returned, char *argv[],
			 const char *argument, struct err *err)
{
	const struct option_row *row;
	int r = 0;

	if (returned == 1)
		return option_take_argument(parse, argv, optarg, err);
	if (returned == '?' || returned == ':')
		return refuse_option(returned == ':', argument, err);
	row = row_by_value(returned);
	note_given(parse, row);
	if (row->set)
		row->set(&parse->options);
	else
		r = row->parse(parse, optarg, err);
	if (r < 0) {
		err_wrap(err, "--%s", row->name);
		if (err)
			err->code = -EINVAL; /* whatever a parser calls it, it is bad usage */
		return -EINVAL;
	}
	return 0;
}

int options_parse(struct options *options, int argc, char *argv[], struct err *err)
{
	struct option_parse parse;
	struct option longs[OPTION_ROWS_MAX + 1];
	char shorts[2 * OPTION_ROWS_MAX + 3];
	int returned, looked_at, r = 0;

	option_parse_init(&parse);
	fill_getopt(longs, shorts);
	opterr = 0;
	optind = 0; /* glibc: begin anew, also in the middle of grouped letters */
	for (;;) {
		looked_at = optind ? optind : 1;
		returned = getopt_long(argc, argv, shorts, longs, NULL);
		if (returned == -1)
			break;
		/* Only the first error counts, but --help and --version are heard wherever they stand. */
		if (handle_option(&parse, returned, argv, argv[looked_at], r ? NULL : err) < 0)
			r = -EINVAL;
	}
	/* At "--" getopt steps over it and ends; without, all arguments were returned one by one. */
	if (!r && optind > looked_at)
		r = option_take_rest(&parse, argc, argv, optind, err);
	if (!parse.options.help && !parse.options.version) {
		if (!r)
			r = options_settle(&parse, err);
		if (r < 0) {
			options_done(&parse.options);
			return r;
		}
	}
	*options = parse.options;
	return 0;
}

void options_done(struct options *options)
{
	for (size_t i = 0; i < options->npatterns; i++)
		pattern_free(options->patterns[i]);
	options->npatterns = 0;
}
