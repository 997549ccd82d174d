/* SPDX-License-Identifier: GPL-2.0-only */
/* What lines of the flat diff and of the tree begin with. Compares nothing. */
#include "report/diff_columns.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "report/style.h"

void diff_columns_add_heading(struct strbuf *buf, const struct diff_sides *sides)
{
	char base[16], fresh[16];

	snprintf(base, sizeof(base), "base%s", strcmp(sides->unit, "s") ? sides->unit : "");
	snprintf(fresh, sizeof(fresh), "new%s", strcmp(sides->unit, "s") ? sides->unit : "");
	strbuf_add_format(buf, "%10s %8s %8s", "change", base, fresh);
}

void diff_columns_add(struct strbuf *buf, const struct diff_sides *sides,
		      const struct diff_pair *pair, bool beyond, bool color)
{
	const double change = diff_change(sides, pair);
	const int decimals = sides->decimals;

	color = color && beyond;
	strbuf_add_format(buf, "%c %s%+8.*f%s %8.*f %8.*f", beyond ? '*' : ' ',
			  style_change(change > 0, color), decimals,
			  /* No "-0.00". */
			  diff_is_nothing(sides, change) ? 0.0 : change, style_end(color), decimals,
			  diff_value(sides, pair, DIFF_BASE), decimals,
			  diff_value(sides, pair, DIFF_FRESH));
}

const char *diff_columns_word(const struct diff_pair *pair)
{
	if (diff_is_absent(pair, DIFF_BASE) && !diff_is_absent(pair, DIFF_FRESH))
		return "new ";
	if (diff_is_absent(pair, DIFF_FRESH) && !diff_is_absent(pair, DIFF_BASE))
		return "gone";
	return "    ";
}
