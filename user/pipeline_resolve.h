/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the frames and nodes of the tree are in the profile: symbols and stacks, found once and kept over flushes. What a
 * code object still lacks may come: until then, or until it was waited for long enough, its stacks are held.
 */
#ifndef PBP_PIPELINE_RESOLVE_H
#define PBP_PIPELINE_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/word_map.h"

struct pipeline;

/* Of a frame, or of a node's frame or any of its callers'. */
enum {
	RESOLVED_UNNAMED = 1,
	RESOLVED_LINE_UNKNOWN = 2,
	RESOLVED_PRIVATE = 4, /* code object of one target alone */
	RESOLVED_LACKS = 8, /* something of it may still come: it is resolved anew by each flush */
	RESOLVED_HELD = 16, /* which is waited for: it has no symbol or stack yet */
};

struct resolved_frame {
	uint32_t flush; /* the number of the one that resolved it; 0: none has */
	uint32_t symbol;
	uint8_t flags;
};

struct resolved_node {
	uint32_t flush; /* likewise */
	uint32_t stack;
	uint8_t base; /* what its stack stands on */
	uint8_t flags;
};

/* All zero: nothing was resolved. */
struct resolver {
	struct resolved_frame *frames;
	struct resolved_node *nodes;
	size_t nframes, nnodes;
	uint32_t flush; /* of flushes so far, this one included */
	uint64_t now_ns; /* when this one is */
	bool last; /* nothing comes after it: nothing is held */
	struct word_map
		lacks; /* id of each private code object of a live target -> what it lacks */
};

/* What a private code object lacks. A larger number: something, and a flush waits for it since that time. */
#define LACKS_NOTHING	1ULL
#define LACKS_SOMETHING 2ULL

void resolver_done(struct resolver *resolver);

/* A flush begins. 0 or -ENOMEM. */
int resolver_begin(struct pipeline *pipeline, uint64_t now_ns, bool last);

/* The node and all that it stands on. NULL when memory runs out or ids do, with the reason. Valid until the flush ends. */
const struct resolved_node *resolver_find(struct pipeline *pipeline, uint32_t node, int *ret_code);

/* A code object of one target alone, which lacks everything. 0 or -ENOMEM. */
int resolver_add_private(struct resolver *resolver, uint32_t code);
/* It is as whole as it will be. Nothing when it is not private. */
void resolver_note_whole(struct resolver *resolver, uint32_t code);
/* It is private no more, or is no more. */
void resolver_forget_private(struct resolver *resolver, uint32_t code);

/* The ids of this node, and of its frame if `with_frame`, are given back. */
void resolver_forget_node(struct pipeline *pipeline, uint32_t node, bool with_frame);

#endif
