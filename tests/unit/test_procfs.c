/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/stat with hostile names, and processes of our own making in every state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/procfs.h"

#define TAIL " S 1 2 3 4 5 4194304 7 8 9 10 11 12 13 14 15 16 17 18 303882 21 22\n"

static int parse(const char *text, struct process_facts *facts)
{
	*facts = (struct process_facts){ 0 };
	return procfs_parse_stat(text, strlen(text), facts, NULL);
}

static void a_name_may_hold_brackets_spaces_and_newlines(void **state)
{
	static const char *const names[] = { "sleep", "a b",  "a) S 1 2", ")",	      "((",
					     "",      "x\ny", ") R 9 (",  "(sd-pam)", "\xff\x01" };
	struct process_facts facts;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "812 (%s)" TAIL, names[i]);
		assert_int_equal(parse(text, &facts), 0);
		assert_int_equal(facts.id.pid, 812);
		assert_int_equal(facts.id.start_time, 303882);
		assert_string_equal(facts.comm, names[i]);
		assert_int_equal(facts.state, 'S');
		assert_false(facts.zombie);
		assert_false(facts.kernel_thread);
	}
}

static void zombies_and_kernel_threads_are_known(void **state)
{
	struct process_facts facts;

	(void)state;
	assert_int_equal(parse("9 (x) Z 1 2 3 4 5 4 7 8 9 10 11 12 13 14 15 16 17 18 5", &facts),
			 0);
	assert_true(facts.zombie);
	assert_int_equal(facts.id.start_time, 5);
	assert_int_equal(
		parse("9 (x) I 1 2 3 4 -1 2129984 7 8 9 10 11 12 13 14 15 16 17 18 5 6", &facts),
		0);
	assert_true(facts.kernel_thread);
}

static void the_start_of_the_code_is_taken_where_it_is_told(void **state)
{
	struct process_facts facts;

	(void)state;
	assert_int_equal(parse("9 (x)" TAIL, &facts), 0);
	assert_int_equal(facts.start_code, 0);
	assert_int_equal(
		parse("9 (x) S 1 2 3 4 5 4194304 7 8 9 10 11 12 13 14 15 16 17 18 303882 21 22 "
		      "18446744073709551615 94001 94002 94003\n",
		      &facts),
		0);
	assert_int_equal(facts.start_code, 94001);
	assert_int_equal(facts.id.start_time, 303882);
}

static void start_times_of_both_kinds_compare(void **state)
{
	const uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);

	(void)state;
	assert_int_equal(procfs_start_ticks(0), 0);
	assert_int_equal(procfs_start_ticks(7 * tick_ns - 1), 6);
	assert_int_equal(procfs_start_ticks(7 * tick_ns), 7);
}

static void a_long_name_is_cut(void **state)
{
	struct process_facts facts;
	char text[4096], name[1024];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "1 (%s)" TAIL, name);
	assert_int_equal(parse(text, &facts), 0);
	assert_int_equal(strlen(facts.comm), PROCFS_COMM_SIZE - 1);
}

static void malformed_stat_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"1",
		"1 ",
		"1 (",
		"1 (x",
		"1 (x)",
		"1 (x) ",
		"1 (x) S",
		"1 (x) S ",
		"0 (x)" TAIL,
		"-1 (x)" TAIL,
		"x (x)" TAIL,
		"99999999999 (x)" TAIL,
		"1 x" TAIL,
		"1 (x)S 1 2 3",
		"1 (x) SS 1 2 3 4 5 4 7 8 9 10 11 12 13 14 15 16 17 18 20 21 22",
		"1 (x) S 1 2 3 4 5 4 7 8 9 10 11 12 13 14 15 16 17 18",
		"1 (x) S 1 2 3 4 5 q 7 8 9 10 11 12 13 14 15 16 17 18 20 21 22",
		"1 (x) S 1 2 3 4 5 4 7 8 9 10 11 12 13 14 15 16 17 18 99999999999999999999 21",
	};
	struct process_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(texts[i], &facts), -EBADMSG);
}

static void every_beginning_of_a_stat_is_parsed_or_refused_in_bounds(void **state)
{
	static const char whole[] = "812 (a) b)" TAIL;
	struct process_facts facts;

	(void)state;
	for (size_t size = 0; size < sizeof(whole); size++) {
		/* A copy of exactly that size, so that a sanitizer sees one byte too many. */
		char *text = malloc(size ? size : 1);

		memcpy(text, whole, size);
		int r = procfs_parse_stat(text, size, &facts, NULL);
		assert_true(r == 0 || r == -EBADMSG);
		if (size < 60)
			assert_int_equal(r, -EBADMSG);
		free(text);
	}
}

