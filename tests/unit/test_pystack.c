/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of bpf/pystack.h on the host: stacks made after every layout row, whole and broken in every way that a
 * running or lying process can break them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/host_bpf.h"

#define MANY 100

/* `count` frames, leaf first, each of a function of its own. */
static struct fake_frame *make_frames(struct host_stage *stage, size_t count)
{
	struct fake_frame *frames = host_alloc(stage, (count + 1) * sizeof(*frames));

	for (size_t i = 0; i < count; i++) {
		frames[i].code = fake_function(&stage->python, "function");
		frames[i].instr = (int32_t)(i % FAKE_INSTRUCTIONS);
	}
	return frames;
}

/* The same, all of one function: for stacks of which only the depth counts. */
static struct fake_frame *make_recursion(struct host_stage *stage, size_t count)
{
	struct fake_frame *frames = host_alloc(stage, (count + 1) * sizeof(*frames));
	uint64_t code = fake_function(&stage->python, "recursive");

	for (size_t i = 0; i < count; i++) {
		frames[i].code = code;
		frames[i].instr = (int32_t)(i % FAKE_INSTRUCTIONS);
	}
	return frames;
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

static void assert_complete(const struct host_sample *sample, const struct fake_frame *frames,
			    size_t count)
{
	assert_int_equal(sample->head.status, PBP_STATUS_COMPLETE);
	assert_int_equal(sample->head.reason, PBP_REASON_NONE);
	assert_frames(sample, frames, count);
}

static void assert_unreadable(const struct host_sample *sample, enum pbp_reason reason,
			      const struct fake_frame *frames, size_t count)
{
	assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
	assert_int_equal(sample->head.reason, reason);
	assert_frames(sample, frames, count);
}

static bool has_shims(const struct host_stage *stage)
{
	return stage->python.layout->frame_entry_kind == PBP_ENTRY_SHIM;
}

static bool has_cframes(const struct host_stage *stage)
{
	return fake_has_cframes(&stage->python);
}

static void an_ordinary_stack_is_read_from_leaf_to_root(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 6);
	const struct host_sample *sample;

	frames[1].generator = true;
	frames[2].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, 6);
	sample = tick(stage);
	assert_complete(sample, frames, 6);
	assert_int_equal(sample->head.target, 1);
	assert_int_equal(sample->head.tid, 4242);
	assert_complete(tick(stage), frames, 6);
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), 0);
	assert_int_equal(host_counter(PBP_COUNT_REPAIRED), 0);
}

static void a_single_frame_is_a_stack(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 1);

	fake_run(&stage->python, stage->tstate, frames, 1);
	assert_complete(tick(stage), frames, 1);
}

static void a_frame_that_has_not_started_has_no_instruction(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 3);

	frames[0].instr = FAKE_NOT_STARTED;
	fake_run(&stage->python, stage->tstate, frames, 3);
	assert_complete(tick(stage), frames, 3);
}

static void an_instruction_is_exact_as_long_as_it_fits(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 4);
	const struct host_sample *sample;

	frames[0].instr = PBP_FRAME_INSTR_MASK - 1;
	frames[1].instr = PBP_FRAME_INSTR_MASK; /* stands for none */
	frames[2].instr = PBP_FRAME_INSTR_MASK + 1;
	frames[3].instr = 1 << 28;
	fake_run(&stage->python, stage->tstate, frames, 4);
	sample = tick(stage);
	frames[2].instr = frames[3].instr = FAKE_NOT_STARTED;
	assert_complete(sample, frames, 4);
}

static void a_stack_of_frames_that_c_entered_is_read_whole(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, MANY);

	for (size_t i = 0; i < MANY; i++)
		frames[i].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, MANY);
	assert_complete(tick(stage), frames, MANY);
	assert_complete(tick(stage), frames, MANY);
}

static void frames_of_generators_lie_elsewhere_and_are_read_alike(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, MANY);

	for (size_t i = 0; i < MANY; i++) {
		frames[i].generator = fake_random(&stage->python, 2);
		frames[i].from_c = fake_random(&stage->python, 4) == 0;
	}
	fake_run(&stage->python, stage->tstate, frames, MANY);
	assert_complete(tick(stage), frames, MANY);
	assert_complete(tick(stage), frames, MANY);
}

/* With _PyCFrames each shim has its own, so two in a row are not had there. */
static void two_shims_in_a_row_are_both_skipped(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 4);
	const struct fake_frame shim = { .code = stage->python.no_code };
	uint64_t second =
		stage->python.c_stack - 0x4000; /* between frames[1]'s own and frames[2] */

	if (!has_shims(stage) || has_cframes(stage))
		return;
	frames[1].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, 4);
	fake_memory_map(stage->memory, second, FAKE_PAGE);
	fake_write_frame(&stage->python, second, &shim, frames[2].addr);
	fake_memory_write_u8(stage->memory, second + stage->python.layout->frame_owner,
			     (uint8_t)stage->python.layout->frame_shim_owner);
	fake_set_previous(&stage->python, frames[1].shim_addr, second);
	assert_complete(tick(stage), frames, 4);
}

