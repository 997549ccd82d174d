/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/python/code.c: equal contents are one code object, whatever process they came from, and an
 * instruction becomes a line for every layout row. Line tables as such are test_linetable.c's matter.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <layout.h> /* include/layout.h */

#include "python/code.h"
#include "support/fake_python.h"

#define DATA_MAX 4096

/* A record and what follows it on the wire. */
struct made {
	struct pbp_code record;
	uint8_t data[DATA_MAX];
	size_t used;
};

static void add_text(struct made *made, struct pbp_string *string, const char *text)
{
	string->kind = PBP_STRING_UNREAD;
	if (!text)
		return;
	string->size = (uint32_t)strlen(text);
	string->kind = 1;
	memcpy(made->data + made->used, text, string->size);
	made->used += string->size;
}

static void add_linetable(struct made *made, const void *table, size_t size)
{
	memcpy(made->data + made->used, table, size);
	made->used += size;
	made->record.linetable_size = made->record.linetable_full_size = (uint32_t)size;
}

/* Of ASCII names; qualname NULL: none, as up to 3.10. */
static struct made make(const char *name, const char *qualname, const char *filename, int32_t line)
{
	struct made made = { .record.firstlineno = line };

	add_text(&made, &made.record.name, name);
	add_text(&made, &made.record.qualname, qualname);
	add_text(&made, &made.record.filename, filename);
	return made;
}

static const struct pbp_layout *last_layout(void)
{
	size_t count = 0;
	const struct fake_build *builds = fake_builds(&count);

	return &builds[count - 1].layout;
}

static uint32_t add(struct codes *codes, const struct made *made)
{
	uint32_t id = UINT32_MAX;

	assert_int_equal(codes_add(codes, &made->record, made->data, last_layout(), &id), 0);
	return id;
}

static int set_up(void **state)
{
	*state = codes_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	codes_free(*state);
	return 0;
}

static void names_are_the_qualified_ones_where_there_are_any(void **state)
{
	struct codes *codes = *state;
	struct made both = make("method", "Class.method", "app.py", 7);
	struct made one = make("method", NULL, "app.py", 7);
	const struct code *code = codes_get(codes, add(codes, &both));

	assert_string_equal(code->function, "Class.method");
	assert_string_equal(code->file, "app.py");
	assert_int_equal(code->firstlineno, 7);
	assert_false(code->internal);
	code = codes_get(codes, add(codes, &one));
	assert_string_equal(code->function, "method");
}

static void names_of_every_kind_become_utf8(void **state)
{
	struct codes *codes = *state;
	struct made made = { .record.firstlineno = 1 };
	static const uint8_t latin1[] = { 'g', 'r', 0xf6, 0xdf, 'e' };
	static const uint16_t ucs2[] = { 0x540d, 0x524d };
	static const uint32_t ucs4[] = { 0x1f40d };
	const struct code *code;

	made.record.name = (struct pbp_string){ .size = sizeof(latin1), .kind = 1 };
	made.record.qualname = (struct pbp_string){ .size = sizeof(ucs2), .kind = 2 };
	made.record.filename = (struct pbp_string){ .size = sizeof(ucs4), .kind = 4, .cut = 1 };
	memcpy(made.data, latin1, sizeof(latin1));
	memcpy(made.data + sizeof(latin1), ucs2, sizeof(ucs2));
	memcpy(made.data + sizeof(latin1) + sizeof(ucs2), ucs4, sizeof(ucs4));
	code = codes_get(codes, add(codes, &made));
	assert_string_equal(code->function, "\xe5\x90\x8d\xe5\x89\x8d");
	assert_string_equal(code->file, "\xf0\x9f\x90\x8d\xe2\x80\xa6");
}

static void equal_contents_are_one_code_object(void **state)
{
	struct codes *codes = *state;
	struct made made = make("f", "C.f", "app.py", 7), again = made;
	uint32_t id = add(codes, &made);

	/* From another process, at another address, at another time. */
	again.record.code_addr = 0x7f0012345678;
	again.record.identity = 99;
	again.record.target = 5;
	again.record.header.size = 1;
	assert_int_equal(add(codes, &again), id);
	assert_int_equal(codes_count(codes), 1);
}

