/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of a sample's values is its weight, and which tells how many samples it stands for. */
#ifndef PBP_STORE_VALUES_H
#define PBP_STORE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "profile/profile.h"

struct tables;

struct values {
	const struct tables *tables;
	enum profile_unit unit;
	size_t weight; /* index */
	uint64_t scale; /* nanoseconds of one unit; 1 where weights are no time */
	bool has_samples; /* else each sample of the file stands for one, if it weighs anything */
	size_t samples; /* index */
	uint64_t rate_hz; /* that the file tells; 0: none */
};

/*
 * Of checked tables. The type of values that the file or, without a word of it, custom names (cpu, else the last one) is the
 * weight: time as nanoseconds; a count of ticks, if their period is a time, as that many periods; else what it is.
 */
void values_choose(struct values *values, const struct tables *tables);

/* Of one sample of the file, at an offset. 0, or -EBADMSG with the reason: negative, too large, or too few. */
int values_get(const struct values *values, const int64_t *value, size_t count, uint64_t offset,
	       uint64_t *ret_samples, uint64_t *ret_weight, struct err *err);

#endif
