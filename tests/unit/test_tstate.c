/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of bpf/tstate.h on the host: whose thread state is found, what is remembered of it, and when the list is
 * walked again. What a stack holds is test_pystack.c's matter.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "support/host_bpf.h"

/* As in bpf/tstate.h, which defines functions and so cannot be included twice. */
#define NATIVES_TO_TRUST   16
#define NATIVES_TO_RECHECK 64

#define ID 0x7f00deadb000ULL /* the stage's thread */

static const struct host_received *tick_of(struct host_thread *thread)
{
	const struct host_received *received;

	host_tick(thread, 0);
	received = host_receive(NULL);
	assert_int_equal(received->nsamples, 1);
	assert_true(received->sound);
	assert_true(received->announced);
	return received;
}

static const struct host_sample *tick(struct host_stage *stage)
{
	return &tick_of(&stage->thread)->sample;
}

static uint64_t walks(void)
{
	return host_counter(PBP_COUNT_THREAD_LISTS);
}

/* Give a thread state a stack of one frame and return its code object. */
static uint64_t run_one(struct host_stage *stage, uint64_t tstate)
{
	struct fake_frame frame = { .code = fake_function(&stage->python, "one"), .instr = 1 };

	fake_run(&stage->python, tstate, &frame, 1);
	return frame.code;
}

static void assert_runs(const struct host_sample *sample, uint64_t code)
{
	assert_int_equal(sample->head.status, PBP_STATUS_COMPLETE);
	assert_int_equal(sample->head.nframes, 1);
	assert_true(PBP_FRAME_CODE_ADDR(sample->frames[0]) == code);
}

static void assert_native(const struct host_sample *sample)
{
	assert_int_equal(sample->head.status, PBP_STATUS_NATIVE);
	assert_int_equal(sample->head.reason, PBP_REASON_NONE);
	assert_int_equal(sample->head.nframes, 0);
}

/* Does this version count the thread states that are born? If not, only a state in use is believed without a walk. */
static bool has_births(const struct host_stage *stage)
{
	return stage->python.layout->interp_next_unique_id != PBP_ABSENT;
}

/* Does the state itself say that it is in use? If not, of all threads of the process one state is. */
static bool has_status(const struct host_stage *stage)
{
	return stage->python.layout->tstate_status != PBP_ABSENT;
}

static void the_list_is_walked_once_for_a_thread_that_runs_python_code(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate);

	for (int i = 0; i < 10; i++)
		assert_runs(tick(stage), code);
	assert_int_equal(walks(), 1);
}

static void each_thread_has_its_own_stack(void **state)
{
	struct host_stage *stage = *state;
	struct host_thread threads[20];
	uint64_t codes[20];

	for (uint32_t i = 0; i < 20; i++) {
		uint64_t id = 0x7f1100000000 + i * 0x1000ULL;

		codes[i] = run_one(stage, fake_tstate(&stage->python, stage->interp, id));
		host_thread_init(&threads[i], &stage->python, 100 + i, id);
	}
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 20; i++)
			assert_runs(&tick_of(&threads[i])->sample, codes[i]);
	/* Without a count of births those 19 that are not in use are looked for at each tick. */
	assert_int_equal(walks(), has_births(stage) ? 20 : 20 + 2 * 19);
}

static void a_thread_without_a_thread_state_is_native(void **state)
{
	struct host_stage *stage = *state;

	run_one(stage, stage->tstate);
	stage->thread.thread_id = 0x7f00aaaa0000;
	assert_native(tick(stage));
}

static void a_thread_state_without_a_frame_is_native_until_it_has_one(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code;

	for (int i = 0; i < 100; i++)
		assert_native(tick(stage));
	code = run_one(stage, stage->tstate);
	assert_runs(tick(stage), code);
	fake_stop(&stage->python, stage->tstate);
	assert_native(tick(stage));
}

static void a_process_without_an_interpreter_is_native(void **state)
{
	struct host_stage *stage = *state;

	fake_memory_write_u64(stage->memory,
			      stage->python.target.runtime_addr +
				      stage->python.layout->runtime_interpreters_head,
			      0);
	assert_native(tick(stage));
}

