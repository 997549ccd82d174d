/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/python/debug_offsets.c: the block of CPython 3.13.0, then with one entry broken at a time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "python/debug_offsets.h"
#include "python/layout.h"

#define HEXVERSION 0x030d00f0U
#define BLOCK_SIZE 584

/* The block of 3.13.0, x86-64, as readelf shows it in section .PyRuntime, in 8-byte words behind the cookie. */
static const uint64_t words_3_13_0[] = {
	HEXVERSION, 0,	 283320, 608, 632,  194968, 7272, 7264, 7344, 7400, 7656, 7640,
	7648,	    16,	 7752,	 0,   7768, 7760,   304,  0,	8,    16,   72,	  152,
	160,	    232, 32,	 80,  8,    0,	    56,	  72,	70,   208,  112,  120,
	128,	    136, 68,	 52,  96,   104,    200,  16,	8,    416,  24,	  88,
	168,	    32,	 24,	 16,  40,   24,	    16,	  48,	32,   40,   24,	  16,
	32,	    16,	 24,	 40,  16,   32,	    64,	  32,	16,   40,   240,  200,
};

struct block {
	uint8_t bytes[BLOCK_SIZE];
};

static struct block good_block(void)
{
	struct block block;

	_Static_assert(sizeof(words_3_13_0) + 8 == BLOCK_SIZE, "every word is there");
	memcpy(block.bytes, "xdebugpy", 8);
	memcpy(block.bytes + 8, words_3_13_0, sizeof(words_3_13_0));
	return block;
}

static void set_entry(struct block *block, size_t at, uint64_t value)
{
	memcpy(block->bytes + at, &value, sizeof(value));
}

static const struct layout_row *row(void)
{
	return layout_row_by_version(HEXVERSION);
}

static void the_block_of_a_known_release_gives_its_row(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;
	uint32_t hexversion = 0;

	(void)state;
	assert_int_equal(debug_offsets_size(row()), BLOCK_SIZE);
	assert_int_equal(
		debug_offsets_identify(block.bytes, DEBUG_OFFSETS_HEAD_BYTES, &hexversion, NULL),
		0);
	assert_int_equal(hexversion, HEXVERSION);
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL), 0);
	assert_memory_equal(&layout, &row()->layout, sizeof(layout));
}

static void what_the_block_says_goes_before_the_row(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 40, 640); /* runtime_state.interpreters_head */
	set_entry(&block, 64, 7272); /* interpreter_state.next */
	set_entry(&block, 168, 24); /* thread_state.next */
	set_entry(&block, 184, 80); /* thread_state.current_frame */
	set_entry(&block, 224, 88); /* interpreter_frame.size */
	set_entry(&block, 264, 74); /* interpreter_frame.owner */
	set_entry(&block, 288, 144); /* code_object.name */
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL), 0);
	assert_int_equal(layout.runtime_interpreters_head, 640);
	assert_int_equal(layout.interp_next, 7272);
	assert_int_equal(layout.tstate_next, 24);
	assert_int_equal(layout.tstate_frame, 80);
	assert_int_equal(layout.frame_size, 88);
	assert_int_equal(layout.frame_owner, 74);
	assert_int_equal(layout.code_name, 144);
	assert_int_equal(layout.code_version, 92);
}

static void the_counter_of_thread_states_moves_with_the_list(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 72, 7360);
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL), 0);
	assert_int_equal(layout.interp_threads_head, 7360);
	assert_int_equal(layout.interp_next_unique_id, 7352);
	/* And the counter of code objects, which lies behind it, is at a place nobody knows. */
	assert_true(layout.interp_code_counter == PBP_ABSENT);

	set_entry(&block, 72, 0);
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL), 0);
	assert_true(layout.interp_next_unique_id == PBP_ABSENT);
}

static void a_moved_code_object_loses_its_version(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 312, 72); /* code_object.firstlineno */
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL), 0);
	assert_int_equal(layout.code_firstlineno, 72);
	assert_true(layout.code_version == PBP_ABSENT);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
	assert_int_equal(layout.interp_code_counter_size, 0);
}

static void another_patch_release_has_no_counter_of_code_objects(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 8, 0x030d12f0);
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL), 0);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
	assert_int_equal(layout.code_version, 92);

	/* A debug build of the known release. */
	set_entry(&block, 8, HEXVERSION);
	set_entry(&block, 48, 211000);
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL), 0);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
}

