/* SPDX-License-Identifier: GPL-2.0-only */
/* The closing account: the expected deviation, and what the first line tells of losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "report/closing.h"
#include "report/report.h"
#include "support/golden.h"

static const struct account half_busy = {
	.rate_hz = 1000,
	.elapsed_ns = 10000000000,
	.ncpus = 2,
	.kernel_known = true,
	.kernel_ns = 10000000000,
	.sampled_ns = 10000000000,
	.complete = 10000,
};

static char *write_closing(const struct account *account)
{
	struct profile *profile =
		golden_parse("process 812 p 3.11.7\nstack 812 10000 f|a|1|1", "closing");
	struct report_options options;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	report_options_init(&options);
	*profile_account(profile) = *account;
	closing_write(profile, &options, stream);
	fclose(stream);
	profile_free(profile);
	return text;
}

/* Is this in the first line? */
static bool is_told_first(const struct account *account, const char *what)
{
	char *text = write_closing(account), *rest = text;
	bool found;

	found = strstr(strsep(&rest, "\n"), what) != NULL;
	free(text);
	return found;
}

static void assert_near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-9);
}

static void the_deviation_is_three_sigmas_and_the_ticks_of_doubt(void **state)
{
	struct account account = half_busy;

	(void)state;
	/* 10 s on CPU in 10 s: every tick of one CPU meets the process. */
	assert_near(closing_expected_deviation(&account), 2.0 / 10000);
	account.ticks_missed = 30;
	assert_near(closing_expected_deviation(&account), 32.0 / 10000);
	/* Half of one CPU: 10000 ticks with probability 1/2, sigma is sqrt(2500) of 5000 expected. */
	account.kernel_ns /= 2;
	assert_near(closing_expected_deviation(&account), 3 * sqrt(2500) / 5000 + 32.0 / 5000);
	/* One and a half: 20000 ticks with probability 3/4. */
	account.kernel_ns *= 3;
	assert_near(closing_expected_deviation(&account), 3 * sqrt(3750) / 15000 + 32.0 / 15000);
}

static void nothing_is_expected_where_nothing_is_known(void **state)
{
	struct account account = half_busy;

	(void)state;
	account.kernel_known = false;
	assert_true(closing_expected_deviation(&account) < 0);
	account = half_busy;
	account.kernel_ns = 0;
	assert_true(closing_expected_deviation(&account) < 0);
	account = half_busy;
	account.elapsed_ns = 0;
	assert_true(closing_expected_deviation(&account) < 0);
	account = half_busy;
	account.rate_hz = 0;
	assert_true(closing_expected_deviation(&account) < 0);
}

static void a_whole_profile_has_no_word_of_losses(void **state)
{
	(void)state;
	assert_false(is_told_first(&half_busy, "INCOMPLETE"));
	assert_true(is_told_first(&half_busy,
				  "pid 812, CPython 3.11.7: 10000 samples in 10.00 s at "
				  "1000 Hz = 10.000 s on CPU; kernel counted 10.000 s "
				  "(100.00 %, expected 100 +- 0.02 %)"));
}

