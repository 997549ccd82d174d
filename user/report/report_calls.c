/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The formats "callers" and "callees": each function with a row for each that called it, or that it called. Adds nothing
 * up (profile/calls.c does) and chooses no functions (restrict.c).
 */
#include "report/formats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/strbuf.h"
#include "profile/calls.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "report/empty.h"
#include "report/file_names.h"
#include "report/renamed.h"
#include "report/restrict.h"
#include "report/sort.h"
#include "report/standard_name.h"
#include "report/style.h"
#include "report/table.h"

/* A name where the width is not limited, and what it is never cut below. */
#define NAME_COLUMNS  120
#define LEAST_COLUMNS 30

/* Columns of the numbers with the spaces behind them, and of the arrow. */
#define NUMBER_COLUMNS 31

/* What differs between the two formats. */
struct direction {
	const char *heading, *arrow, *others;
	const struct call *(*calls_of)(const struct calls *calls, uint32_t group,
				       size_t *ret_count);
	uint32_t (*other_of)(const struct call *call);
};

struct report {
	const struct direction *direction;
	const struct report_options *options;
	const struct profile *profile;
	struct file_names *names;
	struct totals functions; /* the chosen ones first */
	struct calls calls;
	struct totals others; /* callers or callees of one function; room for all groups */
	struct sum nobody; /* where the function is a root */
	size_t columns;
	struct strbuf text;
};

static uint32_t caller_of(const struct call *call)
{
	return call->caller;
}

static uint32_t callee_of(const struct call *call)
{
	return call->callee;
}

static const struct direction callers = { "function <- who called it", "  <- ", "caller",
					  calls_of_callee, caller_of };
static const struct direction callees = { "function -> what it called", "  -> ", "callee",
					  calls_of_caller, callee_of };

static double percent(uint64_t part, uint64_t all)
{
	return all > 0 ? 100 * (double)part / (double)all : 0;
}

/* A weight in nine columns. */
static void add_weight(struct report *report, uint64_t weight_ns, uint64_t samples)
{
	struct strbuf *text = &report->text;

	switch (report->options->unit) {
	case REPORT_UNIT_TIME:
		if (profile_unit(report->profile) == PROFILE_UNIT_TIME)
			strbuf_add_format(text, " %8.3fs", (double)weight_ns / 1e9);
		else
			strbuf_add_format(text, " %9" PRIu64, weight_ns);
		return;
	case REPORT_UNIT_PERCENT:
		strbuf_add_format(text, " %8.2f%%",
				  percent(weight_ns, profile_weight_ns(report->profile)));
		return;
	case REPORT_UNIT_SAMPLES:
		strbuf_add_format(text, " %9" PRIu64, samples);
		return;
	}
}

static void add_numbers(struct report *report, uint64_t total_samples, uint64_t self_ns,
			uint64_t self_samples, uint64_t total_ns)
{
	strbuf_add_format(&report->text, "%9" PRIu64, total_samples);
	add_weight(report, self_ns, self_samples);
	add_weight(report, total_ns, total_samples);
	strbuf_add(&report->text, "  ");
}

/* The standard name, with the file's short name unless the whole one is wanted. */
static void add_name(struct report *report, const struct total *total, size_t columns)
{
	struct symbol symbol = *total->symbol;
	struct strbuf name;

	symbol.file = file_names_get(report->names, symbol.file);
	strbuf_init(&name);
	standard_name_add(&name, &symbol, total->line);
	if (strbuf_error(&name))
		report->text.failed = true;
	table_add_text(&report->text, strbuf_text(&name), columns, report->options->unicode);
	strbuf_done(&name);
}

static void add_row(struct report *report, const struct total *total, const char *arrow)
{
	add_numbers(report, total->total_samples, total->self_ns, total->self_samples,
		    total->total_ns);
	strbuf_add(&report->text, arrow);
	add_name(report, total, report->columns - strlen(arrow));
}

