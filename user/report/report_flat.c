/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flat report: gprof's columns, one row per line, function or file, the hottest first. Adds nothing up: that is
 * profile/totals. Rows that are no frames are flat_roots.c's.
 */
#include "report/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "report/by_file.h"
#include "report/empty.h"
#include "report/flat_roots.h"
#include "report/names.h"
#include "report/style.h"
#include "report/table.h"

/* A file's and a function's name take at most so many columns; the place is padded to no more than these. */
#define FILE_COLUMNS	 50
#define FUNCTION_COLUMNS 80
#define PADDING_COLUMNS	 40

struct flat {
	const struct report_options *options;
	struct file_names *names;
	struct totals totals;
	uint64_t all_ns;
	size_t nshown;
	size_t place_columns;
	struct strbuf text;
	FILE *stream;
};

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static double share(const struct flat *flat, uint64_t ns)
{
	return flat->all_ns > 0 ? (double)ns / (double)flat->all_ns : 0;
}

/* FILE:LINE, FILE, or the label of what is no function. */
static void add_place(struct flat *flat, const struct total *total)
{
	const struct symbol *symbol = total->symbol;

	if (symbol->kind != SYMBOL_FUNCTION) {
		names_add_special(&flat->text, symbol);
		return;
	}
	table_add_text(&flat->text, file_names_get(flat->names, symbol->file), FILE_COLUMNS,
		       flat->options->unicode);
	if (flat->options->by != REPORT_BY_FILE)
		strbuf_add_format(&flat->text, ":%d", total->line);
}

/* The width of the widest place shown, as far as it may push the names to the right. */
static size_t measure_places(struct flat *flat)
{
	size_t widest = 0, i;

	for (i = 0; i < flat->nshown; i++) {
		size_t columns;

		strbuf_clear(&flat->text);
		add_place(flat, &flat->totals.rows[i]);
		columns = table_columns(strbuf_text(&flat->text));
		if (columns > widest)
			widest = columns;
	}
	return widest < PADDING_COLUMNS ? widest : PADDING_COLUMNS;
}

static int write_row(struct flat *flat, const struct total *total)
{
	const bool color = flat->options->color;
	const double self = share(flat, total->self_ns);
	size_t start;

	strbuf_clear(&flat->text);
	strbuf_add_format(&flat->text, "%s%7.2f%s %8.2f %8.3fs %8.3fs  ", style_share(self, color),
			  100 * self, style_end(color), 100 * share(flat, total->total_ns),
			  seconds(total->self_ns), seconds(total->total_ns));
	start = flat->text.length;
	add_place(flat, total);
	if (total->symbol->kind == SYMBOL_FUNCTION && total->symbol->function[0]) {
		table_pad(&flat->text, start, flat->place_columns);
		strbuf_add(&flat->text, "  ");
		table_add_text(&flat->text, total->symbol->function, FUNCTION_COLUMNS,
			       flat->options->unicode);
	}
	strbuf_add_char(&flat->text, '\n');
	if (strbuf_error(&flat->text))
		return strbuf_error(&flat->text);
	fwrite(flat->text.text, 1, flat->text.length, flat->stream);
	return 0;
}

static void write_left_out(const struct flat *flat)
{
	const size_t nleft = flat->totals.count - flat->nshown;
	uint64_t self_ns = 0;
	size_t i;

	if (nleft == 0)
		return;
	for (i = flat->nshown; i < flat->totals.count; i++)
		self_ns += flat->totals.rows[i].self_ns;
	fprintf(flat->stream, "%zu more row%s with %.3f s self (%.2f %%)\n", nleft,
		nleft == 1 ? "" : "s", seconds(self_ns), 100 * share(flat, self_ns));
}

static int write_table(struct flat *flat, const char *heading)
{
	const uint32_t limit = flat->options->limit;
	size_t i;

	flat->nshown = flat->totals.count;
	if (limit > 0 && flat->nshown > limit)
		flat->nshown = limit;
	flat->place_columns = measure_places(flat);
	fprintf(flat->stream, "  self%%   total%%      self     total  %s\n", heading);
	for (i = 0; i < flat->nshown; i++) {
		int code = write_row(flat, &flat->totals.rows[i]);

		if (code)
			return code;
	}
	write_left_out(flat);
	return 0;
}

static int write_frames(const struct profile *profile, const struct report_options *options,
			enum groups_by by, const char *heading, FILE *stream)
{
	struct flat flat = {
		.options = options,
		.all_ns = profile_weight_ns(profile),
		.stream = stream,
	};
	int code;

	code = totals_init(&flat.totals, profile, by);
	if (code)
		return code;
	strbuf_init(&flat.text);
	flat.names = file_names_new(profile);
	code = flat.names ? write_table(&flat, heading) : -ENOMEM;
	file_names_free(flat.names);
	strbuf_done(&flat.text);
	totals_done(&flat.totals);
	return code;
}

static int write_files(const struct profile *profile, const struct report_options *options,
		       FILE *stream)
{
	struct profile *files;
	int code;

	code = by_file_new(profile, &files);
	if (code)
		return code;
	code = write_frames(files, options, GROUPS_BY_FUNCTION, "file", stream);
	profile_free(files);
	return code;
}

static int write_flat(const struct profile *profile, const struct report_options *options,
		      FILE *stream)
{
	switch (options->by) {
	case REPORT_BY_LINE:
		return write_frames(profile, options, GROUPS_BY_LINE, "line", stream);
	case REPORT_BY_FUNCTION:
		return write_frames(profile, options, GROUPS_BY_FUNCTION, "function", stream);
	case REPORT_BY_FILE:
	case REPORT_BY_MODULE:
		return write_files(profile, options, stream);
	case REPORT_BY_THREAD:
	case REPORT_BY_PROCESS:
	case REPORT_BY_COMMAND:
	case REPORT_BY_CONTAINER:
		return flat_roots_write(profile, options, stream);
	}
	return -EINVAL;
}

int report_flat_write(const struct profile *profile, const struct report_options *options,
		      FILE *stream, struct err *err)
{
	int code = profile_samples(profile) > 0 ? write_flat(profile, options, stream)
						: empty_write(profile, stream);

	return code ? err_set(err, code, "cannot write the flat report: %s", strerror(-code)) : 0;
}
