/* SPDX-License-Identifier: GPL-2.0-only */
/* pstats' sort words and their beginnings, and the order of rows that they give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "profile/profile.h"
#include "profile/totals.h"
#include "report/report.h"
#include "report/sort.h"
#include "support/golden.h"

static void assert_found(const char *typed, enum report_sort expected)
{
	enum report_sort sort = REPORT_SORT_STANDARD_NAME;
	struct err err = { 0 };

	if (report_sort_find(typed, &sort, &err))
		fail_msg("%s: %s", typed, err.message);
	assert_int_equal(sort, expected);
}

static void assert_refused(const char *typed, const char *message)
{
	enum report_sort sort = REPORT_SORT_LINE;
	struct err err = { 0 };

	assert_int_equal(report_sort_find(typed, &sort, &err), -EINVAL);
	assert_int_equal(sort, REPORT_SORT_LINE);
	if (!strstr(err.message, message))
		fail_msg("'%s' is not in '%s'", message, err.message);
}

static void every_word_of_pstats_is_found(void **state)
{
	/* sort_arg_dict_default of 2.7 to 3.15. "file" went away with 3.7. */
	static const struct {
		const char *word;
		enum report_sort sort;
	} words[] = {
		{ "calls", REPORT_SORT_CALLS },
		{ "ncalls", REPORT_SORT_CALLS },
		{ "cumtime", REPORT_SORT_TOTAL },
		{ "cumulative", REPORT_SORT_TOTAL },
		{ "file", REPORT_SORT_FILE },
		{ "filename", REPORT_SORT_FILE },
		{ "line", REPORT_SORT_LINE },
		{ "module", REPORT_SORT_FILE },
		{ "name", REPORT_SORT_NAME },
		{ "nfl", REPORT_SORT_NAME_FILE_LINE },
		{ "pcalls", REPORT_SORT_PRIMITIVE_CALLS },
		{ "stdname", REPORT_SORT_STANDARD_NAME },
		{ "time", REPORT_SORT_SELF },
		{ "tottime", REPORT_SORT_SELF },
		{ "self", REPORT_SORT_SELF },
		{ "total", REPORT_SORT_TOTAL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_found(words[i].word, words[i].sort);
}

static void a_word_may_be_cut_as_long_as_it_stays_clear(void **state)
{
	(void)state;
	assert_found("ca", REPORT_SORT_CALLS);
	assert_found("nc", REPORT_SORT_CALLS);
	assert_found("fi", REPORT_SORT_FILE);
	assert_found("p", REPORT_SORT_PRIMITIVE_CALLS);
	assert_found("sel", REPORT_SORT_SELF);
	assert_found("st", REPORT_SORT_STANDARD_NAME);
	/* Both words that begin so mean the same. */
	assert_found("cum", REPORT_SORT_TOTAL);
	assert_found("f", REPORT_SORT_FILE);
	assert_refused("c", "not clear; it begins calls, cumulative, cumtime");
	assert_refused("tot", "not clear; it begins total, tottime");
	assert_refused("n", "not clear; it begins name, nfl, ncalls");
}

static void what_is_no_word_is_refused_with_all_that_are(void **state)
{
	(void)state;
	assert_refused("hot", "no sort key 'hot'; there are self, total, calls");
	assert_refused("timex", "no sort key 'timex'");
	assert_refused("Self", "no sort key 'Self'");
	assert_refused("", "no sort key ''");
}

static const char *const rows = "process 1 p\n"
				"stack 1 5@2000 b|z.py|9|1\n"
				"stack 1 1@7000 a|z.py|10|1\n"
				"stack 1 2@2000 c|y.py|100|1;a|x.py|9|1\n"
				"stack 1 1@1000 c|y.py|100|1\n";

static void assert_order(const struct report_options *options, const char *expected)
{
	struct profile *profile = golden_parse(rows, "rows");
	char found[128] = "";
	struct totals totals;
	size_t i;

	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(sort_totals(&totals, options), 0);
	for (i = 0; i < totals.count; i++)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s:%d%s",
			 i ? " " : "", totals.rows[i].symbol->file, totals.rows[i].line,
			 totals.rows[i].symbol->function);
	assert_string_equal(found, expected);
	totals_done(&totals);
	profile_free(profile);
}

