/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The values of options that choose processes and say how they are sampled: what a text means, or why it is refused. Must
 * not know how the options are called; whoever calls adds that.
 */
#include "options_values.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <config.h>

#include "base/clock.h"
#include "options_rows.h"
#include "python/layout.h"
#include "python/version.h"

#define TEXT_OF(number) #number
#define TEXT(number)	TEXT_OF(number)

#define PERIOD_MIN (CLOCK_NS_PER_SECOND / OPTION_RATE_MAX)
#define PERIOD_MAX (CLOCK_NS_PER_SECOND / OPTION_RATE_MIN)

bool option_parse_whole(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || number > (max - (uint64_t)(*text - '0')) / 10)
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	*ret_number = number;
	return true;
}

void option_names_add(struct option_names *names, const char *name)
{
	const size_t capacity = sizeof(names->text);

	if (names->length < capacity)
		names->length +=
			(size_t)snprintf(names->text + names->length, capacity - names->length,
					 "%s%s", names->length ? ", " : "", name);
}

/* One number of a list; each process once. */
static int add_pid(struct options *options, const char *text, size_t length, struct err *err)
{
	char number[32];
	uint64_t pid;

	snprintf(number, sizeof(number), "%.*s", (int)length, text);
	if (length >= sizeof(number) || !option_parse_whole(number, INT_MAX, &pid) || pid == 0) {
		err_set(err, -EINVAL, "'%.*s' is not the number of a process", (int)length, text);
		err_hint(err, "list the Python processes: pybpfprof doctor; or choose by command: "
			      "--name GLOB");
		return -EINVAL;
	}
	for (size_t i = 0; i < options->npids; i++) {
		if (options->pids[i] == (pid_t)pid)
			return 0;
	}
	if (options->npids == OPTIONS_PIDS_MAX) {
		err_set(err, -EINVAL, "more than %d processes", OPTIONS_PIDS_MAX);
		err_hint(err, "choose them by what they have in common: --name, --container, "
			      "--cgroup, --unit");
		return -EINVAL;
	}
	options->pids[options->npids++] = (pid_t)pid;
	return 0;
}

int option_parse_pid(struct option_parse *parse, const char *text, struct err *err)
{
	size_t length;
	int r;

	do {
		length = strcspn(text, ",");
		r = add_pid(&parse->options, text, length, err);
		text += length + 1;
	} while (!r && text[-1]);
	return r;
}

/* Filters are an "and": a second value of one would silently widen or empty it. */
static int take_once(const char **field, const char *text, struct err *err)
{
	if (!*text)
		return err_set(err, -EINVAL, "the value is empty");
	if (*field)
		return err_set(err, -EINVAL, "given twice: '%s' and '%s'", *field, text);
	*field = text;
	return 0;
}

int option_parse_name(struct option_parse *parse, const char *text, struct err *err)
{
	return take_once(&parse->options.name, text, err);
}

int option_parse_container(struct option_parse *parse, const char *text, struct err *err)
{
	return take_once(&parse->options.container, text, err);
}

int option_parse_cgroup(struct option_parse *parse, const char *text, struct err *err)
{
	return take_once(&parse->options.cgroup, text, err);
}

int option_parse_unit(struct option_parse *parse, const char *text, struct err *err)
{
	return take_once(&parse->options.unit, text, err);
}

int option_parse_assume_layout(struct option_parse *parse, const char *text, struct err *err)
{
	uint16_t series;
	char list[256];

	if (version_parse_series(text, &series) &&
	    layout_row_by_version((uint32_t)series << 16, false, 0)) {
		parse->options.assume_series = series;
		return 0;
	}
	version_list_supported(list, sizeof(list));
	err_set(err, -EINVAL, "'%s' is not a version whose layout is known", text);
	err_hint(err, "layouts are known of CPython %s; whether the GIL is in it is seen by itself",
		 list);
	return -EINVAL;
}

int option_parse_rate(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t hz;
	int r;

	r = clock_parse_rate(text, &hz, err);
	if (r < 0 && r != -ERANGE)
		return r;
	if (r == -ERANGE || hz < OPTION_RATE_MIN || hz > OPTION_RATE_MAX)
		return err_set(err, -EINVAL,
			       "'%s' is not between " TEXT(OPTION_RATE_MIN) " and " TEXT(
				       OPTION_RATE_MAX) " Hz",
			       text);
	parse->options.period_ns = (CLOCK_NS_PER_SECOND + hz / 2) / hz;
	parse->have_rate = true;
	return 0;
}

int option_parse_interval(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t ns;
	int r;

	r = clock_parse_duration(text, &ns, err);
	if (r < 0 && r != -ERANGE)
		return r;
	if (r == -ERANGE || ns < PERIOD_MIN || ns > PERIOD_MAX)
		return err_set(err, -EINVAL, "'%s' is not between %lluus and %llus", text,
			       PERIOD_MIN / 1000, PERIOD_MAX / CLOCK_NS_PER_SECOND);
	parse->options.period_ns = ns;
	parse->have_interval = true;
	return 0;
}

int option_parse_duration(struct option_parse *parse, const char *text, struct err *err)
{
	bool negative = text[0] == '-';
	uint64_t ns;
	int r;

	r = clock_parse_duration(text + negative, &ns, err);
	if (r < 0 && !negative)
		return r;
	if (r < 0)
		return clock_parse_duration(text, &ns, err);
	if (negative || ns == 0) {
		err_set(err, -EINVAL, "'%s' is no time to sample in: it must be more than 0", text);
		err_hint(
			err,
			"without -d sampling goes on until Ctrl-C or the end of the process or command");
		return -EINVAL;
	}
	parse->options.duration_ns = ns;
	return 0;
}

int option_parse_max_depth(struct option_parse *parse, const char *text, struct err *err)
{
	uint64_t depth;

	if (!option_parse_whole(text, PBP_DEPTH_MAX, &depth) || depth == 0)
		return err_set(err, -EINVAL,
			       "'%s' is not a number of frames between 1 and " TEXT(PBP_DEPTH_MAX),
			       text);
	parse->options.max_depth = (uint32_t)depth;
	return 0;
}
