/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The targets of a pipeline from their first record to their end: what is told of them, what is given back when they
 * end. What their records do is pipeline.c's business.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "pipeline.h"
#include "pipeline_internal.h"

struct target *pipeline_find_target(struct pipeline *pipeline, uint32_t id)
{
	struct target *target = pipeline->last_target;

	if (target && target->id == id)
		return target;
	HASH_FIND(hh, pipeline->targets, &id, sizeof(id), target);
	if (target)
		pipeline->last_target = target;
	return target;
}

static void forget_threads(struct target *target)
{
	uint64_t tid = 0;

	for (const uint64_t *name = word_map_first(&target->threads, &tid); name;
	     name = word_map_next(&target->threads, &tid))
		free((char *)(uintptr_t)*name);
	word_map_done(&target->threads);
}

void pipeline_target_free(struct target *target)
{
	forget_threads(target);
	word_map_done(&target->addresses);
	word_map_done(&target->nameless);
	word_map_done(&target->private_nodes);
	tally_done(&target->tally);
	moments_done(&target->moments);
	free(target->private_codes);
	free(target->layout);
	free(target->description);
	free(target);
}

void pipeline_drop_target(struct pipeline *pipeline, struct target *target)
{
	HASH_DEL(pipeline->targets, target);
	if (target->ended) {
		DL_DELETE(pipeline->ended, target);
		pipeline->nended--;
	}
	if (pipeline->last_target == target)
		pipeline->last_target = NULL;
	pipeline_target_free(target);
}

int pipeline_add_target(struct pipeline *pipeline, uint32_t id, bool threads_apart)
{
	struct target *target;

	if (pipeline_find_target(pipeline, id))
		return -EEXIST;
	target = calloc(1, sizeof(*target));
	if (!target)
		return -ENOMEM;
	target->id = id;
	target->threads_apart = threads_apart;
	target->binding = ++pipeline->nbindings;
	target->places = ++pipeline->nplaces;
	HASH_ADD(hh, pipeline->targets, id, sizeof(target->id), target);
	if (!target->hh.tbl) { /* no memory for the table */
		free(target);
		return -ENOMEM;
	}
	return 0;
}

int pipeline_set_layout(struct pipeline *pipeline, uint32_t id, const struct pbp_layout *layout)
{
	struct target *target = pipeline_find_target(pipeline, id);

	if (!target || target->ended)
		return -ENOENT;
	if (!target->layout)
		target->layout = malloc(sizeof(*layout));
	if (!target->layout)
		return -ENOMEM;
	*target->layout = *layout;
	return 0;
}

struct description *pipeline_describe(const struct profile_process *process)
{
	struct profile_process copy = *process;
	const char **texts[] = { &copy.comm,	   &copy.command,      &copy.python,
				 &copy.container,  &copy.container_id, &copy.unit,
				 &copy.executable, &copy.machine };
	const size_t ntexts = sizeof(texts) / sizeof(*texts);
	struct description *description;
	size_t size = 0;
	char *end;

	for (size_t i = 0; i < ntexts; i++) {
		if (!*texts[i])
			*texts[i] = "";
		size += strlen(*texts[i]) + 1;
	}
	description = malloc(sizeof(*description) + size);
	if (!description)
		return NULL;
	end = description->texts;
	for (size_t i = 0; i < ntexts; i++) {
		size = strlen(*texts[i]) + 1;
		memcpy(end, *texts[i], size);
		*texts[i] = end;
		end += size;
	}
	if (!copy.count)
		copy.count = 1;
	description->process = copy;
	return description;
}

struct profile_process pipeline_undescribed(uint32_t id)
{
	/* Processes are told apart by pid, start time and program. */
	return (struct profile_process){ .program = id,
					 .count = 1,
					 .comm = "",
					 .command = "",
					 .python = "",
					 .container = "",
					 .container_id = "",
					 .unit = "",
					 .executable = "",
					 .machine = "",
					 .kernel_ns = PROFILE_TIME_UNKNOWN };
}

int pipeline_describe_target(struct pipeline *pipeline, uint32_t id,
			     const struct profile_process *process)
{
	struct target *target = pipeline_find_target(pipeline, id);
	struct description *description;

	if (!target)
		return -ENOENT;
	description = pipeline_describe(process);
	if (!description)
		return -ENOMEM;
	free(target->description);
	target->description = description;
	target->told = false;
	return 0;
}

int pipeline_name_thread(struct pipeline *pipeline, uint32_t id, uint32_t tid, const char *name)
{
	struct target *target = pipeline_find_target(pipeline, id);
	uint64_t *place;
	char *copy;

	if (!target)
		return -ENOENT;
	if (!target->threads_apart)
		return 0;
	copy = strdup(name);
	place = copy ? word_map_add(&target->threads, tid) : NULL;
	if (!place) {
		free(copy);
		return -ENOMEM;
	}
	free((char *)(uintptr_t)*place);
	*place = (uint64_t)(uintptr_t)copy;
	word_map_remove(&target->nameless, tid);
	return 0;
}

void pipeline_end_target(struct pipeline *pipeline, uint32_t id)
{
	struct target *target = pipeline_find_target(pipeline, id);

	if (!target || target->ended)
		return;
	pipeline_settle_codes(pipeline, target);
	word_map_done(&target->addresses);
	free(target->layout);
	target->layout = NULL;
	/* The only one stays, so that a profile without samples can say whose it is. */
	if (!pipeline_samples_of(target) && HASH_COUNT(pipeline->targets) > 1) {
		pipeline_drop_target(pipeline, target);
		return;
	}
	target->ended = true;
	DL_APPEND(pipeline->ended, target);
	pipeline->nended++;
	/* One that the profile has by itself is dropped by the next flush. */
	while (pipeline->nended > PIPELINE_ENDED_MAX && !pipeline->ended->in_profile) {
		/* Without memory for it, it is tried again at the next end. */
		if (pipeline_fold(pipeline, pipeline->ended))
			return;
		pipeline_drop_target(pipeline, pipeline->ended);
	}
}

uint64_t pipeline_disown_target(struct pipeline *pipeline, uint32_t id)
{
	struct target *target = pipeline_find_target(pipeline, id);
	uint64_t samples;

	if (!target)
		return 0;
	samples = target->tally.samples;
	pipeline->samples -= samples;
	pipeline->weight_ns -= target->tally.weight_ns;
	pipeline_settle_codes(pipeline, target);
	pipeline_drop_target(pipeline, target);
	return samples;
}

uint64_t pipeline_samples_of(const struct target *target)
{
	return target->tally.samples + target->flushed_samples;
}

uint64_t pipeline_target_samples(const struct pipeline *pipeline, uint32_t id)
{
	const struct target *target;

	HASH_FIND(hh, pipeline->targets, &id, sizeof(id), target);
	return target ? pipeline_samples_of(target) : 0;
}

uint64_t pipeline_target_weight_ns(const struct pipeline *pipeline, uint32_t id)
{
	const struct target *target;

	HASH_FIND(hh, pipeline->targets, &id, sizeof(id), target);
	return target ? target->tally.weight_ns + target->flushed_weight_ns : 0;
}
