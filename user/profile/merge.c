/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adds one profile to another through the profile's own adders. Decides what stands where both know something of a
 * process, always by a rule that does not ask who came first.
 */
#include "profile/merge.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

/* Ids and indexes of one profile to those of the other. */
struct mapping {
	const struct profile *from;
	struct profile *into;
	uint32_t *processes, *threads, *stacks;
};

static const char *later_text(const char *a, const char *b)
{
	return strcmp(a, b) >= 0 ? a : b;
}

/* What is known of a process that both profiles have. */
static struct profile_process join(const struct profile_process *a, const struct profile_process *b)
{
	struct profile_process both = *a;

	if (b->inside_pid > both.inside_pid)
		both.inside_pid = b->inside_pid;
	if (b->count > both.count)
		both.count = b->count;
	both.comm = later_text(a->comm, b->comm);
	both.command = later_text(a->command, b->command);
	both.python = later_text(a->python, b->python);
	both.container = later_text(a->container, b->container);
	both.container_id = later_text(a->container_id, b->container_id);
	both.unit = later_text(a->unit, b->unit);
	both.executable = later_text(a->executable, b->executable);
	if (a->kernel_ns == PROFILE_TIME_UNKNOWN || b->kernel_ns == PROFILE_TIME_UNKNOWN ||
	    __builtin_add_overflow(a->kernel_ns, b->kernel_ns, &both.kernel_ns))
		both.kernel_ns = PROFILE_TIME_UNKNOWN;
	return both;
}

/* Adding tells whether `into` has the process, and takes the newer texts; both are put together from what it had before. */
static int map_processes(struct mapping *mapping)
{
	const size_t nold = profile_nprocesses(mapping->into);
	struct profile_process *old = calloc(nold + 1, sizeof(*old));
	size_t i;
	int code = old ? 0 : -ENOMEM;

	for (i = 0; i < nold && !code; i++)
		old[i] = *profile_process(mapping->into, (uint32_t)i);
	for (i = 0; i < profile_nprocesses(mapping->from) && !code; i++) {
		struct profile_process process = *profile_process(mapping->from, (uint32_t)i);
		uint32_t *index = &mapping->processes[i];

		code = profile_add_process(mapping->into, &process, index);
		if (code || *index >= nold)
			continue;
		process = join(&old[*index], &process);
		code = profile_add_process(mapping->into, &process, index);
	}
	free(old);
	return code;
}

static int map_threads(struct mapping *mapping)
{
	const size_t count = profile_nthreads(mapping->from);
	size_t i;
	int code = 0;

	for (i = 0; i < count && !code; i++)
		code = profile_add_thread(mapping->into, profile_thread(mapping->from, (uint32_t)i),
					  &mapping->threads[i]);
	return code;
}

int profile_merge_stacks(struct profile *into, const struct profile *from, uint32_t *ret_stacks)
{
	const size_t nsymbols = profile_nsymbols(from), nstacks = profile_nstacks(from);
	uint32_t *symbols = calloc(nsymbols + 1, sizeof(*symbols));
	size_t i;
	int code = symbols ? 0 : -ENOMEM;

	for (i = 0; i < nsymbols && !code; i++)
		code = profile_add_symbol(into, profile_symbol(from, (uint32_t)i), &symbols[i]);
	ret_stacks[PROFILE_STACK_EMPTY] = PROFILE_STACK_EMPTY;
	/* A caller's id is smaller than its callees', so that it is known already. */
	for (i = 1; i < nstacks && !code; i++)
		code = profile_add_stack(into, ret_stacks[profile_stack_caller(from, (uint32_t)i)],
					 symbols[profile_stack_symbol(from, (uint32_t)i)],
					 &ret_stacks[i]);
	free(symbols);
	return code;
}

static uint32_t map_thread(const struct mapping *mapping, uint32_t thread)
{
	return thread == PROFILE_NO_ID ? PROFILE_NO_ID : mapping->threads[thread];
}

