/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lets report/restrict.c sort and restrict the rows of a diff: it is shown how much they changed as if that were their
 * weight. Counts what is left out, and draws nothing.
 */
#include "report/diff_choose.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/word_map.h"
#include "profile/totals.h"
#include "report/restrict.h"

/* Changes become whole numbers by this and are no more than that: finer than what is printed. */
#define CHANGE_SCALE 1e9
#define CHANGE_MAX   9e18

static uint64_t size_of_change(const struct diff_sides *sides, const struct diff_pair *pair)
{
	return (uint64_t)fmin(fabs(diff_change(sides, pair)) * CHANGE_SCALE, CHANGE_MAX);
}

struct chooser {
	const struct diff_rows *rows;
	const struct diff_sides *sides;
	struct diff_counts *counts;
	struct totals totals; /* the rows that reach the threshold, by the size of their change */
	struct word_map by_symbol; /* symbol -> row; no two rows have the same one */
};

static int add_row(struct chooser *chooser, const struct diff_row *row)
{
	uint64_t *value = word_map_add(&chooser->by_symbol, (uint64_t)(uintptr_t)row->symbol);

	if (!value)
		return -ENOMEM;
	*value = (uint64_t)(uintptr_t)row;
	chooser->totals.rows[chooser->totals.count++] = (struct total){
		.symbol = row->symbol,
		.line = row->line,
		.self_ns = size_of_change(chooser->sides, &row->self),
		.total_ns = size_of_change(chooser->sides, &row->total),
		.total_samples = row->total.samples[DIFF_BASE] + row->total.samples[DIFF_FRESH],
	};
	return 0;
}

static const struct diff_row *find_row(const struct chooser *chooser, const struct total *total)
{
	const uint64_t key = (uint64_t)(uintptr_t)total->symbol;

	return (const struct diff_row *)(uintptr_t)*word_map_find(&chooser->by_symbol, key);
}

/* Count every row; those that reach the threshold are for sorting and restricting. */
static int collect(struct chooser *chooser)
{
	const struct diff_rows *rows = chooser->rows;
	size_t i;
	int code = 0;

	chooser->counts->tests = rows->count;
	for (i = 0; i < rows->count && !code; i++) {
		const struct diff_row *row = &rows->rows[i];
		const enum diff_place place = diff_place(chooser->sides, row->change, row->beyond);

		if (row->beyond)
			diff_counts_add(chooser->counts, diff_row_pair(rows, row), row->change);
		if (place == DIFF_SHOWN)
			code = add_row(chooser, row);
		else
			diff_counts_leave_out(chooser->counts, place, 1, row->beyond);
	}
	return code;
}

static int choose(struct chooser *chooser, const struct report_options *options,
		  const struct diff_row **ret_shown, size_t *ret_nshown)
{
	const enum diff_place place =
		options->nrestrictions > 0 ? DIFF_RESTRICTED : DIFF_BEYOND_LIMIT;
	struct rows_choice choice;
	size_t i;
	int code = rows_choose(&chooser->totals, options, &choice);

	if (code)
		return code;
	for (i = 0; i < chooser->totals.count; i++) {
		const struct diff_row *row = find_row(chooser, &chooser->totals.rows[i]);

		if (i < choice.nshown)
			ret_shown[i] = row;
		else
			diff_counts_leave_out(chooser->counts, place, 1, row->beyond);
	}
	*ret_nshown = choice.nshown;
	return 0;
}

int diff_choose(const struct diff_rows *rows, const struct diff_sides *sides,
		const struct report_options *options, struct diff_counts *counts,
		const struct diff_row **ret_shown, size_t *ret_nshown)
{
	struct chooser chooser = { .rows = rows, .sides = sides, .counts = counts };
	int code = -ENOMEM;

	chooser.totals.rows = calloc(rows->count + 1, sizeof(*chooser.totals.rows));
	if (chooser.totals.rows)
		code = collect(&chooser);
	if (!code)
		code = choose(&chooser, options, ret_shown, ret_nshown);
	free(chooser.totals.rows);
	word_map_done(&chooser.by_symbol);
	return code;
}
