/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row per option: its names, its help, and what it does to the options. Must not know in which order or
 * how often options come, nor touch files, processes or the environment.
 */
#include "options_rows.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <config.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "python/layout.h"
#include "python/version.h"

#define TEXT_OF(number) #number
#define TEXT(number)	TEXT_OF(number)

#define RATE_MIN     1
#define RATE_MAX     20000
#define RATE_DEFAULT 1000
#define PERIOD_MIN   (CLOCK_NS_PER_SECOND / RATE_MAX)
#define PERIOD_MAX   (CLOCK_NS_PER_SECOND / RATE_MIN)

bool option_parse_whole(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || number > (max - (uint64_t)(*text - '0')) / 10)
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	*ret_number = number;
	return true;
}

static int parse_pid(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t pid;

	if (strchr(text, ',')) {
		err_set(err, -EINVAL, "'%s' is more than one process", text);
		err_hint(err, "for now one process is sampled at a time");
		return -EINVAL;
	}
	if (!option_parse_whole(text, INT_MAX, &pid) || pid == 0) {
		err_set(err, -EINVAL, "'%s' is not the number of a process", text);
		err_hint(err, "list the Python processes: pgrep -a python");
		return -EINVAL;
	}
	if (parse->options.pid && parse->options.pid != (pid_t)pid) {
		err_set(err, -EINVAL, "%d and %d are two processes", parse->options.pid,
			(pid_t)pid);
		err_hint(err, "for now one process is sampled at a time");
		return -EINVAL;
	}
	parse->options.pid = (pid_t)pid;
	return 0;
}

static int parse_assume_layout(struct option_parse *parse, const char *text, struct err *err)
{
	uint16_t series;
	char list[256];

	if (version_parse_series(text, &series) &&
	    layout_row_by_version((uint32_t)series << 16, false, 0)) {
		parse->options.assume_series = series;
		return 0;
	}
	version_list_supported(list, sizeof(list));
	err_set(err, -EINVAL, "'%s' is not a version whose layout is known", text);
	err_hint(err, "layouts are known of CPython %s; whether the GIL is in it is seen by itself",
		 list);
	return -EINVAL;
}

static int parse_rate(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t hz;
	int r;

	r = clock_parse_rate(text, &hz, err);
	if (r < 0 && r != -ERANGE)
		return r;
	if (r == -ERANGE || hz < RATE_MIN || hz > RATE_MAX)
		return err_set(err, -EINVAL,
			       "'%s' is not between " TEXT(RATE_MIN) " and " TEXT(RATE_MAX) " Hz",
			       text);
	parse->options.period_ns = (CLOCK_NS_PER_SECOND + hz / 2) / hz;
	parse->have_rate = true;
	return 0;
}

static int parse_interval(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t ns;
	int r;

	r = clock_parse_duration(text, &ns, err);
	if (r < 0 && r != -ERANGE)
		return r;
	if (r == -ERANGE || ns < PERIOD_MIN || ns > PERIOD_MAX)
		return err_set(err, -EINVAL, "'%s' is not between %lluus and %llus", text,
			       PERIOD_MIN / 1000, PERIOD_MAX / CLOCK_NS_PER_SECOND);
	parse->options.period_ns = ns;
	parse->have_interval = true;
	return 0;
}

static int parse_duration(struct option_parse *parse, const char *text, struct err *err)
{
	bool negative = text[0] == '-';
	uint64_t ns;
	int r;

	r = clock_parse_duration(text + negative, &ns, err);
	if (r < 0 && !negative)
		return r;
	if (r < 0)
		return clock_parse_duration(text, &ns, err);
	if (negative || ns == 0) {
		err_set(err, -EINVAL, "'%s' is no time to sample in: it must be more than 0", text);
		err_hint(err, "without -d sampling goes on until Ctrl-C or the process's end");
		return -EINVAL;
	}
	parse->options.duration_ns = ns;
	return 0;
}

static int parse_max_depth(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t depth;

	if (!option_parse_whole(text, PBP_DEPTH_MAX, &depth) || depth == 0)
		return err_set(err, -EINVAL,
			       "'%s' is not a number of frames between 1 and " TEXT(PBP_DEPTH_MAX),
			       text);
	parse->options.max_depth = (uint32_t)depth;
	return 0;
}

