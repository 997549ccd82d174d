/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments that belong to no option: a verb, the files it reads, and what stands behind "--". Must not know what
 * becomes of them.
 */
#include "options_steps.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/nearest.h"
#include "options_rows.h"
#include "options_values.h"

/* A file name that can only be meant for a verb that reads saved profiles. */
static bool looks_saved(const char *name)
{
	static const char *const endings[] = { ".pb.gz", ".pb", ".pprof" };
	const size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const size_t ending = strlen(endings[i]);

		if (length > ending && !strcmp(name + length - ending, endings[i]))
			return true;
	}
	return false;
}

/* Verbs of other profilers, and what to type for them here. */
static const struct {
	const char *verb, *hint;
} verbs_elsewhere[] = {
	{ "attach", "to sample a process that runs: pybpfprof -p PID" },
	{ "dump", "stacks of a process that waits cannot be had yet; where one runs: pybpfprof -p "
		  "PID -d 1" },
	{ "help", "-h lists all verbs, VERB -h what one takes" },
	{ "load", "to read a saved profile: pybpfprof report FILE" },
	{ "replay", "to read a saved profile: pybpfprof report FILE" },
	{ "run", "to start a command and sample it: pybpfprof -- CMD [ARG]..." },
	{ "top", "there is no live view yet; five seconds, once: pybpfprof -f flat -l 20 -d 5" },
	{ "view", "to read a saved profile: pybpfprof report FILE" },
};

/* What stands where a verb may stand, and is none. */
static int refuse_verb(const char *argument, struct err *err)
{
	struct nearest nearest;
	uint64_t pid;

	err_set(err, -EINVAL, "'%s' is no verb and no option", argument);
	for (size_t i = 0; i < sizeof(verbs_elsewhere) / sizeof(verbs_elsewhere[0]); i++) {
		if (!strcmp(verbs_elsewhere[i].verb, argument))
			return err_hint(err, "%s", verbs_elsewhere[i].hint);
	}
	nearest_init(&nearest, argument);
	for (const struct verb_row *row = verb_rows; row->name; row++)
		nearest_offer(&nearest, row->name);
	if (option_parse_whole(argument, INT_MAX, &pid))
		err_hint(err, "to choose a process: -p %s", argument);
	else if (looks_saved(argument))
		err_hint(err, "to read it: pybpfprof report %s", argument);
	else if (nearest.name)
		err_hint(err, "did you mean '%s'? -h lists all verbs", nearest.name);
	else
		err_hint(err, "to start it and sample it: pybpfprof [OPTION]... -- %s ...",
			 argument);
	return -EINVAL;
}

/* The verb of that name, or whose name alone begins so. */
static int take_verb(struct option_parse *parse, const char *argument, struct err *err)
{
	struct option_names matches = { 0 };
	const struct verb_row *match = NULL;
	const size_t length = strlen(argument);
	size_t nmatches = 0;

	for (const struct verb_row *row = verb_rows; length && row->name; row++) {
		if (strncmp(row->name, argument, length) != 0)
			continue;
		match = row;
		nmatches++;
		option_names_add(&matches, row->name);
		if (!row->name[length]) { /* whole: longer ones that begin alike do not count */
			nmatches = 1;
			break;
		}
	}
	if (nmatches == 0)
		return refuse_verb(argument, err);
	if (nmatches > 1) {
		err_set(err, -EINVAL, "'%s' is not clear: %s", argument, matches.text);
		return err_hint(err, "-h lists all verbs");
	}
	parse->options.verb = match->verb;
	parse->verb = match;
	return 0;
}

/* The part of argv that was read serves for the files. */
static int take_file(struct option_parse *parse, char *argv[], char *argument, struct err *err)
{
	struct options *options = &parse->options;
	uint64_t pid;

	if (options->nfiles == parse->verb->files_max) {
		err_set(err, -EINVAL, "'%s' is one argument too many", argument);
		if (option_parse_whole(argument, INT_MAX, &pid) && parse->verb->files_max == 0)
			return err_hint(err, "to choose a process: -p %s", argument);
		return err_hint(err, "%.*s", (int)strcspn(parse->verb->usage, "\n"),
				parse->verb->usage);
	}
	if (!*argument)
		return err_set(err, -EINVAL, "a file name is empty");
	argv[1 + options->nfiles++] = argument;
	options->files = argv + 1;
	return 0;
}

int option_take_argument(struct option_parse *parse, char *argv[], char *argument, struct err *err)
{
	if (parse->verb == &verb_sample)
		return take_verb(parse, argument, err);
	return take_file(parse, argv, argument, err);
}

int option_take_rest(struct option_parse *parse, int argc, char *argv[], int begin, struct err *err)
{
	int code = 0;

	if (parse->verb->files_max) {
		for (int i = begin; i < argc && !code; i++)
			code = take_file(parse, argv, argv[i], err);
		return code;
	}
	if (!parse->verb->command) {
		err_set(err, -EINVAL, "%s starts no command", parse->verb->name);
		return err_hint(err, "it looks at processes that run already: pybpfprof %s -p PID",
				parse->verb->name);
	}
	if (begin < argc && *argv[begin]) {
		parse->options.command = argv + begin;
		return 0;
	}
	err_set(err, -EINVAL,
		begin < argc ? "the command behind -- has an empty name"
			     : "there is no command behind --");
	return err_hint(err, "pybpfprof [OPTION]... -- CMD [ARG]...");
}
