/* SPDX-License-Identifier: GPL-2.0-only */
/* Which file is the command: PATH, names with a slash, scripts, and what is told when there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "launch_find.h"
#include "support/launcher.h"

/* ---- which file ---- */

static void a_file_that_cannot_be_executed_is_126(void **state)
{
	struct launcher_run refused;

	(void)state;
	launcher_make_file("file", "x", 0644);
	launcher_make_file("data", "x", 0644);
	refused = launcher_run(COMMAND(TEXT("data")), launcher_path_is_folder, NULL, NULL);
	launcher_assert_exit(refused, 126);
	assert_non_null(strstr(refused.output, "'data': Permission denied"));
	launcher_assert_exit(launcher_run(COMMAND(launcher_folder), NULL, NULL, NULL), 126);
	/* there, executable, and still not to be started */
	launcher_make_file("script", "#!/nowhere/interpreter\n", 0755);
	refused = launcher_run(COMMAND(TEXT("script")), launcher_path_is_folder, NULL, NULL);
	launcher_assert_exit(refused, 126);
	assert_non_null(strstr(refused.output, "interpreter"));
}

static void a_script_without_a_first_line_is_the_shells(void **state)
{
	(void)state;
	launcher_make_file("plain", "echo $0 $1 $2\nexit 4\n", 0755);
	launcher_assert_exit(launcher_run(COMMAND(TEXT("plain"), TEXT("a"), TEXT("b")),
					  launcher_path_is_folder, NULL, NULL),
			     4);
}

static void tell_executable(struct launch *launch)
{
	printf("%s;", launch->executable);
	fflush(stdout);
}

static void the_first_executable_of_path_is_named_absolutely(void **state)
{
	char expected[256];

	(void)state;
	launcher_make_file("data", "x", 0644);
	snprintf(expected, sizeof(expected), "%s;here",
		 launcher_make_file("tool", "#!/bin/sh\nprintf here\n", 0755));
	launcher_assert_output(
		launcher_run(COMMAND(TEXT("tool")), launcher_path_is_folder, NULL, tell_executable),
		expected);
}

static void enter_folder(void)
{
	if (chdir(launcher_folder))
		_exit(LAUNCHER_WRONG);
}

static void a_relative_command_keeps_its_name_and_is_named_absolutely(void **state)
{
	char expected[256];

	(void)state;
	snprintf(expected, sizeof(expected), "%s;./tool",
		 launcher_make_file("tool", "#!/bin/sh\nprintf %s $0\n", 0755));
	launcher_assert_output(
		launcher_run(COMMAND(TEXT("./tool")), enter_folder, NULL, tell_executable),
		expected);
}

static void folders_of_path_are_searched_in_order(void **state)
{
	char path[256], file[256], expected[256];

	(void)state;
	snprintf(expected, sizeof(expected), "%s", launcher_make_file("tool", "x", 0755));
	snprintf(path, sizeof(path), "/nowhere:%s:/bin", launcher_folder);
	assert_int_equal(launch_find("tool", path, file, sizeof(file)), 0);
	assert_string_equal(file, expected);
	assert_int_equal(launch_find("tool", "/nowhere", file, sizeof(file)), -ENOENT);
	assert_int_equal(launch_find("", path, file, sizeof(file)), -ENOENT);
	assert_int_equal(launch_find("sh", NULL, file, sizeof(file)), 0);
	assert_int_equal(launch_find("sh", "", file, sizeof(file)), -ENOENT);
	assert_int_equal(launch_find(expected, "", file, 4), -ENAMETOOLONG);
	/* too long for a path is not there, and does no harm */
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(launch_find("sh", path, file, sizeof(file)), -ENOENT);
	launcher_make_file("tool", "x", 0644);
	snprintf(path, sizeof(path), "%s:/bin", launcher_folder);
	assert_int_equal(launch_find("tool", path, file, sizeof(file)), -EACCES);
}

static void the_same_folder_by_a_link_is_the_same_command(void **state)
{
	char one[256], other[256], link[256];

	(void)state;
	launcher_make_file("tool", "x", 0755);
	snprintf(one, sizeof(one), "%s/tool", launcher_folder);
	snprintf(link, sizeof(link), "%s/link", launcher_folder);
	assert_int_equal(symlink(launcher_folder, link), 0);
	snprintf(other, sizeof(other), "%s/link/tool", launcher_folder);
	assert_true(launch_find_same(one, other));
	assert_false(launch_find_same(one, "/bin/tool"));
	/* a virtual environment's interpreter is a link to the one that sudo finds */
	snprintf(other, sizeof(other), "%s/tool2", launcher_folder);
	assert_false(launch_find_same(one, other));
	assert_false(launch_find_same("tool", "tool"));
}

static void a_variable_is_found_in_an_environment(void **state)
{
	static const char text[] = "A=1\0XPATH=no\0PATH=/x:/y\0LAST=z";

	(void)state;
	assert_string_equal(launch_find_variable(text, sizeof(text) - 1, "PATH"), "/x:/y");
	assert_string_equal(launch_find_variable(text, sizeof(text) - 1, "LAST"), "z");
	assert_null(launch_find_variable(text, sizeof(text) - 1, "PAT"));
	assert_null(launch_find_variable(text, 4, "PATH"));
	assert_null(launch_find_variable("", 0, "PATH"));
}

/* A process with that environment, when it has begun. */
static pid_t start_sleeper(char *const environment[])
{
	char *const argv[] = { TEXT("sleep"), TEXT("100"), NULL };
	char path[64], name[16] = "";
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (!pid) {
		execve("/bin/sleep", argv, environment);
		_exit(LAUNCHER_WRONG);
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	while (strcmp(name, "sleep\n")) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		launcher_read_all(fd, name, sizeof(name));
		close(fd);
	}
	return pid;
}

static void the_callers_path_is_that_of_a_process_of_his(void **state)
{
	char *const callers[] = { TEXT("A=1"), TEXT("PATH=/made/up"), NULL };
	char *const behind_sudo[] = { TEXT("SUDO_UID=5"), TEXT("PATH=/made/up"), NULL };
	pid_t pid = start_sleeper(callers), behind = start_sleeper(behind_sudo);
	char path[256] = "", small[4] = "";

	(void)state;
	assert_true(launch_find_callers_path(pid, geteuid(), path, sizeof(path)));
	assert_string_equal(path, "/made/up");
	assert_false(launch_find_callers_path(pid, geteuid(), small, sizeof(small)));
	/* there may be others among those that we come from; these two are none */
	*path = '\0';
	launch_find_callers_path(pid, geteuid() + 1, path, sizeof(path));
	assert_string_not_equal(path, "/made/up");
	launch_find_callers_path(behind, geteuid(), path, sizeof(path));
	assert_string_not_equal(path, "/made/up");
	for (int i = 0; i < 2; i++) {
		kill(i ? behind : pid, SIGKILL);
		waitpid(i ? behind : pid, NULL, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(a_file_that_cannot_be_executed_is_126),
		test_in_folder(a_script_without_a_first_line_is_the_shells),
		test_in_folder(the_first_executable_of_path_is_named_absolutely),
		test_in_folder(a_relative_command_keeps_its_name_and_is_named_absolutely),
		test_in_folder(folders_of_path_are_searched_in_order),
		test_in_folder(the_same_folder_by_a_link_is_the_same_command),
		test_in_folder(a_variable_is_found_in_an_environment),
		test_in_folder(the_callers_path_is_that_of_a_process_of_his),
	};

	return cmocka_run_group_tests_name("launch_find", tests, NULL, NULL);
}
