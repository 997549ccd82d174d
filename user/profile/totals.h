/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Self and total per line or per function. Self is what has the row's symbol as its leaf; total is what has it
 * anywhere on its stack, counted once per stack however often it recurs.
 */
#ifndef PBP_PROFILE_TOTALS_H
#define PBP_PROFILE_TOTALS_H

#include <stddef.h>
#include <stdint.h>

#include "profile/groups.h"

struct profile;

struct total {
	const struct symbol *symbol; /* the profile's; stands for all of the row */
	uint32_t group; /* the same in every struct groups of this profile by the same thing */
	int32_t line; /* being executed, or the function's first one */
	uint64_t self_ns, total_ns;
	uint64_t self_samples, total_samples;
};

enum totals_order {
	TOTALS_BY_SELF, /* then total, then name */
	TOTALS_BY_TOTAL, /* then self, then name */
	TOTALS_BY_NAME, /* file, line, function */
};

/* Open for reading; valid until the profile is added to. */
struct totals {
	struct total *rows; /* those with samples or weight */
	size_t count;
};

/* 0 or -ENOMEM; fills a caller's struct, which totals_done() empties. Sorted by self. Takes time in proportion
 * to the profile's rows, stacks and symbols. */
int totals_init(struct totals *totals, const struct profile *profile, enum groups_by by);
void totals_done(struct totals *totals);

/* Descending weights, ascending names: negative, 0 or positive as in qsort(3), 0 only for a row and itself. */
int totals_compare(const struct total *left, const struct total *right, enum totals_order order);

/* In that order, which is fixed for any two rows. */
void totals_sort(struct totals *totals, enum totals_order order);

#endif
