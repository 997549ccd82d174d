/* SPDX-License-Identifier: GPL-2.0-only */
/* The profile: what is interned, what is refused, and what is added up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "profile/profile.h"

static struct symbol function(const char *name, const char *file, int32_t line, int32_t first_line)
{
	return (struct symbol){
		.kind = SYMBOL_FUNCTION,
		.function = name,
		.file = file,
		.line = line,
		.first_line = first_line,
	};
}

static uint32_t add(struct profile *profile, struct symbol symbol)
{
	uint32_t id;

	assert_int_equal(profile_add_symbol(profile, &symbol, &id), 0);
	return id;
}

static uint32_t push(struct profile *profile, uint32_t caller, uint32_t symbol)
{
	uint32_t id;

	assert_int_equal(profile_add_stack(profile, caller, symbol, &id), 0);
	return id;
}

static void a_new_profile_is_empty(void **state)
{
	struct profile *profile = profile_new();

	(void)state;
	assert_int_equal(profile_nprocesses(profile), 0);
	assert_int_equal(profile_nsymbols(profile), 0);
	assert_int_equal(profile_nrows(profile), 0);
	assert_int_equal(profile_nstacks(profile), 1);
	assert_int_equal(profile_stack_caller(profile, PROFILE_STACK_EMPTY), PROFILE_STACK_EMPTY);
	assert_int_equal(profile_stack_symbol(profile, PROFILE_STACK_EMPTY), PROFILE_NO_ID);
	assert_int_equal(profile_samples(profile), 0);
	assert_int_equal(profile_account_const(profile)->complete, 0);
	assert_ptr_equal(profile_account(profile), profile_account_const(profile));
	profile_free(profile);
	profile_free(NULL);
}

static void symbols_are_one_only_if_all_of_them_is_equal(void **state)
{
	struct profile *profile = profile_new();
	const uint32_t first = add(profile, function("f", "a.py", 3, 1));

	(void)state;
	assert_int_equal(add(profile, function("f", "a.py", 3, 1)), first);
	assert_int_not_equal(add(profile, function("g", "a.py", 3, 1)), first);
	assert_int_not_equal(add(profile, function("f", "b.py", 3, 1)), first);
	assert_int_not_equal(add(profile, function("f", "a.py", 4, 1)), first);
	assert_int_not_equal(add(profile, function("f", "a.py", 3, 2)), first);
	/* The texts' border is part of them. */
	assert_int_not_equal(add(profile, function("fa", ".py", 3, 1)), first);
	assert_int_equal(profile_nsymbols(profile), 6);
	profile_free(profile);
}

static void what_a_kind_has_no_use_for_is_ignored(void **state)
{
	struct profile *profile = profile_new();
	struct symbol symbol = function("text", "a.py", 3, 1);
	uint32_t native, unreadable;

	(void)state;
	symbol.kind = SYMBOL_NATIVE;
	native = add(profile, symbol);
	assert_int_equal(
		add(profile, (struct symbol){ .kind = SYMBOL_NATIVE, .function = "", .file = "" }),
		native);
	assert_string_equal(profile_symbol(profile, native)->function, "");
	assert_string_equal(profile_symbol(profile, native)->file, "");
	assert_int_equal(profile_symbol(profile, native)->line, 0);
	symbol.kind = SYMBOL_UNREADABLE;
	unreadable = add(profile, symbol);
	assert_string_equal(profile_symbol(profile, unreadable)->function, "text");
	assert_int_equal(profile_symbol(profile, unreadable)->first_line, 0);
	symbol.function = "other";
	assert_int_not_equal(add(profile, symbol), unreadable);
	profile_free(profile);
}

static void symbols_keep_copies_of_their_texts(void **state)
{
	struct profile *profile = profile_new();
	char name[] = "name", file[] = "file";
	const uint32_t id = add(profile, function(name, file, 3, 1));

	(void)state;
	name[0] = file[0] = 'X';
	assert_string_equal(profile_symbol(profile, id)->function, "name");
	assert_string_equal(profile_symbol(profile, id)->file, "file");
	assert_int_equal(profile_symbol(profile, id)->line, 3);
	assert_int_equal(profile_symbol(profile, id)->first_line, 1);
	profile_free(profile);
}

