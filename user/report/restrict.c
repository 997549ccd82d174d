/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pstats' restrictions (eval_print_amount in CPython's Lib/pstats.py) over sorted rows. Counts what each leaves out;
 * how that is told is the report's.
 */
#include "report/restrict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/strbuf.h"
#include "profile/totals.h"
#include "report/sort.h"
#include "report/standard_name.h"

struct chooser {
	struct totals *totals;
	struct total *left_out; /* room for all rows */
	struct rows_choice *choice;
	struct strbuf name;
};

static void leave_out(struct chooser *chooser, struct rows_step *step, const struct total *row)
{
	/* Filled from the back, so that what is left out first stands last. */
	chooser->left_out[chooser->totals->count - 1 - chooser->choice->nrows - step->nrows] = *row;
	step->nrows++;
	step->self_ns += row->self_ns;
	step->self_samples += row->self_samples;
}

static void end_step(struct rows_choice *choice, const struct rows_step *step)
{
	if (step->nrows == 0)
		return;
	choice->steps[choice->nsteps++] = *step;
	choice->nshown -= step->nrows;
	choice->nrows += step->nrows;
	choice->self_ns += step->self_ns;
	choice->self_samples += step->self_samples;
}

/* Show the first so many of those that are left, from the coldest of the others on. */
static void keep_first(struct chooser *chooser, const struct report_restriction *restriction,
		       size_t count)
{
	struct rows_step step = { .restriction = restriction };
	size_t i;

	for (i = chooser->choice->nshown; i > count; i--)
		leave_out(chooser, &step, &chooser->totals->rows[i - 1]);
	end_step(chooser->choice, &step);
}

static bool matches(struct chooser *chooser, const struct pattern *pattern, const struct total *row)
{
	strbuf_clear(&chooser->name);
	standard_name_add(&chooser->name, row->symbol, row->line);
	return pattern_matches(pattern, strbuf_text(&chooser->name));
}

static int keep_matching(struct chooser *chooser, const struct report_restriction *restriction)
{
	struct rows_step step = { .restriction = restriction };
	struct total *rows = chooser->totals->rows;
	size_t kept = 0, i;
	int code = 0;

	for (i = 0; i < chooser->choice->nshown; i++) {
		if (matches(chooser, restriction->pattern, &rows[i]))
			rows[kept++] = rows[i];
		else
			leave_out(chooser, &step, &rows[i]);
		if (strbuf_error(&chooser->name))
			code = strbuf_error(&chooser->name);
	}
	end_step(chooser->choice, &step);
	return code;
}

static int apply(struct chooser *chooser, const struct report_restriction *restriction)
{
	const size_t left = chooser->choice->nshown;

	switch (restriction->kind) {
	case REPORT_RESTRICT_ROWS:
		keep_first(chooser, restriction, restriction->rows > 0 ? restriction->rows : left);
		return 0;
	case REPORT_RESTRICT_PART:
		/* Rounded as pstats does. */
		keep_first(chooser, restriction, (size_t)((double)left * restriction->part + 0.5));
		return 0;
	case REPORT_RESTRICT_PATTERN:
		return keep_matching(chooser, restriction);
	}
	return 0;
}

static int restrict_rows(struct chooser *chooser, const struct report_options *options)
{
	const size_t count = chooser->totals->count;
	struct rows_choice *choice = chooser->choice;
	uint32_t i;
	int code = 0;

	if (options->nrestrictions == 0 && options->limit > 0)
		keep_first(chooser, NULL, options->limit);
	for (i = 0; i < options->nrestrictions && !code; i++)
		code = apply(chooser, &options->restrictions[i]);
	if (choice->nrows > 0)
		memcpy(&chooser->totals->rows[choice->nshown],
		       &chooser->left_out[count - choice->nrows],
		       choice->nrows * sizeof(*chooser->left_out));
	return code;
}

int rows_choose(struct totals *totals, const struct report_options *options,
		struct rows_choice *ret_choice)
{
	struct rows_choice choice = { .nshown = totals->count };
	struct chooser chooser = { .totals = totals, .choice = &choice };
	int code = sort_totals(totals, options);

	if (code)
		return code;
	strbuf_init(&chooser.name);
	chooser.left_out = calloc(totals->count + 1, sizeof(*chooser.left_out));
	code = chooser.left_out ? restrict_rows(&chooser, options) : -ENOMEM;
	strbuf_done(&chooser.name);
	free(chooser.left_out);
	if (!code)
		*ret_choice = choice;
	return code;
}