static void a_native_thread_costs_a_few_reads_once_births_are_trusted(void **state)
{
	struct host_stage *stage = *state;
	uint64_t before;

	for (uint32_t i = 0; i < 50; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	stage->thread.thread_id = 0x7f00aaaa0000;
	for (int i = 1; i <= NATIVES_TO_TRUST; i++) {
		assert_native(tick(stage));
		assert_int_equal(walks(), i);
	}
	if (!has_births(stage)) {
		for (int i = 1; i <= NATIVES_TO_RECHECK; i++)
			assert_native(tick(stage));
		assert_int_equal(walks(), NATIVES_TO_TRUST + NATIVES_TO_RECHECK);
		return;
	}
	for (int i = NATIVES_TO_TRUST + 1; i < NATIVES_TO_RECHECK; i++) {
		before = fake_memory_reads(stage->memory);
		assert_native(tick(stage));
		assert_true(fake_memory_reads(stage->memory) - before <= 4);
		assert_int_equal(walks(), NATIVES_TO_TRUST);
	}
	assert_native(tick(stage)); /* the NATIVES_TO_RECHECK-th */
	assert_int_equal(walks(), NATIVES_TO_TRUST + 1);
	assert_native(tick(stage));
	assert_int_equal(walks(), NATIVES_TO_TRUST + 1);
}

static void a_birth_lets_the_list_be_walked_again(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code, before;

	stage->thread.thread_id = 0x7f00aaaa0000;
	for (int i = 0; i < 20; i++)
		assert_native(tick(stage));
	before = walks();
	fake_tstate(&stage->python, stage->interp, 0x7f00bbbb0000);
	assert_native(tick(stage));
	assert_int_equal(walks(), before + 1);
	assert_native(tick(stage));
	assert_int_equal(walks(), has_births(stage) ? before + 1 : before + 2);
	code = run_one(stage, fake_tstate(&stage->python, stage->interp, 0x7f00aaaa0000));
	assert_runs(tick(stage), code);
}

static void a_birth_in_another_interpreter_counts_too(void **state)
{
	struct host_stage *stage = *state;
	uint64_t other = fake_interp(&stage->python), code;

	stage->thread.thread_id = 0x7f00aaaa0000;
	for (int i = 0; i < 20; i++)
		assert_native(tick(stage));
	code = run_one(stage, fake_tstate(&stage->python, other, 0x7f00aaaa0000));
	assert_runs(tick(stage), code);
	assert_int_equal(stage->thread.kept.interp_addr, other);
}

/* threading.Thread.start() makes the state; the new thread writes its thread_id later, and no birth follows. */
static void a_thread_id_that_is_written_late_is_found_during_the_first_ticks(void **state)
{
	struct host_stage *stage = *state;
	uint64_t tstate = fake_tstate(&stage->python, stage->interp, 0), code;

	stage->thread.thread_id = 0x7f00aaaa0000;
	for (int i = 0; i < NATIVES_TO_TRUST - 1; i++)
		assert_native(tick(stage));
	fake_set_thread_id(&stage->python, tstate, 0x7f00aaaa0000);
	code = run_one(stage, tstate);
	assert_runs(tick(stage), code);
}

static void a_thread_id_that_is_written_later_still_is_found_by_the_recheck(void **state)
{
	struct host_stage *stage = *state;
	uint64_t tstate = fake_tstate(&stage->python, stage->interp, 0), code;
	int ticks;

	stage->thread.thread_id = 0x7f00aaaa0000;
	for (int i = 0; i < NATIVES_TO_TRUST + 4; i++)
		assert_native(tick(stage));
	fake_set_thread_id(&stage->python, tstate, 0x7f00aaaa0000);
	code = run_one(stage, tstate);
	for (ticks = 1; tick(stage)->head.status == PBP_STATUS_NATIVE; ticks++)
		assert_true(ticks < NATIVES_TO_RECHECK);
	assert_true(PBP_FRAME_CODE_ADDR(tick(stage)->frames[0]) == code);
}

/* PyGILState_Ensure for each call: every state is freed, keeps its thread_id and lies where it lay. */
static void a_freed_state_with_the_same_thread_id_is_left_for_the_live_one(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate);

	for (int call = 0; call < 200; call++) {
		uint64_t born;

		assert_runs(tick(stage), code);
		/* It returns: out of the list, and its memory stays as it is. */
		fake_stop(&stage->python, stage->tstate);
		fake_memory_write_u64(stage->memory,
				      stage->interp + stage->python.layout->interp_threads_head, 0);
		assert_native(tick(stage));
		born = fake_tstate(&stage->python, stage->interp, ID);
		fake_rewind(&stage->python);
		code = run_one(stage, born);
		stage->tstate = born;
	}
}

