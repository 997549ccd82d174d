/* SPDX-License-Identifier: GPL-2.0-only */
/* The order in which a profile's rows are saved, so that neighbours are alike and compress well. */
#ifndef PBP_STORE_ORDER_H
#define PBP_STORE_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct profile;

enum order_by {
	ORDER_BY_ID, /* quick: what follows from the order in which the profile was put together */
	ORDER_BY_CONTENT, /* one order for equal profiles, however they were put together */
};

struct order_moment {
	uint64_t time_ns, weight_ns;
	uint32_t position; /* of its row in `rows` */
};

/* Open for reading. */
struct order {
	uint32_t *rows; /* indexes of the profile's rows: by process, thread, stack */
	size_t nrows;
	struct order_moment *moments; /* by position, time, weight */
	size_t nmoments;
	uint32_t *processes; /* indexes of the profile's processes */
	size_t nprocesses;
};

/* 0 or -ENOMEM; fills a caller's struct, which order_done() empties. */
int order_init(struct order *order, const struct profile *profile, enum order_by by);
void order_done(struct order *order);

#endif
