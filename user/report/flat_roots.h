/* SPDX-License-Identifier: GPL-2.0-only */
/* The flat report's rows that are no frames: threads, processes, commands, containers. */
#ifndef PBP_REPORT_FLAT_ROOTS_H
#define PBP_REPORT_FLAT_ROOTS_H

#include <stdio.h>

#include "report/report.h"

/* options->by is REPORT_BY_THREAD or a later one; the profile has samples. 0 or -ENOMEM. */
int flat_roots_write(const struct profile *profile, const struct report_options *options,
		     FILE *stream);

#endif
