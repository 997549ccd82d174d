/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: every option, every error, and the help's shape. The table of formats is a stand-in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <config.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "options.h"
#include "options_rows.h"
#include "python/layout.h"

const struct report_format report_formats[] = {
	{ OPTIONS_DEFAULT_FORMAT, ".txt", "for the eye", NULL },
	{ "folded", ".folded", "for a flame graph", NULL },
	{ "callers", NULL, "who calls", NULL },
	{ "callees", NULL, "who is called", NULL },
	{ "pprof", ".pb.gz", "for later", NULL },
	{ NULL, NULL, NULL, NULL },
};

const struct report_by_name report_by_names[] = {
	{ "line", REPORT_BY_LINE, "lines" },
	{ "function", REPORT_BY_FUNCTION, "functions" },
	{ "thread", REPORT_BY_THREAD, "threads" },
	{ "process", REPORT_BY_PROCESS, "processes" },
	{ NULL, REPORT_BY_LINE, NULL },
};

const struct report_format *report_find(const char *name)
{
	for (const struct report_format *format = report_formats; format->name; format++) {
		if (!strcmp(format->name, name))
			return format;
	}
	return NULL;
}

const struct report_format *report_find_by_file(const char *file)
{
	return strstr(file, ".folded")	? &report_formats[1]
	       : strstr(file, ".pb.gz") ? &report_formats[4]
					: NULL;
}

void report_options_init(struct report_options *options)
{
	*options = (struct report_options){ .limit = 40, .threshold = 0.01 };
}

#define ARGUMENTS_MAX 32

/* Arguments separated by spaces; a lone _ stands for an empty one. The options point into them until the next call. */
static int parse(const char *line, struct options *options, struct err *err)
{
	static char text[1024], *argv[ARGUMENTS_MAX + 1];
	char *rest = text;
	int argc = 0;

	snprintf(text, sizeof(text), "pybpfprof %s", line);
	while ((argv[argc] = strsep(&rest, " "))) {
		if (!strcmp(argv[argc], "_"))
			argv[argc] = argv[argc] + 1;
		if (*argv[argc] || argv[argc] > text + 11)
			argc++;
		assert_true(argc < ARGUMENTS_MAX);
	}
	*err = (struct err){ 0 };
	return options_parse(options, argc, argv, err);
}

static struct options good(const char *line)
{
	struct options options;
	struct err err;

	if (parse(line, &options, &err) != 0)
		fail_msg("%s: %s", line, err.message);
	return options;
}

static void bad(const char *line, const char *word, const char *hint)
{
	struct options options;
	struct err err;

	if (parse(line, &options, &err) != -EINVAL)
		fail_msg("%s: is taken", line);
	if (!strstr(err.message, word) || !strstr(err.hint, hint))
		fail_msg("%s: '%s' / '%s' has not '%s' / '%s'", line, err.message, err.hint, word,
			 hint);
	assert_int_equal(err.code, -EINVAL);
}

static void a_pid_alone_gives_the_defaults(void **state)
{
	struct options options = good("-p 812");

	(void)state;
	assert_int_equal(options.npids, 1);
	assert_int_equal(options.pids[0], 812);
	assert_null(options.command);
	assert_false(options.no_children || options.threads);
	assert_int_equal(options.source, OPTIONS_SOURCE_AUTO);
	assert_int_equal(options.period_ns, 1000000);
	assert_int_equal(options.duration_ns, 0);
	assert_int_equal(options.max_depth, PBP_DEPTH_DEFAULT);
	assert_ptr_equal(options.format, &report_formats[0]);
	assert_null(options.output);
	assert_int_equal(options.report.limit, 40);
	assert_true(options.report.threshold == 0.01);
	assert_int_equal(options.color, OPTIONS_AUTO);
	assert_int_equal(options.unicode, OPTIONS_AUTO);
	assert_false(options.quiet || options.help || options.version || options.verbose);
}

static void a_layout_is_assumed_by_the_name_of_a_row(void **state)
{
	char line[64];

	(void)state;
	assert_int_equal(good("-p 1").assume_series, 0);
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (row->free_threaded)
			continue;
		snprintf(line, sizeof(line), "-p 1 --assume-layout %s", row->name);
		assert_int_equal(good(line).assume_series, row->series);
	}
	bad("-p 1 --assume-layout 1.5", "'1.5'", layout_rows[0].name);
	bad("-p 1 --assume-layout x", "--assume-layout: 'x'", layout_rows[0].name);
	bad("-p 1 --assume-layout _", "''", layout_rows[0].name);
	bad("-p 1 --assume-layout", "needs a value", "VERSION");
}

