/* SPDX-License-Identifier: GPL-2.0-only */
/* Saved profiles of our own: what is written comes back, whole or member by member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "store/store.h"
#include "support/golden.h"
#include "support/saved_file.h"

static void assert_same_account(const struct profile *a, const struct profile *b)
{
	assert_memory_equal(profile_account_const(a), profile_account_const(b),
			    sizeof(struct account));
}

static void assert_same_reports(const struct profile *a, const struct profile *b)
{
	static const char *const formats[] = { "flat", "tree", "folded" };
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		char *left = saved_report(a, formats[i]), *right = saved_report(b, formats[i]);

		assert_string_equal(left, right);
		free(left);
		free(right);
	}
}

static struct profile *read_back(const struct saved_file *file)
{
	struct store_facts facts;
	struct err err = { 0 };
	struct profile *profile = saved_file_read(file, &facts, &err);

	assert_string_equal(err.message, "");
	assert_non_null(profile);
	assert_true(facts.ours);
	assert_int_equal(facts.torn_offset, 0);
	return profile;
}

static struct profile *round_trip(const struct profile *profile)
{
	struct saved_file file;
	struct profile *back;

	saved_file_init(&file);
	saved_file_write(&file, profile);
	back = read_back(&file);
	saved_file_done(&file);
	return back;
}

static void assert_same_bytes(const struct profile *a, const struct profile *b)
{
	size_t a_size, b_size;
	char *a_bytes = saved_bytes(a, &a_size), *b_bytes = saved_bytes(b, &b_size);

	assert_int_equal(a_size, b_size);
	assert_memory_equal(a_bytes, b_bytes, a_size);
	free(a_bytes);
	free(b_bytes);
}

static void every_golden_profile_comes_back_with_equal_reports_and_account(void **state)
{
	glob_t paths;
	size_t i;

	(void)state;
	assert_int_equal(glob("tests/golden/*.in", 0, NULL, &paths), 0);
	for (i = 0; i < paths.gl_pathc; i++) {
		struct profile *profile = golden_load(paths.gl_pathv[i]);
		struct profile *back = round_trip(profile);

		assert_same_account(profile, back);
		assert_same_reports(profile, back);
		assert_same_bytes(profile, back);
		assert_int_equal(profile_samples(profile), profile_samples(back));
		assert_int_equal(profile_weight_ns(profile), profile_weight_ns(back));
		profile_free(profile);
		profile_free(back);
	}
	assert_true(i > 10);
	globfree(&paths);
}

static uint32_t add_stack(struct profile *profile, const char *const *functions)
{
	uint32_t stack = PROFILE_STACK_EMPTY, id;

	for (; *functions; functions++) {
		const struct symbol symbol = {
			.function = *functions, .file = "a.py", .line = 2, .first_line = 1
		};

		assert_int_equal(profile_add_symbol(profile, &symbol, &id), 0);
		assert_int_equal(profile_add_stack(profile, stack, id, &stack), 0);
	}
	return stack;
}

static uint32_t add_process(struct profile *profile, struct profile_process process)
{
	uint32_t index;

	assert_int_equal(profile_add_process(profile, &process, &index), 0);
	return index;
}

#define STACK(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void every_fact_of_a_process_comes_back(void **state)
{
	/* Each text has a byte that is no UTF-8, a control character, and what looks like an escape. */
	const struct profile_process process = { .pid = -5,
						 .inside_pid = 17,
						 .start_time = 1ULL << 40,
						 .program = 3,
						 .count = 4,
						 .comm = "comm\xff\x1b\\x41",
						 .command = "command\xff\x1b\\x41",
						 .python = "python\xff\x1b\\x41",
						 .container = "container\xff\x1b\\x41",
						 .container_id = "id\xff\x1b\\x41",
						 .unit = "unit\xff\x1b\\x41",
						 .executable = "executable\xff\x1b\\x41",
						 .machine = "machine\xff\x1b\\x41",
						 .kernel_ns = 0 };
	struct profile *profile = profile_new(), *back;
	const struct profile_process *kept;

	(void)state;
	add_process(profile, process);
	back = round_trip(profile);
	assert_int_equal(profile_nprocesses(back), 1);
	kept = profile_process(back, 0);
	assert_int_equal(kept->pid, -5);
	assert_int_equal(kept->inside_pid, 17);
	assert_int_equal(kept->start_time, 1ULL << 40);
	assert_int_equal(kept->program, 3);
	assert_int_equal(kept->count, 4);
	assert_string_equal(kept->comm, process.comm);
	assert_string_equal(kept->command, process.command);
	assert_string_equal(kept->python, process.python);
	assert_string_equal(kept->container, process.container);
	assert_string_equal(kept->container_id, process.container_id);
	assert_string_equal(kept->unit, process.unit);
	assert_string_equal(kept->executable, process.executable);
	assert_string_equal(kept->machine, process.machine);
	assert_int_equal(kept->kernel_ns, 0);
	profile_free(profile);
	profile_free(back);
}

