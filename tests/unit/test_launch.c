/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command behind `--`: how it ends, what it finds, how it and we stop and go on. A shell's line stands for the
 * command.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "support/launcher.h"

/* ---- endings ---- */

static void the_commands_own_status_is_ours(void **state)
{
	(void)state;
	launcher_assert_exit(launcher_run(SHELL("exit 0"), NULL, NULL, NULL), 0);
	launcher_assert_exit(launcher_run(SHELL("exit 3"), NULL, NULL, NULL), 3);
	launcher_assert_exit(launcher_run(SHELL("exit 125"), NULL, NULL, NULL), 125);
	launcher_assert_exit(launcher_run(SHELL("exit 126"), NULL, NULL, NULL), 126);
	launcher_assert_exit(launcher_run(SHELL("exit 127"), NULL, NULL, NULL), 127);
	launcher_assert_exit(launcher_run(SHELL("exit 255"), NULL, NULL, NULL), 255);
}

static void cores_are_wanted(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
}

static void a_death_by_signal_is_raised_again_without_a_core(void **state)
{
	struct launcher_run killed;

	(void)state;
	killed = launcher_run(SHELL("kill -TERM $$"), NULL, NULL, NULL);
	assert_true(WIFSIGNALED(killed.status) && WTERMSIG(killed.status) == SIGTERM);
	killed = launcher_run(SHELL("kill -INT $$"), NULL, NULL, NULL);
	assert_true(WIFSIGNALED(killed.status) && WTERMSIG(killed.status) == SIGINT);
	killed = launcher_run(SHELL("kill -KILL $$"), NULL, NULL, NULL);
	assert_true(WIFSIGNALED(killed.status) && WTERMSIG(killed.status) == SIGKILL);
	/* one that we ignore ourselves, and one with a core */
	killed = launcher_run(SHELL("kill -PIPE $$"), NULL, NULL, NULL);
	assert_true(WIFSIGNALED(killed.status) && WTERMSIG(killed.status) == SIGPIPE);
	killed = launcher_run(SHELL("ulimit -c 0; kill -SEGV $$"), cores_are_wanted, NULL, NULL);
	assert_true(WIFSIGNALED(killed.status) && WTERMSIG(killed.status) == SIGSEGV);
	assert_false(WCOREDUMP(killed.status));
}

static void a_command_that_is_not_there_is_127(void **state)
{
	struct launcher_run missing =
		launcher_run(COMMAND(TEXT("no-such-command")), NULL, NULL, NULL);

	(void)state;
	launcher_assert_exit(missing, 127);
	assert_non_null(strstr(missing.output, "'no-such-command': no such command"));
	missing = launcher_run(COMMAND(TEXT("/nowhere/no-such-command")), NULL, NULL, NULL);
	launcher_assert_exit(missing, 127);
	assert_non_null(strstr(missing.output, "No such file"));
}

static void nothing_that_was_not_started_counts_as_success(void **state)
{
	struct launch launch;

	(void)state;
	launch_init(&launch);
	assert_int_equal(launch_exit_status(&launch), LAUNCH_FAILED);
	assert_false(launch_poll(&launch));
	launch_abandon(&launch);
}

/* ---- as it was found ---- */

static void inherit_descriptors(void)
{
	if (fcntl(STDOUT_FILENO, F_DUPFD, 40) != 40)
		_exit(LAUNCHER_WRONG);
	close(STDIN_FILENO);
}

/* As main does, before anything else is opened. */
static void hold_stdin(struct launch *launch)
{
	(void)launch;
	if (dup2(STDOUT_FILENO, STDIN_FILENO))
		_exit(LAUNCHER_WRONG);
}

/* As a library might, not close-on-exec. */
static void open_more(struct launch *launch)
{
	(void)launch;
	if (fcntl(STDOUT_FILENO, F_DUPFD, 39) != 39 || fcntl(STDOUT_FILENO, F_DUPFD, 41) != 41 ||
	    fcntl(STDOUT_FILENO, F_DUPFD, 300) != 300)
		_exit(LAUNCHER_WRONG);
}

static void hold_stdin_and_open_more(struct launch *launch)
{
	hold_stdin(launch);
	open_more(launch);
}

#define TELL_DESCRIPTORS                                                                    \
	SHELL("for fd in 0 1 39 40 41 300; do [ -e /proc/$$/fd/$fd ] && printf '%s ' $fd; " \
	      "done; :")

static void only_inherited_descriptors_reach_the_command(void **state)
{
	(void)state;
	launcher_assert_output(
		launcher_run(TELL_DESCRIPTORS, inherit_descriptors, hold_stdin, open_more),
		"1 40 ");
	launcher_assert_output(
		launcher_run(TELL_DESCRIPTORS, inherit_descriptors, hold_stdin_and_open_more, NULL),
		"1 40 ");
}

static void inherit_signals(void)
{
	sigset_t blocked;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void block_more(struct launch *launch)
{
	sigset_t blocked;

	(void)launch;
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGWINCH, SIG_IGN);
}

