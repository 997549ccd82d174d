/* SPDX-License-Identifier: GPL-2.0-only */
/* The flat diff: one row per function, line, file or process, the largest change first. Compares nothing itself. */
#include "report/diff_formats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/diff_choose.h"
#include "report/diff_columns.h"
#include "report/diff_counts.h"
#include "report/diff_rows.h"
#include "report/file_names.h"
#include "report/names.h"
#include "report/table.h"

/* A file's and a function's name take at most so many columns, and are not cut to less than the least. */
#define FILE_COLUMNS	 50
#define FUNCTION_COLUMNS 80
#define PADDING_COLUMNS	 44
#define LEAST_COLUMNS	 16

/* Columns of the raw numbers. */
#define RAW_COLUMNS 20

struct flat {
	const struct diff *diff;
	struct diff_rows rows;
	struct file_names *names;
	const struct diff_row **shown; /* room for all rows */
	size_t nshown;
	struct diff_counts counts;
	bool raw; /* columns of what was compared, as it was */
	size_t place_columns, function_columns;
	struct strbuf text;
	int code; /* the first failure */
};

static void emit(struct flat *flat)
{
	if (strbuf_error(&flat->text))
		flat->code = strbuf_error(&flat->text);
	else
		fwrite(flat->text.text, 1, flat->text.length, flat->diff->stream);
}

static const char *heading(enum report_by by)
{
	const struct report_by_name *name = report_by_names;

	while (name->name && name->by != by)
		name++;
	return name->name ? name->name : "file";
}

static bool is_frame(const struct flat *flat)
{
	return flat->diff->options->by < REPORT_BY_THREAD;
}

static bool has_line(const struct flat *flat)
{
	return flat->diff->options->by == REPORT_BY_LINE ||
	       flat->diff->options->by == REPORT_BY_FUNCTION;
}

/* FILE:LINE, FILE, or the label of what is no function; nothing for what is no frame. */
static void add_place(struct flat *flat, const struct diff_row *row)
{
	const enum report_by by = flat->diff->options->by;
	const struct symbol *symbol = row->symbol;

	if (symbol->kind != SYMBOL_FUNCTION) {
		names_add_special(&flat->text, symbol);
		return;
	}
	table_add_text(&flat->text,
		       by == REPORT_BY_MODULE ? symbol->file
					      : file_names_get(flat->names, symbol->file),
		       flat->diff->options->full_paths ? SIZE_MAX : FILE_COLUMNS,
		       flat->diff->options->unicode);
	if (has_line(flat))
		strbuf_add_format(&flat->text, ":%d", row->line);
}

/* The width of the widest place shown, as far as it may push the names to the right. */
static void measure(struct flat *flat)
{
	const uint32_t width = flat->diff->options->width;
	size_t used = DIFF_COLUMNS_NUMBERS + DIFF_COLUMNS_WORD + (flat->raw ? RAW_COLUMNS : 0);
	size_t i;

	flat->place_columns = 0;
	for (i = 0; is_frame(flat) && i < flat->nshown; i++) {
		size_t columns;

		strbuf_clear(&flat->text);
		add_place(flat, flat->shown[i]);
		columns = table_columns(strbuf_text(&flat->text));
		if (columns > flat->place_columns)
			flat->place_columns = columns;
	}
	if (flat->place_columns > PADDING_COLUMNS)
		flat->place_columns = PADDING_COLUMNS;
	used += flat->place_columns + 2;
	flat->function_columns = FUNCTION_COLUMNS;
	if (width > 0 && used + FUNCTION_COLUMNS > width)
		flat->function_columns =
			width > used + LEAST_COLUMNS ? width - used : LEAST_COLUMNS;
}

static void add_raw(struct flat *flat, const struct diff_pair *pair)
{
	const bool samples = flat->diff->options->unit == REPORT_UNIT_SAMPLES;
	int side;

	for (side = DIFF_BASE; flat->raw && side <= DIFF_FRESH; side++) {
		if (samples || flat->diff->sides->by_count)
			strbuf_add_format(&flat->text, " %9" PRIu64,
					  samples ? pair->samples[side] : pair->ns[side]);
		else
			strbuf_add_format(&flat->text, " %8.3fs", (double)pair->ns[side] / 1e9);
	}
}

static void write_row(struct flat *flat, const struct diff_row *row)
{
	const struct diff_pair *pair = diff_row_pair(&flat->rows, row);
	const struct report_options *options = flat->diff->options;
	size_t start;

	strbuf_clear(&flat->text);
	diff_columns_add(&flat->text, flat->diff->sides, pair, row->beyond, options->color);
	add_raw(flat, pair);
	strbuf_add_format(&flat->text, "  %s  ", diff_columns_word(pair));
	start = flat->text.length;
	if (is_frame(flat))
		add_place(flat, row);
	if (row->symbol->kind == SYMBOL_FUNCTION && row->symbol->function[0]) {
		if (is_frame(flat)) {
			table_pad(&flat->text, start, flat->place_columns);
			strbuf_add(&flat->text, "  ");
		}
		table_add_text(&flat->text, row->symbol->function, flat->function_columns,
			       options->unicode);
	}
	strbuf_add_char(&flat->text, '\n');
	emit(flat);
}

static void add_heading(struct flat *flat)
{
	diff_columns_add_heading(&flat->text, flat->diff->sides);
	if (flat->raw)
		strbuf_add_format(&flat->text, " %9s %9s", "base", "new");
	strbuf_add_format(&flat->text, "        %s\n", heading(flat->diff->options->by));
}

static void write_rows(struct flat *flat)
{
	const struct report_options *options = flat->diff->options;
	size_t i;

	measure(flat);
	strbuf_clear(&flat->text);
	if (flat->nshown > 0)
		add_heading(flat);
	else
		diff_counts_add_none(&flat->text, options, heading(options->by));
	emit(flat);
	for (i = 0; i < flat->nshown && !flat->code; i++)
		write_row(flat, flat->shown[i]);
	strbuf_clear(&flat->text);
	diff_counts_add_lines(&flat->text, &flat->counts, flat->diff->sides, options, "row");
	emit(flat);
}

int diff_flat_write(const struct diff *diff)
{
	struct flat flat = {
		.diff = diff,
		.raw = diff->sides->normalize != REPORT_NORMALIZE_NONE ||
		       diff->options->unit == REPORT_UNIT_SAMPLES,
	};
	int code = diff_rows_init(&flat.rows, diff->sides, diff->options);

	strbuf_init(&flat.text);
	if (!code) {
		flat.names = file_names_new(flat.rows.names, diff->options);
		flat.shown = calloc(flat.rows.count + 1, sizeof(*flat.shown));
		code = flat.names && flat.shown ? 0 : -ENOMEM;
	}
	if (!code)
		code = diff_choose(&flat.rows, diff->sides, diff->options, &flat.counts, flat.shown,
				   &flat.nshown);
	if (!code) {
		write_rows(&flat);
		code = flat.code;
	}
	free(flat.shown);
	file_names_free(flat.names);
	strbuf_done(&flat.text);
	diff_rows_done(&flat.rows);
	return code;
}
