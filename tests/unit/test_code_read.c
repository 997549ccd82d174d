/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/python/code_read.c: copies of code objects out of a live process, and the proof that each is the one
 * that BPF sampled. The identities asked for are those that the host-compiled BPF sends.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "python/code_read.h"
#include "python/pystr.h"
#include "support/host_bpf.h"

/* A tick that meets this code object; what BPF says its identity is. */
static uint64_t sample(struct host_stage *stage, uint64_t code)
{
	struct fake_frame frame = { .code = code };

	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, &frame, 1);
	assert_int_equal(host_tick(&stage->thread, 0), PBP_STATUS_COMPLETE);
	assert_true(host_receive(NULL)->sound);
	assert_true(host_identity(1, code) != 0);
	return host_identity(1, code);
}

static int copy(struct host_stage *stage, uint64_t code, uint64_t identity, struct code_copy *ret)
{
	struct memory memory = fake_memory_of_process(stage->memory);

	return code_read(&memory, stage->python.layout, code, identity, ret);
}

static void assert_text(const struct pbp_string *string, const uint8_t *data, const char *text)
{
	char *buffer = malloc(PYSTR_UTF8_SIZE(string->size));

	assert_non_null(buffer);
	assert_int_equal(string->cut, 0);
	pystr_decode(string->kind, data, string->size, false, buffer,
		     PYSTR_UTF8_SIZE(string->size));
	assert_string_equal(buffer, text);
	free(buffer);
}

static bool has_qualname(const struct host_stage *stage)
{
	return stage->python.layout->code_qualname != PBP_ABSENT;
}

static bool has_version(const struct host_stage *stage)
{
	return stage->python.layout->code_version != PBP_ABSENT;
}

static void check_copy(struct host_stage *stage, const struct fake_code *code)
{
	uint64_t addr = fake_code(&stage->python, code), identity = sample(stage, addr);
	struct code_copy got;
	const uint8_t *data;

	assert_int_equal(copy(stage, addr, identity, &got), 0);
	data = got.data;
	assert_true(got.record.code_addr == addr);
	assert_true(got.record.identity == identity);
	assert_int_equal(got.record.flags, 0);
	assert_int_equal(got.record.firstlineno, code->firstlineno);
	assert_text(&got.record.name, data, code->name);
	data += got.record.name.size;
	if (has_qualname(stage))
		assert_text(&got.record.qualname, data,
			    code->qualname ? code->qualname : code->name);
	else
		assert_int_equal(got.record.qualname.size, 0);
	data += got.record.qualname.size;
	assert_text(&got.record.filename, data, code->filename);
	data += got.record.filename.size;
	assert_int_equal(got.record.linetable_size, got.record.linetable_full_size);
	if (code->linetable) {
		assert_int_equal(got.record.linetable_size, code->linetable_size);
		assert_memory_equal(data, code->linetable, code->linetable_size);
	}
	free(got.data);
	/* What is one bit off is another object. */
	for (int bit = 0; bit < 64; bit++) {
		/* Of a version's identity the interpreter's part is not known here. */
		if (!(identity >> 63) && bit >= 32 && bit < 63)
			continue;
		assert_int_equal(copy(stage, addr, identity ^ 1ULL << bit, &got), -ESTALE);
	}
}

static void the_identity_is_the_one_that_bpf_sends(void **state)
{
	struct host_stage *stage = *state;
	static const char *const names[] = { "f",
					     "",
					     "seven77",
					     "eight888",
					     "nine99999",
					     "gr\xc3\xb6\xc3\x9f"
					     "e",
					     "\xe5\x90\x8d\xe5\x89\x8d\xe5\x89\x8d",
					     "\xf0\x9f\x90\x8d snake" };
	const unsigned hows[] = { 0, FAKE_NO_HASH, FAKE_LEGACY, FAKE_LEGACY | FAKE_NO_HASH,
				  FAKE_AT_PAGE_END | FAKE_NO_HASH };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		for (size_t j = 0; j < sizeof(hows) / sizeof(*hows); j++) {
			struct fake_code code = { .name = names[i],
						  .filename = names[(i + 3) % 8],
						  .firstlineno = (int32_t)i - 2,
						  .how = hows[j] };

			check_copy(stage, &code);
			code.unversioned = true;
			check_copy(stage, &code);
			code.qualname = names[(i + 1) % 8];
			check_copy(stage, &code);
		}
	}
}

