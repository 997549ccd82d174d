/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts samples by thread and node. Most rows of a profile have few samples, and with hundreds of processes there are
 * hundreds of thousands of rows: a count is one word as long as it fits one.
 *
 *    63                           21  20              1  0
 *   +-------------------------------+------------------+---+
 *   |          weight in ns         |     samples      | 1 |   up to 2.4 hours and a million samples
 *   +-------------------------------+------------------+---+
 *   |            pointer to a struct wide              | 0 |   0: nothing yet
 *   +--------------------------------------------------+---+
 */
#include "pipeline_tally.h"

#include <errno.h>
#include <stdlib.h>

#define PACKED	     1ULL
#define SAMPLES_BITS 20
#define SAMPLES_MAX  ((1ULL << SAMPLES_BITS) - 1)
#define WEIGHT_SHIFT (SAMPLES_BITS + 1)
#define WEIGHT_MAX   ((1ULL << (64 - WEIGHT_SHIFT)) - 1)

struct wide {
	uint64_t samples, weight_ns;
};

static struct wide *wide_of(uint64_t count)
{
	return count & PACKED ? NULL : (struct wide *)(uintptr_t)count;
}

static struct wide read_count(uint64_t count)
{
	const struct wide *wide = wide_of(count);

	if (wide)
		return *wide;
	return (struct wide){
		.samples = count >> 1 & SAMPLES_MAX,
		.weight_ns = count >> WEIGHT_SHIFT,
	};
}

void tally_done(struct tally *tally)
{
	uint64_t key = 0;

	for (const uint64_t *count = word_map_first(&tally->rows, &key); count;
	     count = word_map_next(&tally->rows, &key))
		free(wide_of(*count));
	word_map_done(&tally->rows);
	*tally = (struct tally){ 0 };
}

uint64_t *tally_place(struct tally *tally, uint32_t thread, uint32_t node, bool *ret_new)
{
	uint64_t *count = word_map_add(&tally->rows, (uint64_t)thread << 32 | node);

	if (count)
		*ret_new = !*count;
	return count;
}

int tally_count(struct tally *tally, uint64_t *place, uint64_t samples, uint64_t weight_ns)
{
	struct wide sum = read_count(*place), *wide = wide_of(*place);

	sum.samples += samples;
	sum.weight_ns += weight_ns;
	if (wide) {
		*wide = sum;
	} else if (sum.samples <= SAMPLES_MAX && sum.weight_ns <= WEIGHT_MAX) {
		*place = sum.weight_ns << WEIGHT_SHIFT | sum.samples << 1 | PACKED;
	} else {
		wide = malloc(sizeof(*wide)); /* aligned, so that its lowest bit is 0 */
		if (!wide)
			return -ENOMEM;
		*wide = sum;
		*place = (uint64_t)(uintptr_t)wide;
	}
	tally->samples += samples;
	tally->weight_ns += weight_ns;
	return 0;
}

static uint64_t row_key(uint32_t thread, uint32_t node)
{
	return (uint64_t)thread << 32 | node;
}

void tally_take(struct tally *tally, const struct tally_row *row)
{
	const uint64_t key = row_key(row->thread, row->node);

	free(wide_of(*word_map_find(&tally->rows, key)));
	word_map_remove(&tally->rows, key);
	tally->samples -= row->samples;
	tally->weight_ns -= row->weight_ns;
}

int tally_rename(struct tally *tally, const struct tally_row *row, uint32_t node)
{
	uint64_t *to = word_map_add(&tally->rows, row_key(row->thread, node));
	int code = to ? tally_count(tally, to, row->samples, row->weight_ns) : -ENOMEM;

	if (code)
		return code;
	tally_take(tally, row);
	return 0;
}

int tally_move(struct tally *to, struct tally *from)
{
	uint64_t key = 0;

	for (uint64_t *count = word_map_first(&from->rows, &key); count;
	     count = word_map_next(&from->rows, &key)) {
		const struct wide sum = read_count(*count);
		uint64_t *place = word_map_add(&to->rows, (uint32_t)key);

		if (!place || tally_count(to, place, sum.samples, sum.weight_ns))
			return -ENOMEM;
		free(wide_of(*count));
		*count = 0;
		from->samples -= sum.samples;
		from->weight_ns -= sum.weight_ns;
	}
	return 0;
}

bool tally_next(const struct tally *tally, struct tally_row *row)
{
	uint64_t key = row_key(row->thread, row->node);
	const uint64_t *count = word_map_first(&tally->rows, &key);
	struct wide sum;

	if (!count)
		return false;
	sum = read_count(*count);
	*row = (struct tally_row){
		.thread = (uint32_t)(key >> 32),
		.node = (uint32_t)key,
		.samples = sum.samples,
		.weight_ns = sum.weight_ns,
	};
	return true;
}
