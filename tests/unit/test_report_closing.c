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
	};

	return cmocka_run_group_tests_name("report_closing", tests, NULL, NULL);
}