/* The block must be refused with a message that has the words, and leave the result alone. */
static void assert_refused(const struct block *block, size_t size, int rc, const char *words)
{
	struct pbp_layout layout, untouched;
	struct err err = { 0 };

	memset(&untouched, 0x5a, sizeof(untouched));
	layout = untouched;
	assert_int_equal(debug_offsets_apply(block->bytes, size, row(), &layout, &err), rc);
	assert_int_equal(err.code, rc);
	if (!strstr(err.message, words))
		fail_msg("not about %s: %s", words, err.message);
	assert_memory_equal(&layout, &untouched, sizeof(layout));
}

static void assert_entry_refused(size_t at, uint64_t value, const char *words)
{
	struct block block = good_block();

	set_entry(&block, at, value);
	assert_refused(&block, BLOCK_SIZE, -EINVAL, words);
}

static void another_block_is_refused(void **state)
{
	struct block block = good_block();

	(void)state;
	assert_refused(&block, BLOCK_SIZE - 1, -EINVAL, "583 of 584 bytes");
	assert_refused(&block, 0, -EINVAL, "0 of 584 bytes");
	block.bytes[7] = 'x';
	assert_refused(&block, BLOCK_SIZE, -EINVAL, "cookie");
	assert_entry_refused(8, 0x030e00f0, "version");
	assert_entry_refused(8, 0x030c01f0, "version");
	assert_entry_refused(8, 0, "version");
	assert_entry_refused(8, 0x1030d00f0, "version");
}

static void a_free_threaded_build_is_refused_by_name(void **state)
{
	struct block block = good_block();
	struct err err = { 0 };
	uint32_t hexversion = 1;

	(void)state;
	set_entry(&block, 16, 1);
	assert_refused(&block, BLOCK_SIZE, -ENOTSUP, "free-threaded build of CPython 3.13");
	assert_int_equal(debug_offsets_identify(block.bytes, BLOCK_SIZE, &hexversion, &err),
			 -ENOTSUP);
	assert_int_equal(hexversion, 1);
	assert_entry_refused(16, 2, "free_threaded");
}

static void too_few_bytes_identify_nothing(void **state)
{
	struct block block = good_block();
	uint32_t hexversion = 1;

	(void)state;
	assert_int_equal(debug_offsets_identify(block.bytes, DEBUG_OFFSETS_HEAD_BYTES - 1,
						&hexversion, NULL),
			 -EINVAL);
	assert_int_equal(hexversion, 1);
}

static void a_version_that_does_not_describe_itself_has_no_block(void **state)
{
	const struct layout_row *older = &layout_rows[0];
	struct block block = good_block();
	struct pbp_layout layout;
	struct err err;

	(void)state;
	assert_int_equal(debug_offsets_size(older), 0);
	assert_int_equal(debug_offsets_apply(block.bytes, BLOCK_SIZE, older, &layout, &err),
			 -ENOTSUP);
	assert_string_equal(err.message, "CPython 3.8 does not describe itself");
}

static void structs_of_a_size_that_cannot_be_are_refused(void **state)
{
	(void)state;
	assert_entry_refused(24, 0, "runtime_state.size");
	assert_entry_refused(24, UINT64_MAX, "runtime_state.size");
	assert_entry_refused(48, (1 << 20) + 1, "interpreter_state.size");
	assert_entry_refused(152, 1ULL << 40, "thread_state.size");
	assert_entry_refused(224, 0, "interpreter_frame.size");
	assert_entry_refused(224, 136, "frame_size"); /* more than BPF reads of a frame */
	assert_entry_refused(224, 76, "interpreter_frame.size");
	assert_entry_refused(272, 1025, "code_object.size");
	assert_entry_refused(352, 0, "pyobject.size");
	assert_entry_refused(512, 1 << 20, "bytes_object.size");
	assert_entry_refused(536, 0, "unicode_object.size");
}