static void processes_of_one_pid_stay_apart(void **state)
{
	struct profile *profile = profile_new(), *back;
	const struct profile_process processes[] = {
		{ .pid = 7, .start_time = 1, .comm = "a" },
		{ .pid = 7, .start_time = 1, .program = 1, .comm = "b" },
		{ .pid = 7, .start_time = 2, .comm = "c" },
		{ .pid = 7, .start_time = 1, .machine = "other", .comm = "d" },
	};
	const uint32_t stack = add_stack(profile, STACK("f"));
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		profile_add_weight(profile, add_process(profile, processes[i]), PROFILE_NO_ID,
				   stack, i + 1, 10);
	back = round_trip(profile);
	assert_int_equal(profile_nprocesses(back), 4);
	assert_int_equal(profile_nrows(back), 4);
	for (i = 0; i < 4; i++) {
		const struct profile_row *row = profile_row(back, i);
		const char comm[] = { (char)('a' + row->samples - 1), '\0' };

		assert_string_equal(profile_process(back, row->process)->comm, comm);
		assert_int_equal(profile_process(back, row->process)->kernel_ns, 0);
	}
	profile_free(profile);
	profile_free(back);
}

static void a_function_that_is_called_like_a_special_symbol_stays_a_function(void **state)
{
	static const struct symbol symbols[] = {
		{ .kind = SYMBOL_NATIVE, .function = "", .file = "" },
		{ .kind = SYMBOL_UNNAMED, .function = "", .file = "" },
		{ .kind = SYMBOL_TRUNCATED, .function = "", .file = "" },
		{ .kind = SYMBOL_NOT_RECOGNISED, .function = "", .file = "" },
		{ .kind = SYMBOL_UNREADABLE, .function = "some [reason]", .file = "" },
		{ .kind = SYMBOL_UNREADABLE, .function = "", .file = "" },
		{ .function = "[native]", .file = "" },
		{ .function = "[unnamed]", .file = "", .line = 3 },
		{ .function = "[native]", .file = "a.py", .line = 3, .first_line = 2 },
		{ .function = "[unreadable: some [reason]]", .file = "" },
		{ .function = "", .file = "" },
		{ .function = "<module>", .file = "", .line = INT32_MAX, .first_line = INT32_MAX },
	};
	const size_t count = sizeof(symbols) / sizeof(*symbols);
	struct profile *profile = profile_new(), *back;
	const uint32_t process = add_process(profile, (struct profile_process){ .pid = 1 });
	uint32_t stack, id;
	size_t i;

	(void)state;
	for (i = 0; i < count; i++) {
		assert_int_equal(profile_add_symbol(profile, &symbols[i], &id), 0);
		assert_int_equal(profile_add_stack(profile, 0, id, &stack), 0);
		profile_add_weight(profile, process, PROFILE_NO_ID, stack, i + 1, 1);
	}
	back = round_trip(profile);
	assert_int_equal(profile_nrows(back), count);
	for (i = 0; i < count; i++) {
		const struct profile_row *row = profile_row(back, i);
		const struct symbol *kept =
			profile_symbol(back, profile_stack_symbol(back, row->stack));
		const struct symbol *was = &symbols[row->samples - 1];

		assert_int_equal(kept->kind, was->kind);
		assert_string_equal(kept->function, was->function);
		assert_string_equal(kept->file, was->file);
		assert_int_equal(kept->line, was->line);
		assert_int_equal(kept->first_line, was->first_line);
	}
	profile_free(profile);
	profile_free(back);
}

