/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts what a diff leaves out and what it marks, and says so in lines. Decides nothing about what is shown. */
#include "report/diff_counts.h"

#include <math.h>

#include "base/strbuf.h"

enum diff_place diff_place(const struct diff_sides *sides, double change, bool beyond)
{
	if (!beyond && diff_is_nothing(sides, change))
		return DIFF_UNCHANGED;
	return fabs(change) < sides->least ? DIFF_BELOW_THRESHOLD : DIFF_SHOWN;
}

void diff_counts_add(struct diff_counts *counts, const struct diff_pair *pair, double change)
{
	if (diff_is_absent(pair, DIFF_BASE))
		counts->came++;
	else if (diff_is_absent(pair, DIFF_FRESH))
		counts->gone++;
	else if (change > 0)
		counts->hotter++;
	else
		counts->cooler++;
}

void diff_counts_leave_out(struct diff_counts *counts, enum diff_place place, size_t n,
			   size_t nbeyond)
{
	if (place == DIFF_SHOWN)
		return;
	counts->left_out[place] += n;
	counts->left_beyond[place] += nbeyond;
}

void diff_counts_add_none(struct strbuf *buf, const struct report_options *options,
			  const char *what)
{
	strbuf_add_format(buf, "no %s differs", what);
	if (options->threshold > 0)
		strbuf_add_format(buf, " by %g %% of all or more", 100 * options->threshold);
	strbuf_add_char(buf, '\n');
}

static void add_left_out(struct strbuf *buf, const struct diff_counts *counts,
			 enum diff_place place, const struct report_options *options,
			 const char *what)
{
	const size_t count = counts->left_out[place];

	if (count == 0)
		return;
	strbuf_add_format(buf, "%zu more %s%s ", count, what, count == 1 ? "" : "s");
	switch (place) {
	case DIFF_BEYOND_LIMIT:
		strbuf_add_format(buf, "beyond the limit of %u", options->limit);
		break;
	case DIFF_RESTRICTED:
		strbuf_add(buf, "left out by -l");
		break;
	case DIFF_BELOW_THRESHOLD:
		strbuf_add_format(buf, "changed by less than %g %% of all",
				  100 * options->threshold);
		break;
	case DIFF_UNCHANGED:
	case DIFF_SHOWN:
		strbuf_add(buf, "did not change");
		break;
	}
	if (counts->left_beyond[place] > 0)
		strbuf_add_format(buf, ", %zu of them beyond chance", counts->left_beyond[place]);
	strbuf_add_char(buf, '\n');
}

static void add_beyond_chance(struct strbuf *buf, const struct diff_counts *counts,
			      const char *what)
{
	const struct {
		size_t count;
		const char *name;
	} kinds[] = {
		{ counts->hotter, "hotter" },
		{ counts->cooler, "cooler" },
		{ counts->came, "new" },
		{ counts->gone, "gone" },
	};
	const char *separator = "";
	size_t i;

	strbuf_add(buf, "beyond chance (*): ");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].count == 0)
			continue;
		strbuf_add_format(buf, "%s%zu %s", separator, kinds[i].count, kinds[i].name);
		separator = ", ";
	}
	strbuf_add_format(buf, "%s of %zu %s%s\n", separator[0] ? "" : "none", counts->tests, what,
			  counts->tests == 1 ? "" : "s");
}

void diff_counts_add_lines(struct strbuf *buf, const struct diff_counts *counts,
			   const struct diff_sides *sides, const struct report_options *options,
			   const char *what)
{
	add_left_out(buf, counts, DIFF_RESTRICTED, options, what);
	add_left_out(buf, counts, DIFF_BEYOND_LIMIT, options, what);
	add_left_out(buf, counts, DIFF_BELOW_THRESHOLD, options, what);
	add_left_out(buf, counts, DIFF_UNCHANGED, options, what);
	if (sides->knows_chance)
		add_beyond_chance(buf, counts, what);
	else
		strbuf_add(buf, "what is beyond chance is not known: these are no samples\n");
}