static void every_option_sets_its_field(void **state)
{
	(void)state;
	assert_int_equal(good("--pid=7").pids[0], 7);
	assert_int_equal(good("-p7").pids[0], 7);
	assert_int_equal(good("-p 1 -r 99").period_ns, 10101010);
	assert_int_equal(good("-p 1 -F 20000").period_ns, 50000);
	assert_int_equal(good("-p 1 --rate 1").period_ns, 1000000000);
	assert_int_equal(good("-p 1 --freq 2.5khz").period_ns, 400000);
	assert_int_equal(good("-p 1 -i 1.5ms").period_ns, 1500000);
	assert_int_equal(good("-p 1 --interval 50us").period_ns, 50000);
	assert_int_equal(good("-p 1 -d 1.5").duration_ns, 1500000000);
	assert_int_equal(good("-p 1 --duration 5m").duration_ns, 300000000000);
	assert_int_equal(good("-p 1 --max-depth 1").max_depth, 1);
	assert_int_equal(good("-p 1 --max-depth 4096").max_depth, PBP_DEPTH_MAX);
	assert_ptr_equal(good("-p 1 -f folded").format, &report_formats[1]);
	assert_string_equal(good("-p 1 --output x").output, "x");
	assert_null(good("-p 1 -o -").output);
	assert_int_equal(good("-p 1 --by function").report.by, REPORT_BY_FUNCTION);
	assert_int_equal(good("-p 1 --by line").report.by, REPORT_BY_LINE);
	assert_int_equal(good("--by process").report.by, REPORT_BY_PROCESS);
	assert_true(good("--threads").threads);
	assert_true(good("-t").threads);
	assert_true(good("--no-children").no_children);
	assert_false(good("--no-children --children").no_children);
	assert_int_equal(good("--per-cpu").source, OPTIONS_PER_CPU);
	assert_int_equal(good("-p 1 --per-thread").source, OPTIONS_PER_THREAD);
	assert_int_equal(good("-p 1 -l 0").report.limit, 0);
	assert_int_equal(good("-p 1 --limit 4294967295").report.limit, UINT32_MAX);
	assert_true(good("-p 1 --show-all").report.show_all);
	assert_true(good("-p 1 --strip-dirs").report.strip_dirs);
	assert_true(good("-p 1 --full-paths").report.full_paths);
	assert_true(good("-p 1 --invert").report.invert);
	assert_true(good("-p 1 --reverse").report.reverse);
	assert_true(good("-p 1 --timeline").timeline);
	assert_int_equal(good("-p 1 --numbers percent").report.unit, REPORT_UNIT_PERCENT);
	assert_int_equal(good("-p 1 --numbers samples").report.unit, REPORT_UNIT_SAMPLES);
	assert_int_equal(good("-p 1 --numbers time").report.unit, REPORT_UNIT_TIME);
	assert_false(good("--no-children -C").no_children);
	assert_false(good("--no-children -s").no_children);
	assert_false(good("--no-children --subprocesses").no_children);
	assert_int_equal(good("-p 1 --color").color, OPTIONS_ALWAYS);
	assert_int_equal(good("-p 1 --no-color").color, OPTIONS_NEVER);
	assert_int_equal(good("-p 1 --unicode").unicode, OPTIONS_ALWAYS);
	assert_int_equal(good("-p 1 --ascii").unicode, OPTIONS_NEVER);
	assert_int_equal(good("-p 1 --no-unicode").unicode, OPTIONS_NEVER);
	assert_true(good("-p 1 -q").quiet);
	assert_int_equal(good("-p 1 -vv --verbose").verbose, 3);
	assert_int_equal(good("-qvp 1").pids[0], 1);
}

static void thresholds_are_percent_with_the_sign_and_fractions_without(void **state)
{
	(void)state;
	assert_true(good("-p 1 --threshold 1%").report.threshold == 0.01);
	assert_true(good("-p 1 --threshold 0.5%").report.threshold == 0.005);
	assert_true(good("-p 1 --threshold 0.25").report.threshold == 0.25);
	assert_true(good("-p 1 --threshold 0").report.threshold == 0);
	assert_true(good("-p 1 --threshold 100%").report.threshold == 1);
	bad("-p 1 --threshold 1", "'1'", "1%");
	bad("-p 1 --threshold 5", "'5'", "1%");
	bad("-p 1 --threshold 101%", "101%", "1%");
	bad("-p 1 --threshold -1%", "-1%", "1%");
	bad("-p 1 --threshold 1e-3", "1e-3", "");
	bad("-p 1 --threshold nan", "nan", "");
	bad("-p 1 --threshold 0x0", "0x0", "");
	bad("-p 1 --threshold .", "'.'", "");
	bad("-p 1 --threshold %", "'%'", "");
	bad("-p 1 --threshold 1%%", "1%%", "");
	bad("-p 1 --threshold 0.1.2", "0.1.2", "");
	bad("-p 1 --threshold _", "''", "");
}

static void the_format_comes_from_the_files_ending(void **state)
{
	(void)state;
	assert_ptr_equal(good("-p 1 -o a.folded").format, &report_formats[1]);
	assert_ptr_equal(good("-p 1 -o a.folded -f text").format, &report_formats[0]);
	assert_ptr_equal(good("-p 1 -o a.xyz").format, &report_formats[0]);
}