static void stacks_are_a_tree_with_smaller_callers(void **state)
{
	struct profile *profile = profile_new();
	const uint32_t f = add(profile, function("f", "a.py", 1, 1));
	const uint32_t g = add(profile, function("g", "a.py", 2, 2));
	const uint32_t outer = push(profile, PROFILE_STACK_EMPTY, f);
	const uint32_t inner = push(profile, outer, g);

	(void)state;
	assert_int_equal(push(profile, PROFILE_STACK_EMPTY, f), outer);
	assert_int_equal(push(profile, outer, g), inner);
	assert_int_not_equal(push(profile, PROFILE_STACK_EMPTY, g), inner);
	assert_true(outer < inner);
	assert_int_equal(profile_stack_caller(profile, inner), outer);
	assert_int_equal(profile_stack_symbol(profile, inner), g);
	assert_int_equal(profile_nstacks(profile), 4);
	profile_free(profile);
}

static void a_process_is_its_pid_start_time_and_program(void **state)
{
	struct profile *profile = profile_new();
	struct profile_process process = { .pid = 7, .start_time = 5, .comm = "old", .python = "" };
	uint32_t first, other;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &first), 0);
	process.comm = "new";
	process.python = "3.11.7";
	assert_int_equal(profile_add_process(profile, &process, &other), 0);
	assert_int_equal(other, first);
	assert_string_equal(profile_process(profile, first)->comm, "new");
	assert_string_equal(profile_process(profile, first)->python, "3.11.7");
	process.start_time = 6;
	assert_int_equal(profile_add_process(profile, &process, &other), 0);
	assert_int_not_equal(other, first);
	process.pid = 8;
	assert_int_equal(profile_add_process(profile, &process, &other), 0);
	assert_int_equal(other, 2);
	assert_int_equal(profile_process(profile, 2)->pid, 8);
	assert_int_equal(profile_process(profile, 2)->start_time, 6);
	process.program = 1;
	assert_int_equal(profile_add_process(profile, &process, &other), 0);
	assert_int_equal(other, 3);
	assert_int_equal(profile_process(profile, 3)->program, 1);
	assert_int_equal(profile_nprocesses(profile), 4);
	profile_free(profile);
}

static void one_pid_on_two_machines_is_two_processes(void **state)
{
	struct profile *profile = profile_new();
	struct profile_process process = { .pid = 7, .start_time = 5, .machine = "here 1" };
	uint32_t here, there, again;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &here), 0);
	process.machine = "there 2";
	assert_int_equal(profile_add_process(profile, &process, &there), 0);
	assert_int_not_equal(there, here);
	process.machine = NULL;
	assert_int_equal(profile_add_process(profile, &process, &again), 0);
	assert_int_equal(again, 2);
	process.machine = "here 1";
	assert_int_equal(profile_add_process(profile, &process, &again), 0);
	assert_int_equal(again, here);
	profile_free(profile);
}

static void a_process_keeps_copies_of_all_that_is_told_of_it(void **state)
{
	struct profile *profile = profile_new();
	char texts[8][4] = { "co", "li", "py", "na", "id", "un", "ex", "ma" };
	const struct profile_process process = { .pid = 7,
						 .inside_pid = 1,
						 .count = 12,
						 .comm = texts[0],
						 .command = texts[1],
						 .python = texts[2],
						 .container = texts[3],
						 .container_id = texts[4],
						 .unit = texts[5],
						 .executable = texts[6],
						 .machine = texts[7],
						 .kernel_ns = 99 };
	const struct profile_process *kept;
	uint32_t index;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &index), 0);
	for (size_t i = 0; i < 8; i++)
		texts[i][0] = 'X';
	kept = profile_process(profile, index);
	assert_string_equal(kept->comm, "co");
	assert_string_equal(kept->command, "li");
	assert_string_equal(kept->python, "py");
	assert_string_equal(kept->container, "na");
	assert_string_equal(kept->container_id, "id");
	assert_string_equal(kept->unit, "un");
	assert_string_equal(kept->executable, "ex");
	assert_string_equal(kept->machine, "ma");
	assert_int_equal(kept->inside_pid, 1);
	assert_int_equal(kept->count, 12);
	assert_int_equal(kept->kernel_ns, 99);
	profile_free(profile);
}