/* The names of all formats with commas between. */
static void list_formats(char *list, size_t capacity)
{
	size_t length = 0;

	list[0] = '\0';
	for (const struct report_format *format = report_formats; format->name; format++) {
		if (length >= capacity)
			break;
		length += (size_t)snprintf(list + length, capacity - length, "%s%s",
					   format == report_formats ? "" : ", ", format->name);
	}
}

static int parse_format(struct option_parse *parse, const char *text, struct err *err)
{
	const struct report_format *format = report_find(text);
	struct nearest nearest;
	char list[256];

	if (format) {
		parse->options.format = format;
		return 0;
	}
	nearest_init(&nearest, text);
	for (format = report_formats; format->name; format++)
		nearest_offer(&nearest, format->name);
	list_formats(list, sizeof(list));
	err_set(err, -EINVAL, "there is no format '%s'", text);
	if (nearest.name)
		err_hint(err, "did you mean '%s'? formats are %s", nearest.name, list);
	else
		err_hint(err, "formats are %s", list);
	return -EINVAL;
}

static int parse_output(struct option_parse *parse, const char *text, struct err *err)
{
	if (!*text)
		return err_set(err, -EINVAL, "the file name is empty");
	parse->options.output = strcmp(text, "-") ? text : NULL;
	return 0;
}

static int parse_by(struct option_parse *parse, const char *text, struct err *err)
{
	static const struct {
		const char *name;
		enum report_by by;
	} keys[] = { { "line", REPORT_BY_LINE }, { "function", REPORT_BY_FUNCTION } };
	struct nearest nearest;

	nearest_init(&nearest, text);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(text, keys[i].name)) {
			parse->options.report.by = keys[i].by;
			return 0;
		}
		nearest_offer(&nearest, keys[i].name);
	}
	err_set(err, -EINVAL, "'%s' is no key for rows", text);
	if (nearest.name)
		err_hint(err, "did you mean '%s'? keys are line and function", nearest.name);
	else
		err_hint(err, "keys are line and function");
	return -EINVAL;
}

static int parse_limit(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t limit;

	if (!option_parse_whole(text, UINT32_MAX, &limit)) {
		err_set(err, -EINVAL, "'%s' is not a number of rows", text);
		err_hint(err, "give a number such as 20; 0 prints them all");
		return -EINVAL;
	}
	parse->options.report.limit = (uint32_t)limit;
	return 0;
}

/*
 * A part of the whole: "1%", "0.5%", "0.01". A bare number of 1 or more is refused, for half of its writers
 * mean percent.
 */
static int parse_threshold(struct option_parse *parse, const char *text, struct err *err)
{
	size_t length = strlen(text), number = strspn(text, "0123456789.");
	bool percent = length && text[length - 1] == '%';
	char *end;
	double value;

	/* strtod takes more than that: signs, exponents, infinities. */
	if (number && number + percent == length) {
		value = strtod(text, &end);
		if (end == text + number && (percent ? value <= 100 : value < 1)) {
			parse->options.report.threshold = percent ? value / 100 : value;
			return 0;
		}
	}
	err_set(err, -EINVAL, "'%s' is not a part of the whole", text);
	err_hint(err, "give percent with the sign (1%%, 0.5%%) or a fraction below 1 (0.01)");
	return -EINVAL;
}

static void set_show_all(struct options *options)
{
	options->report.show_all = true;
}

static void set_color(struct options *options)
{
	options->color = OPTIONS_ALWAYS;
}

static void set_no_color(struct options *options)
{
	options->color = OPTIONS_NEVER;
}

static void set_unicode(struct options *options)
{
	options->unicode = OPTIONS_ALWAYS;
}

static void set_ascii(struct options *options)
{
	options->unicode = OPTIONS_NEVER;
}

static void set_quiet(struct options *options)
{
	options->quiet = true;
}

static void set_verbose(struct options *options)
{
	options->verbose++;
}

static void set_help(struct options *options)
{
	options->help = true;
}

static void set_version(struct options *options)
{
	options->version = true;
}

const struct verb_row verb_rows[] = {
	{ "doctor", OPTIONS_DOCTOR,
	  "say whether a process can be sampled and what was recognised in it; without -p, what "
	  "this kernel and these privileges allow" },
	{ .name = NULL },
};