static void a_thread_that_stands_on_a_shim_has_the_stack_of_its_caller(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 3);

	frames[0].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, 3);
	if (!has_shims(stage))
		return;
	fake_set_leaf(&stage->python, stage->tstate, frames[0].shim_addr);
	assert_complete(tick(stage), frames + 1, 2);
	fake_set_leaf(&stage->python, stage->tstate, frames[0].addr);
	assert_complete(tick(stage), frames, 3);
}

static void a_thread_with_nothing_but_a_shim_is_native(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 1);

	fake_run(&stage->python, stage->tstate, frames, 1);
	if (has_shims(stage)) {
		fake_set_leaf(&stage->python, stage->tstate, frames[0].shim_addr);
		assert_int_equal(tick(stage)->head.status, PBP_STATUS_NATIVE);
	}
}

/* Owners above a shim's (other frames of the C stack, 3.14) are no Python frames either. */
static void frames_of_any_owner_above_a_shims_are_skipped(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 5);
	const struct pbp_layout *layout = stage->python.layout;

	frames[1].from_c = frames[3].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, 5);
	for (unsigned owner = layout->frame_shim_owner; has_shims(stage) && owner < 256; owner++) {
		fake_memory_write_u8(stage->memory, frames[3].shim_addr + layout->frame_owner,
				     (uint8_t)owner);
		assert_complete(tick(stage), frames, 5);
	}
}

/* Threads', generators', frame objects': the frame is a Python frame. */
static void frames_of_any_owner_below_a_shims_are_shown(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 5);
	const struct pbp_layout *layout = stage->python.layout;

	fake_run(&stage->python, stage->tstate, frames, 5);
	for (unsigned owner = 0; has_shims(stage) && owner < layout->frame_shim_owner; owner++) {
		fake_memory_write_u8(stage->memory, frames[2].addr + layout->frame_owner,
				     (uint8_t)owner);
		assert_complete(tick(stage), frames, 5);
	}
}

/* From 3.14 on two bits of a reference say how it is counted. */
static void the_tag_of_a_code_pointer_is_no_part_of_it(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 4);
	const uint32_t mask = stage->python.layout->frame_code_tag;

	fake_run(&stage->python, stage->tstate, frames, 4);
	for (uint32_t tag = 0; tag <= 3; tag++) {
		fake_set_code(&stage->python, frames[1].addr, frames[1].code | (tag & mask));
		fake_set_code(&stage->python, frames[2].addr, frames[2].code | (~tag & mask));
		assert_complete(tick(stage), frames, 4);
	}
}

/* Of 3.15: each thread state has a frame of its own, and nothing else while it runs no Python code. */
static void a_thread_on_its_base_frame_is_native(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 3);

	for (int round = 0; round < 3; round++) {
		fake_stop(&stage->python, stage->tstate);
		fake_use(&stage->python, stage->tstate);
		assert_int_equal(tick(stage)->head.status, PBP_STATUS_NATIVE);
		fake_rewind(&stage->python);
		fake_run(&stage->python, stage->tstate, frames, 3);
		assert_complete(tick(stage), frames, 3);
	}
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), 0);
}

/* Free-threaded from 3.14 on: each thread may run a copy of the bytecode of its own. */
static void an_instruction_is_that_of_the_copy_that_the_frame_runs(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 60);

	for (size_t i = 0; i < 60; i++) {
		frames[i].tlbc_index = fake_random(&stage->python, FAKE_TLBC_UNMADE);
		frames[i].from_c = fake_random(&stage->python, 4) == 0;
		frames[i].generator = fake_random(&stage->python, 4) == 0;
	}
	frames[0].instr = FAKE_NOT_STARTED;
	frames[0].tlbc_index = 1;
	frames[1].instr = FAKE_NOT_STARTED;
	frames[2].instr = FAKE_INSTRUCTIONS - 1;
	frames[2].tlbc_index = 2;
	fake_run(&stage->python, stage->tstate, frames, 60);
	/* The second time every code object is known, and the loop does not stop for it. */
	assert_complete(tick(stage), frames, 60);
	assert_complete(tick(stage), frames, 60);
	for (uint32_t depth = 1; depth < 60; depth++) {
		settings.max_depth = depth;
		assert_frames(tick(stage), frames, depth);
	}
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), 0);
}

