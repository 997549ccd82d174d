/* SPDX-License-Identifier: GPL-2.0-only */
/* The command: parse, run, print the error if any, exit status. The only place that prints an error. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "options.h"
#include "session.h"

#define EXIT_FAILED 1
#define EXIT_USAGE  2

int main(int argc, char *argv[])
{
	uint64_t started_ns = clock_monotonic_ns();
	struct options options;
	struct err err = { 0 };

	/* A closed pipe is an error like others, with a message. */
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(&options, argc, argv, &err)) {
		err_print(&err, "pybpfprof", stderr);
		return EXIT_USAGE;
	}
	if (options.help)
		options_help(stdout);
	else if (options.version)
		puts("pybpfprof " PBP_VERSION);
	else if (session_run(&options, started_ns, &err)) {
		err_print(&err, "pybpfprof", stderr);
		return EXIT_FAILED;
	}
	if (fflush(stdout) || ferror(stdout)) {
		err_set(&err, -errno, "cannot write to standard output: %s", strerror(errno));
		err_print(&err, "pybpfprof", stderr);
		return EXIT_FAILED;
	}
	return 0;
}
