/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the rows of two profiles beside each other and judges how they changed. What a row adds up is profile/totals' and
 * roots.c's; which rows are shown is diff_choose.c's, and how they look diff_flat.c's.
 */
#include "report/diff_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "profile/merge.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "report/coarse.h"
#include "report/diff_chance.h"
#include "report/names.h"
#include "report/roots.h"

struct builder {
	struct diff_rows *rows; /* by the symbols' ids while they are filled */
	size_t capacity;
};

/* The row of a symbol in which all that does not tell rows apart is the same. */
static int find_row(struct builder *builder, const struct symbol *symbol, struct diff_row **ret_row)
{
	struct diff_rows *rows = builder->rows;
	uint32_t id;
	int code = profile_add_symbol(rows->names, symbol, &id);

	if (!code)
		code = array_reserve(&rows->rows, &builder->capacity, rows->count + 1,
				     sizeof(*rows->rows));
	if (code)
		return code;
	if (id == rows->count)
		rows->rows[rows->count++] = (struct diff_row){ .line = symbol->line };
	*ret_row = &rows->rows[id];
	return 0;
}

static int add_totals(struct builder *builder, const struct profile *profile, enum groups_by by,
		      enum diff_side side)
{
	struct totals totals;
	size_t i;
	int code = totals_init(&totals, profile, by);

	if (code)
		return code;
	for (i = 0; i < totals.count && !code; i++) {
		const struct total *total = &totals.rows[i];
		struct symbol symbol = *total->symbol;
		struct diff_row *row;

		symbol.line = total->line;
		symbol.first_line = total->line;
		code = find_row(builder, &symbol, &row);
		if (code)
			break;
		row->self.ns[side] += total->self_ns;
		row->self.samples[side] += total->self_samples;
		row->total.ns[side] += total->total_ns;
		row->total.samples[side] += total->total_samples;
	}
	totals_done(&totals);
	return code;
}

/* One side's rows in a profile that has the symbols of both, as the other side's files decide what a module is called. */
static int add_symbols_of_both(struct profile *to, const struct diff_sides *sides,
			       enum diff_side side)
{
	const struct profile *from = sides->matched[side];
	const struct profile *other = sides->matched[side == DIFF_BASE ? DIFF_FRESH : DIFF_BASE];
	uint32_t *stacks = calloc(profile_nstacks(from), sizeof(*stacks)), id;
	const struct profile_process nobody = { .kernel_ns = PROFILE_TIME_UNKNOWN };
	size_t i;
	int code = stacks ? profile_add_process(to, &nobody, &id) : -ENOMEM;

	for (i = 0; i < profile_nsymbols(other) && !code; i++)
		code = profile_add_symbol(to, profile_symbol(other, (uint32_t)i), &id);
	if (!code)
		code = profile_merge_stacks(to, from, stacks);
	for (i = 0; i < profile_nrows(from) && !code; i++) {
		const struct profile_row *row = profile_row(from, i);

		code = profile_add_weight(to, 0, PROFILE_NO_ID, stacks[row->stack], row->samples,
					  row->weight_ns);
	}
	free(stacks);
	return code;
}

static int add_coarse(struct builder *builder, const struct diff_sides *sides,
		      enum coarse_by coarse, enum groups_by by, enum diff_side side)
{
	struct profile *whole = profile_new(), *rows = NULL;
	int code = whole ? add_symbols_of_both(whole, sides, side) : -ENOMEM;

	if (!code)
		code = coarse_new(whole, coarse, &rows);
	if (!code)
		code = add_totals(builder, rows, by, side);
	profile_free(whole);
	profile_free(rows);
	return code;
}

static int add_frames(struct builder *builder, const struct diff_sides *sides, bool strip,
		      enum groups_by by, enum diff_side side)
{
	if (strip)
		return add_coarse(builder, sides, COARSE_BY_STRIPPED, by, side);
	return add_totals(builder, sides->matched[side], by, side);
}

/* What stays the same from run to run: a container's name, and of threads all of one name. */
static void add_root_name(struct strbuf *name, const struct root *root)
{
	const struct profile_process *process = root->process;

	switch (root->kind) {
	case ROOT_CONTAINER:
		if (process->container[0])
			strbuf_add(name, process->container);
		else
			strbuf_add(name,
				   process->container_id[0] ? process->container_id : "[host]");
		return;
	case ROOT_COMMAND:
		strbuf_add(name, root->text);
		return;
	case ROOT_PROCESS:
		names_add_process(name, process);
		return;
	case ROOT_THREAD:
		strbuf_add(name, root->text[0] ? root->text : NAMES_THREAD);
		return;
	}
}