static void the_state_that_has_a_frame_is_the_live_one(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code, states[5];

	for (int i = 0; i < 5; i++)
		states[i] = fake_tstate(&stage->python, stage->interp, ID);
	for (int i = 0; i < 5; i++) {
		code = run_one(stage, states[i]);
		assert_runs(tick(stage), code);
		assert_int_equal(stage->thread.kept.tstate_addr, states[i]);
		fake_stop(&stage->python, states[i]);
		assert_native(tick(stage));
	}
}

static void a_state_whose_thread_id_has_changed_is_another_threads(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate), other;

	assert_runs(tick(stage), code);
	fake_set_thread_id(&stage->python, stage->tstate, 0x7f00cccc0000);
	assert_native(tick(stage));
	other = run_one(stage, fake_tstate(&stage->python, stage->interp, ID));
	assert_runs(tick(stage), other);
}

static void a_state_whose_memory_is_gone_is_looked_for_again(void **state)
{
	struct host_stage *stage = *state;
	uint64_t page = (stage->python.heap + FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE, tstate, code;

	stage->python.heap = page;
	tstate = fake_tstate(&stage->python, stage->interp, ID);
	stage->python.heap = page + FAKE_PAGE;
	code = run_one(stage, tstate);
	assert_runs(tick(stage), code);
	/* Freed and given back to the system; the older one of the thread goes on. */
	fake_memory_write_u64(stage->memory,
			      stage->interp + stage->python.layout->interp_threads_head,
			      stage->tstate);
	fake_memory_unmap(stage->memory, page, FAKE_PAGE);
	code = run_one(stage, stage->tstate);
	assert_runs(tick(stage), code);
	assert_int_equal(stage->thread.kept.tstate_addr, stage->tstate);
}

static void all_interpreters_are_looked_through(void **state)
{
	struct host_stage *stage = *state;
	uint64_t interps[PBP_INTERPRETERS_MAX], code;

	interps[0] = stage->interp;
	for (int i = 1; i < PBP_INTERPRETERS_MAX; i++)
		interps[i] = fake_interp(&stage->python);
	for (uint32_t i = 0; i < PBP_INTERPRETERS_MAX; i++) {
		uint64_t id = 0x7f1100000000 + i * 0x1000ULL;

		code = run_one(stage, fake_tstate(&stage->python, interps[i], id));
		host_thread_init(&stage->thread, &stage->python, 100 + i, id);
		assert_runs(tick(stage), code);
		assert_int_equal(stage->thread.kept.interp_addr, interps[i]);
	}
}

/* A thread that goes in and out of a sub-interpreter has two states; no birth tells which one runs. */
static void a_thread_with_states_in_two_interpreters_has_the_stack_of_the_running_one(void **state)
{
	struct host_stage *stage = *state;
	uint64_t other = fake_tstate(&stage->python, fake_interp(&stage->python), ID), code;

	for (int round = 0; round < 2 * NATIVES_TO_TRUST; round++) {
		uint64_t runs = round % 2 ? other : stage->tstate;

		fake_rewind(&stage->python);
		assert_native(tick(stage));
		code = run_one(stage, runs);
		assert_runs(tick(stage), code);
		fake_stop(&stage->python, runs);
	}
}

/* Three interpreters called each other: all their states have frames. The newest state is the last of them. */
static void make_nested(struct host_stage *stage, uint64_t *tstates, uint64_t *codes)
{
	tstates[0] = stage->tstate;
	for (int i = 1; i < 3; i++)
		tstates[i] = fake_tstate(&stage->python, fake_interp(&stage->python), ID);
	for (int i = 0; i < 3; i++) {
		codes[i] = run_one(stage, tstates[i]);
		fake_release(&stage->python, tstates[i]);
	}
}

static void of_several_states_with_frames_the_one_in_use_counts(void **state)
{
	struct host_stage *stage = *state;
	static const int order[] = { 0, 1, 2, 1, 0, 2, 0 };
	uint64_t tstates[3], codes[3];

	make_nested(stage, tstates, codes);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		uint64_t used = tstates[order[i]], before = walks();

		fake_use(&stage->python, used);
		/* The one before is cached, has frames, and is used no longer. */
		assert_runs(tick(stage), codes[order[i]]);
		assert_int_equal(walks(), before + 1);
		assert_true(stage->thread.kept.tstate_addr == used);
		assert_runs(tick(stage), codes[order[i]]);
		assert_int_equal(walks(), before + 1);
		fake_release(&stage->python, used);
	}
}