/* Two processes, threads, runs and moments; put together in one order or the other. */
static struct profile *put_together(bool backwards)
{
	struct profile *profile = profile_new();
	int step;

	for (step = 0; step < 4; step++) {
		const int which = backwards ? 3 - step : step;
		const struct profile_process process = { .pid = which % 2 + 1, .comm = "p" };
		const struct profile_thread thread = { .tid = which, .name = "t" };
		const struct profile_run run = { .tool = which ? "a" : "b",
						 .account = { .complete = (uint64_t)which } };
		const uint32_t index = add_process(profile, process);
		uint32_t thread_index, stack;

		profile_add_run(profile, &run);
		profile_add_thread(profile, &thread, &thread_index);
		stack = add_stack(profile, which < 2 ? STACK("f", "g") : STACK("f", "a", "b"));
		profile_add_weight(profile, index, thread_index, stack, 3, 30);
		profile_add_moment(profile, index, thread_index, stack, 50, 10);
		profile_add_moment(profile, index, thread_index, stack, 40, 10);
		stack = add_stack(profile, STACK("f"));
		profile_add_weight(profile, index, PROFILE_NO_ID, stack, 1, 10);
	}
	return profile;
}

static void equal_profiles_give_equal_bytes_however_they_were_put_together(void **state)
{
	struct profile *one = put_together(false), *other = put_together(true), *back;

	(void)state;
	assert_same_bytes(one, other);
	back = round_trip(one);
	assert_same_bytes(one, back);
	assert_int_equal(profile_nruns(back), 4);
	assert_int_equal(profile_account_const(back)->complete, 6);
	profile_free(one);
	profile_free(other);
	profile_free(back);
}

static void moments_come_back_and_the_rest_of_their_row_as_well(void **state)
{
	struct profile *profile = profile_new(), *back;
	const uint32_t process = add_process(profile, (struct profile_process){ .pid = 1 });
	const uint32_t stack = add_stack(profile, STACK("f"));

	(void)state;
	profile_add_weight(profile, process, PROFILE_NO_ID, stack, 5, 100);
	profile_add_moment(profile, process, PROFILE_NO_ID, stack, 70, 30);
	profile_add_moment(profile, process, PROFILE_NO_ID, stack, 60, 20);
	back = round_trip(profile);
	assert_int_equal(profile_nrows(back), 1);
	assert_int_equal(profile_row(back, 0)->samples, 5);
	assert_int_equal(profile_row(back, 0)->weight_ns, 100);
	assert_int_equal(profile_nmoments(back), 2);
	assert_int_equal(profile_moment(back, 0)->time_ns, 60);
	assert_int_equal(profile_moment(back, 0)->weight_ns, 20);
	assert_int_equal(profile_moment(back, 1)->time_ns, 70);
	assert_int_equal(profile_moment(back, 1)->weight_ns, 30);
	profile_free(profile);
	profile_free(back);
}

static void weights_that_are_no_time_stay_none(void **state)
{
	struct profile *profile = profile_new(), *back;
	const uint32_t process = add_process(profile, (struct profile_process){ .pid = 1 });

	(void)state;
	profile_set_unit(profile, PROFILE_UNIT_COUNT);
	profile_account(profile)->rate_hz = 100;
	profile_add_weight(profile, process, PROFILE_NO_ID, add_stack(profile, STACK("f")), 2, 77);
	back = round_trip(profile);
	assert_int_equal(profile_unit(back), PROFILE_UNIT_COUNT);
	assert_int_equal(profile_samples(back), 2);
	assert_int_equal(profile_weight_ns(back), 77);
	profile_free(profile);
	profile_free(back);
}