static void each_loss_of_more_than_one_in_a_thousand_is_told_first(void **state)
{
	static const struct {
		size_t offset;
		const char *words;
	} losses[] = {
		{ offsetof(struct account, samples_lost), "11 samples lost (0.11 %)" },
		{ offsetof(struct account, ticks_missed), "11 ticks missed (0.11 %)" },
		{ offsetof(struct account, unnamed), "11 unnamed (0.11 %)" },
		{ offsetof(struct account, malformed), "11 records malformed (0.11 %)" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct account account = half_busy;
		uint64_t *count = (uint64_t *)((char *)&account + losses[i].offset);

		*count = 10;
		assert_false(is_told_first(&account, "INCOMPLETE"));
		*count = 11;
		assert_true(is_told_first(&account, losses[i].words));
	}
}

static void unreadable_stacks_are_told_first_with_their_reasons_below(void **state)
{
	struct account account = half_busy;
	char *text;

	(void)state;
	account.complete = 9980;
	account.unreadable[ACCOUNT_CYCLE] = 20;
	assert_true(is_told_first(&account, "; INCOMPLETE: 20 unreadable (0.20 %)"));
	text = write_closing(&account);
	assert_non_null(strstr(text, ", 20 unreadable (cycle of frames), "));
	free(text);
	account.complete = 9970;
	account.unreadable[ACCOUNT_NOT_CODE] = 10;
	text = write_closing(&account);
	assert_non_null(
		strstr(text, ", 30 unreadable (10 not a code object, 20 cycle of frames), "));
	free(text);
}

static void a_profile_that_differs_from_its_account_says_so(void **state)
{
	struct account account = half_busy;

	(void)state;
	account.complete = 10100;
	assert_true(is_told_first(&account, "100 samples not in the profile (0.99 %)"));
	account.complete = 9900;
	assert_true(is_told_first(&account, "100 samples not in the account (1.00 %)"));
}

/* Zero samples: the words that follow "no samples: ". */
static void assert_reason(const char *account_text, const char *expected)
{
	char input[512];
	struct profile *profile;
	struct report_options options;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	report_options_init(&options);
	snprintf(input, sizeof(input), "process 1 p 3.11.7\naccount elapsed_ns 1000000000\n%s",
		 account_text);
	profile = golden_parse(input, "reason");
	closing_write(profile, &options, stream);
	fclose(stream);
	assert_non_null(strstr(text, "\nno samples: "));
	assert_non_null(strstr(text, expected));
	free(text);
	profile_free(profile);
}

static void an_empty_profile_says_why_and_what_to_try(void **state)
{
	(void)state;
	assert_reason("account ticks_missed 5", "the sampling clock never ticked; ");
	assert_reason("account samples_lost 5",
		      "all 5 were lost, as the ring buffer was full; try a lower rate (-r)");
	assert_reason(
		"account ticks_not_ours 5\naccount kernel_known 1",
		"the process slept or waited the whole time (the kernel counted 0.000 s of CPU "
		"time); try a longer -d");
	assert_reason(
		"account ticks_not_ours 5\naccount kernel_known 1\naccount kernel_ns 300000",
		"the kernel counted 0.000300 s of CPU time, and no tick met it); try a longer -d");
	assert_reason("account ticks_not_ours 5",
		      "the process slept, waited or had ended; try a longer -d");
}

/* Does the closing account of this profile have these words? */
static void assert_words(const char *profile_text, const char *words, bool expected)
{
	struct profile *profile = golden_parse(profile_text, "words");
	struct report_options options;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	report_options_init(&options);
	closing_write(profile, &options, stream);
	fclose(stream);
	if ((strstr(text, words) != NULL) != expected)
		fail_msg("%s\"%s\" in:\n%s", expected ? "no " : "", words, text);
	free(text);
	profile_free(profile);
}

#define TWO                                                                      \
	"process 1 p 3.10.1\nprocess 2 q 3.9.2\naccount elapsed_ns 1000000000\n" \
	"account rate_hz 1000\naccount complete 2\n"                             \
	"account kernel_known 1\naccount kernel_ns 4000000\n"                    \
	"account sampled_ns 2000000\nstack 1 1 f|a|1|1\n"
#define BOTH TWO "stack 2 1 f|a|1|1\n"

static void several_processes_are_counted_with_their_versions_and_containers(void **state)
{
	(void)state;
	assert_words(BOTH, "2 processes, CPython 3.9.2, 3.10.1: 2 samples", true);
	assert_words(BOTH, "kernel counted 0.004 s (50.00 %)\n", true);
	assert_words(BOTH "of 1 container_id a\nof 2 container_id a\n",
		     "2 processes (1 container), ", true);
	assert_words(BOTH "of 1 container_id a\nof 2 container b\n", "2 processes (2 containers), ",
		     true);
	assert_words(BOTH "process 3 idle 2.7.18\nof 3 container c\n",
		     "2 of 3 processes, CPython 3.9.2, 3.10.1: ", true);
	assert_words(BOTH "of 2 count 9\n", "10 processes, ", true);
	/* One of them alone is told as if there were no other. */
	assert_words(TWO, "pid 1, CPython 3.10.1: ", true);
}

static void the_host_is_told_only_when_all_of_it_was_looked_at(void **state)
{
	static const char *const expected =
		"host: CPU time of 2 CPUs x 1.00 s (20 ticks) = 10.00 % in Python code, 0.00 % in "
		"native code of Python processes, 0.00 % not yet recognised, 30.00 % in other "
		"processes, 60.00 % idle\n";

	(void)state;
#define TICKS "account ncpus 2\naccount ticks_not_ours 16\naccount ticks_idle 10\n"
	assert_words(BOTH TICKS "account ticks_missed 2\naccount ticks_missed_idle 2\n",
		     "host:", false);
	assert_words(BOTH TICKS "account whole_host 1\naccount ticks_missed 2\n"
				"account ticks_missed_idle 2\n",
		     expected, true);
	/* CPUs that were offline had no time. */
	assert_words(BOTH TICKS "account whole_host 1\naccount offline_ns 250000000\n",
		     "host: CPU time of 2 CPUs x 1.00 s less 0.25 s offline (18 ticks) = ", true);
	/* What is lost and missed is named as soon as there is some. */
	assert_words(
		BOTH TICKS "account whole_host 1\naccount ticks_missed 1\n"
			   "account samples_lost 1\n",
		"5.00 % lost, 30.00 % in other processes, 50.00 % idle, 5.00 % in missed ticks",
		true);
}

static void what_was_not_sampled_has_a_line_if_there_is_anything(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "account processes_refused 2\naccount processes_blocked 1\n"
		  "account processes_gone 5\naccount readers_replaced 1",
		  "not sampled: 2 processes refused, 1 that did not answer, 5 that ended before being "
		  "looked at (their ticks are not ours); helper replaced 1 time\n" },
		{ "account processes_blocked 1", "not sampled: 1 process that did not answer\n" },
		{ "account processes_gone 2", "not sampled: 2 processes that ended before" },
		{ "account readers_replaced 2",
		  "not sampled: no process; helper replaced 2 times\n" },
		{ "account processes_folded 1", "\ntold together: 1 ended process, by command\n" },
	};
	char text[1024];
	size_t i;

	(void)state;
	assert_words(BOTH, "not sampled", false);
	assert_words(BOTH, "told together", false);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", BOTH, cases[i].text);
		assert_words(text, cases[i].words, true);
	}
}

