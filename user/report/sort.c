/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pstats' sort keys: the words with their unambiguous beginnings, and the comparison of two rows by several of them.
 * Knows no columns: what a row looks like is its report's.
 */
#include "report/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/totals.h"
#include "report/names.h"
#include "report/report.h"
#include "report/standard_name.h"

const struct report_sort_name report_sort_names[] = {
	{ "self", REPORT_SORT_SELF, "time in the row itself" },
	{ "total", REPORT_SORT_TOTAL, "time with the row anywhere on the stack" },
	{ "calls", REPORT_SORT_CALLS, "samples with the row anywhere on the stack" },
	{ "pcalls", REPORT_SORT_PRIMITIVE_CALLS, "the same: recursion counts once" },
	{ "file", REPORT_SORT_FILE, "file name" },
	{ "line", REPORT_SORT_LINE, "line number" },
	{ "name", REPORT_SORT_NAME, "function name" },
	{ "nfl", REPORT_SORT_NAME_FILE_LINE, "function name, file name, line number" },
	{ "stdname", REPORT_SORT_STANDARD_NAME, "PATH:LINE(NAME) as one text" },
	{ "time", REPORT_SORT_SELF, NULL },
	{ "tottime", REPORT_SORT_SELF, NULL },
	{ "cumulative", REPORT_SORT_TOTAL, NULL },
	{ "cumtime", REPORT_SORT_TOTAL, NULL },
	{ "ncalls", REPORT_SORT_CALLS, NULL },
	{ "filename", REPORT_SORT_FILE, NULL },
	{ "module", REPORT_SORT_FILE, NULL },
	{ NULL, REPORT_SORT_SELF, NULL },
};

/* The words that begin with the text, as a list for people. */
static void list_words(struct strbuf *list, const char *beginning)
{
	const struct report_sort_name *name;

	for (name = report_sort_names; name->name; name++) {
		if (strncmp(name->name, beginning, strlen(beginning)) == 0)
			strbuf_add_format(list, "%s%s", list->length ? ", " : "", name->name);
	}
}

static int refuse(const char *typed, bool known, struct err *err)
{
	struct strbuf list;
	int code;

	strbuf_init(&list);
	list_words(&list, known ? typed : "");
	code = err_set(err, -EINVAL,
		       known ? "sort key '%s' is not clear; it begins %s"
			     : "there is no sort key '%s'; there are %s",
		       typed, strbuf_text(&list));
	strbuf_done(&list);
	return code;
}

int report_sort_find(const char *name, enum report_sort *ret_sort, struct err *err)
{
	const struct report_sort_name *found = NULL, *at;
	bool clear = true;

	for (at = report_sort_names; at->name; at++) {
		if (strncmp(at->name, name, strlen(name)) != 0)
			continue;
		if (strcmp(at->name, name) == 0) {
			*ret_sort = at->sort;
			return 0;
		}
		clear = clear && (!found || found->sort == at->sort);
		found = at;
	}
	if (!found || !clear || !name[0])
		return refuse(name, found && name[0], err);
	*ret_sort = found->sort;
	return 0;
}

/* A row, and where its standard name stands in the text of all of them. */
struct keyed {
	struct total total;
	size_t standard_name;
};

struct order {
	const struct report_options *options;
	const char *standard_names; /* NULL unless they are compared */
};

static int compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_weights(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int compare_files(const struct total *a, const struct total *b)
{
	return strcmp(a->symbol->file, b->symbol->file);
}

static int compare_functions(const struct total *a, const struct total *b)
{
	return strcmp(a->symbol->function, b->symbol->function);
}

static int compare_names_files_lines(const struct total *a, const struct total *b)
{
	int order = compare_functions(a, b);

	if (!order)
		order = compare_files(a, b);
	return order ? order : compare_numbers(a->line, b->line);
}

static int compare_by(enum report_sort sort, const struct order *order, const struct keyed *left,
		      const struct keyed *right)
{
	const struct total *a = &left->total, *b = &right->total;

	switch (sort) {
	case REPORT_SORT_SELF:
		return compare_weights(a->self_ns, b->self_ns);
	case REPORT_SORT_TOTAL:
		return compare_weights(a->total_ns, b->total_ns);
	case REPORT_SORT_CALLS:
	case REPORT_SORT_PRIMITIVE_CALLS:
		return compare_weights(a->total_samples, b->total_samples);
	case REPORT_SORT_FILE:
		return compare_files(a, b);
	case REPORT_SORT_LINE:
		return compare_numbers(a->line, b->line);
	case REPORT_SORT_NAME:
		return compare_functions(a, b);
	case REPORT_SORT_NAME_FILE_LINE:
		return compare_names_files_lines(a, b);
	case REPORT_SORT_STANDARD_NAME:
		return strcmp(order->standard_names + left->standard_name,
			      order->standard_names + right->standard_name);
	}
	return 0;
}

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct keyed *a = left, *b = right;
	const struct order *order = context;
	int found = 0;
	uint32_t i;

	for (i = 0; i < order->options->nsorts && !found; i++)
		found = compare_by(order->options->sorts[i], order, a, b);
	if (!found)
		found = totals_compare(&a->total, &b->total, TOTALS_BY_SELF);
	return order->options->reverse ? -found : found;
}

static bool wants_standard_names(const struct report_options *options)
{
	uint32_t i;

	for (i = 0; i < options->nsorts; i++) {
		if (options->sorts[i] == REPORT_SORT_STANDARD_NAME)
			return true;
	}
	return false;
}

int sort_totals(struct totals *totals, const struct report_options *options)
{
	struct order order = { .options = options };
	struct keyed *rows = calloc(totals->count + 1, sizeof(*rows));
	const bool named = wants_standard_names(options);
	struct strbuf names;
	size_t i;
	int code;

	strbuf_init(&names);
	for (i = 0; rows && i < totals->count; i++) {
		rows[i] = (struct keyed){ totals->rows[i], names.length };
		if (!named)
			continue;
		standard_name_add(&names, totals->rows[i].symbol, totals->rows[i].line);
		strbuf_add_char(&names, '\0');
	}
	code = rows ? strbuf_error(&names) : -ENOMEM;
	if (!code) {
		order.standard_names = strbuf_text(&names);
		qsort_r(rows, totals->count, sizeof(*rows), compare_rows, &order);
		for (i = 0; i < totals->count; i++)
			totals->rows[i] = rows[i].total;
	}
	strbuf_done(&names);
	free(rows);
	return code;
}
