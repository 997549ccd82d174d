/* SPDX-License-Identifier: GPL-2.0-only */
/* One run from start to report. The only room that knows all others. */
#ifndef PBP_SESSION_H
#define PBP_SESSION_H

#include <stdint.h>

#include "base/err.h"

struct launch;
struct options;

/*
 * Sample what the options say, write the report and the account. started_ns: when the command began
 * (CLOCK_MONOTONIC). launch has been through launch_init; with a command it is started with it, and is the caller's to
 * end, however this returns. 0 when a profile was written; a negative errno with the reason otherwise.
 */
int session_run(const struct options *options, uint64_t started_ns, struct launch *launch,
		struct err *err);

#endif
