/* SPDX-License-Identifier: GPL-2.0-only */
/* Where and when the parts of a merged profile are from. The sums over them are closing.c's. */
#include "report/closing_runs.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "base/strtab.h"
#include "profile/profile.h"

/* So many tools are named. */
#define TOOLS_SHOWN 3

#define NS_PER_SECOND 1000000000

static bool is_foreign(const struct profile_run *run)
{
	const struct account *account = &run->account;

	return !run->tool[0] && account_asked(account) == account->complete &&
	       account->processes == 0 && account->own_cpu_ns == 0 && !account->kernel_known;
}

static size_t count_foreign(const struct profile *profile)
{
	size_t count = 0, i;

	for (i = 0; i < profile_nruns(profile); i++)
		count += is_foreign(profile_run(profile, i));
	return count;
}

bool closing_is_foreign(const struct profile *profile)
{
	return profile_nruns(profile) > 0 && count_foreign(profile) == profile_nruns(profile);
}

/* Distinct texts over all runs; "" does not count. */
struct texts {
	struct strtab *machines, *tools;
};

static int collect(struct texts *texts, const struct profile *profile)
{
	size_t i;
	uint32_t id;
	int code = 0;

	for (i = 0; i < profile_nruns(profile) && !code; i++) {
		const struct profile_run *run = profile_run(profile, i);

		if (run->machine[0])
			code = strtab_add(texts->machines, run->machine, &id);
		if (!code && run->tool[0])
			code = strtab_add(texts->tools, run->tool, &id);
	}
	return code;
}

/* "2026-11-21 19:44:41" */
static void add_time(struct strbuf *text, int64_t unix_ns)
{
	const time_t seconds = (time_t)(unix_ns / NS_PER_SECOND);
	char formatted[32];
	struct tm date;

	if (gmtime_r(&seconds, &date) &&
	    strftime(formatted, sizeof(formatted), "%Y-%m-%d %H:%M:%S", &date) > 0)
		strbuf_add(text, formatted);
}

/* The end of a run; a length that no clock could have shown counts as none. */
static int64_t end_of(const struct profile_run *run)
{
	const uint64_t room = (uint64_t)(INT64_MAX - run->began_unix_ns);

	return run->account.elapsed_ns <= room
		       ? run->began_unix_ns + (int64_t)run->account.elapsed_ns
		       : run->began_unix_ns;
}

static void add_times(struct strbuf *text, const struct profile *profile)
{
	int64_t first = 0, last = 0;
	size_t i;

	for (i = 0; i < profile_nruns(profile); i++) {
		const struct profile_run *run = profile_run(profile, i);

		if (run->began_unix_ns <= 0)
			continue;
		if (first == 0 || run->began_unix_ns < first)
			first = run->began_unix_ns;
		if (end_of(run) > last)
			last = end_of(run);
	}
	if (first == 0)
		return;
	strbuf_add(text, ", from ");
	add_time(text, first);
	strbuf_add(text, " to ");
	add_time(text, last);
	strbuf_add(text, " UTC");
}

static void add_tools(struct strbuf *text, const struct strtab *tools)
{
	const size_t ntools = strtab_count(tools);
	size_t i;

	for (i = 0; i < ntools && i < TOOLS_SHOWN; i++) {
		const char *tool = strtab_text(tools, (uint32_t)i);

		strbuf_add(text, i > 0 ? ", " : "; by ");
		strbuf_add_sanitized(text, tool, strlen(tool));
	}
	if (ntools > TOOLS_SHOWN)
		strbuf_add_format(text, " and %zu more", ntools - TOOLS_SHOWN);
}

static void add_foreign(struct strbuf *text, const struct profile *profile)
{
	const size_t count = count_foreign(profile);

	if (count > 0 && count < profile_nruns(profile))
		strbuf_add_format(text, "; %zu of other tools, whose losses are not known", count);
}

static void add_line(struct strbuf *text, const struct profile *profile, const struct texts *texts)
{
	const size_t nmachines = strtab_count(texts->machines);

	strbuf_add_format(text, "runs: %zu", profile_nruns(profile));
	if (nmachines > 0)
		strbuf_add_format(text, " on %zu machine%s", nmachines, nmachines == 1 ? "" : "s");
	add_times(text, profile);
	add_tools(text, texts->tools);
	add_foreign(text, profile);
	strbuf_add_char(text, '\n');
}

void closing_add_runs(struct strbuf *text, const struct profile *profile)
{
	struct texts texts = { .machines = strtab_new(), .tools = strtab_new() };

	if (!texts.machines || !texts.tools || collect(&texts, profile))
		text->failed = true;
	else if (profile_nruns(profile) > 1)
		add_line(text, profile, &texts);
	strtab_free(texts.machines);
	strtab_free(texts.tools);
}
