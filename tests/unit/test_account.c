/* SPDX-License-Identifier: GPL-2.0-only */
/* The sums of the account's law, and that every reason has words of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "profile/account.h"

static void every_part_is_in_its_sums_and_in_no_other(void **state)
{
	/* Powers of ten, so that a sum shows its parts. */
	struct account account = {
		.complete = 1,
		.truncated = 10,
		.native = 100,
		.not_recognised = 1000,
		.samples_lost = 1000000,
		.ticks_not_ours = 10000000,
		.ticks_missed = 100000000,
		.repaired = 5,
		.unnamed = 6,
		.lines_unknown = 7,
		.malformed = 8,
	};

	(void)state;
	account.unreadable[ACCOUNT_NOT_RESIDENT] = 10000;
	account.unreadable[ACCOUNT_REASON_MAX - 1] = 100000;
	assert_int_equal(account_unreadable(&account), 110000);
	assert_int_equal(account_samples(&account), 111111);
	assert_int_equal(account_seen(&account), 11111111);
	assert_int_equal(account_asked(&account), 111111111);
}

static void every_reason_has_words_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < ACCOUNT_REASON_MAX; a++) {
		for (b = 0; b < a; b++)
			assert_string_not_equal(account_reason_text((enum account_reason)a),
						account_reason_text((enum account_reason)b));
		assert_string_not_equal(account_reason_text((enum account_reason)a),
					"unknown reason");
	}
	assert_string_equal(account_reason_text(ACCOUNT_NOT_RESIDENT), "page not resident");
	assert_string_equal(account_reason_text(ACCOUNT_CYCLE), "cycle of frames");
}

/* Every field's bytes are `byte`, so that a field that is forgotten shows. */
static struct account filled(unsigned char byte)
{
	struct account account;

	memset(&account, byte, sizeof(account));
	account.whole_host = account.per_thread = account.kernel_known = account.bpf_known = true;
	return account;
}

#define ONES   0x0101010101010101u
#define THREES 0x0303030303030303u

static void counts_and_times_of_two_runs_add_up(void **state)
{
	struct account account = filled(1);
	const struct account other = filled(2);
	int reason;

	(void)state;
	account_add(&account, &other);
	assert_int_equal(account.elapsed_ns, THREES);
	assert_int_equal(account.offline_ns, THREES);
	assert_int_equal(account.ticks_missed, THREES);
	assert_int_equal(account.ticks_not_ours, THREES);
	assert_int_equal(account.ticks_idle, THREES);
	assert_int_equal(account.ticks_missed_idle, THREES);
	assert_int_equal(account.samples_lost, THREES);
	assert_int_equal(account.complete, THREES);
	assert_int_equal(account.truncated, THREES);
	assert_int_equal(account.native, THREES);
	assert_int_equal(account.not_recognised, THREES);
	for (reason = 0; reason < ACCOUNT_REASON_MAX; reason++)
		assert_int_equal(account.unreadable[reason], THREES);
	assert_int_equal(account.repaired, THREES);
	assert_int_equal(account.in_jit, THREES);
	assert_int_equal(account.unnamed, THREES);
	assert_int_equal(account.lines_unknown, THREES);
	assert_int_equal(account.malformed, THREES);
	assert_int_equal(account.processes, THREES);
	assert_int_equal(account.processes_refused, THREES);
	assert_int_equal(account.processes_gone, THREES);
	assert_int_equal(account.processes_blocked, THREES);
	assert_int_equal(account.processes_folded, THREES);
	assert_int_equal(account.runs_unfinished, THREES);
	assert_int_equal(account.readers_replaced, THREES);
	assert_int_equal(account.kernel_ns, THREES);
	assert_int_equal(account.sampled_ns, THREES);
	assert_int_equal(account.bpf_ns, THREES);
	assert_int_equal(account.own_cpu_ns, THREES);
}

