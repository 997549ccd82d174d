/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each command does to the profile and to how it is shown. Prints by the same reports as everything else, and must
 * not know where lines come from.
 */
#include "browse_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/nearest.h"
#include "browse_restrictions.h"
#include "profile/profile.h"

#define BLANKS " \t"

struct command {
	const char *name;
	const char *arguments; /* for people, "" */
	const char *help; /* half a sentence */
	/* The arguments are without blanks around them and may be cut up. */
	int (*run)(struct browse *browse, const struct command *command, char *arguments,
		   struct err *err);
	enum browse_words words; /* what its arguments may be */
	bool restricts; /* they are restrictions */
	bool needs_profile;
	const char *format; /* of those that print */
};

/* ---- files ---- */

static void forget_files(char **files, size_t count)
{
	while (count > 0)
		free(files[--count]);
	free(files);
}

/* The first `count` files and one more, read anew: what fails on the way leaves the profile as it was. */
static int read_files(struct browse *browse, size_t count, const char *path, struct err *err)
{
	struct profile *profile = profile_new();
	char *copy = strdup(path);
	int code = 0;
	size_t i;

	if (!profile || !copy ||
	    array_reserve(&browse->files, &browse->files_capacity, count + 1, sizeof(char *)))
		code = err_set(err, -ENOMEM, "cannot read '%s': %s", path, strerror(ENOMEM));
	for (i = 0; i < count && !code; i++)
		code = browse->reader(browse->files[i], profile, err);
	if (!code)
		code = browse->reader(path, profile, err);
	if (code) {
		profile_free(profile);
		free(copy);
		return code;
	}
	while (browse->nfiles > count)
		free(browse->files[--browse->nfiles]);
	browse->files[browse->nfiles++] = copy;
	profile_free(browse->profile);
	browse->profile = profile;
	return 0;
}

/* A new profile is shown as the command line says; without an argument the first file is read again, as in pstats. */
static int run_read(struct browse *browse, const struct command *command, char *arguments,
		    struct err *err)
{
	int code;

	(void)command;
	if (!*arguments && browse->nfiles == 0)
		return err_set(err, -EINVAL, "there is no file to read again: read FILE");
	code = read_files(browse, 0, *arguments ? arguments : browse->files[0], err);
	if (!code)
		browse->options = browse->given;
	return code;
}

static int run_add(struct browse *browse, const struct command *command, char *arguments,
		   struct err *err)
{
	if (!*arguments)
		return err_set(err, -EINVAL, "%s needs a file", command->name);
	return browse_add(browse, arguments, err);
}

/* ---- how it is shown ---- */

static int list_sorts(FILE *out)
{
	const struct report_sort_name *name, *meant;

	fputs("sort keys, the first one first; they may be cut as long as they stay clear:\n", out);
	for (name = report_sort_names; name->name; name++) {
		for (meant = report_sort_names; !meant->help || meant->sort != name->sort; meant++)
			;
		fprintf(out, "  %-11s %s%s\n", name->name, name->help ? "" : "the same as ",
			name->help ? name->help : meant->name);
	}
	return 0;
}

static int run_sort(struct browse *browse, const struct command *command, char *arguments,
		    struct err *err)
{
	struct report_options options = browse->options;
	char *word;

	(void)command;
	options.nsorts = 0;
	options.reverse = false;
	if (!*arguments)
		return list_sorts(browse->out);
	while ((word = strsep(&arguments, BLANKS ","))) {
		int code;

		if (!*word)
			continue;
		if (options.nsorts == REPORT_SORTS_MAX)
			return err_set(err, -EINVAL, "more than %d sort keys", REPORT_SORTS_MAX);
		code = report_sort_find(word, &options.sorts[options.nsorts++], err);
		if (code)
			return code;
	}
	browse->options = options;
	return 0;
}

