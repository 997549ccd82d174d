/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The closing account in words. Every number of it is the account's or the profile's; nothing is measured here.
 * Scripts parse these lines: interface.md §7.
 */
#include "report/closing.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/closing_host.h"
#include "report/closing_runs.h"
#include "report/empty.h"
#include "report/report.h"
#include "report/subject.h"
#include "report/walk.h"

/* What is lost is told in the first line from this share on. */
#define TOLD_SHARE 0.001

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/*
 * A tick meets the process or does not: N ticks with probability u each give a count with the relative standard
 * deviation sqrt((1 - u) / (u N)). u is the share of as many CPUs as the process kept busy, and N their ticks: one
 * thread that always runs meets every tick of one CPU, wherever it runs. Two ticks more, as both ends of the run
 * cut a period.
 */
double closing_expected_deviation(const struct account *account)
{
	const double cpu_ticks = seconds(account->elapsed_ns) * (double)account->rate_hz;
	const double expected = seconds(account->kernel_ns) * (double)account->rate_hz;
	double busy_cpus, used;

	if (!account->kernel_known || account->per_thread || expected <= 0 || cpu_ticks <= 0)
		return -1;
	/* A thousandth over is a rounding of clocks, not one CPU more. */
	busy_cpus = fmax(1, ceil(expected / cpu_ticks - 0.001));
	used = fmin(1, expected / (cpu_ticks * busy_cpus));
	return 3 * sqrt((1 - used) / expected) +
	       ((double)(account->ticks_missed - account->ticks_missed_idle) + 2) / expected;
}

/* "; lost 12 (0.50 %)" in the first line, when it is much enough. */
static void add_loss(struct strbuf *text, bool *first, const char *what, uint64_t part,
		     uint64_t whole)
{
	if (part == 0 || (double)part <= TOLD_SHARE * (double)whole)
		return;
	strbuf_add_format(text, "%s%" PRIu64 " %s (%.2f %%)", *first ? "; INCOMPLETE: " : ", ",
			  part, what, percent(part, whole));
	*first = false;
}

static void add_losses(struct strbuf *text, const struct profile *profile)
{
	const struct account *account = profile_account_const(profile);
	const uint64_t samples = account_samples(account);
	const uint64_t held = profile_samples(profile);
	bool first = true;

	add_loss(text, &first, "samples lost", account->samples_lost,
		 samples + account->samples_lost);
	add_loss(text, &first, "ticks missed", account->ticks_missed - account->ticks_missed_idle,
		 account_asked(account));
	add_loss(text, &first, "unreadable", account_unreadable(account), samples);
	add_loss(text, &first, "unnamed", account->unnamed, samples);
	add_loss(text, &first, "records malformed", account->malformed,
		 samples + account->malformed);
	/* These should be equal; if they are not, the profiler is at fault and must not hide it. */
	if (held < samples)
		add_loss(text, &first, "samples not in the profile", samples - held, samples);
	else
		add_loss(text, &first, "samples not in the account", held - samples, held);
	if (account->runs_unfinished)
		strbuf_add_format(text, "%sthe recording did not come to its end",
				  first ? "; INCOMPLETE: " : ", ");
}

static void add_kernel(struct strbuf *text, const struct profile *profile, bool unicode)
{
	const struct account *account = profile_account_const(profile);
	const double deviation = closing_expected_deviation(account);

	if (!account->kernel_known) {
		strbuf_add(text, "; kernel counted an unknown time");
		return;
	}
	strbuf_add_format(text, "; kernel counted %.3f s", seconds(account->kernel_ns));
	if (account->kernel_ns == 0 || account->rate_hz == 0 || account->elapsed_ns == 0)
		return;
	strbuf_add_format(text, " (%.2f %%", percent(account->sampled_ns, account->kernel_ns));
	/* Of several processes or runs, each of which begins and ends when it likes, the sum has no such bound. */
	if (deviation >= 0 && walk_nprocesses(profile) <= 1 && profile_nruns(profile) <= 1)
		strbuf_add_format(text, ", expected 100 %s %.2f %%", unicode ? "±" : "+-",
				  100 * deviation);
	strbuf_add_char(text, ')');
}

static void add_rate(struct strbuf *text, const struct profile *profile)
{
	const struct account *account = profile_account_const(profile);

	if (account->rate_hz == 0 && profile_nruns(profile) > 1)
		strbuf_add(text, " at several rates");
	else
		strbuf_add_format(text, " at %" PRIu64 " Hz", account->rate_hz);
}

/* The first line has one shape always, as scripts parse it; the words that zero samples need are a line more. */
static void add_samples_line(struct strbuf *text, const struct profile *profile, bool unicode)
{
	const struct account *account = profile_account_const(profile);

	if (subject_add(text, profile))
		text->failed = true;
	strbuf_add_format(text, ": %" PRIu64 " samples in %.2f s", profile_samples(profile),
			  seconds(account->elapsed_ns));
	add_rate(text, profile);
	strbuf_add_format(text, " = %.3f s on CPU", seconds(profile_weight_ns(profile)));
	add_kernel(text, profile, unicode);
	add_losses(text, profile);
	strbuf_add_char(text, '\n');
	if (profile_samples(profile) == 0)
		empty_add_sentence(text, profile);
}

