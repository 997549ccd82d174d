/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of weight as text. Knows nothing of what they are weights of. */
#include "report/amounts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/report.h"

/* An error is told from this part of the amount on. */
#define TOLD_ERROR 0.1

static enum amounts_kind kind_of(enum report_unit unit, enum profile_unit weight)
{
	switch (unit) {
	case REPORT_UNIT_PERCENT:
		return AMOUNTS_PERCENT;
	case REPORT_UNIT_SAMPLES:
		return AMOUNTS_SAMPLES;
	case REPORT_UNIT_TIME:
		break;
	}
	return weight == PROFILE_UNIT_COUNT ? AMOUNTS_COUNTS : AMOUNTS_SECONDS;
}

void amounts_init(struct amounts *amounts, const struct profile *profile,
		  const struct report_options *options)
{
	*amounts = (struct amounts){
		.all_ns = profile_weight_ns(profile),
		.all_samples = profile_samples(profile),
		.kind = kind_of(options->unit, profile_unit(profile)),
		.unicode = options->unicode,
	};
}

double amounts_share(const struct amounts *amounts, uint64_t ns)
{
	return amounts->all_ns > 0 ? (double)ns / (double)amounts->all_ns : 0;
}

double amounts_error(const struct amounts *amounts, uint64_t samples)
{
	double part, error;

	if (samples == 0 || samples >= amounts->all_samples)
		return 0;
	part = (double)samples / (double)amounts->all_samples;
	error = sqrt((1 - part) / (double)samples);
	return error > TOLD_ERROR ? error : 0;
}

static const char *sign(const struct amounts *amounts)
{
	return amounts->unicode ? "±" : "+-";
}

/* A number with so many digits behind the point, and its error with as many unless they are all 0. */
static void add_number(const struct amounts *amounts, struct strbuf *buf, double number,
		       uint64_t samples, int digits)
{
	const double error = number * amounts_error(amounts, samples);

	strbuf_add_format(buf, "%.*f", digits, number);
	if (error >= pow(10, -digits) / 2)
		strbuf_add_format(buf, "%s%.*f", sign(amounts), digits, error);
}

void amounts_add(const struct amounts *amounts, struct strbuf *buf, struct amount amount)
{
	switch (amounts->kind) {
	case AMOUNTS_SECONDS:
		add_number(amounts, buf, (double)amount.ns / 1e9, amount.samples, 3);
		return;
	case AMOUNTS_COUNTS:
		add_number(amounts, buf, (double)amount.ns, amount.samples, 0);
		return;
	case AMOUNTS_PERCENT:
		add_number(amounts, buf, 100 * amounts_share(amounts, amount.ns), amount.samples,
			   2);
		strbuf_add_char(buf, '%');
		return;
	case AMOUNTS_SAMPLES:
		add_number(amounts, buf, (double)amount.samples, amount.samples, 0);
		return;
	}
}

void amounts_add_column(const struct amounts *amounts, struct strbuf *buf, struct amount amount)
{
	switch (amounts->kind) {
	case AMOUNTS_SECONDS:
		strbuf_add_format(buf, " %8.3fs", (double)amount.ns / 1e9);
		return;
	case AMOUNTS_COUNTS:
		strbuf_add_format(buf, " %9" PRIu64, amount.ns);
		return;
	case AMOUNTS_SAMPLES:
		strbuf_add_format(buf, " %9" PRIu64, amount.samples);
		return;
	case AMOUNTS_PERCENT:
		return;
	}
}

void amounts_add_words(const struct amounts *amounts, struct strbuf *buf, struct amount amount,
		       const char *what)
{
	const double percent = 100 * amounts_share(amounts, amount.ns);

	switch (amounts->kind) {
	case AMOUNTS_SECONDS:
		strbuf_add_format(buf, "%.3f s", (double)amount.ns / 1e9);
		break;
	case AMOUNTS_COUNTS:
		strbuf_add_format(buf, "%" PRIu64, amount.ns);
		break;
	case AMOUNTS_SAMPLES:
		strbuf_add_format(buf, "%" PRIu64 " sample%s", amount.samples,
				  amount.samples == 1 ? "" : "s");
		break;
	case AMOUNTS_PERCENT:
		strbuf_add_format(buf, "%.2f %%%s", percent, what);
		return;
	}
	strbuf_add_format(buf, "%s (%.2f %%)", what, percent);
}

/* The sign, and a number that is below 100. */
unsigned amounts_error_columns(const struct amounts *amounts)
{
	return amounts->unicode ? 7 : 8;
}

static double error_percent(const struct amounts *amounts, struct amount amount)
{
	return 100 * amounts_share(amounts, amount.ns) * amounts_error(amounts, amount.samples);
}

bool amounts_has_error(const struct amounts *amounts, struct amount amount)
{
	return error_percent(amounts, amount) >= 0.005;
}

void amounts_add_error(const struct amounts *amounts, struct strbuf *buf, struct amount amount)
{
	char cell[64] = "";
	int columns = 0;

	if (amounts_has_error(amounts, amount)) {
		columns = snprintf(cell, sizeof(cell), "%s%.2f", sign(amounts),
				   error_percent(amounts, amount));
		/* "±" is two bytes. */
		columns -= amounts->unicode ? 1 : 0;
	}
	strbuf_add_format(buf, "%*s%s", (int)amounts_error_columns(amounts) - columns, "", cell);
}
