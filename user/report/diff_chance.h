/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far two counts of samples differ, measured by chance alone. Samples are taken as drawn one by one; what a program does
 * in phases differs more between two runs than that.
 */
#ifndef PBP_REPORT_DIFF_CHANCE_H
#define PBP_REPORT_DIFF_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The difference of the shares base/base_all and fresh/fresh_all in standard deviations; negative when the latter is the
 * smaller one. Signed root of the likelihood ratio G, with Yates' correction: the usual z of two proportions takes one sample
 * of 1,000 for proof where the other profile has 100,000 and none. A count is never more than its all.
 */
double chance_of_shares(uint64_t base, uint64_t base_all, uint64_t fresh, uint64_t fresh_all);

/* The same of counts over times, in which the same rate would have had `base_time` to `fresh_time` samples. */
double chance_of_rates(uint64_t base, double base_time, uint64_t fresh, double fresh_time);

/*
 * From which |z| on a row differs beyond chance, where so many rows are looked at: all rows together have the probability of
 * 3 standard deviations (0.27 %) to show one that is none (Holm, Scand. J. Statist. 6, 1979). INFINITY when no row does;
 * never less than 3. z is sorted anew.
 */
double chance_limit(double *z, size_t count);

#endif
