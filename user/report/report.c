/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of formats and of rows, and how a format is chosen. A format's own knowledge is in its report_<name>.c. */
#include "report/report.h"

#include <string.h>

#include "report/formats.h"

const struct report_format report_formats[] = {
	{ "text", ".txt", "the flat report, then the call tree", report_text_write },
	{ "flat", NULL, "self and total time per line or what --by says", report_flat_write },
	{ "tree", NULL, "the call tree, hottest branches first", report_tree_write },
	{ "folded", ".folded", "one line a stack, for flame graph tools", report_folded_write },
	{ "pprof", ".pb.gz .pprof", "the saved profile, for later and for pprof's viewers",
	  report_pprof_write },
	{ "callers", NULL, "functions, and who called them", report_callers_write },
	{ "callees", NULL, "functions, and whom they called", report_callees_write },
	{ "pstats", ".prof .pstats", "for Python's pstats, snakeviz, tuna, gprof2dot",
	  report_pstats_write },
	{ NULL, NULL, NULL, NULL },
};

const struct report_by_name report_by_names[] = {
	{ "line", REPORT_BY_LINE, "the line being executed" },
	{ "function", REPORT_BY_FUNCTION, "functions, at their first line" },
	{ "file", REPORT_BY_FILE, "source files" },
	{ "module", REPORT_BY_MODULE, "modules, as far as paths tell them" },
	{ "thread", REPORT_BY_THREAD, "threads, with -t" },
	{ "process", REPORT_BY_PROCESS, "whole processes" },
	{ "command", REPORT_BY_COMMAND, "processes of one program and script together" },
	{ "container", REPORT_BY_CONTAINER, "containers, and the host" },
	{ NULL, REPORT_BY_LINE, NULL },
};

const struct report_format *report_find(const char *name)
{
	const struct report_format *format;

	for (format = report_formats; format->name; format++) {
		if (strcmp(format->name, name) == 0)
			return format;
	}
	return NULL;
}

/* Does the file's name end in one of the endings? */
static bool ends_in(const char *file, const char *endings)
{
	const size_t length = strlen(file);

	while (*endings) {
		const size_t ending = strcspn(endings, " ");

		if (length >= ending && memcmp(file + length - ending, endings, ending) == 0)
			return true;
		endings += ending;
		endings += strspn(endings, " ");
	}
	return false;
}

const struct report_format *report_find_by_file(const char *file)
{
	const struct report_format *format;

	for (format = report_formats; format->name; format++) {
		if (format->ending && ends_in(file, format->ending))
			return format;
	}
	return NULL;
}

/* What to type next for the formats that are no text. */
static const struct {
	const char *format, *command;
} next_commands[] = {
	{ "pprof", "pybpfprof report" },
	{ "pstats", "python3 -m pstats" },
};

bool report_is_text(const struct report_format *format)
{
	return report_next(format) == NULL;
}

const char *report_next(const struct report_format *format)
{
	for (size_t i = 0; i < sizeof(next_commands) / sizeof(*next_commands); i++)
		if (strcmp(next_commands[i].format, format->name) == 0)
			return next_commands[i].command;
	return NULL;
}

void report_options_init(struct report_options *options)
{
	*options = (struct report_options){
		.by = REPORT_BY_LINE,
		.limit = 40,
		.threshold = 0.01,
	};
}