/* The C library's own signals, 32 and 33, which nobody can change by it, as this test was started with them. */
static unsigned long long ignored_in_secret(void)
{
	unsigned long long ignored = 0;
	char line[128];
	FILE *status = fopen("/proc/self/status", "re");

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "SigIgn: %llx", &ignored) == 1)
			break;
	fclose(status);
	return ignored & 3ULL << 31;
}

static void signals_are_the_commands_as_they_were_ours(void **state)
{
	char expected[128];

	(void)state;
	snprintf(expected, sizeof(expected), "SigBlk:\t%016llx\nSigIgn:\t%016llx\n",
		 1ULL << (SIGUSR2 - 1),
		 1ULL << (SIGUSR1 - 1) | 1ULL << (SIGCHLD - 1) | ignored_in_secret());
	launcher_assert_output(launcher_run(COMMAND(TEXT("grep"), TEXT("-E"), TEXT("Sig(Blk|Ign)"),
						    TEXT("/proc/self/status")),
					    inherit_signals, block_more, NULL),
			       expected);
}

static void inherit_limits(void)
{
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 128 });
}

/* As a library does for what it needs itself. */
static void raise_limits(struct launch *launch)
{
	(void)launch;
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 100, 128 });
}

static void limits_are_the_commands_as_they_were_ours(void **state)
{
	(void)state;
	launcher_assert_output(
		launcher_run(SHELL("ulimit -Sn; ulimit -Hn"), inherit_limits, raise_limits, NULL),
		"64\n128\n");
}

static void set_variable(void)
{
	setenv("PBP_TEST", "kept", 1);
}

static void arguments_and_environment_are_kept(void **state)
{
	(void)state;
	launcher_assert_output(
		launcher_run(COMMAND(TEXT("sh"), TEXT("-c"), TEXT("echo $PBP_TEST \"$1\" \"$2\""),
				     TEXT("x"), TEXT("a b"), TEXT("")),
			     set_variable, NULL, NULL),
		"kept a b \n");
}

/* ---- not started after all ---- */

static void an_abandoned_command_never_runs(void **state)
{
	struct launch launch;
	struct err err = { 0 };
	char line[160], marker[128];
	pid_t pid;

	(void)state;
	snprintf(marker, sizeof(marker), "%s/marker", launcher_folder);
	snprintf(line, sizeof(line), "touch %s", marker);
	launch_init(&launch);
	assert_int_equal(launch_prepare(COMMAND(TEXT("sh"), TEXT("-c"), line), &launch, &err), 0);
	pid = launch.pid;
	assert_true(pid > 0);
	assert_int_equal(kill(pid, 0), 0);
	launch_abandon(&launch);
	assert_true(kill(pid, 0) && errno == ESRCH);
	assert_true(access(marker, F_OK) && errno == ENOENT);
	assert_int_equal(launch_exit_status(&launch), LAUNCH_FAILED);
	launch_abandon(&launch);
	signal(SIGQUIT, SIG_DFL);
}

static void die_before_release(struct launch *launch)
{
	printf("%d", launch->pid);
	fflush(stdout);
	kill(getpid(), SIGKILL);
}

static void when_we_are_killed_the_waiting_command_ends_too(void **state)
{
	char line[160], marker[128];
	struct launcher_run killed;
	int status;
	pid_t pid;

	(void)state;
	snprintf(marker, sizeof(marker), "%s/marker", launcher_folder);
	snprintf(line, sizeof(line), "touch %s", marker);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	killed =
		launcher_run(COMMAND(TEXT("sh"), TEXT("-c"), line), NULL, NULL, die_before_release);
	assert_true(WIFSIGNALED(killed.status));
	pid = atoi(killed.output);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == LAUNCH_FAILED);
	assert_true(access(marker, F_OK) && errno == ENOENT);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static void kill_waiting(struct launch *launch)
{
	kill(launch->pid, SIGTERM);
}

static void a_command_killed_before_its_release_ends_us_alike(void **state)
{
	struct launcher_run killed = launcher_run(SHELL("echo started"), NULL, NULL, kill_waiting);

	(void)state;
	assert_true(WIFSIGNALED(killed.status) && WTERMSIG(killed.status) == SIGTERM);
	assert_string_equal(killed.output, "");
}

/* ---- stops and signals ---- */

static void own_group(void)
{
	setpgid(0, 0);
}

static void own_session(void)
{
	setsid();
}

static void we_stop_and_go_on_with_the_command(void **state)
{
	int output, status;
	pid_t pid =
		launcher_start(SHELL("kill -STOP $$; kill -TSTP $$; exit 5"), own_group, &output);

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		if (!WIFSTOPPED(status))
			fail_msg("stop %d: status %#x", i, status);
		assert_int_equal(kill(pid, SIGCONT), 0); /* us alone: we continue it */
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	close(output);
}