static void the_last_of_a_repeated_option_wins(void **state)
{
	struct options options = good("-p 1 -d 1 -d 2 -o a -o b --color --no-color -p 1");

	(void)state;
	assert_int_equal(options.duration_ns, 2000000000);
	assert_string_equal(options.output, "b");
	assert_int_equal(options.color, OPTIONS_NEVER);
	assert_int_equal(good("-p 1 -r 5 -r 1000").period_ns, 1000000);
}

static void names_may_be_cut_when_they_stay_clear(void **state)
{
	(void)state;
	assert_int_equal(good("-p 1 --dur 3").duration_ns, 3000000000);
	bad("-p 1 --no", "--no-children, --normalize, --no-color, --no-unicode", "");
	bad("--per", "--per-cpu, --per-thread", "");
	assert_string_equal(good("--contain x").container, "x");
	bad("-p 1 --f 3", "--freq, --format", "");
}

static void nothing_given_is_the_whole_host(void **state)
{
	struct options options = good("");

	(void)state;
	assert_int_equal(options.verb, OPTIONS_SAMPLE);
	assert_int_equal(options.npids, 0);
	assert_null(options.name);
	assert_null(options.container);
	assert_null(options.cgroup);
	assert_null(options.unit);
	assert_null(options.command);
	assert_int_equal(good("-r 99").npids, 0);
}

static void several_pids_come_in_lists_and_repeated(void **state)
{
	struct options options = good("-p 5,7 -p 6 --pid=5,8,8");
	char line[1024] = "-p 1";
	size_t length = 4;

	(void)state;
	assert_int_equal(options.npids, 4);
	assert_int_equal(options.pids[0], 5);
	assert_int_equal(options.pids[1], 7);
	assert_int_equal(options.pids[2], 6);
	assert_int_equal(options.pids[3], 8);
	assert_int_equal(good("doctor -p 3,4").npids, 2);
	/* the same ones do not fill the list */
	for (int i = 0; i < 200; i++)
		length += (size_t)snprintf(line + length, sizeof(line) - length, ",1,2");
	assert_int_equal(good(line).npids, 2);
}

static void more_pids_than_there_is_room_for_are_refused(void **state)
{
	static char list[OPTIONS_PIDS_MAX * 8 + 16];
	char name[] = "pybpfprof", option[] = "-p", *argv[] = { name, option, list, NULL };
	struct options options;
	struct err err = { 0 };
	size_t length = 0;

	(void)state;
	for (int i = 1; i <= OPTIONS_PIDS_MAX; i++)
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%d",
					   i > 1 ? "," : "", i);
	assert_int_equal(options_parse(&options, 3, argv, &err), 0);
	assert_int_equal(options.npids, OPTIONS_PIDS_MAX);
	assert_int_equal(options.pids[OPTIONS_PIDS_MAX - 1], OPTIONS_PIDS_MAX);
	snprintf(list + length, sizeof(list) - length, ",9999");
	assert_int_equal(options_parse(&options, 3, argv, &err), -EINVAL);
	assert_non_null(strstr(err.message, "1024"));
	assert_non_null(strstr(err.hint, "--name"));
}

static void filters_are_taken_once_each_and_together(void **state)
{
	struct options options =
		good("--name gunicorn* --container web --cgroup /a/b --unit nginx");

	(void)state;
	assert_string_equal(options.name, "gunicorn*");
	assert_string_equal(options.container, "web");
	assert_string_equal(options.cgroup, "/a/b");
	assert_string_equal(options.unit, "nginx");
	bad("--name a --name b", "--name: given twice: 'a' and 'b'", "");
	bad("--container a --container b", "--container: given twice", "");
	bad("--cgroup a --cgroup b", "--cgroup: given twice", "");
	bad("--unit a --unit a", "--unit: given twice", "");
	bad("--name _", "--name: the value is empty", "");
	bad("--unit=", "--unit: the value is empty", "");
}

static void everything_behind_two_dashes_is_the_command(void **state)
{
	struct options options = good("-r 99 -- python3 -p 3 --help -- x");

	(void)state;
	assert_int_equal(options.period_ns, 10101010);
	assert_non_null(options.command);
	assert_string_equal(options.command[0], "python3");
	assert_string_equal(options.command[1], "-p");
	assert_string_equal(options.command[4], "--");
	assert_string_equal(options.command[5], "x");
	assert_null(options.command[6]);
	assert_false(options.help);
	assert_int_equal(options.npids, 0);
	assert_string_equal(good("-t --per-thread --no-children -- ls").command[0], "ls");
	assert_string_equal(good("-- --").command[0], "--");
	assert_null(good("-o --").command);
	assert_string_equal(good("-o --").output, "--");
	assert_string_equal(good("-o -- -- ls").command[0], "ls");
	bad("--", "no command behind --", "CMD");
	bad("-q --", "no command behind --", "CMD");
	bad("-o -- --", "no command behind --", "CMD");
	bad("-- _ x", "empty name", "CMD");
}

