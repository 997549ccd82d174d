/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The values of options that say what is printed: what a text means, or why it is refused. Must not know how the options
 * are called; whoever calls adds that.
 */
#include "options_printing.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/pattern.h"
#include "options_rows.h"
#include "options_values.h"

/* ---- what is written, and where ---- */

/* Names that other profilers have for our formats. */
static const struct {
	const char *name, *ours;
} formats_elsewhere[] = {
	{ "binary", "pprof" }, { "collapsed", "folded" }, { "flamegraph", "folded" },
	{ "mojo", "pprof" },   { "prof", "pstats" },	  { "pyisession", "pprof" },
	{ "raw", "folded" },   { "svg", "folded" },
};

/* A format by its name, which ends at `length`. */
static int find_format(const char *text, size_t length, const struct report_format **ret_format,
		       struct err *err)
{
	struct option_names names = { 0 };
	struct nearest nearest;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(length < sizeof(name) ? length : 63), text);
	*ret_format = report_find(name);
	if (*ret_format)
		return 0;
	nearest_init(&nearest, name);
	for (const struct report_format *format = report_formats; format->name; format++) {
		nearest_offer(&nearest, format->name);
		option_names_add(&names, format->name);
	}
	for (size_t i = 0; i < sizeof(formats_elsewhere) / sizeof(formats_elsewhere[0]); i++) {
		if (!strcmp(formats_elsewhere[i].name, name))
			nearest.name = formats_elsewhere[i].ours;
	}
	err_set(err, -EINVAL, "there is no format '%s'", name);
	if (nearest.name)
		err_hint(err, "did you mean '%s'? formats are %s", nearest.name, names.text);
	else
		err_hint(err, "formats are %s", names.text);
	return -EINVAL;
}

int option_parse_format(struct option_parse *parse, const char *text, struct err *err)
{
	struct options *options = &parse->options;
	const struct report_format *format;
	const char *file = strchr(text, '=');
	int code = find_format(text, strcspn(text, "="), &format, err);

	if (code)
		return code;
	if (!file) {
		options->format = format;
		parse->have_format = true;
		return 0;
	}
	if (!*++file)
		return err_set(err, -EINVAL, "the file name is empty");
	if (options->nproducts == OPTIONS_PRODUCTS_MAX)
		return err_set(err, -EINVAL, "more than %d files", OPTIONS_PRODUCTS_MAX);
	options->products[options->nproducts++] = (struct options_product){
		.format = format,
		.output = strcmp(file, "-") ? file : NULL,
	};
	return 0;
}

int option_parse_output(struct option_parse *parse, const char *text, struct err *err)
{
	if (!*text)
		return err_set(err, -EINVAL, "the file name is empty");
	parse->options.output = text;
	parse->have_output = true;
	return 0;
}

/* ---- rows ---- */

int option_parse_by(struct option_parse *parse, const char *text, struct err *err)
{
	struct option_names names = { 0 };
	struct nearest nearest;

	nearest_init(&nearest, text);
	for (const struct report_by_name *row = report_by_names; row->name; row++) {
		if (!strcmp(text, row->name)) {
			parse->options.report.by = row->by;
			parse->have_by = true;
			return 0;
		}
		nearest_offer(&nearest, row->name);
		option_names_add(&names, row->name);
	}
	err_set(err, -EINVAL, "'%s' is no key for rows", text);
	if (nearest.name)
		err_hint(err, "did you mean '%s'? keys are %s", nearest.name, names.text);
	else
		err_hint(err, "keys are %s", names.text);
	return -EINVAL;
}

/* One word of a list. */
static int add_sort(struct report_options *report, const char *text, size_t length, struct err *err)
{
	char word[32];
	int code;

	snprintf(word, sizeof(word), "%.*s", (int)(length < sizeof(word) ? length : 31), text);
	if (report->nsorts == REPORT_SORTS_MAX)
		return err_set(err, -EINVAL, "more than %d keys", REPORT_SORTS_MAX);
	code = report_sort_find(word, &report->sorts[report->nsorts], err);
	if (!code)
		report->nsorts++;
	return code;
}

