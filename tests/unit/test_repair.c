/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of bpf/repair.h on the host: 3.11 and 3.12 at every moment between two stores of the interpreter, with what
 * the registers of the interrupted thread may hold then. What a stack holds is test_pystack.c's matter.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "support/host_bpf.h"

/*
 * A stack of three evaluations, leaf first; each first frame of an evaluation is the current one of its _PyCFrame.
 *
 *     0 1 2 | 3 4 | 5 6     C enters 2, 4 and 6
 */
#define NFRAMES 7
#define INNER	0
#define MIDDLE	3
#define OUTER	5

/* No address of the fake process. */
#define NOWHERE 0x7f00dead0000ULL

static struct fake_frame *run_nested(struct host_stage *stage)
{
	struct fake_frame *frames = host_alloc(stage, NFRAMES * sizeof(*frames));

	for (size_t i = 0; i < NFRAMES; i++) {
		frames[i].code = fake_function(&stage->python, "function");
		frames[i].instr = (int32_t)(i + 1);
	}
	frames[2].from_c = frames[4].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, NFRAMES);
	return frames;
}

/* A frame that has returned, but looks alive, and returns to `caller`. */
static uint64_t make_gone(struct host_stage *stage, uint64_t caller)
{
	const struct fake_frame gone = { .code = fake_function(&stage->python, "gone"),
					 .instr = 7 };
	uint64_t addr = fake_alloc(&stage->python, 512);

	fake_write_frame(&stage->python, addr, &gone, caller);
	return addr;
}

static uint64_t inner_cframe(const struct fake_frame *frames)
{
	return frames[2].cframe_addr;
}

static uint64_t middle_cframe(const struct fake_frame *frames)
{
	return frames[4].cframe_addr;
}

static uint64_t outer_cframe(const struct fake_frame *frames)
{
	return frames[6].cframe_addr;
}

/* The registers hold these values among others. */
static void set_registers(struct host_stage *stage, const uint64_t *values, uint32_t count)
{
	struct host_thread *thread = &stage->thread;

	assert_true(count <= 12);
	thread->nregisters = 15;
	for (uint32_t i = 0; i < thread->nregisters; i++)
		thread->registers[i] = i; /* small numbers */
	thread->registers[0] = NOWHERE;
	thread->registers[14] = stage->tstate;
	memcpy(thread->registers + 2, values, count * sizeof(*values));
}

static void set_register(struct host_stage *stage, uint64_t value)
{
	set_registers(stage, &value, 1);
}

static const struct host_sample *tick(struct host_stage *stage)
{
	const struct host_received *received;

	host_tick(&stage->thread, 0);
	received = host_receive(NULL);
	assert_int_equal(received->nsamples, 1);
	assert_true(received->sound);
	assert_true(received->announced);
	return &received->sample;
}

static void assert_frames(const struct host_sample *sample, const struct fake_frame *frames,
			  size_t count)
{
	assert_int_equal(sample->head.nframes, count);
	for (size_t i = 0; i < count; i++)
		assert_true(sample->frames[i] == fake_word(&frames[i]));
}

/* The stack from frames[leaf] on, complete and counted as repaired. */
static void assert_repaired(struct host_stage *stage, const struct fake_frame *frames, size_t leaf)
{
	uint64_t before = host_counter(PBP_COUNT_REPAIRED);
	const struct host_sample *sample = tick(stage);

	assert_int_equal(sample->head.status, PBP_STATUS_COMPLETE);
	assert_int_equal(sample->head.reason, PBP_REASON_NONE);
	assert_frames(sample, frames + leaf, NFRAMES - leaf);
	assert_int_equal(host_counter(PBP_COUNT_REPAIRED), before + 1);
}

/* Nothing is known of the stack, and nothing is shown. */
static void assert_refused(struct host_stage *stage, enum pbp_reason reason)
{
	uint64_t before = host_counter(PBP_COUNT_REPAIRED);
	const struct host_sample *sample = tick(stage);

	assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
	assert_int_equal(sample->head.reason, reason);
	assert_int_equal(sample->head.nframes, 0);
	assert_int_equal(host_counter(PBP_COUNT_REPAIRED), before);
}

static void assert_native(struct host_stage *stage)
{
	const struct host_sample *sample = tick(stage);

	assert_int_equal(sample->head.status, PBP_STATUS_NATIVE);
	assert_int_equal(sample->head.nframes, 0);
}

/* The whole stack, or nothing that is said to be it. */
static void assert_right_or_refused(struct host_stage *stage, const struct fake_frame *frames,
				    size_t leaf)
{
	const struct host_sample *sample = tick(stage);

	if (sample->head.status == PBP_STATUS_COMPLETE) {
		assert_frames(sample, frames + leaf, NFRAMES - leaf);
		return;
	}
	assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
	assert_int_not_equal(sample->head.reason, PBP_REASON_NONE);
	assert_int_equal(sample->head.nframes, 0);
}

