/* SPDX-License-Identifier: GPL-2.0-only */
/* The order in which reports see a profile. Merges nothing and prints nothing. */
#include "report/walk.h"

#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"

struct state {
	const struct profile *profile;
	const struct walk *walk;
	void *context;
	const struct profile_row **rows; /* by process, then by stack */
	uint32_t *seen_in; /* stack -> 1 + the process it was last seen in */
	uint32_t *path; /* stacks yet to be seen, leaf first */
};

static int compare_rows(const void *left, const void *right)
{
	const struct profile_row *a = *(const struct profile_row *const *)left;
	const struct profile_row *b = *(const struct profile_row *const *)right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return a->stack < b->stack ? -1 : a->stack > b->stack;
}

/* See the row's stack, from the first caller on that this process has not shown yet. */
static int walk_stack(struct state *state, const struct profile_row *row)
{
	uint32_t stack = row->stack;
	size_t npath = 0;

	while (stack != PROFILE_STACK_EMPTY && state->seen_in[stack] != row->process + 1) {
		state->seen_in[stack] = row->process + 1;
		state->path[npath++] = stack;
		stack = profile_stack_caller(state->profile, stack);
	}
	while (npath > 0) {
		int code = state->walk->stack(state->context, state->path[--npath]);

		if (code)
			return code;
	}
	return 0;
}

static int walk_rows(struct state *state)
{
	const size_t nrows = profile_nrows(state->profile);
	size_t i;

	for (i = 0; i < nrows; i++)
		state->rows[i] = profile_row(state->profile, i);
	qsort(state->rows, nrows, sizeof(*state->rows), compare_rows);
	for (i = 0; i < nrows; i++) {
		const struct profile_row *row = state->rows[i];
		int code = 0;

		if (i == 0 || state->rows[i - 1]->process != row->process)
			code = state->walk->process(state->context, row->process);
		if (!code)
			code = walk_stack(state, row);
		if (!code)
			code = state->walk->row(state->context, row);
		if (code)
			return code;
	}
	return 0;
}

int walk_profile(const struct profile *profile, const struct walk *walk, void *context)
{
	struct state state = { .profile = profile, .walk = walk, .context = context };
	int code = -ENOMEM;

	/* One more than needed, so that an empty profile is no special case. */
	state.rows = calloc(profile_nrows(profile) + 1, sizeof(*state.rows));
	state.seen_in = calloc(profile_nstacks(profile), sizeof(*state.seen_in));
	state.path = calloc(profile_nstacks(profile), sizeof(*state.path));
	if (state.rows && state.seen_in && state.path)
		code = walk_rows(&state);
	free(state.rows);
	free(state.seen_in);
	free(state.path);
	return code;
}

uint32_t walk_nprocesses(const struct profile *profile)
{
	const size_t nrows = profile_nrows(profile);
	size_t i;

	if (nrows == 0)
		return 0;
	for (i = 1; i < nrows; i++) {
		if (profile_row(profile, i)->process != profile_row(profile, 0)->process)
			return 2;
	}
	return 1;
}
