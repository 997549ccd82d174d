/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of bpf/pycode.h and bpf/block.h on the host: what is sent of a code object, when it is sent again, and what
 * a storm of new ones may cost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "python/pystr.h"
#include "support/host_bpf.h"

/* Take up room in the ring with something that is no record. */
static void fill_ring(uint64_t size)
{
	uint64_t bytes[64] = { 0 };

	memcpy(bytes, &(struct pbp_header){ .size = (uint32_t)size }, sizeof(struct pbp_header));
	assert_int_equal(pbp_host_send(bytes, size), 0);
}

static const struct host_received *tick_to(struct host_stage *stage, enum pbp_status status)
{
	const struct host_received *received;

	assert_int_equal(host_tick(&stage->thread, 0), status);
	received = host_receive(NULL);
	assert_int_equal(received->nsamples, 1);
	assert_true(received->sound);
	assert_true(received->announced);
	return received;
}

static const struct host_received *tick(struct host_stage *stage)
{
	return tick_to(stage, PBP_STATUS_COMPLETE);
}

/* A stack of these code objects, the first one at the leaf. */
static void run(struct host_stage *stage, const uint64_t *codes, size_t count)
{
	struct fake_frame *frames = host_alloc(stage, count * sizeof(*frames));

	for (size_t i = 0; i < count; i++)
		frames[i] = (struct fake_frame){ .code = codes[i], .instr = 1 };
	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, frames, count);
}

/* Run it alone and return its record, NULL: none was sent. */
static const struct pbp_code *meet(struct host_stage *stage, uint64_t code)
{
	run(stage, &code, 1);
	return host_code(tick(stage), code);
}

enum part { NAME, QUALNAME, FILENAME };

static const struct pbp_string *string_of(const struct pbp_code *record, enum part part)
{
	return part == NAME	  ? &record->name
	       : part == QUALNAME ? &record->qualname
				  : &record->filename;
}

static const uint8_t *data_of(const struct pbp_code *record, enum part part)
{
	const uint8_t *data = (const uint8_t *)(record + 1);

	if (part >= QUALNAME)
		data += record->name.size;
	if (part >= FILENAME)
		data += record->qualname.size;
	return data;
}

static const uint8_t *linetable_of(const struct pbp_code *record)
{
	return data_of(record, FILENAME) + record->filename.size;
}

static void assert_text(const struct pbp_code *record, enum part part, const char *text)
{
	const struct pbp_string *string = string_of(record, part);
	char buffer[PYSTR_UTF8_SIZE(PBP_STRING_BYTES_MAX)];

	assert_int_equal(string->cut, 0);
	if (string->kind == PBP_STRING_UNREAD)
		*buffer = '\0';
	else
		pystr_decode(string->kind, data_of(record, part), string->size, false, buffer,
			     sizeof(buffer));
	assert_string_equal(buffer, text);
}

static bool has_qualname(const struct host_stage *stage)
{
	return stage->python.layout->code_qualname != PBP_ABSENT;
}

static bool has_version(const struct host_stage *stage)
{
	return stage->python.layout->code_version != PBP_ABSENT;
}

static void everything_of_a_code_object_is_sent_before_its_first_sample(void **state)
{
	struct host_stage *stage = *state;
	const struct fake_code code = { .name = "method",
					.qualname = "Class.method",
					.filename = "/srv/app.py",
					.firstlineno = 123 };
	uint64_t addr = fake_code(&stage->python, &code);
	const struct pbp_code *record = meet(stage, addr);
	uint8_t table[4 * FAKE_INSTRUCTIONS];
	size_t size = fake_linetable(stage->python.layout, table, sizeof(table));

	assert_non_null(record);
	assert_int_equal(record->flags, 0);
	assert_int_equal(record->target, 1);
	assert_true(record->code_addr == addr);
	assert_true(record->identity != 0);
	assert_int_equal(record->firstlineno, 123);
	assert_text(record, NAME, "method");
	assert_text(record, QUALNAME, has_qualname(stage) ? "Class.method" : "");
	assert_text(record, FILENAME, "/srv/app.py");
	assert_int_equal(record->linetable_size, size);
	assert_int_equal(record->linetable_full_size, size);
	assert_memory_equal(linetable_of(record), table, size);
	assert_int_equal(host_counter(PBP_COUNT_CODES), 1);
}

