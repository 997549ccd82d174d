/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks the lists of a live interpreter the way bpf/tstate.h and bpf/pystack.h do, to see whether they are where the
 * layout says. Must not decide what that means. Every pointer comes from the process: each is checked, each list
 * bounded.
 */
#include "python/live.h"

#include <errno.h>
#include <string.h>

#include <config.h>

#include "proc/memory.h"
#include "python/target.h"

/* Shims that may stand above the first Python frame; three were seen. */
#define SHIMS_MAX 8

/* tp_name of PyCode_Type in every version. */
#define CODE_TYPE_NAME "code"

enum frame_kind {
	FRAME_NONE, /* the thread runs no Python code */
	FRAME_WRONG, /* something that leads to no code object */
	FRAME_GOOD,
};

/* Where a walk over all thread states stands. */
struct walk {
	const struct memory *memory;
	const struct pbp_target *target;
	uint64_t interp, tstate;
	unsigned ninterps;
	size_t nstates, max;
};

static bool is_user_address(uint64_t addr)
{
	return addr >= MEMORY_ADDR_MIN && addr < MEMORY_ADDR_END && addr % sizeof(uint64_t) == 0;
}

/* A pointer read from the process; -EBADMSG when it cannot be one. */
static int read_pointer(const struct memory *memory, uint64_t addr, uint64_t *ret_pointer)
{
	uint64_t pointer;
	int r;

	r = memory_read_u64(memory, addr, &pointer);
	if (r < 0)
		return r;
	if (pointer && !is_user_address(pointer))
		return -EBADMSG;
	*ret_pointer = pointer;
	return 0;
}

/* Move to the first thread state of an interpreter that has one, from walk->interp on. */
static int enter_interpreter(struct walk *walk)
{
	const struct pbp_layout *layout = &walk->target->layout;
	int r;

	walk->tstate = 0;
	while (walk->interp && walk->ninterps < PBP_INTERPRETERS_MAX) {
		walk->ninterps++;
		r = read_pointer(walk->memory, walk->interp + layout->interp_threads_head,
				 &walk->tstate);
		if (r < 0)
			return r;
		if (walk->tstate)
			return 0;
		r = read_pointer(walk->memory, walk->interp + layout->interp_next, &walk->interp);
		if (r < 0)
			return r;
	}
	return 0;
}

/* To the first thread state; walk->tstate is 0 when there is none. */
static int walk_start(struct walk *walk)
{
	int r = read_pointer(walk->memory,
			     walk->target->runtime_addr +
				     walk->target->layout.runtime_interpreters_head,
			     &walk->interp);

	if (r < 0)
		return r;
	return walk->interp ? enter_interpreter(walk) : -EAGAIN;
}

/* To the next one. */
static int walk_next(struct walk *walk)
{
	const struct pbp_layout *layout = &walk->target->layout;
	int r;

	if (++walk->nstates >= walk->max) {
		walk->tstate = 0;
		return 0;
	}
	r = read_pointer(walk->memory, walk->tstate + layout->tstate_next, &walk->tstate);
	if (r < 0 || walk->tstate)
		return r;
	r = read_pointer(walk->memory, walk->interp + layout->interp_next, &walk->interp);
	return r < 0 ? r : enter_interpreter(walk);
}

/*
 * Could this be a thread's pthread_self()? On x86-64 the thread control block of both glibc and musl has a
 * pointer to itself first, which is what fs:0 reads; elsewhere memory must be there.
 */
static bool is_thread_id(const struct memory *memory, uint64_t thread_id)
{
	uint64_t self;

	if (!is_user_address(thread_id) || memory_read_u64(memory, thread_id, &self) < 0)
		return false;
#ifdef __x86_64__
	return self == thread_id;
#else
	return true;
#endif
}

static bool is_code_type(const struct memory *memory, const struct pbp_layout *layout,
			 uint64_t type)
{
	char name[sizeof(CODE_TYPE_NAME)];
	uint64_t name_addr;

	return memory_read_u64(memory, type + layout->type_name, &name_addr) == 0 &&
	       memory_read(memory, name_addr, name, sizeof(name)) == 0 &&
	       memcmp(name, CODE_TYPE_NAME, sizeof(name)) == 0;
}

/* Does the frame point to a code object, and of which type is that? */
static bool reads_code(const struct memory *memory, const struct pbp_layout *layout, uint64_t frame,
		       uint64_t *ret_type)
{
	uint64_t code;

	if (memory_read_u64(memory, frame + layout->frame_code, &code) < 0)
		return false;
	code &= ~(uint64_t)layout->frame_code_tag;
	return is_user_address(code) &&
	       read_pointer(memory, code + layout->object_type, ret_type) == 0 && *ret_type &&
	       is_code_type(memory, layout, *ret_type);
}