static void the_deepest_stack_of_copied_bytecode_is_complete(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_recursion(stage, PBP_DEPTH_MAX + 1);
	const struct host_sample *sample;

	settings.max_depth = PBP_DEPTH_MAX;
	for (size_t i = 0; i <= PBP_DEPTH_MAX; i++) {
		frames[i].tlbc_index = 1 + i % 2;
		frames[i].from_c = true;
	}
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_MAX);
	assert_complete(tick(stage), frames, PBP_DEPTH_MAX);
	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_MAX + 1);
	sample = tick(stage);
	assert_int_equal(sample->head.status, PBP_STATUS_TRUNCATED);
	assert_frames(sample, frames, PBP_DEPTH_MAX);
}

/* The frame whose copy cannot be had may be shown without an instruction, never with a wrong one. */
static void assert_unreadable_copy(struct host_stage *stage, const struct fake_frame *frames,
				   size_t broken)
{
	for (int again = 0; again < 2; again++) {
		const struct host_sample *sample = tick(stage);
		uint64_t leaf = sample->frames[sample->head.nframes - 1];

		assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
		assert_int_not_equal(sample->head.reason, PBP_REASON_NONE);
		assert_true(sample->head.nframes == broken || sample->head.nframes == broken + 1);
		for (size_t i = 0; i < broken; i++)
			assert_true(sample->frames[i] == fake_word(&frames[i]));
		if (sample->head.nframes == broken + 1) {
			assert_true(PBP_FRAME_CODE_ADDR(leaf) == frames[broken].code);
			assert_true((leaf & PBP_FRAME_INSTR_MASK) == PBP_FRAME_NO_INSTR);
		}
	}
}

static void a_copy_that_cannot_be_had_never_makes_a_wrong_line(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	struct fake_frame *frames = make_frames(stage, 6);
	const uint32_t indexes[] = { FAKE_TLBC_COPIES, FAKE_TLBC_COPIES + 1, 1U << 28, 1U << 31,
				     UINT32_MAX };
	uint64_t at, copies;

	if (!fake_has_tlbc(&stage->python))
		return;
	frames[3].tlbc_index = 1;
	fake_run(&stage->python, stage->tstate, frames, 6);
	at = frames[3].addr + layout->frame_tlbc_index;
	copies = fake_tlbc(&stage->python, frames[3].code);
	/* Out of range. */
	for (size_t i = 0; i < sizeof(indexes) / sizeof(*indexes); i++) {
		fake_memory_write_u32(stage->memory, at, indexes[i]);
		assert_unreadable_copy(stage, frames, 3);
	}
	/* In range, because the count is garbage. */
	fake_memory_write_u64(stage->memory, copies, UINT64_MAX);
	for (size_t i = 2; i < sizeof(indexes) / sizeof(*indexes); i++) {
		fake_memory_write_u32(stage->memory, at, indexes[i]);
		assert_unreadable_copy(stage, frames, 3);
	}
	/* The array is not to be had. */
	fake_memory_write_u32(stage->memory, at, 1);
	assert_complete(tick(stage), frames, 6);
	fake_memory_write_u64(stage->memory, copies, 0);
	assert_unreadable_copy(stage, frames, 3);
	fake_memory_write_u64(stage->memory, copies, FAKE_TLBC_COPIES);
	for (uint64_t garbage = 0; garbage < 4; garbage++) {
		const uint64_t addrs[] = { 0, 8, 0x7f00dead0000, 0xffff888000001000 };

		fake_memory_write_u64(stage->memory, frames[3].code + layout->code_tlbc,
				      addrs[garbage]);
		assert_unreadable_copy(stage, frames, 3);
	}
	fake_memory_write_u64(stage->memory, frames[3].code + layout->code_tlbc, copies);
	assert_complete(tick(stage), frames, 6);
}

/* An entry that is 0 or garbage gives no instruction. */
static void a_copy_that_is_not_made_yet_gives_no_instruction(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	struct fake_frame *frames = make_frames(stage, 4);
	const uint64_t garbage[] = { 0, 8, 0x7fff00000000, 1ULL << 63, UINT64_MAX };
	const struct host_sample *sample;

	if (!fake_has_tlbc(&stage->python))
		return;
	frames[1].tlbc_index = 1;
	fake_run(&stage->python, stage->tstate, frames, 4);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		fake_memory_write_u64(stage->memory,
				      fake_tlbc(&stage->python, frames[1].code) +
					      layout->tlbc_entries + 8,
				      garbage[i]);
		sample = tick(stage);
		frames[1].instr = FAKE_NOT_STARTED;
		assert_complete(sample, frames, 4);
	}
}

