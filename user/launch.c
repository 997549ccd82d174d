/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parent's side of the command: start it, follow it, end as it ended. What the child does until it is the command is
 * launch_child.c's. Must not know of sampling.
 */
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "launch_child.h"

/* How long an execve is waited for before it is taken for done, or for hanging in a file system. */
#define EXECUTE_WAIT_MS 2000

/* ---- how we were started ---- */

static int compare_fds(const void *one, const void *other)
{
	int a = *(const int *)one, b = *(const int *)other;

	return (a > b) - (a < b);
}

static void note_descriptors(struct launch_start *start)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!folder)
		return;
	start->fds_complete = true;
	while ((entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(folder))
			continue;
		if (start->nfds == LAUNCH_FDS_MAX) {
			start->fds_complete = false;
			break;
		}
		start->fds[start->nfds++] = fd;
	}
	closedir(folder);
	qsort(start->fds, start->nfds, sizeof(start->fds[0]), compare_fds);
}

void launch_init(struct launch *launch)
{
	struct sigaction action;

	*launch = (struct launch){ .control = -1 };
	sigprocmask(SIG_SETMASK, NULL, &launch->start.mask);
	sigemptyset(&launch->start.ignored);
	for (int number = 1; number <= SIGRTMAX; number++)
		if (!sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN)
			sigaddset(&launch->start.ignored, number);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit(i, &launch->start.limits[i]);
	note_descriptors(&launch->start);
}

/* ---- starting ---- */

/*
 * Ctrl-Z is the command's: the terminal sends it to both, but we stop only when the command has stopped, and not if it
 * takes no notice, as if it had been started alone.
 */
