/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of threads, processes, commands and containers. Nothing calls a process, so self is total and there is one pair of
 * columns; beside it stands what the kernel counted, where that is known. Groups nothing itself: that is roots.c.
 */
#include "report/flat_roots.h"

#include <errno.h>
#include <stdlib.h>

#include "base/pattern.h"
#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/amounts.h"
#include "report/roots.h"
#include "report/style.h"

/* A label where the width is not limited, and what it is never cut below. */
#define LABEL_COLUMNS 120
#define LEAST_COLUMNS 20

/* Columns of the share with the spaces behind the numbers, and of the kernel's time. */
#define SHARE_COLUMNS  9
#define KERNEL_COLUMNS 10

struct rows {
	const struct report_options *options;
	const struct root **sorted; /* those with samples or weight */
	size_t count, nshown;
	struct amounts amounts;
	bool kernel; /* a row knows it */
	bool errors; /* a row that is shown has one worth telling */
	size_t label_columns;
	FILE *stream;
};

static struct amount amount_of(const struct root *root)
{
	return (struct amount){ root->weight_ns, root->samples };
}

/* The kernel counts processes, and so what they are put together to; of threads nobody asked it. */
static bool knows_kernel(const struct rows *rows, const struct root *root)
{
	return rows->options->by != REPORT_BY_THREAD && root->kernel_ns != PROFILE_TIME_UNKNOWN;
}

static int compare_rows(const void *left, const void *right)
{
	const struct root *a = *(const struct root *const *)left;
	const struct root *b = *(const struct root *const *)right;

	if (a->weight_ns != b->weight_ns)
		return a->weight_ns > b->weight_ns ? -1 : 1;
	if (a->samples != b->samples)
		return a->samples > b->samples ? -1 : 1;
	return roots_compare(a, b);
}

static void collect(struct rows *rows, const struct roots *roots)
{
	size_t i;

	for (i = 1; i < roots->count; i++) {
		const struct root *root = &roots->roots[i];

		if (root->samples == 0 && root->weight_ns == 0)
			continue;
		rows->sorted[rows->count++] = root;
		rows->kernel |= rows->amounts.kind == AMOUNTS_SECONDS && knows_kernel(rows, root);
	}
	qsort(rows->sorted, rows->count, sizeof(*rows->sorted), compare_rows);
	for (i = 0; rows->options->reverse && i < rows->count / 2; i++) {
		const struct root *first = rows->sorted[i];

		rows->sorted[i] = rows->sorted[rows->count - 1 - i];
		rows->sorted[rows->count - 1 - i] = first;
	}
}

/* Move the shown rows whose labels match to the front, the others behind them; both keep their order. */
static int restrict_labels(struct rows *rows, const struct pattern *pattern)
{
	const struct root **others = calloc(rows->nshown + 1, sizeof(const struct root *));
	size_t nkept = 0, nothers = 0, i;
	struct strbuf label;
	int code = others ? 0 : -ENOMEM;

	strbuf_init(&label);
	for (i = 0; i < rows->nshown && !code; i++) {
		const struct root *root = rows->sorted[i];

		strbuf_clear(&label);
		roots_add_label(&label, root, LABEL_COLUMNS, false, false);
		code = strbuf_error(&label);
		if (pattern_matches(pattern, strbuf_text(&label)))
			rows->sorted[nkept++] = root;
		else
			others[nothers++] = root;
	}
	for (i = 0; i < nothers && !code; i++)
		rows->sorted[nkept + i] = others[i];
	rows->nshown = nkept;
	strbuf_done(&label);
	free(others);
	return code;
}

static void keep_first(struct rows *rows, size_t count)
{
	if (rows->nshown > count)
		rows->nshown = count;
}

/* As restrict.c does it with rows of frames. */
static int choose(struct rows *rows)
{
	const struct report_options *options = rows->options;
	uint32_t i;
	int code = 0;

	rows->nshown = rows->count;
	if (options->nrestrictions == 0 && options->limit > 0)
		keep_first(rows, options->limit);
	for (i = 0; i < options->nrestrictions && !code; i++) {
		const struct report_restriction *restriction = &options->restrictions[i];

		switch (restriction->kind) {
		case REPORT_RESTRICT_ROWS:
			if (restriction->rows > 0)
				keep_first(rows, restriction->rows);
			break;
		case REPORT_RESTRICT_PART:
			keep_first(rows, (size_t)((double)rows->nshown * restriction->part + 0.5));
			break;
		case REPORT_RESTRICT_PATTERN:
			code = restrict_labels(rows, restriction->pattern);
			break;
		}
	}
	return code;
}