static void any_difference_makes_another_code_object(void **state)
{
	struct codes *codes = *state;
	struct made different[] = {
		make("f", "C.f", "app.py", 7), make("g", "C.f", "app.py", 7),
		make("f", "C.g", "app.py", 7), make("f", NULL, "app.py", 7),
		make("f", "C.f", "b.py", 7),   make("f", "C.f", "app.py", 8),
		make("fC", ".f", "app.py", 7), make("f", "C.fa", "pp.py", 7),
		make("f", "C.f", "app.py", 7), make("f", "C.f", "app.py", 7),
		make("f", "C.f", "app.py", 7), make("f", "C.f", "app.py", 7),
	};
	const uint32_t count = sizeof(different) / sizeof(*different);

	add_linetable(&different[8], "\xd0\x01\x01", 3);
	add_linetable(&different[9], "\xd8\x01\x01", 3);
	different[10].record.linetable_full_size = 3;
	different[11].record.name.cut = 1;
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(add(codes, &different[i]), i);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(add(codes, &different[i]), i);
}

static void many_code_objects_keep_their_names(void **state)
{
	struct codes *codes = *state;
	char name[16];

	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 5000; i++) {
			struct made made;

			snprintf(name, sizeof(name), "f%u", i);
			made = make(name, NULL, "app.py", (int32_t)i);
			assert_int_equal(add(codes, &made), i);
			assert_string_equal(codes_get(codes, i)->function, name);
		}
	}
	assert_int_equal(codes_count(codes), 5000);
}

static void an_unnamed_code_object_has_no_names_until_it_is_filled(void **state)
{
	struct codes *codes = *state;
	struct made made = make("f", NULL, "app.py", 7);
	uint32_t id, other;

	assert_int_equal(codes_add_unnamed(codes, &id), 0);
	assert_int_equal(codes_add_unnamed(codes, &other), 0);
	assert_int_not_equal(id, other);
	assert_null(codes_get(codes, id)->function);
	assert_null(codes_get(codes, id)->file);
	assert_int_equal(codes_fill(codes, id, &made.record, made.data, last_layout()), 0);
	assert_string_equal(codes_get(codes, id)->function, "f");
	assert_string_equal(codes_get(codes, id)->file, "app.py");
	assert_null(codes_get(codes, other)->function);
	/* Contents of its own: the same contents elsewhere are another one. */
	assert_int_not_equal(add(codes, &made), id);
}

static void a_filled_code_object_can_be_filled_again(void **state)
{
	struct codes *codes = *state;
	struct made first = make("f", NULL, NULL, 7), second = make("f", "C.f", "app.py", 8);
	uint32_t id;

	assert_int_equal(codes_add_unnamed(codes, &id), 0);
	assert_int_equal(codes_fill(codes, id, &first.record, first.data, last_layout()), 0);
	assert_int_equal(codes_fill(codes, id, &second.record, second.data, last_layout()), 0);
	assert_string_equal(codes_get(codes, id)->function, "C.f");
	assert_string_equal(codes_get(codes, id)->file, "app.py");
	assert_int_equal(codes_get(codes, id)->firstlineno, 8);
}

static void code_objects_filled_with_equal_contents_become_one(void **state)
{
	struct codes *codes = *state;
	struct made f = make("f", NULL, "app.py", 7), g = make("g", NULL, "app.py", 7);
	const uint32_t known = add(codes, &f);
	uint32_t ids[3], other;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(codes_add_unnamed(codes, &ids[i]), 0);
	assert_int_equal(codes_intern(codes, ids[0], &other), 0);
	assert_int_equal(other, CODES_NO_ID);
	assert_int_equal(codes_fill(codes, ids[0], &f.record, f.data, last_layout()), 0);
	assert_int_equal(codes_intern(codes, ids[0], &other), 0);
	assert_int_equal(other, known);
	/* The first with its contents is the one that others become. */
	assert_int_equal(codes_fill(codes, ids[1], &g.record, g.data, last_layout()), 0);
	assert_int_equal(codes_fill(codes, ids[2], &g.record, g.data, last_layout()), 0);
	assert_int_equal(codes_intern(codes, ids[1], &other), 0);
	assert_int_equal(other, ids[1]);
	assert_int_equal(codes_intern(codes, ids[2], &other), 0);
	assert_int_equal(other, ids[1]);
	assert_int_equal(add(codes, &g), ids[1]);
}

