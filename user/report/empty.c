/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells from the account why a profile is empty. Prints no numbers of a full one: that is closing.c. */
#include "report/empty.h"

#include <inttypes.h>

#include "base/strbuf.h"
#include "profile/profile.h"

enum cause {
	CAUSE_NO_RUN, /* nothing was asked for: a profile without a run */
	CAUSE_NO_TICK,
	CAUSE_LOST,
	CAUSE_RAN, /* but no tick met it */
	CAUSE_SLEPT,
	CAUSE_UNKNOWN,
};

static enum cause find_cause(const struct account *account)
{
	if (account_asked(account) == 0 && account->elapsed_ns == 0)
		return CAUSE_NO_RUN;
	if (account_seen(account) == 0)
		return CAUSE_NO_TICK;
	if (account->samples_lost > 0)
		return CAUSE_LOST;
	if (!account->kernel_known)
		return CAUSE_UNKNOWN;
	return account->kernel_ns > 0 ? CAUSE_RAN : CAUSE_SLEPT;
}

static void add_reason(struct strbuf *buf, const struct account *account)
{
	switch (find_cause(account)) {
	case CAUSE_NO_RUN:
		strbuf_add(buf, "nothing was sampled");
		return;
	case CAUSE_NO_TICK:
		strbuf_add(buf, "the sampling clock never ticked");
		return;
	case CAUSE_LOST:
		strbuf_add_format(buf, "all %" PRIu64 " were lost, as the ring buffer was full",
				  account->samples_lost);
		return;
	case CAUSE_RAN:
		strbuf_add_format(
			buf,
			"the process slept or waited nearly all the time (the kernel counted "
			"%.6f s of CPU time, and no tick met it)",
			(double)account->kernel_ns / 1e9);
		return;
	case CAUSE_SLEPT:
		strbuf_add(buf, "the process slept or waited the whole time (the kernel counted "
				"0.000 s of CPU time)");
		return;
	case CAUSE_UNKNOWN:
		strbuf_add(buf, "the process slept, waited or had ended");
		return;
	}
}

static const char *advice(const struct account *account)
{
	switch (find_cause(account)) {
	case CAUSE_NO_RUN:
	case CAUSE_NO_TICK:
		break;
	case CAUSE_LOST:
		return "try a lower rate (-r)";
	case CAUSE_RAN:
		return "try a longer -d, a higher rate (-r), or sample while it works";
	case CAUSE_SLEPT:
	case CAUSE_UNKNOWN:
		return "try a longer -d, or sample while it works";
	}
	return "try again with -v";
}

void empty_add_sentence(struct strbuf *buf, const struct profile *profile)
{
	const struct account *account = profile_account_const(profile);

	strbuf_add(buf, "no samples: ");
	add_reason(buf, account);
	strbuf_add_format(buf, "; %s\n", advice(account));
}

int empty_write(const struct profile *profile, FILE *stream)
{
	struct strbuf text;
	int code;

	strbuf_init(&text);
	empty_add_sentence(&text, profile);
	code = strbuf_error(&text);
	if (!code)
		fwrite(text.text, 1, text.length, stream);
	strbuf_done(&text);
	return code;
}
