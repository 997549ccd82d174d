/* SPDX-License-Identifier: GPL-2.0-only */
/* The formats' write functions, one for each row of report.c's table. Their contract is in report/report.h. */
#ifndef PBP_REPORT_FORMATS_H
#define PBP_REPORT_FORMATS_H

#include <stdio.h>

#include "report/report.h"

int report_text_write(const struct profile *profile, const struct report_options *options,
		      FILE *stream, struct err *err);
int report_flat_write(const struct profile *profile, const struct report_options *options,
		      FILE *stream, struct err *err);
int report_tree_write(const struct profile *profile, const struct report_options *options,
		      FILE *stream, struct err *err);
int report_folded_write(const struct profile *profile, const struct report_options *options,
			FILE *stream, struct err *err);
int report_pstats_write(const struct profile *profile, const struct report_options *options,
			FILE *stream, struct err *err);
int report_callers_write(const struct profile *profile, const struct report_options *options,
			 FILE *stream, struct err *err);
int report_callees_write(const struct profile *profile, const struct report_options *options,
			 FILE *stream, struct err *err);
int report_pprof_write(const struct profile *profile, const struct report_options *options,
		       FILE *stream, struct err *err);

#endif
