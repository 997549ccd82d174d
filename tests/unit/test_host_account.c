/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/host_account.c: every tick of the kernel side ends in exactly one place of the account. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_account.h"
#include "profile/account.h"
#include "recognition.h"

static struct host_readings readings(void)
{
	return (struct host_readings){
		.period_ns = 1000000,
		.ncpus = 1,
		.counters = {
			[PBP_COUNT_TICKS_SEEN] = 100,
			[PBP_COUNT_TICKS_MISSED] = 30,
			[PBP_COUNT_NOT_OURS] = 60,
			[PBP_COUNT_IDLE] = 50,
			[PBP_COUNT_COMPLETE] = 25,
			[PBP_COUNT_NOT_RECOGNISED] = 10,
			[PBP_COUNT_LOST] = 5,
		},
	};
}

static void a_tick_that_is_still_under_way_is_missing(void **state)
{
	struct host_readings host = readings();

	(void)state;
	assert_true(host_account_settled(host.counters));
	host.counters[PBP_COUNT_TICKS_SEEN]++;
	assert_false(host_account_settled(host.counters));
}

static void samples_that_were_nobodys_are_ticks_of_others(void **state)
{
	const struct host_readings host = readings();
	const struct recognition_counts counts = { .not_ours = 7 };
	struct account account = { .complete = 25, .not_recognised = 3 };

	(void)state;
	host_account_fill(&account, &host, &counts);
	assert_int_equal(account.ticks_not_ours, 67);
	assert_int_equal(account_seen(&account), 100);
	assert_int_equal(account_asked(&account), 130);
	assert_int_equal(account.ticks_idle, 50);
}

static void what_the_machine_had_of_cpus_is_told(void **state)
{
	struct host_readings host = readings();
	const struct recognition_counts none = { 0 };
	struct account account = { 0 };

	(void)state;
	host.ncpus = 3;
	host.offline_ns = 12345;
	host_account_fill(&account, &host, &none);
	assert_int_equal(account.ncpus, 3);
	assert_int_equal(account.offline_ns, 12345);
}

static void missed_ticks_of_idle_times_are_told_apart(void **state)
{
	struct host_readings host = readings();
	const struct recognition_counts none = { 0 };
	struct account account = { 0 };

	(void)state;
	host_account_fill(&account, &host, &none);
	assert_int_equal(account.ticks_missed_idle, 0);
	/* 51 ms of idle time, and up to two steps of 10 ms that were rounded away, with 50 ticks in it */
	host.idle_known = true;
	host.idle_ns = 51 * 1000000;
	host_account_fill(&account, &host, &none);
	assert_int_equal(account.ticks_missed_idle, 21);
	host.idle_ns = 5000 * 1000000ULL;
	host_account_fill(&account, &host, &none);
	assert_int_equal(account.ticks_missed_idle, 30);
	host.per_thread = true;
	host_account_fill(&account, &host, &none);
	assert_int_equal(account.ticks_missed, 0);
	assert_int_equal(account.ticks_missed_idle, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tick_that_is_still_under_way_is_missing),
		cmocka_unit_test(samples_that_were_nobodys_are_ticks_of_others),
		cmocka_unit_test(what_the_machine_had_of_cpus_is_told),
		cmocka_unit_test(missed_ticks_of_idle_times_are_told_apart),
	};

	return cmocka_run_group_tests_name("host_account", tests, NULL, NULL);
}
