/* SPDX-License-Identifier: GPL-2.0-only */
/* pstats' restrictions: what is left, what is left out by which of them, and that nothing is lost between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/pattern.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "report/restrict.h"
#include "support/golden.h"

/* Functions j to a with 10 to 1 samples of self, and a caller of the odd ones. */
static const char *const ten = "process 1 p\n"
			       "stack 1 10 j|/x/even.py|10|1\n"
			       "stack 1 9 main|/m.py|1|1;i|/x/odd.py|9|1\n"
			       "stack 1 8 h|/x/even.py|8|1\n"
			       "stack 1 7 main|/m.py|1|1;g|/x/odd.py|7|1\n"
			       "stack 1 6 f|/x/even.py|6|1\n"
			       "stack 1 5 main|/m.py|1|1;e|/x/odd.py|5|1\n"
			       "stack 1 4 d|/x/even.py|4|1\n"
			       "stack 1 3 main|/m.py|1|1;c|/x/odd.py|3|1\n"
			       "stack 1 2 b|/x/even.py|2|1\n"
			       "stack 1 1 main|/m.py|1|1;a|/x/odd.py|1|1\n";

static struct pattern *regex(const char *text)
{
	struct pattern *pattern;
	struct err err = { 0 };

	if (pattern_new(PATTERN_REGEX, text, &pattern, &err))
		fail_msg("%s", err.message);
	return pattern;
}

static void add_rows(struct report_options *options, uint32_t rows)
{
	options->restrictions[options->nrestrictions++] =
		(struct report_restriction){ .kind = REPORT_RESTRICT_ROWS, .rows = rows };
}

static void add_part(struct report_options *options, double part)
{
	options->restrictions[options->nrestrictions++] =
		(struct report_restriction){ .kind = REPORT_RESTRICT_PART, .part = part };
}

static void add_pattern(struct report_options *options, const struct pattern *pattern)
{
	options->restrictions[options->nrestrictions++] =
		(struct report_restriction){ .kind = REPORT_RESTRICT_PATTERN, .pattern = pattern };
}

/* Choose, check that nothing is lost, and compare the first letters of the shown functions. */
static struct rows_choice assert_shown(const char *text, const struct report_options *options,
				       const char *expected)
{
	struct profile *profile = golden_parse(text, "restrict");
	uint64_t self_ns = 0, left_ns = 0, left_samples = 0, left_rows = 0;
	struct rows_choice choice;
	char shown[32] = "";
	struct totals totals;
	size_t i;

	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(rows_choose(&totals, options, &choice), 0);
	for (i = 0; i < totals.count; i++) {
		if (i < choice.nshown)
			shown[i] = totals.rows[i].symbol->function[0];
		else
			left_ns += totals.rows[i].self_ns;
		self_ns += totals.rows[i].self_ns;
	}
	assert_string_equal(shown, expected);
	assert_int_equal(self_ns, profile_weight_ns(profile));
	assert_int_equal(choice.self_ns, left_ns);
	assert_int_equal(choice.nrows, totals.count - choice.nshown);
	for (i = 0, left_ns = 0; i < choice.nsteps; i++) {
		assert_true(choice.steps[i].nrows > 0);
		left_rows += choice.steps[i].nrows;
		left_ns += choice.steps[i].self_ns;
		left_samples += choice.steps[i].self_samples;
	}
	assert_int_equal(choice.nrows, left_rows);
	assert_int_equal(choice.self_ns, left_ns);
	assert_int_equal(choice.self_samples, left_samples);
	totals_done(&totals);
	profile_free(profile);
	return choice;
}

static void the_limit_holds_where_nothing_restricts(void **state)
{
	struct report_options options;
	struct rows_choice choice;

	(void)state;
	report_options_init(&options);
	options.limit = 3;
	choice = assert_shown(ten, &options, "jih");
	assert_int_equal(choice.nsteps, 1);
	assert_null(choice.steps[0].restriction);
	assert_int_equal(choice.steps[0].nrows, 8);
	assert_int_equal(choice.steps[0].self_samples, 28);
	options.limit = 0;
	choice = assert_shown(ten, &options, "jihgfedcbam");
	assert_int_equal(choice.nsteps, 0);
	options.limit = 3;
	add_rows(&options, 5);
	choice = assert_shown(ten, &options, "jihgf");
	assert_ptr_equal(choice.steps[0].restriction, &options.restrictions[0]);
}

