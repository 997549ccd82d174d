/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Self and total of whatever stands on stacks: functions, lines, calls from one to another. Self is the weight of stacks
 * that end with it, total of those that have it anywhere, counted once per stack however often it recurs.
 */
#ifndef PBP_PROFILE_SUMS_H
#define PBP_PROFILE_SUMS_H

#include <stdint.h>

struct profile;

struct sum {
	uint64_t self_ns, total_ns;
	uint64_t self_samples, total_samples;
};

/*
 * Add up all rows of the profile. of_stack has for each stack the index of the sum that its last element belongs to, or
 * PROFILE_NO_ID for one that belongs to none; indexes are below nsums, and all sums are zero. 0 or -ENOMEM. Takes time
 * in proportion to the profile's rows and stacks.
 */
int sums_add(const struct profile *profile, const uint32_t *of_stack, struct sum *sums,
	     uint32_t nsums);

#endif