static void names_that_could_not_be_read_again_make_no_equal_contents(void **state)
{
	struct codes *codes = *state;
	struct made named[] = { make("f", NULL, "app.py", 7), make("g", NULL, "app.py", 7) };
	struct made unread = make(NULL, NULL, NULL, 7);
	uint32_t ids[2], other;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(codes_add_unnamed(codes, &ids[i]), 0);
		assert_int_equal(
			codes_fill(codes, ids[i], &named[i].record, named[i].data, last_layout()),
			0);
		assert_int_equal(
			codes_fill(codes, ids[i], &unread.record, unread.data, last_layout()), 0);
		assert_int_equal(codes_intern(codes, ids[i], &other), 0);
		assert_int_equal(other, ids[i]);
	}
}

static void a_released_id_is_used_again_without_its_old_names(void **state)
{
	struct codes *codes = *state;
	struct made made = make("f", NULL, "app.py", 7);
	uint32_t id, again, another;

	assert_int_equal(codes_add_unnamed(codes, &id), 0);
	assert_int_equal(codes_fill(codes, id, &made.record, made.data, last_layout()), 0);
	codes_release(codes, id);
	assert_int_equal(codes_add_unnamed(codes, &again), 0);
	assert_int_equal(again, id);
	assert_null(codes_get(codes, again)->function);
	assert_int_equal(codes_add_unnamed(codes, &another), 0);
	assert_int_not_equal(another, id);
}

/* What BPF says of a string whose header, or whose characters, it could not read. */
static void a_name_that_could_not_be_read_is_no_empty_name(void **state)
{
	struct codes *codes = *state;
	struct made no_header = make(NULL, NULL, "app.py", 7);
	uint32_t id;

	no_header.record.flags = PBP_CODE_FAULT;
	assert_int_equal(codes_add_unnamed(codes, &id), 0);
	assert_int_equal(codes_fill(codes, id, &no_header.record, no_header.data, last_layout()),
			 0);
	assert_null(codes_get(codes, id)->function);
}

static void a_file_name_that_could_not_be_read_is_no_empty_name(void **state)
{
	struct codes *codes = *state;
	struct made made = make("f", NULL, NULL, 7);
	uint32_t id;

	made.record.flags = PBP_CODE_FAULT;
	assert_int_equal(codes_add_unnamed(codes, &id), 0);
	assert_int_equal(codes_fill(codes, id, &made.record, made.data, last_layout()), 0);
	assert_null(codes_get(codes, id)->file);
}

static void a_name_that_is_empty_is_a_name(void **state)
{
	struct codes *codes = *state;
	struct made made = make("", NULL, "", 7);

	assert_string_equal(codes_get(codes, add(codes, &made))->function, "");
	assert_string_equal(codes_get(codes, add(codes, &made))->file, "");
}

static void cpythons_own_frame_below_a_constructor_is_internal(void **state)
{
	struct codes *codes = *state;
	struct made own = make("__init__", "__init__", "__init__", 0);
	struct made users = make("__init__", "C.__init__", "app.py", 3);
	struct made module = make("__init__", "__init__", "__init__", 1);

	assert_true(codes_get(codes, add(codes, &own))->internal);
	assert_false(codes_get(codes, add(codes, &users))->internal);
	assert_false(codes_get(codes, add(codes, &module))->internal);
}