static void a_negative_first_line_is_sent_as_it_is(void **state)
{
	struct host_stage *stage = *state;
	const struct fake_code code = { .name = "f", .filename = "f.py", .firstlineno = -5 };
	const struct pbp_code *record = meet(stage, fake_code(&stage->python, &code));

	assert_non_null(record);
	assert_int_equal(record->firstlineno, -5);
}

static void names_of_every_kind_and_form_arrive_whole(void **state)
{
	struct host_stage *stage = *state;
	static const char *const texts[] = { "a",
					     "",
					     "plain_ascii",
					     "gr\xc3\xb6\xc3\x9f"
					     "e",
					     "\xe5\x90\x8d\xe5\x89\x8d",
					     "\xf0\x9f\x90\x8d snake",
					     "<lambda>" };
	const unsigned hows[] = { 0, FAKE_NO_HASH, FAKE_LEGACY, FAKE_AT_PAGE_END,
				  FAKE_LEGACY | FAKE_AT_PAGE_END | FAKE_NO_HASH };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (size_t j = 0; j < sizeof(hows) / sizeof(*hows); j++) {
			const struct fake_code code = { .name = texts[i],
							.qualname = texts[i],
							.filename = texts[i],
							.firstlineno = 1,
							.how = hows[j] };
			const struct pbp_code *record =
				meet(stage, fake_code(&stage->python, &code));

			assert_non_null(record);
			assert_int_equal(record->flags, 0);
			assert_text(record, NAME, texts[i]);
			assert_text(record, QUALNAME, has_qualname(stage) ? texts[i] : "");
			assert_text(record, FILENAME, texts[i]);
		}
	}
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), 0);
}

/* Nothing is read that does not belong to the object, or the read would fail. */
static void objects_of_any_length_may_end_at_an_unmapped_page(void **state)
{
	struct host_stage *stage = *state;
	char name[1400];
	uint8_t table[1400] = { 0 };

	for (size_t length = 0; length < sizeof(name); length += length < 80 ? 1 : 97) {
		struct fake_code code = { .name = name,
					  .filename = name,
					  .firstlineno = 7,
					  .linetable = table,
					  .linetable_size = length,
					  .how = FAKE_AT_PAGE_END };
		const struct pbp_code *record;

		memset(name, 'n', length);
		name[length] = '\0';
		code.unversioned = length % 2;
		if (length % 3 == 0)
			code.how |= FAKE_NO_HASH;
		record = meet(stage, fake_code(&stage->python, &code));
		assert_non_null(record);
		assert_int_equal(record->flags, 0);
		assert_text(record, NAME, name);
		assert_int_equal(record->linetable_size, length);
	}
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), 0);
}

static void a_code_object_may_end_at_an_unmapped_page(void **state)
{
	struct host_stage *stage = *state;
	const struct fake_code code = { .name = "last", .filename = "f.py", .firstlineno = 1 };

	for (uint64_t back = 0; back < 64; back += 8) {
		uint64_t size = (stage->python.layout->code_size + 7) & ~7U, addr;

		/* The end of a page of its own. */
		stage->python.heap = (stage->python.heap + 2 * FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE;
		addr = stage->python.heap + FAKE_PAGE - size - back;
		fake_memory_map(stage->memory, stage->python.heap, FAKE_PAGE);
		stage->python.heap += 2 * FAKE_PAGE;
		fake_code_again(&stage->python, addr, &code);
		assert_non_null(meet(stage, addr));
	}
	assert_int_equal(host_counter(PBP_COUNT_FAULTS), 0);
}

/* `count` times the character, in UTF-8. The caller frees it. */
static char *repeat(const char *character, size_t count)
{
	size_t length = strlen(character);
	char *text = malloc(count * length + 1);

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, character, length);
	text[count * length] = '\0';
	return text;
}

