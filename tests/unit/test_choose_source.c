/* SPDX-License-Identifier: GPL-2.0-only */
/* Per CPU or per thread: the rule with made-up machines, and the numbers it is fed with. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <unistd.h>
#include <cmocka.h>
#include <errno.h>

#include "capture/choose_source.h"
#include "capture/source.h"

#define HZ_1000 1000000
#define SECOND	1000000000ULL

static const struct source_load idle = { .switches = 0 };
static const struct source_load one_busy = { .switches = 100, .cpu_ns = SECOND };

static void two_cpus_are_sampled_per_cpu_whatever_runs(void **state)
{
	(void)state;
	assert_false(source_rule(1, HZ_1000, &idle));
	assert_false(source_rule(2, HZ_1000, &idle));
	assert_false(source_rule(2, HZ_1000, &one_busy));
}

static void one_busy_process_on_many_cpus_is_sampled_per_thread(void **state)
{
	(void)state;
	assert_true(source_rule(4, HZ_1000, &one_busy));
	assert_true(source_rule(64, HZ_1000, &one_busy));
}

static void a_command_that_does_not_run_yet_is_sampled_per_thread_on_many_cpus(void **state)
{
	(void)state;
	assert_true(source_rule(64, HZ_1000, &idle));
}

static void switches_that_slow_the_target_down_are_too_many(void **state)
{
	const struct source_load few = { .switches = 1999, .cpu_ns = SECOND / 2 };
	const struct source_load many = { .switches = 2001, .cpu_ns = SECOND / 2 };

	(void)state;
	assert_true(source_rule(64, HZ_1000, &few));
	assert_false(source_rule(64, HZ_1000, &many));
}

static void as_many_switches_spread_over_busy_cpus_are_few(void **state)
{
	const struct source_load spread = { .switches = 20000, .cpu_ns = 20 * SECOND };
	const struct source_load too_many = { .switches = 90000, .cpu_ns = 20 * SECOND };

	(void)state;
	assert_true(source_rule(64, HZ_1000, &spread));
	assert_false(source_rule(64, HZ_1000, &too_many));
}

static void switches_must_cost_less_than_the_ticks_of_the_other_cpus(void **state)
{
	const struct source_load load = { .switches = 1500, .cpu_ns = SECOND / 2 };

	(void)state;
	assert_true(source_rule(4, HZ_1000, &load));
	assert_false(source_rule(4, 100 * HZ_1000, &load)); /* 10 Hz */
	assert_true(source_rule(64, 100 * HZ_1000, &load));
}

static void processes_that_keep_all_cpus_busy_are_sampled_per_cpu(void **state)
{
	const struct source_load all = { .cpu_ns = 64 * SECOND };

	(void)state;
	assert_false(source_rule(64, HZ_1000, &all));
	assert_true(source_rule(66, HZ_1000, &all));
}

static void processes_whose_threads_come_and_go_are_sampled_per_cpu(void **state)
{
	const struct source_load some = { .lived_ns = 100 * SECOND, .ended_ns = 9 * SECOND };
	const struct source_load most = { .lived_ns = 100 * SECOND, .ended_ns = 11 * SECOND };

	(void)state;
	assert_true(source_rule(64, HZ_1000, &some));
	assert_false(source_rule(64, HZ_1000, &most));
}

static void absurd_numbers_are_survived(void **state)
{
	const struct source_load switches = { .switches = UINT64_MAX };
	const struct source_load time = { .cpu_ns = UINT64_MAX };
	struct source_load scaled;

	(void)state;
	assert_false(source_rule(64, 1, &switches));
	assert_false(source_rule(UINT32_MAX, 1, &switches));
	assert_false(source_rule(64, UINT64_MAX, &time));
	scaled = source_scale((struct source_load){ .switches = UINT64_MAX, .cpu_ns = UINT64_MAX },
			      1, 1, UINT64_MAX);
	assert_true(scaled.switches == UINT64_MAX && scaled.cpu_ns == UINT64_MAX);
}

