/* SPDX-License-Identifier: GPL-2.0-only */
/* What a diff counts: rows or nodes that are not shown, and those that changed beyond chance. */
#ifndef PBP_REPORT_DIFF_COUNTS_H
#define PBP_REPORT_DIFF_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/diff_sides.h"
#include "report/report.h"

struct strbuf;

enum diff_place {
	DIFF_UNCHANGED,
	DIFF_BELOW_THRESHOLD,
	DIFF_BEYOND_LIMIT,
	DIFF_RESTRICTED,
	DIFF_SHOWN,
};

struct diff_counts {
	size_t tests; /* rows or nodes looked at */
	size_t hotter, cooler, came, gone; /* beyond chance */
	size_t left_out[DIFF_SHOWN],
		left_beyond[DIFF_SHOWN]; /* by place; beyond chance: of which */
};

/* Where a change belongs as long as the limit is not reached. */
enum diff_place diff_place(const struct diff_sides *sides, double change, bool beyond);

/* Count something that changed beyond chance. */
void diff_counts_add(struct diff_counts *counts, const struct diff_pair *pair, double change);

/* Count `n` rows or nodes that are left out, of which `nbeyond` changed beyond chance. */
void diff_counts_leave_out(struct diff_counts *counts, enum diff_place place, size_t n,
			   size_t nbeyond);

/* Add the line that stands for a table without lines: "no row differs by 1 % of all or more". */
void diff_counts_add_none(struct strbuf *buf, const struct report_options *options,
			  const char *what);

/*
 * Add the lines behind a table: "12 more rows changed by less than 1 % of all, 2 of them beyond chance" and its like, and
 * "beyond chance (*): 2 hotter, 1 new of 36 rows". `what` is a singular.
 */
void diff_counts_add_lines(struct strbuf *buf, const struct diff_counts *counts,
			   const struct diff_sides *sides, const struct report_options *options,
			   const char *what);

#endif
