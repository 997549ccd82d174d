/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row per option: its names, its help, and what it does to the options. Must not know in which order or
 * how often options come, nor touch files, processes or the environment.
 */
#include "options_rows.h"

#include <config.h>

#include "base/clock.h"
#include "options_values.h"

#define TEXT_OF(number) #number
#define TEXT(number)	TEXT_OF(number)

static void set_children(struct options *options)
{
	options->no_children = false;
}

static void set_no_children(struct options *options)
{
	options->no_children = true;
}

static void set_threads(struct options *options)
{
	options->threads = true;
}

static void set_per_cpu(struct options *options)
{
	options->source = OPTIONS_PER_CPU;
}

static void set_per_thread(struct options *options)
{
	options->source = OPTIONS_PER_THREAD;
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
	  "this kernel and these privileges allow, and every Python process of the host" },
	{ .name = NULL },
};

const struct option_row option_rows[] = {
	{ .name = "pid",
	  .letter = 'p',
	  .value = "PID",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "this process; several with commas between, or repeat the option",
	  .parse = option_parse_pid,
	  .doctor = true },
	{ .name = "name",
	  .value = "GLOB",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "processes whose command or script is called so, also those that start later; "
		  "with the three below: those that all of them choose",
	  .parse = option_parse_name },
	{ .name = "container",
	  .value = "NAME",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "processes of this container: its name, a glob of it, or its ID (4 digits or "
		  "more of it)",
	  .parse = option_parse_container },
	{ .name = "cgroup",
	  .value = "PATH",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "processes of this control group and those below it",
	  .parse = option_parse_cgroup },
	{ .name = "unit",
	  .value = "NAME",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "processes of this systemd unit",
	  .parse = option_parse_unit },
	{ .name = "children",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "also what chosen processes start (the default)",
	  .set = set_children },
	{ .name = "no-children",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "not what chosen processes start",
	  .set = set_no_children },
	{ .name = "threads",
	  .letter = 't',
	  .group = OPTION_GROUP_PROCESS,
	  .help = "keep the threads of a process apart, by their names",
	  .set = set_threads },
	{ .name = "assume-layout",
	  .value = "VERSION",
	  .group = OPTION_GROUP_PROCESS,
	  .help = "read a CPython of an unknown version as if it were this one",
	  .parse = option_parse_assume_layout,
	  .doctor = true },

	{ .name = "rate",
	  .letter = 'r',
	  .value = "HZ",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "samples a second of each CPU, " TEXT(OPTION_RATE_MIN) ".." TEXT(
		  OPTION_RATE_MAX) " Hz, also 1k "
				   "or 2.5khz (default " TEXT(
					   OPTION_RATE_DEFAULT) " Hz); -F and --freq are the same",
	  .parse = option_parse_rate },
	{ .name = "freq",
	  .letter = 'F',
	  .value = "HZ",
	  .group = OPTION_GROUP_SAMPLING,
	  .parse = option_parse_rate },
	{ .name = "interval",
	  .letter = 'i',
	  .value = "TIME",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "says the same as time between two samples, 50us..1s (default 1ms)",
	  .parse = option_parse_interval },
	{ .name = "duration",
	  .letter = 'd',
	  .value = "TIME",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "stop after this time: seconds (10, 1.5) or with a unit (500ms, 30s, 5m, 1h) "
		  "(default: at Ctrl-C or the end of the process or command)",
	  .parse = option_parse_duration },
	{ .name = "max-depth",
	  .value = "N",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "frames kept of one stack, counted from the leaf, 1.." TEXT(
		  PBP_DEPTH_MAX) " (default " TEXT(PBP_DEPTH_DEFAULT) " frames)",
	  .parse = option_parse_max_depth },
	{ .name = "per-cpu",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "one clock for each CPU: costs the same however often threads switch (default: "
		  "this or --per-thread, what is cheaper)",
	  .set = set_per_cpu },
	{ .name = "per-thread",
	  .group = OPTION_GROUP_SAMPLING,
	  .help = "one clock for each thread of -p or of a command: leaves all other CPUs alone",
	  .set = set_per_thread },

	{ .name = "format",
	  .letter = 'f',
	  .value = "NAME",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "how the profile is written (default: as FILE ends, else " OPTIONS_DEFAULT_FORMAT
		  "):",
	  .parse = option_parse_format,
	  .lists = OPTION_LISTS_FORMATS },
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "where it is written (default: -, the standard output)",
	  .parse = option_parse_output },
	{ .name = "by",
	  .value = "KEY",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "what a flat row stands for (default: line):",
	  .parse = option_parse_by,
	  .lists = OPTION_LISTS_KEYS },
	{ .name = "limit",
	  .letter = 'l',
	  .value = "N",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "flat rows and tree nodes at most, 0 for all (default 40 rows)",
	  .parse = option_parse_limit },
	{ .name = "threshold",
	  .value = "PART",
	  .group = OPTION_GROUP_PRINTING,
	  .help = "leave out tree nodes below this part of all samples: 0.5% is percent, 0.005 the "
		  "same as a fraction (default 1%)",
	  .parse = option_parse_threshold },
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
						.period_ns =
							CLOCK_NS_PER_SECOND / OPTION_RATE_DEFAULT,
						.max_depth = PBP_DEPTH_DEFAULT,
					} };
	report_options_init(&parse->options.report);
}
