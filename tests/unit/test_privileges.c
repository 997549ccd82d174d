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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/privileges.h"

/* include/uapi/linux/capability.h; older ones of libcap do not know all of them. */
#define SYS_PTRACE 19
#define SYS_ADMIN  21
#define PERFMON	   38
#define BPF	   39

/* A set of capabilities by its name in /proc, "CapEff". */
static uint64_t capability_set(const char *set)
{
	unsigned long long capabilities = 0;
	FILE *status = fopen("/proc/self/status", "r");
	char line[256], name[16];
	bool found = false;

	assert_non_null(status);
	while (!found && fgets(line, sizeof(line), status))
		found = sscanf(line, "%15[^:]: %llx", name, &capabilities) == 2 &&
			strcmp(name, set) == 0;
	fclose(status);
	assert_true(found);
	return capabilities;
}

static uint64_t effective(void)
{
	return capability_set("CapEff");
}

static uint64_t permitted(void)
{
	return capability_set("CapPrm");
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

/* 0: what the file of a program granted to a user is gone. Run in a process of its own. */
static int drop_as_a_user(void)
{
	struct err err = { 0 };

	if (prctl(PR_SET_KEEPCAPS, 1) || setresuid(65534, 65534, 65534) || !permitted())
		return 1;
	if (privileges_drop(&err))
		return 2;
	return permitted() ? 3 : 0;
}

static void a_user_gives_up_what_the_file_granted(void **state)
{
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	child = fork();
	if (child == 0)
		_exit(drop_as_a_user());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void root_keeps_what_it_reads_files_with(void **state)
{
	const uint64_t before = effective();
	struct err err = { 0 };

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(privileges_drop(&err), 0);
	assert_int_equal(effective(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_succeeds_with_exactly_what_sampling_needs),
		cmocka_unit_test(it_names_what_is_missing_and_nothing_else),
		cmocka_unit_test(it_does_without_a_place_for_the_reason),
		cmocka_unit_test(a_user_gives_up_what_the_file_granted),
		cmocka_unit_test(root_keeps_what_it_reads_files_with),
	};

	return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