static void a_name_over_the_limit_is_cut_and_says_so(void **state)
{
	struct host_stage *stage = *state;
	static const struct {
		const char *character;
		size_t width; /* as CPython keeps it */
	} kinds[] = {
		{ "a", 1 }, { "\xc3\xa9", 1 }, { "\xe5\x90\x8d", 2 }, { "\xf0\x9f\x90\x8d", 4 }
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		bool raw = stage->python.layout->string_kind == PBP_STRING_BYTES;
		size_t width = raw ? strlen(kinds[i].character) : kinds[i].width;
		size_t fits = PBP_STRING_BYTES_MAX / width;

		for (size_t over = 0; over < 2; over++) {
			char *text = repeat(kinds[i].character, fits + over);
			const struct fake_code code = { .name = text,
							.filename = text,
							.firstlineno = 1 };
			const struct pbp_code *record =
				meet(stage, fake_code(&stage->python, &code));

			assert_non_null(record);
			assert_int_equal(record->flags, 0);
			assert_int_equal(record->name.cut, over);
			assert_int_equal(record->filename.cut, over);
			assert_true(record->name.size <= PBP_STRING_BYTES_MAX);
			assert_true(record->name.size >= fits * width);
			assert_int_equal(record->name.kind, raw ? 0 : width);
			free(text);
		}
	}
}

static void a_length_that_cannot_be_does_no_harm(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	const uint64_t lengths[] = { 1ULL << 31, 1ULL << 61, 1ULL << 62,
				     1ULL << 63, UINT64_MAX, UINT64_MAX / 4 + 2 };
	const struct fake_code code = { .name = "\xe5\x90\x8d",
					.filename = "f.py",
					.firstlineno = 1,
					.how = FAKE_NO_HASH | FAKE_AT_PAGE_END,
					.unversioned = true };
	uint32_t at = layout->string_kind == PBP_STRING_BYTES ? layout->bytes_size
							      : layout->unicode_length;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		uint64_t addr = fake_code(&stage->python, &code);
		const struct pbp_code *record;

		fake_memory_write_u64(
			stage->memory,
			fake_memory_load_u64(stage->memory, addr + layout->code_name) + at,
			lengths[i]);
		record = meet(stage, addr);
		assert_non_null(record);
		assert_true(record->name.size <= PBP_STRING_BYTES_MAX);
		assert_int_not_equal(record->flags & PBP_CODE_FAULT, 0);
		assert_text(record, FILENAME, "f.py");
	}
}

static void a_long_line_table_is_cut_and_tells_its_full_size(void **state)
{
	struct host_stage *stage = *state;
	static const size_t sizes[] = { PBP_LINETABLE_BYTES_MAX, PBP_LINETABLE_BYTES_MAX + 1,
					100000 };
	uint8_t *table = host_alloc(stage, 100000);

	for (size_t i = 0; i < 100000; i++)
		table[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct fake_code code = { .name = "big",
						.filename = "f.py",
						.linetable = table,
						.linetable_size = sizes[i] };
		const struct pbp_code *record = meet(stage, fake_code(&stage->python, &code));

		assert_non_null(record);
		assert_int_equal(record->flags, 0);
		assert_int_equal(record->linetable_full_size, sizes[i]);
		assert_int_equal(record->linetable_size, PBP_LINETABLE_BYTES_MAX);
		assert_memory_equal(linetable_of(record), table, PBP_LINETABLE_BYTES_MAX);
	}
}

static void a_line_table_size_that_cannot_be_is_a_fault(void **state)
{
	struct host_stage *stage = *state;
	const uint64_t sizes[] = { 1ULL << 31, 1ULL << 63, UINT64_MAX };

	for (size_t i = 0; i < 3; i++) {
		uint64_t code = fake_function(&stage->python, "f");
		uint64_t table = fake_memory_load_u64(stage->memory,
						      code + stage->python.layout->code_linetable);
		const struct pbp_code *record;

		fake_memory_write_u64(stage->memory, table + stage->python.layout->bytes_size,
				      sizes[i]);
		record = meet(stage, code);
		assert_non_null(record);
		assert_int_equal(record->flags, PBP_CODE_FAULT);
		assert_int_equal(record->linetable_size, 0);
		assert_text(record, NAME, "f");
	}
}

