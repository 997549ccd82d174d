/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moves what was counted into the profile, while the run goes on or at its end: each target's counts become its process's
 * rows, and the account gets each sample once. What stacks are called is pipeline_resolve.c's business.
 */
#include <errno.h>
#include <malloc.h>

#include "pipeline.h"
#include "pipeline_internal.h"
#include "profile/profile.h"

/* Counts on their way to the profile: of a target, or of several ended ones together. */
struct batch {
	struct pipeline *pipeline;
	struct target *target; /* NULL: of several */
	struct tally *tally;
	struct moments *moments;
	uint32_t process;
	uint32_t tid, thread; /* the one that was found last */
	uint64_t samples, weight_ns; /* moved */
	bool holds; /* some are held back */
};

/* Count a row's samples where the account wants them. */
static void account_row(const struct resolved_node *node, uint64_t samples, struct account *account)
{
	if (node->flags & RESOLVED_UNNAMED)
		account->unnamed += samples;
	if (node->flags & RESOLVED_LINE_UNKNOWN)
		account->lines_unknown += samples;
	switch (node->base) {
	case BASE_NONE:
		account->complete += samples;
		return;
	case BASE_NATIVE:
		account->native += samples;
		return;
	case BASE_NOT_RECOGNISED:
		account->not_recognised += samples;
		return;
	case BASE_TRUNCATED:
		account->truncated += samples;
		return;
	default:
		account->unreadable[pipeline_reasons[node->base - BASE_UNREADABLE]] += samples;
	}
}

/* ---- threads ---- */

static bool keeps_threads(const struct batch *batch)
{
	return batch->target && batch->target->threads_apart;
}

/* Is the thread's name not known yet, and waited for? Names are asked for when a thread was met. */
static int awaits_name(const struct batch *batch, uint32_t tid, bool *ret_awaits)
{
	const struct resolver *resolver = &batch->pipeline->resolver;
	uint64_t *since;

	*ret_awaits = false;
	if (!keeps_threads(batch) || batch->target->ended || resolver->last ||
	    word_map_find(&batch->target->threads, tid))
		return 0;
	since = word_map_add(&batch->target->nameless, tid);
	if (!since)
		return -ENOMEM;
	if (!*since)
		*since = resolver->now_ns;
	*ret_awaits = resolver->now_ns - *since < PIPELINE_HOLD_NS;
	return 0;
}

static int find_thread(struct batch *batch, uint32_t tid)
{
	const uint64_t *name;
	struct profile_thread thread = { .tid = (int32_t)tid, .name = "" };

	if (!keeps_threads(batch) || (batch->tid == tid && batch->thread != PROFILE_NO_ID))
		return 0;
	name = word_map_find(&batch->target->threads, tid);
	if (name)
		thread.name = (const char *)(uintptr_t)*name;
	batch->tid = tid;
	return profile_add_thread(batch->pipeline->profile, &thread, &batch->thread);
}

/* ---- rows and moments ---- */

/* What the thread's samples at the node are in the profile, batch->thread among it. NULL: held back, or failed. */
static const struct resolved_node *find_place(struct batch *batch, uint32_t thread, uint32_t node,
					      int *ret_code)
{
	const struct resolved_node *resolved = resolver_find(batch->pipeline, node, ret_code);
	bool awaits;

	if (!resolved || resolved->flags & RESOLVED_HELD)
		return NULL;
	*ret_code = awaits_name(batch, thread, &awaits);
	if (*ret_code || awaits)
		return NULL;
	*ret_code = find_thread(batch, thread);
	return *ret_code ? NULL : resolved;
}

static int move_row(struct batch *batch, const struct tally_row *row,
		    const struct resolved_node *resolved)
{
	struct profile *profile = batch->pipeline->profile;
	int code = profile_add_weight(profile, batch->process, batch->thread, resolved->stack,
				      row->samples, row->weight_ns);

	if (code)
		return code;
	account_row(resolved, row->samples, profile_account(profile));
	batch->samples += row->samples;
	batch->weight_ns += row->weight_ns;
	if (resolved->flags & RESOLVED_PRIVATE && batch->target && !batch->target->ended &&
	    !word_map_add(&batch->target->private_nodes, row->node))
		return -ENOMEM;
	return 0;
}

static int move_rows(struct batch *batch)
{
	struct tally_row row = { 0 };
	int code = 0;

	for (; !code && tally_next(batch->tally, &row); row.node++) {
		const struct resolved_node *resolved =
			find_place(batch, row.thread, row.node, &code);

		if (resolved)
			code = move_row(batch, &row, resolved);
		else
			batch->holds = true;
	}
	return code;
}

