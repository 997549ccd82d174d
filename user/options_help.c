/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the rows to the help, of one verb or of all. Must not know a single option or verb by name, nor how they are
 * parsed.
 */
#include "options.h"

#include <ctype.h>
#include <string.h>

#include "options_rows.h"
#include "options_values.h"

#define HELP_COLUMNS 80
#define HELP_INDENT  26

static const char *const group_titles[OPTION_GROUP_MAX] = {
	[OPTION_GROUP_PROCESS] =
		"What to sample (without a choice or command: every Python of the host)",
	[OPTION_GROUP_SAMPLING] = "How to sample",
	[OPTION_GROUP_WRITING] = "What to write, and where",
	[OPTION_GROUP_ROWS] = "Which rows",
	[OPTION_GROUP_TREE] = "The call tree",
	[OPTION_GROUP_DIFF] = "Comparing",
	[OPTION_GROUP_LOOKS] = "Looks",
	[OPTION_GROUP_OTHER] = "Other",
};

/* Text from column `indent` on, broken at spaces; `column` is where the line stands now. */
static void write_wrapped(FILE *stream, size_t column, size_t indent, const char *text)
{
	size_t length;

	if (column && column + 1 > indent) { /* no room for it beside what is there */
		fputc('\n', stream);
		column = 0;
	}
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

/* Each sort with all words for it. */
static void write_sorts(FILE *stream)
{
	const struct report_sort_name *row, *other;

	for (row = report_sort_names; row->name; row++) {
		struct option_names others = { 0 };
		char text[512];

		if (!row->help)
			continue;
		for (other = report_sort_names; other->name; other++) {
			if (!other->help && other->sort == row->sort)
				option_names_add(&others, other->name);
		}
		snprintf(text, sizeof(text), others.length ? "%s; also %s" : "%s", row->help,
			 others.text);
		write_choice(stream, row->name, text);
	}
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
	} else if (row->lists == OPTION_LISTS_SORTS) {
		write_sorts(stream);
	} else if (row->lists == OPTION_LISTS_KEYS) {
		for (const struct report_by_name *key = report_by_names; key->name; key++)
			write_choice(stream, key->name, key->help);
	}
}

/* What the list of verbs has in a column, standing alone. */
static void write_sentence(FILE *stream, const char *text)
{
	char sentence[512];

	snprintf(sentence, sizeof(sentence), "%c%s.", toupper((unsigned char)*text), text + 1);
	write_wrapped(stream, 0, 0, sentence);
}

static bool in_group(const struct option_row *row, int group, enum options_verb verb)
{
	return (int)row->group == group && row->help && row->verbs & OPTION_OF(verb);
}

static void write_groups(enum options_verb verb, FILE *stream)
{
	const struct option_row *row;

	for (int group = 0; group < OPTION_GROUP_MAX; group++) {
		for (row = option_rows; row->name && !in_group(row, group, verb);)
			row++;
		if (!row->name) /* the verb takes nothing of this group */
			continue;
		fprintf(stream, "\n%s:\n", group_titles[group]);
		for (; row->name; row++) {
			if (in_group(row, group, verb))
				write_row(stream, row);
		}
	}
}

void options_help(enum options_verb verb, FILE *stream)
{
	const struct verb_row *shown = verb_rows, *row;

	while (shown->name && shown->verb != verb)
		shown++;
	if (!shown->name)
		shown = &verb_sample;
	fputs(shown->usage, stream);
	write_sentence(stream, shown->help);
	fprintf(stream, "\nexamples:\n%s", shown->examples);
	if (shown == &verb_sample) {
		fputs("\nVerbs, which may be cut (without one: sample, then print; VERB -h says "
		      "more):\n",
		      stream);
		for (row = verb_rows; row->name; row++)
			write_wrapped(stream, (size_t)fprintf(stream, "  %s", row->name),
				      HELP_INDENT, row->help);
	}
	write_groups(verb, stream);
}
