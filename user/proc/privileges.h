/* SPDX-License-Identifier: GPL-2.0-only */
/* What this process may do, and what to tell a person whose privileges do not suffice. */
#ifndef PBP_PROC_PRIVILEGES_H
#define PBP_PROC_PRIVILEGES_H

#include "base/err.h"

/*
 * 0 when we have what sampling needs: CAP_BPF, CAP_PERFMON (CAP_SYS_ADMIN stands for either) and CAP_SYS_PTRACE.
 * -EPERM with the missing ones by name, and the ways to get them as the hint.
 */
int privileges_check(struct err *err);

#endif
