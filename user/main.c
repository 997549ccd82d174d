/* SPDX-License-Identifier: GPL-2.0-only */
/* The command: parse, run, print the error if any, exit status. The only place that prints an error. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "doctor.h"
#include "options.h"
#include "session.h"

#define EXIT_FAILED 1
#define EXIT_USAGE  2

/* What we open must not become a standard stream that was closed. Writing to one stays an error. */
static void hold_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return;
}

int main(int argc, char *argv[])
{
	uint64_t started_ns = clock_monotonic_ns();
	struct options options;
	struct err err = { 0 };
	bool can_sample = true;
	int code = 0;

	hold_standard_streams();
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
	else if (options.verb == OPTIONS_DOCTOR)
		code = doctor_run(&options, stdout, &can_sample, &err);
	else
		code = session_run(&options, started_ns, &err);
	if (code) {
		err_print(&err, "pybpfprof", stderr);
		return EXIT_FAILED;
	}
	if (fflush(stdout) || ferror(stdout)) {
		err_set(&err, -errno, "cannot write to standard output: %s", strerror(errno));
		err_print(&err, "pybpfprof", stderr);
		return EXIT_FAILED;
	}
	return can_sample ? 0 : EXIT_FAILED;
}
