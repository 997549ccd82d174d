/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row per option: its names, its help, who takes it, and what it does to the options. Must not know in which order
 * or how often options come, nor touch files, processes or the environment.
 */
#include "options_rows.h"

#include <config.h>

#include "base/clock.h"
#include "options_flags.h"
#include "options_printing.h"
#include "options_values.h"

#define TEXT_OF(number) #number
#define TEXT(number)	TEXT_OF(number)

/* Sets of verbs. */
#define SAMPLE	 OPTION_OF(OPTIONS_SAMPLE)
#define RECORD	 OPTION_OF(OPTIONS_RECORD)
#define REPORT	 OPTION_OF(OPTIONS_REPORT)
#define DIFF	 OPTION_OF(OPTIONS_DIFF)
#define MERGE	 OPTION_OF(OPTIONS_MERGE)
#define BROWSE	 OPTION_OF(OPTIONS_BROWSE)
#define DOCTOR	 OPTION_OF(OPTIONS_DOCTOR)
#define SAMPLING (SAMPLE | RECORD)
#define PRINTING (SAMPLE | REPORT)
#define ALL	 (SAMPLING | REPORT | DIFF | MERGE | BROWSE | DOCTOR)

const struct option_row option_rows[] = {
	{ .name = "pid",
	  .letter = 'p',
	  .value = "PID",
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING | DOCTOR,
	  .help = "this process; several with commas between, or repeat the option",
	  .parse = option_parse_pid },
	{ .name = "name",
	  .value = "GLOB",
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .help = "processes whose command or script is called so, also those that start later; "
		  "with the three below: those that all of them choose",
	  .parse = option_parse_name },
	{ .name = "container",
	  .value = "NAME",
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .help = "processes of this container: its name, a glob of it, or its ID (4 digits or "
		  "more of it)",
	  .parse = option_parse_container },
	{ .name = "cgroup",
	  .value = "PATH",
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .help = "processes of this control group and those below it",
	  .parse = option_parse_cgroup },
	{ .name = "unit",
	  .value = "NAME",
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .help = "processes of this systemd unit",
	  .parse = option_parse_unit },
	{ .name = "children",
	  .letter = 'C',
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .help = "also what chosen processes start (the default); -s and --subprocesses are the "
		  "same",
	  .set = option_set_children },
	{ .name = "subprocesses",
	  .letter = 's',
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .set = option_set_children },
	{ .name = "no-children",
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .help = "not what chosen processes start",
	  .set = option_set_no_children },
	{ .name = "threads",
	  .letter = 't',
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING,
	  .help = "keep the threads of a process apart, by their names",
	  .set = option_set_threads },
	{ .name = "assume-layout",
	  .value = "VERSION",
	  .group = OPTION_GROUP_PROCESS,
	  .verbs = SAMPLING | DOCTOR,
	  .help = "read a CPython of an unknown version as if it were this one",
	  .parse = option_parse_assume_layout },

	{ .name = "rate",
	  .letter = 'r',
	  .value = "HZ",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .help = "samples a second of each CPU, " TEXT(OPTION_RATE_MIN) ".." TEXT(
		  OPTION_RATE_MAX) " Hz, also 1k or 2.5khz (default " TEXT(OPTION_RATE_DEFAULT) " Hz); "
												"-F "
												"and "
												"--freq "
												"are "
												"the "
												"same",
	  .parse = option_parse_rate },
	{ .name = "freq",
	  .letter = 'F',
	  .value = "HZ",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .parse = option_parse_rate },
	{ .name = "interval",
	  .letter = 'i',
	  .value = "TIME",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .help = "says the same as time between two samples, 50us..1s (default 1ms)",
	  .parse = option_parse_interval },
	{ .name = "duration",
	  .letter = 'd',
	  .value = "TIME",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .help = "stop after this time: seconds (10, 1.5) or with a unit (500ms, 30s, 5m, 1h) "
		  "(default: at Ctrl-C or the end of the process or command)",
	  .parse = option_parse_duration },
	{ .name = "max-depth",
	  .value = "N",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .help = "frames kept of one stack, counted from the leaf, 1.." TEXT(
		  PBP_DEPTH_MAX) " (default " TEXT(PBP_DEPTH_DEFAULT) " frames)",
	  .parse = option_parse_max_depth },
	{ .name = "per-cpu",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .help = "one clock for each CPU: costs the same however often threads switch (default: "
		  "this or --per-thread, what is cheaper)",
	  .set = option_set_per_cpu },
	{ .name = "per-thread",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .help = "one clock for each thread of -p or of a command: leaves all other CPUs alone",
	  .set = option_set_per_thread },
	{ .name = "timeline",
	  .group = OPTION_GROUP_SAMPLING,
	  .verbs = SAMPLING,
	  .help = "keep the time of each sample in the saved profile",
	  .set = option_set_timeline },

	{ .name = "format",
	  .letter = 'f',
	  .value = "NAME",
	  .group = OPTION_GROUP_WRITING,
	  .verbs = PRINTING | DIFF,
	  .help = "how the profile is written (default: as the output's name ends, else " OPTIONS_DEFAULT_FORMAT
		  "); NAME=FILE writes one more to a file, as often as wanted:",
	  .parse = option_parse_format,
	  .lists = OPTION_LISTS_FORMATS },
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .group = OPTION_GROUP_WRITING,
	  .verbs = SAMPLING | REPORT | DIFF | MERGE,
	  .help = "where it is written (default: -, the standard output; of record: "
		  "pybpfprof-NAME-PID.pb.gz)",
	  .parse = option_parse_output },

	{ .name = "by",
	  .value = "KEY",
	  .group = OPTION_GROUP_ROWS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .help = "what a flat row stands for (default: line; of diff and browse: function):",
	  .parse = option_parse_by,
	  .lists = OPTION_LISTS_KEYS },
	{ .name = "sort",
	  .value = "KEY",
	  .group = OPTION_GROUP_ROWS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .help = "what rows are sorted by: pstats' words, which may be cut; several with commas "
		  "between, or repeat the option (default: self):",
	  .parse = option_parse_sort,
	  .lists = OPTION_LISTS_SORTS },
	{ .name = "reverse",
	  .group = OPTION_GROUP_ROWS,
	  .verbs = PRINTING | BROWSE,
	  .help = "the other way round",
	  .set = option_set_reverse },
	{ .name = "limit",
	  .letter = 'l',
	  .value = "LIMIT",
	  .group = OPTION_GROUP_ROWS,
	  .verbs = PRINTING | DIFF,
	  .help = "flat rows and tree nodes at most, 0 for all (default 40 rows); or a part of the "
		  "rows (25%, 0.25); or rows whose PATH:LINE(NAME) has this regular expression; "
		  "each further one restricts what the last one left, as in pstats",
	  .parse = option_parse_limit },
	{ .name = "callers",
	  .value = "REGEX",
	  .group = OPTION_GROUP_ROWS,
	  .verbs = PRINTING,
	  .help = "who calls the functions that match ('.': all)",
	  .parse = option_parse_callers },
	{ .name = "callees",
	  .value = "REGEX",
	  .group = OPTION_GROUP_ROWS,
	  .verbs = PRINTING,
	  .help = "whom the functions that match call",
	  .parse = option_parse_callees },
	{ .name = "strip-dirs",
	  .group = OPTION_GROUP_ROWS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .help = "file names without their folders; rows that are equal then become one",
	  .set = option_set_strip_dirs },
	{ .name = "full-paths",
	  .group = OPTION_GROUP_LOOKS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .help = "paths as Python has them, not shortened",
	  .set = option_set_full_paths },
	{ .name = "numbers",
	  .value = "KIND",
	  .group = OPTION_GROUP_LOOKS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .help = "what tree, callers and callees show: time, percent or samples (default: time)",
	  .parse = option_parse_numbers },

	{ .name = "threshold",
	  .value = "PART",
	  .group = OPTION_GROUP_TREE,
	  .verbs = PRINTING | DIFF,
	  .help = "leave out tree nodes below this part of all samples: 0.5% is percent, 0.005 the "
		  "same as a fraction (default 1%)",
	  .parse = option_parse_threshold },
	{ .name = "show-all",
	  .group = OPTION_GROUP_TREE,
	  .verbs = PRINTING | DIFF,
	  .help = "do not fold library frames in the tree",
	  .set = option_set_show_all },
	{ .name = "hide",
	  .value = "GLOB",
	  .group = OPTION_GROUP_TREE,
	  .verbs = PRINTING | DIFF,
	  .help = "fold frames of files whose path matches, like library frames; repeat for "
		  "several",
	  .parse = option_parse_hide },
	{ .name = "show",
	  .value = "GLOB",
	  .group = OPTION_GROUP_TREE,
	  .verbs = PRINTING | DIFF,
	  .help = "do not fold frames of files whose path matches; wins over --hide",
	  .parse = option_parse_show },
	{ .name = "hide-regex",
	  .value = "REGEX",
	  .group = OPTION_GROUP_TREE,
	  .verbs = PRINTING | DIFF,
	  .help = "--hide by a regular expression",
	  .parse = option_parse_hide_regex },
	{ .name = "show-regex",
	  .value = "REGEX",
	  .group = OPTION_GROUP_TREE,
	  .verbs = PRINTING | DIFF,
	  .help = "--show by a regular expression",
	  .parse = option_parse_show_regex },
	{ .name = "invert",
	  .group = OPTION_GROUP_TREE,
	  .verbs = PRINTING | DIFF,
	  .help = "the tree begins with the functions that run, their callers below",
	  .set = option_set_invert },

	{ .name = "normalize",
	  .value = "HOW",
	  .group = OPTION_GROUP_DIFF,
	  .verbs = DIFF,
	  .help = "what makes two profiles comparable: samples (parts of all samples), time (CPU "
		  "seconds a second of the run) or none (default: samples)",
	  .parse = option_parse_normalize },

	{ .name = "color",
	  .group = OPTION_GROUP_LOOKS,
	  .verbs = PRINTING | DIFF | BROWSE | DOCTOR,
	  .help = "colours (default: on a terminal)",
	  .set = option_set_color },
	{ .name = "no-color",
	  .group = OPTION_GROUP_LOOKS,
	  .verbs = PRINTING | DIFF | BROWSE | DOCTOR,
	  .help = "no colours",
	  .set = option_set_no_color },
	{ .name = "unicode",
	  .group = OPTION_GROUP_LOOKS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .help = "draw with Unicode characters (default: on a terminal that has them)",
	  .set = option_set_unicode },
	{ .name = "ascii",
	  .group = OPTION_GROUP_LOOKS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .help = "draw with ASCII; --no-unicode is the same",
	  .set = option_set_ascii },
	{ .name = "no-unicode",
	  .group = OPTION_GROUP_LOOKS,
	  .verbs = PRINTING | DIFF | BROWSE,
	  .set = option_set_ascii },

	{ .name = "quiet",
	  .letter = 'q',
	  .group = OPTION_GROUP_OTHER,
	  .verbs = SAMPLING,
	  .help = "no progress while sampling",
	  .set = option_set_quiet },
	{ .name = "verbose",
	  .letter = 'v',
	  .group = OPTION_GROUP_OTHER,
	  .verbs = ALL,
	  .help = "say more; twice: even more",
	  .set = option_set_verbose },
	{ .name = "help",
	  .letter = 'h',
	  .group = OPTION_GROUP_OTHER,
	  .verbs = ALL,
	  .help = "this text; behind a verb: what that takes",
	  .set = option_set_help },
	{ .name = "version",
	  .letter = 'V',
	  .group = OPTION_GROUP_OTHER,
	  .verbs = ALL,
	  .help = "the version",
	  .set = option_set_version },
	{ .name = NULL },
};

PBP_STATIC_ASSERT(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS_MAX + 1,
		  "options.c has room for every row");

void option_parse_init(struct option_parse *parse)
{
	*parse = (struct option_parse){
		.options = { .period_ns = CLOCK_NS_PER_SECOND / OPTION_RATE_DEFAULT,
			     .max_depth = PBP_DEPTH_DEFAULT },
		.verb = &verb_sample,
	};
	report_options_init(&parse->options.report);
}