static void add_row(const struct rows *rows, const struct root *root, struct strbuf *line)
{
	const bool color = rows->options->color;
	const double part = amounts_share(&rows->amounts, root->weight_ns);

	strbuf_add_format(line, "%s%7.2f%s", style_share(part, color), 100 * part,
			  style_end(color));
	if (rows->errors)
		amounts_add_error(&rows->amounts, line, amount_of(root));
	amounts_add_column(&rows->amounts, line, amount_of(root));
	if (rows->kernel && knows_kernel(rows, root))
		strbuf_add_format(line, " %8.3fs", (double)root->kernel_ns / 1e9);
	else if (rows->kernel)
		strbuf_add(line, "         -");
	strbuf_add(line, "  ");
	roots_add_label(line, root, rows->label_columns, rows->options->unicode, color);
	strbuf_add_char(line, '\n');
}

static const char *heading(enum report_by by)
{
	const struct report_by_name *name = report_by_names;

	while (name->by != by)
		name++;
	return name->name;
}

static void add_heading(const struct rows *rows, struct strbuf *line)
{
	strbuf_add_format(line, "  self%%%*s",
			  (int)(rows->errors ? amounts_error_columns(&rows->amounts) : 0), "");
	if (rows->amounts.kind != AMOUNTS_PERCENT)
		strbuf_add_format(line, "%*s", AMOUNTS_COLUMN, "self");
	strbuf_add_format(line, "%s  %s\n", rows->kernel ? "    kernel" : "",
			  heading(rows->options->by));
}

static void add_left_out(const struct rows *rows, struct strbuf *line)
{
	const size_t nleft = rows->count - rows->nshown;
	struct amount left = { 0, 0 };
	size_t i;

	if (nleft == 0)
		return;
	for (i = rows->nshown; i < rows->count; i++) {
		left.ns += rows->sorted[i]->weight_ns;
		left.samples += rows->sorted[i]->samples;
	}
	strbuf_add_format(line, "%zu more row%s with ", nleft, nleft == 1 ? "" : "s");
	amounts_add_words(&rows->amounts, line, left, " self");
	strbuf_add_char(line, '\n');
}

/* Columns of the labels beside the numbers. */
static size_t label_columns(const struct rows *rows)
{
	const size_t width = rows->options->width;
	size_t taken = SHARE_COLUMNS + (rows->kernel ? KERNEL_COLUMNS : 0);

	if (width == 0)
		return LABEL_COLUMNS;
	if (rows->amounts.kind != AMOUNTS_PERCENT)
		taken += AMOUNTS_COLUMN;
	if (rows->errors)
		taken += amounts_error_columns(&rows->amounts);
	return width > taken + LEAST_COLUMNS ? width - taken : LEAST_COLUMNS;
}

static int write_rows(struct rows *rows)
{
	struct strbuf text;
	size_t i;
	int code;

	for (i = 0; i < rows->nshown; i++)
		rows->errors |= amounts_has_error(&rows->amounts, amount_of(rows->sorted[i]));
	rows->label_columns = label_columns(rows);
	strbuf_init(&text);
	add_heading(rows, &text);
	for (i = 0; i < rows->nshown; i++)
		add_row(rows, rows->sorted[i], &text);
	add_left_out(rows, &text);
	code = strbuf_error(&text);
	if (!code)
		fwrite(text.text, 1, text.length, rows->stream);
	strbuf_done(&text);
	return code;
}

static unsigned level_of(enum report_by by)
{
	switch (by) {
	case REPORT_BY_THREAD:
		return ROOTS_THREADS;
	case REPORT_BY_COMMAND:
		return ROOTS_COMMANDS;
	case REPORT_BY_CONTAINER:
		return ROOTS_CONTAINERS;
	case REPORT_BY_LINE:
	case REPORT_BY_FUNCTION:
	case REPORT_BY_FILE:
	case REPORT_BY_MODULE:
	case REPORT_BY_PROCESS:
		break;
	}
	return ROOTS_PROCESSES;
}

int flat_roots_write(const struct profile *profile, const struct report_options *options,
		     FILE *stream)
{
	struct rows rows = { .options = options, .stream = stream };
	struct roots roots;
	int code;

	amounts_init(&rows.amounts, profile, options);
	code = roots_init(&roots, profile, level_of(options->by));
	rows.sorted = code ? NULL : calloc(roots.count, sizeof(const struct root *));
	if (rows.sorted) {
		collect(&rows, &roots);
		code = choose(&rows);
		if (!code)
			code = write_rows(&rows);
	} else if (!code) {
		code = -ENOMEM;
	}
	free(rows.sorted);
	roots_done(&roots);
	return code;
}
