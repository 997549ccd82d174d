/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes records and keeps the tree of stacks while the run goes on; resolves names and lines at the end, in
 * pipeline_flush.c. A sample costs look-ups only for the frames that differ from the last one of its CPU.
 */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "pipeline_internal.h"

int pipeline_new(struct profile *profile, struct pipeline **ret_pipeline)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return -ENOMEM;
	pipeline->profile = profile;
	for (int base = 0; base < BASE_MAX; base++)
		pipeline->bases[base] = TREE_NONE;
	pipeline->codes = codes_new();
	if (!pipeline->codes) {
		pipeline_free(pipeline);
		return -ENOMEM;
	}
	*ret_pipeline = pipeline;
	return 0;
}

void pipeline_free(struct pipeline *pipeline)
{
	struct target *target, *next;

	if (!pipeline)
		return;
	HASH_ITER (hh, pipeline->targets, target, next) {
		HASH_DEL(pipeline->targets, target);
		pipeline_target_free(target);
	}
	pipeline_folded_free(pipeline);
	for (size_t cpu = 0; cpu < pipeline->npaths; cpu++) {
		free(pipeline->paths[cpu].frames);
		free(pipeline->paths[cpu].nodes);
	}
	free(pipeline->paths);
	tree_done(&pipeline->tree);
	resolver_done(&pipeline->resolver);
	free(pipeline->missing);
	codes_free(pipeline->codes);
	free(pipeline);
}

/* The node that says what a stack stands on. */
static int find_base(struct pipeline *pipeline, uint32_t base, uint32_t *ret_node)
{
	if (base != BASE_NONE && pipeline->bases[base] == TREE_NONE) {
		int code = tree_find_node(&pipeline->tree, TREE_NONE, CODE_BASE(base), 0,
					  &pipeline->bases[base]);

		if (code)
			return code;
	}
	*ret_node = pipeline->bases[base];
	return 0;
}

/* BASE_MAX: no sample is like that. */
static uint32_t base_of(const struct pbp_sample *sample)
{
	switch ((enum pbp_status)sample->status) {
	case PBP_STATUS_COMPLETE:
		return sample->nframes ? BASE_NONE : BASE_MAX;
	case PBP_STATUS_TRUNCATED:
		return BASE_TRUNCATED;
	case PBP_STATUS_NATIVE:
		return BASE_NATIVE;
	case PBP_STATUS_NOT_RECOGNISED:
		return BASE_NOT_RECOGNISED;
	case PBP_STATUS_UNREADABLE:
		return sample->reason < PBP_REASON_MAX ? BASE_UNREADABLE + sample->reason
						       : BASE_MAX;
	case PBP_STATUS_MAX:
		break;
	}
	return BASE_MAX;
}

/* A new unnamed code object of the target's own in the word of an address. */
static int add_unnamed(struct pipeline *pipeline, struct target *target, uint32_t check,
		       uint64_t *ret_word)
{
	uint32_t id = 0;
	int code = array_reserve(&target->private_codes, &target->private_capacity,
				 target->nprivate + 1, sizeof(id));

	if (!code)
		code = codes_add_unnamed(pipeline->codes, &id);
	if (!code && id > ADDRESS_CODE_MAX)
		code = -EOVERFLOW;
	if (!code)
		code = resolver_add_private(&pipeline->resolver, id);
	if (code)
		return code;
	target->private_codes[target->nprivate++] = id;
	*ret_word = (uint64_t)check << 32 | id << ADDRESS_CODE_SHIFT | ADDRESS_KNOWN;
	return 0;
}

/* What lies at the frame's address, made as an unnamed code object when no record told. */
static int find_address(struct pipeline *pipeline, struct target *target, uint64_t frame,
			uint64_t **ret_word)
{
	const uint64_t key = ADDRESS_KEY(PBP_FRAME_CODE_ADDR(frame));
	uint64_t *word = word_map_find(&target->addresses, key);

	if (!word)
		word = word_map_add(&target->addresses, key);
	if (!word)
		return -ENOMEM;
	*ret_word = word;
	return *word ? 0 : add_unnamed(pipeline, target, pipeline_identity_check(0), word);
}

