/* SPDX-License-Identifier: GPL-2.0-only */
/* Hands out pieces of large blocks. Knows nothing of messages, whose size bounds what is asked for. */
#include "store/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

static void *allocate(void *data, size_t size)
{
	struct arena *arena = data;
	const size_t align = alignof(max_align_t);
	struct arena_block *block = arena->blocks;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + align - 1) / align * align;
	if (!block || block->size - arena->used < size) {
		const size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
		arena->used = 0;
	}
	arena->used += size;
	return block->bytes + arena->used - size;
}

static void keep(void *data, void *memory)
{
	(void)data;
	(void)memory;
}

void arena_init(struct arena *arena)
{
	*arena = (struct arena){
		.allocator = { .alloc = allocate, .free = keep, .allocator_data = arena },
	};
}

void arena_clear(struct arena *arena)
{
	/* The first block of all stays, if it is one of the usual size. */
	while (arena->blocks && (arena->blocks->next || arena->blocks->size > BLOCK_SIZE)) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->used = 0;
}

void arena_done(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}
