/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/descendants.c: hostile stat texts, trees of any order, and real children. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "descendants.h"

static pid_t parent_in(const char *text)
{
	pid_t parent = -1;

	return descendants_parse_parent(text, strlen(text), &parent) ? parent : -1;
}

static void the_parent_stands_behind_the_last_bracket(void **state)
{
	(void)state;
	assert_int_equal(parent_in("812 (python3) S 811 812 0 0"), 811);
	assert_int_equal(parent_in("812 (a) S 1 (b) R 7 8"), 7);
	assert_int_equal(parent_in("812 (x"), -1);
	assert_int_equal(parent_in(""), -1);
	assert_int_equal(parent_in("812 (x)"), -1);
	assert_int_equal(parent_in("812 (x) S -4"), -1);
	assert_int_equal(parent_in("812 (x) S y"), -1);
}

static void grandchildren_are_found_in_any_order(void **state)
{
	/* 2 and 3 are 1's, 5 is 3's, 6 is 5's; 9 and 10 are each other's */
	struct kinship all[] = { { 6, 5 }, { 9, 10 }, { 1, 0 }, { 5, 3 },
				 { 4, 0 }, { 3, 1 },  { 2, 1 }, { 10, 9 } };
	const pid_t roots[] = { 1 };
	unsigned seen = 0;
	size_t n = descendants_choose(all, sizeof(all) / sizeof(*all), roots, 1);

	(void)state;
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++)
		seen |= 1u << all[i].pid;
	assert_int_equal(seen, 1u << 2 | 1u << 3 | 1u << 5 | 1u << 6);
}

static void a_root_below_a_root_is_no_descendant(void **state)
{
	struct kinship all[] = { { 3, 1 }, { 1, 0 }, { 4, 3 } };
	const pid_t roots[] = { 3, 1 };

	(void)state;
	assert_int_equal(descendants_choose(all, 3, roots, 2), 1);
	assert_int_equal(all[0].pid, 4);
	assert_int_equal(descendants_choose(all, 3, roots, 0), 0);
}

static void a_real_child_is_found(void **state)
{
	pid_t own = getpid(), child = fork(), *pids = NULL;
	size_t npids = 0;

	(void)state;
	if (!child) {
		pause();
		_exit(0);
	}
	assert_int_equal(descendants_find(&own, 1, &pids, &npids), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(npids, 1);
	assert_int_equal(pids[0], child);
	free(pids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parent_stands_behind_the_last_bracket),
		cmocka_unit_test(grandchildren_are_found_in_any_order),
		cmocka_unit_test(a_root_below_a_root_is_no_descendant),
		cmocka_unit_test(a_real_child_is_found),
	};

	return cmocka_run_group_tests_name("descendants", tests, NULL, NULL);
}