static int add_rows(const struct mapping *mapping)
{
	const size_t nrows = profile_nrows(mapping->from);
	const size_t nmoments = profile_nmoments(mapping->from);
	size_t i;
	int code = 0;

	for (i = 0; i < nrows && !code; i++) {
		const struct profile_row *row = profile_row(mapping->from, i);

		code = profile_add_weight(mapping->into, mapping->processes[row->process],
					  map_thread(mapping, row->thread),
					  mapping->stacks[row->stack], row->samples,
					  row->weight_ns);
	}
	for (i = 0; i < nmoments && !code; i++) {
		const struct profile_moment *moment = profile_moment(mapping->from, i);
		const struct profile_row *row = profile_row(mapping->from, moment->row);

		code = profile_add_moment(mapping->into, mapping->processes[row->process],
					  map_thread(mapping, row->thread),
					  mapping->stacks[row->stack], moment->time_ns,
					  moment->weight_ns);
	}
	return code;
}

/* The account of a profile that tells no run is one of a run of which nothing else is known. */
static int add_nameless_run(struct profile *into, const struct account *account)
{
	static const struct account nothing;
	const struct profile_run run = {
		.tool = "",
		.machine = "",
		.system = "",
		.account = *account,
	};

	return memcmp(account, &nothing, sizeof(nothing)) == 0 ? 0 : profile_add_run(into, &run);
}

static int add_runs(const struct mapping *mapping)
{
	const size_t nruns = profile_nruns(mapping->from);
	size_t i;
	int code = 0;

	/* The first run's account takes the place of the one that is there. */
	if (profile_nruns(mapping->into) == 0)
		code = add_nameless_run(mapping->into, profile_account_const(mapping->into));
	if (!code && nruns == 0)
		code = add_nameless_run(mapping->into, profile_account_const(mapping->from));
	for (i = 0; i < nruns && !code; i++)
		code = profile_add_run(mapping->into, profile_run(mapping->from, i));
	return code;
}

static bool is_empty(const struct profile *profile)
{
	return profile_nrows(profile) == 0 && profile_nruns(profile) == 0;
}

static int add_all(struct mapping *mapping)
{
	int code = map_processes(mapping);

	if (!code)
		code = map_threads(mapping);
	if (!code)
		code = profile_merge_stacks(mapping->into, mapping->from, mapping->stacks);
	if (!code)
		code = add_rows(mapping);
	return code ? code : add_runs(mapping);
}

int profile_merge(struct profile *into, const struct profile *from, struct err *err)
{
	struct mapping mapping = { .from = from, .into = into };
	uint64_t sum;
	int code = -ENOMEM;

	assert(into != from);
	if (is_empty(into) && !is_empty(from))
		profile_set_unit(into, profile_unit(from));
	else if (!is_empty(from) && profile_unit(into) != profile_unit(from))
		return err_set(err, -EINVAL,
			       "one profile has CPU time and the other counts something else");
	if (__builtin_add_overflow(profile_samples(into), profile_samples(from), &sum) ||
	    sum > INT64_MAX ||
	    __builtin_add_overflow(profile_weight_ns(into), profile_weight_ns(from), &sum) ||
	    sum > INT64_MAX)
		return err_set(err, -EOVERFLOW, "the values add up to too much");
	mapping.processes = calloc(profile_nprocesses(from) + 1, sizeof(*mapping.processes));
	mapping.threads = calloc(profile_nthreads(from) + 1, sizeof(*mapping.threads));
	mapping.stacks = calloc(profile_nstacks(from), sizeof(*mapping.stacks));
	if (mapping.processes && mapping.threads && mapping.stacks)
		code = add_all(&mapping);
	free(mapping.processes);
	free(mapping.threads);
	free(mapping.stacks);
	return code ? err_set(err, code, "cannot merge profiles: %s", strerror(-code)) : 0;
}