int option_parse_sort(struct option_parse *parse, const char *text, struct err *err)
{
	size_t length;
	int code;

	do {
		length = strcspn(text, ",");
		code = add_sort(&parse->options.report, text, length, err);
		text += length + 1;
	} while (!code && text[-1]);
	return code;
}

/*
 * A part of the whole: "1%", "0.5%", "0.01". A bare number of 1 or more is refused, for half of its writers
 * mean percent.
 */
static int parse_part(const char *text, double *ret_part, struct err *err)
{
	size_t length = strlen(text), number = strspn(text, "0123456789.");
	bool percent = length && text[length - 1] == '%';
	char *end;
	double value;

	/* strtod takes more than that: signs, exponents, infinities. */
	if (number && number + percent == length) {
		value = strtod(text, &end);
		if (end == text + number && (percent ? value <= 100 : value < 1)) {
			*ret_part = percent ? value / 100 : value;
			return 0;
		}
	}
	err_set(err, -EINVAL, "'%s' is not a part of the whole", text);
	err_hint(err, "give percent with the sign (1%%, 0.5%%) or a fraction below 1 (0.01)");
	return -EINVAL;
}

/* Made once, owned by the options. */
static int make_pattern(struct options *options, enum pattern_kind kind, const char *text,
			const struct pattern **ret_pattern, struct err *err)
{
	struct pattern *pattern;
	int code;

	if (!*text)
		return err_set(err, -EINVAL, "the pattern is empty");
	if (options->npatterns == OPTIONS_PATTERNS_MAX)
		return err_set(err, -EINVAL, "more than %d patterns", OPTIONS_PATTERNS_MAX);
	code = pattern_new(kind, text, &pattern, err);
	if (code)
		return code;
	options->patterns[options->npatterns++] = pattern;
	*ret_pattern = pattern;
	return 0;
}

/* A whole number; 0 takes all restrictions back. */
static int limit_rows(struct option_parse *parse, const char *text, struct err *err)
{
	struct report_options *report = &parse->options.report;
	uint64_t rows;

	if (!option_parse_whole(text, UINT32_MAX, &rows)) {
		err_set(err, -EINVAL, "'%s' is not a number of rows", text);
		err_hint(err, "give a number such as 20; 0 prints them all");
		return -EINVAL;
	}
	/* The tree knows nothing of the order of rows: the smallest number is its. */
	if (!rows || !parse->have_limit || rows < report->limit)
		report->limit = (uint32_t)rows;
	parse->have_limit = rows > 0;
	if (!rows) {
		report->nrestrictions = 0;
		return 0;
	}
	report->restrictions[report->nrestrictions++] = (struct report_restriction){
		.kind = REPORT_RESTRICT_ROWS,
		.rows = (uint32_t)rows,
	};
	return 0;
}

/* As pstats tells them apart: a whole number, a fraction, else a regular expression. */
int option_parse_limit(struct option_parse *parse, const char *text, struct err *err)
{
	struct report_options *report = &parse->options.report;
	struct report_restriction restriction = { .kind = REPORT_RESTRICT_PART };
	const size_t length = strlen(text), digits = strspn(text, "0123456789");
	int code;

	if (report->nrestrictions == REPORT_RESTRICTIONS_MAX)
		return err_set(err, -EINVAL, "more than %d limits", REPORT_RESTRICTIONS_MAX);
	/* "-1" is a slip of the finger, and no function has it in its name. */
	if (digits == length || (*text == '-' && strspn(text + 1, "0123456789.%") == length - 1))
		return limit_rows(parse, text, err);
	if (strpbrk(text, "0123456789") && strspn(text, "0123456789.%") == length) {
		code = parse_part(text, &restriction.part, err);
	} else {
		restriction.kind = REPORT_RESTRICT_PATTERN;
		code = make_pattern(&parse->options, PATTERN_REGEX, text, &restriction.pattern,
				    err);
	}
	if (!code)
		report->restrictions[report->nrestrictions++] = restriction;
	return code;
}

