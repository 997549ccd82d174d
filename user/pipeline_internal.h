/* SPDX-License-Identifier: GPL-2.0-only */
/* The insides of struct pipeline, for pipeline.c (taking records) and pipeline_finish.c (making the profile). */
#ifndef PBP_PIPELINE_INTERNAL_H
#define PBP_PIPELINE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/memory.h"
#include "python/code.h"
#include "target.h"
#include "wire.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define NODE_NONE UINT32_MAX
/* More than any kernel supports: a record's CPU number is a number out of memory. */
#define CPUS_MAX 65536U

/* What the root of a target's stacks can be. */
enum {
	BASE_ROOT, /* the process itself */
	BASE_NATIVE,
	BASE_NOT_RECOGNISED,
	BASE_TRUNCATED,
	BASE_UNREADABLE, /* + enum pbp_reason */
	BASE_MAX = BASE_UNREADABLE + PBP_REASON_MAX
};

/* Ids above those of codes_add: what a node is that is no code object. */
#define CODE_PROCESS	   UINT32_MAX
#define CODE_BASE(base)	   (UINT32_MAX - (uint32_t)BASE_MAX + (base))
#define CODE_IS_BASE(code) ((code) > UINT32_MAX - (uint32_t)BASE_MAX && (code) != CODE_PROCESS)
#define CODE_TO_BASE(code) ((code) - (UINT32_MAX - (uint32_t)BASE_MAX))

struct node_key {
	uint32_t caller; /* node, NODE_NONE for a process */
	uint32_t code;
	uint32_t instruction; /* as on the wire; a process's target id */
};

/* Of the tree of stacks. A caller's id is smaller than its callees'. */
struct node {
	struct node_key key;
	uint32_t id;
	uint32_t process; /* of a process's node: its index in the profile */
	uint64_t samples, weight_ns; /* that ended here */
	UT_hash_handle hh;
};

/* What lies at an address of a target. */
struct address {
	uint64_t addr, identity;
	uint32_t code;
	bool whole; /* nothing of its contents is missing */
	bool missing; /* stands in pipeline.missing */
	UT_hash_handle hh;
};

struct target {
	uint32_t id;
	uint32_t process;
	uint32_t rebinds; /* how often a known address was bound to another code object */
	uint32_t bases[BASE_MAX]; /* nodes, NODE_NONE until needed */
	bool readable; /* its memory is still that of the program it was made for */
	struct pbp_layout layout;
	struct memory memory;
	struct address *addresses;
	UT_hash_handle hh;
};

/* The stack that a CPU sent last, root first. */
struct path {
	uint64_t *frames;
	uint32_t *nodes;
	size_t capacity;
	uint32_t depth, target, base, rebinds;
};

struct missing {
	uint32_t target;
	uint64_t addr;
};

struct pipeline {
	struct profile *profile;
	struct codes *codes;
	struct target *targets, *last_target;
	struct node **nodes, *by_key;
	size_t nnodes, nodes_capacity;
	struct path *paths; /* by CPU */
	size_t npaths;
	struct missing *missing;
	size_t nmissing, missing_capacity;
	uint64_t samples, weight_ns, first_sample_ns;
};

#endif