static void several_files_are_one_profile_with_all_their_accounts(void **state)
{
	struct profile *first = golden_parse("process 1 p\nof 1 kernel 50\nof 1 command first\n"
					     "thread 1 main\naccount complete 3\n"
					     "stack 1/1 3 f|a|1|1",
					     "first");
	struct profile *second = golden_parse("process 1 q\nprocess 2 q\nof 1 kernel 70\n"
					      "account complete 5\n"
					      "stack 1 3 f|a|1|1\nstack 2 2 g|a|2|1",
					      "second");
	struct saved_file one, two;
	struct profile *both = profile_new(), *turned = profile_new();
	struct store_facts facts;

	(void)state;
	saved_file_init(&one);
	saved_file_init(&two);
	saved_file_write(&one, first);
	saved_file_write(&two, second);
	assert_int_equal(store_read(one.path, both, &facts, NULL), 0);
	assert_int_equal(store_read(two.path, both, &facts, NULL), 0);
	assert_int_equal(store_read(two.path, turned, &facts, NULL), 0);
	assert_int_equal(store_read(one.path, turned, &facts, NULL), 0);
	assert_int_equal(profile_nprocesses(both), 2);
	assert_int_equal(profile_samples(both), 8);
	assert_int_equal(profile_account_const(both)->complete, 8);
	assert_int_equal(profile_nruns(both), 2);
	assert_string_equal(profile_process(both, 0)->comm, "q");
	assert_string_equal(profile_process(both, 0)->command, "first");
	assert_int_equal(profile_process(both, 0)->kernel_ns, 120);
	assert_same_bytes(both, turned);
	saved_file_done(&one);
	saved_file_done(&two);
	profile_free(first);
	profile_free(second);
	profile_free(both);
	profile_free(turned);
}

/* A recording of `seconds`: each adds a process, a stack, a moment and to the account, and is flushed. Returns what
 * an unflushed profile would be; `sizes` may be NULL. */
static struct profile *record(const struct saved_file *file, int seconds, uint64_t *sizes)
{
	FILE *output = fopen(file->path, "we");
	struct store_stream *stream = store_stream_new(output);
	struct profile *profile = profile_new(), *whole = profile_new();
	struct store_stream_size size;
	const struct profile_run run = { .tool = "test", .machine = "here" };
	int second;

	profile_add_run(profile, &run);
	profile_add_run(whole, &run);
	for (second = 0; second < seconds; second++) {
		struct profile *const both[] = { profile, whole };
		size_t i;

		for (i = 0; i < 2; i++) {
			const char name[] = { (char)('f' + second), '\0' };
			const struct profile_process facts = { .pid = second % 3 + 1,
							       .program = (uint32_t)second / 3,
							       .comm = name,
							       .kernel_ns = PROFILE_TIME_UNKNOWN };
			const uint32_t process = add_process(both[i], facts);
			const uint32_t stack = add_stack(both[i], STACK("main", name));
			const uint32_t again = add_stack(both[i], STACK("main", "again"));

			profile_add_weight(both[i], process, PROFILE_NO_ID, stack, 2, 20);
			profile_add_weight(both[i], 0, PROFILE_NO_ID, again, 1, 10);
			profile_add_moment(both[i], 0, PROFILE_NO_ID, again, (uint64_t)second, 10);
			profile_account(both[i])->complete += 3;
		}
		assert_int_equal(store_stream_add(stream, profile, &size, NULL), 0);
		profile_clear_rows(profile);
		if (sizes)
			sizes[second] = size.bytes;
		assert_int_equal(size.members, second + 1);
		assert_int_equal(size.samples, 2 * (second + 1));
	}
	store_stream_free(stream);
	profile_free(profile);
	fclose(output);
	return whole;
}

static void a_profile_that_was_streamed_is_the_one_that_was_not(void **state)
{
	struct profile *whole, *back;
	struct saved_file file;

	(void)state;
	saved_file_init(&file);
	whole = record(&file, 9, NULL);
	back = read_back(&file);
	assert_same_account(whole, back);
	assert_same_reports(whole, back);
	assert_same_bytes(whole, back);
	assert_int_equal(profile_nruns(back), 1);
	assert_int_equal(profile_nmoments(back), 9);
	profile_free(whole);
	profile_free(back);
	saved_file_done(&file);
}