static void processes_are_chosen_in_one_way(void **state)
{
	(void)state;
	bad("-p 1 --name x", "--pid and --name", "in common");
	bad("-p 1 --unit x", "--pid and --unit", "in common");
	bad("-p 1 -- ls", "--pid and the command 'ls'", "only it");
	bad("--container x -- ls", "--container and the command 'ls'", "only it");
	bad("--cgroup x -- ls", "--cgroup and the command", "only it");
	bad("--per-thread", "--per-thread", "--per-cpu");
	bad("--per-thread --name x", "--per-thread", "--per-cpu");
}

static void the_doctor_starts_and_filters_nothing(void **state)
{
	(void)state;
	assert_int_equal(good("doctor").verb, OPTIONS_DOCTOR);
	bad("doctor -- ls", "starts no command", "-p PID");
	bad("doctor --name x", "doctor takes no --name, for it samples nothing", "--pid, ");
	bad("doctor -t", "doctor takes no --threads", "--pid, ");
	bad("doctor --per-cpu", "doctor takes no --per-cpu", "--pid, ");
}

static void verbs_may_be_cut_when_they_stay_clear(void **state)
{
	(void)state;
	assert_int_equal(good("record").verb, OPTIONS_RECORD);
	assert_int_equal(good("-q rec -p 1").verb, OPTIONS_RECORD);
	assert_int_equal(good("rep x").verb, OPTIONS_REPORT);
	assert_int_equal(good("di x y").verb, OPTIONS_DIFF);
	assert_int_equal(good("m -o z x").verb, OPTIONS_MERGE);
	assert_int_equal(good("b x").verb, OPTIONS_BROWSE);
	assert_int_equal(good("do").verb, OPTIONS_DOCTOR);
	bad("top -p 1", "'top' is no verb", "-f flat -l 20 -d 5");
	bad("run app.py", "'run' is no verb", "pybpfprof -- CMD");
	bad("re x", "'re' is not clear: record, report", "-h");
	bad("d x y", "'d' is not clear: diff, doctor", "-h");
	bad("-q _", "''", "");
}

static void files_are_taken_in_order_whatever_stands_between(void **state)
{
	struct options options = good("-f folded report b -l 3 a -- -c --limit");

	(void)state;
	assert_int_equal(options.nfiles, 4);
	assert_string_equal(options.files[0], "b");
	assert_string_equal(options.files[1], "a");
	assert_string_equal(options.files[2], "-c");
	assert_string_equal(options.files[3], "--limit");
	assert_int_equal(options.report.limit, 3);
	assert_null(options.command);
	assert_int_equal(good("report -").nfiles, 1);
	assert_string_equal(good("report -").files[0], "-");
	assert_int_equal(good("report -- a").nfiles, 1);
	assert_int_equal(good("").nfiles, 0);
	bad("report", "report needs one or more saved profiles", "usage: pybpfprof report");
	bad("report --", "report needs one or more", "pybpfprof record");
	bad("report a _", "a file name is empty", "");
	bad("diff a", "diff needs two saved profiles", "BASE NEW");
	bad("browse", "browse needs a saved profile", "browse");
	bad("merge -o x", "merge needs one or more", "merge -o OUT");
	bad("merge a b", "merge needs --output", "merge -o OUT");
}

static void a_verb_refuses_what_it_does_not_take(void **state)
{
	(void)state;
	bad("report -p 1 x", "report takes no --pid, for it samples nothing", "--format, --output");
	/* the longest list, to its end */
	bad("-r 9 -t report x", "report takes no --rate", "--verbose, --help, --version");
	bad("record -f folded", "record takes no --format, for it prints nothing", "--pid, ");
	bad("record -l 3", "record takes no --limit", "--timeline");
	bad("merge -o x --by line a", "merge takes no --by", "it takes --output");
	bad("diff --callers x a b", "diff takes no --callers", "--normalize");
	bad("browse -o x a", "browse takes no --output", "--sort");
	bad("--normalize time", "sampling takes no --normalize", "--normalize is for diff");
	/* the aliases of what it takes are not listed */
	for (const struct verb_row *row = verb_rows; row->name; row++)
		assert_non_null(row->refusal);
}

static void rows_are_restricted_as_in_pstats(void **state)
{
	struct options options = good("report -l parse|load -l 25% -l 0.5 -l 10 -l 20 x");
	const struct report_restriction *restrictions = options.report.restrictions;

	(void)state;
	assert_int_equal(options.report.nrestrictions, 5);
	assert_int_equal(restrictions[0].kind, REPORT_RESTRICT_PATTERN);
	assert_true(pattern_matches(restrictions[0].pattern, "app.py:3(loads)"));
	assert_false(pattern_matches(restrictions[0].pattern, "app.py:3(dump)"));
	assert_int_equal(restrictions[1].kind, REPORT_RESTRICT_PART);
	assert_true(restrictions[1].part == 0.25 && restrictions[2].part == 0.5);
	assert_int_equal(restrictions[3].kind, REPORT_RESTRICT_ROWS);
	assert_int_equal(restrictions[3].rows, 10);
	assert_int_equal(options.report.limit, 10);
	options_done(&options);

	options = good("report -l . x");
	assert_int_equal(options.report.restrictions[0].kind, REPORT_RESTRICT_PATTERN);
	assert_int_equal(options.report.limit, 40);
	options_done(&options);

	/* 0 takes back what was said before */
	options = good("report -l 5 -l 50% -l 0 x");
	assert_int_equal(options.report.nrestrictions, 0);
	assert_int_equal(options.report.limit, 0);
	assert_int_equal(good("report -l 0 -l 60 x").report.limit, 60);
	assert_int_equal(good("report -l 100 x").report.limit, 100);
	bad("report -l ( x", "--limit: ", "");
	bad("diff -l 10% a b", "diff takes only a number of rows", "such as 20");
	bad("diff -l 10 -l x a b", "diff takes only a number of rows", "such as 20");
	assert_int_equal(good("diff -l 7 a b").report.limit, 7);
}

