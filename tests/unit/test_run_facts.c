/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/run_facts.c: what is said of a run is told by the system, and fits the profile. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "run_facts.h"

static void the_machine_is_the_host_and_this_boot(void **state)
{
	struct run_facts facts;
	char boot_id[64] = "", host[256] = "", expected[400];
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(boot_id, sizeof(boot_id), file));
	fclose(file);
	boot_id[strcspn(boot_id, "\n")] = 0;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	snprintf(expected, sizeof(expected), "%s %s", host, boot_id);
	run_facts_read(&facts);
	assert_string_equal(facts.machine, expected);
}

static void the_system_and_the_tool_have_their_versions(void **state)
{
	struct run_facts facts;
	struct utsname name;

	(void)state;
	assert_int_equal(uname(&name), 0);
	run_facts_read(&facts);
	assert_non_null(strstr(facts.system, name.release));
	assert_non_null(strstr(facts.system, name.machine));
	assert_ptr_equal(strstr(facts.tool, "pybpfprof "), facts.tool);
	assert_in_range(facts.tool[strlen("pybpfprof ")], '0', '9');
}

static void a_run_begins_now_with_an_empty_account(void **state)
{
	const struct account none = { 0 };
	struct run_facts facts;
	struct profile_run run;
	time_t before = time(NULL);

	(void)state;
	run_facts_read(&facts);
	run = run_facts_run(&facts);
	assert_true(run.began_unix_ns >= (int64_t)before * 1000000000);
	assert_true(run.began_unix_ns <= ((int64_t)time(NULL) + 1) * 1000000000);
	assert_memory_equal(&run.account, &none, sizeof(none));
	assert_string_equal(run.machine, facts.machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine_is_the_host_and_this_boot),
		cmocka_unit_test(the_system_and_the_tool_have_their_versions),
		cmocka_unit_test(a_run_begins_now_with_an_empty_account),
	};

	return cmocka_run_group_tests_name("run_facts", tests, NULL, NULL);
}