static void line_tables_of_every_size_have_the_same_identity_on_both_sides(void **state)
{
	struct host_stage *stage = *state;
	static uint8_t table[100000];
	static const size_t sizes[] = { 0,    1,    7,	  8,	9,    15,   255,   1016,
					1017, 1023, 1024, 1025, 4096, 5000, 32769, 100000 };

	for (size_t i = 0; i < sizeof(table); i++)
		table[i] = (uint8_t)(i * 31 >> 3);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct fake_code code = { .name = "f",
						.filename = "f.py",
						.linetable = table,
						.linetable_size = sizes[i],
						.unversioned = true };

		check_copy(stage, &code);
	}
}

static void long_names_without_a_hash_have_the_same_identity_on_both_sides(void **state)
{
	struct host_stage *stage = *state;
	char name[3000];

	for (size_t length = 1000; length < 2900; length += 13) {
		struct fake_code code = {
			.name = name, .filename = "f.py", .unversioned = true, .how = FAKE_NO_HASH
		};

		memset(name, 'x', length);
		name[length] = '\0';
		check_copy(stage, &code);
	}
}

static void another_object_at_the_address_is_stale(void **state)
{
	struct host_stage *stage = *state;
	struct fake_code code = { .name = "old", .filename = "f.py", .firstlineno = 1 };

	for (int unversioned = 0; unversioned < 2; unversioned++) {
		struct code_copy got = { 0 };
		uint64_t addr, identity;

		code.unversioned = unversioned;
		code.name = "old";
		addr = fake_code(&stage->python, &code);
		identity = sample(stage, addr);
		code.name = "new";
		fake_code_again(&stage->python, addr, &code);
		assert_int_equal(copy(stage, addr, identity, &got), -ESTALE);
		assert_null(got.data);
	}
}

/* Another object comes to the address while it is copied. */
struct replacement {
	struct host_stage *stage;
	uint64_t addr;
	struct fake_code code;
};

static void replace(void *context)
{
	struct replacement *replacement = context;

	fake_code_again(&replacement->stage->python, replacement->addr, &replacement->code);
}

static void an_object_that_changes_while_it_is_copied_is_never_half_of_each(void **state)
{
	struct host_stage *stage = *state;
	const struct fake_code old = { .name = "old", .filename = "old.py", .firstlineno = 1 };
	uint64_t before, reads, addr, identity;
	struct replacement replacement = {
		.stage = stage, .code = { .name = "new", .filename = "new.py", .firstlineno = 2 }
	};
	struct code_copy got;

	for (int unversioned = 0; unversioned < 2; unversioned++) {
		struct fake_code code = old;

		code.unversioned = replacement.code.unversioned = unversioned;
		replacement.addr = addr = fake_code(&stage->python, &code);
		identity = sample(stage, addr);
		before = fake_memory_reads(stage->memory);
		assert_int_equal(copy(stage, addr, identity, &got), 0);
		free(got.data);
		reads = fake_memory_reads(stage->memory) - before;
		for (uint64_t n = 1; n <= reads; n++) {
			int result;

			fake_code_again(&stage->python, addr, &code);
			identity = sample(stage, addr);
			fake_memory_before_read(stage->memory, n, replace, &replacement);
			result = copy(stage, addr, identity, &got);
			if (result) {
				assert_int_equal(result, -ESTALE);
				continue;
			}
			assert_text(&got.record.name, got.data, "old");
			assert_int_equal(got.record.firstlineno, 1);
			free(got.data);
		}
	}
}

static void every_fault_is_told(void **state)
{
	struct host_stage *stage = *state;
	struct fake_code code = { .name = "f", .qualname = "C.f", .filename = "f.py" };
	struct code_copy got = { 0 };
	uint64_t before, reads, addr, identity;

	for (int unversioned = 0; unversioned < 2; unversioned++) {
		code.unversioned = unversioned;
		addr = fake_code(&stage->python, &code);
		identity = sample(stage, addr);
		before = fake_memory_reads(stage->memory);
		assert_int_equal(copy(stage, addr, identity, &got), 0);
		free(got.data);
		reads = fake_memory_reads(stage->memory) - before;
		for (uint64_t n = 1; n <= reads; n++) {
			int result;

			got.data = NULL;
			fake_memory_fail_read(stage->memory, n);
			result = copy(stage, addr, identity, &got);
			/* Reads that only prove the identity make another one of it. */
			assert_true(result == -EFAULT || result == -ESTALE);
			assert_null(got.data);
		}
	}
}

