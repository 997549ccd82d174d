/* SPDX-License-Identifier: GPL-2.0-only */
/* The forked child that becomes the command, and what it tells its parent on the way. */
#ifndef PBP_LAUNCH_CHILD_H
#define PBP_LAUNCH_CHILD_H

#include <stdbool.h>

#include "launch.h"

/*
 * One packet on the control socket, child to parent: first what was found, later only if execve failed. After the first
 * one it is the invoking user's process, so the parent checks what it gets.
 */
struct launch_message {
	int code; /* 0, or the negative errno of err */
	int exec_errno; /* the command is at fault: why it cannot be executed */
	bool not_found;
	char executable[LAUNCH_PATH_SIZE], callers[LAUNCH_PATH_SIZE];
	struct err err;
};

/*
 * To be called right after fork: become the invoking user, find the command, tell, wait for one byte, execute. Ends
 * without executing when the parent's end of the socket is closed. `control` is close-on-exec.
 */
_Noreturn void launch_child(const struct launch_start *start, char *const argv[], int control);

#endif