static void what_is_not_told_of_a_process_is_empty(void **state)
{
	struct profile *profile = profile_new();
	const struct profile_process process = { .pid = 7 };
	uint32_t index;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &index), 0);
	assert_string_equal(profile_process(profile, index)->comm, "");
	assert_string_equal(profile_process(profile, index)->command, "");
	assert_string_equal(profile_process(profile, index)->python, "");
	assert_string_equal(profile_process(profile, index)->container, "");
	assert_string_equal(profile_process(profile, index)->container_id, "");
	assert_string_equal(profile_process(profile, index)->unit, "");
	assert_string_equal(profile_process(profile, index)->executable, "");
	assert_string_equal(profile_process(profile, index)->machine, "");
	assert_int_equal(profile_process(profile, index)->count, 1);
	profile_free(profile);
}

static void a_thread_is_its_number_and_name(void **state)
{
	struct profile *profile = profile_new();
	char name[] = "main";
	struct profile_thread thread = { .tid = -7, .name = name };
	uint32_t first, other;

	(void)state;
	assert_int_equal(profile_nthreads(profile), 0);
	assert_int_equal(profile_add_thread(profile, &thread, &first), 0);
	assert_int_equal(first, 0);
	thread.name = "worker";
	assert_int_equal(profile_add_thread(profile, &thread, &other), 0);
	assert_int_equal(other, 1);
	thread.tid = 8;
	assert_int_equal(profile_add_thread(profile, &thread, &other), 0);
	assert_int_equal(other, 2);
	thread = (struct profile_thread){ .tid = -7, .name = "main" };
	assert_int_equal(profile_add_thread(profile, &thread, &other), 0);
	assert_int_equal(other, first);
	name[0] = 'X';
	assert_int_equal(profile_nthreads(profile), 3);
	assert_string_equal(profile_thread(profile, 0)->name, "main");
	assert_int_equal(profile_thread(profile, 0)->tid, -7);
	assert_int_equal(profile_thread(profile, 2)->tid, 8);
	profile_free(profile);
}

static void weight_is_added_to_the_row_of_process_thread_and_stack(void **state)
{
	struct profile *profile = profile_new();
	const struct profile_process process = { .pid = 7, .comm = "a", .python = "" };
	const struct profile_process second = { .pid = 8, .comm = "b", .python = "" };
	const struct profile_thread thread = { .tid = 9, .name = "" };
	const uint32_t f = add(profile, function("f", "a.py", 1, 1));
	const uint32_t stack = push(profile, PROFILE_STACK_EMPTY, f);
	uint32_t index;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &index), 0);
	assert_int_equal(profile_add_process(profile, &second, &index), 0);
	assert_int_equal(profile_add_thread(profile, &thread, &index), 0);
	assert_int_equal(profile_add_weight(profile, 0, PROFILE_NO_ID, stack, 2, 2000), 0);
	assert_int_equal(profile_add_weight(profile, 1, PROFILE_NO_ID, stack, 1, 10), 0);
	assert_int_equal(profile_add_weight(profile, 0, 0, stack, 1, 7), 0);
	assert_int_equal(profile_add_weight(profile, 0, PROFILE_NO_ID, stack, 1, 500), 0);
	assert_int_equal(profile_nrows(profile), 3);
	assert_int_equal(profile_row(profile, 0)->samples, 3);
	assert_int_equal(profile_row(profile, 0)->weight_ns, 2500);
	assert_int_equal(profile_row(profile, 0)->thread, PROFILE_NO_ID);
	assert_int_equal(profile_row(profile, 1)->process, 1);
	assert_int_equal(profile_row(profile, 1)->weight_ns, 10);
	assert_int_equal(profile_row(profile, 2)->thread, 0);
	assert_int_equal(profile_row(profile, 2)->samples, 1);
	assert_int_equal(profile_samples(profile), 5);
	assert_int_equal(profile_weight_ns(profile), 2517);
	profile_free(profile);
}

