/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row per verb: its usage, what it is for, and what it reads. Must not know what a verb does nor which options there
 * are; those name the verbs that take them.
 */
#include "options_rows.h"

const struct verb_row verb_sample = {
	.name = "sampling",
	.verb = OPTIONS_SAMPLE,
	.usage = "usage: pybpfprof [-p PID[,PID]...] [OPTION]...\n"
		 "       pybpfprof [OPTION]... -- CMD [ARG]...\n"
		 "       pybpfprof VERB [OPTION]... [FILE]...\n",
	.help = "Samples CPython processes and reports where their CPU time goes",
	.examples =
		"  pybpfprof -p 812                       until Ctrl-C, then print the profile\n"
		"  pybpfprof -d 30s --by process          every Python process of the host\n"
		"  pybpfprof -- python3 app.py            start it as the user who called sudo\n"
		"  pybpfprof -p 812 -d 30s --by function  the hottest functions of 30 seconds\n"
		"  pybpfprof --unit web -t                threads of a service, until Ctrl-C\n"
		"  pybpfprof -p 812 -d 10 -o app.folded   stacks for a flame graph\n"
		"  pybpfprof record -p 812 -o app.pb.gz   save now,\n"
		"  pybpfprof report app.pb.gz             read later\n"
		"  pybpfprof doctor -p 812                can it be sampled, and if not, why?\n",
	.refusal = "it compares nothing",
	.command = true,
};

const struct verb_row verb_rows[] = {
	{ .name = "record",
	  .verb = OPTIONS_RECORD,
	  .usage = "usage: pybpfprof record [-p PID[,PID]...] [-o FILE] [OPTION]...\n"
		   "       pybpfprof record [-o FILE] [OPTION]... -- CMD [ARG]...\n",
	  .help = "sample, and only write a saved profile (pprof), as it goes",
	  .examples =
		  "  pybpfprof record -p 812                pybpfprof-NAME-812.pb.gz, until Ctrl-C\n"
		  "  pybpfprof record -d 1h -o host.pb.gz   every Python process of the host\n"
		  "  pybpfprof record -- python3 app.py     start it as the user who called sudo\n",
	  .refusal = "it prints nothing: pybpfprof report FILE does",
	  .command = true },
	{ .name = "report",
	  .verb = OPTIONS_REPORT,
	  .usage = "usage: pybpfprof report [OPTION]... FILE...\n",
	  .help = "print saved profiles in any format; several are merged; needs no privileges",
	  .examples = "  pybpfprof report app.pb.gz             flat report and call tree\n"
		      "  pybpfprof report --sort total -l 20 app.pb.gz\n"
		      "  pybpfprof report --callers 'parse' app.pb.gz\n"
		      "  pybpfprof report -o app.prof app.pb.gz     for pstats, snakeviz, tuna\n"
		      "  ssh host cat app.pb.gz | pybpfprof report -f tree -\n",
	  .refusal = "it samples nothing",
	  .files_min = 1,
	  .files_max = SIZE_MAX },
	{ .name = "diff",
	  .verb = OPTIONS_DIFF,
	  .usage = "usage: pybpfprof diff [OPTION]... BASE NEW\n",
	  .help = "what got hotter and cooler from one saved profile to another",
	  .examples = "  pybpfprof diff before.pb.gz after.pb.gz\n"
		      "  pybpfprof diff --normalize time -f tree before.pb.gz after.pb.gz\n"
		      "  pybpfprof diff -o diff.folded before.pb.gz after.pb.gz\n",
	  .refusal = "it compares saved profiles",
	  .files_min = 2,
	  .files_max = 2 },
	{ .name = "merge",
	  .verb = OPTIONS_MERGE,
	  .usage = "usage: pybpfprof merge -o OUT FILE...\n",
	  .help = "one saved profile of several, or a sound one of one that was cut",
	  .examples = "  pybpfprof merge -o week.pb.gz mon.pb.gz tue.pb.gz wed.pb.gz\n"
		      "  pybpfprof merge -o sound.pb.gz cut.pb.gz   for viewers that refuse it\n",
	  .refusal = "it only puts saved profiles together",
	  .files_min = 1,
	  .files_max = SIZE_MAX },
	{ .name = "browse",
	  .verb = OPTIONS_BROWSE,
	  .usage = "usage: pybpfprof browse [OPTION]... FILE\n",
	  .help = "look at a saved profile by commands, as pstats' browser: sort, stats, callers",
	  .examples = "  pybpfprof browse app.pb.gz\n"
		      "  echo 'stats 10' | pybpfprof browse app.pb.gz\n",
	  .refusal = "it looks at a saved profile by commands; 'help' lists them there",
	  .files_min = 1,
	  .files_max = 1 },
	{ .name = "doctor",
	  .verb = OPTIONS_DOCTOR,
	  .usage = "usage: pybpfprof doctor [-p PID[,PID]...] [OPTION]...\n",
	  .help = "say whether a process can be sampled and what was recognised in it; without -p, "
		  "what this kernel and these privileges allow, and every Python process of the "
		  "host",
	  .examples = "  pybpfprof doctor                       what is possible here?\n"
		      "  pybpfprof doctor -p 812                can it be sampled, if not, why?\n",
	  .refusal = "it samples nothing" },
	{ .name = NULL },
};
