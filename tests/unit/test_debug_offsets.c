/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/python/debug_offsets.c: the block of CPython 3.13.0, then with one entry broken at a time; and, for
 * every row that describes itself, a block made of the row.
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
#include "python/target.h" /* enum layout_origin */

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
	uint8_t bytes[DEBUG_OFFSETS_BYTES_MAX];
};

/* The entries, as the profiler's list has them. */
struct listed {
	const char *owner, *name;
	enum debug_offsets_use use;
	uint32_t width;
	size_t at, size_at; /* of positions, in struct debug_offsets_table */
	size_t field;
};

static const struct listed entries[] = {
#define LISTED(struct_name, entry, bytes, layout_field, what)          \
	{ #struct_name,                                                \
	  #entry,                                                      \
	  DEBUG_OFFSETS_##what,                                        \
	  bytes,                                                       \
	  offsetof(struct debug_offsets_table, struct_name##_##entry), \
	  offsetof(struct debug_offsets_table, struct_name##_size_at), \
	  offsetof(struct pbp_layout, layout_field) },
	DEBUG_OFFSETS_ENTRIES(LISTED)
#undef LISTED
};

#define NENTRIES (sizeof(entries) / sizeof(entries[0]))

static uint16_t position(const struct debug_offsets_table *table, size_t member)
{
	uint16_t value;

	memcpy(&value, (const char *)table + member, sizeof(value));
	return value;
}

static struct block good_block(void)
{
	struct block block = { { 0 } };

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
	return layout_row_by_version(HEXVERSION, false, 0);
}

/* What an interpreter of the row would say of itself; its structs have sizes of no release. */
static struct block block_of(const struct layout_row *of)
{
	const struct debug_offsets_table *table = of->debug_offsets;
	const struct pbp_layout *layout = &of->layout;
	struct block block = { { 0 } };

	memcpy(block.bytes, "xdebugpy", 8);
	set_entry(&block, 8, (uint64_t)of->series << 16 | 0x70f0);
	set_entry(&block, 16, of->free_threaded);
	set_entry(&block, table->runtime_state_size_at, 400000);
	set_entry(&block, table->interpreter_state_size_at, 300000);
	set_entry(&block, table->thread_state_size_at, 1000);
	set_entry(&block, table->code_object_size_at, layout->code_adaptive + 8);
	set_entry(&block, table->pyobject_size_at, layout->object_type + 8);
	set_entry(&block, table->type_object_size_at, 440);
	set_entry(&block, table->bytes_object_size_at, layout->bytes_data + 8);
	set_entry(&block, table->unicode_object_size_at, layout->unicode_data + 8);
	for (size_t i = 0; i < NENTRIES; i++) {
		uint32_t value;

		memcpy(&value, (const char *)layout + entries[i].field, sizeof(value));
		if (position(table, entries[i].at))
			set_entry(&block, position(table, entries[i].at),
				  value == PBP_ABSENT ? 0 : value);
	}
	set_entry(&block, table->interpreter_state_id,
		  layout->interp_threads_head -
			  (uint16_t)table->interp_next_unique_id.guard_distance);
	set_entry(&block, table->code_object_localsplusnames,
		  layout->code_firstlineno + (uint16_t)table->code_version.guard_distance);
	set_entry(&block, table->thread_state_datastack_chunk,
		  layout->tstate_thread_id + (uint16_t)table->tstate_executor.guard_distance);
	return block;
}

static int apply(const struct block *block, const struct layout_row *to, struct pbp_layout *layout)
{
	return debug_offsets_apply(block->bytes, debug_offsets_size(to), to, false, layout, NULL,
				   NULL);
}

static void the_block_of_a_known_release_gives_its_row(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;
	uint32_t hexversion = 0;
	bool free_threaded = true;

	(void)state;
	assert_int_equal(debug_offsets_size(row()), BLOCK_SIZE);
	assert_int_equal(debug_offsets_identify(block.bytes, DEBUG_OFFSETS_HEAD_BYTES, &hexversion,
						&free_threaded, NULL),
			 0);
	assert_false(free_threaded);
	assert_int_equal(hexversion, HEXVERSION);
	assert_int_equal(apply(&block, row(), &layout), 0);
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
	assert_int_equal(apply(&block, row(), &layout), 0);
	assert_int_equal(layout.runtime_interpreters_head, 640);
	assert_int_equal(layout.interp_next, 7272);
	assert_int_equal(layout.tstate_next, 24);
	assert_int_equal(layout.tstate_frame, 80);
	assert_int_equal(layout.frame_size, 88);
	assert_int_equal(layout.frame_owner, 74);
	assert_int_equal(layout.code_name, 144);
	assert_int_equal(layout.code_version, 92);
}

static void every_row_that_describes_itself_comes_back_from_its_block(void **state)
{
	int count = 0;

	(void)state;
	for (const struct layout_row *each = layout_rows; each->name; each++) {
		struct block block;
		struct pbp_layout layout, expected = each->layout;
		struct err err = { 0 };

		if (!each->debug_offsets)
			continue;
		block = block_of(each);
		/* 3.13 has its counter at a place that is only known for some releases. */
		if (each->series == 0x030d) {
			expected.interp_code_counter = PBP_ABSENT;
			expected.interp_code_counter_size = 0;
		}
		if (debug_offsets_apply(block.bytes, debug_offsets_size(each), each, false, &layout,
					NULL, &err))
			fail_msg("%s: %s", each->name, err.message);
		assert_memory_equal(&layout, &expected, sizeof(layout));
		count++;
	}
	assert_int_equal(count, 6);
}

static uint8_t origin(const uint8_t *origins, const char *name)
{
	size_t i = 0;

	while (layout_field_name(i) && strcmp(layout_field_name(i), name) != 0)
		i++;
	assert_non_null(layout_field_name(i));
	return origins[i];
}

static void each_field_has_its_origin(void **state)
{
	const struct layout_row *newest = layout_row_by_version(0x030f00f0, false, 0);
	struct block block = block_of(newest);
	uint8_t origins[LAYOUT_FIELDS_MAX];
	struct pbp_layout layout;

	(void)state;
	memset(origins, 0x5a, sizeof(origins));
	assert_int_equal(debug_offsets_apply(block.bytes, debug_offsets_size(newest), newest, false,
					     &layout, origins, NULL),
			 0);
	assert_int_equal(origin(origins, "tstate_next"), LAYOUT_FROM_PROCESS);
	assert_int_equal(origin(origins, "code_tlbc"), LAYOUT_FROM_PROCESS);
	assert_int_equal(origin(origins, "linetable_format"), LAYOUT_FROM_ROW);
	assert_int_equal(origin(origins, "unicode_hash"), LAYOUT_FROM_ROW);
	assert_int_equal(origin(origins, "interp_next_unique_id"), LAYOUT_DERIVED);
	assert_int_equal(origin(origins, "tstate_executor"), LAYOUT_DERIVED);
	for (size_t i = 0; layout_field_name(i); i++)
		assert_in_range(origins[i], LAYOUT_FROM_ROW, LAYOUT_DERIVED);
}

static void fields_that_the_block_lacks_move_with_their_neighbours(void **state)
{
	const struct layout_row *newest = layout_row_by_version(0x030f00f0, false, 0);
	const struct debug_offsets_table *table = newest->debug_offsets;
	struct block block = block_of(newest);
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, table->interpreter_state_id,
		  newest->layout.interp_threads_head - 64 + 16);
	set_entry(&block, table->interpreter_state_threads_head,
		  newest->layout.interp_threads_head + 16);
	set_entry(&block, table->thread_state_thread_id, newest->layout.tstate_thread_id + 8);
	set_entry(&block, table->thread_state_datastack_chunk,
		  newest->layout.tstate_thread_id + 80 + 8);
	assert_int_equal(apply(&block, newest, &layout), 0);
	assert_int_equal(layout.interp_next_unique_id, newest->layout.interp_next_unique_id + 16);
	assert_int_equal(layout.tstate_executor, newest->layout.tstate_executor + 8);
	assert_int_equal(layout.code_version, newest->layout.code_version);
}

static void fields_that_the_block_lacks_are_gone_when_their_neighbours_parted(void **state)
{
	const struct layout_row *newest = layout_row_by_version(0x030f00f0, false, 0);
	const struct debug_offsets_table *table = newest->debug_offsets;
	struct pbp_layout layout;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct block block = block_of(newest);
		const uint16_t at[] = { table->interpreter_state_threads_head,
					table->thread_state_datastack_chunk,
					table->code_object_localsplusnames,
					table->thread_state_datastack_chunk,
					table->code_object_localsplusnames };
		const uint64_t value[] = { newest->layout.interp_threads_head + 8, 264, 120, 0,
					   UINT64_MAX - 3 };

		set_entry(&block, at[i], value[i]);
		assert_int_equal(apply(&block, newest, &layout), 0);
		assert_int_equal(layout.interp_next_unique_id == PBP_ABSENT, i == 0);
		assert_int_equal(layout.tstate_executor == PBP_ABSENT, i == 1 || i == 3);
		assert_int_equal(layout.code_version == PBP_ABSENT, i == 2 || i == 4);
	}
}