static void what_is_not_in_memory_is_told_and_the_rest_is_sent(void **state)
{
	struct host_stage *stage = *state;
	uint64_t page = (stage->python.heap + FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE, code;
	const struct pbp_code *record;
	struct fake_code made = { .name = "here", .firstlineno = 3 };

	stage->python.heap = page;
	made.filename_addr = fake_str(&stage->python, "/not/here.py", 0);
	stage->python.heap = page + FAKE_PAGE;
	code = fake_code(&stage->python, &made);
	fake_memory_evict(stage->memory, page, FAKE_PAGE);
	record = meet(stage, code);
	assert_non_null(record);
	assert_int_equal(record->flags, PBP_CODE_FAULT);
	assert_int_equal(record->filename.size, 0);
	assert_text(record, NAME, "here");
	assert_int_equal(record->linetable_size, record->linetable_full_size);
	assert_int_not_equal(record->linetable_size, 0);
}

static void a_known_code_object_is_not_sent_again(void **state)
{
	struct host_stage *stage = *state;
	uint64_t codes[10];

	for (size_t i = 0; i < 10; i++)
		codes[i] = fake_function(&stage->python, "f");
	run(stage, codes, 10);
	assert_int_equal(tick(stage)->ncodes, 10);
	for (int i = 0; i < 5; i++)
		assert_int_equal(tick(stage)->ncodes, 0);
}

static void identities_are_proven_again_only_when_code_objects_came_or_went(void **state)
{
	struct host_stage *stage = *state;
	uint64_t codes[5], before;

	for (size_t i = 0; i < 5; i++)
		codes[i] = fake_function(&stage->python, "f");
	run(stage, codes, 5);
	tick(stage);
	before = host_counter(PBP_COUNT_IDENTITY_READS);
	assert_int_equal(before, 5);
	tick(stage);
	assert_int_equal(host_counter(PBP_COUNT_IDENTITY_READS) - before,
			 host_has_counter(stage) ? 0 : 5);
	before = host_counter(PBP_COUNT_IDENTITY_READS);
	fake_count_code(&stage->python);
	assert_int_equal(tick(stage)->ncodes, 0);
	assert_int_equal(host_counter(PBP_COUNT_IDENTITY_READS) - before, 5);
}

static void a_counter_that_is_0_or_unreadable_proves_nothing(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t code = fake_function(&stage->python, "f"), before, counter;

	run(stage, &code, 1);
	tick(stage);
	if (!host_has_counter(stage))
		return;
	counter = stage->python.target.code_counter_addr;
	if (!counter)
		counter = stage->interp + layout->interp_code_counter;
	fake_memory_write_u64(stage->memory, counter, 0);
	before = host_counter(PBP_COUNT_IDENTITY_READS);
	tick(stage);
	tick(stage);
	assert_int_equal(host_counter(PBP_COUNT_IDENTITY_READS) - before, 2);
	fake_memory_evict(stage->memory, counter, 1);
	before = host_counter(PBP_COUNT_IDENTITY_READS);
	tick(stage);
	tick(stage);
	assert_int_equal(host_counter(PBP_COUNT_IDENTITY_READS) - before, 2);
}

/* Every property alone makes another object of it. */
static void another_code_object_at_the_address_is_told(void **state)
{
	struct host_stage *stage = *state;
	static const uint8_t table[] = { 0x80 | 10 << 3, 1, 1, 0x80 | 11 << 3, 1, 1 };
	const struct fake_code codes[] = {
		{ .name = "f", .filename = "f.py", .firstlineno = 1 },
		{ .name = "g", .filename = "f.py", .firstlineno = 1 },
		{ .name = "g", .filename = "g.py", .firstlineno = 1 },
		{ .name = "g", .filename = "g.py", .firstlineno = 2 },
		{ .name = "g",
		  .filename = "g.py",
		  .firstlineno = 2,
		  .linetable = table,
		  .linetable_size = sizeof(table) },
	};

	for (int unversioned = 0; unversioned < 2; unversioned++) {
		uint64_t addr = fake_alloc(&stage->python, PBP_CODE_BYTES_MAX), last = 0;

		for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
			struct fake_code code = codes[i];
			const struct pbp_code *record;

			code.unversioned = unversioned;
			fake_code_again(&stage->python, addr, &code);
			record = meet(stage, addr);
			assert_non_null(record);
			assert_text(record, NAME, code.name);
			assert_text(record, FILENAME, code.filename);
			assert_int_equal(record->firstlineno, code.firstlineno);
			assert_true(record->identity != last);
			last = record->identity;
			assert_null(meet(stage, addr));
		}
	}
}

