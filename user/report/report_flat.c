/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flat report: gprof's columns, one row per line, function, file or module. Adds nothing up: that is profile/totals; and
 * chooses nothing: that is restrict.c. Rows that are no frames are flat_roots.c's.
 */
#include "report/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "report/amounts.h"
#include "report/coarse.h"
#include "report/empty.h"
#include "report/file_names.h"
#include "report/flat_roots.h"
#include "report/names.h"
#include "report/restrict.h"
#include "report/style.h"
#include "report/table.h"

/* A file's and a function's name take at most so many columns; the place is padded to no more than these. */
#define FILE_COLUMNS	 50
#define FUNCTION_COLUMNS 80
#define PADDING_COLUMNS	 44

/* What no name is cut below, and what a line number usually takes. */
#define LEAST_COLUMNS 8
#define LINE_COLUMNS  7

/* What a row is, and what it is called in the heading. */
struct row_kind {
	enum groups_by groups;
	const char *heading;
	bool whole_file; /* a file or module: has no line and no function */
};

struct flat {
	const struct report_options *options;
	const struct row_kind *kind;
	struct file_names *names;
	struct totals totals;
	struct rows_choice choice;
	struct amounts amounts;
	bool by_total; /* the error is that of the total, by which rows are sorted */
	bool errors; /* a row that is shown has one worth telling */
	size_t room; /* columns that the numbers leave, SIZE_MAX: no end of them */
	size_t file_columns, place_columns;
	struct strbuf text;
	FILE *stream;
};

static struct amount self_of(const struct total *total)
{
	return (struct amount){ total->self_ns, total->self_samples };
}

static struct amount total_of(const struct total *total)
{
	return (struct amount){ total->total_ns, total->total_samples };
}

static struct amount sorted_of(const struct flat *flat, const struct total *total)
{
	return flat->by_total ? total_of(total) : self_of(total);
}

/* FILE:LINE, FILE, or the label of what is no function. */
static void add_place(struct flat *flat, const struct total *total)
{
	const struct symbol *symbol = total->symbol;

	if (symbol->kind != SYMBOL_FUNCTION) {
		names_add_special(&flat->text, symbol);
		return;
	}
	table_add_text(&flat->text, file_names_get(flat->names, symbol->file), flat->file_columns,
		       flat->options->unicode);
	if (!flat->kind->whole_file)
		strbuf_add_format(&flat->text, ":%d", total->line);
}

/* The width of the widest place shown, as far as it may push the names to the right. */
static size_t measure_places(struct flat *flat)
{
	size_t widest = 0, i;

	for (i = 0; i < flat->choice.nshown; i++) {
		size_t columns;

		strbuf_clear(&flat->text);
		add_place(flat, &flat->totals.rows[i]);
		columns = table_columns(strbuf_text(&flat->text));
		if (columns > widest)
			widest = columns;
	}
	return widest < PADDING_COLUMNS ? widest : PADDING_COLUMNS;
}

static bool has_errors(const struct flat *flat)
{
	size_t i;

	for (i = 0; i < flat->choice.nshown; i++) {
		if (amounts_has_error(&flat->amounts, sorted_of(flat, &flat->totals.rows[i])))
			return true;
	}
	return false;
}

/* Columns that the numbers and the spaces behind them take. */
static size_t number_columns(const struct flat *flat)
{
	size_t taken = strlen("  self%   total%  ");

	if (flat->amounts.kind != AMOUNTS_PERCENT)
		taken += 2 * AMOUNTS_COLUMN;
	if (flat->errors)
		taken += amounts_error_columns(&flat->amounts);
	return taken;
}

/* Columns that the widest function shown takes with the spaces before it. */
static size_t function_columns(const struct flat *flat)
{
	size_t widest = 0, i;

	for (i = 0; i < flat->choice.nshown; i++) {
		const size_t columns = table_columns(flat->totals.rows[i].symbol->function);

		if (columns > widest)
			widest = columns;
	}
	return widest > 0 ? strlen("  ") + widest : 0;
}