static void a_field_that_would_lie_before_its_struct_is_gone(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 72, 0); /* interpreter_state.threads_head */
	set_entry(&block, 56, (uint64_t)-72); /* interpreter_state.id, as far before it as ever */
	assert_int_equal(apply(&block, row(), &layout), 0);
	assert_true(layout.interp_next_unique_id == PBP_ABSENT);
}

static void a_counter_that_the_block_names_goes_before_the_row(void **state)
{
	const struct layout_row *newest = layout_row_by_version(0x030f00f0, false, 0);
	struct block block = block_of(newest);
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, newest->debug_offsets->interpreter_state_code_object_generation, 8000);
	assert_int_equal(apply(&block, newest, &layout), 0);
	assert_int_equal(layout.interp_code_counter, 8000);
	assert_int_equal(layout.interp_code_counter_size, 8);
	set_entry(&block, newest->debug_offsets->interpreter_state_code_object_generation, 0);
	assert_int_equal(apply(&block, newest, &layout), 0);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
	assert_int_equal(layout.interp_code_counter_size, 0);
}

static void a_moved_struct_loses_the_counter_of_the_row(void **state)
{
	struct block block = good_block();
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 72, 7360); /* interpreter_state.threads_head */
	assert_int_equal(apply(&block, row(), &layout), 0);
	assert_int_equal(layout.interp_threads_head, 7360);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
	assert_true(layout.interp_next_unique_id == PBP_ABSENT);

	block = good_block();
	set_entry(&block, 312, 72); /* code_object.firstlineno */
	assert_int_equal(apply(&block, row(), &layout), 0);
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
	assert_int_equal(apply(&block, row(), &layout), 0);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
	assert_int_equal(layout.code_version, 92);

	/* A debug build of the known release. */
	set_entry(&block, 8, HEXVERSION);
	set_entry(&block, 48, 211000);
	assert_int_equal(apply(&block, row(), &layout), 0);
	assert_true(layout.interp_code_counter == PBP_ABSENT);
}