/* Every entry that is used, with its bounds broken once: at the struct's end, far beyond, and misaligned. */
static void every_entry_is_bounded_by_its_struct(void **state)
{
	const struct debug_offsets_table *table = row()->debug_offsets;
	int count = 0;

	(void)state;
	for (const struct debug_offsets_entry *entry = table->entries; entry->name;
	     entry++, count++) {
		const struct debug_offsets_struct *owner = &table->structs[entry->struct_index];
		struct block block = good_block();
		uint64_t size;
		char name[64];

		/* A struct's own size has its own test. */
		if (entry->at == owner->size_at)
			continue;
		memcpy(&size, block.bytes + owner->size_at, sizeof(size));
		snprintf(name, sizeof(name), "%s.%s", owner->name, entry->name);
		assert_entry_refused(entry->at, size + 8, name);
		assert_entry_refused(entry->at, UINT64_MAX, name);
		assert_entry_refused(entry->at, UINT64_MAX - 7, name);
		assert_entry_refused(entry->at, 1ULL << 32, name);
		if (entry->use == DEBUG_OFFSETS_OFFSET)
			assert_entry_refused(entry->at, size, name);
		if (entry->width > 1)
			assert_entry_refused(entry->at, 2, name);
	}
	assert_int_equal(count, 23);
}

static void entries_that_overlap_are_refused(void **state)
{
	(void)state;
	assert_entry_refused(72, 7264, "interpreter_state.next and threads_head overlap");
	assert_entry_refused(184, 8, "thread_state.next and current_frame overlap");
	assert_entry_refused(264, 63, "interpreter_frame.instr_ptr and owner overlap");
	assert_entry_refused(312, 116, "code_object.filename and firstlineno overlap");
}

static void strings_laid_out_otherwise_than_the_row_says_are_refused(void **state)
{
	(void)state;
	assert_entry_refused(544, 40, "unicode_object.state is 40, not 32");
	assert_entry_refused(552, 24, "unicode_object.length is 24, not 16");
	assert_entry_refused(560, 48, "unicode_object.asciiobject_size is 48, not 40");
}

static void fields_beyond_what_bpf_reads_are_refused(void **state)
{
	(void)state;
	assert_entry_refused(192, 296, "tstate_thread_id");
	assert_entry_refused(304, 200, "code_linetable");
}

static void a_block_of_zeros_behind_its_head_is_refused(void **state)
{
	struct block block = good_block();

	(void)state;
	memset(block.bytes + DEBUG_OFFSETS_HEAD_BYTES, 0, BLOCK_SIZE - DEBUG_OFFSETS_HEAD_BYTES);
	assert_refused(&block, BLOCK_SIZE, -EINVAL, "size is 0");
}

/* Whatever a block says, what comes out of it has passed the check. */
static void random_blocks_give_a_checked_layout_or_none(void **state)
{
	uint64_t random = 88172645463325252ULL;
	int accepted = 0;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		struct block block = good_block();
		struct pbp_layout layout;
		size_t at;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		at = DEBUG_OFFSETS_HEAD_BYTES + random % 70 * 8;
		set_entry(&block, at, (random >> 32) & (i % 2 ? 0xf8 : 0xffffffff));
		if (debug_offsets_apply(block.bytes, BLOCK_SIZE, row(), &layout, NULL) == 0) {
			assert_int_equal(layout_check(&layout, NULL), 0);
			accepted++;
		}
	}
	assert_in_range(accepted, 1, 49999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_block_of_a_known_release_gives_its_row),
		cmocka_unit_test(what_the_block_says_goes_before_the_row),
		cmocka_unit_test(the_counter_of_thread_states_moves_with_the_list),
		cmocka_unit_test(a_moved_code_object_loses_its_version),
		cmocka_unit_test(another_patch_release_has_no_counter_of_code_objects),
		cmocka_unit_test(another_block_is_refused),
		cmocka_unit_test(a_free_threaded_build_is_refused_by_name),
		cmocka_unit_test(too_few_bytes_identify_nothing),
		cmocka_unit_test(a_version_that_does_not_describe_itself_has_no_block),
		cmocka_unit_test(structs_of_a_size_that_cannot_be_are_refused),
		cmocka_unit_test(every_entry_is_bounded_by_its_struct),
		cmocka_unit_test(entries_that_overlap_are_refused),
		cmocka_unit_test(strings_laid_out_otherwise_than_the_row_says_are_refused),
		cmocka_unit_test(fields_beyond_what_bpf_reads_are_refused),
		cmocka_unit_test(a_block_of_zeros_behind_its_head_is_refused),
		cmocka_unit_test(random_blocks_give_a_checked_layout_or_none),
	};

	return cmocka_run_group_tests_name("debug_offsets", tests, NULL, NULL);
}
