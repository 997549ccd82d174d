/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remembers the layouts of builds by their files. A file decides where everything lies relative to it, so what one
 * process has shown holds for all others of the file. Must not read any process.
 */
#include "python/seen_live.h"

#include <stdlib.h>
#include <string.h>

#include "python/detect.h"

struct seen_build {
	uint32_t file; /* python_build.file; 0: this place is free */
	bool in_program;
	const struct layout_row *row;
	struct pbp_target target; /* addresses without load bias; 0 stays 0 */
};

struct seen_live {
	struct seen_build builds[SEEN_LIVE_MAX];
	size_t next; /* the place that is taken next */
};

struct seen_live *seen_live_new(void)
{
	return calloc(1, sizeof(struct seen_live));
}

void seen_live_free(struct seen_live *seen)
{
	free(seen);
}

static const struct seen_build *find(const struct seen_live *seen, const struct python_build *build)
{
	for (size_t i = 0; i < SEEN_LIVE_MAX; i++) {
		const struct seen_build *known = &seen->builds[i];

		/* --assume-layout and the program it is linked into may choose another row or other addresses. */
		if (known->file && known->file == build->file && known->row == build->row &&
		    known->in_program == build->in_program)
			return known;
	}
	return NULL;
}

void seen_live_add(struct seen_live *seen, const struct python_build *build,
		   const struct pbp_target *target)
{
	struct seen_build *known;

	if (!seen || !build->file || find(seen, build))
		return;
	if (build->code_type_addr && build->code_type_addr != target->code_type_addr)
		return;
	known = &seen->builds[seen->next];
	seen->next = (seen->next + 1) % SEEN_LIVE_MAX;
	known->file = build->file;
	known->in_program = build->in_program;
	known->row = build->row;
	known->target = *target;
	known->target.code_type_addr -= build->bias;
}

bool seen_live_find(const struct seen_live *seen, const struct python_build *build,
		    struct pbp_target *ret_target)
{
	const struct seen_build *known = seen ? find(seen, build) : NULL;
	struct pbp_target target;

	if (!known)
		return false;
	target = known->target;
	target.runtime_addr = build->runtime_addr;
	target.code_counter_addr = build->code_counter_addr;
	/* A symbol may lead to a copy in the program; without one the type lies in the runtime's own file. */
	target.code_type_addr =
		build->code_type_addr ? build->code_type_addr : target.code_type_addr + build->bias;
	target.current_tstate_addr = build->current_tstate_addr;
	if (target.layout.runtime_tstate_current != PBP_ABSENT)
		target.current_tstate_addr =
			target.runtime_addr + target.layout.runtime_tstate_current;
	*ret_target = target;
	return true;
}
