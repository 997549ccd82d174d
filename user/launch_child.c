/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The child between fork and execve. It puts back everything that we changed of what we had inherited, so that the
 * command runs as if it had been started alone. Must not touch what it shares with its parent but the control socket.
 */
#include "launch_child.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launch_find.h"
#include "launch_identity.h"

#define SHELL "/bin/sh"
/* Of the PATH of whoever called sudo. */
#define ENVIRON_PATH_SIZE 16384

extern char **environ;

/* Handlers do not survive execve, but what is ignored or blocked does. */
static void restore_signals(const struct launch_start *start)
{
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		if (sigismember(&start->ignored, number) == 1)
			action.sa_handler = SIG_IGN;
		/* SIGKILL, SIGSTOP and libc's own refuse, and need no more */
		sigaction(number, &action, NULL);
	}
	sigprocmask(SIG_SETMASK, &start->mask, NULL);
}

static void restore_limits(const struct launch_start *start)
{
	struct rlimit now;

	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (!getrlimit(i, &now) && (now.rlim_cur != start->limits[i].rlim_cur ||
					    now.rlim_max != start->limits[i].rlim_max))
			setrlimit(i, &start->limits[i]);
}

/* Let only those through execve that we had inherited ourselves; the control socket is still needed until then. */
static void hold_back_descriptors(const struct launch_start *start)
{
	unsigned next = 0;

	for (size_t i = 0; i < start->nfds; i++) {
		unsigned fd = (unsigned)start->fds[i];

		if (fd > next)
			close_range(next, fd - 1, CLOSE_RANGE_CLOEXEC);
		next = fd + 1;
	}
	if (start->fds_complete)
		close_range(next, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* As the invoking user, which we are by now: PATH, the one that we have and the one that sudo's caller had. */
static void find(struct launch_message *message, const char *name, const char *callers_path,
		 char *file, size_t capacity)
{
	char callers[LAUNCH_PATH_SIZE];
	int code = launch_find(name, getenv("PATH"), file, capacity);

	if (!code)
		launch_find_absolute(file, message->executable, sizeof(message->executable));
	if (callers_path && !strchr(name, '/') &&
	    !launch_find(name, callers_path, callers, sizeof(callers)) &&
	    (code || !launch_find_same(file, callers)))
		launch_find_absolute(callers, message->callers, sizeof(message->callers));
	if (!code)
		return;
	message->code = code;
	message->exec_errno = -code;
	message->not_found = code == -ENOENT;
	err_set(&message->err, code, "cannot run '%s': %s", name,
		code == -ENOENT && !strchr(name, '/') ? "no such command" : strerror(-code));
}

static void become_user(struct launch_message *message, char *callers_path, size_t capacity,
			bool *ret_have_path)
{
	bool change;
	uid_t uid = 0;
	gid_t gid = 0;

	*ret_have_path = false;
	message->code = launch_identity_read(&change, &uid, &gid, &message->err);
	if (!message->code && change) {
		/* Our parent has SUDO_UID too; to look at sudo takes root, which we cease to be. */
		*ret_have_path = launch_find_callers_path(getppid(), uid, callers_path, capacity);
		message->code = launch_identity_assume(uid, gid, &message->err);
	} else if (!message->code) {
		message->code = launch_identity_drop_capabilities(&message->err);
	}
}

/* A file that the kernel cannot execute and that may be executed is a shell's, as execvp(3) has it. */
static void execute_by_shell(const char *file, char *const argv[])
{
	size_t n = 0;
	char **shell_argv;

	while (argv[n])
		n++;
	shell_argv = calloc(n + 2, sizeof(*shell_argv));
	if (!shell_argv)
		return;
	shell_argv[0] = strdup(SHELL);
	shell_argv[1] = strdup(file);
	memcpy(shell_argv + 2, argv + 1, (n - 1) * sizeof(*argv));
	if (shell_argv[0] && shell_argv[1])
		execve(SHELL, shell_argv, environ);
}

static void execute(struct launch_message *message, const char *file, char *const argv[])
{
	execve(file, argv, environ);
	if (errno == ENOEXEC)
		execute_by_shell(file, argv);
	message->exec_errno = errno;
	message->code = -errno;
	err_set(&message->err, -errno, "cannot run '%s': %s", file, strerror(errno));
	if (message->exec_errno == ENOENT)
		err_hint(&message->err,
			 "the file is there: what is missing is the interpreter that "
			 "its first line (#!) names, or its loader");
}

static void tell(int control, const struct launch_message *message)
{
	while (send(control, message, sizeof(*message), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static bool wait_for_release(int control)
{
	ssize_t n;
	char byte;

	do {
		n = recv(control, &byte, 1, 0);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

_Noreturn void launch_child(const struct launch_start *start, char *const argv[], int control)
{
	struct launch_message message;
	char file[LAUNCH_PATH_SIZE], callers_path[ENVIRON_PATH_SIZE];
	bool have_path;

	memset(&message, 0, sizeof(message)); /* its padding crosses the socket too */
	restore_signals(start);
	restore_limits(start);
	become_user(&message, callers_path, sizeof(callers_path), &have_path);
	/* Only now: what looks up users may have opened some. */
	hold_back_descriptors(start);
	if (!message.code)
		find(&message, argv[0], have_path ? callers_path : NULL, file, sizeof(file));
	tell(control, &message);
	if (!message.code && wait_for_release(control)) {
		execute(&message, file, argv);
		tell(control, &message);
	}
	_exit(LAUNCH_FAILED);
}