/* The path of one CPU, with room for nframes. NULL when memory runs out. */
static struct path *path_for(struct pipeline *pipeline, uint32_t cpu, uint32_t nframes)
{
	struct path *path;
	size_t capacity;

	if (cpu >= pipeline->npaths) {
		size_t had = pipeline->npaths;

		if (array_reserve(&pipeline->paths, &pipeline->npaths, (size_t)cpu + 1,
				  sizeof(*path)))
			return NULL;
		memset(pipeline->paths + had, 0, (pipeline->npaths - had) * sizeof(*path));
	}
	path = &pipeline->paths[cpu];
	capacity = path->capacity;
	if (array_reserve(&path->frames, &capacity, nframes, sizeof(*path->frames)))
		return NULL;
	capacity = path->capacity;
	if (array_reserve(&path->nodes, &capacity, nframes, sizeof(*path->nodes)))
		return NULL;
	path->capacity = capacity;
	return path;
}

/* Resolve the frames from `from` (counted from the root) on. */
static int path_resolve(struct pipeline *pipeline, struct target *target, struct path *path,
			uint32_t from)
{
	uint32_t caller = from ? path->nodes[from - 1] : path->base;

	for (uint32_t i = from; i < path->depth; i++) {
		const uint64_t frame = path->frames[i];
		uint64_t *word;
		int code = find_address(pipeline, target, frame, &word);

		if (!code)
			code = tree_find_node(&pipeline->tree, caller, ADDRESS_CODE(*word),
					      (uint32_t)(frame & PBP_FRAME_INSTR_MASK),
					      &path->nodes[i]);
		if (code) {
			path->target = 0; /* half a path is none */
			return code;
		}
		caller = path->nodes[i];
	}
	return 0;
}

/* Count the sample at the leaf of its path. */
static int path_count(struct pipeline *pipeline, struct target *target, struct path *path,
		      const struct pbp_sample *sample)
{
	const uint32_t leaf = path->depth ? path->nodes[path->depth - 1] : path->base;
	const uint32_t thread = target->threads_apart ? sample->tid : 0;
	bool is_new = false;
	int code;

	if (path->places != target->places || path->place_node != leaf ||
	    path->place_thread != thread) {
		path->places = 0; /* no target's */
		path->place = tally_place(&target->tally, thread, leaf, &is_new);
		if (!path->place)
			return -ENOMEM;
		if (is_new)
			target->places = ++pipeline->nplaces;
		path->places = target->places;
		path->place_node = leaf;
		path->place_thread = thread;
	}
	code = tally_count(&target->tally, path->place, 1, sample->weight_ns);
	if (!code && pipeline->timeline)
		code = moments_add(&target->moments,
				   &(struct moment){ .time_ns = sample->time_ns,
						     .weight_ns = sample->weight_ns,
						     .thread = thread,
						     .node = leaf });
	if (code)
		return code;
	pipeline->samples++;
	pipeline->weight_ns += sample->weight_ns;
	if (!pipeline->first_sample_ns)
		pipeline->first_sample_ns = sample->time_ns;
	return 0;
}

int pipeline_sample(struct pipeline *pipeline, const struct pbp_sample *sample,
		    const uint64_t *frames)
{
	struct target *target = pipeline_find_target(pipeline, sample->target);
	uint32_t kept = sample->nkept, fresh = sample->nframes - kept, kind = base_of(sample), base;
	struct path *path;
	int code;

	if (!target || target->ended || sample->cpu >= CPUS_MAX || kind == BASE_MAX ||
	    sample->nframes > PBP_DEPTH_MAX || kept > sample->nframes)
		goto malformed;
	code = find_base(pipeline, kind, &base);
	if (code)
		return code;
	path = path_for(pipeline, sample->cpu, sample->nframes);
	if (!path)
		return -ENOMEM;
	if (kept && (path->target != target->id || kept > path->depth))
		goto malformed;
	/* Kept are equal words. They are equal functions unless an address was bound anew, or the root differs. */
	if (path->binding != target->binding || path->base != base)
		kept = 0;
	for (uint32_t i = 0; i < fresh; i++) /* leaf first on the wire, root first in the path */
		path->frames[sample->nframes - 1 - i] = frames[i];
	path->depth = sample->nframes;
	path->target = target->id;
	path->binding = target->binding;
	path->base = base;
	code = path_resolve(pipeline, target, path, kept);
	return code ? code : path_count(pipeline, target, path, sample);
malformed:
	pipeline_malformed(pipeline);
	return -EBADMSG;
}