/* The thread is back in the innermost evaluation. */
static void switch_back(struct host_stage *stage, const struct fake_frame *frames)
{
	fake_set_cframe(&stage->python, stage->tstate, inner_cframe(frames));
	stage->thread.nregisters = 0;
}

static bool has_cframes(const struct host_stage *stage)
{
	return fake_has_cframes(&stage->python);
}

/* What may lie on the C stack where a new _PyCFrame has its current_frame. */
#define NSTALE 7
static void make_stale(struct host_stage *stage, const struct fake_frame *frames, uint64_t *stale)
{
	uint64_t fresh = fake_alloc(&stage->python, 4096);

	stale[0] = make_gone(stage, frames[OUTER].addr);
	stale[1] = fresh; /* zeros: a chunk that was never used */
	stale[2] = stage->tstate; /* anything */
	stale[3] = NOWHERE + 1; /* no pointer */
	stale[4] = frames[MIDDLE].addr; /* a frame further down */
	stale[5] = make_gone(stage, fresh); /* its caller is cleared */
	stale[6] = 0;
}

static void a_thread_that_is_not_switching_is_not_repaired(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	const uint64_t values[] = { has_cframes(stage) ? middle_cframe(frames) : 8,
				    frames[MIDDLE].addr, frames[OUTER].addr, frames[1].addr };
	const struct host_sample *sample;

	set_registers(stage, values, 4);
	sample = tick(stage);
	assert_int_equal(sample->head.status, PBP_STATUS_COMPLETE);
	assert_frames(sample, frames, NFRAMES);
	assert_int_equal(host_counter(PBP_COUNT_REPAIRED), 0);
}

static void
a_current_frame_that_is_not_written_yet_gives_the_stack_of_the_stored_caller(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale[NSTALE];

	if (!has_cframes(stage))
		return;
	make_stale(stage, frames, stale);
	for (size_t i = 0; i < NSTALE; i++) {
		fake_switch(&stage->python, stage->tstate, stale[i], inner_cframe(frames));
		assert_repaired(stage, frames, INNER);
		set_register(stage, 0x1234);
		assert_repaired(stage, frames, INNER);
		switch_back(stage, frames);
		assert_int_equal(tick(stage)->head.nframes, NFRAMES);
	}
}

/* What looks like greenlet's root, a frame without a caller or a shim, is one that has returned. */
static void a_current_frame_that_has_returned_and_lost_its_caller_is_not_believed(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);

	if (!has_cframes(stage))
		return;
	fake_switch(&stage->python, stage->tstate, make_gone(stage, 0), inner_cframe(frames));
	assert_right_or_refused(stage, frames, INNER);
}

/* `previous` is what lay there: nothing, a number, something else's address, a _PyCFrame that is gone. */
#define NPREVIOUS 8
static void make_previous(struct host_stage *stage, uint64_t *previous)
{
	uint64_t fresh = fake_alloc(&stage->python, 4096);

	previous[0] = 0;
	previous[1] = 8;
	previous[2] = fresh;
	previous[3] = stage->tstate;
	previous[4] = NOWHERE;
	previous[5] = NOWHERE + 3;
	previous[6] = 0xffff888000001000;
	previous[7] = UINT64_MAX;
}

static void a_caller_that_is_not_stored_yet_is_found_in_a_register(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale[NSTALE], previous[NPREVIOUS];

	if (!has_cframes(stage))
		return;
	make_stale(stage, frames, stale);
	make_previous(stage, previous);
	for (size_t i = 0; i < NSTALE; i++) {
		for (size_t j = 0; j < NPREVIOUS; j++) {
			fake_switch(&stage->python, stage->tstate, stale[i], previous[j]);
			set_register(stage, inner_cframe(frames));
			assert_repaired(stage, frames, INNER);
			/* In whichever register it is. */
			for (uint32_t at = 0; at < PBP_REGISTERS; at++) {
				memset(stage->thread.registers, 0, sizeof(stage->thread.registers));
				stage->thread.nregisters = PBP_REGISTERS;
				stage->thread.registers[at] = inner_cframe(frames);
				assert_repaired(stage, frames, INNER);
			}
			switch_back(stage, frames);
		}
	}
}

/* A _PyCFrame and its entry shim are variables of one C function, a frame's size apart or less. */
static struct fake_frame make_entered(struct host_stage *stage, uint64_t caller)
{
	struct fake_frame entered = { .code = fake_function(&stage->python, "entered"),
				      .instr = FAKE_NOT_STARTED };

	fake_enter(&stage->python, &entered, caller);
	return entered;
}