static void more_restrictions_than_there_is_room_for_are_refused(void **state)
{
	char line[512] = "report x", sorts[512] = "report x --sort self";
	size_t length = strlen(line), sorted = strlen(sorts);

	(void)state;
	for (int i = 0; i < REPORT_RESTRICTIONS_MAX; i++)
		length += (size_t)snprintf(line + length, sizeof(line) - length, " -l1");
	assert_int_equal(good(line).report.nrestrictions, REPORT_RESTRICTIONS_MAX);
	snprintf(line + length, sizeof(line) - length, " -l1");
	bad(line, "more than 16 limits", "");
	for (int i = 1; i < REPORT_SORTS_MAX; i++)
		sorted += (size_t)snprintf(sorts + sorted, sizeof(sorts) - sorted, ",self");
	assert_int_equal(good(sorts).report.nsorts, REPORT_SORTS_MAX);
	snprintf(sorts + sorted, sizeof(sorts) - sorted, ",self");
	bad(sorts, "more than 8 keys", "");
}

static void rows_are_sorted_by_several_keys(void **state)
{
	struct options options = good("report --sort cumulative,name --sort nfl --reverse x");

	(void)state;
	assert_int_equal(options.report.nsorts, 3);
	assert_int_equal(options.report.sorts[0], REPORT_SORT_TOTAL);
	assert_int_equal(options.report.sorts[1], REPORT_SORT_NAME);
	assert_int_equal(options.report.sorts[2], REPORT_SORT_NAME_FILE_LINE);
	assert_true(options.report.reverse);
	assert_int_equal(good("report x").report.nsorts, 0);
	assert_int_equal(good("report x --sort cum").report.sorts[0], REPORT_SORT_TOTAL);
}

static void files_are_hidden_and_shown_by_globs_and_regular_expressions(void **state)
{
	struct options options =
		good("report --hide *django* --hide-regex ^/opt/ --show *mine* --show-regex me$ x");
	const struct report_options *report = &options.report;

	(void)state;
	assert_int_equal(report->hide.count, 2);
	assert_int_equal(report->show.count, 2);
	assert_true(pattern_matches(report->hide.patterns[0], "/a/django/b.py"));
	assert_false(pattern_matches(report->hide.patterns[0], "/a/b.py"));
	assert_true(pattern_matches(report->hide.patterns[1], "/opt/x"));
	assert_false(pattern_matches(report->hide.patterns[1], "/a/opt/x"));
	assert_true(pattern_matches(report->show.patterns[0], "mine"));
	assert_true(pattern_matches(report->show.patterns[1], "it is me"));
	options_done(&options);
	bad("report --hide-regex [ x", "--hide-regex: ", "");
	bad("report --hide _ x", "--hide: the pattern is empty", "");
}

static void callers_and_callees_choose_their_formats(void **state)
{
	struct options options = good("report --callers parse x");

	(void)state;
	assert_string_equal(options.format->name, "callers");
	assert_true(pattern_matches(options.report.callers, "parse_all"));
	assert_null(options.report.callees);
	assert_int_equal(options.nproducts, 0);
	options_done(&options);

	options = good("report --callees a --callers b -f callees=x -o y x");
	assert_string_equal(options.format->name, "callers");
	assert_string_equal(options.output, "y");
	options_done(&options);

	options = good("--callees a --callers b");
	assert_string_equal(options.format->name, "callers");
	assert_int_equal(options.nproducts, 1);
	assert_string_equal(options.products[0].format->name, "callees");
	assert_null(options.products[0].output);
	assert_false(options.only_products);
	options_done(&options);

	options = good("-f callers --callers b");
	assert_string_equal(options.format->name, "callers");
	options_done(&options);
	bad("-f text --callers a", "--callers and --format both", "-f callers=FILE");
	bad("--callers a --callees b -o x", "--callees and --callers both", "-f callers=FILE");
	bad("--callers a --callers b", "--callers: given twice", "first|second");
	bad("--callers *", "--callers: ", "");
}

