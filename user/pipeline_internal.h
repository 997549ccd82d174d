/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The insides of struct pipeline, for the files that take records (pipeline.c), note what they lack (pipeline_missing.c),
 * keep targets (pipeline_targets.c) until their end (pipeline_private.c), put ended ones together (pipeline_folded.c) and
 * make the profile (pipeline_flush.c).
 */
#ifndef PBP_PIPELINE_INTERNAL_H
#define PBP_PIPELINE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/word_map.h"
#include "layout.h"
#include "pipeline_moments.h"
#include "pipeline_resolve.h"
#include "pipeline_tally.h"
#include "pipeline_tree.h"
#include "profile/profile.h"
#include "python/code.h"
#include "wire.h"

/* More than any kernel supports: a record's CPU number is a number out of memory. */
#define CPUS_MAX 65536U

/* What stands at the root of a stack, below its frames. */
enum {
	BASE_NONE, /* nothing: the stack is complete */
	BASE_NATIVE,
	BASE_NOT_RECOGNISED,
	BASE_TRUNCATED,
	BASE_UNREADABLE, /* + enum pbp_reason */
	BASE_MAX = BASE_UNREADABLE + PBP_REASON_MAX
};

/* Ids above those of codes_add: what a frame is that is no code object. */
#define CODE_BASE(base)	   (UINT32_MAX - (uint32_t)BASE_MAX + (base))
#define CODE_IS_BASE(code) ((code) > UINT32_MAX - (uint32_t)BASE_MAX)
#define CODE_UNNAMED	   CODE_BASE(BASE_NONE) /* a code object whose names nobody will know */
#define CODE_TO_BASE(code) ((code) - (UINT32_MAX - (uint32_t)BASE_MAX))

/* Of one stack, what it stands on included. */
#define STACK_NODES_MAX (PBP_DEPTH_MAX + 1)

/*
 * What lies at an address of a target, in one word:
 *
 *    63                 32  31             3   2         1       0
 *   +----------------------+----------------+-------+---------+-----+
 *   |  check of identity   |    code id     | whole | missing |  1  |
 *   +----------------------+----------------+-------+---------+-----+
 *
 * whole: nothing of its contents is missing; missing: stands in pipeline.missing. See identity_check() for the check.
 */
#define ADDRESS_ALIGNMENT 8 /* as the frames of the wire have it */
#define ADDRESS_KEY(addr) \
	((addr) / ADDRESS_ALIGNMENT) /* keys that lie close together take less room */
#define ADDRESS_KNOWN	    1ULL
#define ADDRESS_MISSING	    2ULL
#define ADDRESS_WHOLE	    4ULL
#define ADDRESS_CODE_SHIFT  3
#define ADDRESS_CODE_MAX    ((1U << 29) - 1)
#define ADDRESS_CODE(word)  ((uint32_t)(word) >> ADDRESS_CODE_SHIFT)
#define ADDRESS_CHECK(word) ((uint32_t)((word) >> 32))

/* What the profile shall say of a target; its texts stand behind it. */
struct description {
	struct profile_process process;
	char texts[];
};

struct target {
	uint32_t id;
	bool threads_apart, ended;
	bool in_profile; /* as the process of that index */
	bool told; /* the profile has its description */
	uint32_t process;
	uint64_t
		binding; /* another number whenever a known address is bound to another code object */
	uint64_t places; /* another number whenever the places of its counts may have moved */
	struct pbp_layout *layout; /* NULL: not told yet, or ended */
	struct description *description; /* NULL: not told yet */
	struct word_map addresses; /* by ADDRESS_KEY */
	struct word_map threads; /* tid -> its name, a char * */
	struct word_map nameless; /* tid -> since when a flush waits for its name */
	uint32_t *private_codes; /* code objects that only this target has */
	size_t nprivate, private_capacity;
	struct word_map
		private_nodes; /* whose stacks have such a one and are in the profile, as keys */
	struct tally tally; /* what is not in the profile yet */
	struct moments moments; /* likewise, and where they are kept */
	uint64_t flushed_samples, flushed_weight_ns; /* what is */
	struct target *prev, *next; /* of the ended ones */
	UT_hash_handle hh;
};

/* Ended targets of one command that were put together. */
struct folded {
	struct description *description;
	struct tally tally;
	struct moments moments;
	UT_hash_handle hh;
	size_t key_size;
	char key[];
};

/* The stack that a CPU sent last, root first, and where it was counted. */
struct path {
	uint64_t *frames;
	uint32_t *nodes;
	size_t capacity;
	uint32_t depth, target, base;
	uint64_t binding;
	uint64_t *place; /* valid while places is the target's */
	uint64_t places;
	uint32_t place_thread, place_node;
};

struct missing {
	uint32_t target;
	uint64_t addr, identity;
};

struct pipeline {
	struct profile *profile;
	struct codes *codes;
	struct tree tree;
	struct resolver resolver;
	bool timeline; /* each sample's time is kept */
	uint32_t bases[BASE_MAX]; /* nodes, TREE_NONE until needed */
	struct target *targets, *last_target;
	struct target *ended; /* the first to end first */
	size_t nended;
	struct folded *folded;
	struct path *paths; /* by CPU */
	size_t npaths;
	struct missing *missing;
	size_t nmissing, missing_taken, missing_capacity;
	uint64_t nbindings; /* numbers for target.binding, none used twice */
	uint64_t nplaces; /* likewise for target.places */
	uint64_t samples, weight_ns, first_sample_ns;
};

/* NULL: unknown. */
struct target *pipeline_find_target(struct pipeline *pipeline, uint32_t id);

/* Samples of it so far, flushed or not. */
uint64_t pipeline_samples_of(const struct target *target);

/* Free a target, which stands in no list any more. */
void pipeline_target_free(struct target *target);

/* Take it out of all lists, then free it. */
void pipeline_drop_target(struct pipeline *pipeline, struct target *target);

/* A copy in one block, the caller's to free; a NULL text becomes "". NULL when memory runs out. */
struct description *pipeline_describe(const struct profile_process *process);

/*
 * Half of an identity, for telling code objects at one address apart. Version numbers of one interpreter, the lower
 * half, never have equal checks; hashes of contents have once in 2^32 times that one object follows another.
 */
uint32_t pipeline_identity_check(uint64_t identity);

/* Remember that the code object of this record is to be read from the live process. 0 or -ENOMEM. */
int pipeline_remember_missing(struct pipeline *pipeline, const struct pbp_code *record);

/* Of what lies at the address of this word no more will be known. */
void pipeline_note_whole(struct pipeline *pipeline, uint64_t *word);

/* What is said of a target that nobody described. */
struct profile_process pipeline_undescribed(uint32_t id);

/* What the kernel side's reasons are called in the account. */
extern const enum account_reason pipeline_reasons[PBP_REASON_MAX];

/* It has ended: let it have no code objects of its own. */
void pipeline_settle_codes(struct pipeline *pipeline, struct target *target);

/* Move an ended target's counts to those of its command. 0, or -ENOMEM: to be tried again. */
int pipeline_fold(struct pipeline *pipeline, struct target *target);
void pipeline_folded_free(struct pipeline *pipeline);

#endif