static void a_frame_that_is_being_entered_tells_its_caller_from_a_register(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale[NSTALE], previous[NPREVIOUS];

	if (!has_cframes(stage))
		return;
	make_stale(stage, frames, stale);
	make_previous(stage, previous);
	for (size_t i = 0; i < NSTALE; i++) {
		for (size_t j = 0; j < NPREVIOUS; j++) {
			struct fake_frame entered;

			fake_switch(&stage->python, stage->tstate, stale[i], previous[j]);
			entered = make_entered(stage, frames[INNER].addr);
			set_register(stage, entered.addr);
			assert_repaired(stage, frames, INNER);
			switch_back(stage, frames);
		}
	}
}

/* The frame in the register is one of the thread's, but not the one that is being entered. */
static void a_frame_that_is_not_being_entered_tells_nothing(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	struct fake_frame entered = { 0 };
	uint64_t stale = make_gone(stage, frames[OUTER].addr);

	if (!has_cframes(stage))
		return;
	fake_switch(&stage->python, stage->tstate, stale, 0);
	/* One that Python code called. */
	set_register(stage, frames[1].addr);
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	set_register(stage, stale);
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	/* One that Python code is just calling, and one whose caller beside the new _PyCFrame is no shim. */
	entered.code = frames[1].code;
	entered.instr = FAKE_NOT_STARTED;
	fake_write_frame(&stage->python, stale, &entered, frames[1].addr);
	set_register(stage, stale);
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	entered = make_entered(stage, frames[INNER].addr);
	if (entered.shim_addr) {
		fake_memory_write_u8(stage->memory,
				     entered.shim_addr + stage->python.layout->frame_owner, 0);
		set_register(stage, entered.addr);
		assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	}
	/* One of no code object. */
	entered.code = stage->python.no_code;
	fake_write_frame(&stage->python, entered.addr, &entered,
			 entered.shim_addr ? entered.shim_addr : frames[INNER].addr);
	if (entered.shim_addr)
		fake_memory_write_u8(stage->memory,
				     entered.shim_addr + stage->python.layout->frame_owner,
				     (uint8_t)stage->python.layout->frame_shim_owner);
	set_register(stage, entered.addr);
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	/* Those that C entered before, and that wait in a call. */
	for (size_t i = 2; i < NFRAMES; i += 2) {
		set_register(stage, frames[i].addr);
		assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	}
}

/*
 * The C function that entered the caller has its shim near, too: as far from the new _PyCFrame as C functions are
 * large, of which the evaluation itself takes 384 bytes (3.12.1 by gcc 12). 3.11 has no shims, and does not say which
 * C function entered a frame.
 */
static void a_frame_that_another_c_function_enters_tells_nothing(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	const uint64_t apart[] = { 384, 512, 768, 1024, 4096, 1ULL << 20 };

	if (!has_cframes(stage))
		return;
	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++) {
		struct fake_frame entered = make_entered(stage, frames[MIDDLE].addr);

		if (!entered.shim_addr)
			return;
		stage->python.c_stack = entered.shim_addr - apart[i];
		fake_switch(&stage->python, stage->tstate, make_gone(stage, frames[OUTER].addr), 0);
		set_register(stage, entered.addr);
		assert_refused(stage, PBP_REASON_HALF_SWITCHED);
		switch_back(stage, frames);
	}
}

static void without_any_caller_the_stack_is_refused(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale[NSTALE], previous[NPREVIOUS];

	if (!has_cframes(stage))
		return;
	make_stale(stage, frames, stale);
	make_previous(stage, previous);
	for (size_t i = 0; i < NSTALE; i++) {
		for (size_t j = 0; j < NPREVIOUS; j++) {
			fake_switch(&stage->python, stage->tstate, stale[i], previous[j]);
			stage->thread.nregisters = 0;
			if (stale[i] == NOWHERE + 1) /* no pointer: what it hides is not known */
				assert_right_or_refused(stage, frames, INNER);
			else
				assert_refused(stage, PBP_REASON_HALF_SWITCHED);
			set_register(stage, NOWHERE);
			assert_refused(stage, PBP_REASON_HALF_SWITCHED);
			switch_back(stage, frames);
		}
	}
}

/*
 * What lay there is a _PyCFrame of the stack, though not the caller's: the register is right. (Where both words that
 * lay there are those of one evaluation that has ended, no memory and no register tells.)
 */
