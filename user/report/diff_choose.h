/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rows of a diff are shown, and in which order. */
#ifndef PBP_REPORT_DIFF_CHOOSE_H
#define PBP_REPORT_DIFF_CHOOSE_H

#include <stddef.h>

#include "report/diff_counts.h"
#include "report/diff_rows.h"
#include "report/diff_sides.h"
#include "report/report.h"

/*
 * Of the rows whose change reaches the threshold those that the limit or the restrictions leave (report/restrict.h), sorted
 * as the options say, where self and total are the sizes of their changes: ret_shown, with room for all rows, receives
 * pointers to *ret_nshown of them. All rows are counted. 0 or -ENOMEM.
 */
int diff_choose(const struct diff_rows *rows, const struct diff_sides *sides,
		const struct report_options *options, struct diff_counts *counts,
		const struct diff_row **ret_shown, size_t *ret_nshown);

#endif
