/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of threads, processes, commands and containers. Nothing calls a process, so self is total and there is one pair of
 * columns; beside it stands what the kernel counted, where that is known. Groups nothing itself: that is roots.c.
 */
#include "report/flat_roots.h"

#include <errno.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/roots.h"
#include "report/style.h"

/* A label where the width is not limited, and what it is never cut below. */
#define LABEL_COLUMNS 120
#define LEAST_COLUMNS 20

/* Columns of the numbers with the spaces behind them, and of the kernel's. */
#define NUMBER_COLUMNS 19
#define KERNEL_COLUMNS 10

struct rows {
	const struct report_options *options;
	const struct root **sorted; /* those with samples or weight */
	size_t count;
	uint64_t all_ns;
	bool kernel; /* a row knows it */
	size_t label_columns;
	FILE *stream;
};

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static double share(const struct rows *rows, uint64_t ns)
{
	return rows->all_ns > 0 ? (double)ns / (double)rows->all_ns : 0;
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
	uint32_t i;

	for (i = 1; i < roots->count; i++) {
		const struct root *root = &roots->roots[i];

		if (root->samples == 0 && root->weight_ns == 0)
			continue;
		rows->sorted[rows->count++] = root;
		rows->kernel |= knows_kernel(rows, root);
	}
	qsort(rows->sorted, rows->count, sizeof(*rows->sorted), compare_rows);
}

static void add_row(const struct rows *rows, const struct root *root, struct strbuf *line)
{
	const bool color = rows->options->color;
	const double part = share(rows, root->weight_ns);

	strbuf_add_format(line, "%s%7.2f%s %8.3fs", style_share(part, color), 100 * part,
			  style_end(color), seconds(root->weight_ns));
	if (rows->kernel && knows_kernel(rows, root))
		strbuf_add_format(line, " %8.3fs", seconds(root->kernel_ns));
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

static int write_rows(const struct rows *rows)
{
	const uint32_t limit = rows->options->limit;
	const size_t nshown = limit > 0 && rows->count > limit ? limit : rows->count;
	uint64_t left_ns = 0;
	struct strbuf line;
	size_t i;
	int code;

	strbuf_init(&line);
	strbuf_add_format(&line, "  self%%      self%s  %s\n", rows->kernel ? "    kernel" : "",
			  heading(rows->options->by));
	for (i = 0; i < nshown; i++)
		add_row(rows, rows->sorted[i], &line);
	for (; i < rows->count; i++)
		left_ns += rows->sorted[i]->weight_ns;
	if (nshown < rows->count)
		strbuf_add_format(&line, "%zu more row%s with %.3f s self (%.2f %%)\n",
				  rows->count - nshown, rows->count - nshown == 1 ? "" : "s",
				  seconds(left_ns), 100 * share(rows, left_ns));
	code = strbuf_error(&line);
	if (!code)
		fwrite(line.text, 1, line.length, rows->stream);
	strbuf_done(&line);
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
	struct rows rows = {
		.options = options,
		.all_ns = profile_weight_ns(profile),
		.stream = stream,
	};
	struct roots roots;
	size_t taken;
	int code;

	code = roots_init(&roots, profile, level_of(options->by));
	rows.sorted = code ? NULL : calloc(roots.count, sizeof(const struct root *));
	if (rows.sorted) {
		collect(&rows, &roots);
		taken = NUMBER_COLUMNS + (rows.kernel ? KERNEL_COLUMNS : 0);
		rows.label_columns = LABEL_COLUMNS;
		if (options->width > 0)
			rows.label_columns = options->width > taken + LEAST_COLUMNS
						     ? options->width - taken
						     : LEAST_COLUMNS;
		code = write_rows(&rows);
	} else if (!code) {
		code = -ENOMEM;
	}
	free(rows.sorted);
	roots_done(&roots);
	return code;
}