static struct report_options sorted_by(enum report_sort first, enum report_sort second)
{
	struct report_options options;

	report_options_init(&options);
	options.sorts[0] = first;
	options.sorts[1] = second;
	options.nsorts = 2;
	return options;
}

static void rows_come_in_the_order_of_each_word(void **state)
{
	static const struct {
		enum report_sort sort;
		const char *order;
	} orders[] = {
		{ REPORT_SORT_SELF, "z.py:10a x.py:9a z.py:9b y.py:100c" },
		{ REPORT_SORT_TOTAL, "z.py:10a y.py:100c x.py:9a z.py:9b" },
		{ REPORT_SORT_CALLS, "z.py:9b y.py:100c x.py:9a z.py:10a" },
		{ REPORT_SORT_PRIMITIVE_CALLS, "z.py:9b y.py:100c x.py:9a z.py:10a" },
		{ REPORT_SORT_FILE, "x.py:9a y.py:100c z.py:10a z.py:9b" },
		{ REPORT_SORT_LINE, "x.py:9a z.py:9b z.py:10a y.py:100c" },
		{ REPORT_SORT_NAME, "z.py:10a x.py:9a z.py:9b y.py:100c" },
		{ REPORT_SORT_NAME_FILE_LINE, "x.py:9a z.py:10a z.py:9b y.py:100c" },
		/* As one text, in which 10 comes before 9. */
		{ REPORT_SORT_STANDARD_NAME, "x.py:9a y.py:100c z.py:10a z.py:9b" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct report_options options = sorted_by(orders[i].sort, orders[i].sort);

		assert_order(&options, orders[i].order);
	}
}

static void without_a_word_it_is_by_self(void **state)
{
	struct report_options options;

	(void)state;
	report_options_init(&options);
	assert_order(&options, "z.py:10a x.py:9a z.py:9b y.py:100c");
}

static void a_second_word_decides_what_the_first_leaves_equal(void **state)
{
	struct report_options options = sorted_by(REPORT_SORT_NAME, REPORT_SORT_FILE);

	(void)state;
	assert_order(&options, "x.py:9a z.py:10a z.py:9b y.py:100c");
	options = sorted_by(REPORT_SORT_LINE, REPORT_SORT_CALLS);
	assert_order(&options, "z.py:9b x.py:9a z.py:10a y.py:100c");
}

static void reverse_turns_the_whole_order_around(void **state)
{
	struct report_options options = sorted_by(REPORT_SORT_LINE, REPORT_SORT_CALLS);

	(void)state;
	options.reverse = true;
	assert_order(&options, "y.py:100c z.py:10a x.py:9a z.py:9b");
	options.nsorts = 0;
	assert_order(&options, "y.py:100c z.py:9b x.py:9a z.py:10a");
}

static void an_empty_profile_is_sorted(void **state)
{
	const struct report_options options =
		sorted_by(REPORT_SORT_STANDARD_NAME, REPORT_SORT_SELF);
	struct profile *profile = profile_new();
	struct totals totals;

	(void)state;
	assert_int_equal(totals_init(&totals, profile, GROUPS_BY_LINE), 0);
	assert_int_equal(sort_totals(&totals, &options), 0);
	assert_int_equal(totals.count, 0);
	totals_done(&totals);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_of_pstats_is_found),
		cmocka_unit_test(a_word_may_be_cut_as_long_as_it_stays_clear),
		cmocka_unit_test(what_is_no_word_is_refused_with_all_that_are),
		cmocka_unit_test(rows_come_in_the_order_of_each_word),
		cmocka_unit_test(without_a_word_it_is_by_self),
		cmocka_unit_test(a_second_word_decides_what_the_first_leaves_equal),
		cmocka_unit_test(reverse_turns_the_whole_order_around),
		cmocka_unit_test(an_empty_profile_is_sorted),
	};

	return cmocka_run_group_tests_name("report_sort", tests, NULL, NULL);
}