static void what_is_copied_is_bounded(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	bool raw = layout->string_kind == PBP_STRING_BYTES;
	const uint64_t lengths[] = { CODE_READ_STRING_MAX + 1, 1ULL << 31, 1ULL << 62, UINT64_MAX };
	struct fake_code code = { .name = "f",
				  .filename = "f.py",
				  .unversioned = !has_version(stage) };
	uint8_t *table = host_alloc(stage, CODE_READ_LINETABLE_MAX + 10);
	struct code_copy got;
	uint64_t addr, identity;

	code.linetable = table;
	code.linetable_size = CODE_READ_LINETABLE_MAX + 10;
	addr = fake_code(&stage->python, &code);
	identity = sample(stage, addr);
	assert_int_equal(copy(stage, addr, identity, &got), 0);
	assert_int_equal(got.record.linetable_size, CODE_READ_LINETABLE_MAX);
	assert_int_equal(got.record.linetable_full_size, CODE_READ_LINETABLE_MAX + 10);
	free(got.data);

	code.linetable = NULL;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		uint64_t name;

		addr = fake_code(&stage->python, &code);
		name = fake_memory_load_u64(stage->memory, addr + layout->code_name);
		fake_memory_map(stage->memory, name, 2 * CODE_READ_STRING_MAX);
		fake_memory_write_u64(stage->memory,
				      name + (raw ? layout->bytes_size : layout->unicode_length),
				      lengths[i]);
		identity = sample(stage, addr);
		assert_int_equal(copy(stage, addr, identity, &got), 0);
		assert_int_equal(got.record.name.cut, 1);
		assert_true(got.record.name.size <= CODE_READ_STRING_MAX);
		free(got.data);
		stage->python.heap += 3 * CODE_READ_STRING_MAX;
	}
}

static void an_impossible_line_table_size_is_refused(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t addr = fake_function(&stage->python, "f"), identity, table;
	struct code_copy got = { 0 };

	table = fake_memory_load_u64(stage->memory, addr + layout->code_linetable);
	fake_memory_write_u64(stage->memory, table + layout->bytes_size, 1ULL << 31);
	identity = sample(stage, addr);
	assert_int_equal(copy(stage, addr, identity, &got), -EBADMSG);
	assert_null(got.data);
}

static void what_is_no_string_is_refused(void **state)
{
	struct host_stage *stage = *state;
	const struct pbp_layout *layout = stage->python.layout;
	uint64_t addr = fake_function(&stage->python, "f"), identity;
	struct code_copy got = { 0 };

	if (layout->string_kind == PBP_STRING_BYTES)
		return;
	fake_memory_write_u64(stage->memory, addr + layout->code_name, stage->interp + 64);
	identity = sample(stage, addr);
	assert_int_equal(copy(stage, addr, identity, &got), -EBADMSG);
	assert_null(got.data);
}

/*
 * The main use: a name lay in a page that was not in memory at the tick. The process reads it later, and so do we.
 */
static void what_was_not_in_memory_at_the_tick_can_be_read_later(void **state)
{
	struct host_stage *stage = *state;
	uint64_t page = (stage->python.heap + FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE, addr, identity;
	struct fake_code code = { .name = "f", .firstlineno = 3 };
	struct code_copy got;

	stage->python.heap = page;
	code.filename_addr = fake_str(&stage->python, "/was/out.py", 0);
	stage->python.heap = page + FAKE_PAGE;
	addr = fake_code(&stage->python, &code);
	fake_memory_evict(stage->memory, page, FAKE_PAGE);
	identity = sample(stage, addr);
	assert_int_equal(copy(stage, addr, identity, &got), 0);
	assert_text(&got.record.filename,
		    got.data + got.record.name.size + got.record.qualname.size, "/was/out.py");
	free(got.data);
}

int main(void)
{
	const struct host_test bodies[] = {
		HOST_TEST(the_identity_is_the_one_that_bpf_sends),
		HOST_TEST(line_tables_of_every_size_have_the_same_identity_on_both_sides),
		HOST_TEST(long_names_without_a_hash_have_the_same_identity_on_both_sides),
		HOST_TEST(another_object_at_the_address_is_stale),
		HOST_TEST(an_object_that_changes_while_it_is_copied_is_never_half_of_each),
		HOST_TEST(every_fault_is_told),
		HOST_TEST(what_is_copied_is_bounded),
		HOST_TEST(an_impossible_line_table_size_is_refused),
		HOST_TEST(what_is_no_string_is_refused),
		HOST_TEST(what_was_not_in_memory_at_the_tick_can_be_read_later),
	};
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[host_ntests(nbodies)];

	host_make_tests(bodies, nbodies, tests);
	return cmocka_run_group_tests_name("code_read", tests, NULL, NULL);
}
