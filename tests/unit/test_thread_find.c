/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/python/thread_find.c: the search through all thread states of a process, in user space. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "python/thread_find.h"
#include "support/host_bpf.h"

#define ID 0x7f00aaaa0000ULL

static int find(struct host_stage *stage, uint64_t id, uint64_t *tstate, uint64_t *interp)
{
	struct memory memory = fake_memory_of_process(stage->memory);

	return thread_find(&memory, &stage->python.target, id, tstate, interp);
}

static void the_thread_state_of_a_thread_is_found(void **state)
{
	struct host_stage *stage = *state;
	uint64_t wanted = fake_tstate(&stage->python, stage->interp, ID), tstate, interp;

	for (uint32_t i = 0; i < 2000; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	assert_int_equal(find(stage, ID, &tstate, &interp), 0);
	assert_true(tstate == wanted);
	assert_true(interp == stage->interp);
}

static void every_interpreter_is_looked_through(void **state)
{
	struct host_stage *stage = *state;
	uint64_t interps[40], tstate, interp;

	for (uint32_t i = 0; i < 40; i++)
		interps[i] = fake_interp(&stage->python);
	for (uint32_t i = 0; i < 40; i++) {
		uint64_t wanted = fake_tstate(&stage->python, interps[i], ID + i);

		assert_int_equal(find(stage, ID + i, &tstate, &interp), 0);
		assert_true(tstate == wanted);
		assert_true(interp == interps[i]);
	}
}

static void a_thread_without_a_state_is_not_found(void **state)
{
	struct host_stage *stage = *state;
	uint64_t tstate = 1, interp = 2;

	assert_int_equal(find(stage, ID, &tstate, &interp), -ENOENT);
	assert_true(tstate == 1 && interp == 2);
}

static void a_process_without_an_interpreter_has_none(void **state)
{
	struct host_stage *stage = *state;
	uint64_t tstate, interp;

	fake_memory_write_u64(stage->memory,
			      stage->python.target.runtime_addr +
				      stage->python.layout->runtime_interpreters_head,
			      0);
	assert_int_equal(find(stage, ID, &tstate, &interp), -ENOENT);
}

static void lists_that_come_back_to_themselves_end(void **state)
{
	struct host_stage *stage = *state;
	uint64_t tstate, interp, before = fake_memory_reads(stage->memory);

	fake_memory_write_u64(stage->memory, stage->tstate + stage->python.layout->tstate_next,
			      stage->tstate);
	assert_int_equal(find(stage, ID, &tstate, &interp), -ENOENT);
	assert_true(fake_memory_reads(stage->memory) - before <= 3 * THREAD_FIND_MAX);
	fake_memory_write_u64(stage->memory, stage->tstate + stage->python.layout->tstate_next, 0);
	fake_memory_write_u64(stage->memory, stage->interp + stage->python.layout->interp_next,
			      stage->interp);
	assert_int_equal(find(stage, ID, &tstate, &interp), -ENOENT);
}

static void every_fault_is_told(void **state)
{
	struct host_stage *stage = *state;
	uint64_t tstate = 1, interp = 2, before, reads;

	fake_tstate(&stage->python, fake_interp(&stage->python), 0x7f00bbbb0000);
	before = fake_memory_reads(stage->memory);
	assert_int_equal(find(stage, ID, &tstate, &interp), -ENOENT);
	reads = fake_memory_reads(stage->memory) - before;
	for (uint64_t n = 1; n <= reads; n++) {
		fake_memory_fail_read(stage->memory, n);
		assert_int_equal(find(stage, ID, &tstate, &interp), -EFAULT);
		assert_true(tstate == 1 && interp == 2);
	}
}

static void bpf_takes_the_state_that_is_found(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame frame = { .code = fake_function(&stage->python, "f") };
	const struct host_received *received;
	uint64_t tstate, interp;

	fake_run(&stage->python, stage->tstate, &frame, 1);
	for (uint32_t i = 0; i < 1000; i++)
		fake_tstate(&stage->python, stage->interp, 0x7f1100000000 + i * 0x1000ULL);
	host_tick(&stage->thread, 0);
	received = host_receive(NULL);
	assert_int_equal(received->nwanted, 1);
	assert_int_equal(find(stage, received->wanted.thread_id, &tstate, &interp), 0);
	stage->thread.has_found = true;
	stage->thread.found = (struct pbp_found_thread){
		.start_time = received->wanted.start_time,
		.target = received->wanted.target,
		.tstate_addr = tstate,
		.interp_addr = interp,
	};
	assert_int_equal(host_tick(&stage->thread, 0), PBP_STATUS_COMPLETE);
}

static void of_several_states_the_newest_is_found(void **state)
{
	struct host_stage *stage = *state;
	uint64_t newest, tstate, interp;

	fake_tstate(&stage->python, stage->interp, ID);
	newest = fake_tstate(&stage->python, stage->interp, ID);
	assert_int_equal(find(stage, ID, &tstate, &interp), 0);
	assert_true(tstate == newest);
}

/* Say which state its thread uses now. False: this version does not tell. */
static bool set_in_use(struct host_stage *stage, uint64_t tstate, bool in_use)
{
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t at = stage->python.target.current_tstate_addr;

	if (layout->tstate_status != PBP_ABSENT)
		fake_memory_write_u32(stage->memory, tstate + layout->tstate_status,
				      in_use ? 1U << layout->tstate_active_bit : 0);
	else if (at && in_use)
		fake_memory_write_u64(stage->memory, at, tstate);
	return layout->tstate_status != PBP_ABSENT || at;
}

static void of_several_states_one_with_a_frame_is_found(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame frame = { .code = fake_function(&stage->python, "f") };
	uint64_t older, newest, tstate, interp;

	older = fake_tstate(&stage->python, stage->interp, ID);
	newest = fake_tstate(&stage->python, fake_interp(&stage->python), ID);
	set_in_use(stage, older, false);
	set_in_use(stage, newest, true);
	fake_run(&stage->python, older, &frame, 1);
	assert_int_equal(find(stage, ID, &tstate, &interp), 0);
	assert_true(tstate == older);
	assert_true(interp == stage->interp);
}

static void of_several_states_with_frames_the_one_in_use_is_found(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame frame = { .code = fake_function(&stage->python, "f") };
	uint64_t older, newest, tstate, interp;
	bool told;

	older = fake_tstate(&stage->python, stage->interp, ID);
	newest = fake_tstate(&stage->python, fake_interp(&stage->python), ID);
	fake_run(&stage->python, older, &frame, 1);
	fake_run(&stage->python, newest, &frame, 1);
	set_in_use(stage, newest, false);
	told = set_in_use(stage, older, true);
	assert_int_equal(find(stage, ID, &tstate, &interp), 0);
	assert_true(tstate == (told ? older : newest));
}

int main(void)
{
	const struct host_test bodies[] = {
		HOST_TEST(the_thread_state_of_a_thread_is_found),
		HOST_TEST(every_interpreter_is_looked_through),
		HOST_TEST(a_thread_without_a_state_is_not_found),
		HOST_TEST(a_process_without_an_interpreter_has_none),
		HOST_TEST(lists_that_come_back_to_themselves_end),
		HOST_TEST(every_fault_is_told),
		HOST_TEST(bpf_takes_the_state_that_is_found),
		HOST_TEST(of_several_states_the_newest_is_found),
		HOST_TEST(of_several_states_one_with_a_frame_is_found),
		HOST_TEST(of_several_states_with_frames_the_one_in_use_is_found),
	};
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[host_ntests(nbodies)];

	host_make_tests(bodies, nbodies, tests);
	return cmocka_run_group_tests_name("thread_find", tests, NULL, NULL);
}