static int run_reverse(struct browse *browse, const struct command *command, char *arguments,
		       struct err *err)
{
	(void)command;
	(void)arguments;
	(void)err;
	browse->options.reverse = !browse->options.reverse;
	return 0;
}

static int run_strip(struct browse *browse, const struct command *command, char *arguments,
		     struct err *err)
{
	(void)command;
	(void)arguments;
	(void)err;
	browse->options.strip_dirs = true;
	return 0;
}

static int run_by(struct browse *browse, const struct command *command, char *arguments,
		  struct err *err)
{
	const struct report_by_name *name;

	(void)command;
	for (name = report_by_names; name->name; name++) {
		if (strcmp(name->name, arguments) == 0) {
			browse->options.by = name->by;
			return 0;
		}
		if (!*arguments)
			fprintf(browse->out, "  %-11s %s\n", name->name, name->help);
	}
	if (!*arguments)
		return 0;
	return err_set(err, -EINVAL, "there are no rows by '%s'; by alone lists what there is",
		       arguments);
}

/* ---- reports ---- */

/* Without arguments the limit of the command line holds, 40 rows unless it says another. */
static int run_report(struct browse *browse, const struct command *command, char *arguments,
		      struct err *err)
{
	struct report_options options = browse->options;
	struct browse_restrictions restrictions;
	int code = browse_restrictions_parse(&restrictions, arguments, err);

	if (code)
		return code;
	if (restrictions.count > 0) {
		memcpy(options.restrictions, restrictions.restrictions,
		       sizeof(options.restrictions));
		options.nrestrictions = restrictions.count;
	}
	code = report_find(command->format)->write(browse->profile, &options, browse->out, err);
	browse_restrictions_done(&restrictions);
	return code;
}

/* ---- help and the end ---- */

static int run_quit(struct browse *browse, const struct command *command, char *arguments,
		    struct err *err)
{
	(void)command;
	(void)arguments;
	(void)err;
	browse->ended = true;
	return 0;
}

static int run_help(struct browse *browse, const struct command *command, char *arguments,
		    struct err *err);

