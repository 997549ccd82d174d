/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts of runs and processes in the comments of a saved file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "store/facts.h"

/* An account in which every number is another one, and every yes a yes; zero between the fields. */
static struct account full_account(void)
{
	static struct account account = {
		.rate_hz = 1,
		.elapsed_ns = 2,
		.ncpus = 3,
		.ticks_missed = 4,
		.ticks_not_ours = 5,
		.ticks_idle = 6,
		.ticks_missed_idle = 7,
		.samples_lost = 8,
		.complete = 9,
		.truncated = 10,
		.native = 11,
		.not_recognised = 12,
		.repaired = 13,
		.in_jit = 14,
		.unnamed = 15,
		.lines_unknown = 16,
		.malformed = 17,
		.whole_host = true,
		.per_thread = true,
		.processes = 18,
		.processes_refused = 19,
		.processes_gone = 20,
		.processes_blocked = 21,
		.processes_folded = 22,
		.readers_replaced = 23,
		.kernel_known = true,
		.kernel_ns = 24,
		.sampled_ns = 25,
		.bpf_known = true,
		.bpf_ns = 26,
		.own_cpu_ns = 27,
		.own_memory_bytes = 28,
		.start_ns = 29,
	};
	int reason;

	for (reason = 0; reason < ACCOUNT_REASON_MAX; reason++)
		account.unreadable[reason] = 100 + (uint64_t)reason;
	return account;
}

static struct profile *run_back(const struct profile_run *run)
{
	struct profile *profile = profile_new();
	struct facts_head head;
	struct strbuf line;

	strbuf_init(&line);
	assert_int_equal(facts_write_run(&line, 17, run), 0);
	head = facts_head(strbuf_text(&line));
	assert_int_equal(head.kind, FACTS_RUN);
	assert_int_equal(head.run, 17);
	assert_int_equal(facts_read_run(&head, profile), 0);
	strbuf_done(&line);
	return profile;
}

static void every_number_of_an_account_comes_back(void **state)
{
	const struct profile_run run = { .began_unix_ns = 1700000000123456789,
					 .tool = "tool\x1b",
					 .machine = "host\xff boot",
					 .system = "Linux",
					 .account = full_account() };
	struct profile *profile = run_back(&run);
	const struct profile_run *back = profile_run(profile, 0);

	(void)state;
	assert_int_equal(back->began_unix_ns, run.began_unix_ns);
	assert_string_equal(back->tool, run.tool);
	assert_string_equal(back->machine, run.machine);
	assert_string_equal(back->system, run.system);
	/* Both were made without anything between the fields. */
	assert_memory_equal(&back->account, &run.account, sizeof(run.account));
	profile_free(profile);
}

static void a_number_that_json_has_not_is_cut(void **state)
{
	const struct profile_run run = { .tool = "",
					 .machine = "",
					 .system = "",
					 .account = { .complete = UINT64_MAX,
						      .ncpus = UINT32_MAX } };
	struct profile *profile = run_back(&run);

	(void)state;
	assert_int_equal(profile_account_const(profile)->complete, INT64_MAX);
	assert_int_equal(profile_account_const(profile)->ncpus, UINT32_MAX);
	profile_free(profile);
}

static void heads_are_told_from_other_comments(void **state)
{
	static const char *const others[] = { "",
					      "hello",
					      "pybpfprof",
					      "pybpfprof run",
					      "pybpfprof run x {}",
					      "pybpfprof process 12 {}",
					      " pybpfprof run 1 {}" };
	struct facts_head head = facts_head("pybpfprof process -5 4294967295 {\"comm\":\"a\"}");
	size_t i;

	(void)state;
	assert_int_equal(head.kind, FACTS_PROCESS);
	assert_int_equal(head.pid, -5);
	assert_int_equal(head.program, UINT32_MAX);
	assert_string_equal(head.json, "{\"comm\":\"a\"}");
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(facts_head(others[i]).kind, FACTS_NONE);
}

static void what_is_no_json_is_an_error_and_what_is_unknown_none(void **state)
{
	struct profile *profile = profile_new();
	struct facts_head head = facts_head("pybpfprof run 0 {\"account\":");
	struct profile_process process;

	(void)state;
	assert_int_equal(facts_read_run(&head, profile), -EBADMSG);
	head = facts_head(
		"pybpfprof run 0 {\"account\":{\"complete\":\"7\",\"new\":[1],\"native\":-3},"
		"\"tool\":5,\"other\":{}}");
	assert_int_equal(facts_read_run(&head, profile), 0);
	assert_int_equal(profile_account_const(profile)->complete, 0);
	assert_int_equal(profile_account_const(profile)->native, 0);
	assert_string_equal(profile_run(profile, 0)->tool, "");
	head = facts_head("pybpfprof process 7 0 {\"comm\":null,\"count\":99999999999}");
	assert_int_equal(facts_read_process(&head, &process), 0);
	assert_null(process.comm);
	assert_int_equal(process.pid, 7);
	assert_int_equal(process.count, UINT32_MAX);
	assert_int_equal(process.kernel_ns, PROFILE_TIME_UNKNOWN);
	facts_free_process(&process);
	profile_free(profile);
}

static void runs_at_other_times_or_places_have_other_numbers(void **state)
{
	struct profile_run run = { .began_unix_ns = 1, .tool = "a", .machine = "b", .system = "c" };
	const uint32_t number = facts_run_number(&run);

	(void)state;
	run.account.complete = 5;
	assert_int_equal(facts_run_number(&run), number);
	run.began_unix_ns = 2;
	assert_int_not_equal(facts_run_number(&run), number);
	run.began_unix_ns = 1;
	run.machine = "d";
	assert_int_not_equal(facts_run_number(&run), number);
}

static void what_two_files_tell_of_a_process_is_put_together(void **state)
{
	const struct profile_process a = {
		.pid = 7, .comm = "a", .python = "3.11", .kernel_ns = 5
	};
	const struct profile_process b = {
		.pid = 7, .comm = "b", .container = "c", .count = 2, .kernel_ns = 6
	};
	const struct profile_process unknown = { .pid = 7, .kernel_ns = PROFILE_TIME_UNKNOWN };
	const struct profile_process both[] = { facts_merge_processes(&a, &b),
						facts_merge_processes(&b, &a) };
	struct profile_process all;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_string_equal(both[i].comm, "b");
		assert_string_equal(both[i].python, "3.11");
		assert_string_equal(both[i].container, "c");
		assert_int_equal(both[i].count, 2);
		assert_int_equal(both[i].kernel_ns, 11);
		all = facts_merge_processes(&both[i], &unknown);
		assert_int_equal(all.kernel_ns, PROFILE_TIME_UNKNOWN);
		all = facts_merge_processes(&unknown, &both[i]);
		assert_int_equal(all.kernel_ns, PROFILE_TIME_UNKNOWN);
		assert_string_equal(all.comm, "b");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_of_an_account_comes_back),
		cmocka_unit_test(a_number_that_json_has_not_is_cut),
		cmocka_unit_test(heads_are_told_from_other_comments),
		cmocka_unit_test(what_is_no_json_is_an_error_and_what_is_unknown_none),
		cmocka_unit_test(what_two_files_tell_of_a_process_is_put_together),
		cmocka_unit_test(runs_at_other_times_or_places_have_other_numbers),
	};

	return cmocka_run_group_tests_name("store_facts", tests, NULL, NULL);
}
