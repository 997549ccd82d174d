/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting the command behind `--` as the user who called sudo, with sampling on before its first instruction, and
 * ending as it ended.
 *
 *   launch_init ─▶ launch_prepare ─▶ launch_release ─▶ launch_poll, launch_pass_on … ─▶ launch_exit
 *   (main, first)  a child waits      it executes       on signals                       (main, last)
 */
#ifndef PBP_LAUNCH_H
#define PBP_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"

#define LAUNCH_FAILED	  125 /* we failed, as timeout(1) has it */
#define LAUNCH_CANNOT_RUN 126
#define LAUNCH_NOT_FOUND  127

#define LAUNCH_PATH_SIZE 4096
/* Inherited descriptors that are remembered at most; what we open ourselves is close-on-exec besides. */
#define LAUNCH_FDS_MAX 1024

/* How we were started, which is how the command is to be started. */
struct launch_start {
	sigset_t mask, ignored;
	struct rlimit limits[RLIM_NLIMITS];
	int fds[LAUNCH_FDS_MAX]; /* open descriptors, ascending */
	size_t nfds;
	bool fds_complete; /* those are all */
};

struct launch {
	struct launch_start start;
	pid_t pid; /* of the command, 0: none yet */
	char executable[LAUNCH_PATH_SIZE]; /* what was resolved, absolute; "" when not known */
	char callers[LAUNCH_PATH_SIZE]; /* what the PATH of sudo's caller resolves instead; "": the same, or not known */
	int control; /* to the waiting child; -1: no longer needed */
	int status; /* of waitpid, valid when ended */
	bool released, ended;
	bool not_found; /* exec_errno came from looking for the command */
	int exec_errno; /* why it could not be executed; 0: it was, or is not released yet */
};

/* Nothing is started yet; note how we were. main's first act, before it opens or ignores anything. */
void launch_init(struct launch *launch);

/*
 * Fork the child, which waits before its execve: uid, gid, groups and HOME of the invoking user (SUDO_UID, SUDO_GID), the
 * environment as sudo left it, signals and terminal as we found them. `launch` has been through launch_init. From
 * here on SIGQUIT does not end us and Ctrl-Z does not stop us: they are the command's, and launch_poll follows it. 0 or a negative errno with a reason; then launch_exit_status is
 * 126 or 127 when the command is at fault.
 */
int launch_prepare(char *const argv[], struct launch *launch, struct err *err);

/*
 * Let it execute the command. 0; or a negative errno: it could not be, exec_errno says why. An execve that takes
 * longer than seconds (a file system that does not answer) is not waited for: exec_errno may come with the end.
 */
int launch_release(struct launch *launch, struct err *err);

/*
 * To be called on SIGCHLD: has it ended? Stops us when it has stopped, so that a shell sees the job as stopped, and
 * continues it when we are continued.
 */
bool launch_poll(struct launch *launch);

/*
 * A signal that we got and that the command may not have got: pass it on when it was sent to us alone. The run ends with
 * the command, not with the signal.
 */
void launch_pass_on(const struct launch *launch, int signal);

/*
 * Block until it has ended (it may outlive the sampling), following its stops and passing signals on. SIGINT, SIGTERM
 * and SIGHUP stay blocked.
 */
void launch_wait(struct launch *launch);

/* The exit status for us, 128 + signal after a death by signal (which launch_exit re-raises); LAUNCH_FAILED without an end. */
int launch_exit_status(const struct launch *launch);

/* Wait for the command and end the way it ended. Does not return. */
_Noreturn void launch_exit(struct launch *launch);

/*
 * The hint for a sudo whose PATH hides the caller's virtual environment, when that seems to be so; false: it does
 * not. Sanitized for a terminal.
 */
bool launch_hint(const struct launch *launch, char *buffer, size_t capacity);

/*
 * Kill the child when we fail after preparing. A command that already runs is left alone: what fails is only the
 * looking at it; main waits for it.
 */
void launch_abandon(struct launch *launch);

#endif
