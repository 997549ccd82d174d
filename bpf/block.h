/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Small objects of the target, read by the block of memory that they lie in. Where identities are proven by
 * contents (up to 3.11) each code object costs three or four small reads a tick; a read costs by the call, not by
 * the byte, and the code objects, names and line tables of one module lie side by side in the allocator's pools. So
 * a read takes the kilobyte around the object, never past its page, and the next object often is there already.
 *
 * A block is good for the tick in which it was read: the target has run since.
 */
#ifndef PBP_BPF_BLOCK_H
#define PBP_BPF_BLOCK_H

#include "read.h"

#define BLOCK_ALIGN (~(__u64)(PBP_BLOCK_BYTES - 1))

/* Read size bytes (1..PBP_IDENTITY_BYTES_MAX) at addr alone, behind the blocks. Their offset in s->blocks, or -1. */
static inline __attribute__((always_inline)) __s64 block_read_alone(struct pbp_scratch *s,
								    __u64 addr, __u64 size)
{
	barrier_var(size);
	if (!size || size > PBP_IDENTITY_BYTES_MAX)
		return -1;
	if (read_target(s, s->blocks + PBP_BLOCK_ALONE, size, addr))
		return -1;
	return PBP_BLOCK_ALONE;
}

/*
 * Make size bytes at addr readable in s->blocks. Their offset there, good until the next call; or -1. All of
 * them must belong to one object of the target.
 */
static inline __attribute__((always_inline)) __s64 block_find(struct pbp_scratch *s, __u64 addr,
							      __u64 size)
{
	__u64 start = addr & BLOCK_ALIGN, at = addr - start, length;
	__u32 slot = (__u32)(start * 0x9e3779b97f4a7c15ULL >> (64 - PBP_BLOCK_BITS));
	struct pbp_block *block = &s->block[slot];

	if (block->start != start || block->tick != s->tick) {
		length = PBP_PAGE_BYTES - (start & (PBP_PAGE_BYTES - 1));
		if (length > PBP_BLOCK_STRIDE)
			length = PBP_BLOCK_STRIDE;
		block->tick = 0;
		barrier_var(length);
		if (length > PBP_BLOCK_STRIDE ||
		    read_target(s, s->blocks + slot * PBP_BLOCK_STRIDE, length, start))
			return -1;
		block->start = start;
		block->length = length;
		block->tick = s->tick;
	}
	if (at + size > block->length)
		return block_read_alone(s, addr, size);
	return (__s64)(slot * PBP_BLOCK_STRIDE + at);
}

/* The word `offset` bytes on from what block_find returned. */
static inline __attribute__((always_inline)) __u64 block_load64(const struct pbp_scratch *s,
								__s64 found, __u64 offset)
{
	__u64 at = (__u64)found + offset;

	barrier_var(at);
	if (at > PBP_BLOCK_ALONE + PBP_IDENTITY_BYTES_MAX)
		return 0;
	return load64(s->blocks + at);
}

#endif
