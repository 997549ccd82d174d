/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/proc/time_namespace.c on texts as the kernel writes them. Being in such a namespace, end-to-end tests see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proc/time_namespace.h"

static void clocks_without_an_offset_are_not_shifted(void **state)
{
	(void)state;
	assert_false(time_namespace_shifts("monotonic           0         0\n"
					   "boottime            0         0\n"));
	/* Linux 5.5 to 5.8 */
	assert_false(time_namespace_shifts("1 0 0\n7 0 0\n"));
}

static void any_offset_of_any_clock_shifts(void **state)
{
	(void)state;
	assert_true(time_namespace_shifts("monotonic      100000         0\n"
					  "boottime            0         0\n"));
	assert_true(time_namespace_shifts("monotonic           0         0\n"
					  "boottime          -17         0\n"));
	assert_true(time_namespace_shifts("monotonic           0         0\n"
					  "boottime            0         1\n"));
}

static void what_cannot_be_understood_does_not_shift(void **state)
{
	(void)state;
	assert_false(time_namespace_shifts(""));
	assert_false(time_namespace_shifts("monotonic"));
	assert_false(time_namespace_shifts("monotonic x 1\n"));
	assert_false(time_namespace_shifts("a_name_that_is_much_too_long 1 1\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_without_an_offset_are_not_shifted),
		cmocka_unit_test(any_offset_of_any_clock_shifts),
		cmocka_unit_test(what_cannot_be_understood_does_not_shift),
	};

	return cmocka_run_group_tests_name("time_namespace", tests, NULL, NULL);
}