/* In a loop that compiles, runs and drops, every object comes back at the same address with other contents. */
static void other_contents_behind_the_same_pointers_are_told(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	struct fake_python *python = &stage->python;
	uint64_t codes[4], heap = python->heap, addr;
	char text[2] = "a";

	for (unsigned i = 0; i < 26; i++) {
		struct fake_code code = { .name = text,
					  .filename = "same.py",
					  .firstlineno = 1,
					  .unversioned = true,
					  .how = i % 2 ? FAKE_NO_HASH : 0 };
		const struct pbp_code *record;

		text[0] = (char)('a' + i);
		python->heap = heap;
		addr = fake_alloc(python, PBP_CODE_BYTES_MAX);
		fake_code_again(python, addr, &code);
		if (i)
			assert_true(fake_memory_load_u64(stage->memory, addr + layout->code_name) ==
				    codes[0]);
		codes[0] = fake_memory_load_u64(stage->memory, addr + layout->code_name);
		record = meet(stage, addr);
		assert_non_null(record);
		assert_text(record, NAME, text);
	}
}

/* The functions of one file share the file name's object, which is looked at once a tick. */
static void another_file_name_behind_the_same_pointer_is_told(void **state)
{
	struct host_stage *stage = *state;
	struct fake_python *python = &stage->python;
	struct fake_code code = { .name = "f", .firstlineno = 1, .unversioned = true };
	uint64_t addr = fake_alloc(python, PBP_CODE_BYTES_MAX), heap, after;
	char text[] = "a.py";

	fake_code_again(python, addr, &(struct fake_code){ .name = "f", .filename = "x" });
	heap = python->heap;
	for (int i = 0; i < 10; i++) {
		const struct pbp_code *record;

		text[0] = (char)('a' + i);
		python->heap = heap;
		code.filename_addr = fake_str(python, text, i % 2 ? FAKE_NO_HASH : 0);
		after = python->heap;
		fake_code_again(python, addr, &code);
		assert_true(python->heap > after);
		record = meet(stage, addr);
		assert_non_null(record);
		assert_text(record, FILENAME, text);
	}
}

static void equal_contents_behind_the_same_pointers_are_the_same(void **state)
{
	struct host_stage *stage = *state;
	const struct fake_code code = {
		.name = "f", .filename = "f.py", .firstlineno = 1, .unversioned = true
	};
	uint64_t heap = stage->python.heap, addr;

	for (int i = 0; i < 3; i++) {
		stage->python.heap = heap;
		addr = fake_code(&stage->python, &code);
		assert_int_equal(meet(stage, addr) != NULL, i == 0);
	}
}

static void a_version_tells_equal_contents_apart(void **state)
{
	struct host_stage *stage = *state;
	const struct fake_code code = { .name = "f", .filename = "f.py", .firstlineno = 1 };
	uint64_t heap = stage->python.heap, addr;

	for (int i = 0; i < 3; i++) {
		stage->python.heap = heap;
		addr = fake_code(&stage->python, &code);
		assert_int_equal(meet(stage, addr) != NULL, i == 0 || has_version(stage));
	}
}

static void a_version_is_unique_in_its_interpreter_only(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = fake_function(&stage->python, "f"), first, other;
	struct host_thread *thread = &stage->thread;

	if (!has_version(stage))
		return;
	assert_non_null(meet(stage, code));
	first = host_identity(1, code);
	other = fake_tstate(&stage->python, fake_interp(&stage->python), 0x7f00eeee0000);
	host_thread_init(thread, &stage->python, 77, 0x7f00eeee0000);
	stage->tstate = other;
	assert_non_null(meet(stage, code));
	assert_true(host_identity(1, code) != first);
}