static void block_stops(bool block)
{
	const struct timespec now = { 0 };
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (block)
		return;
	while (sigtimedwait(&stop, NULL, &now) == SIGTSTP)
		;
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

static void close_control(struct launch *launch)
{
	if (launch->control >= 0)
		close(launch->control);
	launch->control = -1;
}

/* The child has nothing more to do: take its status, so that its number is free. */
static void reap(struct launch *launch)
{
	while (waitpid(launch->pid, &launch->status, 0) < 0 && errno == EINTR)
		;
	launch->ended = true;
}

/* A message of the child: 1; 0: its end of the socket is closed; a negative errno: none now, or none of ours. */
static int receive(const struct launch *launch, int flags, struct launch_message *ret_message)
{
	ssize_t n;

	do {
		n = recv(launch->control, ret_message, sizeof(*ret_message), flags);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : 0;
	if (n != sizeof(*ret_message) || ret_message->code > 0 || ret_message->exec_errno < 0)
		return -EBADMSG;
	ret_message->executable[sizeof(ret_message->executable) - 1] = '\0';
	ret_message->callers[sizeof(ret_message->callers) - 1] = '\0';
	ret_message->err.message[sizeof(ret_message->err.message) - 1] = '\0';
	ret_message->err.hint[sizeof(ret_message->err.hint) - 1] = '\0';
	return 1;
}

/* What the child tells when it has looked for the command. */
static int take_found(struct launch *launch, struct err *err)
{
	struct launch_message message;
	char hint[sizeof(message.err.hint)];
	int n = receive(launch, 0, &message);

	if (n < 0)
		return err_set(err, n, "cannot prepare the command: %s", strerror(-n));
	if (!n)
		return err_set(err, -EINTR, "the command's process was killed before it began");
	memcpy(launch->executable, message.executable, sizeof(launch->executable));
	memcpy(launch->callers, message.callers, sizeof(launch->callers));
	launch->exec_errno = message.exec_errno;
	launch->not_found = message.not_found;
	if (!message.code)
		return 0;
	err_set(err, message.code, "%s", message.err.message);
	if (launch_hint(launch, hint, sizeof(hint)))
		err_hint(err, "%s", hint);
	else if (message.err.hint[0])
		err_hint(err, "%s", message.err.hint);
	return message.code;
}

int launch_prepare(char *const argv[], struct launch *launch, struct err *err)
{
	int ends[2], code;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return err_set(err, -errno, "cannot prepare the command: %s", strerror(errno));
	/* Whoever started us may ignore it, and then nobody's end would be told. */
	signal(SIGCHLD, SIG_DFL);
	fflush(NULL);
	launch->pid = fork();
	if (launch->pid < 0) {
		code = -errno;
		launch->pid = 0;
		close(ends[0]);
		close(ends[1]);
		return err_set(err, code, "cannot start a process: %s", strerror(-code));
	}
	if (!launch->pid) {
		close(ends[0]);
		launch_child(&launch->start, argv, ends[1]);
	}
	close(ends[1]);
	launch->control = ends[0];
	code = take_found(launch, err);
	if (code) {
		close_control(launch);
		kill(launch->pid, SIGKILL);
		reap(launch);
		return code;
	}
	signal(SIGQUIT, SIG_IGN);
	block_stops(true);
	return 0;
}

/* Has its execve failed? Only once its end of the socket is closed or has said so. */
static int take_executed(struct launch *launch, struct err *err)
{
	struct launch_message message;
	int n = receive(launch, MSG_DONTWAIT, &message);

	if (n == -EAGAIN)
		return 0;
	close_control(launch);
	if (n <= 0 || !message.exec_errno)
		return 0;
	launch->exec_errno = message.exec_errno;
	launch->executable[0] = '\0';
	err_set(err, -launch->exec_errno, "%s", message.err.message);
	if (message.err.hint[0])
		err_hint(err, "%s", message.err.hint);
	return -launch->exec_errno;
}

int launch_release(struct launch *launch, struct err *err)
{
	struct pollfd answer = { .fd = launch->control, .events = POLLIN };
	int code;

	if (send(launch->control, "", 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return err_set(err, -errno, "cannot start the command: %s", strerror(errno));
	launch->released = true;
	while (poll(&answer, 1, EXECUTE_WAIT_MS) < 0 && errno == EINTR)
		;
	code = take_executed(launch, err);
	if (code) {
		reap(launch);
		block_stops(false);
	}
	return code;
}

void launch_abandon(struct launch *launch)
{
	if (!launch->pid || launch->ended || launch->released)
		return;
	close_control(launch);
	kill(launch->pid, SIGKILL);
	reap(launch);
	block_stops(false);
}

/* ---- following ---- */

/*
 * The command has stopped; stop us too, for what a shell waits for is us. By SIGTSTP: the terminal's own, if it is
 * pending, is one with it, and where no shell would continue us (an orphaned process group) the kernel ignores it.
 * SIGCONT is blocked by now: it continues us all the same, and stays pending to tell of it.
 */
static void stop_along(const struct launch *launch)
{
	const struct timespec now = { 0 };
	sigset_t stop, go;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigemptyset(&go);
	sigaddset(&go, SIGCONT);
	if (sigtimedwait(&go, NULL, &now) == SIGCONT)
		return; /* that was for this stop */
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL); /* here we stand still */
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (sigtimedwait(&go, NULL, &now) == SIGCONT)
		kill(launch->pid, SIGCONT);
}

bool launch_poll(struct launch *launch)
{
	sigset_t go, before;
	int status;

	if (!launch->pid || launch->ended)
		return launch->ended;
	sigemptyset(&go);
	sigaddset(&go, SIGCONT);
	sigprocmask(SIG_BLOCK, &go, &before);
	while (!launch->ended && waitpid(launch->pid, &status, WNOHANG | WUNTRACED) > 0) {
		if (WIFSTOPPED(status)) {
			stop_along(launch);
			continue;
		}
		launch->status = status;
		launch->ended = true;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (!launch->ended)
		return false;
	if (launch->control >= 0)
		take_executed(launch, NULL);
	block_stops(false);
	return true;
}

/* Does the terminal send its signals to our process group? */
static bool in_foreground(void)
{
	int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	bool foreground = terminal >= 0 && tcgetpgrp(terminal) == getpgrp();

	if (terminal >= 0)
		close(terminal);
	return foreground;
}

void launch_pass_on(const struct launch *launch, int signal)
{
	/* Ctrl-C has reached the command as well, and twice means something else to some. */
	if ((signal == SIGINT || signal == SIGQUIT) && in_foreground())
		return;
	if (launch->pid && !launch->ended)
		kill(launch->pid, signal);
}

void launch_wait(struct launch *launch)
{
	sigset_t signals;
	int signal;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	/* For good: a Ctrl-C that the command survived must not end us on the last yards. */
	sigprocmask(SIG_BLOCK, &signals, NULL);
	while (launch->pid && !launch_poll(launch)) {
		signal = sigwaitinfo(&signals, NULL);
		if (signal > 0 && signal != SIGCHLD)
			launch_pass_on(launch, signal);
	}
}

/* ---- ending ---- */

int launch_exit_status(const struct launch *launch)
{
	if (launch->exec_errno)
		return launch->not_found ? LAUNCH_NOT_FOUND : LAUNCH_CANNOT_RUN;
	if (!launch->released || !launch->ended)
		return LAUNCH_FAILED;
	return WIFSIGNALED(launch->status) ? 128 + WTERMSIG(launch->status)
					   : WEXITSTATUS(launch->status);
}

_Noreturn void launch_exit(struct launch *launch)
{
	const struct rlimit none = { 0, 0 };
	sigset_t death;
	int number;

	launch_wait(launch);
	if (launch->released && launch->ended && !launch->exec_errno &&
	    WIFSIGNALED(launch->status)) {
		number = WTERMSIG(launch->status);
		fflush(NULL);
		/* The command has left its core, if any; ours tells nobody anything. Pipes to a handler ask for no limit. */
		setrlimit(RLIMIT_CORE, &none);
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		signal(number, SIG_DFL);
		raise(number);
		sigemptyset(&death);
		sigaddset(&death, number);
		sigprocmask(SIG_UNBLOCK, &death, NULL);
	}
	exit(launch_exit_status(launch));
}

bool launch_hint(const struct launch *launch, char *buffer, size_t capacity)
{
	struct strbuf text;
	bool fits;

	if (!launch->callers[0])
		return false;
	strbuf_init(&text);
	strbuf_add(&text, "without sudo this would be ");
	strbuf_add_sanitized(&text, launch->callers, strlen(launch->callers));
	strbuf_add(&text,
		   ", which sudo's PATH hides: sudo env \"PATH=$PATH\" pybpfprof -- ...; or do "
		   "without sudo, once: sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace+ep "
		   "$(command -v pybpfprof)");
	fits = !strbuf_error(&text) && strlen(strbuf_text(&text)) < capacity;
	if (fits)
		strcpy(buffer, strbuf_text(&text));
	strbuf_done(&text);
	return fits;
}
