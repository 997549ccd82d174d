/* SPDX-License-Identifier: GPL-2.0-only */
/* The statistics of comparing profiles. Knows numbers only, neither profiles nor what is printed. */
#include "report/diff_chance.h"

#include <math.h>
#include <stdlib.h>

#define DEVIATIONS 3.0

/* One cell of G: twice the observed count times the logarithm of observed by expected. */
static double cell(double observed, double expected)
{
	return observed > 0 ? 2 * observed * log(observed / expected) : 0;
}

/* Rounding may leave a G of nothing a little below 0. */
static double signed_root(double g, double direction)
{
	const double root = g > 0 ? sqrt(g) : 0;

	return direction < 0 ? -root : root;
}

/* Half a sample off the difference, as counts come in whole ones (Yates): without that, few samples prove too much. */
static double correct(double fresh, double expected)
{
	if (fabs(fresh - expected) <= 0.5)
		return expected;
	return fresh > expected ? fresh - 0.5 : fresh + 0.5;
}

double chance_of_shares(uint64_t base, uint64_t base_all, uint64_t fresh, uint64_t fresh_all)
{
	const double alls[] = { (double)base_all, (double)fresh_all };
	const double all = alls[0] + alls[1], with = (double)base + (double)fresh;
	double counts[2], expected, g = 0;
	size_t i;

	if (base_all == 0 || fresh_all == 0)
		return 0;
	expected = with * alls[1] / all;
	counts[1] = correct((double)fresh, expected);
	counts[0] = with - counts[1];
	for (i = 0; i < 2; i++)
		g += cell(counts[i], with * alls[i] / all) +
		     cell(alls[i] - counts[i], (all - with) * alls[i] / all);
	return signed_root(g, (double)fresh - expected);
}

double chance_of_rates(uint64_t base, double base_time, uint64_t fresh, double fresh_time)
{
	const double with = (double)base + (double)fresh, all = base_time + fresh_time;
	double expected, count;

	if (!(base_time > 0) || !(fresh_time > 0))
		return 0;
	expected = with * fresh_time / all;
	count = correct((double)fresh, expected);
	return signed_root(cell(with - count, with * base_time / all) + cell(count, expected),
			   (double)fresh - expected);
}

/* Two-sided. */
static double probability(double z)
{
	return erfc(fabs(z) / sqrt(2));
}

static int compare_descending(const void *left, const void *right)
{
	const double a = fabs(*(const double *)left), b = fabs(*(const double *)right);

	return a > b ? -1 : a < b;
}

double chance_limit(double *z, size_t count)
{
	const double all = probability(DEVIATIONS);
	double limit = INFINITY;
	size_t i;

	if (count > 0)
		qsort(z, count, sizeof(*z), compare_descending);
	for (i = 0; i < count && probability(z[i]) <= all / (double)(count - i); i++)
		limit = fabs(z[i]);
	return limit;
}
