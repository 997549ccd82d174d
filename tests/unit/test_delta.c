/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of bpf/delta.h on the host: how much of a stack need not be sent, and that the stack which the receiver
 * puts together is the one that was walked. The receiver is tests/support/host_bpf.c's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "support/host_bpf.h"

#define STACK_MAX 32

static const struct host_sample *receive(void)
{
	const struct host_received *received = host_receive(NULL);

	assert_int_equal(received->nsamples, 1);
	assert_true(received->sound);
	assert_true(received->announced);
	return &received->sample;
}

/*
 * Run the functions that the letters stand for, root first ('a' is the same function each time), on a CPU. Returns
 * how many frames were kept.
 */
static uint32_t tick_on(struct host_stage *stage, uint32_t cpu, const char *letters)
{
	static uint64_t codes[26];
	struct fake_frame frames[STACK_MAX] = { 0 };
	size_t count = strlen(letters);
	const struct host_sample *sample;

	if (!stage->python.ncodes)
		for (size_t i = 0; i < 26; i++)
			codes[i] = fake_function(&stage->python, "letter");
	for (size_t i = 0; i < count; i++)
		frames[count - 1 - i].code = codes[letters[i] - 'a'];
	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, frames, count);
	host_tick(&stage->thread, cpu);
	sample = receive();
	assert_int_equal(sample->head.status, PBP_STATUS_COMPLETE);
	assert_int_equal(sample->head.nframes, count);
	for (size_t i = 0; i < count; i++)
		assert_true(sample->frames[i] == fake_word(&frames[i]));
	return sample->head.nkept;
}

static void only_what_differs_from_the_last_stack_is_sent(void **state)
{
	struct host_stage *stage = *state;

	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	assert_int_equal(tick_on(stage, 0, "abc"), 3);
	assert_int_equal(tick_on(stage, 0, "abd"), 2);
	assert_int_equal(tick_on(stage, 0, "abdefgh"), 3);
	assert_int_equal(tick_on(stage, 0, "ab"), 2);
	assert_int_equal(tick_on(stage, 0, "xab"), 0);
	assert_int_equal(tick_on(stage, 0, "xxab"), 1);
	assert_int_equal(tick_on(stage, 0, "xxab"), 4);
	assert_int_equal(tick_on(stage, 0, "x"), 1);
}

static void cpus_do_not_know_one_another(void **state)
{
	struct host_stage *stage = *state;

	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	assert_int_equal(tick_on(stage, 1, "abd"), 0);
	assert_int_equal(tick_on(stage, 0, "abc"), 3);
	assert_int_equal(tick_on(stage, 1, "abc"), 2);
}

static void a_stack_without_frames_leaves_nothing_to_keep(void **state)
{
	struct host_stage *stage = *state;

	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	fake_stop(&stage->python, stage->tstate);
	assert_int_equal(host_tick(&stage->thread, 0), PBP_STATUS_NATIVE);
	assert_int_equal(receive()->head.nframes, 0);
	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	assert_int_equal(tick_on(stage, 0, "abc"), 3);
}

static void nothing_is_kept_of_another_process(void **state)
{
	struct host_stage *stage = *state;
	struct fake_memory *memory = fake_memory_new();
	struct fake_python other;
	struct host_thread thread;
	uint64_t tstate;
	struct fake_frame frame = { .instr = 0 };

	fake_python_init(&other, memory, stage->python.build, 2);
	tstate = fake_tstate(&other, fake_interp(&other), 0x7f0012345000);
	frame.code = fake_function(&other, "f");
	host_thread_init(&thread, &other, 9, 0x7f0012345000);
	fake_run(&other, tstate, &frame, 1);
	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	host_tick(&thread, 0);
	assert_int_equal(receive()->head.nkept, 0);
	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	fake_memory_free(memory);
}