/* Instruction i has the line 100 + i: a code unit each, whatever the row keeps in a frame and a line table. */
static void each_instruction_has_its_line(void **state)
{
	struct codes *codes = *state;
	uint8_t table[4 * FAKE_INSTRUCTIONS];
	size_t nbuilds = 0;
	const struct fake_build *builds = fake_builds(&nbuilds);

	for (size_t i = 0; i < nbuilds; i++) {
		struct made made = make("f", NULL, "app.py", 100);
		size_t size = fake_linetable(&builds[i].layout, table, sizeof(table));
		uint32_t id;

		add_linetable(&made, table, size);
		assert_int_equal(codes_add(codes, &made.record, made.data, &builds[i].layout, &id),
				 0);
		for (uint32_t instruction = 0; instruction < FAKE_INSTRUCTIONS; instruction++) {
			bool exact = false;
			int32_t line = code_line(codes_get(codes, id), instruction, &exact);

			if (line != 100 + (int32_t)instruction)
				print_message("%s: instruction %u has line %d\n", builds[i].name,
					      instruction, line);
			assert_int_equal(line, 100 + instruction);
			assert_true(exact);
		}
	}
}

static void a_frame_that_has_not_started_is_at_the_first_line(void **state)
{
	struct codes *codes = *state;
	struct made made = make("f", NULL, "app.py", 42);
	bool exact = false;

	assert_int_equal(code_line(codes_get(codes, add(codes, &made)), PBP_FRAME_NO_INSTR, &exact),
			 42);
	assert_true(exact);
}

static void a_position_that_does_not_fit_is_told_from_a_frame_that_has_not_started(void **state)
{
	struct codes *codes = *state;
	struct made made = make("f", NULL, "app.py", 42);
	bool exact = true;

	/* A table that may go on to where code units do not fit any more. */
	add_linetable(&made, "\x80", 2);
	made.record.linetable_full_size = 200000;
	assert_int_equal(code_line(codes_get(codes, add(codes, &made)), PBP_FRAME_NO_INSTR, &exact),
			 42);
	assert_false(exact);
}

/* An instruction is exact as far as the table reaches, and at the first line beyond. */
static void a_cut_line_table_is_exact_up_to_its_cut(void **state)
{
	struct codes *codes = *state;
	uint8_t table[4 * FAKE_INSTRUCTIONS];
	size_t nbuilds = 0;
	const struct fake_build *builds = fake_builds(&nbuilds);

	for (size_t i = 0; i < nbuilds; i++) {
		const struct pbp_layout *layout = &builds[i].layout;
		size_t full = fake_linetable(layout, table, sizeof(table)), cut = full / 2;
		struct made made = make("f", NULL, "app.py", 100);
		uint32_t id;

		add_linetable(&made, table, cut);
		made.record.linetable_full_size = (uint32_t)full;
		assert_int_equal(codes_add(codes, &made.record, made.data, layout, &id), 0);
		for (uint32_t instruction = 0; instruction < FAKE_INSTRUCTIONS; instruction++) {
			bool exact = false;
			int32_t line = code_line(codes_get(codes, id), instruction, &exact);

			if (instruction < FAKE_INSTRUCTIONS / 2 - 1) {
				assert_true(exact);
				assert_int_equal(line, 100 + instruction);
			} else if (exact) {
				assert_int_equal(line, 100 + instruction);
				assert_true(instruction < FAKE_INSTRUCTIONS / 2 + 1);
			} else {
				assert_int_equal(line, 100);
			}
		}
	}
}

/* Up to 3.9 an empty table is one of a function of one line; one that could not be read is not. */
static void a_line_table_that_could_not_be_read_is_not_exact(void **state)
{
	struct codes *codes = *state;
	size_t nbuilds = 0;
	const struct fake_build *builds = fake_builds(&nbuilds);

	for (size_t i = 0; i < nbuilds; i++) {
		struct made made = make("f", NULL, "app.py", 100);
		bool exact = true;
		uint32_t id;

		made.record.flags = PBP_CODE_FAULT;
		made.record.linetable_full_size = PBP_LINETABLE_UNREAD;
		assert_int_equal(codes_add_unnamed(codes, &id), 0);
		assert_int_equal(codes_fill(codes, id, &made.record, made.data, &builds[i].layout),
				 0);
		assert_int_equal(code_line(codes_get(codes, id), 5, &exact), 100);
		if (exact)
			print_message("%s: exact\n", builds[i].name);
		assert_false(exact);
	}
}