/* Without the GIL no state is in use: the frames of the newest interpreter are called by those of the others. */
static void of_several_states_with_frames_and_none_in_use_the_newest_counts(void **state)
{
	struct host_stage *stage = *state;
	uint64_t tstates[3], codes[3], other;

	make_nested(stage, tstates, codes);
	for (int i = 0; i < 3; i++)
		assert_runs(tick(stage), codes[2]);
	/* Its call has returned, whatever is cached. */
	fake_stop(&stage->python, tstates[2]);
	for (int i = 0; i < 3; i++)
		assert_runs(tick(stage), codes[1]);
	/* And the caller's state was in use before. */
	fake_use(&stage->python, tstates[0]);
	assert_runs(tick(stage), codes[0]);
	fake_release(&stage->python, tstates[0]);
	assert_runs(tick(stage), codes[1]);
	/* Another thread takes the GIL. */
	other = fake_tstate(&stage->python, stage->interp, 0x7f00cccc0000);
	run_one(stage, other);
	assert_runs(tick(stage), codes[1]);
}

/* One interpreter with several states of the thread (PyThreadState_New by hand). */
static void of_several_states_of_one_interpreter_the_one_in_use_counts(void **state)
{
	struct host_stage *stage = *state;
	uint64_t newer = fake_tstate(&stage->python, stage->interp, ID), codes[2];

	codes[0] = run_one(stage, stage->tstate);
	fake_release(&stage->python, stage->tstate);
	codes[1] = run_one(stage, newer);
	fake_release(&stage->python, newer);
	assert_runs(tick(stage), codes[1]);
	fake_use(&stage->python, stage->tstate);
	assert_runs(tick(stage), codes[0]);
	fake_release(&stage->python, stage->tstate);
	fake_use(&stage->python, newer);
	assert_runs(tick(stage), codes[1]);
}

static void a_state_that_another_thread_uses_is_not_this_threads(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate);
	uint64_t other = fake_tstate(&stage->python, stage->interp, 0x7f00cccc0000);

	fake_release(&stage->python, stage->tstate);
	run_one(stage, other);
	for (int i = 0; i < 3; i++)
		assert_runs(tick(stage), code);
	assert_true(stage->thread.kept.tstate_addr == stage->tstate);
}

/* C threads come and go through PyGILState_Ensure, and one that died without PyGILState_Release leaves its state. */
static void dead_states_without_a_frame_hide_no_live_one(void **state)
{
	struct host_stage *stage = *state;
	uint64_t live, code;

	for (int i = 0; i < 3; i++)
		fake_tstate(&stage->python, stage->interp, ID);
	live = fake_tstate(&stage->python, stage->interp, ID);
	for (int i = 0; i < 3; i++)
		fake_tstate(&stage->python, i ? stage->interp : fake_interp(&stage->python), ID);
	code = run_one(stage, live);
	assert_runs(tick(stage), code);
	assert_true(stage->thread.kept.tstate_addr == live);
	/* It computes without the GIL. */
	fake_release(&stage->python, live);
	assert_runs(tick(stage), code);
	assert_runs(tick(stage), code);
	host_thread_init(&stage->thread, &stage->python, 4242, ID);
	assert_runs(tick(stage), code);
}

static void a_state_in_use_without_a_frame_is_native(void **state)
{
	struct host_stage *stage = *state;

	fake_use(&stage->python, stage->tstate);
	for (int i = 0; i < NATIVES_TO_TRUST + 4; i++)
		assert_native(tick(stage));
}

/* The GIL holder is told in a page that is gone: then nothing says which state is in use. */
static void a_gil_holder_that_cannot_be_read_is_not_this_thread(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate);

	if (has_status(stage))
		return;
	stage->python.target.current_tstate_addr = 0x7f00dead0000;
	for (int i = 0; i < 3; i++)
		assert_runs(tick(stage), code);
	stage->python.target.current_tstate_addr = 0;
	for (int i = 0; i < 3; i++)
		assert_runs(tick(stage), code);
}