/* The block must be refused with a message that has the words, and leave the result alone. */
static void assert_refused(const struct block *block, size_t size, int rc, const char *words)
{
	struct pbp_layout layout, untouched;
	struct err err = { 0 };

	memset(&untouched, 0x5a, sizeof(untouched));
	layout = untouched;
	assert_int_equal(debug_offsets_apply(block->bytes, size, row(), false, &layout, NULL, &err),
			 rc);
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

static void a_free_threaded_block_is_for_a_free_threaded_row(void **state)
{
	const struct layout_row *threaded = layout_row_by_version(HEXVERSION, true, 0);
	struct block block = good_block();
	uint32_t hexversion = 1;
	bool free_threaded = false;
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 16, 1);
	assert_refused(&block, BLOCK_SIZE, -EINVAL, "of a free-threaded build");
	assert_int_equal(
		debug_offsets_identify(block.bytes, BLOCK_SIZE, &hexversion, &free_threaded, NULL),
		0);
	assert_int_equal(hexversion, HEXVERSION);
	assert_true(free_threaded);
	assert_entry_refused(16, 2, "free_threaded");
	block = good_block();
	assert_int_equal(apply(&block, threaded, &layout), -EINVAL);
}

static void bytecode_of_threads_is_all_there_or_refused(void **state)
{
	const struct layout_row *threaded = layout_row_by_version(0x030e00f0, true, 0);
	struct block block = block_of(threaded);
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, threaded->debug_offsets->interpreter_frame_tlbc_index, 0);
	assert_int_equal(apply(&block, threaded, &layout), -EINVAL);
	block = block_of(threaded);
	set_entry(&block, threaded->debug_offsets->code_object_co_tlbc, 0);
	assert_int_equal(apply(&block, threaded, &layout), -EINVAL);
	block = block_of(threaded);
	set_entry(&block, threaded->debug_offsets->interpreter_frame_tlbc_index, 56);
	assert_int_equal(apply(&block, threaded, &layout), -EINVAL);
}

