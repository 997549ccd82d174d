/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of one decoded message, given back as a whole: a million samples are decoded in the place of one. */
#ifndef PBP_STORE_ARENA_H
#define PBP_STORE_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

struct arena_block;

/* All zero but for the allocator: arena_init(). */
struct arena {
	ProtobufCAllocator allocator; /* for protobuf-c; what it frees stays until arena_clear() */
	struct arena_block *blocks; /* the one in use first */
	size_t used; /* of it */
};

void arena_init(struct arena *arena);
void arena_done(struct arena *arena);
void arena_clear(struct arena *arena);

#endif