static void jit_compiled_code_is_told_and_counted(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate);

	assert_int_equal(tick(stage)->head.in_jit, 0);
	if (!fake_set_executor(&stage->python, stage->tstate, 0x7f4000001000)) {
		assert_int_equal(host_counter(PBP_COUNT_JIT), 0);
		return;
	}
	for (int i = 1; i <= 3; i++) {
		const struct host_sample *sample = tick(stage);

		assert_runs(sample, code);
		assert_int_equal(sample->head.in_jit, 1);
		assert_int_equal(host_counter(PBP_COUNT_JIT), i);
	}
	fake_set_executor(&stage->python, stage->tstate, 0);
	assert_int_equal(tick(stage)->head.in_jit, 0);
	assert_int_equal(host_counter(PBP_COUNT_JIT), 3);
	fake_stop(&stage->python, stage->tstate);
	fake_set_executor(&stage->python, stage->tstate, 1ULL << 63); /* its upper half alone */
	assert_native(tick(stage));
	assert_int_equal(host_counter(PBP_COUNT_JIT), 3);
	run_one(stage, stage->tstate);
	assert_int_equal(tick(stage)->head.in_jit, 1);
}

static void jit_compiled_code_of_another_thread_is_not_this_threads(void **state)
{
	struct host_stage *stage = *state;
	uint64_t other = fake_tstate(&stage->python, stage->interp, 0x7f00cccc0000);
	uint64_t code = run_one(stage, stage->tstate);

	run_one(stage, other);
	fake_use(&stage->python, stage->tstate);
	if (!fake_set_executor(&stage->python, other, 0x7f4000001000))
		return;
	for (int i = 0; i < 2; i++) {
		const struct host_sample *sample = tick(stage);

		assert_runs(sample, code);
		assert_int_equal(sample->head.in_jit, 0);
	}
}

/* A thread that was native for long, so that births are trusted, and now runs Python code. */
static void a_fault_after_long_native_times_is_not_native(void **state)
{
	struct host_stage *stage = *state;
	uint64_t before, reads, code;

	for (int i = 0; i < NATIVES_TO_TRUST + 4; i++)
		assert_native(tick(stage));
	code = run_one(stage, stage->tstate);
	assert_runs(tick(stage), code);
	before = fake_memory_reads(stage->memory);
	assert_runs(tick(stage), code);
	reads = fake_memory_reads(stage->memory) - before;
	for (uint64_t n = 1; n <= reads; n++) {
		const struct host_sample *sample;

		fake_memory_fail_read(stage->memory, n);
		sample = tick(stage);
		if (sample->head.status == PBP_STATUS_NATIVE)
			print_message("read %llu of %llu\n", (unsigned long long)n,
				      (unsigned long long)reads);
		assert_int_not_equal(sample->head.status, PBP_STATUS_NATIVE);
		assert_runs(tick(stage), code);
	}
}