/* The moments of the same samples. What is left moves together. */
static int move_moments(struct batch *batch)
{
	struct moments *moments = batch->moments;
	size_t kept = 0;
	int code = 0;

	for (size_t i = 0; i < moments->count && !code; i++) {
		const struct moment moment = moments->items[i];
		const struct resolved_node *resolved =
			find_place(batch, moment.thread, moment.node, &code);

		if (resolved)
			code = profile_add_moment(batch->pipeline->profile, batch->process,
						  batch->thread, resolved->stack, moment.time_ns,
						  moment.weight_ns);
		else
			moments->items[kept++] = moment;
	}
	moments->count = kept;
	return code;
}

/* Take the rows out that were moved: all, or all but those held back. */
static int take_rows(struct batch *batch)
{
	struct tally_row row = { 0 };
	int code = 0;

	if (!batch->holds) {
		tally_done(batch->tally);
		return 0;
	}
	for (; !code && tally_next(batch->tally, &row); row.node++)
		if (find_place(batch, row.thread, row.node, &code))
			tally_take(batch->tally, &row);
	return code;
}

static int move_batch(struct batch *batch)
{
	int code = move_rows(batch);

	if (!code)
		code = move_moments(batch);
	if (!code)
		code = take_rows(batch);
	if (batch->pipeline->resolver.last)
		moments_done(batch->moments);
	return code;
}

/* ---- targets ---- */

/* Let the profile say of its process what is known now. */
static int tell_target(struct pipeline *pipeline, struct target *target)
{
	const struct profile_process undescribed = pipeline_undescribed(target->id);
	int code;

	if (target->told)
		return 0;
	code = profile_add_process(pipeline->profile,
				   target->description ? &target->description->process
						       : &undescribed,
				   &target->process);
	if (!code)
		target->in_profile = target->told = true;
	return code;
}

static int flush_target(struct pipeline *pipeline, struct target *target)
{
	struct batch batch = {
		.pipeline = pipeline,
		.target = target,
		.tally = &target->tally,
		.moments = &target->moments,
		.thread = PROFILE_NO_ID,
	};
	int code = tell_target(pipeline, target);

	batch.process = target->process;
	if (!code)
		code = move_batch(&batch);
	target->flushed_samples += batch.samples;
	target->flushed_weight_ns += batch.weight_ns;
	target->places = ++pipeline->nplaces;
	return code;
}

/* Is there something of it for the profile, and may it go there? */
static bool is_due(const struct pipeline *pipeline, const struct target *target)
{
	/* Where nothing was sampled, it is said of whom. */
	if (pipeline->resolver.last && !pipeline->samples)
		return target->description != NULL;
	if (!target->tally.samples)
		return target->in_profile && !target->told;
	/* Without a layout it may be disowned. */
	return target->layout || target->ended || target->in_profile || pipeline->resolver.last;
}

static int flush_targets(struct pipeline *pipeline)
{
	struct target *target, *next;
	int code = 0;

	HASH_ITER (hh, pipeline->targets, target, next) {
		const bool many = target->ended && !target->in_profile &&
				  profile_nprocesses(pipeline->profile) >= PIPELINE_PROCESSES_MAX;

		if (many && target->tally.samples)
			code = pipeline_fold(pipeline, target);
		else if (is_due(pipeline, target))
			code = flush_target(pipeline, target);
		if (code)
			return code;
		if (target->ended && (target->in_profile || many))
			pipeline_drop_target(pipeline, target);
	}
	return 0;
}

static int flush_folded(struct pipeline *pipeline)
{
	struct folded *folded, *next;
	int code = 0;

	HASH_ITER (hh, pipeline->folded, folded, next) {
		struct batch batch = {
			.pipeline = pipeline,
			.tally = &folded->tally,
			.moments = &folded->moments,
			.thread = PROFILE_NO_ID,
		};

		if (!folded->tally.samples)
			continue;
		code = profile_add_process(pipeline->profile, &folded->description->process,
					   &batch.process);
		if (!code)
			code = move_batch(&batch);
		if (code)
			break;
	}
	return code;
}

static int flush(struct pipeline *pipeline, uint64_t now_ns, bool last)
{
	int code = resolver_begin(pipeline, now_ns, last);

	if (!code)
		code = flush_targets(pipeline);
	return code ? code : flush_folded(pipeline);
}

int pipeline_flush(struct pipeline *pipeline, uint64_t now_ns)
{
	return flush(pipeline, now_ns, false);
}

/* What only serves to take records makes room for the profile. */
static void stop_taking(struct pipeline *pipeline)
{
	struct target *target, *next;

	HASH_ITER (hh, pipeline->targets, target, next)
		word_map_done(&target->addresses);
	word_map_done(&pipeline->tree.frame_by_key);
	word_map_done(&pipeline->tree.node_by_key);
	/* Freed pieces between others are none that large arrays are made of. */
	malloc_trim(0);
}

int pipeline_finish(struct pipeline *pipeline)
{
	int code;

	stop_taking(pipeline);
	code = flush(pipeline, 0, true);
	resolver_done(&pipeline->resolver);
	return code;
}
