/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts the stacks of two matched profiles into one. Judges and prints nothing. */
#include "report/diff_stacks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "profile/merge.h"
#include "profile/profile.h"

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

static void add_pairs(struct diff_stacks *stacks, const struct diff_sides *sides,
		      enum diff_side side, const uint32_t *of_stack)
{
	const struct profile *from = sides->matched[side];
	const size_t count = profile_nrows(from);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct profile_row *row = profile_row(from, i);
		struct diff_pair *pair = &stacks->pairs[of_stack[row->stack]];

		pair->ns[side] += row->weight_ns;
		pair->samples[side] += row->samples;
	}
}

static double share(const struct diff_sides *sides, const struct diff_pair *pair,
		    enum diff_side side)
{
	const uint64_t all_ns = sides->all.ns[side];

	return all_ns > 0 ? (double)pair->ns[side] / (double)all_ns : 0;
}

/* What is hot on one side is hot in the profile of both. */
static int add_rows(struct diff_stacks *stacks, const struct diff_sides *sides, uint32_t process)
{
	const size_t count = profile_nstacks(stacks->both);
	size_t i;
	int code = 0;

	for (i = 1; i < count && !code; i++) {
		const struct diff_pair *pair = &stacks->pairs[i];
		const uint64_t samples = pair->samples[DIFF_BASE] + pair->samples[DIFF_FRESH];
		const double larger =
			fmax(share(sides, pair, DIFF_BASE), share(sides, pair, DIFF_FRESH));

		if (samples > 0 || larger > 0)
			code = profile_add_weight(stacks->both, process, PROFILE_NO_ID, (uint32_t)i,
						  samples, (uint64_t)(larger * DIFF_STACKS_ALL));
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
		add_pairs(stacks, sides, (enum diff_side)side, of_stack[side]);
	if (!code)
		code = add_rows(stacks, sides, process);
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
