/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Launchers and their folder. Asserts by cmocka in the test's process; in a forked one nothing may fail silently, so it ends
 * with LAUNCHER_WRONG.
 */
#include "support/launcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn void launcher_be(char *const argv[], launcher_step *before, launcher_step *between)
{
	struct launch launch;
	struct err err = { 0 };
	sigset_t blocked;

	launch_init(&launch);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	if (before)
		before(&launch);
	if (!launch_prepare(argv, &launch, &err)) {
		if (between)
			between(&launch);
		launch_release(&launch, &err);
	}
	if (err.code) {
		printf("%s\n%s\n", err.message, err.hint);
		exit(launch_exit_status(&launch));
	}
	launch_exit(&launch);
}

void launcher_read_all(int fd, char *buffer, size_t capacity)
{
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, buffer + length, capacity - 1 - length)) > 0)
		length += (size_t)n;
	buffer[length] = '\0';
}

/* Whatever the test's own caller ignores, as nohup and shells do for what they run in the background. */
static void reset_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
}

struct launcher_run launcher_run(char *const argv[], void (*at_start)(void), launcher_step *before,
				 launcher_step *between)
{
	struct launcher_run run;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		reset_signals();
		if (at_start)
			at_start();
		launcher_be(argv, before, between);
	}
	close(ends[1]);
	launcher_read_all(ends[0], run.output, sizeof(run.output));
	close(ends[0]);
	assert_int_equal(waitpid(pid, &run.status, 0), pid);
	return run;
}

void launcher_assert_exit(struct launcher_run run, int code)
{
	if (!WIFEXITED(run.status) || WEXITSTATUS(run.status) != code)
		fail_msg("status %#x is not exit %d: %s", run.status, code, run.output);
}

void launcher_assert_output(struct launcher_run run, const char *output)
{
	launcher_assert_exit(run, 0);
	assert_string_equal(run.output, output);
}

char launcher_folder[64];

const char *launcher_make_file(const char *name, const char *text, mode_t mode)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", launcher_folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

int launcher_make_folder(void **state)
{
	(void)state;
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	strcpy(launcher_folder, "/tmp/test_launch.XXXXXX");
	return mkdtemp(launcher_folder) && !chmod(launcher_folder, 0755) ? 0 : -1;
}

int launcher_remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", launcher_folder);
	return system(command);
}

void launcher_path_is_folder(void)
{
	char path[256];

	snprintf(path, sizeof(path), "/nowhere:%s/file:%s:/usr/bin:/bin", launcher_folder,
		 launcher_folder);
	setenv("PATH", path, 1);
}

pid_t launcher_start(char *const argv[], void (*at_start)(void), int *ret_output)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		reset_signals();
		at_start();
		launcher_be(argv, NULL, NULL);
	}
	close(ends[1]);
	*ret_output = ends[0];
	return pid;
}

void launcher_read_line(int fd, char *line, size_t capacity)
{
	size_t length = 0;

	while (length + 1 < capacity && read(fd, line + length, 1) == 1 && line[length] != '\n')
		length++;
	line[length] = '\0';
	if (length && line[length - 1] == '\r')
		line[length - 1] = '\0';
}