/* ---- functions and files by patterns ---- */

/* A second one would silently widen or replace the first. */
static int take_functions(struct options *options, const struct pattern **field, const char *text,
			  struct err *err)
{
	if (*field) {
		err_set(err, -EINVAL, "given twice");
		err_hint(err, "one regular expression can stand for both: 'first|second'");
		return -EINVAL;
	}
	return make_pattern(options, PATTERN_REGEX, text, field, err);
}

int option_parse_callers(struct option_parse *parse, const char *text, struct err *err)
{
	return take_functions(&parse->options, &parse->options.report.callers, text, err);
}

int option_parse_callees(struct option_parse *parse, const char *text, struct err *err)
{
	return take_functions(&parse->options, &parse->options.report.callees, text, err);
}

static int add_files(struct options *options, struct report_patterns *patterns,
		     enum pattern_kind kind, const char *text, struct err *err)
{
	int code;

	if (patterns->count == REPORT_PATTERNS_MAX)
		return err_set(err, -EINVAL, "more than %d patterns", REPORT_PATTERNS_MAX);
	code = make_pattern(options, kind, text, &patterns->patterns[patterns->count], err);
	if (!code)
		patterns->count++;
	return code;
}

int option_parse_hide(struct option_parse *parse, const char *text, struct err *err)
{
	return add_files(&parse->options, &parse->options.report.hide, PATTERN_GLOB, text, err);
}

int option_parse_show(struct option_parse *parse, const char *text, struct err *err)
{
	return add_files(&parse->options, &parse->options.report.show, PATTERN_GLOB, text, err);
}

int option_parse_hide_regex(struct option_parse *parse, const char *text, struct err *err)
{
	return add_files(&parse->options, &parse->options.report.hide, PATTERN_REGEX, text, err);
}

int option_parse_show_regex(struct option_parse *parse, const char *text, struct err *err)
{
	return add_files(&parse->options, &parse->options.report.show, PATTERN_REGEX, text, err);
}

/* ---- numbers ---- */

/* Words for an enum's values; ends with a row whose name is NULL. */
struct word {
	const char *name;
	int value;
};

static const struct word number_words[] = {
	{ "time", REPORT_UNIT_TIME },
	{ "percent", REPORT_UNIT_PERCENT },
	{ "samples", REPORT_UNIT_SAMPLES },
	{ .name = NULL },
};

static const struct word normalize_words[] = {
	{ "samples", REPORT_NORMALIZE_SAMPLES },
	{ "time", REPORT_NORMALIZE_TIME },
	{ "none", REPORT_NORMALIZE_NONE },
	{ .name = NULL },
};

static int find_word(const struct word *words, const char *text, int *ret_value, struct err *err)
{
	struct option_names names = { 0 };

	for (; words->name; words++) {
		if (!strcmp(words->name, text)) {
			*ret_value = words->value;
			return 0;
		}
		option_names_add(&names, words->name);
	}
	return err_set(err, -EINVAL, "'%s' is none of %s", text, names.text);
}

int option_parse_numbers(struct option_parse *parse, const char *text, struct err *err)
{
	int value, code = find_word(number_words, text, &value, err);

	if (!code)
		parse->options.report.unit = (enum report_unit)value;
	return code;
}

int option_parse_normalize(struct option_parse *parse, const char *text, struct err *err)
{
	int value, code = find_word(normalize_words, text, &value, err);

	if (!code)
		parse->options.report.normalize = (enum report_normalize)value;
	return code;
}

int option_parse_threshold(struct option_parse *parse, const char *text, struct err *err)
{
	return parse_part(text, &parse->options.report.threshold, err);
}