static void a_file_that_was_cut_gives_its_whole_members_and_their_account(void **state)
{
	uint64_t sizes[4];
	struct saved_file file;
	struct store_facts facts;
	size_t size, cut;
	char *bytes;

	(void)state;
	saved_file_init(&file);
	profile_free(record(&file, 4, sizes));
	bytes = saved_file_get(&file, &size);
	assert_int_equal(size, sizes[3]);
	for (cut = 1; cut < size; cut++) {
		uint64_t whole = 0, end = 0;
		struct profile *profile;
		struct err err = { 0 };

		while (sizes[whole] <= cut)
			end = sizes[whole++];
		saved_file_set(&file, bytes, cut);
		profile = saved_file_read(&file, &facts, &err);
		if (whole == 0) {
			assert_null(profile);
			assert_int_equal(err.code, -EBADMSG);
			continue;
		}
		assert_non_null(profile);
		assert_int_equal(facts.members, whole);
		assert_int_equal(facts.torn_offset, cut == end ? 0 : end);
		assert_int_equal(facts.file_bytes, cut);
		assert_int_equal(profile_samples(profile), 3 * whole);
		assert_int_equal(account_samples(profile_account_const(profile)), 3 * whole);
		profile_free(profile);
	}
	free(bytes);
	saved_file_done(&file);
}

static void nothing_is_written_when_nothing_is_new(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nstack 1 3 f|a|1|1", "once");
	struct store_stream_size first, second, third;
	struct saved_file file;
	struct store_stream *stream;
	FILE *output;

	(void)state;
	saved_file_init(&file);
	output = fopen(file.path, "we");
	stream = store_stream_new(output);
	assert_int_equal(store_stream_add(stream, profile, &first, NULL), 0);
	profile_clear_rows(profile);
	assert_int_equal(store_stream_add(stream, profile, &second, NULL), 0);
	assert_int_equal(second.bytes, first.bytes);
	assert_int_equal(second.members, 1);
	/* A fact that changed is new, and takes the place of the old one. */
	add_process(profile, (struct profile_process){ .pid = 1, .start_time = 1, .comm = "new" });
	assert_int_equal(store_stream_add(stream, profile, &third, NULL), 0);
	assert_int_equal(third.members, 2);
	store_stream_free(stream);
	profile_free(profile);
	fclose(output);
	profile = read_back(&file);
	assert_int_equal(profile_nprocesses(profile), 1);
	assert_string_equal(profile_process(profile, 0)->comm, "new");
	assert_int_equal(profile_samples(profile), 3);
	profile_free(profile);
	saved_file_done(&file);
}

static void a_member_that_cannot_be_written_is_an_error(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nstack 1 3 f|a|1|1", "full");
	FILE *full = fopen("/dev/full", "we");
	struct store_stream *stream = store_stream_new(full);
	struct store_stream_size size;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(store_stream_add(stream, profile, &size, &err), -ENOSPC);
	assert_non_null(strstr(err.message, "cannot write the profile"));
	assert_int_equal(store_stream_add(stream, profile, &size, &err), -ENOSPC);
	store_stream_free(stream);
	profile_free(profile);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_profile_comes_back_with_equal_reports_and_account),
		cmocka_unit_test(every_fact_of_a_process_comes_back),
		cmocka_unit_test(processes_of_one_pid_stay_apart),
		cmocka_unit_test(a_function_that_is_called_like_a_special_symbol_stays_a_function),
		cmocka_unit_test(equal_profiles_give_equal_bytes_however_they_were_put_together),
		cmocka_unit_test(moments_come_back_and_the_rest_of_their_row_as_well),
		cmocka_unit_test(weights_that_are_no_time_stay_none),
		cmocka_unit_test(several_files_are_one_profile_with_all_their_accounts),
		cmocka_unit_test(a_profile_that_was_streamed_is_the_one_that_was_not),
		cmocka_unit_test(a_file_that_was_cut_gives_its_whole_members_and_their_account),
		cmocka_unit_test(nothing_is_written_when_nothing_is_new),
		cmocka_unit_test(a_member_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
