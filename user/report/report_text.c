/* SPDX-License-Identifier: GPL-2.0-only */
/* The default for a terminal: the flat report, a blank line, the call tree. Both are other files' work. */
#include "report/formats.h"

#include "profile/profile.h"

int report_text_write(const struct profile *profile, const struct report_options *options,
		      FILE *stream, struct err *err)
{
	int code = report_flat_write(profile, options, stream, err);

	/* Without samples the flat report was a sentence, and a second one would say the same. */
	if (code || profile_samples(profile) == 0)
		return code;
	fputc('\n', stream);
	return report_tree_write(profile, options, stream, err);
}
