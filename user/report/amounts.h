/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How weights look in reports for people: as seconds, percent or samples, and with their statistical error where chance
 * may have moved them by more than a tenth.
 *
 * The error is one standard deviation. Each of N samples meets a row or does not, so of n that did the deviation is
 * sqrt(n (1 - n / N)): 4 of 1,000 samples are 0.4 ± 0.2 %. It comes from samples, whatever a sample weighs.
 */
#ifndef PBP_REPORT_AMOUNTS_H
#define PBP_REPORT_AMOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct profile;
struct report_options;
struct strbuf;

enum amounts_kind {
	AMOUNTS_SECONDS,
	AMOUNTS_COUNTS, /* of profiles whose weight is no time */
	AMOUNTS_PERCENT,
	AMOUNTS_SAMPLES,
};

/* Open for reading. */
struct amounts {
	uint64_t all_ns, all_samples;
	enum amounts_kind kind;
	bool unicode;
};

/* A weight, and the samples that it is the sum of. */
struct amount {
	uint64_t ns, samples;
};

/* Of the options the unit and unicode count. */
void amounts_init(struct amounts *amounts, const struct profile *profile,
		  const struct report_options *options);

/* The part of all weight, 0..1. */
double amounts_share(const struct amounts *amounts, uint64_t ns);

/* The error as a fraction of the amount; 0 where it is a tenth or less. */
double amounts_error(const struct amounts *amounts, uint64_t samples);

/* Add the number alone with its error: "12.840", "0.004±0.002", "0.40±0.20%", "4±2". */
void amounts_add(const struct amounts *amounts, struct strbuf *buf, struct amount amount);

/* Add " 12.840s" or " 20981", right-aligned in AMOUNTS_COLUMN columns or more; nothing where all is percent. */
void amounts_add_column(const struct amounts *amounts, struct strbuf *buf, struct amount amount);
#define AMOUNTS_COLUMN 10

/* Add for a sentence: "0.120 s self (0.57 %)", where `what` is " self" or "". */
void amounts_add_words(const struct amounts *amounts, struct strbuf *buf, struct amount amount,
		       const char *what);

/*
 * Add the error of a share, in percent: "±0.20", right-aligned in as many columns as amounts_error_columns() tells; blank
 * where there is none to tell.
 */
void amounts_add_error(const struct amounts *amounts, struct strbuf *buf, struct amount amount);
bool amounts_has_error(const struct amounts *amounts, struct amount amount);
unsigned amounts_error_columns(const struct amounts *amounts);

#endif
