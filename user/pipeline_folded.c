/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ended targets put together by command, so that days of short-lived processes take bounded memory: nothing of a single
 * one is kept. Commands that never come twice are themselves put together, first by name, then all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "pipeline_internal.h"

/* Which of a process's texts make two of them one. */
enum level {
	LEVEL_COMMAND,
	LEVEL_COMM, /* whatever the arguments */
	LEVEL_ALL,
	LEVEL_MAX
};

/* What stands for the process at that level. */
static struct profile_process generalise(const struct profile_process *process, enum level level)
{
	struct profile_process general = *process;

	if (level >= LEVEL_COMM)
		general.command = general.executable = "";
	if (level >= LEVEL_ALL)
		general.comm = PIPELINE_FOLDED_OTHERS;
	if (level >= LEVEL_ALL)
		general.python = general.container = general.container_id = general.unit = "";
	return general;
}

/* Its key: the texts with their zeros, one behind the other. The caller frees it. NULL when memory runs out. */
static struct folded *folded_new(const struct profile_process *process)
{
	const char *const texts[] = { process->comm, process->command, process->python,
				      process->container_id };
	const size_t ntexts = sizeof(texts) / sizeof(*texts);
	struct folded *folded;
	size_t size = 0;

	for (size_t i = 0; i < ntexts; i++)
		size += strlen(texts[i]) + 1;
	folded = calloc(1, sizeof(*folded) + size);
	if (!folded)
		return NULL;
	for (size_t i = 0; i < ntexts; i++) {
		strcpy(folded->key + folded->key_size, texts[i]);
		folded->key_size += strlen(texts[i]) + 1;
	}
	return folded;
}

static void folded_free(struct folded *folded)
{
	tally_done(&folded->tally);
	moments_done(&folded->moments);
	free(folded->description);
	free(folded);
}

/* That of the process at one level: an old one, or a new one while there is room for it. 0, -ENOSPC or -ENOMEM. */
static int find_folded(struct pipeline *pipeline, const struct profile_process *process,
		       enum level level, struct folded **ret_folded)
{
	const struct profile_process general = generalise(process, level);
	struct folded *added = folded_new(&general), *found;

	if (!added)
		return -ENOMEM;
	HASH_FIND(hh, pipeline->folded, added->key, added->key_size, found);
	if (found) {
		folded_free(added);
		*ret_folded = found;
		return 0;
	}
	if (level < LEVEL_ALL &&
	    HASH_COUNT(pipeline->folded) >= ((size_t)level + 1) * PIPELINE_FOLDED_MAX) {
		folded_free(added);
		return -ENOSPC;
	}
	added->description = pipeline_describe(&general);
	if (added->description) {
		added->description->process.count = 0;
		added->description->process.kernel_ns = 0;
		HASH_ADD_KEYPTR(hh, pipeline->folded, added->key, added->key_size, added);
	}
	if (!added->description || !added->hh.tbl) {
		folded_free(added);
		return -ENOMEM;
	}
	*ret_folded = added;
	return 0;
}

static void add_up(struct profile_process *sum, const struct profile_process *process)
{
	sum->count += process->count;
	if (process->kernel_ns == PROFILE_TIME_UNKNOWN || sum->kernel_ns == PROFILE_TIME_UNKNOWN)
		sum->kernel_ns = PROFILE_TIME_UNKNOWN;
	else
		sum->kernel_ns += process->kernel_ns;
}

int pipeline_fold(struct pipeline *pipeline, struct target *target)
{
	const struct profile_process undescribed = pipeline_undescribed(target->id);
	const struct profile_process *process =
		target->description ? &target->description->process : &undescribed;
	struct folded *folded;
	int code = -ENOSPC;

	if (!target->tally.samples)
		return 0;
	for (enum level level = LEVEL_COMMAND; code == -ENOSPC && level < LEVEL_MAX; level++)
		code = find_folded(pipeline, process, level, &folded);
	if (!code)
		code = moments_move(&folded->moments, &target->moments);
	if (!code)
		code = tally_move(&folded->tally, &target->tally);
	if (code)
		return code;
	add_up(&folded->description->process, process);
	profile_account(pipeline->profile)->processes_folded++;
	return 0;
}

void pipeline_folded_free(struct pipeline *pipeline)
{
	struct folded *folded, *next;

	HASH_ITER (hh, pipeline->folded, folded, next) {
		HASH_DEL(pipeline->folded, folded);
		folded_free(folded);
	}
}