static void growth_is_scaled_to_a_second_and_to_all_threads(void **state)
{
	struct source_load scaled = source_scale(
		(struct source_load){ .switches = 10, .cpu_ns = 5000000 }, SECOND / 50, 4, 8);

	(void)state;
	assert_int_equal(scaled.switches, 1000);
	assert_int_equal(scaled.cpu_ns, 500000000);
	scaled = source_scale((struct source_load){ .switches = 10, .cpu_ns = 10 }, SECOND, 0, 8);
	assert_int_equal(scaled.switches, 0);
}

static void schedstat_is_read_as_the_kernel_writes_it(void **state)
{
	uint64_t cpu_ns = 0, switches = 0;

	(void)state;
	assert_int_equal(source_parse_schedstat("12345 6 78\n", &cpu_ns, &switches), 0);
	assert_int_equal(cpu_ns, 12345);
	assert_int_equal(switches, 78);
}

static void schedstat_of_another_form_is_refused(void **state)
{
	static const char *const texts[] = { "",
					     "\n",
					     "1 2\n",
					     "1 2 3",
					     "1 2 3 4\n",
					     "-1 2 3\n",
					     "1  2 3\n",
					     "1 2 x\n",
					     "1 2 3\n\n",
					     " 1 2 3\n",
					     "1 2 99999999999999999999\n" };
	uint64_t cpu_ns, switches;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(source_parse_schedstat(texts[i], &cpu_ns, &switches), -EBADMSG);
}

static void stat_is_read_behind_whatever_name_there_is(void **state)
{
	uint64_t own = 0, children = 0;

	(void)state;
	assert_int_equal(
		source_parse_stat("7 (a) S 1 2) R 1 7 7 0 -1 4194304 10 20 30 40 5 6 7 8 20 0 1\n",
				  &own, &children),
		0);
	assert_int_equal(own, 11);
	assert_int_equal(children, 15);
	assert_int_equal(source_parse_stat("7 (a) R 1 7 7 0 -1 4194304 10 20 30 40 5 6 7\n", &own,
					   &children),
			 -EBADMSG);
	assert_int_equal(source_parse_stat("7 (a) R 1 7 7 0 -1 4194304 10 20 30 40 5 6 -7 8\n",
					   &own, &children),
			 -EBADMSG);
	assert_int_equal(source_parse_stat("", &own, &children), -EBADMSG);
}

static void a_process_that_is_gone_is_no_reason_against(void **state)
{
	const pid_t gone = INT32_MAX;
	const bool quiet = source_rule((uint32_t)sysconf(_SC_NPROCESSORS_ONLN), HZ_1000, &idle);

	(void)state;
	assert_int_equal(source_prefers_threads(&gone, 1, HZ_1000), quiet);
	assert_int_equal(source_prefers_threads(NULL, 0, HZ_1000), quiet);
}

static void the_threads_of_a_process_are_listed(void **state)
{
	pid_t *tids = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(source_thread_list(getpid(), &tids, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(tids[0], getpid());
	free(tids);
	assert_int_equal(source_thread_list(INT32_MAX, &tids, &n), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_cpus_are_sampled_per_cpu_whatever_runs),
		cmocka_unit_test(one_busy_process_on_many_cpus_is_sampled_per_thread),
		cmocka_unit_test(
			a_command_that_does_not_run_yet_is_sampled_per_thread_on_many_cpus),
		cmocka_unit_test(switches_that_slow_the_target_down_are_too_many),
		cmocka_unit_test(as_many_switches_spread_over_busy_cpus_are_few),
		cmocka_unit_test(switches_must_cost_less_than_the_ticks_of_the_other_cpus),
		cmocka_unit_test(processes_that_keep_all_cpus_busy_are_sampled_per_cpu),
		cmocka_unit_test(processes_whose_threads_come_and_go_are_sampled_per_cpu),
		cmocka_unit_test(absurd_numbers_are_survived),
		cmocka_unit_test(growth_is_scaled_to_a_second_and_to_all_threads),
		cmocka_unit_test(schedstat_is_read_as_the_kernel_writes_it),
		cmocka_unit_test(schedstat_of_another_form_is_refused),
		cmocka_unit_test(stat_is_read_behind_whatever_name_there_is),
		cmocka_unit_test(a_process_that_is_gone_is_no_reason_against),
		cmocka_unit_test(the_threads_of_a_process_are_listed),
	};

	return cmocka_run_group_tests_name("choose_source", tests, NULL, NULL);
}
