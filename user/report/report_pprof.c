/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The saved profile as a format among others: everything that is known, whatever the options say of rows and looks. How
 * it is laid out is the store's business.
 */
#include "report/formats.h"

#include "store/store.h"

int report_pprof_write(const struct profile *profile, const struct report_options *options,
		       FILE *stream, struct err *err)
{
	(void)options;
	return store_write(profile, stream, err);
}