static void a_register_counts_more_than_a_stale_caller_that_would_fit(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale[4];

	if (!has_cframes(stage))
		return;
	stale[1] = stage->tstate;
	stale[2] = NOWHERE;
	stale[3] = 0;
	for (size_t i = 0; i < 4; i++) {
		const uint64_t previous[] = { middle_cframe(frames), outer_cframe(frames),
					      fake_root_cframe(&stage->python, stage->tstate) };

		for (size_t j = 0; j < 3; j++) {
			/* Of another evaluation than `previous`. */
			stale[0] = make_gone(stage, frames[j ? 1 : OUTER].addr);
			fake_switch(&stage->python, stage->tstate, stale[i], previous[j]);
			set_register(stage, inner_cframe(frames));
			assert_repaired(stage, frames, INNER);
			switch_back(stage, frames);
		}
	}
}

static void of_several_callers_in_registers_the_nearest_counts(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale = make_gone(stage, frames[OUTER].addr), root;

	if (!has_cframes(stage))
		return;
	root = fake_root_cframe(&stage->python, stage->tstate);
	for (size_t i = 0; i < 4; i++) {
		const uint64_t all[] = { inner_cframe(frames), middle_cframe(frames),
					 outer_cframe(frames), root };
		uint64_t turned[4], cframe;

		for (size_t j = 0; j < 4; j++)
			turned[j] = all[(i + j) % 4];
		cframe = fake_switch(&stage->python, stage->tstate, stale, 0);
		set_registers(stage, turned, 4);
		assert_repaired(stage, frames, INNER);
		/* The new one itself, which is nearer still, is no caller. */
		turned[3] = cframe;
		turned[2] = inner_cframe(frames);
		set_registers(stage, turned, 4);
		assert_repaired(stage, frames, INNER);
		switch_back(stage, frames);
	}
}

/* The right caller is stored already, and left its register, in which an older one happens to be. */
static void an_outer_caller_in_a_register_never_hides_the_stored_one(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale = make_gone(stage, frames[OUTER].addr);

	if (!has_cframes(stage))
		return;
	fake_switch(&stage->python, stage->tstate, stale, inner_cframe(frames));
	set_register(stage, middle_cframe(frames));
	assert_right_or_refused(stage, frames, INNER);
	set_register(stage, outer_cframe(frames));
	assert_right_or_refused(stage, frames, INNER);
	set_register(stage, fake_root_cframe(&stage->python, stage->tstate));
	assert_right_or_refused(stage, frames, INNER);
}

/* On the C stack, beside the thread's real ones: its frame is some frame, its `previous` an older _PyCFrame. */
static void something_like_a_caller_in_a_register_never_makes_a_wrong_stack(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t stale = make_gone(stage, frames[OUTER].addr), gone, false_cframe;

	if (!has_cframes(stage))
		return;
	gone = make_gone(stage, frames[1].addr);
	stage->python.c_stack -= 64;
	false_cframe = stage->python.c_stack;
	fake_memory_map(stage->memory, false_cframe, 64);
	for (size_t i = 0; i < 5; i++) {
		const uint64_t currents[] = { gone, frames[1].addr, stage->tstate, NOWHERE, stale };

		fake_memory_write_u64(stage->memory, false_cframe + layout->cframe_current_frame,
				      currents[i]);
		/* It leads to itself, to the caller, to the caller's caller. */
		for (size_t j = 0; j < 3; j++) {
			const uint64_t previous[] = { false_cframe, inner_cframe(frames),
						      outer_cframe(frames) };

			fake_memory_write_u64(stage->memory, false_cframe + layout->cframe_previous,
					      previous[j]);
			fake_switch(&stage->python, stage->tstate, stale, 0);
			set_register(stage, false_cframe);
			assert_refused(stage, PBP_REASON_HALF_SWITCHED);
			switch_back(stage, frames);
		}
	}
}

/* All words are those of a _PyCFrame, but it lies, or leads, where none can. */
static void a_caller_in_a_register_lies_on_the_c_stack_and_leads_up_it(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t stale = make_gone(stage, frames[OUTER].addr), heap, c_stack;
	uint64_t gone = make_gone(stage, frames[1].addr); /* its evaluation returns to MIDDLE */

	if (!has_cframes(stage))
		return;
	heap = fake_alloc(&stage->python, 64);
	stage->python.c_stack -= 64;
	c_stack = stage->python.c_stack;
	fake_memory_map(stage->memory, c_stack, 64);
	for (int i = 0; i < 3; i++) {
		const uint64_t addrs[] = { heap, c_stack + 4, c_stack };
		/* MIDDLE is the frame of both; the last one is not further up than c_stack. */
		const uint64_t previous[] = { middle_cframe(frames), middle_cframe(frames), heap };

		fake_memory_write_u64(stage->memory, heap + layout->cframe_current_frame,
				      i == 2 ? frames[MIDDLE].addr : gone);
		fake_memory_write_u64(stage->memory, addrs[i] + layout->cframe_previous,
				      previous[i]);
		if (addrs[i] != heap)
			fake_memory_write_u64(stage->memory,
					      addrs[i] + layout->cframe_current_frame, gone);
		fake_switch(&stage->python, stage->tstate, stale, 0);
		set_register(stage, addrs[i]);
		assert_refused(stage, PBP_REASON_HALF_SWITCHED);
		switch_back(stage, frames);
	}
	/* One without a frame that is not the first of a C stack. */
	fake_memory_write_u64(stage->memory, c_stack + layout->cframe_current_frame, 0);
	fake_memory_write_u64(stage->memory, c_stack + layout->cframe_previous,
			      inner_cframe(frames));
	fake_switch(&stage->python, stage->tstate, stale, 0);
	set_register(stage, c_stack);
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
}