static void of_peaks_and_waits_the_largest_stands(void **state)
{
	const struct account small = filled(1), large = filled(2);
	struct account account = small;

	(void)state;
	account_add(&account, &large);
	assert_int_equal(account.own_memory_bytes, 2 * ONES);
	assert_int_equal(account.start_ns, 2 * ONES);
	assert_int_equal(account.ncpus, 2 * 0x01010101u);
	account = large;
	account_add(&account, &small);
	assert_int_equal(account.own_memory_bytes, 2 * ONES);
	assert_int_equal(account.start_ns, 2 * ONES);
	assert_int_equal(account.ncpus, 2 * 0x01010101u);
}

static void a_rate_that_differs_is_none(void **state)
{
	struct account account = { .rate_hz = 1000 };
	const struct account same = { .rate_hz = 1000 }, other = { .rate_hz = 99 };

	(void)state;
	account_add(&account, &same);
	assert_int_equal(account.rate_hz, 1000);
	account_add(&account, &other);
	assert_int_equal(account.rate_hz, 0);
	account_add(&account, &same);
	assert_int_equal(account.rate_hz, 0);
}

static void what_holds_for_one_run_alone_does_not_hold_for_both(void **state)
{
	const struct account all = filled(0);
	struct account account = all;

	(void)state;
	account_add(&account, &all);
	assert_true(account.whole_host && account.per_thread && account.kernel_known &&
		    account.bpf_known);
	account_add(&account, &(struct account){ .per_thread = true, .bpf_known = true });
	assert_false(account.whole_host || account.kernel_known);
	assert_true(account.per_thread && account.bpf_known);
	account_add(&account, &(struct account){ .whole_host = true, .kernel_known = true });
	assert_false(account.whole_host || account.per_thread || account.kernel_known ||
		     account.bpf_known);
}

static void sums_stop_at_the_largest_number(void **state)
{
	struct account account = { .complete = UINT64_MAX - 1, .unreadable = { UINT64_MAX } };

	(void)state;
	account_add(&account, &(struct account){ .complete = 1, .unreadable = { 1 } });
	assert_int_equal(account.complete, UINT64_MAX);
	assert_int_equal(account.unreadable[0], UINT64_MAX);
	account_add(&account, &(struct account){ .complete = 1 });
	assert_int_equal(account.complete, UINT64_MAX);
}

static void assert_same(const struct account *a, const struct account *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

static void runs_add_up_in_any_order_and_grouping(void **state)
{
	struct account parts[3] = { filled(1), filled(0xf1), filled(7) };
	struct account left, right, turned;

	(void)state;
	parts[0].rate_hz = parts[2].rate_hz = 1000;
	parts[1].kernel_known = false;
	left = parts[0];
	account_add(&left, &parts[1]);
	account_add(&left, &parts[2]);
	turned = parts[1];
	account_add(&turned, &parts[2]);
	right = parts[0];
	account_add(&right, &turned);
	assert_same(&left, &right);
	turned = parts[2];
	account_add(&turned, &parts[1]);
	account_add(&turned, &parts[0]);
	/* What is between the fields stays the first one's. */
	assert_int_equal(turned.complete, left.complete);
	assert_int_equal(turned.rate_hz, left.rate_hz);
	assert_int_equal(turned.own_memory_bytes, left.own_memory_bytes);
	assert_int_equal(turned.kernel_known, left.kernel_known);
	assert_int_equal(turned.ncpus, left.ncpus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_in_its_sums_and_in_no_other),
		cmocka_unit_test(every_reason_has_words_of_its_own),
		cmocka_unit_test(counts_and_times_of_two_runs_add_up),
		cmocka_unit_test(of_peaks_and_waits_the_largest_stands),
		cmocka_unit_test(a_rate_that_differs_is_none),
		cmocka_unit_test(what_holds_for_one_run_alone_does_not_hold_for_both),
		cmocka_unit_test(sums_stop_at_the_largest_number),
		cmocka_unit_test(runs_add_up_in_any_order_and_grouping),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