static void further_formats_go_to_files(void **state)
{
	struct options options = good("-f folded=a=b -f text=- -f text");

	(void)state;
	assert_int_equal(options.nproducts, 2);
	assert_string_equal(options.products[0].format->name, "folded");
	assert_string_equal(options.products[0].output, "a=b");
	assert_string_equal(options.products[1].format->name, "text");
	assert_null(options.products[1].output);
	assert_string_equal(options.format->name, "text");
	assert_false(options.only_products);
	assert_true(good("-f folded=a").only_products);
	assert_false(good("-f folded=a -o b").only_products);
	assert_false(good("-f folded=a -o -").only_products);
	assert_string_equal(good("-f folded=a").format->name, OPTIONS_DEFAULT_FORMAT);
	bad("-f folded=", "--format: the file name is empty", "");
	bad("-f folded=a -f text=a", "two formats go to one file 'a'", "");
	bad("-f folded=a -o a", "two formats go to one file 'a'", "");
}

static void what_is_saved_has_the_format_of_saved_profiles(void **state)
{
	(void)state;
	assert_string_equal(good("record").format->name, OPTIONS_SAVED_FORMAT);
	assert_null(good("record").output);
	assert_string_equal(good("record -o -").output, "-");
	assert_string_equal(good("merge -o - a").output, "-");
	assert_string_equal(good("record -o x").format->name, OPTIONS_SAVED_FORMAT);
	assert_null(good("report -o - a").output);
	assert_string_equal(good("-o x.pb.gz").format->name, OPTIONS_SAVED_FORMAT);
	assert_true(good("record --timeline").timeline);
	assert_false(good("record").timeline);
	bad("record -o x.folded", "no folded, as the name 'x.folded' says",
	    "pybpfprof report -o x.folded FILE.pb.gz");
	bad("merge -o x.folded a", "no folded", "pybpfprof report -o x.folded FILE...");
}

static void what_compares_and_browses_does_so_by_function(void **state)
{
	(void)state;
	assert_int_equal(good("diff a b").report.by, REPORT_BY_FUNCTION);
	assert_int_equal(good("browse a").report.by, REPORT_BY_FUNCTION);
	assert_int_equal(good("report a").report.by, REPORT_BY_LINE);
	assert_int_equal(good("diff --by line a b").report.by, REPORT_BY_LINE);
	assert_int_equal(good("diff a b").report.normalize, REPORT_NORMALIZE_SAMPLES);
	assert_int_equal(good("diff --normalize time a b").report.normalize, REPORT_NORMALIZE_TIME);
	assert_int_equal(good("diff --normalize none a b").report.normalize, REPORT_NORMALIZE_NONE);
}

static void rows_by_thread_need_threads_apart(void **state)
{
	(void)state;
	assert_true(good("--by thread").threads);
	assert_false(good("--by process").threads);
}

static void processes_that_cannot_be_are_refused(void **state)
{
	(void)state;
	bad("-p 0", "'0'", "doctor");
	bad("-p -1", "'-1'", "doctor");
	bad("-p abc", "'abc'", "doctor");
	bad("-p 12x", "'12x'", "doctor");
	bad("-p _", "''", "doctor");
	bad("-p 2147483648", "2147483648", "doctor");
	bad("-p 1,,2", "''", "doctor");
	bad("-p 1,", "''", "doctor");
	bad("-p ,1", "''", "doctor");
	bad("-p 1,x", "'x'", "doctor");
	bad("-p 00000000000000000000000000000000000001", "00001'", "doctor");
	bad("-p", "--pid needs a value", "this process");
}

static void rates_and_times_out_of_range_are_refused(void **state)
{
	(void)state;
	bad("-p 1 -r 0", "between 1 and 20000 Hz", "");
	bad("-p 1 -r 20001", "between 1 and 20000 Hz", "");
	bad("-p 1 -r 99999999999999999999", "between 1 and 20000 Hz", "");
	bad("-p 1 -r abc", "--rate: 'abc' is not a rate", "99, 1000");
	bad("-p 1 -F abc", "--freq: 'abc'", "");
	bad("-p 1 -r 1.5", "whole number", "");
	bad("-p 1 -r -5", "'-5'", "");
	bad("-p 1 -i 49us", "between 50us and 1s", "");
	bad("-p 1 -i 1.1", "between 50us and 1s", "");
	bad("-p 1 -i 9999999999999999999h", "between 50us and 1s", "");
	bad("-p 1 -i x", "--interval: 'x'", "500ms");
	bad("-p 1 -r 9 -i 1ms", "--rate and --interval", "");
	bad("-p 1 -i 1ms --freq 9", "--rate and --interval", "");
	bad("-p 1 -d 0", "more than 0", "Ctrl-C");
	bad("-p 1 -d 0.0000000001", "more than 0", "Ctrl-C");
	bad("-p 1 -d -1", "more than 0", "Ctrl-C");
	bad("-p 1 -d -x", "'-x' is not a time", "500ms");
	bad("-p 1 -d 9999999999999999999", "longer", "");
	bad("-p 1 -d", "--duration needs a value", "TIME");
}

