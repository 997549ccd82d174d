/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's account: each tick that was asked is in exactly one of the shares, so that they add up to 100 %. Scripts
 * parse these lines.
 */
#include "report/closing_host.h"

#include <inttypes.h>

#include "base/strbuf.h"
#include "profile/account.h"

/* The counters are read one after the other while ticks come, so a part may be a little ahead of its whole. */
static uint64_t rest(uint64_t whole, uint64_t part)
{
	return whole > part ? whole - part : 0;
}

void closing_add_host(struct strbuf *text, const struct account *account, bool unicode)
{
	const uint64_t asked = account_asked(account);
	const struct {
		uint64_t ticks;
		const char *where;
		bool always;
	} shares[] = {
		{ account->complete + account->truncated + account_unreadable(account),
		  "in Python code", true },
		{ account->native, "in native code of Python processes", true },
		{ account->not_recognised, "not yet recognised", true },
		{ account->samples_lost, "lost", false },
		{ rest(account->ticks_not_ours, account->ticks_idle), "in other processes", true },
		{ account->ticks_idle + account->ticks_missed_idle, "idle", true },
		{ rest(account->ticks_missed, account->ticks_missed_idle), "in missed ticks",
		  false },
	};
	size_t i;

	if (!account->whole_host || account->per_thread || asked == 0)
		return;
	strbuf_add_format(text, "host: CPU time of %" PRIu32 " CPU%s %s %.2f s", account->ncpus,
			  account->ncpus == 1 ? "" : "s", unicode ? "×" : "x",
			  (double)account->elapsed_ns / 1e9);
	if (account->offline_ns > 0)
		strbuf_add_format(text, " less %.2f s offline", (double)account->offline_ns / 1e9);
	strbuf_add_format(text, " (%" PRIu64 " ticks)", asked);
	for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (shares[i].ticks > 0 || shares[i].always)
			strbuf_add_format(text, "%s %.2f %% %s", i == 0 ? " =" : ",",
					  100.0 * (double)shares[i].ticks / (double)asked,
					  shares[i].where);
	}
	strbuf_add_char(text, '\n');
}

/* "2 processes WHAT" for the first, ", 1 WHAT" for others. */
static void add_processes(struct strbuf *text, bool *first, uint64_t count, const char *what)
{
	if (count == 0)
		return;
	if (*first)
		strbuf_add_format(text, "%" PRIu64 " process%s %s", count, count == 1 ? "" : "es",
				  what);
	else
		strbuf_add_format(text, ", %" PRIu64 " %s", count, what);
	*first = false;
}

void closing_add_not_sampled(struct strbuf *text, const struct account *account)
{
	const uint64_t replaced = account->readers_replaced;
	bool first = true;

	if (account->processes_refused + account->processes_blocked + account->processes_gone +
		    replaced >
	    0) {
		strbuf_add(text, "not sampled: ");
		add_processes(text, &first, account->processes_refused, "refused");
		add_processes(text, &first, account->processes_blocked, "that did not answer");
		add_processes(text, &first, account->processes_gone,
			      "that ended before being looked at (their ticks are not ours)");
		if (first)
			strbuf_add(text, "no process");
		if (replaced > 0)
			strbuf_add_format(text, "; helper replaced %" PRIu64 " time%s", replaced,
					  replaced == 1 ? "" : "s");
		strbuf_add_char(text, '\n');
	}
	if (account->processes_folded > 0)
		strbuf_add_format(text, "told together: %" PRIu64 " ended process%s, by command\n",
				  account->processes_folded,
				  account->processes_folded == 1 ? "" : "es");
}
