/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs that read saved profiles and write what comes of them: report, diff and merge. They need no privileges and
 * no kernel that can sample.
 */
#ifndef PBP_SAVED_H
#define PBP_SAVED_H

#include "base/err.h"

struct options;

/* All return 0 when everything was written, or a negative errno with the reason. */

/* options->files together in every format that the options ask for; the account on standard error, as after a run. */
int saved_run_report(const struct options *options, struct err *err);

/* What options->files[1] has more and less than options->files[0]. */
int saved_run_diff(const struct options *options, struct err *err);

/* options->files as one saved profile in options->output. A file that was cut becomes a sound one. */
int saved_run_merge(const struct options *options, struct err *err);

#endif