static void events_of_threads_miss_no_ticks_and_have_no_chance_in_them(void **state)
{
	struct account account = half_busy;

	(void)state;
	account.per_thread = true;
	assert_true(closing_expected_deviation(&account) < 0);
	assert_words(BOTH "account per_thread 1\n", "ticks: asked 2 = seen 2; seen = ", true);
	assert_words(BOTH "account per_thread 1\naccount ticks_missed 1\n",
		     "ticks: asked 3 = seen 2 + missed 1; ", true);
}

static void an_empty_profile_of_the_host_says_which_processes_there_were(void **state)
{
	(void)state;
	assert_reason("account ticks_not_ours 5\naccount whole_host 1",
		      "no Python process ran on the host; start one");
	assert_reason("account ticks_not_ours 5\naccount whole_host 1\naccount processes_refused 2",
		      "could be sampled (2 refused, 0 that did not answer); pybpfprof doctor");
	assert_reason("account ticks_not_ours 5\naccount whole_host 1\naccount processes 1\n"
		      "account kernel_known 1",
		      "every Python process of the host slept or waited the whole time");
	assert_reason("process 2 q\naccount ticks_not_ours 5",
		      "the processes slept, waited or had ended");
}

static char *write_account_of(struct profile *profile)
{
	struct report_options options;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	report_options_init(&options);
	closing_write(profile, &options, stream);
	fclose(stream);
	profile_free(profile);
	return text;
}

static void one_run_of_a_file_is_told_as_if_it_had_just_ended(void **state)
{
	const struct profile_run run = {
		.began_unix_ns = 1763754281000000000,
		.tool = "pybpfprof 0.1.0",
		.machine = "a 1",
		.system = "Linux",
		.account = half_busy,
	};
	struct profile *profile =
		golden_parse("process 812 p 3.11.7\nstack 812 10000 f|a|1|1", "closing");
	char *text, *direct = write_closing(&half_busy);

	(void)state;
	assert_int_equal(profile_add_run(profile, &run), 0);
	text = write_account_of(profile);
	assert_string_equal(text, direct);
	free(text);
	free(direct);
}