/* Each greenlet's C stack begins with a _PyCFrame that has no frame and follows the root one. */
static void a_greenlet_that_enters_its_first_frame_is_native(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale = make_gone(stage, frames[1].addr), first;

	if (!has_cframes(stage))
		return;
	first = fake_switch(&stage->python, stage->tstate, 0,
			    fake_root_cframe(&stage->python, stage->tstate));
	fake_switch(&stage->python, stage->tstate, stale, first);
	assert_native(stage);
	fake_switch(&stage->python, stage->tstate, stale, 0);
	set_register(stage, first);
	assert_native(stage);
}

static void a_thread_that_enters_its_first_frame_is_native(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale[NSTALE], root;

	if (!has_cframes(stage))
		return;
	make_stale(stage, frames, stale);
	stale[0] = make_gone(stage,
			     frames[1].addr); /* not an evaluation that the root one had called */
	root = fake_root_cframe(&stage->python, stage->tstate);
	for (size_t i = 0; i < NSTALE; i++) {
		fake_stop(&stage->python, stage->tstate);
		fake_use(&stage->python, stage->tstate);
		stage->thread.nregisters = 0;
		assert_native(stage);
		/* The root one is stored. */
		fake_switch(&stage->python, stage->tstate, stale[i], root);
		assert_native(stage);
		set_register(stage, 0x1234);
		assert_native(stage);
		/* It is in a register yet. */
		fake_switch(&stage->python, stage->tstate, stale[i], 0);
		set_register(stage, root);
		assert_native(stage);
		/* The new frame is in a register, and was entered by nobody. */
		fake_switch(&stage->python, stage->tstate, stale[i], root);
		set_register(stage, make_entered(stage, 0).addr);
		assert_native(stage);
	}
	assert_int_equal(host_counter(PBP_COUNT_REPAIRED), 0);
}

/* A generator's frame that is current and linked to nobody. */
static void unlink_leaf(struct host_stage *stage, struct fake_frame *frames)
{
	fake_set_previous(&stage->python, frames[0].addr, 0);
	fake_memory_write_u8(stage->memory, frames[0].addr + stage->python.layout->frame_owner, 1);
}

static void a_generator_that_is_linked_to_nobody_is_resumed_by_the_frame_in_a_register(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);

	if (!has_cframes(stage))
		return;
	unlink_leaf(stage, frames);
	for (size_t resumer = 1; resumer <= 2; resumer++) {
		const uint64_t values[] = { frames[resumer].addr, frames[0].addr,
					    inner_cframe(frames), frames[resumer].code,
					    frames[resumer].addr };

		set_registers(stage, values, 1);
		assert_repaired(stage, frames, resumer);
		/* With what else registers hold then, and in two of them. */
		set_registers(stage, values, 5);
		assert_repaired(stage, frames, resumer);
	}
}

/*
 * In the outermost evaluation a frame is just being called: it is the current one, and still linked to what called the
 * last frame at its place, a generator that waits now.
 */
static void a_call_that_is_still_linked_to_a_suspended_generator_is_its_callers(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	struct fake_frame *frames = host_alloc(stage, 3 * sizeof(*frames));
	const struct fake_frame waiting = { .code = fake_function(&stage->python, "waiting"),
					    .instr = 7,
					    .from_c = true,
					    .generator = true };
	const int8_t states[] = { -2, -1, 1, 4 }; /* all but FRAME_EXECUTING */
	uint64_t addr = fake_alloc(&stage->python, 512) + 256;
	const struct host_sample *sample;

	if (!has_cframes(stage))
		return;
	for (size_t i = 0; i < 3; i++)
		frames[i] = (struct fake_frame){ .code = fake_function(&stage->python, "function"),
						 .instr = (int32_t)i + 1 };
	fake_run(&stage->python, stage->tstate, frames, 3);
	fake_write_frame(&stage->python, addr, &waiting, 0);
	fake_memory_write_u8(stage->memory, addr + layout->frame_owner, 1);
	fake_set_previous(&stage->python, frames[0].addr, addr);
	for (size_t i = 0; i < sizeof(states); i++) {
		fake_memory_write_u8(stage->memory, addr - 5, (uint8_t)states[i]);
		set_register(stage, frames[1].addr);
		sample = tick(stage);
		assert_int_equal(sample->head.status, PBP_STATUS_COMPLETE);
		assert_frames(sample, frames + 1, 2);
		set_register(stage, NOWHERE);
		assert_refused(stage, PBP_REASON_NO_ROOT);
	}
	/* C calls a generator on a thread without any other frame. */
	if (!layout->frame_state_before)
		return;
	fake_memory_write_u8(stage->memory, addr - 5, 0);
	assert_int_equal(tick(stage)->head.status, PBP_STATUS_COMPLETE);
}

