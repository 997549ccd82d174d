/* SPDX-License-Identifier: GPL-2.0-only */
/* render FORMAT CASE: a report of a case of tests/golden to standard output, for tests that let other programs read it. */
#include <stdio.h>
#include <string.h>

#include "profile/profile.h"
#include "report/report.h"
#include "support/golden.h"

int main(int argc, char *argv[])
{
	const struct report_format *format = argc == 3 ? report_find(argv[1]) : NULL;
	struct report_options options;
	struct profile *profile;
	struct err err = { 0 };
	int code;

	if (!format) {
		fprintf(stderr, "render FORMAT CASE\n");
		return 2;
	}
	report_options_init(&options);
	profile = golden_load(argv[2]);
	code = format->write(profile, &options, stdout, &err);
	if (code)
		err_print(&err, "render", stderr);
	profile_free(profile);
	return code || fflush(stdout) ? 1 : 0;
}
