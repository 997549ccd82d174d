/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes records and keeps the tree of stacks while the run goes on; resolves names and lines once per node at
 * the end, in pipeline_finish.c. A sample costs a lookup per frame that differs from the last one of its CPU.
 */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "pipeline_internal.h"
#include "profile/profile.h"
#include "python/code_read.h"

int pipeline_new(struct profile *profile, struct pipeline **ret_pipeline)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return -ENOMEM;
	pipeline->profile = profile;
	pipeline->codes = codes_new();
	if (!pipeline->codes) {
		pipeline_free(pipeline);
		return -ENOMEM;
	}
	*ret_pipeline = pipeline;
	return 0;
}

static void target_free(struct target *target)
{
	struct address *address, *next;

	HASH_ITER (hh, target->addresses, address, next) {
		HASH_DEL(target->addresses, address);
		free(address);
	}
	free(target);
}

void pipeline_free(struct pipeline *pipeline)
{
	struct target *target, *next;

	if (!pipeline)
		return;
	HASH_ITER (hh, pipeline->targets, target, next) {
		HASH_DEL(pipeline->targets, target);
		target_free(target);
	}
	for (size_t cpu = 0; cpu < pipeline->npaths; cpu++) {
		free(pipeline->paths[cpu].frames);
		free(pipeline->paths[cpu].nodes);
	}
	free(pipeline->paths);
	HASH_CLEAR(hh, pipeline->by_key);
	for (size_t node = 0; node < pipeline->nnodes; node++)
		free(pipeline->nodes[node]);
	free(pipeline->nodes);
	free(pipeline->missing);
	codes_free(pipeline->codes);
	free(pipeline);
}

static struct target *find_target(struct pipeline *pipeline, uint32_t id)
{
	struct target *target = pipeline->last_target;

	if (target && target->id == id)
		return target;
	HASH_FIND(hh, pipeline->targets, &id, sizeof(id), target);
	if (target)
		pipeline->last_target = target;
	return target;
}

int pipeline_add_target(struct pipeline *pipeline, const struct pbp_target *target,
			uint32_t process, const struct memory *memory)
{
	struct target *added = calloc(1, sizeof(*added));

	if (!added)
		return -ENOMEM;
	added->id = target->id;
	added->process = process;
	added->layout = target->layout;
	added->memory = *memory;
	added->readable = true;
	for (int base = 0; base < BASE_MAX; base++)
		added->bases[base] = NODE_NONE;
	HASH_ADD(hh, pipeline->targets, id, sizeof(added->id), added);
	if (!added->hh.tbl) { /* no memory for the table */
		free(added);
		return -ENOMEM;
	}
	return 0;
}

void pipeline_retire_target(struct pipeline *pipeline, uint32_t id)
{
	struct target *target = find_target(pipeline, id);

	if (target)
		target->readable = false;
}

/* The node of (caller, code object, instruction), made when it is new. */
static int find_node(struct pipeline *pipeline, const struct node_key *key, uint32_t *ret_node)
{
	struct node *node;
	int code;

	HASH_FIND(hh, pipeline->by_key, key, sizeof(*key), node);
	if (node) {
		*ret_node = node->id;
		return 0;
	}
	if (pipeline->nnodes >= NODE_NONE)
		return -EOVERFLOW;
	code = array_reserve(&pipeline->nodes, &pipeline->nodes_capacity, pipeline->nnodes + 1,
			     sizeof(node));
	if (code)
		return code;
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->key = *key;
	node->id = (uint32_t)pipeline->nnodes;
	HASH_ADD(hh, pipeline->by_key, key, sizeof(*key), node);
	if (!node->hh.tbl) {
		free(node);
		return -ENOMEM;
	}
	pipeline->nodes[pipeline->nnodes++] = node;
	*ret_node = node->id;
	return 0;
}

/*
 * Where a target's stacks of one kind begin: BASE_ROOT is the process, the others stand on it and say what the
 * root of such a stack is.
 */
