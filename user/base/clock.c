/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock, and what people write for durations and rates. Numbers are parsed in integers: 0.1 s is exactly
 * 100 ms, and an overflow is seen. Must not know what a duration or rate is used for.
 */
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A fraction longer than this is below one nanosecond in every unit, so its tail cannot matter. */
#define FRACTION_DIGITS_MAX 18

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
	{ "", CLOCK_NS_PER_SECOND },
	{ "us", 1000 },
	{ "ms", 1000 * 1000 },
	{ "s", CLOCK_NS_PER_SECOND },
	{ "m", 60 * CLOCK_NS_PER_SECOND },
	{ "h", 3600 * CLOCK_NS_PER_SECOND },
	{ NULL, 0 },
};

static const struct unit rate_units[] = {
	{ "", 1 }, { "hz", 1 }, { "k", 1000 }, { "khz", 1000 }, { NULL, 0 },
};

/* whole + fraction / scale, as written; scale is a power of ten */
struct decimal {
	uint64_t whole, fraction, scale;
};

uint64_t clock_monotonic_ns(void)
{
	struct timespec now;

	/* Cannot fail: the clock exists on every Linux and the pointer is good. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Parse the number at *text and move *text behind it. */
static int parse_decimal(const char **text, struct decimal *ret_decimal)
{
	const char *at = *text;
	struct decimal decimal = { .scale = 1 };
	int ndigits = 0;

	if (!is_digit(*at) && !(*at == '.' && is_digit(at[1])))
		return -EINVAL;
	for (; is_digit(*at); at++) {
		if (__builtin_mul_overflow(decimal.whole, 10, &decimal.whole) ||
		    __builtin_add_overflow(decimal.whole, (uint64_t)(*at - '0'), &decimal.whole))
			return -ERANGE;
	}
	if (*at == '.') {
		if (!is_digit(*++at))
			return -EINVAL;
		for (; is_digit(*at); at++) {
			if (ndigits++ >= FRACTION_DIGITS_MAX)
				continue;
			decimal.fraction = decimal.fraction * 10 + (uint64_t)(*at - '0');
			decimal.scale *= 10;
		}
	}
	*text = at;
	*ret_decimal = decimal;
	return 0;
}

static const struct unit *find_unit(const struct unit *units, const char *name, bool any_case)
{
	for (; units->name; units++) {
		if (any_case ? !strcasecmp(units->name, name) : !strcmp(units->name, name))
			return units;
	}
	return NULL;
}

/* Parse number and unit; ret_rest is what the fraction leaves below one, 0: nothing. */
static int parse_quantity(const char *text, const struct unit *units, bool any_case,
			  uint64_t *ret_value, uint64_t *ret_rest)
{
	struct decimal decimal;
	const struct unit *unit;
	unsigned __int128 value, part;
	int r;

	r = parse_decimal(&text, &decimal);
	if (r < 0)
		return r;
	unit = find_unit(units, text, any_case);
	if (!unit)
		return -EINVAL;
	part = (unsigned __int128)decimal.fraction * unit->factor;
	value = (unsigned __int128)decimal.whole * unit->factor + part / decimal.scale;
	if (value > INT64_MAX)
		return -ERANGE;
	*ret_value = (uint64_t)value;
	*ret_rest = (uint64_t)(part % decimal.scale);
	return 0;
}

int clock_parse_duration(const char *text, uint64_t *ret_ns, struct err *err)
{
	uint64_t value, rest;
	int r;

	r = parse_quantity(text, duration_units, false, &value, &rest);
	if (r == -ERANGE)
		return err_set(err, r, "'%s' is longer than 292 years", text);
	if (r < 0) {
		err_set(err, r, "'%s' is not a time", text);
		err_hint(
			err,
			"a time is a number of seconds or has a unit: 10, 1.5, 100us, 500ms, 30s, 5m, 1h");
		return r;
	}
	*ret_ns = value;
	return 0;
}

int clock_parse_rate(const char *text, uint64_t *ret_hz, struct err *err)
{
	uint64_t value, rest;
	int r;

	r = parse_quantity(text, rate_units, true, &value, &rest);
	if (r == -ERANGE)
		return err_set(err, r, "'%s' is too large for a rate", text);
	if (!r && rest)
		return err_set(err, -EINVAL, "'%s' is not a whole number of Hz", text);
	if (r < 0) {
		err_set(err, r, "'%s' is not a rate", text);
		err_hint(err, "a rate is a number of samples a second: 99, 1000, 1k, 2.5khz");
		return r;
	}
	*ret_hz = value;
	return 0;
}