/* Share the columns that the numbers leave between places and names: half for each, or what the names do not need. */
static void share_columns(struct flat *flat)
{
	const size_t width = flat->options->width, taken = number_columns(flat);

	flat->room = SIZE_MAX;
	flat->file_columns = FILE_COLUMNS;
	if (width > 0) {
		const size_t wanted = function_columns(flat);

		flat->room = width > taken ? width - taken : 0;
		flat->file_columns = wanted < flat->room / 2 ? flat->room - wanted : flat->room / 2;
		if (!flat->kind->whole_file && flat->file_columns > LINE_COLUMNS)
			flat->file_columns -= LINE_COLUMNS;
		if (flat->file_columns < LEAST_COLUMNS)
			flat->file_columns = LEAST_COLUMNS;
		if (flat->file_columns > FILE_COLUMNS)
			flat->file_columns = FILE_COLUMNS;
	}
	if (flat->options->full_paths)
		flat->file_columns = SIZE_MAX;
	flat->place_columns = measure_places(flat);
}

/* The function behind a place that begins at byte `start`, in what columns are left. */
static void add_function(struct flat *flat, const char *function, size_t start)
{
	const size_t place = table_columns(strbuf_text(&flat->text) + start);
	size_t taken = place > flat->place_columns ? place : flat->place_columns;
	size_t columns = FUNCTION_COLUMNS;

	taken += strlen("  ");
	if (flat->room < taken + columns)
		columns = flat->room > taken + LEAST_COLUMNS ? flat->room - taken : LEAST_COLUMNS;
	table_pad(&flat->text, start, flat->place_columns);
	strbuf_add(&flat->text, "  ");
	table_add_text(&flat->text, function, columns, flat->options->unicode);
}

static void add_share(struct flat *flat, uint64_t ns, bool colored)
{
	const double share = amounts_share(&flat->amounts, ns);
	const bool color = colored && flat->options->color;

	strbuf_add_format(&flat->text, "%s%7.2f%s", style_share(share, color), 100 * share,
			  style_end(color));
}

static void add_numbers(struct flat *flat, const struct total *total)
{
	add_share(flat, total->self_ns, true);
	if (flat->errors && !flat->by_total)
		amounts_add_error(&flat->amounts, &flat->text, self_of(total));
	strbuf_add(&flat->text, "  ");
	add_share(flat, total->total_ns, false);
	if (flat->errors && flat->by_total)
		amounts_add_error(&flat->amounts, &flat->text, total_of(total));
	amounts_add_column(&flat->amounts, &flat->text, self_of(total));
	amounts_add_column(&flat->amounts, &flat->text, total_of(total));
}

static int write_row(struct flat *flat, const struct total *total)
{
	size_t start;

	strbuf_clear(&flat->text);
	add_numbers(flat, total);
	strbuf_add(&flat->text, "  ");
	start = flat->text.length;
	add_place(flat, total);
	if (total->symbol->kind == SYMBOL_FUNCTION && total->symbol->function[0])
		add_function(flat, total->symbol->function, start);
	strbuf_add_char(&flat->text, '\n');
	if (strbuf_error(&flat->text))
		return strbuf_error(&flat->text);
	fwrite(flat->text.text, 1, flat->text.length, flat->stream);
	return 0;
}

static void write_heading(const struct flat *flat)
{
	const unsigned error = flat->errors ? amounts_error_columns(&flat->amounts) : 0;

	fprintf(flat->stream, "  self%%%*s   total%%%*s", (int)(flat->by_total ? 0 : error), "",
		(int)(flat->by_total ? error : 0), "");
	if (flat->amounts.kind != AMOUNTS_PERCENT)
		fprintf(flat->stream, "%*s%*s", AMOUNTS_COLUMN, "self", AMOUNTS_COLUMN, "total");
	fprintf(flat->stream, "  %s\n", flat->kind->heading);
}

static int write_left_out(struct flat *flat)
{
	const struct rows_choice *choice = &flat->choice;

	if (choice->nrows == 0)
		return 0;
	strbuf_clear(&flat->text);
	strbuf_add_format(&flat->text, "%zu more row%s with ", choice->nrows,
			  choice->nrows == 1 ? "" : "s");
	amounts_add_words(&flat->amounts, &flat->text,
			  (struct amount){ choice->self_ns, choice->self_samples }, " self");
	strbuf_add_char(&flat->text, '\n');
	fputs(strbuf_text(&flat->text), flat->stream);
	return strbuf_error(&flat->text);
}

