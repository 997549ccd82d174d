/* SPDX-License-Identifier: GPL-2.0-only */
/* The PID namespace that the test runs in, against what /proc says of it in words. What others are, end-to-end tests see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proc/pid_namespace.h"

static void its_number_is_the_one_in_the_link(void **state)
{
	struct pid_namespace namespace;
	char link[64] = "", expected[64];

	(void)state;
	if (readlink("/proc/self/ns/pid", link, sizeof(link) - 1) < 0)
		skip();
	pid_namespace_read(&namespace);
	assert_true(namespace.known);
	snprintf(expected, sizeof(expected), "pid:[%u]", namespace.number);
	assert_string_equal(link, expected);
	assert_int_equal(namespace.initial, strcmp(link, "pid:[4026531836]") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_number_is_the_one_in_the_link),
	};

	return cmocka_run_group_tests_name("pid_namespace", tests, NULL, NULL);
}