static void add_function(struct report *report, const struct total *total)
{
	const uint64_t all_ns = profile_weight_ns(report->profile);
	const bool color = report->options->color;

	strbuf_add(&report->text, style_share(percent(total->total_ns, all_ns) / 100, color));
	add_row(report, total, "");
	strbuf_add_format(&report->text, "%s\n", style_end(color));
}

/* "12 more rows with 0.1 s self (5.00 %)", as the flat report has it. */
static void add_left_out(struct report *report, const char *indent, size_t count, const char *what,
			 uint64_t self_ns, uint64_t self_samples)
{
	if (count == 0)
		return;
	strbuf_add_format(&report->text, "%s%zu more %s%s with", indent, count, what,
			  count == 1 ? "" : "s");
	if (report->options->unit == REPORT_UNIT_SAMPLES)
		strbuf_add_format(&report->text, " %" PRIu64 " sample%s", self_samples,
				  self_samples == 1 ? "" : "s");
	else if (profile_unit(report->profile) == PROFILE_UNIT_TIME)
		strbuf_add_format(&report->text, " %.3f s", (double)self_ns / 1e9);
	else
		strbuf_add_format(&report->text, " %" PRIu64, self_ns);
	strbuf_add_format(&report->text, " self (%.2f %%)\n",
			  percent(self_ns, profile_weight_ns(report->profile)));
}

/* The function's callers or callees as rows of totals, so that they are sorted as any rows are. */
static int find_others(struct report *report, uint32_t group)
{
	const struct direction *direction = report->direction;
	size_t count, i;
	const struct call *calls = direction->calls_of(&report->calls, group, &count);

	report->others.count = 0;
	report->nobody = (struct sum){ 0 };
	for (i = 0; i < count; i++) {
		const uint32_t other = direction->other_of(&calls[i]);
		const struct sum *sum = &calls[i].sum;

		if (other == CALLS_NOBODY) {
			report->nobody = *sum;
			continue;
		}
		report->others.rows[report->others.count++] = (struct total){
			.symbol = report->calls.groups.symbols[other],
			.group = other,
			.line = report->calls.groups.symbols[other]->first_line,
			.self_ns = sum->self_ns,
			.total_ns = sum->total_ns,
			.self_samples = sum->self_samples,
			.total_samples = sum->total_samples,
		};
	}
	if (report->options->nsorts > 0)
		return sort_totals(&report->others, report->options);
	totals_sort(&report->others, TOTALS_BY_TOTAL);
	return 0;
}

static int add_others(struct report *report, uint32_t group)
{
	const struct direction *direction = report->direction;
	/* As with functions: who says how many wants no other limit. */
	const uint32_t limit = report->options->nrestrictions > 0 ? 0 : report->options->limit;
	uint64_t left_ns = 0, left_samples = 0;
	size_t shown, i;
	int code = find_others(report, group);

	if (code)
		return code;
	shown = limit > 0 && report->others.count > limit ? limit : report->others.count;
	for (i = 0; i < shown; i++) {
		add_row(report, &report->others.rows[i], direction->arrow);
		strbuf_add_char(&report->text, '\n');
	}
	for (; i < report->others.count; i++) {
		left_ns += report->others.rows[i].self_ns;
		left_samples += report->others.rows[i].self_samples;
	}
	add_left_out(report, "                                 ", report->others.count - shown,
		     direction->others, left_ns, left_samples);
	if (report->nobody.total_samples > 0 || report->nobody.total_ns > 0) {
		add_numbers(report, report->nobody.total_samples, report->nobody.self_ns,
			    report->nobody.self_samples, report->nobody.total_ns);
		strbuf_add_format(&report->text, "%s[root]\n", direction->arrow);
	}
	return 0;
}