static void numbers_out_of_range_are_refused(void **state)
{
	(void)state;
	bad("-p 1 --max-depth 0", "between 1 and 4096", "");
	bad("-p 1 --max-depth 4097", "between 1 and 4096", "");
	bad("-p 1 --max-depth x", "'x'", "");
	bad("-p 1 -l -1", "'-1'", "0 prints them all");
	bad("-p 1 -l 4294967296", "4294967296", "");
	bad("-p 1 -l 18446744073709551616", "18446744073709551616", "");
	bad("-p 1 -o _", "empty", "");
	bad("-p 1 -l 1.5", "'1.5' is not a part", "1%");
	bad("-p 1 -l 101%", "'101%' is not a part", "1%");
	bad("-p 1 -l 1.2.3", "'1.2.3' is not a part", "1%");
	bad("-p 1 -l _", "''", "0 prints them all");
}

static void unknown_names_suggest_the_nearest(void **state)
{
	(void)state;
	bad("-p 1 -f foldd", "'foldd'", "did you mean 'folded'");
	bad("-p 1 -f speedscope", "'speedscope'", "text, folded");
	bad("-p 1 -f raw", "'raw'", "did you mean 'folded'");
	bad("-p 1 -f foldd=x", "'foldd'", "did you mean 'folded'");
	bad("report --sort cumlative x", "'cumlative'", "");
	bad("report --sort self, x", "''", "");
	bad("report --numbers seconds x", "'seconds' is none of time, percent, samples", "");
	bad("diff --normalize x a b", "'x' is none of samples, time, none", "");
	bad("-p 1 --by lines", "'lines'", "did you mean 'line'");
	bad("-p 1 --by module", "'module'", "line, function, thread, process");
	bad("-p 1 --fromat=x", "--fromat", "did you mean --format");
	bad("-p 1 --ratee 3", "--ratee", "did you mean --rate");
	bad("-p 1 --zzzzzzz", "--zzzzzzz", "-h");
	bad("-p 1 -x", "'-x'", "-h");
	bad("-p 1 -qx", "'-x'", "-h");
	bad("-p 1 --quiet=3", "--quiet takes no value", "");
	bad("-p 1 --an-option-with-a-name-so-long-that-it-cannot-be-meant-by-anybody-at-all=3",
	    "there is no option", "-h");
}

static void stray_arguments_are_refused(void **state)
{
	(void)state;
	bad("812", "'812'", "-p 812");
	bad("-p 1 812", "'812'", "-p 812");
	bad("script.py -p 1", "'script.py'", "-- script.py");
	bad("python3 app.py", "'python3'", "-- python3");
	bad("doctor 812", "'812' is one argument too many", "-p 812");
	bad("doctro", "'doctro'", "did you mean 'doctor'");
	bad("reprot app.pb.gz", "'reprot'", "did you mean 'report'");
	bad("app.pb.gz", "'app.pb.gz'", "pybpfprof report app.pb.gz");
	bad("-q dir/app.pprof", "'dir/app.pprof'", "pybpfprof report dir/app.pprof");
	bad(".pb.gz", "'.pb.gz'", "-- .pb.gz");
	bad("-p 1 -", "'-'", "");
	bad("record 812", "'812' is one argument too many", "-p 812");
	bad("record app.py", "'app.py' is one argument too many", "usage: pybpfprof record");
	bad("diff a b c", "'c' is one argument too many", "BASE NEW");
	bad("browse a 7", "'7' is one argument too many", "browse [OPTION]... FILE");
}

static void the_first_error_is_told(void **state)
{
	(void)state;
	bad("-r x -d y", "'x'", "");
	bad("-d y stray -r x", "'y'", "");
}

static void help_and_version_are_heard_over_any_error(void **state)
{
	(void)state;
	assert_true(good("--help").help);
	assert_true(good("-h").help);
	assert_true(good("-V").version);
	assert_true(good("-r x --nonsense stray --version").version);
	assert_true(good("-qh").help);
	assert_int_equal(good("report -h").verb, OPTIONS_REPORT);
	assert_int_equal(good("merge -p x --help").verb, OPTIONS_MERGE);
}

static void parsing_twice_gives_the_same(void **state)
{
	(void)state;
	bad("-qx -p 1", "'-x'", "");
	assert_int_equal(good("-p 5 -v").pids[0], 5);
	assert_int_equal(good("-p 5 -v").verbose, 1);
}

/* For the caller to free. */
static char *help_of(enum options_verb verb)
{
	char *text = NULL, *copy, *line, *rest;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	options_help(verb, stream);
	fclose(stream);
	assert_true(!strncmp(text, "usage: pybpfprof ", 17));
	rest = copy = strdup(text);
	assert_non_null(copy);
	while ((line = strsep(&rest, "\n"))) {
		if (strlen(line) > 80)
			fail_msg("too long: %s", line);
	}
	free(copy);
	return text;
}

/* As a word, not as the beginning of another one's name. */
static bool names_option(const char *text, const char *name)
{
	char option[64];
	int length = snprintf(option, sizeof(option), "--%s", name);

	for (text = strstr(text, option); text; text = strstr(text + 1, option)) {
		if (!strchr("-abcdefghijklmnopqrstuvwxyz", text[length]))
			return true;
	}
	return false;
}