static void an_instruction_without_a_line_shows_the_line_before(void **state)
{
	struct codes *codes = *state;
	struct made made = make("f", NULL, "app.py", 100);
	/* Lines 100, 101, none, none; then the end of the table. */
	static const uint8_t table[] = { 0x80 | 10 << 3,    1, 1, 0x80 | 11 << 3, 1, 1,
					 0x80 | 15 << 3 | 1 };
	static const int32_t lines[] = { 100, 101, 101, 101, 100 };
	const struct code *code;

	add_linetable(&made, table, sizeof(table));
	code = codes_get(codes, add(codes, &made));
	assert_int_equal(code->linetable_format, PBP_LINETABLE_LOCATIONS);
	for (uint32_t i = 0; i < 5; i++) {
		bool exact = false;

		assert_int_equal(code_line(code, i, &exact), lines[i]);
		assert_int_equal(exact, i < 4);
	}
}

/* Line 0 is what 3.11 gives the first instruction of a module. */
static void a_line_is_never_0_or_less_unless_the_first_one_is(void **state)
{
	struct codes *codes = *state;
	struct made made = make("<module>", NULL, "app.py", 1);
	/* First line - 1, then + 3. */
	static const uint8_t table[] = { 0x80 | 13 << 3, 3, 0x80 | 13 << 3, 6 };
	const struct code *code;
	bool exact;

	add_linetable(&made, table, sizeof(table));
	code = codes_get(codes, add(codes, &made));
	assert_int_equal(code_line(code, 0, &exact), 1);
	assert_int_equal(code_line(code, 1, &exact), 3);
}

static void garbage_in_a_record_does_no_harm(void **state)
{
	struct codes *codes = *state;
	uint32_t random = 1;

	for (int round = 0; round < 2000; round++) {
		struct made made = { .record.firstlineno = (int32_t)(random * 7) };
		bool exact;
		uint32_t id;

		for (size_t i = 0; i < 600; i++) {
			random = random * 1664525 + 1013904223;
			made.data[i] = (uint8_t)(random >> 24);
		}
		made.record.name = (struct pbp_string){ .size = 40, .kind = made.data[0] % 5 };
		made.record.qualname = (struct pbp_string){ .size = 44, .kind = made.data[1] % 5 };
		made.record.filename = (struct pbp_string){ .size = 100, .kind = made.data[2] % 5 };
		made.record.linetable_size = 300;
		made.record.linetable_full_size = made.data[3] < 128 ? 300 : 500;
		id = add(codes, &made);
		assert_non_null(codes_get(codes, id)->function);
		for (uint32_t instruction = 0; instruction < 400; instruction += 37)
			code_line(codes_get(codes, id), instruction, &exact);
		code_line(codes_get(codes, id), PBP_FRAME_NO_INSTR - 1, &exact);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(names_are_the_qualified_ones_where_there_are_any),
		TEST(names_of_every_kind_become_utf8),
		TEST(equal_contents_are_one_code_object),
		TEST(any_difference_makes_another_code_object),
		TEST(many_code_objects_keep_their_names),
		TEST(an_unnamed_code_object_has_no_names_until_it_is_filled),
		TEST(code_objects_filled_with_equal_contents_become_one),
		TEST(names_that_could_not_be_read_again_make_no_equal_contents),
		TEST(a_released_id_is_used_again_without_its_old_names),
		TEST(a_filled_code_object_can_be_filled_again),
		TEST(a_name_that_could_not_be_read_is_no_empty_name),
		TEST(a_file_name_that_could_not_be_read_is_no_empty_name),
		TEST(a_name_that_is_empty_is_a_name),
		TEST(cpythons_own_frame_below_a_constructor_is_internal),
		TEST(each_instruction_has_its_line),
		TEST(a_frame_that_has_not_started_is_at_the_first_line),
		TEST(a_position_that_does_not_fit_is_told_from_a_frame_that_has_not_started),
		TEST(a_cut_line_table_is_exact_up_to_its_cut),
		TEST(a_line_table_that_could_not_be_read_is_not_exact),
		TEST(an_instruction_without_a_line_shows_the_line_before),
		TEST(a_line_is_never_0_or_less_unless_the_first_one_is),
		TEST(garbage_in_a_record_does_no_harm),
	};

	return cmocka_run_group_tests_name("code", tests, NULL, NULL);
}