static int add_root(struct builder *builder, const struct root *root, enum diff_side side)
{
	struct symbol symbol = { .kind = SYMBOL_FUNCTION, .file = "" };
	struct diff_row *row;
	struct strbuf name;
	int code;

	strbuf_init(&name);
	add_root_name(&name, root);
	symbol.function = strbuf_text(&name);
	code = strbuf_error(&name);
	if (!code)
		code = find_row(builder, &symbol, &row);
	strbuf_done(&name);
	if (code)
		return code;
	row->self.ns[side] += root->weight_ns;
	row->self.samples[side] += root->samples;
	row->total = row->self;
	return 0;
}

static int add_roots(struct builder *builder, const struct profile *profile, unsigned levels,
		     enum diff_side side)
{
	struct roots roots;
	uint32_t i;
	int code = roots_init(&roots, profile, levels);

	for (i = 1; i < roots.count && !code; i++) {
		const struct root *root = &roots.roots[i];

		if (root->samples > 0 || root->weight_ns > 0)
			code = add_root(builder, root, side);
	}
	roots_done(&roots);
	return code;
}

static int add_side(struct builder *builder, const struct diff_sides *sides,
		    const struct report_options *options, enum diff_side side)
{
	const enum coarse_by file = options->strip_dirs ? COARSE_BY_STRIPPED_FILE : COARSE_BY_FILE;
	const struct profile *whole = sides->profiles[side];

	switch (options->by) {
	case REPORT_BY_LINE:
		return add_frames(builder, sides, options->strip_dirs, GROUPS_BY_LINE, side);
	case REPORT_BY_FUNCTION:
		return add_frames(builder, sides, options->strip_dirs, GROUPS_BY_FUNCTION, side);
	case REPORT_BY_FILE:
		return add_coarse(builder, sides, file, GROUPS_BY_FUNCTION, side);
	case REPORT_BY_MODULE:
		return add_coarse(builder, sides, COARSE_BY_MODULE, GROUPS_BY_FUNCTION, side);
	case REPORT_BY_THREAD:
		return add_roots(builder, whole, ROOTS_THREADS, side);
	case REPORT_BY_PROCESS:
		return add_roots(builder, whole, ROOTS_PROCESSES, side);
	case REPORT_BY_COMMAND:
		return add_roots(builder, whole, ROOTS_COMMANDS, side);
	case REPORT_BY_CONTAINER:
		return add_roots(builder, whole, ROOTS_CONTAINERS, side);
	}
	return -EINVAL;
}

const struct diff_pair *diff_row_pair(const struct diff_rows *rows, const struct diff_row *row)
{
	return rows->by_total ? &row->total : &row->self;
}

static int judge(struct diff_rows *rows, const struct diff_sides *sides)
{
	double *z = calloc(rows->count + 1, sizeof(*z));
	double limit;
	size_t i;

	if (!z)
		return -ENOMEM;
	for (i = 0; i < rows->count; i++)
		z[i] = diff_deviations(sides, diff_row_pair(rows, &rows->rows[i]));
	limit = chance_limit(z, rows->count);
	free(z);
	for (i = 0; i < rows->count; i++) {
		struct diff_row *row = &rows->rows[i];
		const struct diff_pair *pair = diff_row_pair(rows, row);

		row->symbol = profile_symbol(rows->names, (uint32_t)i);
		row->change = diff_change(sides, pair);
		row->beyond = fabs(diff_deviations(sides, pair)) >= limit;
	}
	return 0;
}

int diff_rows_init(struct diff_rows *rows, const struct diff_sides *sides,
		   const struct report_options *options)
{
	struct builder builder = { .rows = rows };
	int side, code;

	*rows = (struct diff_rows){
		.by_total = options->nsorts > 0 && options->sorts[0] == REPORT_SORT_TOTAL,
		.names = profile_new(),
	};
	code = rows->names ? 0 : -ENOMEM;
	for (side = DIFF_BASE; side <= DIFF_FRESH && !code; side++)
		code = add_side(&builder, sides, options, (enum diff_side)side);
	if (!code)
		code = judge(rows, sides);
	return code;
}

void diff_rows_done(struct diff_rows *rows)
{
	profile_free(rows->names);
	free(rows->rows);
	*rows = (struct diff_rows){ 0 };
}
