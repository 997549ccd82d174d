/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts the stacks of two matched profiles into one. Judges and prints nothing. */
#include "report/diff_stacks.h"

#include <errno.h>
#include <stdlib.h>

#include "profile/merge.h"
#include "profile/profile.h"

/* What each side weighs in the profile of both: small enough that rounding is all that is lost. */
#define SIDE_WEIGHT 1e12

static int merge_stacks(struct profile *both, const struct diff_sides *sides, uint32_t *of_stack[2])
{
	int side, code = 0;

	for (side = DIFF_BASE; side <= DIFF_FRESH && !code; side++) {
		const struct profile *from = sides->matched[side];

		of_stack[side] = calloc(profile_nstacks(from), sizeof(*of_stack[side]));
		code = of_stack[side] ? profile_merge_stacks(both, from, of_stack[side]) : -ENOMEM;
	}
	return code;
}

static int add_rows(struct diff_stacks *stacks, const struct diff_sides *sides, enum diff_side side,
		    const uint32_t *of_stack, uint32_t process)
{
	const struct profile *from = sides->matched[side];
	const uint64_t all_ns = sides->all.ns[side];
	const double scale = all_ns > 0 ? SIDE_WEIGHT / (double)all_ns : 0;
	const size_t count = profile_nrows(from);
	size_t i;
	int code = 0;

	for (i = 0; i < count && !code; i++) {
		const struct profile_row *row = profile_row(from, i);
		const uint32_t stack = of_stack[row->stack];

		stacks->pairs[stack].ns[side] += row->weight_ns;
		stacks->pairs[stack].samples[side] += row->samples;
		code = profile_add_weight(stacks->both, process, PROFILE_NO_ID, stack, row->samples,
					  (uint64_t)((double)row->weight_ns * scale));
	}
	return code;
}

int diff_stacks_init(struct diff_stacks *stacks, const struct diff_sides *sides)
{
	const struct profile_process nobody = {
		.comm = "",
		.kernel_ns = PROFILE_TIME_UNKNOWN,
	};
	uint32_t *of_stack[2] = { 0 }, process;
	int side, code;

	*stacks = (struct diff_stacks){ .both = profile_new() };
	code = stacks->both ? merge_stacks(stacks->both, sides, of_stack) : -ENOMEM;
	if (!code) {
		stacks->pairs = calloc(profile_nstacks(stacks->both), sizeof(*stacks->pairs));
		code = stacks->pairs ? profile_add_process(stacks->both, &nobody, &process)
				     : -ENOMEM;
	}
	for (side = DIFF_BASE; side <= DIFF_FRESH && !code; side++)
		code = add_rows(stacks, sides, (enum diff_side)side, of_stack[side], process);
	free(of_stack[DIFF_BASE]);
	free(of_stack[DIFF_FRESH]);
	return code;
}

void diff_stacks_done(struct diff_stacks *stacks)
{
	profile_free(stacks->both);
	free(stacks->pairs);
	*stacks = (struct diff_stacks){ 0 };
}

bool diff_stacks_are_equal(const struct diff_stacks *stacks, const struct diff_sides *sides)
{
	const size_t count = profile_nstacks(stacks->both);
	size_t i;

	for (i = 1; i < count; i++) {
		const double change = diff_change(sides, &stacks->pairs[i]);

		if (change > 0 || change < 0)
			return false;
	}
	return true;
}
