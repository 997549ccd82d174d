/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose runs a profile is of, and the closing account's line about them. */
#ifndef PBP_REPORT_CLOSING_RUNS_H
#define PBP_REPORT_CLOSING_RUNS_H

#include <stdbool.h>

struct profile;
struct strbuf;

/* Are all runs another tool's? Those have neither the tool's name nor an account of more than the samples there are. */
bool closing_is_foreign(const struct profile *profile);

/* Add how many runs on how many machines, from when to when (UTC), and by which tools; nothing unless there are several. */
void closing_add_runs(struct strbuf *text, const struct profile *profile);

#endif