static void several_runs_are_told_with_their_machines_and_times(void **state)
{
	struct profile_run run = {
		.began_unix_ns = 1763754281000000000,
		.tool = "pybpfprof 0.1.0",
		.machine = "a 1",
		.system = "Linux",
		.account = half_busy,
	};
	struct profile *profile =
		golden_parse("process 812 p 3.11.7\nstack 812 30000 f|a|1|1", "closing");
	char *text;

	(void)state;
	assert_int_equal(profile_add_run(profile, &run), 0);
	run.began_unix_ns -= 86400000000000;
	run.machine = "b\033 2";
	assert_int_equal(profile_add_run(profile, &run), 0);
	run.began_unix_ns = 0;
	run.tool = "other\033";
	run.machine = "";
	run.account.rate_hz = 100;
	assert_int_equal(profile_add_run(profile, &run), 0);
	text = write_account_of(profile);
	assert_non_null(strstr(text, "pid 812, CPython 3.11.7: 30000 samples in 30.00 s at several "
				     "rates = 30.000 s on CPU; kernel counted 30.000 s"));
	assert_non_null(strstr(text, "\nruns: 3 on 2 machines, from 2025-11-20 19:44:41 to "
				     "2025-11-21 19:44:51 UTC; by pybpfprof 0.1.0, other\\x1b\n"));
	assert_null(strstr(text, "expected"));
	free(text);
}

static void another_tools_profile_tells_what_is_not_known(void **state)
{
	const struct profile_run foreign = {
		.tool = "",
		.machine = "",
		.system = "",
		.account = { .complete = 10, .elapsed_ns = 5000000000, .rate_hz = 100 },
	};
	const struct profile_run ours = {
		.tool = "pybpfprof 0.1.0",
		.machine = "",
		.system = "",
		.account = half_busy,
	};
	struct profile *profile = golden_parse("process 1 p\nstack 1 10 f|a|1|1", "closing");
	char *text;

	(void)state;
	assert_int_equal(profile_add_run(profile, &foreign), 0);
	text = write_account_of(profile);
	assert_string_equal(text, "pid 1, CPython of unknown version: 10 samples in 5.00 s at 100 "
				  "Hz = 0.010 s; not sampled by pybpfprof: what was lost is not "
				  "known\n");
	free(text);
	profile = golden_parse("process 1 p\nunit count\nstack 1 10@7 f|a|1|1", "closing");
	assert_int_equal(profile_add_run(profile, &foreign), 0);
	text = write_account_of(profile);
	assert_non_null(strstr(text, "at 100 Hz, which count 7 (no time); not sampled"));
	free(text);
	/* Together with one of ours there is an account, which the foreign part is named in. */
	profile = golden_parse("process 1 p\nstack 1 10010 f|a|1|1", "closing");
	assert_int_equal(profile_add_run(profile, &foreign), 0);
	assert_int_equal(profile_add_run(profile, &ours), 0);
	text = write_account_of(profile);
	assert_non_null(strstr(text, "\nruns: 2; by pybpfprof 0.1.0; 1 of other tools, whose "
				     "losses are not known\n"));
	assert_non_null(strstr(text, "\nstacks: 10010 complete"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deviation_is_three_sigmas_and_the_ticks_of_doubt),
		cmocka_unit_test(nothing_is_expected_where_nothing_is_known),
		cmocka_unit_test(a_whole_profile_has_no_word_of_losses),
		cmocka_unit_test(each_loss_of_more_than_one_in_a_thousand_is_told_first),
		cmocka_unit_test(unreadable_stacks_are_told_first_with_their_reasons_below),
		cmocka_unit_test(a_profile_that_differs_from_its_account_says_so),
		cmocka_unit_test(an_empty_profile_says_why_and_what_to_try),
		cmocka_unit_test(several_processes_are_counted_with_their_versions_and_containers),
		cmocka_unit_test(the_host_is_told_only_when_all_of_it_was_looked_at),
		cmocka_unit_test(what_was_not_sampled_has_a_line_if_there_is_anything),
		cmocka_unit_test(events_of_threads_miss_no_ticks_and_have_no_chance_in_them),
		cmocka_unit_test(an_empty_profile_of_the_host_says_which_processes_there_were),
		cmocka_unit_test(one_run_of_a_file_is_told_as_if_it_had_just_ended),
		cmocka_unit_test(several_runs_are_told_with_their_machines_and_times),
		cmocka_unit_test(another_tools_profile_tells_what_is_not_known),
	};

	return cmocka_run_group_tests_name("report_closing", tests, NULL, NULL);
}
