/* SPDX-License-Identifier: GPL-2.0-only */
/* The two sides of a diff: their sums, and what makes their numbers comparable. */
#ifndef PBP_REPORT_DIFF_SIDES_H
#define PBP_REPORT_DIFF_SIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "report/report.h"

struct profile;
struct strbuf;

enum diff_side { DIFF_BASE, DIFF_FRESH };

/* Weight and samples of something, by side. */
struct diff_pair {
	uint64_t ns[2], samples[2];
};

struct diff_sides {
	const struct profile *profiles[2]; /* as they were given */
	const struct profile *matched[2]; /* base named as fresh, all in one process */
	uint32_t nmoved; /* files of base that fresh has under another path */
	enum report_normalize normalize;
	bool by_count; /* weights are counts, no time */
	bool knows_chance; /* samples were drawn, so that chance can be told */
	struct diff_pair all;
	double per_weight[2]; /* comparable value of one unit of weight */
	double expected[2]; /* samples that equal work gives, in proportion */
	double least; /* a change of less is below the threshold */
	int decimals; /* of comparable values */
	const char *unit; /* of them: "%", "s", "/s" or "" */
};

/* Measure. 0, or -EINVAL with the reason; the profiles and options must live as long. */
int diff_sides_init(struct diff_sides *sides, const struct profile *base,
		    const struct profile *fresh, const struct report_options *options,
		    struct err *err);

/* What the weight counts for in a comparison: percent of all, percent of one CPU, or seconds. */
double diff_value(const struct diff_sides *sides, const struct diff_pair *pair,
		  enum diff_side side);

/* Value of fresh less that of base; exactly 0 where nothing but rounding differs. */
double diff_change(const struct diff_sides *sides, const struct diff_pair *pair);

/* Standard deviations of the change; 0 where chance is not known. */
double diff_deviations(const struct diff_sides *sides, const struct diff_pair *pair);

/* Has the side nothing of it? */
bool diff_is_absent(const struct diff_pair *pair, enum diff_side side);

/* Would the change be printed as 0? */
bool diff_is_nothing(const struct diff_sides *sides, double change);

/* Add the lines that say what is compared, how, and what was lost. */
void diff_sides_add_head(const struct diff_sides *sides, struct strbuf *buf);

#endif