static void a_generator_with_two_frames_that_fit_is_refused(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	const uint64_t values[] = { frames[1].addr, frames[2].addr, frames[1].addr };

	if (!has_cframes(stage))
		return;
	unlink_leaf(stage, frames);
	set_registers(stage, values, 2);
	assert_refused(stage, PBP_REASON_NO_ROOT);
	set_registers(stage, values, 3);
	assert_refused(stage, PBP_REASON_NO_ROOT);
}

static void a_generator_without_a_frame_that_fits_is_refused(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t unlinked = make_gone(stage, 0);
	const uint64_t values[] = { frames[MIDDLE].addr,
				    frames[OUTER].addr,
				    frames[0].addr,
				    make_gone(stage, frames[4].addr),
				    unlinked,
				    inner_cframe(frames),
				    frames[2].shim_addr,
				    stage->tstate };

	if (!has_cframes(stage))
		return;
	unlink_leaf(stage, frames);
	assert_refused(stage, PBP_REASON_NO_ROOT);
	/* Frames of other evaluations, of none, and what is no frame. */
	set_registers(stage, values, 8);
	assert_refused(stage, PBP_REASON_NO_ROOT);
	for (size_t i = 0; i < 8; i++) {
		set_register(stage, values[i]);
		assert_refused(stage, PBP_REASON_NO_ROOT);
	}
}

/* Registers of a tick that interrupted the kernel are the kernel's. */
static void registers_of_the_kernel_are_not_asked(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale = make_gone(stage, frames[OUTER].addr);

	if (!has_cframes(stage))
		return;
	stage->thread.in_kernel = true;
	fake_switch(&stage->python, stage->tstate, stale, 0);
	set_register(stage, inner_cframe(frames));
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	/* What is stored is there all the same. */
	fake_switch(&stage->python, stage->tstate, stale, inner_cframe(frames));
	set_register(stage, middle_cframe(frames));
	assert_repaired(stage, frames, INNER);
	switch_back(stage, frames);
	unlink_leaf(stage, frames);
	set_register(stage, frames[1].addr);
	assert_refused(stage, PBP_REASON_NO_ROOT);
}

/* Whatever a program loads into its registers. */
static void hostile_registers_do_no_harm(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t stale = make_gone(stage, frames[OUTER].addr), loop, cframe, edge;

	if (!has_cframes(stage))
		return;
	stage->python.c_stack -= 64;
	loop = stage->python.c_stack;
	fake_memory_map(stage->memory, loop, 64);
	/* A _PyCFrame whose caller is itself, and a frame whose caller is itself. */
	fake_memory_write_u64(stage->memory, loop + layout->cframe_current_frame, stale);
	fake_memory_write_u64(stage->memory, loop + layout->cframe_previous, loop);
	fake_set_previous(&stage->python, stale, stale);
	edge = stage->python.heap / FAKE_PAGE * FAKE_PAGE + FAKE_PAGE - 8;
	fake_memory_map(stage->memory, edge, 8); /* the page behind it is not there */
	cframe = fake_switch(&stage->python, stage->tstate, frames[MIDDLE].addr, 0);
	for (uint64_t off = 1; off < 8; off++) {
		const uint64_t unaligned[] = { inner_cframe(frames) + off, frames[INNER].addr + off,
					       frames[1].addr + off, cframe + off };

		set_registers(stage, unaligned, 4);
		assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	}
	for (int window = 0; window < 2; window++) {
		const uint64_t hostile[] = { UINT64_MAX,
					     UINT64_MAX - 7,
					     0xffff888000001000,
					     0xffffffffff600000,
					     1ULL << 47,
					     (1ULL << 47) - 8,
					     FAKE_PAGE,
					     FAKE_PAGE - 8,
					     loop,
					     cframe,
					     stale,
					     edge };

		set_registers(stage, hostile, 12);
		assert_refused(stage, window ? PBP_REASON_NO_ROOT : PBP_REASON_HALF_SWITCHED);
		for (size_t i = 0; i < 12; i++) {
			set_register(stage, hostile[i]);
			assert_refused(stage,
				       window ? PBP_REASON_NO_ROOT : PBP_REASON_HALF_SWITCHED);
		}
		switch_back(stage, frames);
		unlink_leaf(stage, frames);
	}
}

