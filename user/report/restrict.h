/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rows of a report are shown: sorted, then restricted one restriction after the other, as pstats does. */
#ifndef PBP_REPORT_RESTRICT_H
#define PBP_REPORT_RESTRICT_H

#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

struct totals;

/* What one restriction left out. */
struct rows_step {
	const struct report_restriction *restriction; /* NULL: options->limit */
	size_t nrows;
	uint64_t self_ns, self_samples;
};

/* Only restrictions that left out something have a step; nrows, self_ns, self_samples are the sums of the steps. */
struct rows_choice {
	size_t nshown; /* totals->rows[0] to [nshown - 1] are shown, in this order; the others are left out */
	size_t nrows;
	uint64_t self_ns, self_samples;
	struct rows_step steps[REPORT_RESTRICTIONS_MAX];
	uint32_t nsteps;
};

/*
 * Sort the rows as the options say (report/sort.h), move those that the restrictions leave to the front, and say what was
 * left out: the self of all rows is that of the shown ones and choice->self_ns. Without restrictions options->limit
 * holds; a number of rows of 0 is all of them. Patterns are tried on the standard name. 0 or -ENOMEM.
 */
int rows_choose(struct totals *totals, const struct report_options *options,
		struct rows_choice *ret_choice);

#endif
