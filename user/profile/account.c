/* SPDX-License-Identifier: GPL-2.0-only */
/* The sums of the account's law, and its reasons in words. Counts nothing itself. */
#include "profile/account.h"

#include <stddef.h>

uint64_t account_unreadable(const struct account *account)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < ACCOUNT_REASON_MAX; i++)
		sum += account->unreadable[i];
	return sum;
}

uint64_t account_samples(const struct account *account)
{
	return account->complete + account->truncated + account_unreadable(account) +
	       account->native + account->not_recognised;
}

uint64_t account_seen(const struct account *account)
{
	return account_samples(account) + account->samples_lost + account->ticks_not_ours;
}

uint64_t account_asked(const struct account *account)
{
	return account_seen(account) + account->ticks_missed;
}

const char *account_reason_text(enum account_reason reason)
{
	switch (reason) {
	case ACCOUNT_NOT_RESIDENT:
		return "page not resident";
	case ACCOUNT_NOT_CODE:
		return "not a code object";
	case ACCOUNT_CYCLE:
		return "cycle of frames";
	case ACCOUNT_NO_ROOT:
		return "chain ends early";
	case ACCOUNT_HALF_SWITCHED:
		return "frames being switched";
	case ACCOUNT_TOO_MANY_THREADS:
		return "too many thread states";
	case ACCOUNT_REASON_MAX:
		break;
	}
	return "unknown reason";
}