static void what_does_not_exist_is_refused(void **state)
{
	struct profile *profile = profile_new();
	const struct profile_process process = { .pid = 7, .comm = "a", .python = "" };
	const uint32_t f = add(profile, function("f", "a.py", 1, 1));
	const uint32_t stack = push(profile, PROFILE_STACK_EMPTY, f);
	uint32_t id;

	(void)state;
	assert_int_equal(profile_add_process(profile, &process, &id), 0);
	assert_int_equal(profile_add_stack(profile, 2, f, &id), -EINVAL);
	assert_int_equal(profile_add_stack(profile, PROFILE_STACK_EMPTY, 1, &id), -EINVAL);
	assert_int_equal(profile_add_weight(profile, 1, PROFILE_NO_ID, stack, 1, 1), -EINVAL);
	assert_int_equal(profile_add_weight(profile, 0, 0, stack, 1, 1), -EINVAL);
	assert_int_equal(profile_add_weight(profile, 0, PROFILE_NO_ID, 2, 1, 1), -EINVAL);
	assert_int_equal(profile_add_weight(profile, 0, PROFILE_NO_ID, PROFILE_STACK_EMPTY, 1, 1),
			 -EINVAL);
	assert_int_equal(profile_nrows(profile), 0);
	assert_int_equal(profile_samples(profile), 0);
	profile_free(profile);
}

/* A process, a stack of one frame and no row. */
static struct profile *small_profile(void)
{
	struct profile *profile = profile_new();
	const struct profile_process process = { .pid = 7, .comm = "a" };
	uint32_t index;

	push(profile, PROFILE_STACK_EMPTY, add(profile, function("f", "a.py", 1, 1)));
	assert_int_equal(profile_add_process(profile, &process, &index), 0);
	return profile;
}

static void a_moment_is_of_its_row_and_adds_no_weight(void **state)
{
	struct profile *profile = small_profile();
	const uint32_t stack = push(profile, 1, 0);

	(void)state;
	assert_int_equal(profile_add_weight(profile, 0, PROFILE_NO_ID, 1, 1, 10), 0);
	assert_int_equal(profile_add_moment(profile, 0, PROFILE_NO_ID, stack, 99, 20), 0);
	assert_int_equal(profile_add_weight(profile, 0, PROFILE_NO_ID, stack, 1, 20), 0);
	assert_int_equal(profile_nmoments(profile), 1);
	assert_int_equal(profile_moment(profile, 0)->time_ns, 99);
	assert_int_equal(profile_moment(profile, 0)->weight_ns, 20);
	assert_int_equal(profile_moment(profile, 0)->row, 1);
	assert_int_equal(profile_nrows(profile), 2);
	assert_int_equal(profile_row(profile, 1)->samples, 1);
	assert_int_equal(profile_samples(profile), 2);
	assert_int_equal(profile_weight_ns(profile), 30);
	assert_int_equal(profile_add_moment(profile, 1, PROFILE_NO_ID, stack, 1, 1), -EINVAL);
	assert_int_equal(profile_add_moment(profile, 0, 0, stack, 1, 1), -EINVAL);
	assert_int_equal(profile_add_moment(profile, 0, PROFILE_NO_ID, 0, 1, 1), -EINVAL);
	assert_int_equal(profile_nmoments(profile), 1);
	profile_free(profile);
}

static void the_account_is_the_sum_of_the_runs(void **state)
{
	struct profile *profile = profile_new();
	char tool[] = "tool";
	struct profile_run run = { .began_unix_ns = 5,
				   .tool = tool,
				   .machine = "here",
				   .account = {
					   .rate_hz = 1000, .complete = 3, .bpf_known = true } };

	(void)state;
	assert_int_equal(profile_nruns(profile), 0);
	assert_int_equal(profile_add_run(profile, &run), 0);
	tool[0] = 'X';
	assert_int_equal(profile_account_const(profile)->rate_hz, 1000);
	assert_int_equal(profile_account_const(profile)->complete, 3);
	assert_true(profile_account_const(profile)->bpf_known);
	run.account = (struct account){ .rate_hz = 1000, .complete = 4 };
	run.tool = NULL;
	assert_int_equal(profile_add_run(profile, &run), 0);
	assert_int_equal(profile_account_const(profile)->rate_hz, 1000);
	assert_int_equal(profile_account_const(profile)->complete, 7);
	assert_false(profile_account_const(profile)->bpf_known);
	assert_int_equal(profile_nruns(profile), 2);
	assert_string_equal(profile_run(profile, 0)->tool, "tool");
	assert_string_equal(profile_run(profile, 0)->machine, "here");
	assert_string_equal(profile_run(profile, 0)->system, "");
	assert_int_equal(profile_run(profile, 0)->began_unix_ns, 5);
	assert_int_equal(profile_run(profile, 0)->account.complete, 3);
	assert_string_equal(profile_run(profile, 1)->tool, "");
	assert_int_equal(profile_run(profile, 1)->account.complete, 4);
	profile_free(profile);
}

