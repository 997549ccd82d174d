/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the arguments to the options, and from the rows to the help. Must not know a single option (that is
 * options_rows.c), nor print anything but the help.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "base/nearest.h"
#include "options_rows.h"
#include "options_values.h"

#define HELP_COLUMNS 80
#define HELP_INDENT  26

static const char *const group_titles[OPTION_GROUP_MAX] = {
	[OPTION_GROUP_PROCESS] =
		"What to sample (without a choice or command: every Python of the host)",
	[OPTION_GROUP_SAMPLING] = "How to sample",
	[OPTION_GROUP_PRINTING] = "What to print",
	[OPTION_GROUP_OTHER] = "Other",
};

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

static int refuse_positional(bool have_verb, const char *argument, struct err *err)
{
	struct nearest nearest;
	uint64_t pid;

	err_set(err, -EINVAL,
		have_verb ? "'%s' is one argument too many" : "'%s' is no verb and no option",
		argument);
	nearest_init(&nearest, argument);
	for (size_t i = 0; verb_rows[i].name; i++)
		nearest_offer(&nearest, verb_rows[i].name);
	if (option_parse_whole(argument, INT_MAX, &pid))
		err_hint(err, "to choose a process: -p %s", argument);
	else if (have_verb)
		err_hint(err, "-h lists all options");
	else if (nearest.name)
		err_hint(err, "did you mean '%s'? -h lists all verbs", nearest.name);
	else
		err_hint(err, "to start it and sample it: pybpfprof [OPTION]... -- %s ...",
			 argument);
	return -EINVAL;
}