static int write_table(struct flat *flat)
{
	size_t i;
	int code;

	code = rows_choose(&flat->totals, flat->options, &flat->choice);
	if (code)
		return code;
	flat->errors = has_errors(flat);
	share_columns(flat);
	write_heading(flat);
	for (i = 0; i < flat->choice.nshown && !code; i++)
		code = write_row(flat, &flat->totals.rows[i]);
	return code ? code : write_left_out(flat);
}

static bool sorts_by_total(const struct report_options *options)
{
	return options->nsorts > 0 &&
	       (options->sorts[0] == REPORT_SORT_TOTAL || options->sorts[0] == REPORT_SORT_CALLS ||
		options->sorts[0] == REPORT_SORT_PRIMITIVE_CALLS);
}

static int write_frames(const struct profile *profile, const struct report_options *options,
			const struct row_kind *kind, FILE *stream)
{
	struct flat flat = {
		.options = options,
		.kind = kind,
		.by_total = sorts_by_total(options),
		.stream = stream,
	};
	int code;

	code = totals_init(&flat.totals, profile, kind->groups);
	if (code)
		return code;
	amounts_init(&flat.amounts, profile, options);
	strbuf_init(&flat.text);
	flat.names = file_names_new(profile, options);
	code = flat.names ? write_table(&flat) : -ENOMEM;
	file_names_free(flat.names);
	strbuf_done(&flat.text);
	totals_done(&flat.totals);
	return code;
}

static int write_coarse(const struct profile *profile, const struct report_options *options,
			const struct row_kind *kind, enum coarse_by by, FILE *stream)
{
	struct profile *coarse;
	int code;

	code = coarse_new(profile, by, &coarse);
	if (code)
		return code;
	code = write_frames(coarse, options, kind, stream);
	profile_free(coarse);
	return code;
}

/* A module is a name already, which has nothing to be shortened by. */
static int write_modules(const struct profile *profile, const struct report_options *options,
			 FILE *stream)
{
	static const struct row_kind modules = { GROUPS_BY_FUNCTION, "module", true };
	struct report_options whole = *options;

	whole.full_paths = false;
	whole.strip_dirs = true;
	return write_coarse(profile, &whole, &modules, COARSE_BY_MODULE, stream);
}

static int write_flat(const struct profile *profile, const struct report_options *options,
		      FILE *stream)
{
	static const struct row_kind lines = { GROUPS_BY_LINE, "line", false };
	static const struct row_kind functions = { GROUPS_BY_FUNCTION, "function", false };
	static const struct row_kind files = { GROUPS_BY_FUNCTION, "file", true };
	const enum coarse_by file = options->strip_dirs ? COARSE_BY_STRIPPED_FILE : COARSE_BY_FILE;
	const struct row_kind *kind = &lines;

	switch (options->by) {
	case REPORT_BY_LINE:
		break;
	case REPORT_BY_FUNCTION:
		kind = &functions;
		break;
	case REPORT_BY_FILE:
		return write_coarse(profile, options, &files, file, stream);
	case REPORT_BY_MODULE:
		return write_modules(profile, options, stream);
	case REPORT_BY_THREAD:
	case REPORT_BY_PROCESS:
	case REPORT_BY_COMMAND:
	case REPORT_BY_CONTAINER:
		return flat_roots_write(profile, options, stream);
	}
	if (options->strip_dirs)
		return write_coarse(profile, options, kind, COARSE_BY_STRIPPED, stream);
	return write_frames(profile, options, kind, stream);
}

int report_flat_write(const struct profile *profile, const struct report_options *options,
		      FILE *stream, struct err *err)
{
	int code = profile_samples(profile) > 0 ? write_flat(profile, options, stream)
						: empty_write(profile, stream);

	return code ? err_set(err, code, "cannot write the flat report: %s", strerror(-code)) : 0;
}
