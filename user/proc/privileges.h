/* SPDX-License-Identifier: GPL-2.0-only */
/* What this process may do, and what to tell a person whose privileges do not suffice. */
#ifndef PBP_PROC_PRIVILEGES_H
#define PBP_PROC_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct privilege {
	const char *name; /* "CAP_BPF"; a literal, as the others */
	const char *use; /* what it is for: "load the BPF program" */
	bool needed; /* nothing can be sampled without it */
	const char
		*held_as; /* its own name, or that of another which stands for it; NULL: missing */
};

#define PRIVILEGES_MAX 4

/* Every privilege that makes a difference, the needed ones first. How many, or a negative errno with the reason. */
int privileges_read(struct privilege ret_privileges[PRIVILEGES_MAX], struct err *err);

/*
 * 0 when we have what sampling needs: CAP_BPF, CAP_PERFMON (CAP_SYS_ADMIN stands for either) and CAP_SYS_PTRACE.
 * -EPERM with the missing ones by name, and the ways to get them as the hint.
 */
int privileges_check(struct err *err);

/*
 * For what needs none and reads what anybody may have written: give up every capability that the program's file was
 * granted. Root keeps its own, since with them it reads the files of the user who called sudo. 0, or a negative errno with
 * the reason.
 */
int privileges_drop(struct err *err);

#endif