static bool is_stopped(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %*s %c", &state), 1);
	fclose(file);
	return state == 'T';
}

static void where_no_shell_would_continue_us_we_do_not_stop(void **state)
{
	int output, status;
	pid_t pid = launcher_start(SHELL("echo $$; kill -STOP $$; exit 5"), own_session, &output);
	char line[64];
	pid_t command;

	(void)state;
	launcher_read_line(output, line, sizeof(line));
	command = atoi(line);
	assert_true(command > 0);
	while (!is_stopped(command))
		usleep(1000);
	/* one that stopped with it would be seen here, and one that continued it would have ended */
	usleep(50000);
	assert_true(is_stopped(command));
	assert_int_equal(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	assert_int_equal(kill(command, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	close(output);
}

static void signals_sent_to_us_alone_are_passed_on(void **state)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	int output, status;
	char line[64];
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		pid = launcher_start(
			SHELL("trap 'exit 1' HUP; trap 'exit 2' INT; trap 'exit 15' TERM;"
			      "echo ready; while :; do sleep 0.01; done"),
			own_session, &output);
		launcher_read_line(output, line, sizeof(line));
		assert_string_equal(line, "ready");
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), signals[i]);
		close(output);
	}
}

/* A terminal whose session leader is the launcher itself, in the foreground. */
static void ctrl_c_reaches_the_command_once_and_we_go_on(void **state)
{
	char line[256];
	int terminal, status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (!pid)
		launcher_be(
			SHELL("n=0; trap 'n=$((n+1)); echo interrupted' INT; trap 'exit $n' TERM;"
			      "stty -echo; echo ready; while :; do sleep 0.01; done"),
			NULL, NULL);
	do
		launcher_read_line(terminal, line, sizeof(line));
	while (*line && strcmp(line, "ready"));
	assert_int_equal(write(terminal, "\003", 1), 1);
	do
		launcher_read_line(terminal, line, sizeof(line));
	while (*line && strcmp(line, "interrupted"));
	usleep(50000); /* a second one would be counted */
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	close(terminal);
}

/* A shell with job control and one job: fg after each stop. Exits as the job, or with 90 + stops when these are not 1. */
static _Noreturn void be_shell(char *const argv[])
{
	int status, stops = 0;
	pid_t job;

	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (!job) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpgrp());
		signal(SIGTTOU, SIG_DFL);
		launcher_be(argv, NULL, NULL);
	}
	while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
		stops++;
		printf("stopped\n");
		fflush(stdout);
		tcsetpgrp(STDIN_FILENO, job);
		kill(-job, SIGCONT);
	}
	_exit(stops == 1 && WIFEXITED(status) ? WEXITSTATUS(status) : 90 + stops);
}

static void ctrl_z_stops_both_and_fg_continues_both(void **state)
{
	char line[256];
	int terminal, status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (!pid)
		be_shell(SHELL("stty -echo; echo ready; read line; exit 7"));
	do
		launcher_read_line(terminal, line, sizeof(line));
	while (*line && strcmp(line, "ready"));
	assert_int_equal(write(terminal, "\032", 1), 1);
	do
		launcher_read_line(terminal, line, sizeof(line));
	while (*line && !strstr(line, "stopped"));
	assert_int_equal(write(terminal, "go\n", 3), 3);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	close(terminal);
}

static void ctrl_z_that_the_command_ignores_stops_nobody(void **state)
{
	char line[256];
	int terminal, status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (!pid)
		be_shell(SHELL("trap '' TSTP; stty -echo; echo ready; read line; exit 7"));
	do
		launcher_read_line(terminal, line, sizeof(line));
	while (*line && strcmp(line, "ready"));
	assert_int_equal(write(terminal, "\032go\n", 4), 4);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 90); /* ended without a stop */
	close(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(the_commands_own_status_is_ours),
		test_in_folder(a_death_by_signal_is_raised_again_without_a_core),
		test_in_folder(a_command_that_is_not_there_is_127),
		test_in_folder(nothing_that_was_not_started_counts_as_success),
		test_in_folder(only_inherited_descriptors_reach_the_command),
		test_in_folder(signals_are_the_commands_as_they_were_ours),
		test_in_folder(limits_are_the_commands_as_they_were_ours),
		test_in_folder(arguments_and_environment_are_kept),
		test_in_folder(an_abandoned_command_never_runs),
		test_in_folder(when_we_are_killed_the_waiting_command_ends_too),
		test_in_folder(a_command_killed_before_its_release_ends_us_alike),
		test_in_folder(we_stop_and_go_on_with_the_command),
		test_in_folder(where_no_shell_would_continue_us_we_do_not_stop),
		test_in_folder(signals_sent_to_us_alone_are_passed_on),
		test_in_folder(ctrl_c_reaches_the_command_once_and_we_go_on),
		test_in_folder(ctrl_z_stops_both_and_fg_continues_both),
		test_in_folder(ctrl_z_that_the_command_ignores_stops_nobody),
	};

	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