static void our_own_process_is_read(void **state)
{
	struct process_facts facts, again;
	char exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	(void)state;
	assert_true(length > 0);
	exe[length] = '\0';
	assert_int_equal(procfs_read_process(getpid(), &facts, NULL), 0);
	assert_int_equal(facts.id.pid, getpid());
	assert_int_equal(facts.thread_group, getpid());
	assert_true(facts.id.start_time > 0);
	assert_string_equal(facts.exe, exe);
	assert_true(facts.command_line[0]);
	assert_int_equal(procfs_read_process(getpid(), &again, NULL), 0);
	assert_int_equal(facts.id.start_time, again.id.start_time);
}

static void a_process_that_names_itself_nastily_is_read(void **state)
{
	struct process_facts facts;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_NAME, "x) Z 1\n(y");
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
	assert_int_equal(procfs_read_process(child, &facts, NULL), 0);
	assert_string_equal(facts.comm, "x) Z 1\n(y");
	assert_int_equal(facts.state, 'T');
	assert_int_equal(facts.thread_group, child);
	assert_false(facts.zombie);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(procfs_read_process(child, &facts, NULL), -ESRCH);
}

static void a_zombie_is_seen(void **state)
{
	struct process_facts facts;
	siginfo_t info;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(procfs_read_process(child, &facts, NULL), 0);
	assert_true(facts.zombie);
	waitpid(child, NULL, 0);
}

static void *wait_for_byte(void *argument)
{
	char byte;

	return read(*(int *)argument, &byte, 1) == 1 ? NULL : argument;
}

static void *report_tid(void *argument)
{
	struct process_facts facts;

	*(pid_t *)argument = gettid();
	assert_int_equal(procfs_read_process(gettid(), &facts, NULL), 0);
	assert_int_equal(facts.thread_group, getpid());
	return NULL;
}

static void a_thread_tells_its_process(void **state)
{
	pthread_t thread;
	pid_t tid = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, report_tid, &tid), 0);
	pthread_join(thread, NULL);
	assert_int_not_equal(tid, getpid());
}

static void all_processes_and_all_threads_are_listed(void **state)
{
	static pid_t numbers[65536];
	pid_t tid, inside_tid = 0;
	char name[PROCFS_COMM_SIZE];
	bool found = false;
	pthread_t thread;
	int release[2];
	ssize_t n;

	(void)state;
	n = procfs_list_processes(numbers, 65536);
	assert_true(n > 1);
	for (ssize_t i = 0; i < n; i++) {
		assert_true(numbers[i] > 0);
		found |= numbers[i] == getpid();
	}
	assert_true(found);
	assert_int_equal(procfs_list_processes(numbers, 1), 1);
	assert_int_equal(procfs_list_threads(getpid(), numbers, 65536), 1);
	assert_int_equal(numbers[0], getpid());
	assert_int_equal(pipe(release), 0);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_byte, &release[0]), 0);
	assert_int_equal(procfs_list_threads(getpid(), numbers, 65536), 2);
	tid = numbers[0] == getpid() ? numbers[1] : numbers[0];
	pthread_setname_np(thread, "a \nname");
	assert_int_equal(procfs_read_thread(getpid(), tid, name, &inside_tid), 0);
	assert_string_equal(name, "a \nname");
	assert_true(inside_tid > 0 && inside_tid <= tid);
	assert_int_equal(write(release[1], "!", 1), 1);
	pthread_join(thread, NULL);
	close(release[0]);
	close(release[1]);
	assert_int_equal(procfs_list_threads(INT32_MAX, numbers, 65536), -ESRCH);
	assert_int_equal(procfs_read_thread(INT32_MAX, INT32_MAX, name, &inside_tid), -ESRCH);
}

static void a_file_past_the_limit_is_refused(void **state)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;

	(void)state;
	assert_int_equal(procfs_read_file(getpid(), "maps", 100, &text, &size, &err), -E2BIG);
	assert_null(text);
	assert_non_null(strstr(err.message, "maps"));
	assert_int_equal(procfs_read_file(getpid(), "maps", 1 << 24, &text, &size, &err), 0);
	assert_int_equal(strlen(text), size);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_may_hold_brackets_spaces_and_newlines),
		cmocka_unit_test(zombies_and_kernel_threads_are_known),
		cmocka_unit_test(the_start_of_the_code_is_taken_where_it_is_told),
		cmocka_unit_test(start_times_of_both_kinds_compare),
		cmocka_unit_test(all_processes_and_all_threads_are_listed),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(malformed_stat_is_refused),
		cmocka_unit_test(every_beginning_of_a_stat_is_parsed_or_refused_in_bounds),
		cmocka_unit_test(our_own_process_is_read),
		cmocka_unit_test(a_process_that_names_itself_nastily_is_read),
		cmocka_unit_test(a_zombie_is_seen),
		cmocka_unit_test(a_thread_tells_its_process),
		cmocka_unit_test(a_file_past_the_limit_is_refused),
	};

	return cmocka_run_group_tests_name("procfs", tests, NULL, NULL);
}
