/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of rows by pstats' words. The words themselves are in report/report.h. */
#ifndef PBP_REPORT_SORT_H
#define PBP_REPORT_SORT_H

struct report_options;
struct totals;

/*
 * Sort by options->sorts, the first one first; what they leave equal by self, by total (both descending) and by file, line
 * and name, so that the order of any two rows is fixed. options->reverse turns all of it around. 0 or -ENOMEM.
 */
int sort_totals(struct totals *totals, const struct report_options *options);

#endif
