/* SPDX-License-Identifier: GPL-2.0-only */
/* The order in which reports see a profile. Merges nothing and prints nothing. */
#include "report/walk.h"

#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "report/roots.h"

struct place {
	uint32_t root;
	const struct profile_row *row;
};

struct state {
	const struct profile *profile;
	const struct walk *walk;
	void *context;
	struct place *places; /* by root, then by stack */
	uint32_t *seen_in; /* stack -> 1 + the root it was last seen in */
	uint32_t *path; /* stacks yet to be seen, leaf first */
};

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->root != b->root)
		return a->root < b->root ? -1 : 1;
	return a->row->stack < b->row->stack ? -1 : a->row->stack > b->row->stack;
}

/* See the row's stack, from the first caller on that this root has not shown yet. */
static int walk_stack(struct state *state, const struct place *place)
{
	uint32_t stack = place->row->stack;
	size_t npath = 0;

	while (stack != PROFILE_STACK_EMPTY && state->seen_in[stack] != place->root + 1) {
		state->seen_in[stack] = place->root + 1;
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

static int walk_rows(struct state *state, const struct roots *roots)
{
	const size_t nrows = profile_nrows(state->profile);
	size_t i;

	for (i = 0; i < nrows; i++)
		state->places[i] = (struct place){
			.root = roots->of_row[i],
			.row = profile_row(state->profile, i),
		};
	qsort(state->places, nrows, sizeof(*state->places), compare_places);
	for (i = 0; i < nrows; i++) {
		const struct place *place = &state->places[i];
		int code = 0;

		if (i == 0 || place[-1].root != place->root)
			code = state->walk->root(state->context, place->root);
		if (!code)
			code = walk_stack(state, place);
		if (!code)
			code = state->walk->row(state->context, place->row);
		if (code)
			return code;
	}
	return 0;
}

int walk_profile(const struct profile *profile, const struct roots *roots, const struct walk *walk,
		 void *context)
{
	struct state state = { .profile = profile, .walk = walk, .context = context };
	int code = -ENOMEM;

	/* One more than needed, so that an empty profile is no special case. */
	state.places = calloc(profile_nrows(profile) + 1, sizeof(*state.places));
	state.seen_in = calloc(profile_nstacks(profile), sizeof(*state.seen_in));
	state.path = calloc(profile_nstacks(profile), sizeof(*state.path));
	if (state.places && state.seen_in && state.path)
		code = walk_rows(&state, roots);
	free(state.places);
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
	return profile_process(profile, profile_row(profile, 0)->process)->count > 1 ? 2 : 1;
}
