/* SPDX-License-Identifier: GPL-2.0-only */
/* What diff.c puts together: the diff's formats. Stream errors are the caller's to check. */
#ifndef PBP_REPORT_DIFF_FORMATS_H
#define PBP_REPORT_DIFF_FORMATS_H

#include <stdio.h>

#include "report/diff_sides.h"
#include "report/report.h"

struct diff_stacks;

/* What a format is written from. */
struct diff {
	const struct diff_sides *sides;
	const struct diff_stacks *stacks;
	const struct report_options *options;
	FILE *stream;
};

/* 0 or -ENOMEM; diff_flat_write() also -EOVERFLOW. */
int diff_flat_write(const struct diff *diff);
int diff_tree_write(const struct diff *diff);
int diff_folded_write(const struct diff *diff);

#endif