static void a_stack_of_max_depth_frames_is_complete(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 20);

	frames[7].from_c = true;
	settings.max_depth = 20;
	fake_run(&stage->python, stage->tstate, frames, 20);
	assert_complete(tick(stage), frames, 20);
	settings.max_depth = 1;
	fake_run(&stage->python, stage->tstate, frames + 19, 1);
	assert_complete(tick(stage), frames + 19, 1);
}

static void a_deeper_stack_has_its_leaf_most_frames(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 50);
	const uint32_t depths[] = { 1, 2, 15, 16, 17, 33, 49 };
	const struct host_sample *sample;

	for (size_t i = 0; i < 50; i += 3)
		frames[i].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, 50);
	for (size_t i = 0; i < sizeof(depths) / sizeof(*depths); i++) {
		settings.max_depth = depths[i];
		sample = tick(stage);
		assert_int_equal(sample->head.status, PBP_STATUS_TRUNCATED);
		assert_int_equal(sample->head.reason, PBP_REASON_NONE);
		assert_frames(sample, frames, depths[i]);
	}
}

static void the_deepest_stack_that_can_be_asked_for_is_complete(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_recursion(stage, PBP_DEPTH_MAX + 1);
	const struct host_sample *sample;

	settings.max_depth = PBP_DEPTH_MAX;
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_MAX);
	assert_complete(tick(stage), frames, PBP_DEPTH_MAX);
	frames[PBP_DEPTH_MAX - 1].from_c = false; /* it was the root */
	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_MAX + 1);
	sample = tick(stage);
	assert_int_equal(sample->head.status, PBP_STATUS_TRUNCATED);
	assert_frames(sample, frames, PBP_DEPTH_MAX);
}

static void the_deepest_stack_is_complete_though_c_entered_each_frame(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_recursion(stage, PBP_DEPTH_MAX);

	settings.max_depth = PBP_DEPTH_MAX;
	for (size_t i = 0; i < PBP_DEPTH_MAX; i++)
		frames[i].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_MAX);
	assert_complete(tick(stage), frames, PBP_DEPTH_MAX);
}

/* As deep as by default, the worst for windows: each frame is a generator's that C entered. */
static void a_stack_as_deep_as_by_default_is_complete_wherever_its_frames_lie(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_recursion(stage, PBP_DEPTH_DEFAULT);

	for (size_t i = 0; i < PBP_DEPTH_DEFAULT; i++) {
		frames[i].from_c = true;
		frames[i].generator = i % 2;
	}
	fake_run(&stage->python, stage->tstate, frames, PBP_DEPTH_DEFAULT);
	assert_complete(tick(stage), frames, PBP_DEPTH_DEFAULT);
}

/* A stack of `length` frames whose root returns to its leaf, below `above` proper ones. */
static void check_cycle(struct host_stage *stage, size_t above, size_t length)
{
	struct fake_frame *frames = make_recursion(stage, above + length);
	const struct host_sample *sample;

	/* An entry near the leaf, so that 3.11 and 3.12 take the frame pointer for sound. */
	if (above)
		frames[0].from_c = true;
	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, frames, above + length);
	fake_set_previous(&stage->python,
			  frames[above + length - 1].shim_addr
				  ? frames[above + length - 1].shim_addr
				  : frames[above + length - 1].addr,
			  frames[above].addr);
	sample = tick(stage);
	if (sample->head.status != PBP_STATUS_UNREADABLE)
		print_message("a cycle of %zu frames below %zu: status %d, %u frames\n", length,
			      above, sample->head.status, sample->head.nframes);
	assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
	assert_int_equal(sample->head.reason, PBP_REASON_CYCLE);
	assert_true(sample->head.nframes >= above);
}

static void a_cycle_of_frames_is_unreadable(void **state)
{
	const size_t lengths[] = { 1, 2, 3, 15, 16, 17, 100 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		check_cycle(*state, 1, lengths[i]);
		check_cycle(*state, 40, lengths[i]);
	}
}

static void a_cycle_of_any_length_is_told_from_a_deep_stack(void **state)
{
	for (size_t length = 1; length <= 200; length++)
		check_cycle(*state, 5, length);
}

/* The whole stack is a cycle, and nothing in it says where it was entered. */
static void a_stack_that_is_nothing_but_a_cycle_is_not_complete(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 3);
	const struct host_sample *sample;

	fake_run(&stage->python, stage->tstate, frames, 3);
	fake_set_previous(&stage->python, frames[1].addr, frames[0].addr);
	sample = tick(stage);
	assert_int_not_equal(sample->head.status, PBP_STATUS_COMPLETE);
	assert_int_not_equal(sample->head.status, PBP_STATUS_TRUNCATED);
}

