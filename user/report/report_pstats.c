/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that pstats loads, of every CPython from 2.7 on, as cProfile's dump_stats() would have written it:
 *
 *   { (file, first line, function): (cc, nc, tt, ct, { caller's key: (nc, cc, tt, ct), ... }), ... }
 *
 * A sampler counts no calls. cc and nc are the samples with the function on the stack, equal, since recursion counts
 * once; tt and ct are self and total in seconds. What a caller has is the part of the stacks on which it is the one that
 * called; laws: profile/calls.h. What is no function has the key of a built-in one, ("~", 0, "<native>").
 */
#include "report/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/calls.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "report/marshal.h"
#include "report/names.h"
#include "report/renamed.h"

/* The file of what has none, and the entry of a profile without samples: Stats refuses an empty dictionary. */
#define NO_FILE	   "~"
#define NO_SAMPLES "<no samples>"

struct writer {
	struct marshal marshal;
	double unit_ns; /* nanoseconds of what is written as 1.0 */
	struct totals totals; /* by name, so that equal profiles give equal bytes */
	struct calls calls;
	uint32_t *positions; /* group -> its place among the totals */
};

/* Sanitized, so that pstats prints it on one line, and 3.x can decode it. */
static void rename_for_pstats(struct symbol *symbol, struct strbuf *function, struct strbuf *file)
{
	if (symbol->kind == SYMBOL_FUNCTION) {
		strbuf_add_sanitized(function, symbol->function, strlen(symbol->function));
		strbuf_add_sanitized(file, symbol->file, strlen(symbol->file));
	} else {
		names_add_special(function, symbol);
		/* "<native>": pstats shows it as it shows a built-in function, {native}. */
		if (function->length > 1) {
			function->text[0] = '<';
			function->text[function->length - 1] = '>';
		}
		strbuf_add(file, NO_FILE);
	}
	*symbol = (struct symbol){
		.kind = SYMBOL_FUNCTION,
		.function = strbuf_text(function),
		.file = strbuf_text(file),
		.line = symbol->first_line,
		.first_line = symbol->first_line,
	};
}

static void add_key(struct writer *writer, const struct symbol *symbol)
{
	marshal_begin_tuple(&writer->marshal, 3);
	marshal_add_text(&writer->marshal, symbol->file);
	marshal_add_signed(&writer->marshal, symbol->first_line);
	marshal_add_text(&writer->marshal, symbol->function);
}

static void add_numbers(struct writer *writer, uint64_t samples, uint64_t self_ns,
			uint64_t total_ns)
{
	marshal_add_count(&writer->marshal, samples);
	marshal_add_count(&writer->marshal, samples);
	marshal_add_float(&writer->marshal, (double)self_ns / writer->unit_ns);
	marshal_add_float(&writer->marshal, (double)total_ns / writer->unit_ns);
}

static int compare_callers(const void *left, const void *right, void *positions)
{
	const uint32_t *of_group = positions;
	const uint32_t a = of_group[((const struct call *)left)->caller];
	const uint32_t b = of_group[((const struct call *)right)->caller];

	return a < b ? -1 : a > b;
}

/* The callers of a group by name; nobody has no entry, as pstats has it for roots. */
static int add_callers(struct writer *writer, uint32_t group)
{
	size_t count, ncallers = 0, i;
	const struct call *calls = calls_of_callee(&writer->calls, group, &count);
	struct call *callers = calloc(count + 1, sizeof(*callers));

	if (!callers)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		if (calls[i].caller != CALLS_NOBODY)
			callers[ncallers++] = calls[i];
	}
	qsort_r(callers, ncallers, sizeof(*callers), compare_callers, writer->positions);
	marshal_begin_dictionary(&writer->marshal);
	for (i = 0; i < ncallers; i++) {
		const struct sum *sum = &callers[i].sum;

		add_key(writer, writer->calls.groups.symbols[callers[i].caller]);
		marshal_begin_tuple(&writer->marshal, 4);
		add_numbers(writer, sum->total_samples, sum->self_ns, sum->total_ns);
	}
	marshal_end_dictionary(&writer->marshal);
	free(callers);
	return 0;
}

static int add_entries(struct writer *writer)
{
	int code = 0;
	size_t i;

	for (i = 0; i < writer->totals.count && !code; i++) {
		const struct total *total = &writer->totals.rows[i];

		add_key(writer, total->symbol);
		marshal_begin_tuple(&writer->marshal, 5);
		add_numbers(writer, total->total_samples, total->self_ns, total->total_ns);
		code = add_callers(writer, total->group);
	}
	return code;
}

static void add_no_samples(struct writer *writer)
{
	const struct symbol symbol = { .function = NO_SAMPLES, .file = NO_FILE };

	add_key(writer, &symbol);
	marshal_begin_tuple(&writer->marshal, 5);
	add_numbers(writer, 0, 0, 0);
	marshal_begin_dictionary(&writer->marshal);
	marshal_end_dictionary(&writer->marshal);
}

static int write_dictionary(struct writer *writer)
{
	int code = 0;
	size_t i;

	totals_sort(&writer->totals, TOTALS_BY_NAME);
	for (i = 0; i < writer->totals.count; i++)
		writer->positions[writer->totals.rows[i].group] = (uint32_t)i;
	marshal_begin_dictionary(&writer->marshal);
	if (writer->totals.count > 0)
		code = add_entries(writer);
	else
		add_no_samples(writer);
	marshal_end_dictionary(&writer->marshal);
	return code ? code : writer->marshal.code;
}

static int write_profile(const struct profile *profile, FILE *stream)
{
	struct writer writer = {
		.marshal = { .stream = stream },
		.unit_ns = profile_unit(profile) == PROFILE_UNIT_TIME ? 1e9 : 1,
	};
	int code;

	code = totals_init(&writer.totals, profile, GROUPS_BY_FUNCTION);
	if (!code)
		code = calls_init(&writer.calls, profile, GROUPS_BY_FUNCTION);
	if (!code) {
		writer.positions =
			calloc(writer.calls.groups.count + 1UL, sizeof(*writer.positions));
		code = writer.positions ? write_dictionary(&writer) : -ENOMEM;
	}
	free(writer.positions);
	calls_done(&writer.calls);
	totals_done(&writer.totals);
	return code;
}

int report_pstats_write(const struct profile *profile, const struct report_options *options,
			FILE *stream, struct err *err)
{
	struct profile *stripped = NULL, *renamed = NULL;
	int code = 0;

	if (options->strip_dirs)
		code = renamed_new_stripped(profile, &stripped);
	if (!code)
		code = renamed_new(stripped ? stripped : profile, rename_for_pstats, &renamed);
	if (!code)
		code = write_profile(renamed, stream);
	profile_free(renamed);
	profile_free(stripped);
	return code ? err_set(err, code, "cannot write for pstats: %s", strerror(-code)) : 0;
}