/* What the ring had no room for is not what the next stack is compared with. */
static void a_lost_sample_does_not_count(void **state)
{
	struct host_stage *stage = *state;

	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	assert_int_equal(tick_on(stage, 0, "xyz"), 0);
	assert_int_equal(tick_on(stage, 0, "abc"), 0);
	settings.ring_bytes = 64;
	fake_stop(&stage->python, stage->tstate);
	host_tick(&stage->thread, 0);
	assert_int_equal(host_counter(PBP_COUNT_LOST), 1);
	assert_int_equal(host_receive(NULL)->nsamples, 0);
	settings.ring_bytes = HOST_RING_BYTES;
	assert_int_equal(tick_on(stage, 0, "abcd"), 3);
}

/* The root-most frame that could be read is not the root, yet equal words are equal words. */
static void incomplete_stacks_are_put_together_like_others(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame frames[STACK_MAX] = { 0 };
	const struct host_sample *sample;

	assert_int_equal(tick_on(stage, 0, "abcdefgh"), 0);
	for (size_t i = 0; i < STACK_MAX; i++)
		frames[i].code = fake_function(&stage->python, "f");
	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, frames, STACK_MAX);
	for (uint32_t depth = 1; depth < STACK_MAX; depth += 3) {
		settings.max_depth = depth;
		host_tick(&stage->thread, 0);
		sample = receive();
		assert_int_equal(sample->head.status, PBP_STATUS_TRUNCATED);
		assert_int_equal(sample->head.nframes, depth);
		for (size_t i = 0; i < depth; i++)
			assert_true(PBP_FRAME_CODE_ADDR(sample->frames[i]) == frames[i].code);
	}
}

static void the_deepest_stacks_are_compared_to_the_end(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = host_alloc(stage, PBP_DEPTH_MAX * sizeof(*frames));
	uint64_t code = fake_function(&stage->python, "recursive");
	const struct host_sample *sample;

	settings.max_depth = PBP_DEPTH_MAX;
	for (size_t i = 0; i < PBP_DEPTH_MAX; i++)
		frames[i].code = code;
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_MAX);
	host_tick(&stage->thread, 0);
	assert_int_equal(receive()->head.nkept, 0);
	host_tick(&stage->thread, 0);
	sample = receive();
	assert_int_equal(sample->head.nkept, PBP_DEPTH_MAX);
	assert_int_equal(sample->head.header.size, sizeof(struct pbp_sample));
	frames[0].instr = 5;
	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_MAX);
	host_tick(&stage->thread, 0);
	assert_int_equal(receive()->head.nkept, PBP_DEPTH_MAX - 1);
}

static void random_stacks_are_put_together_as_they_were(void **state)
{
	struct host_stage *stage = *state;
	char letters[STACK_MAX];

	for (int round = 0; round < 500; round++) {
		uint32_t count = 1 + fake_random(&stage->python, STACK_MAX - 2);

		for (uint32_t i = 0; i < count; i++)
			letters[i] = (char)('a' + fake_random(&stage->python, 2));
		letters[count] = '\0';
		tick_on(stage, fake_random(&stage->python, HOST_CPUS), letters);
	}
}

int main(void)
{
	const struct host_test bodies[] = {
		HOST_TEST(only_what_differs_from_the_last_stack_is_sent),
		HOST_TEST(cpus_do_not_know_one_another),
		HOST_TEST(a_stack_without_frames_leaves_nothing_to_keep),
		HOST_TEST(nothing_is_kept_of_another_process),
		HOST_TEST(a_lost_sample_does_not_count),
		HOST_TEST(incomplete_stacks_are_put_together_like_others),
		HOST_TEST(the_deepest_stacks_are_compared_to_the_end),
		HOST_TEST(random_stacks_are_put_together_as_they_were),
	};
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[host_ntests(nbodies)];

	host_make_tests(bodies, nbodies, tests);
	return cmocka_run_group_tests_name("delta", tests, NULL, NULL);
}
