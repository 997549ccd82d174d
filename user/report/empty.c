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
	CAUSE_REFUSED, /* all Python processes of the host */
	CAUSE_NO_PROCESS, /* no Python process on the host */
	CAUSE_NONE_CHOSEN, /* of what was chosen, nothing was a Python process */
	CAUSE_RAN, /* but no tick met it */
	CAUSE_SLEPT,
	CAUSE_UNKNOWN,
};

static enum cause find_cause(const struct profile *profile)
{
	const struct account *account = profile_account_const(profile);

	if (account_asked(account) == 0 && account->elapsed_ns == 0)
		return CAUSE_NO_RUN;
	if (account_seen(account) == 0)
		return CAUSE_NO_TICK;
	if (account->samples_lost > 0)
		return CAUSE_LOST;
	if (account->whole_host && account->processes == 0)
		return account->processes_refused + account->processes_blocked > 0
			       ? CAUSE_REFUSED
			       : CAUSE_NO_PROCESS;
	if (account->processes == 0 && profile_nprocesses(profile) == 0)
		return CAUSE_NONE_CHOSEN;
	if (!account->kernel_known)
		return CAUSE_UNKNOWN;
	return account->kernel_ns > 0 ? CAUSE_RAN : CAUSE_SLEPT;
}

static void add_reason(struct strbuf *buf, const struct profile *profile)
{
	const struct account *account = profile_account_const(profile);
	const char *who = account->whole_host		    ? "every Python process of the host"
			  : profile_nprocesses(profile) > 1 ? "the processes"
							    : "the process";

	switch (find_cause(profile)) {
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
	case CAUSE_REFUSED:
		strbuf_add_format(buf,
				  "no Python process of the host could be sampled (%" PRIu64
				  " refused, %" PRIu64 " that did not answer)",
				  account->processes_refused, account->processes_blocked);
		return;
	case CAUSE_NO_PROCESS:
		strbuf_add(buf, "no Python process ran on the host");
		return;
	case CAUSE_NONE_CHOSEN:
		strbuf_add(buf, "nothing of what was chosen was a Python process");
		return;
	case CAUSE_RAN:
		strbuf_add_format(
			buf,
			"%s slept or waited nearly all the time (the kernel counted %.6f s of "
			"CPU time, and no tick met it)",
			who, (double)account->kernel_ns / 1e9);
		return;
	case CAUSE_SLEPT:
		strbuf_add_format(
			buf,
			"%s slept or waited the whole time (the kernel counted 0.000 s of CPU time)",
			who);
		return;
	case CAUSE_UNKNOWN:
		strbuf_add_format(buf, "%s slept, waited or had ended", who);
		return;
	}
}

static const char *advice(const struct profile *profile)
{
	switch (find_cause(profile)) {
	case CAUSE_NO_RUN:
	case CAUSE_NO_TICK:
		break;
	case CAUSE_LOST:
		return "try a lower rate (-r)";
	case CAUSE_REFUSED:
		return "pybpfprof doctor tells why";
	case CAUSE_NO_PROCESS:
		return "start one while it samples, or see pybpfprof doctor for those that there are";
	case CAUSE_NONE_CHOSEN:
		return "pybpfprof doctor lists those that there are";
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
	strbuf_add(buf, "no samples: ");
	add_reason(buf, profile);
	strbuf_add_format(buf, "; %s\n", advice(profile));
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
