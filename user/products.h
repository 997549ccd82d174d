/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a profile goes, in every format that the options ask for: opened before there is a profile, so that a mistyped
 * folder does not cost a run, written when there is one.
 */
#ifndef PBP_PRODUCTS_H
#define PBP_PRODUCTS_H

#include <stdio.h>

#include "base/err.h"
#include "report/report.h"

struct options;
struct products;

/* Write one format to the stream. 0, or a negative errno with the reason. */
typedef int (*products_writer)(const void *context, const struct report_format *format,
			       const struct report_options *report, FILE *stream, struct err *err);

/* 0, or a negative errno with the reason and nothing opened. The options must live as long. */
int products_open(const struct options *options, struct products **ret_products, struct err *err);

/*
 * Call the writer for each format, the one of --format and --output first, and move each file to its name when it is
 * whole. The first failure ends it: files that were whole before stay.
 */
int products_write(struct products *products, products_writer writer, const void *context,
		   struct err *err);

/* 0, or -EINVAL with the reason when the format is no text and the stream a terminal, which it would garble. */
int products_check_stream(const struct report_format *format, FILE *stream, struct err *err);

/* On standard error a line for each file that was written, with the command that opens it. */
void products_tell(const struct products *products);

/* Close; what was not written is removed. NULL is fine. */
void products_free(struct products *products);

/* The options for a report to this stream: colours, characters and width as it can show them, where the user did not say. */
struct report_options products_report_options(const struct options *options, FILE *stream);

#endif