/* 0 in the middle. Up to 3.10 nothing tells it from the root, and later greenlet's roots have no shim. */
static void a_chain_that_ends_before_an_entry_from_c_has_no_root(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 6);
	const struct {
		int32_t instr;
		bool generator, greenlet;
	} lasts[] = {
		{ 5, false, true }, { 0, false, false }, { FAKE_NOT_STARTED, false, false },
		{ 5, true, false }, { 0, true, false },
	};

	frames[1].from_c = true;
	for (size_t i = 0; i < sizeof(lasts) / sizeof(*lasts); i++) {
		frames[3].instr = lasts[i].instr;
		frames[3].generator = lasts[i].generator;
		fake_rewind(&stage->python);
		fake_run(&stage->python, stage->tstate, frames, 6);
		fake_set_previous(&stage->python, frames[3].addr, 0);
		if (stage->python.layout->frame_entry_kind == PBP_ENTRY_ALWAYS ||
		    (has_shims(stage) && lasts[i].greenlet))
			assert_complete(tick(stage), frames, 4);
		else
			assert_unreadable(tick(stage), PBP_REASON_NO_ROOT, frames, 4);
	}
}

/* A generator that is just being resumed is linked to its caller last (3.12), in a thread that runs Python code. */
static void a_frame_that_is_not_linked_yet_is_unreadable_not_native(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 4);

	frames[0].generator = true;
	fake_run(&stage->python, stage->tstate, frames, 4);
	fake_set_previous(&stage->python, frames[0].addr, 0);
	if (stage->python.layout->frame_entry_kind == PBP_ENTRY_ALWAYS)
		assert_complete(tick(stage), frames, 1);
	else /* where registers may help (test_repair.c), a frame that is no part of a chain is not shown */
		assert_unreadable(tick(stage), PBP_REASON_NO_ROOT, frames,
				  has_cframes(stage) ? 0 : 1);
}

static void a_code_pointer_to_something_else_ends_the_stack(void **state)
{
	struct host_stage *stage = *state;
	const uint64_t garbage[] = {
		stage->python.no_code, 0,	  8, stage->tstate, 0x7fffdeadbee8,
		0xffff888000001000,    UINT64_MAX
	};
	struct fake_frame *frames = make_frames(stage, 6);

	frames[0].from_c = true;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		const struct host_sample *sample;

		fake_rewind(&stage->python);
		fake_run(&stage->python, stage->tstate, frames, 6);
		fake_set_code(&stage->python, frames[3].addr, garbage[i]);
		sample = tick(stage);
		assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
		assert_int_equal(sample->head.reason,
				 i == 0 || garbage[i] < 0x1000 || garbage[i] == stage->tstate
					 ? PBP_REASON_NOT_CODE
					 : PBP_REASON_NOT_RESIDENT);
		assert_frames(sample, frames, 3);
	}
}

static void a_frame_pointer_to_nowhere_ends_the_stack(void **state)
{
	struct host_stage *stage = *state;
	static const struct {
		uint64_t addr;
		enum pbp_reason reason;
	} garbage[] = {
		/* No pointers. */
		{ 0x10, PBP_REASON_NOT_CODE },
		{ 0xff8, PBP_REASON_NOT_CODE },
		{ 0x7fffffffe001, PBP_REASON_NOT_CODE },
		{ 0x800000000000, PBP_REASON_NOT_CODE },
		{ 0x0000fffffffffff8, PBP_REASON_NOT_CODE },
		{ 0xffff888000001000, PBP_REASON_NOT_CODE },
		{ UINT64_MAX - 7, PBP_REASON_NOT_CODE },
		{ UINT64_MAX, PBP_REASON_NOT_CODE },
		/* Pointers to what may have been swapped out. */
		{ 0x1000, PBP_REASON_NOT_RESIDENT },
		{ 0x7ffffffffff8, PBP_REASON_NOT_RESIDENT },
		{ 0x7f00dead0000, PBP_REASON_NOT_RESIDENT },
	};
	struct fake_frame *frames = make_frames(stage, 6);

	frames[0].from_c = true;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		fake_rewind(&stage->python);
		fake_run(&stage->python, stage->tstate, frames, 6);
		fake_set_previous(&stage->python, frames[2].addr, garbage[i].addr);
		assert_unreadable(tick(stage), garbage[i].reason, frames, 3);
	}
}

