/* SPDX-License-Identifier: GPL-2.0-only */
/* The closing account of a run: how many samples, what was lost, that the sums add up, what it cost. */
#ifndef PBP_REPORT_CLOSING_H
#define PBP_REPORT_CLOSING_H

#include <stdio.h>

struct account;
struct profile;
struct report_options;

/* Write the account's lines. Of the options only `unicode` counts. Stream errors are the caller's to check. */
void closing_write(const struct profile *profile, const struct report_options *options,
		   FILE *stream);

/*
 * By how much the sampled CPU time may differ from the kernel's, as a fraction of the latter (3 standard
 * deviations of which ticks meet the process, and the ticks that were missed). Negative when there is nothing to
 * compare: the kernel's time or the rate is not known, no CPU time was used, or the ticks were of threads' own events,
 * which chance has no part in.
 */
double closing_expected_deviation(const struct account *account);

#endif
