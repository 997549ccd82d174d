/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/capture/cpu_presence.c: a CPU that is away owes nothing, and one that is there owes every tick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/cpu_presence.h"

#define MS     1000000ULL
#define BEGAN  (5000 * MS)
#define PERIOD MS

static void a_cpu_is_silent_when_it_missed_ticks_for_long(void **state)
{
	const struct cpu_presence cpu = { .opened_ns = BEGAN };

	(void)state;
	assert_false(cpu_presence_is_silent(&cpu, BEGAN + 900 * MS, BEGAN + 1000 * MS, PERIOD));
	assert_true(cpu_presence_is_silent(&cpu, BEGAN + 899 * MS, BEGAN + 1000 * MS, PERIOD));
	/* The tick came after the clock was read. */
	assert_false(cpu_presence_is_silent(&cpu, BEGAN + 1001 * MS, BEGAN + 1000 * MS, PERIOD));
}

static void a_slow_rate_is_no_silence(void **state)
{
	const struct cpu_presence cpu = { .opened_ns = BEGAN };

	(void)state;
	assert_false(cpu_presence_is_silent(&cpu, BEGAN, BEGAN + 4000 * MS, 1000 * MS));
	assert_true(cpu_presence_is_silent(&cpu, BEGAN, BEGAN + 4001 * MS, 1000 * MS));
}

static void an_event_that_is_new_is_given_time_for_its_first_tick(void **state)
{
	const struct cpu_presence cpu = { .opened_ns = BEGAN + 950 * MS };

	(void)state;
	assert_false(cpu_presence_is_silent(&cpu, BEGAN, BEGAN + 1000 * MS, PERIOD));
	assert_true(cpu_presence_is_silent(&cpu, BEGAN, BEGAN + 1051 * MS, PERIOD));
}

static void ticks_of_a_cpu_that_is_away_are_not_missed(void **state)
{
	struct cpu_presence cpu = { .opened_ns = BEGAN };
	const uint64_t last = BEGAN + 300 * MS;

	(void)state;
	cpu_presence_found_away(&cpu, last, BEGAN + 1000 * MS);
	cpu_presence_found_away(&cpu, last, BEGAN + 2000 * MS);
	assert_int_equal(cpu.away_ns, 1700 * MS);
	/* It may have been back since it was last found away, and ran something then. */
	cpu_presence_opened(&cpu, last, BEGAN + 2900 * MS, PERIOD);
	assert_int_equal(cpu.missed, 900);
	assert_int_equal(cpu.opened_ns, BEGAN + 2900 * MS);
	/* And once more. */
	cpu_presence_found_away(&cpu, BEGAN + 3000 * MS, BEGAN + 3500 * MS);
	assert_int_equal(cpu.away_ns, 2200 * MS);
	cpu_presence_opened(&cpu, BEGAN + 3000 * MS, BEGAN + 3600 * MS, PERIOD);
	assert_int_equal(cpu.missed, 1000);
}

static void an_absence_that_nobody_saw_is_missed_as_a_whole(void **state)
{
	struct cpu_presence cpu = { .opened_ns = BEGAN };

	(void)state;
	cpu_presence_opened(&cpu, BEGAN + 300 * MS, BEGAN + 1000 * MS, PERIOD);
	assert_int_equal(cpu.missed, 700);
	assert_int_equal(cpu.away_ns, 0);
}

static void a_cpu_that_came_during_the_run_owes_nothing_before(void **state)
{
	struct cpu_presence cpu = { 0 };

	(void)state;
	cpu_presence_found_away(&cpu, BEGAN, BEGAN + 1000 * MS);
	cpu_presence_opened(&cpu, BEGAN, BEGAN + 2000 * MS, PERIOD);
	assert_int_equal(cpu.missed, 1000);
	assert_int_equal(cpu.away_ns, 1000 * MS);
}

static void nothing_is_owed_before_ticks_are_taken(void **state)
{
	struct cpu_presence cpu = { 0 };

	(void)state;
	cpu_presence_found_away(&cpu, 0, BEGAN);
	assert_int_equal(cpu.seen_away_ns, 0);
	assert_int_equal(cpu.away_ns, 0);
	cpu_presence_opened(&cpu, 0, BEGAN, PERIOD);
	assert_int_equal(cpu.missed, 0);
	assert_int_equal(cpu.opened_ns, BEGAN);
}

static void at_the_end_only_cpus_that_are_there_owe_their_last_ticks(void **state)
{
	struct cpu_presence cpu = { .opened_ns = BEGAN };
	const uint64_t last = BEGAN + 300 * MS, end = BEGAN + 1000 * MS;

	(void)state;
	assert_int_equal(cpu_presence_missed_at_end(&cpu, last, end, PERIOD), 700);
	/* A tick that came after the end was read owes nothing. */
	assert_int_equal(cpu_presence_missed_at_end(&cpu, end + 1, end, PERIOD), 0);
	cpu_presence_found_away(&cpu, last, end - 10 * MS);
	assert_int_equal(cpu_presence_missed_at_end(&cpu, last, end, PERIOD), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cpu_is_silent_when_it_missed_ticks_for_long),
		cmocka_unit_test(a_slow_rate_is_no_silence),
		cmocka_unit_test(an_event_that_is_new_is_given_time_for_its_first_tick),
		cmocka_unit_test(ticks_of_a_cpu_that_is_away_are_not_missed),
		cmocka_unit_test(an_absence_that_nobody_saw_is_missed_as_a_whole),
		cmocka_unit_test(a_cpu_that_came_during_the_run_owes_nothing_before),
		cmocka_unit_test(nothing_is_owed_before_ticks_are_taken),
		cmocka_unit_test(at_the_end_only_cpus_that_are_there_owe_their_last_ticks),
	};

	return cmocka_run_group_tests_name("cpu_presence", tests, NULL, NULL);
}
