/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/proc/privileges.c, with the privileges that the test happens to have: what it says is held against
 * what the kernel says of us.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proc/privileges.h"

/* include/uapi/linux/capability.h; older ones of libcap do not know all of them. */
#define SYS_PTRACE 19
#define SYS_ADMIN  21
#define PERFMON	   38
#define BPF	   39

static uint64_t effective(void)
{
	unsigned long long capabilities = 0;
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	bool found = false;

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		found |= sscanf(line, "CapEff: %llx", &capabilities) == 1;
	fclose(status);
	assert_true(found);
	return capabilities;
}

static bool has(int capability)
{
	return effective() >> capability & 1;
}

static void it_succeeds_with_exactly_what_sampling_needs(void **state)
{
	bool bpf = has(BPF) || has(SYS_ADMIN), perfmon = has(PERFMON) || has(SYS_ADMIN);
	struct err err = { 0 };
	int code = privileges_check(&err);

	(void)state;
	assert_int_equal(code, bpf && perfmon && has(SYS_PTRACE) ? 0 : -EPERM);
	assert_int_equal(err.code, code);
}

static void it_names_what_is_missing_and_nothing_else(void **state)
{
	struct err err = { 0 };
	int code = privileges_check(&err);

	(void)state;
	assert_int_equal(strstr(err.message, "CAP_BPF") != NULL, !has(BPF) && !has(SYS_ADMIN));
	assert_int_equal(strstr(err.message, "CAP_PERFMON") != NULL,
			 !has(PERFMON) && !has(SYS_ADMIN));
	assert_int_equal(strstr(err.message, "CAP_SYS_PTRACE") != NULL, !has(SYS_PTRACE));
	/* A refusal says what to do. */
	assert_int_equal(*err.hint != '\0', code != 0);
	if (code)
		assert_non_null(strstr(err.hint, "sudo"));
}

static void it_does_without_a_place_for_the_reason(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(privileges_check(NULL), privileges_check(&err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_succeeds_with_exactly_what_sampling_needs),
		cmocka_unit_test(it_names_what_is_missing_and_nothing_else),
		cmocka_unit_test(it_does_without_a_place_for_the_reason),
	};

	return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
