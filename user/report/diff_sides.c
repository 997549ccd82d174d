/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes two profiles comparable and says how. Knows sums only: what is compared are rows and nodes of others. */
#include "report/diff_sides.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/diff_chance.h"

/* Changes of a smaller part of all are what floating-point numbers leave of none. */
#define NOTHING 1e-9

static const char *const side_names[] = { [DIFF_BASE] = "base", [DIFF_FRESH] = "new" };

static const struct account *account_of(const struct diff_sides *sides, enum diff_side side)
{
	return profile_account_const(sides->profiles[side]);
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* Samples of one unit of weight. */
static double density(const struct diff_sides *sides, enum diff_side side)
{
	return sides->all.ns[side] > 0
		       ? (double)sides->all.samples[side] / (double)sides->all.ns[side]
		       : 0;
}

static int check(const struct diff_sides *sides, struct err *err)
{
	int side;

	if (profile_unit(sides->profiles[DIFF_BASE]) != profile_unit(sides->profiles[DIFF_FRESH]))
		return err_set(err, -EINVAL,
			       "one profile has CPU time and the other counts something else");
	if (sides->normalize != REPORT_NORMALIZE_TIME)
		return 0;
	for (side = DIFF_BASE; side <= DIFF_FRESH; side++) {
		if (account_of(sides, (enum diff_side)side)->elapsed_ns > 0)
			continue;
		err_set(err, -EINVAL, "the %s profile does not know how long its run took",
			side_names[side]);
		return err_hint(err, "--normalize samples compares shares of all samples");
	}
	return 0;
}

/* In percent of a CPU or of all, but for counts and what is compared as it is. */
static const char *unit_of(const struct diff_sides *sides)
{
	if (sides->normalize == REPORT_NORMALIZE_NONE)
		return sides->by_count ? "" : "s";
	return sides->by_count && sides->normalize == REPORT_NORMALIZE_TIME ? "/s" : "%";
}

static void scale(struct diff_sides *sides, enum diff_side side)
{
	const uint64_t elapsed_ns = account_of(sides, side)->elapsed_ns;
	const uint64_t all_ns = sides->all.ns[side];

	switch (sides->normalize) {
	case REPORT_NORMALIZE_SAMPLES:
		sides->per_weight[side] = all_ns > 0 ? 100 / (double)all_ns : 0;
		sides->expected[side] = (double)sides->all.samples[side];
		return;
	case REPORT_NORMALIZE_TIME:
		sides->per_weight[side] = (sides->by_count ? 1e9 : 100) / (double)elapsed_ns;
		sides->expected[side] = (double)elapsed_ns * density(sides, side);
		return;
	case REPORT_NORMALIZE_NONE:
		sides->per_weight[side] = sides->by_count ? 1 : 1e-9;
		sides->expected[side] = density(sides, side);
		return;
	}
}

int diff_sides_init(struct diff_sides *sides, const struct profile *base,
		    const struct profile *fresh, const struct report_options *options,
		    struct err *err)
{
	const bool raw = options->normalize == REPORT_NORMALIZE_NONE;
	double most = 0;
	int side, code;

	*sides = (struct diff_sides){
		.profiles = { base, fresh },
		.normalize = options->normalize,
		.by_count = profile_unit(base) == PROFILE_UNIT_COUNT,
		.knows_chance = true,
	};
	code = check(sides, err);
	if (code)
		return code;
	for (side = DIFF_BASE; side <= DIFF_FRESH; side++) {
		struct diff_pair *all = &sides->all;

		all->ns[side] = profile_weight_ns(sides->profiles[side]);
		all->samples[side] = profile_samples(sides->profiles[side]);
		scale(sides, (enum diff_side)side);
		/* A record of 4,096 bytes is not 4,096 times drawn. */
		if (sides->by_count && all->ns[side] != all->samples[side])
			sides->knows_chance = false;
		most = fmax(most, diff_value(sides, all, (enum diff_side)side));
	}
	sides->least = options->threshold * most;
	sides->decimals = !raw ? 2 : sides->by_count ? 0 : 3;
	sides->unit = unit_of(sides);
	return 0;
}

double diff_value(const struct diff_sides *sides, const struct diff_pair *pair, enum diff_side side)
{
	return (double)pair->ns[side] * sides->per_weight[side];
}

double diff_change(const struct diff_sides *sides, const struct diff_pair *pair)
{
	const double base = diff_value(sides, pair, DIFF_BASE);
	const double fresh = diff_value(sides, pair, DIFF_FRESH);

	return fabs(fresh - base) <= NOTHING * (fresh + base) ? 0 : fresh - base;
}

bool diff_is_absent(const struct diff_pair *pair, enum diff_side side)
{
	return pair->ns[side] == 0 && pair->samples[side] == 0;
}

bool diff_is_nothing(const struct diff_sides *sides, double change)
{
	return fabs(change) < 0.5 * pow(10, -sides->decimals);
}

double diff_deviations(const struct diff_sides *sides, const struct diff_pair *pair)
{
	const uint64_t *samples = pair->samples;

	if (!sides->knows_chance)
		return 0;
	if (sides->normalize == REPORT_NORMALIZE_SAMPLES)
		return chance_of_shares(samples[DIFF_BASE], sides->all.samples[DIFF_BASE],
					samples[DIFF_FRESH], sides->all.samples[DIFF_FRESH]);
	return chance_of_rates(samples[DIFF_BASE], sides->expected[DIFF_BASE], samples[DIFF_FRESH],
			       sides->expected[DIFF_FRESH]);
}

/* ", 60 lost" and the like, as far as there is anything. */
static void add_loss(struct strbuf *buf, uint64_t count, const char *what)
{
	if (count > 0)
		strbuf_add_format(buf, ", %" PRIu64 " %s", count, what);
}

static void add_side(const struct diff_sides *sides, enum diff_side side, struct strbuf *buf)
{
	const struct account *account = account_of(sides, side);
	const uint64_t samples = sides->all.samples[side];

	strbuf_add_format(buf, "%-5s %" PRIu64 " sample%s",
			  side == DIFF_BASE ? "base:" : "new:", samples, samples == 1 ? "" : "s");
	if (sides->by_count)
		strbuf_add_format(buf, " = %" PRIu64 " counted", sides->all.ns[side]);
	else
		strbuf_add_format(buf, " = %.3f s on CPU", seconds(sides->all.ns[side]));
	if (account->elapsed_ns > 0)
		strbuf_add_format(buf, " in %.2f s", seconds(account->elapsed_ns));
	add_loss(buf, account->samples_lost, "lost");
	/* Nothing ran when an idle CPU missed a tick. */
	if (account->ticks_missed > account->ticks_missed_idle)
		add_loss(buf, account->ticks_missed - account->ticks_missed_idle, "missed");
	add_loss(buf, account_unreadable(account), "unreadable");
	add_loss(buf, account->truncated, "truncated");
	add_loss(buf, account->unnamed, "unnamed");
	strbuf_add_char(buf, '\n');
}

/* What of the fresh profile one of the base stands for. */
static void add_factor(const struct diff_sides *sides, struct strbuf *buf)
{
	const double fresh = sides->per_weight[DIFF_FRESH];

	if (fresh > 0 && sides->per_weight[DIFF_BASE] > 0)
		strbuf_add_format(buf,
				  sides->by_count ? " (1 of base counts as %.4g of new)"
						  : " (1 s of base counts as %.4g s of new)",
				  sides->per_weight[DIFF_BASE] / fresh);
}

void diff_sides_add_head(const struct diff_sides *sides, struct strbuf *buf)
{
	add_side(sides, DIFF_BASE, buf);
	add_side(sides, DIFF_FRESH, buf);
	switch (sides->normalize) {
	case REPORT_NORMALIZE_SAMPLES:
		strbuf_add(buf, "compared as shares of all samples");
		break;
	case REPORT_NORMALIZE_TIME:
		strbuf_add(buf, sides->by_count ? "compared per second of each run"
						: "compared as CPU time per second of each run");
		break;
	case REPORT_NORMALIZE_NONE:
		strbuf_add(buf, "compared as they are");
		break;
	}
	if (sides->normalize != REPORT_NORMALIZE_NONE)
		add_factor(sides, buf);
	strbuf_add_char(buf, '\n');
	if (sides->nmoved > 0)
		strbuf_add_format(buf, "%u file%s of base taken for %s of new under another path\n",
				  sides->nmoved, sides->nmoved == 1 ? "" : "s",
				  sides->nmoved == 1 ? "one" : "those");
	strbuf_add_char(buf, '\n');
}
