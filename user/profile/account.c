/* SPDX-License-Identifier: GPL-2.0-only */
/* The sums of the account's law, accounts of several runs as one, and its reasons in words. Counts nothing itself. */
#include "profile/account.h"

#include <stddef.h>

/* What numbers of two runs become. Each is commutative and associative, so that runs add up alike in any order. */
enum together {
	TOGETHER_SUM, /* UINT64_MAX when it is too large: accounts may come from hostile files */
	TOGETHER_LARGER,
	TOGETHER_EQUAL, /* 0 unless both are the same */
};

/* Every number of an account that is 64 bits wide, but the ones of account_add() itself. */
static const struct {
	size_t offset;
	enum together together;
} numbers[] = {
#define NUMBER(field, how)                           \
	{                                            \
		offsetof(struct account, field), how \
	}
	NUMBER(rate_hz, TOGETHER_EQUAL),
	NUMBER(elapsed_ns, TOGETHER_SUM),
	NUMBER(offline_ns, TOGETHER_SUM),
	NUMBER(ticks_missed, TOGETHER_SUM),
	NUMBER(ticks_not_ours, TOGETHER_SUM),
	NUMBER(ticks_idle, TOGETHER_SUM),
	NUMBER(ticks_missed_idle, TOGETHER_SUM),
	NUMBER(samples_lost, TOGETHER_SUM),
	NUMBER(complete, TOGETHER_SUM),
	NUMBER(truncated, TOGETHER_SUM),
	NUMBER(native, TOGETHER_SUM),
	NUMBER(not_recognised, TOGETHER_SUM),
	NUMBER(repaired, TOGETHER_SUM),
	NUMBER(in_jit, TOGETHER_SUM),
	NUMBER(unnamed, TOGETHER_SUM),
	NUMBER(lines_unknown, TOGETHER_SUM),
	NUMBER(malformed, TOGETHER_SUM),
	NUMBER(processes, TOGETHER_SUM),
	NUMBER(processes_refused, TOGETHER_SUM),
	NUMBER(processes_gone, TOGETHER_SUM),
	NUMBER(processes_blocked, TOGETHER_SUM),
	NUMBER(processes_folded, TOGETHER_SUM),
	NUMBER(runs_unfinished, TOGETHER_SUM),
	NUMBER(readers_replaced, TOGETHER_SUM),
	NUMBER(kernel_ns, TOGETHER_SUM),
	NUMBER(sampled_ns, TOGETHER_SUM),
	NUMBER(bpf_ns, TOGETHER_SUM),
	NUMBER(own_cpu_ns, TOGETHER_SUM),
	NUMBER(own_memory_bytes, TOGETHER_LARGER),
	NUMBER(start_ns, TOGETHER_LARGER),
#undef NUMBER
};

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

static uint64_t put_together(enum together together, uint64_t a, uint64_t b)
{
	uint64_t sum;

	switch (together) {
	case TOGETHER_SUM:
		return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
	case TOGETHER_LARGER:
		return a > b ? a : b;
	case TOGETHER_EQUAL:
		return a == b ? a : 0;
	}
	return 0;
}

void account_add(struct account *account, const struct account *other)
{
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		uint64_t *number = (uint64_t *)((char *)account + numbers[i].offset);

		*number =
			put_together(numbers[i].together, *number,
				     *(const uint64_t *)((const char *)other + numbers[i].offset));
	}
	for (i = 0; i < ACCOUNT_REASON_MAX; i++)
		account->unreadable[i] =
			put_together(TOGETHER_SUM, account->unreadable[i], other->unreadable[i]);
	if (account->ncpus < other->ncpus)
		account->ncpus = other->ncpus;
	account->whole_host = account->whole_host && other->whole_host;
	account->per_thread = account->per_thread && other->per_thread;
	account->kernel_known = account->kernel_known && other->kernel_known;
	account->bpf_known = account->bpf_known && other->bpf_known;
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