static void a_frame_pointer_beside_a_frame_never_makes_a_complete_stack(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 6);

	frames[0].from_c = true;
	for (uint64_t off = 1; off < 64; off++) {
		const struct host_sample *sample;

		fake_rewind(&stage->python);
		fake_run(&stage->python, stage->tstate, frames, 6);
		fake_set_previous(&stage->python, frames[2].addr, frames[3].addr + off);
		sample = tick(stage);
		assert_int_equal(sample->head.status, PBP_STATUS_UNREADABLE);
		assert_int_not_equal(sample->head.reason, PBP_REASON_NONE);
		/* It may look like a shim: what called frames[2] is not known. */
		assert_int_equal(sample->head.nframes, 3);
		for (size_t i = 0; i < 3; i++)
			assert_true(((sample->frames[i] ^ fake_word(&frames[i])) &
				     ~PBP_FRAME_FROM_C) == 0);
	}
}

/* Frames at every place of a page's end, with and without the next page. */
static void a_frame_may_reach_over_the_end_of_its_page(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 40);
	uint64_t base = stage->python.stack - stage->python.stack % FAKE_PAGE;

	frames[0].from_c = true;
	for (uint64_t back = 8; back <= stage->python.layout->frame_size + 8; back += 8) {
		base += 8 * FAKE_PAGE;
		stage->python.stack = base - back;
		fake_run(&stage->python, stage->tstate, frames, 40);
		assert_complete(tick(stage), frames, 40);
	}
	/* The page that only the root's end lies in is gone. */
	for (uint64_t back = 8; back < stage->python.layout->frame_size; back += 8) {
		struct fake_frame *root = &frames[39];

		base += 8 * FAKE_PAGE;
		stage->python.stack = base - back;
		fake_run(&stage->python, stage->tstate, root, 1);
		stage->python.stack = base + 4 * FAKE_PAGE;
		fake_memory_unmap(stage->memory, base, FAKE_PAGE);
		fake_run(&stage->python, stage->tstate, frames, 39);
		fake_set_previous(&stage->python,
				  frames[38].shim_addr ? frames[38].shim_addr : frames[38].addr,
				  root->addr);
		assert_unreadable(tick(stage), PBP_REASON_NOT_RESIDENT, frames, 39);
	}
}

/* How many frames, from the leaf on, lie in pages that can be read; `page` is the one that cannot. */
static size_t frames_before(const struct host_stage *stage, const struct fake_frame *frames,
			    size_t count, uint64_t page)
{
	for (size_t i = 0; i < count; i++)
		if (frames[i].addr < page + FAKE_PAGE &&
		    frames[i].addr + stage->python.layout->frame_size > page)
			return i;
	return count;
}

static void a_page_that_is_not_in_memory_ends_the_stack(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, MANY);
	uint64_t first, last;

	frames[0].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, MANY);
	first = frames[MANY - 1].addr / FAKE_PAGE * FAKE_PAGE;
	last = frames[0].addr / FAKE_PAGE * FAKE_PAGE;
	assert_true(last - first >= 2 * FAKE_PAGE);
	for (uint64_t page = first; page < last; page += FAKE_PAGE) {
		size_t readable = frames_before(stage, frames, MANY, page);

		fake_memory_evict(stage->memory, page, FAKE_PAGE);
		assert_unreadable(tick(stage), PBP_REASON_NOT_RESIDENT, frames, readable);
		fake_memory_bring_in(stage->memory, page, FAKE_PAGE);
		assert_complete(tick(stage), frames, MANY);
	}
}

/* Only frames lie in a thread's chunk, so what is between them is read with them. */
static void one_read_takes_in_a_page_of_frames(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_recursion(stage, 300);
	uint64_t bytes, before;

	fake_run(&stage->python, stage->tstate, frames, 300);
	bytes = frames[0].addr - frames[299].addr;
	tick(stage);
	before = host_counter(PBP_COUNT_WINDOWS);
	assert_complete(tick(stage), frames, 300);
	/* And for some of the frames that reach over a page's end, and the base frame (3.15), one more. */
	assert_true(host_counter(PBP_COUNT_WINDOWS) - before <= bytes * 9 / 8 / FAKE_PAGE + 4);
	assert_int_equal(host_counter(PBP_COUNT_SINGLE_READS), 0);
}

static void one_read_takes_in_the_shims_of_a_page(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_recursion(stage, 300);
	uint64_t pages, before;

	for (size_t i = 0; i < 300; i++)
		frames[i].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, 300);
	if (has_shims(stage)) {
		pages = (frames[0].addr - frames[299].addr) / FAKE_PAGE +
			(frames[299].shim_addr - frames[0].shim_addr) / FAKE_PAGE;
		tick(stage);
		before = host_counter(PBP_COUNT_WINDOWS);
		assert_complete(tick(stage), frames, 300);
		assert_true(host_counter(PBP_COUNT_WINDOWS) - before <= pages + pages / 4 + 6);
	}
}