/* Is everything of the code object in the record? */
static bool record_is_whole(const struct pbp_code *record)
{
	return !record->flags && record->linetable_size == record->linetable_full_size;
}

/* A word for another code object than the one that lay at the address until now. */
static int bind_anew(struct pipeline *pipeline, struct target *target,
		     const struct pbp_code *record, const uint8_t *data, uint64_t *word)
{
	const uint32_t check = pipeline_identity_check(record->identity);
	uint64_t bound = 0;
	uint32_t id = 0;
	int code;

	if (record_is_whole(record)) {
		code = codes_add(pipeline->codes, record, data, target->layout, &id);
		if (!code && id > ADDRESS_CODE_MAX)
			code = -EOVERFLOW;
		bound = (uint64_t)check << 32 | id << ADDRESS_CODE_SHIFT | ADDRESS_KNOWN |
			ADDRESS_WHOLE;
	} else {
		/* Contents that are not whole are nobody else's. */
		code = add_unnamed(pipeline, target, check, &bound);
	}
	if (code)
		return code;
	/* Only paths that may go through the address have to be resolved anew. */
	if (*word)
		target->binding = ++pipeline->nbindings;
	/* Nobody will know more of what lay there. */
	if (*word)
		resolver_note_whole(&pipeline->resolver, ADDRESS_CODE(*word));
	*word = bound;
	return 0;
}

int pipeline_code(struct pipeline *pipeline, const struct pbp_code *record, const uint8_t *data)
{
	struct target *target = pipeline_find_target(pipeline, record->target);
	uint64_t *word;
	int code = 0;

	if (!target || !target->layout || record->code_addr % ADDRESS_ALIGNMENT) {
		pipeline_malformed(pipeline);
		return -EBADMSG;
	}
	word = word_map_add(&target->addresses, ADDRESS_KEY(record->code_addr));
	if (!word)
		return -ENOMEM;
	if (!*word || ADDRESS_CHECK(*word) != pipeline_identity_check(record->identity))
		code = bind_anew(pipeline, target, record, data, word);
	if (code ||
	    *word & ADDRESS_WHOLE) /* also sent again: its place in BPF's table was taken in between */
		return code;
	if (!(record->flags & PBP_CODE_DEFERRED))
		code = codes_fill(pipeline->codes, ADDRESS_CODE(*word), record, data,
				  target->layout);
	if (code)
		return code;
	if (record_is_whole(record)) {
		pipeline_note_whole(pipeline, word);
		return 0;
	}
	if (*word & ADDRESS_MISSING)
		return 0;
	code = pipeline_remember_missing(pipeline, record);
	if (!code)
		*word |= ADDRESS_MISSING;
	return code;
}

void pipeline_malformed(struct pipeline *pipeline)
{
	profile_account(pipeline->profile)->malformed++;
}

void pipeline_keep_times(struct pipeline *pipeline)
{
	pipeline->timeline = true;
}

uint64_t pipeline_weight_ns(const struct pipeline *pipeline)
{
	return pipeline->weight_ns;
}

uint64_t pipeline_samples(const struct pipeline *pipeline)
{
	return pipeline->samples;
}

uint64_t pipeline_first_sample_ns(const struct pipeline *pipeline)
{
	return pipeline->first_sample_ns;
}