static void a_tick_names_so_many_code_objects_and_defers_the_rest(void **state)
{
	struct host_stage *stage = *state;
	uint64_t codes[200];
	const struct host_received *received;

	for (size_t i = 0; i < 200; i++)
		codes[i] = fake_function(&stage->python, "f");
	run(stage, codes, PBP_CODES_PER_TICK + 1);
	received = tick(stage);
	assert_int_equal(received->nnamed, PBP_CODES_PER_TICK);
	assert_int_equal(received->ndeferred, 1);
	assert_int_equal(host_code(received, codes[PBP_CODES_PER_TICK])->flags, PBP_CODE_DEFERRED);
	assert_int_equal(host_counter(PBP_COUNT_CODES_DEFERRED), 1);
	received = tick(stage);
	assert_int_equal(received->nnamed, 1);
	assert_int_equal(received->ndeferred, 0);
	assert_int_equal(tick(stage)->ncodes, 0);

	run(stage, codes, 200);
	for (size_t named = PBP_CODES_PER_TICK + 1, i = 0; named < 200; i++) {
		received = tick(stage);
		assert_true(received->nnamed <= PBP_CODES_PER_TICK);
		assert_int_equal(received->ndeferred, i ? 0 : 200 - named - received->nnamed);
		named += received->nnamed;
	}
	assert_int_equal(tick(stage)->ncodes, 0);
	assert_int_equal(host_counter(PBP_COUNT_CODES), 200);
	assert_int_equal(host_counter(PBP_COUNT_LOST), 0);
}

static void a_deferred_record_is_empty_and_has_the_identity(void **state)
{
	struct host_stage *stage = *state;
	uint64_t code = fake_function(&stage->python, "f");
	const struct pbp_code *record;
	uint64_t identity;

	settings.ring_bytes = 1024;
	run(stage, &code, 1);
	for (int i = 0; i < 4; i++) /* more than half of the ring */
		fill_ring(128);
	host_tick(&stage->thread, 0);
	record = host_code(host_receive(NULL), code);
	assert_non_null(record);
	assert_int_equal(record->flags, PBP_CODE_DEFERRED);
	assert_int_equal(record->header.size, sizeof(*record));
	assert_int_equal(record->linetable_full_size, PBP_LINETABLE_UNREAD);
	assert_int_equal(record->name.kind, PBP_STRING_UNREAD);
	assert_true(record->identity != 0);
	identity = record->identity;
	/* Announced, not announced again. */
	for (int i = 0; i < 4; i++)
		fill_ring(128);
	host_tick(&stage->thread, 0);
	assert_null(host_code(host_receive(NULL), code));
	settings.ring_bytes = HOST_RING_BYTES;
	record = host_code(tick(stage), code);
	assert_non_null(record);
	assert_int_equal(record->flags, 0);
	assert_true(record->identity == identity);
	assert_text(record, NAME, "f");
	assert_int_equal(tick(stage)->ncodes, 0);
}

static void names_are_held_back_while_the_ring_is_more_than_half_full(void **state)
{
	struct host_stage *stage = *state;
	uint64_t codes[30];
	const struct host_received *received;

	for (size_t i = 0; i < 30; i++)
		codes[i] = fake_function(&stage->python, "f");
	settings.ring_bytes = 8192;
	run(stage, codes, 30);
	host_tick(&stage->thread, 0);
	received = host_receive(NULL);
	assert_true(received->nnamed > 0);
	assert_true(received->ndeferred > 0);
	assert_int_equal(received->nnamed + received->ndeferred, 30);
	assert_int_equal(received->nsamples, 1);
	assert_true(received->announced);
	assert_int_equal(host_counter(PBP_COUNT_LOST), 0);
}

static void a_sample_whose_code_object_cannot_be_announced_is_lost(void **state)
{
	struct host_stage *stage = *state;
	uint64_t codes[2] = { fake_function(&stage->python, "f"),
			      fake_function(&stage->python, "g") };
	const struct host_received *received;

	settings.ring_bytes = 150; /* one announcement and its header, not two */
	fill_ring(72);
	run(stage, codes, 2);
	host_tick(&stage->thread, 0);
	assert_int_equal(host_counter(PBP_COUNT_LOST), 1);
	received = host_receive(NULL);
	assert_int_equal(received->nsamples, 0);
	assert_int_equal(received->ncodes, 0);
	settings.ring_bytes = HOST_RING_BYTES;
	received = tick(stage);
	assert_int_equal(received->nnamed, 2);
	assert_int_equal(received->sample.head.nkept, 0);
	assert_int_equal(host_counter(PBP_COUNT_LOST), 1);
	assert_int_equal(host_counter(PBP_COUNT_COMPLETE), 1);
}

