/* SPDX-License-Identifier: GPL-2.0-only */
/* The sums of the account's law, and that every reason has words of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/account.h"

static void every_part_is_in_its_sums_and_in_no_other(void **state)
{
	/* Powers of ten, so that a sum shows its parts. */
	struct account account = {
		.complete = 1,
		.truncated = 10,
		.native = 100,
		.not_recognised = 1000,
		.samples_lost = 1000000,
		.ticks_not_ours = 10000000,
		.ticks_missed = 100000000,
		.repaired = 5,
		.unnamed = 6,
		.lines_unknown = 7,
		.malformed = 8,
	};

	(void)state;
	account.unreadable[ACCOUNT_NOT_RESIDENT] = 10000;
	account.unreadable[ACCOUNT_REASON_MAX - 1] = 100000;
	assert_int_equal(account_unreadable(&account), 110000);
	assert_int_equal(account_samples(&account), 111111);
	assert_int_equal(account_seen(&account), 11111111);
	assert_int_equal(account_asked(&account), 111111111);
}

static void every_reason_has_words_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < ACCOUNT_REASON_MAX; a++) {
		for (b = 0; b < a; b++)
			assert_string_not_equal(account_reason_text((enum account_reason)a),
						account_reason_text((enum account_reason)b));
		assert_string_not_equal(account_reason_text((enum account_reason)a),
					"unknown reason");
	}
	assert_string_equal(account_reason_text(ACCOUNT_NOT_RESIDENT), "page not resident");
	assert_string_equal(account_reason_text(ACCOUNT_CYCLE), "cycle of frames");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_in_its_sums_and_in_no_other),
		cmocka_unit_test(every_reason_has_words_of_its_own),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