/* Are these the sample's frames, from the leaf or from where the C-level caller's evaluation stood? */
static bool is_part_of(const struct host_sample *sample, const struct fake_frame *frames,
		       size_t count)
{
	if (sample->head.nframes > count)
		return false;
	for (size_t i = 0; i < sample->head.nframes; i++)
		if (sample->frames[i] != fake_word(&frames[i]))
			return false;
	return true;
}

/*
 * Whatever read fails, the sample says so, and has no frame that is not the thread's. `outer` is the first frame of
 * the caller's evaluation, to which 3.11 and 3.12 may fall back when the leaf cannot be read.
 */
static void check_fault(struct host_stage *stage, const struct fake_frame *frames, size_t count,
			size_t outer, uint64_t n)
{
	uint64_t faults = host_counter(PBP_COUNT_FAULTS), repaired;
	const struct host_sample *sample;

	repaired = host_counter(PBP_COUNT_REPAIRED);
	fake_memory_fail_read(stage->memory, n);
	sample = tick(stage);
	fake_memory_fail_read(stage->memory, 0);
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), faults + 1);
	switch ((enum pbp_status)sample->head.status) {
	case PBP_STATUS_COMPLETE:
		if (host_counter(PBP_COUNT_REPAIRED) > repaired) {
			frames += outer;
			count -= outer;
		}
		assert_complete(sample, frames, count);
		break;
	case PBP_STATUS_UNREADABLE:
		assert_int_not_equal(sample->head.reason, PBP_REASON_NONE);
		assert_true(is_part_of(sample, frames, count) ||
			    is_part_of(sample, frames + outer, count - outer));
		break;
	case PBP_STATUS_NATIVE:
	case PBP_STATUS_TRUNCATED:
	case PBP_STATUS_NOT_RECOGNISED:
	case PBP_STATUS_MAX:
		print_message("read %llu: status %d\n", (unsigned long long)n, sample->head.status);
		fail();
	}
}

static void check_faults(struct host_stage *stage, struct fake_frame *frames, size_t count,
			 size_t outer)
{
	uint64_t before = fake_memory_reads(stage->memory), reads;

	assert_complete(tick(stage), frames, count);
	reads = fake_memory_reads(stage->memory) - before;
	for (uint64_t n = 1; n <= reads; n++) {
		/* The first tick of all. */
		host_reset();
		host_thread_init(&stage->thread, &stage->python, 4242, stage->thread.thread_id);
		check_fault(stage, frames, count, outer, n);
		/* It mends itself. */
		assert_complete(tick(stage), frames, count);
		assert_complete(tick(stage), frames, count);
	}
	before = fake_memory_reads(stage->memory);
	tick(stage);
	reads = fake_memory_reads(stage->memory) - before;
	for (uint64_t n = 1; n <= reads; n++) {
		check_fault(stage, frames, count, outer, n);
		assert_complete(tick(stage), frames, count);
	}
}

static void a_fault_at_any_read_never_makes_a_wrong_stack(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 8);

	frames[1].generator = true;
	frames[2].from_c = true; /* frames[3] is current in the caller's evaluation */
	frames[5].from_c = true;
	frames[3].tlbc_index = frames[7].tlbc_index = 2;
	fake_run(&stage->python, stage->tstate, frames, 8);
	check_faults(stage, frames, 8, 3);
}

/* Without an inner entry 3.11 and 3.12 have nothing to fall back to. */
static void a_fault_in_a_stack_of_one_evaluation_is_unreadable_not_native(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 4);

	fake_run(&stage->python, stage->tstate, frames, 4);
	check_faults(stage, frames, 4, 0);
}

/* 300 stacks of all shapes, each ticked twice. */
static void random_stacks_are_read_as_they_are(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *pool = make_frames(stage, 50), frames[200];

	for (int round = 0; round < 300; round++) {
		size_t count = 1 + fake_random(&stage->python, round % 10 ? 30 : 200);

		fake_rewind(&stage->python);
		for (size_t i = 0; i < count; i++) {
			frames[i] = pool[fake_random(&stage->python, 50)];
			frames[i].instr = (int32_t)fake_random(&stage->python, 1000) - 1;
			frames[i].from_c = fake_random(&stage->python, 5) == 0;
			frames[i].generator = fake_random(&stage->python, 8) == 0;
			frames[i].tlbc_index = fake_random(&stage->python, FAKE_TLBC_UNMADE);
		}
		fake_run(&stage->python, stage->tstate, frames, count);
		assert_complete(tick(stage), frames, count);
		assert_complete(tick(stage), frames, count);
	}
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), 0);
}

