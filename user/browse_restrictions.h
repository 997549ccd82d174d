/* SPDX-License-Identifier: GPL-2.0-only */
/* Restrictions as they are typed behind a command: numbers of rows, fractions, regular expressions. */
#ifndef PBP_BROWSE_RESTRICTIONS_H
#define PBP_BROWSE_RESTRICTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "report/report.h"

/* Owns its patterns. */
struct browse_restrictions {
	struct report_restriction restrictions[REPORT_RESTRICTIONS_MAX];
	struct pattern *patterns[REPORT_RESTRICTIONS_MAX];
	uint32_t count;
};

/*
 * The words of a text, which is cut up. As pstats tells them apart: a whole number, a number, else a regular expression.
 * 0, or a negative errno with the reason and nothing to free.
 */
int browse_restrictions_parse(struct browse_restrictions *restrictions, char *text,
			      struct err *err);
void browse_restrictions_done(struct browse_restrictions *restrictions);

/* What may be typed, a line each. */
void browse_restrictions_explain(FILE *out);

#endif
