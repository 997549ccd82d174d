/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks the lists of interpreters and thread states as bpf/tstate.h does and chooses as it does, without its limit on
 * one tick. Must not know what becomes of the answer.
 */
#include "python/thread_find.h"

#include <errno.h>
#include <stdbool.h>

#include "config.h"

/* Of several states of one thread the highest is taken. */
enum rank { RANK_NONE, RANK_NO_FRAME, RANK_FRAME, RANK_CURRENT };

/* Does the thread use this state of its several now? As tstate_is_current in bpf/tstate.h. */
static int read_current(const struct memory *memory, const struct pbp_target *target,
			uint64_t tstate, bool *ret_current)
{
	const struct pbp_layout *layout = &target->layout;
	uint64_t holder = 0;
	uint32_t status = 0;
	int code = 0;

	if (layout->tstate_status != PBP_ABSENT) {
		code = memory_read_u32(memory, tstate + layout->tstate_status, &status);
		*ret_current = status >> (layout->tstate_active_bit & 31) & 1;
	} else {
		if (target->current_tstate_addr)
			code = memory_read_u64(memory, target->current_tstate_addr, &holder);
		*ret_current = holder == tstate;
	}
	return code;
}

/* From 3.15 on a thread state has a shim of its own at the bottom of every stack: alone it is none. */
static int read_is_bare_shim(const struct memory *memory, const struct pbp_layout *layout,
			     uint64_t frame, bool *ret_bare)
{
	uint64_t previous = 0;
	uint8_t owner = 0;
	int code = 0;

	if (layout->frame_shim_owner)
		code = memory_read(memory, frame + layout->frame_owner, &owner, sizeof(owner));
	if (!code && layout->frame_shim_owner && owner >= layout->frame_shim_owner) {
		code = memory_read_u64(memory, frame + layout->frame_previous, &previous);
		*ret_bare = !previous;
	}
	return code;
}

static int read_rank(const struct memory *memory, const struct pbp_target *target, uint64_t tstate,
		     enum rank *ret_rank)
{
	const struct pbp_layout *layout = &target->layout;
	bool bare = false, current = false;
	uint64_t frame;
	int code = memory_read_u64(memory, tstate + layout->tstate_frame, &frame);

	if (!code && frame && layout->cframe_current_frame != PBP_ABSENT)
		code = memory_read_u64(memory, frame + layout->cframe_current_frame, &frame);
	if (!code && frame)
		code = read_is_bare_shim(memory, layout, frame, &bare);
	if (!code && frame && !bare)
		code = read_current(memory, target, tstate, &current);
	*ret_rank = current ? RANK_CURRENT : frame && !bare ? RANK_FRAME : RANK_NO_FRAME;
	return code;
}

/* The best state so far. */
struct choice {
	enum rank rank;
	uint64_t tstate_addr, interp_addr;
};

/* Look at one thread state. */
static int consider(const struct memory *memory, const struct pbp_target *target,
		    uint64_t thread_id, uint64_t interp, uint64_t tstate, struct choice *best)
{
	enum rank rank;
	uint64_t id;
	int code = memory_read_u64(memory, tstate + target->layout.tstate_thread_id, &id);

	if (code || id != thread_id)
		return code;
	code = read_rank(memory, target, tstate, &rank);
	if (!code && rank > best->rank)
		*best = (struct choice){ rank, tstate, interp };
	return code;
}

int thread_find(const struct memory *memory, const struct pbp_target *target, uint64_t thread_id,
		uint64_t *ret_tstate_addr, uint64_t *ret_interp_addr)
{
	const struct pbp_layout *layout = &target->layout;
	struct choice best = { .rank = RANK_NONE };
	uint64_t interp, tstate;
	unsigned looked = 0;
	int code = memory_read_u64(memory, target->runtime_addr + layout->runtime_interpreters_head,
				   &interp);

	for (; !code && interp && best.rank < RANK_CURRENT && looked < THREAD_FIND_MAX; looked++) {
		code = memory_read_u64(memory, interp + layout->interp_threads_head, &tstate);
		for (; !code && tstate && looked < THREAD_FIND_MAX; looked++) {
			code = consider(memory, target, thread_id, interp, tstate, &best);
			if (best.rank == RANK_CURRENT)
				break;
			if (!code)
				code = memory_read_u64(memory, tstate + layout->tstate_next,
						       &tstate);
		}
		if (!code)
			code = memory_read_u64(memory, interp + layout->interp_next, &interp);
	}
	if (code || best.rank == RANK_NONE)
		return code ? code : -ENOENT;
	*ret_tstate_addr = best.tstate_addr;
	*ret_interp_addr = best.interp_addr;
	return 0;
}