/* Words of the frames and the C stack, one after the other, turned into garbage. */
static void a_garbled_word_never_makes_a_wrong_complete_stack_of_another_shape(void **state)
{
	struct host_stage *stage = *state;
	struct fake_frame *frames = make_frames(stage, 6);
	uint64_t start, end;

	frames[2].from_c = true;
	fake_run(&stage->python, stage->tstate, frames, 6);
	tick(stage);
	start = frames[5].addr;
	end = frames[0].addr + stage->python.layout->frame_size;
	for (uint64_t addr = start & ~7ULL; addr + 8 <= end; addr += 8) {
		uint64_t was = fake_memory_load_u64(stage->memory, addr);
		const struct host_sample *sample;

		fake_memory_write_u64(stage->memory, addr, was ^ 0x5a5a5a5a5a5a5a5aULL);
		sample = tick(stage);
		/* A garbled instruction shows as none; every code object on the stack still is the right one. */
		for (size_t i = 0; i < sample->head.nframes; i++) {
			uint64_t code = PBP_FRAME_CODE_ADDR(sample->frames[i]);
			bool right = false;

			for (size_t j = 0; j < 6; j++)
				right |= code == frames[j].code;
			assert_true(right);
		}
		if (sample->head.status == PBP_STATUS_UNREADABLE)
			assert_int_not_equal(sample->head.reason, PBP_REASON_NONE);
		fake_memory_write_u64(stage->memory, addr, was);
	}
	assert_complete(tick(stage), frames, 6);
}

int main(void)
{
	const struct host_test bodies[] = {
		HOST_TEST(an_ordinary_stack_is_read_from_leaf_to_root),
		HOST_TEST(a_single_frame_is_a_stack),
		HOST_TEST(a_frame_that_has_not_started_has_no_instruction),
		HOST_TEST(an_instruction_is_exact_as_long_as_it_fits),
		HOST_TEST(a_stack_of_frames_that_c_entered_is_read_whole),
		HOST_TEST(frames_of_generators_lie_elsewhere_and_are_read_alike),
		HOST_TEST(two_shims_in_a_row_are_both_skipped),
		HOST_TEST(a_thread_that_stands_on_a_shim_has_the_stack_of_its_caller),
		HOST_TEST(a_thread_with_nothing_but_a_shim_is_native),
		HOST_TEST(frames_of_any_owner_above_a_shims_are_skipped),
		HOST_TEST(frames_of_any_owner_below_a_shims_are_shown),
		HOST_TEST(the_tag_of_a_code_pointer_is_no_part_of_it),
		HOST_TEST(a_thread_on_its_base_frame_is_native),
		HOST_TEST(an_instruction_is_that_of_the_copy_that_the_frame_runs),
		HOST_TEST(the_deepest_stack_of_copied_bytecode_is_complete),
		HOST_TEST(a_copy_that_cannot_be_had_never_makes_a_wrong_line),
		HOST_TEST(a_copy_that_is_not_made_yet_gives_no_instruction),
		HOST_TEST(a_stack_of_max_depth_frames_is_complete),
		HOST_TEST(a_deeper_stack_has_its_leaf_most_frames),
		HOST_TEST(the_deepest_stack_that_can_be_asked_for_is_complete),
		HOST_TEST(the_deepest_stack_is_complete_though_c_entered_each_frame),
		HOST_TEST(a_stack_as_deep_as_by_default_is_complete_wherever_its_frames_lie),
		HOST_TEST(a_cycle_of_frames_is_unreadable),
		HOST_TEST(a_cycle_of_any_length_is_told_from_a_deep_stack),
		HOST_TEST(a_stack_that_is_nothing_but_a_cycle_is_not_complete),
		HOST_TEST(a_chain_that_ends_before_an_entry_from_c_has_no_root),
		HOST_TEST(a_frame_that_is_not_linked_yet_is_unreadable_not_native),
		HOST_TEST(a_code_pointer_to_something_else_ends_the_stack),
		HOST_TEST(a_frame_pointer_to_nowhere_ends_the_stack),
		HOST_TEST(a_frame_pointer_beside_a_frame_never_makes_a_complete_stack),
		HOST_TEST(a_frame_may_reach_over_the_end_of_its_page),
		HOST_TEST(a_page_that_is_not_in_memory_ends_the_stack),
		HOST_TEST(one_read_takes_in_a_page_of_frames),
		HOST_TEST(one_read_takes_in_the_shims_of_a_page),
		HOST_TEST(a_fault_at_any_read_never_makes_a_wrong_stack),
		HOST_TEST(a_fault_in_a_stack_of_one_evaluation_is_unreadable_not_native),
		HOST_TEST(random_stacks_are_read_as_they_are),
		HOST_TEST(a_garbled_word_never_makes_a_wrong_complete_stack_of_another_shape),
	};
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[host_ntests(nbodies)];

	host_make_tests(bodies, nbodies, tests);
	return cmocka_run_group_tests_name("pystack", tests, NULL, NULL);
}