/* Of another tool's profile only what it says is known. */
static void add_foreign_line(struct strbuf *text, const struct profile *profile)
{
	const struct account *account = profile_account_const(profile);

	if (subject_add(text, profile))
		text->failed = true;
	strbuf_add_format(text, ": %" PRIu64 " samples", profile_samples(profile));
	if (account->elapsed_ns > 0)
		strbuf_add_format(text, " in %.2f s", seconds(account->elapsed_ns));
	if (account->rate_hz > 0)
		strbuf_add_format(text, " at %" PRIu64 " Hz", account->rate_hz);
	if (profile_unit(profile) == PROFILE_UNIT_TIME)
		strbuf_add_format(text, " = %.3f s", seconds(profile_weight_ns(profile)));
	else
		strbuf_add_format(text, ", which count %" PRIu64 " (no time)",
				  profile_weight_ns(profile));
	strbuf_add(text, "; not sampled by pybpfprof: what was lost is not known\n");
}

/* "2 unreadable (page not resident)", with a count for each reason when there are several. */
static void add_unreadable(struct strbuf *text, const struct account *account)
{
	const uint64_t all = account_unreadable(account);
	const char *separator = " (";
	int reason;

	strbuf_add_format(text, ", %" PRIu64 " unreadable", all);
	if (all == 0)
		return;
	for (reason = 0; reason < ACCOUNT_REASON_MAX; reason++) {
		const uint64_t count = account->unreadable[reason];

		if (count == 0)
			continue;
		strbuf_add(text, separator);
		if (count < all)
			strbuf_add_format(text, "%" PRIu64 " ", count);
		strbuf_add(text, account_reason_text((enum account_reason)reason));
		separator = ", ";
	}
	strbuf_add_char(text, ')');
}

/* ", 12 WHAT" */
static void add_count(struct strbuf *text, uint64_t count, const char *what)
{
	strbuf_add_format(text, ", %" PRIu64 " %s", count, what);
}

static void add_stacks_line(struct strbuf *text, const struct account *account)
{
	strbuf_add_format(text, "stacks: %" PRIu64 " complete", account->complete);
	add_count(text, account->truncated, "truncated");
	add_unreadable(text, account);
	add_count(text, account->native, "native");
	if (account->not_recognised > 0)
		add_count(text, account->not_recognised, "not yet recognised");
	add_count(text, account->samples_lost, "lost");
	add_count(text, account->unnamed, "unnamed");
	if (account->lines_unknown > 0)
		add_count(text, account->lines_unknown, "line unknown");
	if (account->repaired > 0)
		add_count(text, account->repaired, "repaired");
	if (account->in_jit > 0)
		add_count(text, account->in_jit, "in JIT code (their lines are approximate)");
	if (account->malformed > 0)
		add_count(text, account->malformed, "malformed");
	add_count(text, account->ticks_missed, "missed");
	strbuf_add_char(text, '\n');
}

static void add_ticks_line(struct strbuf *text, const struct account *account)
{
	strbuf_add_format(text, "ticks: asked %" PRIu64 " = seen %" PRIu64, account_asked(account),
			  account_seen(account));
	/* A thread's own event ticks while it runs, and cannot miss. */
	if (!account->per_thread || account->ticks_missed > 0)
		strbuf_add_format(text, " + missed %" PRIu64, account->ticks_missed);
	if (account->ticks_missed_idle > 0)
		strbuf_add_format(text, " (%" PRIu64 " of idle CPUs)", account->ticks_missed_idle);
	strbuf_add_format(text, "; seen = samples + lost + not ours %" PRIu64 "\n",
			  account->ticks_not_ours);
}

/* The kernel part is of all ticks, those of other processes included: they are part of a sample's price. */
static void add_cost_line(struct strbuf *text, const struct profile *profile)
{
	const struct account *account = profile_account_const(profile);
	const uint64_t samples = account_samples(account);
	const uint64_t divisor = samples > 0 ? samples : account_seen(account);

	strbuf_add(text, "cost: ");
	if (account->bpf_known && divisor > 0)
		strbuf_add_format(text, "%.1f us per %s in the kernel (%.2f %% of one CPU)",
				  (double)account->bpf_ns / 1e3 / (double)divisor,
				  samples > 0 ? "sample" : "tick",
				  percent(account->bpf_ns, account->elapsed_ns));
	else if (account->bpf_known)
		strbuf_add(text, "nothing in the kernel");
	else
		strbuf_add(text, "in the kernel not known (no BPF run-time statistics)");
	strbuf_add_format(text, ", %.2f %% in user space, %.0f MB",
			  percent(account->own_cpu_ns, account->elapsed_ns),
			  (double)account->own_memory_bytes / 1e6);
	if (account->start_ns > 0 && profile_nruns(profile) <= 1)
		strbuf_add_format(text, "; first sample after %.3f s", seconds(account->start_ns));
	strbuf_add_char(text, '\n');
}

void closing_write(const struct profile *profile, const struct report_options *options,
		   FILE *stream)
{
	const struct account *account = profile_account_const(profile);
	struct strbuf text;

	strbuf_init(&text);
	if (closing_is_foreign(profile)) {
		add_foreign_line(&text, profile);
		closing_add_runs(&text, profile);
	} else {
		add_samples_line(&text, profile, options->unicode);
		closing_add_runs(&text, profile);
		add_stacks_line(&text, account);
		add_ticks_line(&text, account);
		closing_add_host(&text, account, options->unicode);
		closing_add_not_sampled(&text, account);
		add_cost_line(&text, profile);
	}
	/* One write, so that the lines stay together beside what else goes to stderr. */
	if (strbuf_error(&text))
		fputs("out of memory while writing the closing account\n", stream);
	else
		fwrite(text.text, 1, text.length, stream);
	strbuf_done(&text);
}