static void more_thread_states_than_the_limit_are_unreadable_not_native(void **state)
{
	struct host_stage *stage = *state;
	const struct host_received *received;

	run_one(stage, stage->tstate);
	for (uint32_t i = 0; i < PBP_THREAD_STATES_MAX + PBP_INTERPRETERS_MAX; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	received = tick_of(&stage->thread);
	assert_int_equal(received->sample.head.status, PBP_STATUS_UNREADABLE);
	assert_int_equal(received->sample.head.reason, PBP_REASON_TOO_MANY_THREADS);
	assert_int_equal(received->nwanted, 1);
	assert_true(received->wanted.thread_id == ID);
	assert_int_equal(received->wanted.tid, stage->thread.tid);
	assert_int_equal(received->wanted.pid, stage->thread.pid);
	assert_int_equal(received->wanted.target, 1);
	assert_true(received->wanted.start_time == stage->thread.kept.start_time);
	assert_int_equal(host_counter(PBP_COUNT_THREAD_LISTS_CUT), 1);
	/* Asked once. */
	received = tick_of(&stage->thread);
	assert_int_equal(received->sample.head.reason, PBP_REASON_TOO_MANY_THREADS);
	assert_int_equal(received->nwanted, 0);
}

static void as_many_thread_states_as_the_limit_are_looked_through(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate);

	for (uint32_t i = 1; i < PBP_THREAD_STATES_MAX; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	assert_runs(tick(stage), code);
	stage->thread.thread_id = 0x7f00aaaa0000;
	stage->thread.kept.tstate_addr = 0;
	assert_native(tick(stage));
	assert_int_equal(host_counter(PBP_COUNT_THREAD_LISTS_CUT), 0);
}

static void a_state_that_user_space_found_is_used(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = run_one(stage, stage->tstate);

	for (uint32_t i = 0; i < PBP_THREAD_STATES_MAX + PBP_INTERPRETERS_MAX; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	tick(stage);
	stage->thread.found = (struct pbp_found_thread){
		.start_time = stage->thread.kept.start_time,
		.tstate_addr = stage->tstate,
		.interp_addr = stage->interp,
		.target = 1,
	};
	stage->thread.has_found = true;
	assert_runs(tick(stage), code);
	assert_runs(tick(stage), code);
	assert_int_equal(walks(), 1);
}

static void a_state_found_for_another_thread_of_that_number_is_not_used(void **state)
{
	struct host_stage *stage = *state;

	run_one(stage, stage->tstate);
	for (uint32_t i = 0; i < PBP_THREAD_STATES_MAX + PBP_INTERPRETERS_MAX; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	tick(stage);
	stage->thread.found = (struct pbp_found_thread){
		.start_time = stage->thread.kept.start_time + 1,
		.tstate_addr = stage->tstate,
		.interp_addr = stage->interp,
		.target = 1,
	};
	stage->thread.has_found = true;
	assert_int_equal(tick(stage)->head.reason, PBP_REASON_TOO_MANY_THREADS);
}

static void a_found_state_of_another_thread_id_gives_nobodys_stack(void **state)
{
	struct host_stage *stage = *state;

	run_one(stage, stage->tstate);
	fake_set_thread_id(&stage->python, stage->tstate, 0x7f00cccc0000);
	for (uint32_t i = 0; i < PBP_THREAD_STATES_MAX + PBP_INTERPRETERS_MAX; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	tick(stage);
	stage->thread.found = (struct pbp_found_thread){
		.start_time = stage->thread.kept.start_time,
		.tstate_addr = stage->tstate,
		.interp_addr = stage->interp,
		.target = 1,
	};
	stage->thread.has_found = true;
	assert_int_equal(tick(stage)->head.reason, PBP_REASON_TOO_MANY_THREADS);
}

static void a_list_that_comes_back_to_itself_ends_at_the_limit(void **state)
{
	struct host_stage *stage = *state;

	fake_memory_write_u64(stage->memory, stage->tstate + stage->python.layout->tstate_next,
			      stage->tstate);
	stage->thread.thread_id = 0x7f00aaaa0000;
	assert_int_equal(tick(stage)->head.reason, PBP_REASON_TOO_MANY_THREADS);
	fake_memory_write_u64(stage->memory, stage->tstate + stage->python.layout->tstate_next, 0);
	fake_memory_write_u64(stage->memory, stage->interp + stage->python.layout->interp_next,
			      stage->interp);
	assert_int_equal(tick(stage)->head.reason, PBP_REASON_TOO_MANY_THREADS);
}

static void garbage_in_the_lists_is_unreadable(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	const uint64_t garbage[] = { 0x10, 0x7f00dead0001, 0xffff888000001000, UINT64_MAX };
	const uint64_t places[] = {
		stage->python.target.runtime_addr + layout->runtime_interpreters_head,
		stage->interp + layout->interp_threads_head,
		stage->interp + layout->interp_next,
		stage->tstate + layout->tstate_next,
	};

	stage->thread.thread_id = 0x7f00aaaa0000;
	for (size_t place = 0; place < 4; place++) {
		uint64_t was = fake_memory_load_u64(stage->memory, places[place]);

		for (size_t i = 0; i < 4; i++) {
			const struct host_sample *sample;

			fake_memory_write_u64(stage->memory, places[place], garbage[i]);
			sample = tick(stage);
			assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
			assert_int_equal(sample->head.reason, PBP_REASON_NOT_RESIDENT);
			assert_int_equal(sample->head.nframes, 0);
		}
		fake_memory_write_u64(stage->memory, places[place], was);
	}
	assert_native(tick(stage));
}

/* With every read of the search failing in turn, in a list where the thread's state is the last but one. */
static void a_fault_during_the_search_is_unreadable_not_native(void **state)
{
	struct host_stage *stage = *state;
	uint64_t before, reads, code;

	fake_tstate(&stage->python, fake_interp(&stage->python), 0x7f00bbbb0000);
	fake_tstate(&stage->python, stage->interp, 0x7f00cccc0000);
	stage->thread.thread_id = 0x7f00aaaa0000;
	before = fake_memory_reads(stage->memory);
	assert_native(tick(stage));
	reads = fake_memory_reads(stage->memory) - before;
	assert_true(reads >= 8);
	for (uint64_t n = 1; n <= reads; n++) {
		const struct host_sample *sample;

		host_thread_init(&stage->thread, &stage->python, 4242, 0x7f00aaaa0000);
		fake_memory_fail_read(stage->memory, n);
		sample = tick(stage);
		assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
		assert_int_equal(sample->head.reason, PBP_REASON_NOT_RESIDENT);
		assert_native(tick(stage));
	}
	/* And in the cheap look at births the fault leads to a walk. */
	for (int i = 0; i < NATIVES_TO_TRUST; i++)
		tick(stage);
	for (uint64_t n = 1; has_births(stage) && n <= 5; n++) {
		before = walks();
		fake_memory_fail_read(stage->memory, n);
		assert_native(tick(stage));
		assert_int_equal(walks(), before + 1);
		tick(stage);
	}
	fake_set_thread_id(&stage->python, stage->tstate, 0x7f00aaaa0000);
	fake_tstate(&stage->python, stage->interp, 0x7f00dddd0000);
	code = run_one(stage, stage->tstate);
	assert_runs(tick(stage), code);
}

int main(void)
{
	const struct host_test bodies[] = {
		HOST_TEST(the_list_is_walked_once_for_a_thread_that_runs_python_code),
		HOST_TEST(each_thread_has_its_own_stack),
		HOST_TEST(a_thread_without_a_thread_state_is_native),
		HOST_TEST(a_thread_state_without_a_frame_is_native_until_it_has_one),
		HOST_TEST(a_process_without_an_interpreter_is_native),
		HOST_TEST(a_native_thread_costs_a_few_reads_once_births_are_trusted),
		HOST_TEST(a_birth_lets_the_list_be_walked_again),
		HOST_TEST(a_birth_in_another_interpreter_counts_too),
		HOST_TEST(a_thread_id_that_is_written_late_is_found_during_the_first_ticks),
		HOST_TEST(a_thread_id_that_is_written_later_still_is_found_by_the_recheck),
		HOST_TEST(a_freed_state_with_the_same_thread_id_is_left_for_the_live_one),
		HOST_TEST(the_state_that_has_a_frame_is_the_live_one),
		HOST_TEST(a_state_whose_thread_id_has_changed_is_another_threads),
		HOST_TEST(a_state_whose_memory_is_gone_is_looked_for_again),
		HOST_TEST(all_interpreters_are_looked_through),
		HOST_TEST(
			a_thread_with_states_in_two_interpreters_has_the_stack_of_the_running_one),
		HOST_TEST(of_several_states_with_frames_the_one_in_use_counts),
		HOST_TEST(of_several_states_with_frames_and_none_in_use_the_newest_counts),
		HOST_TEST(of_several_states_of_one_interpreter_the_one_in_use_counts),
		HOST_TEST(a_state_that_another_thread_uses_is_not_this_threads),
		HOST_TEST(dead_states_without_a_frame_hide_no_live_one),
		HOST_TEST(a_state_in_use_without_a_frame_is_native),
		HOST_TEST(a_gil_holder_that_cannot_be_read_is_not_this_thread),
		HOST_TEST(jit_compiled_code_is_told_and_counted),
		HOST_TEST(jit_compiled_code_of_another_thread_is_not_this_threads),
		HOST_TEST(a_fault_after_long_native_times_is_not_native),
		HOST_TEST(more_thread_states_than_the_limit_are_unreadable_not_native),
		HOST_TEST(as_many_thread_states_as_the_limit_are_looked_through),
		HOST_TEST(a_state_that_user_space_found_is_used),
		HOST_TEST(a_state_found_for_another_thread_of_that_number_is_not_used),
		HOST_TEST(a_found_state_of_another_thread_id_gives_nobodys_stack),
		HOST_TEST(a_list_that_comes_back_to_itself_ends_at_the_limit),
		HOST_TEST(garbage_in_the_lists_is_unreadable),
		HOST_TEST(a_fault_during_the_search_is_unreadable_not_native),
	};
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[host_ntests(nbodies)];

	host_make_tests(bodies, nbodies, tests);
	return cmocka_run_group_tests_name("tstate", tests, NULL, NULL);
}
