/* SPDX-License-Identifier: GPL-2.0-only */
/* What was counted of one target, or of several ended ones together: samples and weight by (thread, node). */
#ifndef PBP_PIPELINE_TALLY_H
#define PBP_PIPELINE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/word_map.h"

/* All zero: nothing was counted. */
struct tally {
	struct word_map rows; /* (thread << 32 | node) -> count */
	uint64_t samples, weight_ns; /* sums over all rows */
};

struct tally_row {
	uint32_t thread; /* 0: threads are not kept apart */
	uint32_t node;
	uint64_t samples, weight_ns;
};

void tally_done(struct tally *tally);

/*
 * The place of a row's count, for tally_count, valid until the next tally_place of a row that is new (*ret_new). NULL when
 * memory runs out.
 */
uint64_t *tally_place(struct tally *tally, uint32_t thread, uint32_t node, bool *ret_new);

/* Add to it. 0 or -ENOMEM, which changes nothing. */
int tally_count(struct tally *tally, uint64_t *place, uint64_t samples, uint64_t weight_ns);

/* Let a row be another node's, together with what that node has. 0, or -ENOMEM, which changes nothing. */
int tally_rename(struct tally *tally, const struct tally_row *row, uint32_t node);

/* Take a row out that is there. */
void tally_take(struct tally *tally, const struct tally_row *row);

/* Count all rows of `from` in `to`, threads put together. 0, or -ENOMEM: what was moved is in `to`, the others are left. */
int tally_move(struct tally *to, struct tally *from);

/*
 * The rows in the order of threads and nodes, from (row->thread, row->node) on: true when there is one, which *row is
 * then. A tally that is not added to meanwhile is walked with `for (row = 0; tally_next(&tally, &row); row.node++)`.
 */
bool tally_next(const struct tally *tally, struct tally_row *row);

#endif
