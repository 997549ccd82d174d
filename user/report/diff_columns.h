/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns that rows and nodes of a diff begin with: mark, change, base, new. */
#ifndef PBP_REPORT_DIFF_COLUMNS_H
#define PBP_REPORT_DIFF_COLUMNS_H

#include <stdbool.h>

#include "report/diff_sides.h"

struct strbuf;

/* Add "   change    base%     new%". */
void diff_columns_add_heading(struct strbuf *buf, const struct diff_sides *sides);

/* Add "*  +12.50    20.00    32.50"; the mark and, with color, red or green say that it is beyond chance. */
void diff_columns_add(struct strbuf *buf, const struct diff_sides *sides,
		      const struct diff_pair *pair, bool beyond, bool color);

/* "new ", "gone" or four spaces. */
const char *diff_columns_word(const struct diff_pair *pair);

/* Columns that both take, with the spaces behind them. */
#define DIFF_COLUMNS_NUMBERS 28
#define DIFF_COLUMNS_WORD    8

#endif