/* Any words of the process at all: what is complete is the right stack. */
static void random_registers_never_make_a_wrong_stack(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale[NSTALE], previous[NPREVIOUS], words[64];
	size_t nwords = 0;

	if (!has_cframes(stage))
		return;
	make_stale(stage, frames, stale);
	make_previous(stage, previous);
	/* All but older _PyCFrames, whose evaluations have ended as far as a register can tell. */
	for (size_t i = 0; i < NFRAMES; i++) {
		words[nwords++] = frames[i].addr;
		words[nwords++] = frames[i].shim_addr;
		words[nwords++] = frames[i].code;
	}
	words[nwords++] = stage->interp;
	words[nwords++] = stage->tstate;
	words[nwords++] = stage->python.no_code;
	words[nwords++] = stage->python.c_stack;
	stage->python.c_stack = inner_cframe(frames) - 2048;
	for (int round = 0; round < 2000; round++) {
		fake_switch(&stage->python, stage->tstate,
			    stale[fake_random(&stage->python, NSTALE - 1)],
			    fake_random(&stage->python, 2)
				    ? inner_cframe(frames)
				    : previous[fake_random(&stage->python, NPREVIOUS)]);
		stage->thread.nregisters = fake_random(&stage->python, PBP_REGISTERS + 1);
		for (uint32_t i = 0; i < stage->thread.nregisters; i++) {
			uint64_t word = words[fake_random(&stage->python, (uint32_t)nwords)];

			stage->thread.registers[i] = word;
		}
		assert_right_or_refused(stage, frames, INNER);
		switch_back(stage, frames);
		stage->python.c_stack = inner_cframe(frames) - 2048;
	}
}

