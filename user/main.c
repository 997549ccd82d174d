/* SPDX-License-Identifier: GPL-2.0-only */
/* The command: parse, run, print the error if any, exit status. The only place that prints an error. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "browse.h"
#include "doctor.h"
#include "launch.h"
#include "options.h"
#include "proc/privileges.h"
#include "saved.h"
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

/* A report that did not reach the standard output is a failure like others. */
static int flush_output(struct err *err)
{
	int code;

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	code = errno ? -errno : -EIO; /* of an earlier write, whose reason is gone */
	return err_set(err, code, "cannot write to standard output: %s", strerror(-code));
}

/* With a command, ours is its end: 125 when we failed, else what became of it. */
static int end_launch(struct launch *launch, bool failed)
{
	launch_abandon(launch);
	if (!failed)
		launch_exit(launch);
	launch_wait(launch);
	return launch->exec_errno ? launch_exit_status(launch) : LAUNCH_FAILED;
}

/* What reads saved profiles, which anybody may have written. */
static int run_saved(const struct options *options,
		     int (*verb)(const struct options *, struct err *), struct err *err)
{
	int code = privileges_drop(err);

	return code ? code : verb(options, err);
}

/* What the verb says. *ret_can_sample is the doctor's finding. */
static int run(const struct options *options, uint64_t started_ns, struct launch *launch,
	       bool *ret_can_sample, struct err *err)
{
	switch (options->verb) {
	case OPTIONS_REPORT:
		return run_saved(options, saved_run_report, err);
	case OPTIONS_DIFF:
		return run_saved(options, saved_run_diff, err);
	case OPTIONS_MERGE:
		return run_saved(options, saved_run_merge, err);
	case OPTIONS_BROWSE:
		return run_saved(options, browse_run, err);
	case OPTIONS_DOCTOR:
		return doctor_run(options, stdout, ret_can_sample, err);
	case OPTIONS_SAMPLE:
	case OPTIONS_RECORD:
		break;
	}
	return session_run(options, started_ns, launch, err);
}

int main(int argc, char *argv[])
{
	uint64_t started_ns = clock_monotonic_ns();
	struct options options;
	struct launch launch;
	struct err err = { 0 };
	bool can_sample = true;
	int code = 0;

	launch_init(&launch);
	hold_standard_streams();
	/* A closed pipe is an error like others, with a message. */
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(&options, argc, argv, &err)) {
		err_print(&err, "pybpfprof", stderr);
		return EXIT_USAGE;
	}
	if (options.help)
		options_help(options.verb, stdout);
	else if (options.version)
		puts("pybpfprof " PBP_VERSION);
	else
		code = run(&options, started_ns, &launch, &can_sample, &err);
	if (!code)
		code = flush_output(&err);
	if (code)
		err_print(&err, "pybpfprof", stderr);
	options_done(&options);
	if (options.command && !options.help && !options.version)
		return end_launch(&launch, code != 0);
	return code || !can_sample ? EXIT_FAILED : 0;
}
