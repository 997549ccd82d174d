/* SPDX-License-Identifier: GPL-2.0-only */
/* The times of single samples, where they are kept: of one target, or of several ended ones together. */
#ifndef PBP_PIPELINE_MOMENTS_H
#define PBP_PIPELINE_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

struct word_map;

struct moment {
	uint64_t time_ns, weight_ns;
	uint32_t thread, node; /* as in struct tally_row */
};

/* Open for reading, in the order in which they were added; all zero: none. */
struct moments {
	struct moment *items;
	size_t count, capacity;
};

void moments_done(struct moments *moments);

/* 0 or -ENOMEM, which changes nothing. Likewise below. */
int moments_add(struct moments *moments, const struct moment *moment);

/* Let those of each node that is a key be those of the node that its value less 1 is. */
void moments_rename(struct moments *moments, const struct word_map *renamed);

/* Add all of `from`, which are its own no more, without their threads. */
int moments_move(struct moments *to, struct moments *from);

#endif