static void a_leaf_that_is_not_in_memory_is_told_as_that(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = host_alloc(stage, NFRAMES * sizeof(*frames));
	uint64_t page = (stage->python.heap + 2 * FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE;
	const struct host_sample *sample;

	for (size_t i = 0; i < NFRAMES; i++)
		frames[i].code = fake_function(&stage->python, "function");
	frames[2].from_c = frames[4].from_c = frames[0].generator = true;
	stage->python.heap = page;
	fake_run(&stage->python, stage->tstate, frames, NFRAMES);
	fake_memory_evict(stage->memory, page, FAKE_PAGE);
	for (int registers = 0; registers < 2; registers++) {
		sample = tick(stage);
		assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
		assert_int_equal(sample->head.reason, PBP_REASON_NOT_RESIDENT);
		assert_int_equal(sample->head.nframes, 0);
		set_register(stage, NOWHERE);
	}
	assert_int_equal(host_counter(PBP_COUNT_REPAIRED), 0);
	fake_memory_bring_in(stage->memory, page, FAKE_PAGE);
	sample = tick(stage);
	assert_int_equal(sample->head.status, PBP_STATUS_COMPLETE);
	assert_frames(sample, frames, NFRAMES);
}

/* The same with frames above the one that is gone: they are the thread's. */
static void a_frame_above_the_entry_that_is_not_in_memory_is_told_as_that(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = host_alloc(stage, NFRAMES * sizeof(*frames));
	uint64_t page = (stage->python.heap + 2 * FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE;
	const struct host_sample *sample;

	for (size_t i = 0; i < NFRAMES; i++)
		frames[i].code = fake_function(&stage->python, "function");
	frames[2].from_c = frames[4].from_c = frames[1].generator = true;
	stage->python.heap = page;
	fake_run(&stage->python, stage->tstate, frames, NFRAMES);
	fake_memory_evict(stage->memory, page, FAKE_PAGE);
	sample = tick(stage);
	assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
	assert_int_equal(sample->head.reason, PBP_REASON_NOT_RESIDENT);
	assert_frames(sample, frames, 1);
}

/* The new _PyCFrame's own page, and that of the caller's. */
static void a_c_stack_that_is_not_in_memory_is_unreadable(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t page;

	if (!has_cframes(stage))
		return;
	page = (stage->python.c_stack - 2 * FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE;
	stage->python.c_stack = page + FAKE_PAGE;
	fake_switch(&stage->python, stage->tstate, frames[MIDDLE].addr, inner_cframe(frames));
	assert_repaired(stage, frames, INNER);
	fake_memory_evict(stage->memory, page, FAKE_PAGE);
	assert_refused(stage, PBP_REASON_NOT_RESIDENT);
	fake_memory_bring_in(stage->memory, page, FAKE_PAGE);
	assert_repaired(stage, frames, INNER);
}

static void a_broken_stack_of_the_caller_is_told(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t fresh = fake_alloc(&stage->python, 4096);

	if (!has_cframes(stage))
		return;
	fake_set_previous(&stage->python, frames[MIDDLE].addr, 0x10);
	fake_switch(&stage->python, stage->tstate, fresh, inner_cframe(frames));
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	set_register(stage, inner_cframe(frames));
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
}

/* The caller's entry returns to another frame than its own caller's current one: it is being switched itself. */
static void a_caller_that_proves_wrong_is_refused(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t stale = make_gone(stage, frames[OUTER].addr);

	if (!has_cframes(stage))
		return;
	fake_memory_write_u64(stage->memory, inner_cframe(frames) + layout->cframe_current_frame,
			      frames[OUTER].addr);
	fake_switch(&stage->python, stage->tstate, stale, inner_cframe(frames));
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
	set_register(stage, inner_cframe(frames));
	assert_refused(stage, PBP_REASON_HALF_SWITCHED);
}

/* Each read of a repair failing in turn. */
static void a_fault_at_any_read_never_makes_a_wrong_stack(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = run_nested(stage);
	uint64_t stale = make_gone(stage, frames[OUTER].addr);

	if (!has_cframes(stage))
		return;
	for (int stored = 0; stored < 2; stored++) {
		uint64_t before, reads;

		fake_switch(&stage->python, stage->tstate, stale,
			    stored ? inner_cframe(frames) : 0);
		set_register(stage, stored ? 0 : inner_cframe(frames));
		assert_repaired(stage, frames, INNER);
		before = fake_memory_reads(stage->memory);
		assert_repaired(stage, frames, INNER);
		reads = fake_memory_reads(stage->memory) - before;
		for (uint64_t n = 1; n <= reads; n++) {
			const struct host_sample *sample;

			fake_memory_fail_read(stage->memory, n);
			sample = tick(stage);
			fake_memory_fail_read(stage->memory, 0);
			if (sample->head.status == PBP_STATUS_COMPLETE)
				assert_frames(sample, frames, NFRAMES);
			else
				assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
			assert_repaired(stage, frames, INNER);
		}
		switch_back(stage, frames);
	}
}

int main(void)
{
	const struct host_test bodies[] = {
		HOST_TEST(a_thread_that_is_not_switching_is_not_repaired),
		HOST_TEST(
			a_current_frame_that_is_not_written_yet_gives_the_stack_of_the_stored_caller),
		HOST_TEST(a_current_frame_that_has_returned_and_lost_its_caller_is_not_believed),
		HOST_TEST(a_caller_that_is_not_stored_yet_is_found_in_a_register),
		HOST_TEST(a_frame_that_is_being_entered_tells_its_caller_from_a_register),
		HOST_TEST(a_frame_that_is_not_being_entered_tells_nothing),
		HOST_TEST(a_frame_that_another_c_function_enters_tells_nothing),
		HOST_TEST(without_any_caller_the_stack_is_refused),
		HOST_TEST(a_register_counts_more_than_a_stale_caller_that_would_fit),
		HOST_TEST(of_several_callers_in_registers_the_nearest_counts),
		HOST_TEST(an_outer_caller_in_a_register_never_hides_the_stored_one),
		HOST_TEST(something_like_a_caller_in_a_register_never_makes_a_wrong_stack),
		HOST_TEST(a_caller_in_a_register_lies_on_the_c_stack_and_leads_up_it),
		HOST_TEST(a_greenlet_that_enters_its_first_frame_is_native),
		HOST_TEST(a_thread_that_enters_its_first_frame_is_native),
		HOST_TEST(
			a_generator_that_is_linked_to_nobody_is_resumed_by_the_frame_in_a_register),
		HOST_TEST(a_call_that_is_still_linked_to_a_suspended_generator_is_its_callers),
		HOST_TEST(a_generator_with_two_frames_that_fit_is_refused),
		HOST_TEST(a_generator_without_a_frame_that_fits_is_refused),
		HOST_TEST(registers_of_the_kernel_are_not_asked),
		HOST_TEST(hostile_registers_do_no_harm),
		HOST_TEST(random_registers_never_make_a_wrong_stack),
		HOST_TEST(a_leaf_that_is_not_in_memory_is_told_as_that),
		HOST_TEST(a_frame_above_the_entry_that_is_not_in_memory_is_told_as_that),
		HOST_TEST(a_c_stack_that_is_not_in_memory_is_unreadable),
		HOST_TEST(a_broken_stack_of_the_caller_is_told),
		HOST_TEST(a_caller_that_proves_wrong_is_refused),
		HOST_TEST(a_fault_at_any_read_never_makes_a_wrong_stack),
	};
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[host_ntests(nbodies)];

	host_make_tests(bodies, nbodies, tests);
	return cmocka_run_group_tests_name("repair", tests, NULL, NULL);
}