/* The thread state's first Python frame. */
static enum frame_kind look_at_frame(const struct memory *memory, const struct pbp_layout *layout,
				     uint64_t tstate, uint64_t *ret_type)
{
	uint64_t frame;
	uint8_t owner;

	if (read_pointer(memory, tstate + layout->tstate_frame, &frame) < 0)
		return FRAME_WRONG;
	if (frame && layout->cframe_current_frame != PBP_ABSENT &&
	    read_pointer(memory, frame + layout->cframe_current_frame, &frame) < 0)
		return FRAME_WRONG;
	for (int i = 0; i < SHIMS_MAX && frame; i++) {
		owner = 0;
		if (layout->frame_shim_owner &&
		    memory_read(memory, frame + layout->frame_owner, &owner, sizeof(owner)) < 0)
			return FRAME_WRONG;
		if (!layout->frame_shim_owner || owner < layout->frame_shim_owner)
			return reads_code(memory, layout, frame, ret_type) ? FRAME_GOOD
									   : FRAME_WRONG;
		if (read_pointer(memory, frame + layout->frame_previous, &frame) < 0)
			return FRAME_WRONG;
	}
	return frame ? FRAME_WRONG : FRAME_NONE;
}

static int look_at_state(const struct walk *walk, struct live_findings *findings)
{
	const struct pbp_layout *layout = &walk->target->layout;
	uint64_t thread_id, type;
	enum frame_kind kind;
	int r;

	findings->nstates++;
	r = memory_read_u64(walk->memory, walk->tstate + layout->tstate_thread_id, &thread_id);
	if (r < 0)
		return r;
	findings->have_thread_id |= is_thread_id(walk->memory, thread_id);
	kind = look_at_frame(walk->memory, layout, walk->tstate, &type);
	findings->have_frame_pointer |= kind != FRAME_NONE;
	if (kind != FRAME_GOOD)
		return 0;
	/* Of several the one that the symbol names, if it names any. */
	if (!findings->have_frame || type == walk->target->code_type_addr)
		findings->code_type_addr = type;
	findings->have_frame = true;
	return 0;
}

int live_look(const struct memory *memory, const struct pbp_target *target,
	      struct live_findings *ret_findings)
{
	struct walk walk = { .memory = memory, .target = target, .max = PBP_THREAD_STATES_MAX };
	int r;

	*ret_findings = (struct live_findings){ 0 };
	r = walk_start(&walk);
	while (!r && walk.tstate) {
		r = look_at_state(&walk, ret_findings);
		if (!r)
			r = walk_next(&walk);
	}
	return r;
}

/* The state in use by its thread (from 3.12), or the GIL holder's. */
static bool is_active(const struct walk *walk)
{
	const struct pbp_layout *layout = &walk->target->layout;
	uint64_t holder = 0;
	uint32_t status = 0;

	if (layout->tstate_status != PBP_ABSENT)
		return memory_read_u32(walk->memory, walk->tstate + layout->tstate_status,
				       &status) == 0 &&
		       (status >> (layout->tstate_active_bit & 31) & 1);
	return walk->target->current_tstate_addr &&
	       memory_read_u64(walk->memory, walk->target->current_tstate_addr, &holder) == 0 &&
	       holder == walk->tstate;
}

ssize_t live_threads(const struct memory *memory, const struct pbp_target *target,
		     struct python_thread *threads, size_t max)
{
	struct walk walk = { .memory = memory, .target = target, .max = max };
	size_t nthreads = 0;
	uint64_t type;
	int r;

	if (max == 0)
		return 0;
	r = walk_start(&walk);
	if (r == -EAGAIN)
		return 0;
	while (!r && walk.tstate) {
		struct python_thread *thread = &threads[nthreads++];

		*thread = (struct python_thread){ .tstate_addr = walk.tstate,
						  .interp_addr = walk.interp };
		r = memory_read_u64(memory, walk.tstate + target->layout.tstate_thread_id,
				    &thread->thread_id);
		thread->has_frame =
			look_at_frame(memory, &target->layout, walk.tstate, &type) == FRAME_GOOD;
		thread->active = is_active(&walk);
		if (!r)
			r = walk_next(&walk);
	}
	return r < 0 ? r : (ssize_t)nthreads;
}