/* A sample whose code object user space does not know would be read with what lay at the address before. */
static void a_sample_is_not_sent_without_its_code_object_though_it_would_fit(void **state)
{
	struct host_stage *stage = *state;
	char *name = repeat("n", 2000);
	const struct fake_code code = { .name = name, .filename = "f.py" };
	uint64_t addr = fake_code(&stage->python, &code);

	settings.ring_bytes = 1024;
	run(stage, &addr, 1);
	host_tick(&stage->thread, 0);
	assert_int_equal(host_counter(PBP_COUNT_LOST), 1);
	assert_int_equal(host_receive(NULL)->nsamples, 0);
	settings.ring_bytes = HOST_RING_BYTES;
	assert_non_null(host_code(tick(stage), addr));
	free(name);
}

static void the_names_of_one_tick_keep_to_their_bytes(void **state)
{
	struct host_stage *stage = *state;
	uint8_t *table = host_alloc(stage, 9000);
	char *name = repeat("n", PBP_STRING_BYTES_MAX);
	uint64_t codes[40];
	size_t named = 0;

	for (size_t i = 0; i < 40; i++) {
		const struct fake_code code = { .name = name + PBP_STRING_BYTES_MAX - 200 * i,
						.filename = "f.py",
						.firstlineno = (int32_t)i,
						.linetable = table,
						.linetable_size = 9000 - 100 * i };

		codes[i] = fake_code(&stage->python, &code);
	}
	run(stage, codes, 40);
	for (int i = 0; i < 40 && named < 40; i++) {
		const struct host_received *received = tick(stage);

		assert_true(received->name_bytes <= PBP_CODE_BYTES_PER_TICK);
		assert_true(received->nnamed > 0);
		named += received->nnamed;
	}
	assert_int_equal(named, 40);
	free(name);
}

static void two_of_the_largest_code_objects_fit_into_a_tick(void **state)
{
	struct host_stage *stage = *state;
	uint8_t *table = host_alloc(stage, PBP_LINETABLE_BYTES_MAX);
	char *name = repeat("n", PBP_STRING_BYTES_MAX);
	const struct fake_code code = { .name = name,
					.qualname = name,
					.filename = name,
					.linetable = table,
					.linetable_size = PBP_LINETABLE_BYTES_MAX };
	uint64_t codes[4];
	const struct host_received *received;

	for (size_t i = 0; i < 4; i++)
		codes[i] = fake_code(&stage->python, &code);
	run(stage, codes, 4);
	for (int i = 0; i < 2; i++) {
		received = tick(stage);
		assert_int_equal(received->nnamed, 2);
		assert_true(received->name_bytes <= PBP_CODE_BYTES_PER_TICK);
		assert_int_equal(received->ndeferred, i ? 0 : 2);
	}
	assert_int_equal(tick(stage)->ncodes, 0);
	free(name);
}

/* Two addresses that share a place in the table of seen code objects take it from each other. */
static void code_objects_that_share_a_slot_are_both_named(void **state)
{
	struct host_stage *stage = *state;
	const uint64_t spread = 0x9e3779b97f4a7c15ULL; /* as in bpf/pycode.h */
	uint64_t codes[2], base = 0x7f3000000000, tag = base >> 3 | 1ULL << 44, other = tag;
	struct fake_code code = { .name = "one", .filename = "f.py", .firstlineno = 1 };

	do
		other += 2;
	while ((other * spread) >> 50 != (tag * spread) >> 50);
	codes[0] = base;
	codes[1] = (other & ((1ULL << 44) - 1)) << 3;
	fake_memory_map(stage->memory, codes[0], PBP_CODE_BYTES_MAX);
	fake_memory_map(stage->memory, codes[1], PBP_CODE_BYTES_MAX);
	fake_code_again(&stage->python, codes[0], &code);
	code.name = "two";
	fake_code_again(&stage->python, codes[1], &code);
	run(stage, codes, 2);
	for (int i = 0; i < 3; i++) {
		const struct host_received *received = tick(stage);

		assert_int_equal(received->nnamed, 2);
		assert_text(host_code(received, codes[0]), NAME, "one");
		assert_text(host_code(received, codes[1]), NAME, "two");
	}
}

