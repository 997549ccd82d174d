/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of a diff: self and total of both sides by function, line, file, process and so on, and what changed. */
#ifndef PBP_REPORT_DIFF_ROWS_H
#define PBP_REPORT_DIFF_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/diff_sides.h"
#include "report/report.h"

struct symbol;

struct diff_row {
	const struct symbol *symbol; /* of what is no frame the function is its name */
	int32_t line; /* 0 where a row has none */
	struct diff_pair self, total;
	double change; /* of what the rows are compared by */
	bool beyond; /* chance */
};

/* Open for reading. */
struct diff_rows {
	struct diff_row *rows; /* each with a symbol of its own, in the order of first appearance */
	size_t count;
	bool by_total; /* rows are compared by their total, else by their self */
	struct profile *names; /* that has the rows' symbols */
};

/* 0, -ENOMEM or -EOVERFLOW; fills a caller's struct, which diff_rows_done() empties even after a failure. */
int diff_rows_init(struct diff_rows *rows, const struct diff_sides *sides,
		   const struct report_options *options);
void diff_rows_done(struct diff_rows *rows);

/* What the row is compared by. */
const struct diff_pair *diff_row_pair(const struct diff_rows *rows, const struct diff_row *row);

#endif