static int find_base(struct pipeline *pipeline, struct target *target, uint32_t base,
		     uint32_t *ret_node)
{
	struct node_key key = { .caller = NODE_NONE,
				.code = CODE_PROCESS,
				.instruction = target->id };
	int code;

	if (target->bases[base] == NODE_NONE && base != BASE_ROOT) {
		code = find_base(pipeline, target, BASE_ROOT, &key.caller);
		if (code)
			return code;
		key.code = CODE_BASE(base);
		key.instruction = 0;
	}
	if (target->bases[base] == NODE_NONE) {
		code = find_node(pipeline, &key, &target->bases[base]);
		if (code)
			return code;
		if (base == BASE_ROOT)
			pipeline->nodes[target->bases[base]]->process = target->process;
	}
	*ret_node = target->bases[base];
	return 0;
}

static uint32_t base_of(const struct pbp_sample *sample)
{
	switch ((enum pbp_status)sample->status) {
	case PBP_STATUS_COMPLETE:
		return BASE_ROOT;
	case PBP_STATUS_TRUNCATED:
		return BASE_TRUNCATED;
	case PBP_STATUS_NATIVE:
		return BASE_NATIVE;
	case PBP_STATUS_NOT_RECOGNISED:
		return BASE_NOT_RECOGNISED;
	case PBP_STATUS_UNREADABLE:
	case PBP_STATUS_MAX:
		break;
	}
	return BASE_UNREADABLE + sample->reason;
}

/* What lies at the address, made as an unnamed code object when no record told. */
static int find_address(struct pipeline *pipeline, struct target *target, uint64_t addr,
			struct address **ret_address)
{
	struct address *address;
	int code;

	HASH_FIND(hh, target->addresses, &addr, sizeof(addr), address);
	if (!address) {
		address = calloc(1, sizeof(*address));
		if (!address)
			return -ENOMEM;
		address->addr = addr;
		code = codes_add_unnamed(pipeline->codes, &address->code);
		if (!code) {
			HASH_ADD(hh, target->addresses, addr, sizeof(addr), address);
			code = address->hh.tbl ? 0 : -ENOMEM;
		}
		if (code) {
			free(address);
			return code;
		}
	}
	*ret_address = address;
	return 0;
}

/* The node of one frame called from `caller`. */
static int frame_node(struct pipeline *pipeline, struct target *target, uint32_t caller,
		      uint64_t frame, uint32_t *ret_node)
{
	struct node_key key = { .caller = caller };
	struct address *address;
	int code = find_address(pipeline, target, PBP_FRAME_CODE_ADDR(frame), &address);

	if (code)
		return code;
	key.code = address->code;
	key.instruction = (uint32_t)(frame & PBP_FRAME_INSTR_MASK);
	return find_node(pipeline, &key, ret_node);
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
		int code = frame_node(pipeline, target, caller, path->frames[i], &path->nodes[i]);

		if (code) {
			path->target = 0; /* half a path is none */
			return code;
		}
		caller = path->nodes[i];
	}
	return 0;
}