/* In the alphabet's order. EOF is what pstats calls the end of its input. */
static const struct command commands[] = {
	{ "EOF", "", "leave the browser, as Ctrl-D does", run_quit, BROWSE_WORDS_NONE, false, false,
	  NULL },
	{ "add", "FILE", "add another saved profile to this one", run_add, BROWSE_WORDS_FILES,
	  false, true, NULL },
	{ "by", "[ROWS]", "what a row of stats is; without ROWS, what there is", run_by,
	  BROWSE_WORDS_ROWS, false, false, NULL },
	{ "callees", "[RESTRICTION]...", "functions, and whom they called", run_report,
	  BROWSE_WORDS_NONE, true, true, "callees" },
	{ "callers", "[RESTRICTION]...", "functions, and who called them", run_report,
	  BROWSE_WORDS_NONE, true, true, "callers" },
	{ "help", "[COMMAND]", "this list, or more on one command", run_help, BROWSE_WORDS_COMMANDS,
	  false, false, NULL },
	{ "quit", "", "leave the browser", run_quit, BROWSE_WORDS_NONE, false, false, NULL },
	{ "read", "[FILE]", "read a saved profile; without FILE, this one again", run_read,
	  BROWSE_WORDS_FILES, false, false, NULL },
	{ "reverse", "", "turn the order of the rows around", run_reverse, BROWSE_WORDS_NONE, false,
	  true, NULL },
	{ "sort", "[KEY]...", "sort rows by one or several keys; without KEY, what there is",
	  run_sort, BROWSE_WORDS_SORTS, false, false, NULL },
	{ "stats", "[RESTRICTION]...", "self and total of each row", run_report, BROWSE_WORDS_NONE,
	  true, true, "flat" },
	{ "strip", "", "leave the folders of file names out", run_strip, BROWSE_WORDS_NONE, false,
	  true, NULL },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int refuse_command(const char *name, struct err *err)
{
	struct nearest nearest;
	size_t i;

	nearest_init(&nearest, name);
	for (i = 0; i < NCOMMANDS; i++)
		nearest_offer(&nearest, commands[i].name);
	err_set(err, -EINVAL, "there is no command '%s'", name);
	if (nearest.name)
		err_hint(err, "did you mean %s?", nearest.name);
	else
		err_hint(err, "help lists the commands");
	return -EINVAL;
}

static int run_help(struct browse *browse, const struct command *command, char *arguments,
		    struct err *err)
{
	size_t i;

	if (*arguments) {
		command = find_command(arguments);
		if (!command)
			return refuse_command(arguments, err);
		fprintf(browse->out, "%s %s\n  %s\n", command->name, command->arguments,
			command->help);
		if (command->restricts)
			browse_restrictions_explain(browse->out);
		return 0;
	}
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(browse->out, "  %-7s %-17s %s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
	return 0;
}

/* ---- lines ---- */

void browse_init(struct browse *browse, const struct report_options *given, browse_reader *reader,
		 FILE *out)
{
	*browse = (struct browse){
		.given = *given,
		.options = *given,
		.reader = reader,
		.out = out,
	};
}

void browse_done(struct browse *browse)
{
	profile_free(browse->profile);
	forget_files(browse->files, browse->nfiles);
	free(browse->last);
}

int browse_add(struct browse *browse, const char *path, struct err *err)
{
	return read_files(browse, browse->nfiles, path, err);
}

/* Without blanks around it; cuts the text. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	length = strlen(text);
	while (length > 0 && strchr(BLANKS "\r\n", text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

static int execute(struct browse *browse, char *line, struct err *err)
{
	char *arguments = line, *name = strsep(&arguments, BLANKS);
	const struct command *command = find_command(strcmp(name, "?") == 0 ? "help" : name);

	if (!command)
		return refuse_command(name, err);
	if (command->needs_profile && !browse->profile)
		return err_set(err, -EINVAL, "no profile is read yet: read FILE");
	arguments = arguments ? trim(arguments) : name + strlen(name);
	if (*arguments && !*command->arguments)
		return err_set(err, -EINVAL, "%s takes no arguments", command->name);
	return command->run(browse, command, arguments, err);
}

int browse_execute(struct browse *browse, const char *line, struct err *err)
{
	char *copy = strdup(line), *trimmed;
	int code;

	if (!copy)
		return err_set(err, -ENOMEM, "cannot read a command: %s", strerror(ENOMEM));
	trimmed = trim(copy);
	if (*trimmed) {
		free(browse->last);
		browse->last = strdup(trimmed);
	} else {
		free(copy);
		copy = browse->last ? strdup(browse->last) : NULL;
		trimmed = copy;
	}
	code = trimmed ? execute(browse, trimmed, err) : 0;
	free(copy);
	return code;
}

enum browse_words browse_words_behind(const char *line, size_t length)
{
	const size_t blanks = strspn(line, BLANKS), end = blanks + strcspn(line + blanks, BLANKS);
	size_t i;

	if (length <= end)
		return BROWSE_WORDS_COMMANDS;
	for (i = 0; i < NCOMMANDS; i++) {
		if (strlen(commands[i].name) == end - blanks &&
		    memcmp(commands[i].name, line + blanks, end - blanks) == 0)
			return commands[i].words;
	}
	return BROWSE_WORDS_NONE;
}

const char *browse_word(enum browse_words words, size_t index)
{
	switch (words) {
	case BROWSE_WORDS_COMMANDS:
		return index < NCOMMANDS ? commands[index].name : NULL;
	case BROWSE_WORDS_SORTS:
		return report_sort_names[index].name;
	case BROWSE_WORDS_ROWS:
		return report_by_names[index].name;
	case BROWSE_WORDS_NONE:
	case BROWSE_WORDS_FILES:
		break;
	}
	return NULL;
}