/* Leave only the functions whose names match; that many others were not asked for is no news. */
static int keep_matching(struct totals *functions, const struct pattern *pattern)
{
	struct strbuf name;
	size_t kept = 0, i;
	int code = 0;

	strbuf_init(&name);
	for (i = 0; pattern && i < functions->count; i++) {
		const struct total *row = &functions->rows[i];

		strbuf_clear(&name);
		standard_name_add(&name, row->symbol, row->line);
		if (strbuf_error(&name))
			code = strbuf_error(&name);
		if (pattern_matches(pattern, strbuf_text(&name)))
			functions->rows[kept++] = *row;
	}
	if (pattern)
		functions->count = kept;
	strbuf_done(&name);
	return code;
}

static int write_functions(struct report *report, FILE *stream)
{
	struct rows_choice choice;
	int code = rows_choose(&report->functions, report->options, &choice);
	size_t i;

	strbuf_add_format(&report->text, "  samples      self     total  %s\n",
			  report->direction->heading);
	for (i = 0; i < choice.nshown && !code; i++) {
		add_function(report, &report->functions.rows[i]);
		code = add_others(report, report->functions.rows[i].group);
		if (!code)
			code = strbuf_error(&report->text);
		if (!code)
			fwrite(report->text.text, 1, report->text.length, stream);
		strbuf_clear(&report->text);
	}
	if (code)
		return code;
	if (report->functions.count == 0)
		strbuf_add(&report->text, "no function matches\n");
	add_left_out(report, "", choice.nrows, "function", choice.self_ns, choice.self_samples);
	fputs(strbuf_text(&report->text), stream);
	return strbuf_error(&report->text);
}

static int write_calls(struct report *report, const struct pattern *pattern, FILE *stream)
{
	const uint32_t width = report->options->width;
	int code;

	report->columns = NAME_COLUMNS;
	if (width > 0)
		report->columns = width > NUMBER_COLUMNS + LEAST_COLUMNS ? width - NUMBER_COLUMNS
									 : LEAST_COLUMNS;
	strbuf_init(&report->text);
	/* By function whatever the rows of the flat report are: a line calls nothing twice. */
	code = totals_init(&report->functions, report->profile, GROUPS_BY_FUNCTION);
	if (!code)
		code = calls_init(&report->calls, report->profile, GROUPS_BY_FUNCTION);
	if (!code) {
		report->names = file_names_new(report->profile, report->options);
		report->others.rows =
			calloc(report->calls.groups.count + 1UL, sizeof(*report->others.rows));
		code = report->names && report->others.rows ? 0 : -ENOMEM;
	}
	if (!code)
		code = keep_matching(&report->functions, pattern);
	if (!code)
		code = write_functions(report, stream);
	file_names_free(report->names);
	totals_done(&report->others);
	calls_done(&report->calls);
	totals_done(&report->functions);
	strbuf_done(&report->text);
	return code;
}

static int write_direction(const struct profile *profile, const struct report_options *options,
			   const struct direction *direction, const struct pattern *pattern,
			   FILE *stream, struct err *err)
{
	struct report report = { .direction = direction, .options = options, .profile = profile };
	struct profile *stripped = NULL;
	int code = 0;

	if (profile_samples(profile) == 0) {
		code = empty_write(profile, stream);
	} else {
		if (options->strip_dirs)
			code = renamed_new_stripped(profile, &stripped);
		if (stripped)
			report.profile = stripped;
		if (!code)
			code = write_calls(&report, pattern, stream);
		profile_free(stripped);
	}
	return code ? err_set(err, code, "cannot write the %ss: %s", direction->others,
			      strerror(-code))
		    : 0;
}

int report_callers_write(const struct profile *profile, const struct report_options *options,
			 FILE *stream, struct err *err)
{
	return write_direction(profile, options, &callers, options->callers, stream, err);
}

int report_callees_write(const struct profile *profile, const struct report_options *options,
			 FILE *stream, struct err *err)
{
	return write_direction(profile, options, &callees, options->callees, stream, err);
}