int pipeline_sample(struct pipeline *pipeline, const struct pbp_sample *sample,
		    const uint64_t *frames)
{
	struct target *target = find_target(pipeline, sample->target);
	uint32_t kept = sample->nkept, fresh = sample->nframes - kept, base, leaf;
	struct path *path;
	int code;

	if (!target || sample->cpu >= CPUS_MAX)
		goto malformed;
	code = find_base(pipeline, target, base_of(sample), &base);
	if (code)
		return code;
	path = path_for(pipeline, sample->cpu, sample->nframes);
	if (!path)
		return -ENOMEM;
	if (kept && (path->target != target->id || kept > path->depth))
		goto malformed;
	/* Kept are equal words. They are equal functions unless an address was bound anew, or the root differs. */
	if (path->rebinds != target->rebinds || path->base != base)
		kept = 0;
	for (uint32_t i = 0; i < fresh; i++) /* leaf first on the wire, root first in the path */
		path->frames[sample->nframes - 1 - i] = frames[i];
	path->depth = sample->nframes;
	path->target = target->id;
	path->rebinds = target->rebinds;
	path->base = base;
	code = path_resolve(pipeline, target, path, kept);
	if (code)
		return code;
	leaf = path->depth ? path->nodes[path->depth - 1] : base;
	pipeline->nodes[leaf]->samples++;
	pipeline->nodes[leaf]->weight_ns += sample->weight_ns;
	pipeline->samples++;
	pipeline->weight_ns += sample->weight_ns;
	if (!pipeline->first_sample_ns)
		pipeline->first_sample_ns = sample->time_ns;
	return 0;
malformed:
	pipeline_malformed(pipeline);
	return -EBADMSG;
}

/* Is everything of the code object in the record? */
static bool record_is_whole(const struct pbp_code *record)
{
	return !record->flags && record->linetable_size == record->linetable_full_size;
}

/* Remember to read the code object at this address from the live process. */
static int remember_missing(struct pipeline *pipeline, struct target *target,
			    struct address *address)
{
	int code;

	if (address->missing || !target->readable)
		return 0;
	code = array_reserve(&pipeline->missing, &pipeline->missing_capacity,
			     pipeline->nmissing + 1, sizeof(*pipeline->missing));
	if (code)
		return code;
	address->missing = true;
	pipeline->missing[pipeline->nmissing++] =
		(struct missing){ .target = target->id, .addr = address->addr };
	return 0;
}

/* Bind the address to the code object of the record, or give that code object the contents it lacked. */
static int bind_address(struct pipeline *pipeline, struct target *target, struct address *address,
			const struct pbp_code *record, const uint8_t *data)
{
	bool same = address->identity == record->identity, whole = record_is_whole(record);
	int code = 0;

	if (same && address->whole) /* sent again: its place in BPF's table was taken in between */
		return 0;
	if (!same && whole) {
		code = codes_add(pipeline->codes, record, data, &target->layout, &address->code);
	} else {
		/* Contents that are not whole are nobody else's. */
		if (!same)
			code = codes_add_unnamed(pipeline->codes, &address->code);
		if (!code && !(record->flags & PBP_CODE_DEFERRED))
			code = codes_fill(pipeline->codes, address->code, record, data,
					  &target->layout);
	}
	if (code)
		return code;
	if (!same)
		target->rebinds++;
	address->identity = record->identity;
	address->whole = whole;
	return whole ? 0 : remember_missing(pipeline, target, address);
}

int pipeline_code(struct pipeline *pipeline, const struct pbp_code *record, const uint8_t *data)
{
	struct target *target = find_target(pipeline, record->target);
	struct address *address;
	int code;

	if (!target) {
		pipeline_malformed(pipeline);
		return -EBADMSG;
	}
	code = find_address(pipeline, target, record->code_addr, &address);
	return code ? code : bind_address(pipeline, target, address, record, data);
}

void pipeline_read_missing(struct pipeline *pipeline)
{
	for (size_t i = 0; i < pipeline->nmissing; i++) {
		struct missing *missing = &pipeline->missing[i];
		struct target *target = find_target(pipeline, missing->target);
		struct code_copy copy;
		struct address *address;

		HASH_FIND(hh, target->addresses, &missing->addr, sizeof(missing->addr), address);
		address->missing = false;
		if (address->whole || !target->readable ||
		    code_read(&target->memory, &target->layout, missing->addr, address->identity,
			      &copy))
			continue;
		if (!codes_fill(pipeline->codes, address->code, &copy.record, copy.data,
				&target->layout))
			address->whole = true;
		free(copy.data);
	}
	pipeline->nmissing = 0;
}

void pipeline_malformed(struct pipeline *pipeline)
{
	profile_account(pipeline->profile)->malformed++;
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