/* An argument that belongs to no option: the verb, if it is the first of its kind. */
static int take_positional(struct option_parse *parse, const char *argument, struct err *err)
{
	const struct verb_row *match = NULL;
	size_t length = strlen(argument), nmatches = 0;

	for (const struct verb_row *row = verb_rows; length && row->name; row++) {
		if (strncmp(row->name, argument, length) != 0)
			continue;
		match = row;
		nmatches++;
		if (!row->name[length]) { /* whole: longer ones that begin alike do not count */
			nmatches = 1;
			break;
		}
	}
	if (nmatches != 1 || parse->have_verb)
		return refuse_positional(parse->have_verb, argument, err);
	parse->options.verb = match->verb;
	parse->have_verb = true;
	return 0;
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

/* What getopt returned. */
static int handle_option(struct option_parse *parse, int returned, const char *argument,
			 struct err *err)
{
	const struct option_row *row;
	int r = 0;

	if (returned == 1)
		return take_positional(parse, optarg, err);
	if (returned == '?' || returned == ':')
		return refuse_option(returned == ':', argument, err);
	row = row_by_value(returned);
	if (!row->doctor && !parse->sampling_option)
		parse->sampling_option = row;
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

static int refuse_for_doctor(const struct option_row *refused, struct err *err)
{
	char list[256] = "";
	size_t length = 0;

	for (const struct option_row *row = option_rows; row->name; row++) {
		if (row->doctor && length < sizeof(list))
			length += (size_t)snprintf(list + length, sizeof(list) - length, "%s--%s",
						   length ? ", " : "", row->name);
	}
	err_set(err, -EINVAL, "doctor takes no --%s, for it samples nothing", refused->name);
	err_hint(err, "it takes %s", list);
	return -EINVAL;
}

/* Processes are chosen in one way: by number, by what they are, or by starting them. */
static int check_choice(const struct options *options, struct err *err)
{
	const char *filter = options->name	  ? "--name"
			     : options->container ? "--container"
			     : options->cgroup	  ? "--cgroup"
			     : options->unit	  ? "--unit"
						  : NULL;

	if (options->command && (options->npids || filter)) {
		err_set(err, -EINVAL, "%s and the command '%s' both say what to sample",
			options->npids ? "--pid" : filter, options->command[0]);
		err_hint(err, "with a command only it and what it starts is sampled");
		return -EINVAL;
	}
	if (options->npids && filter) {
		err_set(err, -EINVAL, "--pid and %s both say what to sample", filter);
		err_hint(err, "give numbers, or what the processes have in common");
		return -EINVAL;
	}
	if (options->source == OPTIONS_PER_THREAD && !options->npids && !options->command) {
		err_set(err, -EINVAL,
			"--per-thread needs threads that are known: --pid or a command");
		err_hint(err, "for all others it is --per-cpu, the default");
		return -EINVAL;
	}
	return 0;
}

/* What only shows once all options are known. */
static int finish(struct option_parse *parse, struct err *err)
{
	struct options *options = &parse->options;
	int code;

	if (parse->have_rate && parse->have_interval)
		return err_set(err, -EINVAL,
			       "--rate and --interval say the same thing: give one of them");
	if (options->verb == OPTIONS_DOCTOR && parse->sampling_option)
		return refuse_for_doctor(parse->sampling_option, err);
	if (options->verb == OPTIONS_DOCTOR && options->command) {
		err_set(err, -EINVAL, "doctor starts no command");
		err_hint(err, "it looks at processes that run already: pybpfprof doctor -p PID");
		return -EINVAL;
	}
	code = check_choice(options, err);
	if (code)
		return code;
	/* without threads apart there would be one row */
	options->threads |= options->report.by == REPORT_BY_THREAD;
	if (!options->format && options->output)
		options->format = report_find_by_file(options->output);
	if (!options->format)
		options->format = report_find(OPTIONS_DEFAULT_FORMAT);
	return 0;
}

/* What getopt left behind "--", which begins the command; argv[begin] is its name. */
static int take_command(struct option_parse *parse, int argc, char *argv[], int begin,
			struct err *err)
{
	if (begin < argc && *argv[begin]) {
		parse->options.command = argv + begin;
		return 0;
	}
	err_set(err, -EINVAL,
		begin < argc ? "the command behind -- has an empty name"
			     : "there is no command behind --");
	err_hint(err, "pybpfprof [OPTION]... -- CMD [ARG]...");
	return -EINVAL;
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
		if (handle_option(&parse, returned, argv[looked_at], r ? NULL : err) < 0)
			r = -EINVAL;
	}
	/* At "--" getopt steps over it and ends; without, all arguments were returned one by one. */
	if (!r && optind > looked_at)
		r = take_command(&parse, argc, argv, optind, err);
	if (!parse.options.help && !parse.options.version) {
		if (!r)
			r = finish(&parse, err);
		if (r < 0)
			return r;
	}
	*options = parse.options;
	return 0;
}

/* Text from column `indent` on, broken at spaces; `column` is where the line stands now. */
static void write_wrapped(FILE *stream, size_t column, size_t indent, const char *text)
{
	size_t length;

	for (; *text; text += length + strspn(text + length, " ")) {
		length = strcspn(text, " ");
		if (column > indent && column + 1 + length > HELP_COLUMNS) {
			fputc('\n', stream);
			column = 0;
		}
		if (column > indent)
			column += (size_t)fprintf(stream, " ");
		else
			column += (size_t)fprintf(stream, "%*s", (int)(indent - column), "");
		column += (size_t)fprintf(stream, "%.*s", (int)length, text);
	}
	fputc('\n', stream);
}

/* One of the values that an option knows by name. */
static void write_choice(FILE *stream, const char *name, const char *help)
{
	int column = fprintf(stream, "%*s%-11s", HELP_INDENT + 2, "", name);

	write_wrapped(stream, (size_t)column, HELP_INDENT + 14, help);
}

static void write_row(FILE *stream, const struct option_row *row)
{
	int column = fprintf(stream, "  ");

	column += row->letter ? fprintf(stream, "-%c, ", row->letter) : fprintf(stream, "    ");
	column += fprintf(stream, "--%s%s%s", row->name, row->value ? " " : "",
			  row->value ? row->value : "");
	write_wrapped(stream, (size_t)column, HELP_INDENT, row->help);
	if (row->lists == OPTION_LISTS_FORMATS) {
		for (const struct report_format *format = report_formats; format->name; format++)
			write_choice(stream, format->name, format->help);
	} else if (row->lists == OPTION_LISTS_KEYS) {
		for (const struct report_by_name *key = report_by_names; key->name; key++)
			write_choice(stream, key->name, key->help);
	}
}

void options_help(FILE *stream)
{
	fputs("usage: pybpfprof [-p PID[,PID]...] [OPTION]...\n"
	      "       pybpfprof [OPTION]... -- CMD [ARG]...\n"
	      "       pybpfprof doctor [-p PID[,PID]...]\n"
	      "Samples CPython processes and reports where their CPU time goes.\n\n"
	      "examples:\n"
	      "  pybpfprof -p 812                       until Ctrl-C, then print the profile\n"
	      "  pybpfprof -d 30s --by process          every Python process of the host\n"
	      "  pybpfprof -- python3 app.py            start it as the user who called sudo\n"
	      "  pybpfprof -p 812 -d 30s --by function  the hottest functions of 30 seconds\n"
	      "  pybpfprof --unit web -t                threads of a service, until Ctrl-C\n"
	      "  pybpfprof -p 812 -d 10 -o app.folded   stacks for a flame graph\n"
	      "  pybpfprof doctor -p 812                can it be sampled, and if not, why?\n",
	      stream);
	fputs("\nVerbs, which may be cut (without one: sample, then print):\n", stream);
	for (const struct verb_row *row = verb_rows; row->name; row++)
		write_wrapped(stream, (size_t)fprintf(stream, "  %s", row->name), HELP_INDENT,
			      row->help);
	for (int group = 0; group < OPTION_GROUP_MAX; group++) {
		fprintf(stream, "\n%s:\n", group_titles[group]);
		for (size_t i = 0; option_rows[i].name; i++) {
			if ((int)option_rows[i].group == group && option_rows[i].help)
				write_row(stream, &option_rows[i]);
		}
	}
}
