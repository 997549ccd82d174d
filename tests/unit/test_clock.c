/* SPDX-License-Identifier: GPL-2.0-only */
/* Durations and rates as people write them, and everything else that they must not be taken for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/clock.h"

static void durations_have_units_and_fractions(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{ "10", 10000000000 },
		{ "1.5", 1500000000 },
		{ "500ms", 500000000 },
		{ "30s", 30000000000 },
		{ "5m", 300000000000 },
		{ "1h", 3600000000000 },
		{ "100us", 100000 },
		{ "0", 0 },
		{ ".5s", 500000000 },
		{ "0.1", 100000000 },
		{ "0.000000001", 1 },
		{ "0.0000000019999999999999999999999999", 1 },
		{ "0.33333333333333333333333h", 1200000000000 - 1 },
		{ "00010", 10000000000 },
		{ "9223372036.854775807", INT64_MAX },
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(clock_parse_duration(cases[i].text, &ns, NULL), 0);
		assert_int_equal(ns, cases[i].ns);
	}
}

static void a_duration_past_the_timers_range_is_refused(void **state)
{
	static const char *const texts[] = { "9223372036.854775808", "18446744073709551616",
					     "2562048h", "99999999999999999999999999999999" };
	struct err err = { 0 };
	uint64_t ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(clock_parse_duration(texts[i], &ns, &err), -ERANGE);
	assert_int_equal(ns, 7);
	assert_non_null(strstr(err.message, "longer"));
}

static void garbage_is_no_duration(void **state)
{
	static const char *const texts[] = { "",     "s",   "-1",   "+1",    " 1",   "1 ",
					     "1 s",  "1.",  "1.s",  ".",     "1..2", "1e3",
					     "0x10", "1d",  "1S",   "10sec", "nan",  "inf",
					     "1,5",  "abc", "1ms2", "\n1",   "1\n" };
	struct err err = { 0 };
	uint64_t ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(clock_parse_duration(texts[i], &ns, &err), -EINVAL);
	assert_int_equal(ns, 7);
	assert_true(err.hint[0]);
}

static void rates_have_units_in_any_case(void **state)
{
	static const struct {
		const char *text;
		uint64_t hz;
	} cases[] = { { "1000", 1000 }, { "1k", 1000 },	  { "1K", 1000 }, { "1khz", 1000 },
		      { "1kHz", 1000 }, { "2.5k", 2500 }, { "99hz", 99 }, { "99Hz", 99 },
		      { "0", 0 },	{ "1.0", 1 },	  { "0.001k", 1 } };
	uint64_t hz;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(clock_parse_rate(cases[i].text, &hz, NULL), 0);
		assert_int_equal(hz, cases[i].hz);
	}
}

static void a_rate_is_a_whole_number_of_hertz(void **state)
{
	static const char *const texts[] = {
		"1.5", "0.0001k", "", "k", "-1", "1mhz", "1ms", "1 k"
	};
	struct err err = { 0 };
	uint64_t hz = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(clock_parse_rate(texts[i], &hz, &err), -EINVAL);
	assert_int_equal(clock_parse_rate("9223372036854775808", &hz, &err), -ERANGE);
	assert_int_equal(clock_parse_rate("9223372036854775807k", &hz, &err), -ERANGE);
	assert_int_equal(hz, 7);
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
	uint64_t last = clock_monotonic_ns(), now;

	(void)state;
	assert_true(last > 0);
	for (int i = 0; i < 1000; i++, last = now) {
		now = clock_monotonic_ns();
		assert_true(now >= last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_units_and_fractions),
		cmocka_unit_test(a_duration_past_the_timers_range_is_refused),
		cmocka_unit_test(garbage_is_no_duration),
		cmocka_unit_test(rates_have_units_in_any_case),
		cmocka_unit_test(a_rate_is_a_whole_number_of_hertz),
		cmocka_unit_test(the_monotonic_clock_does_not_go_back),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
