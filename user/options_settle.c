/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only shows once all options are known: which of them the verb does not take, which say the same thing or
 * contradict one another, and what follows from those that were left out.
 */
#include "options_steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "options_rows.h"
#include "options_values.h"

/* Without a verb the verbs that take an option are of more use than the options that may be taken. */
static int refuse_for_verb(const struct verb_row *verb, const struct option_row *refused,
			   struct err *err)
{
	struct option_names names = { 0 };
	char option[64];

	err_set(err, -EINVAL, "%s takes no --%s, for %s", verb->name, refused->name, verb->refusal);
	if (verb != &verb_sample) {
		for (const struct option_row *row = option_rows; row->name; row++) {
			if (!row->help || !(row->verbs & OPTION_OF(verb->verb)))
				continue;
			snprintf(option, sizeof(option), "--%s", row->name);
			option_names_add(&names, option);
		}
		return err_hint(err, "it takes %s", names.text);
	}
	for (const struct verb_row *row = verb_rows; row->name; row++) {
		if (refused->verbs & OPTION_OF(row->verb))
			option_names_add(&names, row->name);
	}
	return err_hint(err, "--%s is for %s", refused->name, names.text);
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

/* What reads saved profiles has enough of them, and what must have a name for its file has one. */
static int check_files(const struct option_parse *parse, struct err *err)
{
	const struct options *options = &parse->options;
	const struct verb_row *verb = parse->verb;

	if (options->nfiles < verb->files_min) {
		err_set(err, -EINVAL, "%s needs %s", verb->name,
			verb->files_min > 1   ? "two saved profiles"
			: verb->files_max > 1 ? "one or more saved profiles"
					      : "a saved profile");
		return err_hint(err, "%.*s; pybpfprof record makes them",
				(int)strcspn(verb->usage, "\n"), verb->usage);
	}
	if (verb->verb == OPTIONS_MERGE && !options->output) {
		err_set(err, -EINVAL, "merge needs --output FILE");
		return err_hint(err, "pybpfprof merge -o OUT FILE...");
	}
	return 0;
}

/* The rows of a diff are ordered by how much they changed, and a part or a pattern of that is nobody's question. */
static int check_diff_limit(const struct options *options, struct err *err)
{
	for (uint32_t i = 0; options->verb == OPTIONS_DIFF && i < options->report.nrestrictions;
	     i++) {
		if (options->report.restrictions[i].kind == REPORT_RESTRICT_ROWS)
			continue;
		err_set(err, -EINVAL, "diff takes only a number of rows as --limit");
		return err_hint(err, "give a number such as 20; 0 prints them all");
	}
	return 0;
}

/* Record and merge write saved profiles only: a name that promises another format is a misunderstanding. */
static int check_saved_name(const struct options *options, struct err *err)
{
	const struct report_format *format;

	if ((options->verb != OPTIONS_RECORD && options->verb != OPTIONS_MERGE) || !options->output)
		return 0;
	format = report_find_by_file(options->output);
	if (!format || !strcmp(format->name, OPTIONS_SAVED_FORMAT))
		return 0;
	err_set(err, -EINVAL, "what is saved is no %s, as the name '%s' says", format->name,
		options->output);
	if (options->verb == OPTIONS_RECORD)
		return err_hint(err,
				"save it as FILE.pb.gz, then: pybpfprof report -o %s FILE.pb.gz",
				options->output);
	return err_hint(err, "to print several as one: pybpfprof report -o %s FILE...",
			options->output);
}

/* Does the user ask for it by --format? */
static bool asks_for(const struct option_parse *parse, const struct report_format *format)
{
	const struct options *options = &parse->options;

	for (size_t i = 0; i < options->nproducts; i++) {
		if (options->products[i].format == format)
			return true;
	}
	return parse->have_format && options->format == format;
}

/* --callers and --callees say what to print like --format does. */
static int choose_calls(struct option_parse *parse, struct err *err)
{
	struct options *options = &parse->options;
	const struct {
		const char *name;
		const struct pattern *pattern;
	} calls[] = { { "callers", options->report.callers },
		      { "callees", options->report.callees } };
	const struct report_format *chosen = NULL, *format;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		format = calls[i].pattern ? report_find(calls[i].name) : NULL;
		if (!format || asks_for(parse, format))
			continue;
		if (parse->have_format || (chosen && parse->have_output)) {
			err_set(err, -EINVAL, "--%s and --%s both say what to print", calls[i].name,
				chosen ? chosen->name : "format");
			return err_hint(err, "give each a file: -f callers=FILE -f callees=FILE");
		}
		if (!chosen) {
			chosen = options->format = format;
			continue;
		}
		if (options->nproducts == OPTIONS_PRODUCTS_MAX)
			return err_set(err, -EINVAL, "more than %d files", OPTIONS_PRODUCTS_MAX);
		options->products[options->nproducts++].format = format;
	}
	parse->have_format |= chosen != NULL;
	return 0;
}

/* Two formats in one file would be the last one's. */
static int check_products(const struct options *options, struct err *err)
{
	for (size_t i = 0; i < options->nproducts; i++) {
		const char *file = options->products[i].output, *other = options->output;

		for (size_t j = 0; file && j <= i; j++) {
			if (other && !strcmp(file, other))
				return err_set(err, -EINVAL, "two formats go to one file '%s'",
					       file);
			other = options->products[j].output;
		}
	}
	return 0;
}

static int settle_formats(struct option_parse *parse, struct err *err)
{
	struct options *options = &parse->options;
	bool saves = options->verb == OPTIONS_RECORD || options->verb == OPTIONS_MERGE;
	int code = choose_calls(parse, err);

	/* Of what is saved the standard output has a name, for without one record makes one up. */
	if (!saves && options->output && !strcmp(options->output, "-"))
		options->output = NULL;
	if (!code)
		code = check_products(options, err);
	options->only_products = options->nproducts && !parse->have_format && !parse->have_output;
	if (!options->format && options->output)
		options->format = report_find_by_file(options->output);
	if (!options->format || saves)
		options->format =
			report_find(saves ? OPTIONS_SAVED_FORMAT : OPTIONS_DEFAULT_FORMAT);
	return code;
}

int options_settle(struct option_parse *parse, struct err *err)
{
	struct options *options = &parse->options;
	int code;

	if (parse->have_rate && parse->have_interval)
		return err_set(err, -EINVAL,
			       "--rate and --interval say the same thing: give one of them");
	for (size_t i = 0; i < parse->ngiven; i++) {
		if (!(parse->given[i]->verbs & OPTION_OF(options->verb)))
			return refuse_for_verb(parse->verb, parse->given[i], err);
	}
	code = check_choice(options, err);
	if (!code)
		code = check_files(parse, err);
	if (!code)
		code = check_diff_limit(options, err);
	if (!code)
		code = check_saved_name(options, err);
	if (!code)
		code = settle_formats(parse, err);
	/* without threads apart there would be one row */
	options->threads |= options->report.by == REPORT_BY_THREAD;
	if (!parse->have_by && (options->verb == OPTIONS_DIFF || options->verb == OPTIONS_BROWSE))
		options->report.by = REPORT_BY_FUNCTION;
	return code;
}