const struct option_row option_rows[] = {
	{ .name = "pid",
	  .letter = 'p',
	  .value = "PID",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "the process",
	  .parse = parse_pid,
	  .doctor = true },
	{ .name = "assume-layout",
	  .value = "VERSION",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "read a CPython of an unknown version as if it were this one",
	  .parse = parse_assume_layout,
	  .doctor = true },

	{ .name = "rate",
	  .letter = 'r',
	  .value = "HZ",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "samples a second of each CPU, " TEXT(RATE_MIN) ".." TEXT(
		  RATE_MAX) " Hz, also 1k "
			    "or 2.5khz (default " TEXT(
				    RATE_DEFAULT) " Hz); -F and --freq are the same",
	  .parse = parse_rate },
	{ .name = "freq",
	  .letter = 'F',
	  .value = "HZ",
	  .group = OPTION_GROUP_SAMPLING,
	  .parse = parse_rate },
	{ .name = "interval",
	  .letter = 'i',
	  .value = "TIME",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "says the same as time between two samples, 50us..1s (default 1ms)",
	  .parse = parse_interval },
	{ .name = "duration",
	  .letter = 'd',
	  .value = "TIME",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "stop after this time: seconds (10, 1.5) or with a unit (500ms, 30s, 5m, 1h) "
		  "(default: at Ctrl-C or the process's end)",
	  .parse = parse_duration },
	{ .name = "max-depth",
	  .value = "N",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "frames kept of one stack, counted from the leaf, 1.." TEXT(
		  PBP_DEPTH_MAX) " (default " TEXT(PBP_DEPTH_DEFAULT) " frames)",
	  .parse = parse_max_depth },

	{ .name = "format",
	  .letter = 'f',
	  .value = "NAME",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "how the profile is written (default: as FILE ends, else " OPTIONS_DEFAULT_FORMAT
		  "):",
	  .parse = parse_format,
	  .lists_formats = true },
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "where it is written (default: -, the standard output)",
	  .parse = parse_output },
	{ .name = "by",
	  .value = "KEY",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "flat rows for each line or function (default: line)",
	  .parse = parse_by },
	{ .name = "limit",
	  .letter = 'l',
	  .value = "N",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "flat rows and tree nodes at most, 0 for all (default 40 rows)",
	  .parse = parse_limit },
	{ .name = "threshold",
	  .value = "PART",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "leave out tree nodes below this part of all samples: 0.5% is percent, 0.005 the "
		  "same as a fraction (default 1%)",
	  .parse = parse_threshold },
	{ .name = "show-all",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "do not fold library frames in the tree",
	  .set = set_show_all },
	{ .name = "color",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "colours (default: on a terminal)",
	  .set = set_color,
	  .doctor = true },
	{ .name = "no-color",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "no colours",
	  .set = set_no_color,
	  .doctor = true },
	{ .name = "unicode",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "draw with Unicode characters (default: on a terminal that has them)",
	  .set = set_unicode },
	{ .name = "ascii",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "draw with ASCII; --no-unicode is the same",
	  .set = set_ascii },
	{ .name = "no-unicode", .group = OPTION_GROUP_PRINTING, .set = set_ascii },

	{ .name = "quiet",
	  .letter = 'q',
	  .group = OPTION_GROUP_OTHER,
	  .help = "no progress while sampling",
	  .set = set_quiet },
	{ .name = "verbose",
	  .letter = 'v',
	  .group = OPTION_GROUP_OTHER,
	  .help = "say more; twice: even more",
	  .set = set_verbose,
	  .doctor = true },
	{ .name = "help",
	  .letter = 'h',
	  .group = OPTION_GROUP_OTHER,
	  .help = "this text",
	  .set = set_help,
	  .doctor = true },
	{ .name = "version",
	  .letter = 'V',
	  .group = OPTION_GROUP_OTHER,
	  .help = "the version",
	  .set = set_version,
	  .doctor = true },
	{ .name = NULL },
};

PBP_STATIC_ASSERT(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS_MAX + 1,
		  "options.c has room for every row");

void option_parse_init(struct option_parse *parse)
{
	*parse = (struct option_parse){ .options = {
						.period_ns = CLOCK_NS_PER_SECOND / RATE_DEFAULT,
						.max_depth = PBP_DEPTH_DEFAULT,
					} };
	report_options_init(&parse->options.report);
}
