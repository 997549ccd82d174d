/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between two profiles: what got hotter, cooler, came and went. Functions, lines and stacks are matched by
 * diff_match.h, made comparable as options->normalize says, and judged by diff_chance.h.
 */
#ifndef PBP_REPORT_DIFF_H
#define PBP_REPORT_DIFF_H

#include <stdio.h>

#include "base/err.h"
#include "report/report.h"

struct profile;

/*
 * Write what `fresh` has more and less than `base` in one of the formats that have a diff (text, flat, tree, folded).
 * Folded is "STACK BASE FRESH", for difference flame graphs. Of the options count by, limit, threshold, normalize, unit
 * (samples: raw numbers in samples), show_all, color, unicode, width, restrictions and sorts: self and total are how much
 * they changed, and rows are compared by their total if that is the first sort.
 *
 * 0, or a negative errno with the reason: -EINVAL for a format without diff, with a list of those that have one, or for
 * profiles that cannot be compared that way; -ENOMEM. Stream errors are the caller's to check.
 */
int diff_write(const struct profile *base, const struct profile *fresh,
	       const struct report_format *format, const struct report_options *options,
	       FILE *stream, struct err *err);

#endif
