/* SPDX-License-Identifier: GPL-2.0-only */
/* One run from start to report. The only room that knows all others. */
#ifndef PBP_SESSION_H
#define PBP_SESSION_H

#include <stdint.h>

#include "base/err.h"

struct options;

/*
 * Sample what the options say, write the report and the account. started_ns: when the command began
 * (CLOCK_MONOTONIC). 0 when a profile was written; a negative errno with the reason otherwise.
 */
int session_run(const struct options *options, uint64_t started_ns, struct err *err);

#endif
