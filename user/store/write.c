/* SPDX-License-Identifier: GPL-2.0-only */
/* Saves a whole profile as one member, in the order of its content. Knows the order, not the bytes. */
#include <errno.h>
#include <string.h>

#include "profile/profile.h"
#include "store/order.h"
#include "store/packer.h"
#include "store/store.h"

/* The process with the most weight, whose program is the one that viewers name the profile by. */
static uint32_t heaviest_process(const struct profile *profile, const struct order *order)
{
	uint32_t heaviest = order->processes[0], process;
	uint64_t most = 0, weight = 0;
	size_t i;

	/* Rows of one process are neighbours. */
	for (i = 0; i < order->nrows; i++) {
		const struct profile_row *row = profile_row(profile, order->rows[i]);

		process = row->process;
		if (i == 0 || profile_row(profile, order->rows[i - 1])->process != process)
			weight = 0;
		weight += row->weight_ns;
		if (weight > most) {
			most = weight;
			heaviest = process;
		}
	}
	return heaviest;
}

static void pack(struct packer *packer, const struct profile *profile, const struct order *order)
{
	size_t i, moment = 0;

	packer_begin(packer, profile);
	if (order->nprocesses > 0)
		packer_add_mapping(packer, heaviest_process(profile, order));
	for (i = 0; i < order->nprocesses; i++)
		packer_add_process(packer, order->processes[i]);
	for (i = 0; i < order->nrows; i++) {
		const struct order_moment *moments = order->moments + moment;
		size_t count = 0;

		while (moment + count < order->nmoments && moments[count].position == i)
			count++;
		packer_add_row(packer, order->rows[i], moments, count);
		moment += count;
	}
}

int store_write(const struct profile *profile, FILE *stream, struct err *err)
{
	struct packer *packer = packer_new(stream, false);
	struct order order = { 0 };
	uint64_t bytes;
	int code = packer ? order_init(&order, profile, ORDER_BY_CONTENT) : -ENOMEM;

	if (code) {
		packer_free(packer);
		return err_set(err, code, "cannot save the profile: %s", strerror(-code));
	}
	pack(packer, profile, &order);
	code = packer_end(packer, &bytes, err);
	order_done(&order);
	packer_free(packer);
	return code;
}