static void the_help_of_a_verb_names_every_option_it_takes_in_80_columns(void **state)
{
	(void)state;
	for (int verb = OPTIONS_SAMPLE; verb <= OPTIONS_DOCTOR; verb++) {
		char *text = help_of((enum options_verb)verb);

		for (const struct option_row *row = option_rows; row->name; row++) {
			bool taken = row->verbs & OPTION_OF(verb);

			if (taken && !names_option(text, row->name))
				fail_msg("verb %d: --%s is not in the help", verb, row->name);
			/* those that others are told by may be named */
			if (!taken && row->help && strstr(text, row->help))
				fail_msg("verb %d: --%s is in the help", verb, row->name);
		}
		free(text);
	}
}

static void the_help_begins_with_what_is_done_most(void **state)
{
	char *text = help_of(OPTIONS_SAMPLE);

	(void)state;
	for (const struct report_format *format = report_formats; format->name; format++)
		assert_non_null(strstr(text, format->help));
	for (const struct report_by_name *key = report_by_names; key->name; key++)
		assert_non_null(strstr(text, key->help));
	for (const struct report_sort_name *sort = report_sort_names; sort->name; sort++)
		assert_non_null(strstr(text, sort->name));
	for (const struct verb_row *row = verb_rows; row->name; row++) {
		assert_non_null(strstr(text, row->name));
		assert_non_null(row->examples);
	}
	assert_true(strstr(text, "  pybpfprof -p 812") < strstr(text, "  pybpfprof -- python3"));
	assert_true(strstr(text, "  pybpfprof -- python3") < strstr(text, "What to sample"));
	free(text);
	text = help_of(OPTIONS_REPORT);
	assert_null(strstr(text, "What to sample"));
	assert_null(strstr(text, "Verbs"));
	assert_non_null(strstr(text, "usage: pybpfprof report"));
	free(text);
}

static void no_two_rows_share_a_name(void **state)
{
	(void)state;
	for (const struct option_row *row = option_rows; row->name; row++) {
		/* either takes a value and parses it, or neither */
		assert_int_equal(row->value != NULL, row->parse != NULL);
		assert_int_equal(row->parse == NULL, row->set != NULL);
		assert_true(row->verbs);
		for (const struct option_row *other = row + 1; other->name; other++) {
			assert_string_not_equal(row->name, other->name);
			assert_true(!row->letter || row->letter != other->letter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pid_alone_gives_the_defaults),
		cmocka_unit_test(a_layout_is_assumed_by_the_name_of_a_row),
		cmocka_unit_test(every_option_sets_its_field),
		cmocka_unit_test(thresholds_are_percent_with_the_sign_and_fractions_without),
		cmocka_unit_test(the_format_comes_from_the_files_ending),
		cmocka_unit_test(the_last_of_a_repeated_option_wins),
		cmocka_unit_test(names_may_be_cut_when_they_stay_clear),
		cmocka_unit_test(nothing_given_is_the_whole_host),
		cmocka_unit_test(several_pids_come_in_lists_and_repeated),
		cmocka_unit_test(more_pids_than_there_is_room_for_are_refused),
		cmocka_unit_test(filters_are_taken_once_each_and_together),
		cmocka_unit_test(everything_behind_two_dashes_is_the_command),
		cmocka_unit_test(processes_are_chosen_in_one_way),
		cmocka_unit_test(the_doctor_starts_and_filters_nothing),
		cmocka_unit_test(verbs_may_be_cut_when_they_stay_clear),
		cmocka_unit_test(files_are_taken_in_order_whatever_stands_between),
		cmocka_unit_test(a_verb_refuses_what_it_does_not_take),
		cmocka_unit_test(rows_are_restricted_as_in_pstats),
		cmocka_unit_test(more_restrictions_than_there_is_room_for_are_refused),
		cmocka_unit_test(rows_are_sorted_by_several_keys),
		cmocka_unit_test(files_are_hidden_and_shown_by_globs_and_regular_expressions),
		cmocka_unit_test(callers_and_callees_choose_their_formats),
		cmocka_unit_test(further_formats_go_to_files),
		cmocka_unit_test(what_is_saved_has_the_format_of_saved_profiles),
		cmocka_unit_test(what_compares_and_browses_does_so_by_function),
		cmocka_unit_test(rows_by_thread_need_threads_apart),
		cmocka_unit_test(processes_that_cannot_be_are_refused),
		cmocka_unit_test(rates_and_times_out_of_range_are_refused),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(unknown_names_suggest_the_nearest),
		cmocka_unit_test(stray_arguments_are_refused),
		cmocka_unit_test(the_first_error_is_told),
		cmocka_unit_test(help_and_version_are_heard_over_any_error),
		cmocka_unit_test(parsing_twice_gives_the_same),
		cmocka_unit_test(the_help_of_a_verb_names_every_option_it_takes_in_80_columns),
		cmocka_unit_test(the_help_begins_with_what_is_done_most),
		cmocka_unit_test(no_two_rows_share_a_name),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