static void clearing_forgets_weight_and_keeps_what_has_an_id(void **state)
{
	struct profile *profile = small_profile();
	const struct profile_thread thread = { .tid = 9, .name = "t" };
	const struct profile_run run = { .tool = "t", .account = { .complete = 1 } };
	uint32_t index;

	(void)state;
	assert_int_equal(profile_add_thread(profile, &thread, &index), 0);
	assert_int_equal(profile_add_run(profile, &run), 0);
	assert_int_equal(profile_add_weight(profile, 0, index, 1, 2, 20), 0);
	assert_int_equal(profile_add_moment(profile, 0, index, 1, 99, 10), 0);
	profile_clear_rows(profile);
	assert_int_equal(profile_nrows(profile), 0);
	assert_int_equal(profile_nmoments(profile), 0);
	assert_int_equal(profile_samples(profile), 0);
	assert_int_equal(profile_weight_ns(profile), 0);
	assert_int_equal(profile_nprocesses(profile), 1);
	assert_int_equal(profile_nthreads(profile), 1);
	assert_int_equal(profile_nsymbols(profile), 1);
	assert_int_equal(profile_nstacks(profile), 2);
	assert_int_equal(profile_nruns(profile), 1);
	assert_int_equal(profile_account_const(profile)->complete, 1);
	/* A row of before is a new one, not one that nobody sees. */
	assert_int_equal(profile_add_moment(profile, 0, index, 1, 100, 5), 0);
	assert_int_equal(profile_add_weight(profile, 0, index, 1, 1, 5), 0);
	assert_int_equal(profile_nrows(profile), 1);
	assert_int_equal(profile_row(profile, 0)->samples, 1);
	assert_int_equal(profile_row(profile, 0)->weight_ns, 5);
	assert_int_equal(profile_moment(profile, 0)->row, 0);
	assert_int_equal(profile_weight_ns(profile), 5);
	profile_free(profile);
}

static void weights_are_time_unless_told(void **state)
{
	struct profile *profile = profile_new();

	(void)state;
	assert_int_equal(profile_unit(profile), PROFILE_UNIT_TIME);
	profile_set_unit(profile, PROFILE_UNIT_COUNT);
	assert_int_equal(profile_unit(profile), PROFILE_UNIT_COUNT);
	profile_free(profile);
}

static void thousands_of_everything_keep_their_ids(void **state)
{
	struct profile *profile = profile_new();
	uint32_t stack = PROFILE_STACK_EMPTY, i;
	char name[32];

	(void)state;
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(add(profile, function(name, "a.py", 1, 1)), i);
		stack = push(profile, stack, i);
		assert_int_equal(stack, i + 1);
	}
	for (i = 5000; i > 0; i--) {
		snprintf(name, sizeof(name), "f%u", i - 1);
		assert_string_equal(
			profile_symbol(profile, profile_stack_symbol(profile, stack))->function,
			name);
		stack = profile_stack_caller(profile, stack);
	}
	assert_int_equal(stack, PROFILE_STACK_EMPTY);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_profile_is_empty),
		cmocka_unit_test(symbols_are_one_only_if_all_of_them_is_equal),
		cmocka_unit_test(what_a_kind_has_no_use_for_is_ignored),
		cmocka_unit_test(symbols_keep_copies_of_their_texts),
		cmocka_unit_test(stacks_are_a_tree_with_smaller_callers),
		cmocka_unit_test(a_process_is_its_pid_start_time_and_program),
		cmocka_unit_test(one_pid_on_two_machines_is_two_processes),
		cmocka_unit_test(a_process_keeps_copies_of_all_that_is_told_of_it),
		cmocka_unit_test(what_is_not_told_of_a_process_is_empty),
		cmocka_unit_test(a_thread_is_its_number_and_name),
		cmocka_unit_test(weight_is_added_to_the_row_of_process_thread_and_stack),
		cmocka_unit_test(what_does_not_exist_is_refused),
		cmocka_unit_test(a_moment_is_of_its_row_and_adds_no_weight),
		cmocka_unit_test(the_account_is_the_sum_of_the_runs),
		cmocka_unit_test(clearing_forgets_weight_and_keeps_what_has_an_id),
		cmocka_unit_test(weights_are_time_unless_told),
		cmocka_unit_test(thousands_of_everything_keep_their_ids),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
