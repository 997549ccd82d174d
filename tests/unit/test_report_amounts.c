/* SPDX-License-Identifier: GPL-2.0-only */
/* Weights as text, and their statistical error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/strbuf.h"
#include "report/amounts.h"

static const struct amounts seconds = {
	.all_ns = 1000000000,
	.all_samples = 1000,
	.kind = AMOUNTS_SECONDS,
	.unicode = true,
};

static void assert_amount(enum amounts_kind kind, bool unicode, struct amount amount,
			  const char *expected)
{
	struct amounts amounts = seconds;
	struct strbuf text;

	amounts.kind = kind;
	amounts.unicode = unicode;
	strbuf_init(&text);
	amounts_add(&amounts, &text, amount);
	assert_string_equal(strbuf_text(&text), expected);
	strbuf_done(&text);
}

static void four_samples_of_a_thousand_are_half_certain(void **state)
{
	(void)state;
	/* sqrt(4 * 0.996) / 4 = 0.498999 */
	assert_true(fabs(amounts_error(&seconds, 4) - 0.498999) < 1e-6);
	assert_amount(AMOUNTS_PERCENT, true, (struct amount){ 4000000, 4 }, "0.40±0.20%");
	assert_amount(AMOUNTS_PERCENT, false, (struct amount){ 4000000, 4 }, "0.40+-0.20%");
	assert_amount(AMOUNTS_SECONDS, true, (struct amount){ 4000000, 4 }, "0.004±0.002");
	assert_amount(AMOUNTS_SAMPLES, true, (struct amount){ 4000000, 4 }, "4±2");
	assert_amount(AMOUNTS_COUNTS, true, (struct amount){ 4000000, 4 }, "4000000±1995996");
}

static void an_error_of_a_tenth_or_less_is_not_told(void **state)
{
	(void)state;
	assert_true(amounts_error(&seconds, 90) > 0.1);
	assert_true(amounts_error(&seconds, 91) == 0);
	assert_amount(AMOUNTS_SECONDS, true, (struct amount){ 500000000, 500 }, "0.500");
}

static void all_and_nothing_have_no_error(void **state)
{
	const struct amounts one = { .all_ns = 5, .all_samples = 1 };
	const struct amounts none = { .all_ns = 0 };

	(void)state;
	assert_true(amounts_error(&seconds, 0) == 0);
	assert_true(amounts_error(&one, 1) == 0);
	assert_true(amounts_error(&none, 3) == 0);
	assert_true(amounts_share(&none, 3) == 0);
}

static void an_error_that_would_print_as_zero_is_not_told(void **state)
{
	(void)state;
	assert_amount(AMOUNTS_SECONDS, true, (struct amount){ 40000, 4 }, "0.000");
}

static void the_error_counts_samples_and_not_what_they_weigh(void **state)
{
	(void)state;
	/* Half of the time in 4 of the samples. */
	assert_amount(AMOUNTS_PERCENT, true, (struct amount){ 500000000, 4 }, "50.00±24.95%");
}

static void columns_line_up_with_and_without_an_error(void **state)
{
	struct amounts amounts = seconds;
	struct strbuf text;

	(void)state;
	strbuf_init(&text);
	amounts_add_error(&amounts, &text, (struct amount){ 4000000, 4 });
	assert_string_equal(strbuf_text(&text), "  ±0.20");
	strbuf_clear(&text);
	amounts_add_error(&amounts, &text, (struct amount){ 500000000, 500 });
	assert_string_equal(strbuf_text(&text), "       ");
	amounts.unicode = false;
	strbuf_clear(&text);
	amounts_add_error(&amounts, &text, (struct amount){ 500000000, 4 });
	assert_string_equal(strbuf_text(&text), " +-24.95");
	strbuf_clear(&text);
	amounts_add_column(&amounts, &text, (struct amount){ 12840000000, 12840 });
	amounts.kind = AMOUNTS_SAMPLES;
	amounts_add_column(&amounts, &text, (struct amount){ 12840000000, 12840 });
	amounts.kind = AMOUNTS_PERCENT;
	amounts_add_column(&amounts, &text, (struct amount){ 12840000000, 12840 });
	assert_string_equal(strbuf_text(&text), "   12.840s     12840");
	strbuf_done(&text);
}

static void sentences_name_the_unit(void **state)
{
	static const char *const expected[] = {
		[AMOUNTS_SECONDS] = "0.120 s self (12.00 %)",
		[AMOUNTS_COUNTS] = "120000000 self (12.00 %)",
		[AMOUNTS_PERCENT] = "12.00 % self",
		[AMOUNTS_SAMPLES] = "1 sample self (12.00 %)",
	};
	struct amounts amounts = seconds;
	struct strbuf text;
	size_t i;

	(void)state;
	strbuf_init(&text);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		amounts.kind = (enum amounts_kind)i;
		strbuf_clear(&text);
		amounts_add_words(&amounts, &text, (struct amount){ 120000000, 1 }, " self");
		assert_string_equal(strbuf_text(&text), expected[i]);
	}
	strbuf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_samples_of_a_thousand_are_half_certain),
		cmocka_unit_test(an_error_of_a_tenth_or_less_is_not_told),
		cmocka_unit_test(all_and_nothing_have_no_error),
		cmocka_unit_test(an_error_that_would_print_as_zero_is_not_told),
		cmocka_unit_test(the_error_counts_samples_and_not_what_they_weigh),
		cmocka_unit_test(columns_line_up_with_and_without_an_error),
		cmocka_unit_test(sentences_name_the_unit),
	};

	return cmocka_run_group_tests_name("report_amounts", tests, NULL, NULL);
}