static void equal_addresses_of_two_processes_are_two_code_objects(void **state)
{
	struct host_stage *stage = *state;
	struct fake_memory *memory = fake_memory_new();
	struct fake_python other;
	struct host_thread thread;
	struct fake_frame frame = { .instr = 2 };
	uint64_t code, tstate;
	const struct host_received *received;

	fake_python_init(&other, memory, stage->python.build, 2);
	code = fake_function(&stage->python, "f");
	other.heap = code;
	frame.code = fake_function(&other, "g");
	assert_true(frame.code == code);
	tstate = fake_tstate(&other, fake_interp(&other), 0x7f00deadb000);
	host_thread_init(&thread, &other, 5, 0x7f00deadb000);
	fake_run(&other, tstate, &frame, 1);
	assert_non_null(meet(stage, code));
	host_tick(&thread, 0);
	received = host_receive(NULL);
	assert_int_equal(received->sample.head.target, 2);
	assert_int_equal(received->sample.head.nkept, 0);
	assert_text(host_code(received, code), NAME, "g");
	fake_memory_free(memory);
}

/* A storm: each tick runs code objects that no tick has seen, faster than they are named. */
static void a_storm_of_new_code_objects_displaces_no_sample(void **state)
{
	struct host_stage *stage = *state;
	uint64_t codes[100];

	settings.ring_bytes = 256 * 1024;
	for (int round = 0; round < 30; round++) {
		const struct host_received *received;

		for (size_t i = 0; i < 100; i++)
			codes[i] = fake_function(&stage->python, "f");
		run(stage, codes, 100);
		host_tick(&stage->thread, 0);
		if (round % 5 < 4)
			continue;
		received = host_receive(NULL);
		assert_int_equal(received->nsamples, 5);
		assert_true(received->announced);
	}
	assert_int_equal(host_counter(PBP_COUNT_LOST), 0);
}

int main(void)
{
	const struct host_test bodies[] = {
		HOST_TEST(everything_of_a_code_object_is_sent_before_its_first_sample),
		HOST_TEST(a_negative_first_line_is_sent_as_it_is),
		HOST_TEST(names_of_every_kind_and_form_arrive_whole),
		HOST_TEST(objects_of_any_length_may_end_at_an_unmapped_page),
		HOST_TEST(a_code_object_may_end_at_an_unmapped_page),
		HOST_TEST(a_name_over_the_limit_is_cut_and_says_so),
		HOST_TEST(a_length_that_cannot_be_does_no_harm),
		HOST_TEST(a_long_line_table_is_cut_and_tells_its_full_size),
		HOST_TEST(a_line_table_size_that_cannot_be_is_a_fault),
		HOST_TEST(what_is_not_in_memory_is_told_and_the_rest_is_sent),
		HOST_TEST(a_known_code_object_is_not_sent_again),
		HOST_TEST(identities_are_proven_again_only_when_code_objects_came_or_went),
		HOST_TEST(a_counter_that_is_0_or_unreadable_proves_nothing),
		HOST_TEST(another_code_object_at_the_address_is_told),
		HOST_TEST(other_contents_behind_the_same_pointers_are_told),
		HOST_TEST(another_file_name_behind_the_same_pointer_is_told),
		HOST_TEST(equal_contents_behind_the_same_pointers_are_the_same),
		HOST_TEST(a_version_tells_equal_contents_apart),
		HOST_TEST(a_version_is_unique_in_its_interpreter_only),
		HOST_TEST(a_tick_names_so_many_code_objects_and_defers_the_rest),
		HOST_TEST(a_deferred_record_is_empty_and_has_the_identity),
		HOST_TEST(names_are_held_back_while_the_ring_is_more_than_half_full),
		HOST_TEST(a_sample_whose_code_object_cannot_be_announced_is_lost),
		HOST_TEST(a_sample_is_not_sent_without_its_code_object_though_it_would_fit),
		HOST_TEST(the_names_of_one_tick_keep_to_their_bytes),
		HOST_TEST(two_of_the_largest_code_objects_fit_into_a_tick),
		HOST_TEST(code_objects_that_share_a_slot_are_both_named),
		HOST_TEST(equal_addresses_of_two_processes_are_two_code_objects),
		HOST_TEST(a_storm_of_new_code_objects_displaces_no_sample),
	};
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[host_ntests(nbodies)];

	host_make_tests(bodies, nbodies, tests);
	return cmocka_run_group_tests_name("pycode", tests, NULL, NULL);
}