static void a_newer_version_is_read_as_an_older_one_only_when_told_to(void **state)
{
	const struct layout_row *newest = layout_row_by_version(0x030f00f0, false, 0);
	struct block block = block_of(newest);
	const size_t size = debug_offsets_size(newest);
	struct pbp_layout layout;

	(void)state;
	set_entry(&block, 8, 0x031000a3);
	assert_int_equal(debug_offsets_apply(block.bytes, size, newest, false, &layout, NULL, NULL),
			 -EINVAL);
	assert_int_equal(debug_offsets_apply(block.bytes, size, newest, true, &layout, NULL, NULL),
			 0);
	assert_memory_equal(&layout, &newest->layout, sizeof(layout));
	/* Not the other way round, and checked as strictly. */
	set_entry(&block, 8, 0x030e00f0);
	assert_int_equal(debug_offsets_apply(block.bytes, size, newest, true, &layout, NULL, NULL),
			 -EINVAL);
	set_entry(&block, 8, 0x031000f0);
	set_entry(&block, newest->debug_offsets->thread_state_next, 4096);
	assert_int_equal(debug_offsets_apply(block.bytes, size, newest, true, &layout, NULL, NULL),
			 -EINVAL);
}

static void too_few_bytes_identify_nothing(void **state)
{
	struct block block = good_block();
	uint32_t hexversion = 1;
	bool free_threaded;

	(void)state;
	assert_int_equal(debug_offsets_identify(block.bytes, DEBUG_OFFSETS_HEAD_BYTES - 1,
						&hexversion, &free_threaded, NULL),
			 -EINVAL);
	assert_int_equal(hexversion, 1);
}

static void a_version_that_does_not_describe_itself_has_no_block(void **state)
{
	const struct layout_row *older = layout_row_by_version(0x030800f0, false, 0);
	struct block block = good_block();
	struct pbp_layout layout;
	struct err err;

	(void)state;
	assert_int_equal(debug_offsets_size(older), 0);
	assert_int_equal(
		debug_offsets_apply(block.bytes, BLOCK_SIZE, older, false, &layout, NULL, &err),
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
	assert_entry_refused(368, 1025, "type_object.size");
	assert_entry_refused(224, 0, "interpreter_frame.size");
	assert_entry_refused(224, 264,
			     "interpreter_frame.size"); /* more than BPF reads of a frame */
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
	for (const struct listed *entry = entries; entry < entries + NENTRIES; entry++) {
		const uint16_t at = position(table, entry->at);
		const uint16_t size_at = position(table, entry->size_at);
		struct block block = good_block();
		uint64_t size;
		char name[64];

		/* A struct's own size has its own test. */
		if (!at || at == size_at)
			continue;
		memcpy(&size, block.bytes + size_at, sizeof(size));
		snprintf(name, sizeof(name), "%s.%s", entry->owner, entry->name);
		assert_entry_refused(at, size + 8, name);
		assert_entry_refused(at, UINT64_MAX, name);
		assert_entry_refused(at, UINT64_MAX - 7, name);
		assert_entry_refused(at, 1ULL << 32, name);
		if (entry->use == DEBUG_OFFSETS_OFFSET)
			assert_entry_refused(at, size, name);
		if (entry->width > 1)
			assert_entry_refused(at, 2, name);
		count++;
	}
	assert_int_equal(count, 24);
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
	assert_entry_refused(192, 512, "thread_state.thread_id");
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
		if (apply(&block, row(), &layout) == 0) {
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
		cmocka_unit_test(every_row_that_describes_itself_comes_back_from_its_block),
		cmocka_unit_test(each_field_has_its_origin),
		cmocka_unit_test(fields_that_the_block_lacks_move_with_their_neighbours),
		cmocka_unit_test(fields_that_the_block_lacks_are_gone_when_their_neighbours_parted),
		cmocka_unit_test(a_field_that_would_lie_before_its_struct_is_gone),
		cmocka_unit_test(a_counter_that_the_block_names_goes_before_the_row),
		cmocka_unit_test(a_moved_struct_loses_the_counter_of_the_row),
		cmocka_unit_test(another_patch_release_has_no_counter_of_code_objects),
		cmocka_unit_test(another_block_is_refused),
		cmocka_unit_test(a_free_threaded_block_is_for_a_free_threaded_row),
		cmocka_unit_test(bytecode_of_threads_is_all_there_or_refused),
		cmocka_unit_test(a_newer_version_is_read_as_an_older_one_only_when_told_to),
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