static void each_restriction_sees_what_the_one_before_left(void **state)
{
	struct pattern *odd = regex("odd\\.py:\\d+\\(");
	struct report_options options;
	struct rows_choice choice;

	(void)state;
	report_options_init(&options);
	add_rows(&options, 4);
	add_pattern(&options, odd);
	choice = assert_shown(ten, &options, "ig");
	assert_int_equal(choice.nsteps, 2);
	assert_int_equal(choice.steps[0].nrows, 7);
	assert_int_equal(choice.steps[1].nrows, 2);
	assert_int_equal(choice.steps[1].self_samples, 18);
	/* The same two the other way around. */
	options.nrestrictions = 0;
	add_pattern(&options, odd);
	add_rows(&options, 4);
	assert_shown(ten, &options, "igec");
	pattern_free(odd);
}

static void a_part_is_rounded_as_pstats_does(void **state)
{
	/* int(11 * part + .5) */
	static const struct {
		double part;
		const char *shown;
	} parts[] = {
		{ 0, "" },
		{ 0.04, "" },
		{ 0.05, "j" },
		{ 0.1, "j" },
		{ 0.2, "ji" },
		{ 0.5, "jihgfe" },
		{ 0.999, "jihgfedcbam" },
		{ 1, "jihgfedcbam" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct report_options options;

		report_options_init(&options);
		add_part(&options, parts[i].part);
		assert_shown(ten, &options, parts[i].shown);
	}
}

static void a_part_is_one_of_what_is_left(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	add_part(&options, 0.5);
	add_part(&options, 0.5);
	assert_shown(ten, &options, "jih");
	add_rows(&options, 100);
	assert_shown(ten, &options, "jih");
	add_rows(&options, 0);
	assert_shown(ten, &options, "jih");
}

static void patterns_are_tried_on_path_line_and_name(void **state)
{
	struct pattern *path = regex("^/x/even\\.py:8\\(h\\)$"), *nothing = regex("nothing");
	struct report_options options;
	struct rows_choice choice;

	(void)state;
	report_options_init(&options);
	add_pattern(&options, path);
	assert_shown(ten, &options, "h");
	options.nrestrictions = 0;
	add_pattern(&options, nothing);
	choice = assert_shown(ten, &options, "");
	assert_int_equal(choice.steps[0].self_samples, 55);
	pattern_free(path);
	pattern_free(nothing);
}

static void patterns_find_labels_and_sanitized_names(void **state)
{
	static const char *const strange = "process 1 p\n"
					   "stack 1 2 [native]\n"
					   "stack 1 1 x\\x1b[31m|/a.py|1|1\n";
	struct pattern *native = regex("^\\[native\\]$"), *escape = regex("x\\\\x1b\\[31m\\)$");
	struct report_options options;

	(void)state;
	report_options_init(&options);
	add_pattern(&options, native);
	assert_int_equal(assert_shown(strange, &options, "").nshown, 1);
	options.nrestrictions = 0;
	add_pattern(&options, escape);
	assert_shown(strange, &options, "x");
	pattern_free(native);
	pattern_free(escape);
}

static void rows_are_sorted_before_they_are_restricted(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.sorts[0] = REPORT_SORT_TOTAL;
	options.nsorts = 1;
	add_rows(&options, 2);
	assert_shown(ten, &options, "mj");
	options.reverse = true;
	assert_shown(ten, &options, "ab");
}

static void as_many_restrictions_as_there_may_be_all_have_a_step(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	while (options.nrestrictions < REPORT_RESTRICTIONS_MAX)
		add_rows(&options, options.nrestrictions < 9 ? 10 - options.nrestrictions : 1);
	assert_int_equal(assert_shown(ten, &options, "j").nsteps, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_holds_where_nothing_restricts),
		cmocka_unit_test(each_restriction_sees_what_the_one_before_left),
		cmocka_unit_test(a_part_is_rounded_as_pstats_does),
		cmocka_unit_test(a_part_is_one_of_what_is_left),
		cmocka_unit_test(patterns_are_tried_on_path_line_and_name),
		cmocka_unit_test(patterns_find_labels_and_sanitized_names),
		cmocka_unit_test(rows_are_sorted_before_they_are_restricted),
		cmocka_unit_test(as_many_restrictions_as_there_may_be_all_have_a_step),
	};

	return cmocka_run_group_tests_name("report_restrict", tests, NULL, NULL);
}
