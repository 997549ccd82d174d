/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time namespace that we are in. Its clocks can be shifted against the kernel's own, by which BPF tells when something
 * happened and when a process began; ours could not be compared with those.
 */
#ifndef PBP_PROC_TIME_NAMESPACE_H
#define PBP_PROC_TIME_NAMESPACE_H

#include <stdbool.h>

#include "base/err.h"

/* 0; -ENOTSUP: our clocks are shifted, with a hint. Where there are no time namespaces nothing is. Never blocks. */
int time_namespace_check(struct err *err);

/* Does a text like that of /proc/PID/timens_offsets shift any clock? One that cannot be understood does not. */
bool time_namespace_shifts(const char *text);

#endif
