/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples of a saved file: a row of the profile, and those of its samples whose time was kept. */
#include <errno.h>

#include "base/array.h"
#include "store/order.h"
#include "store/packer.h"
#include "store/packer_internal.h"

/* A number as the file's signed ones. */
static int64_t number(struct packer *packer, uint64_t value)
{
	if (value > INT64_MAX)
		packer_fail(packer, -EFBIG);
	return (int64_t)value;
}

/* The locations of a row's stack, in packer->location_ids. Returns how many. */
static size_t locations_of(struct packer *packer, const struct profile_row *row)
{
	const uint32_t mapping = packer->processes[row->process].mapping;
	uint32_t stack = row->stack;
	size_t count = 0;

	for (; stack != PROFILE_STACK_EMPTY; stack = profile_stack_caller(packer->profile, stack)) {
		if (array_reserve(&packer->location_ids, &packer->location_ids_capacity, count + 1,
				  sizeof(*packer->location_ids))) {
			packer_fail(packer, -ENOMEM);
			return 0;
		}
		packer->location_ids[count++] = packer_location(
			packer, mapping, profile_stack_symbol(packer->profile, stack));
	}
	return count;
}

/* One sample of the file, and its labels. */
struct packed_sample {
	Pprof__Sample sample;
	int64_t values[2];
	Pprof__Label labels[LABEL_MAX];
	Pprof__Label *list[LABEL_MAX];
};

static Pprof__Label *add_label(struct packer *packer, struct packed_sample *packed,
			       enum label label)
{
	Pprof__Label *added = &packed->labels[packed->sample.n_label];

	pprof__label__init(added);
	added->key = packer->label_keys[label];
	packed->list[packed->sample.n_label++] = added;
	return added;
}

static void add_text(struct packer *packer, struct packed_sample *packed, enum label label,
		     const char *text)
{
	if (*text)
		add_label(packer, packed, label)->str = packer_string(packer, text);
}

static void add_labels(struct packer *packer, struct packed_sample *packed,
		       const struct profile_row *row)
{
	const struct packed_process *process = &packer->processes[row->process];
	const struct profile_thread *thread;

	packed->sample.label = packed->list;
	add_label(packer, packed, LABEL_PID)->num = process->facts.pid;
	if (process->program)
		add_label(packer, packed, LABEL_PROGRAM)->num = process->program;
	if (row->thread != PROFILE_NO_ID) {
		thread = profile_thread(packer->profile, row->thread);
		add_label(packer, packed, LABEL_TID)->num = thread->tid;
		add_text(packer, packed, LABEL_THREAD, thread->name);
	}
	add_text(packer, packed, LABEL_PROCESS, process->facts.comm);
	add_text(packer, packed, LABEL_CONTAINER, process->facts.container);
	add_text(packer, packed, LABEL_PYTHON, process->facts.python);
}

static void pack_sample(struct packer *packer, struct packed_sample *packed, uint64_t samples,
			uint64_t weight_ns)
{
	Pprof__Profile fields = PPROF__PROFILE__INIT;
	Pprof__Sample *list = &packed->sample;

	packed->values[0] = number(packer, samples);
	packed->values[1] = number(packer, weight_ns);
	fields.n_sample = 1;
	fields.sample = &list;
	packer_add_message(packer, &fields);
}

size_t packer_add_row(struct packer *packer, size_t row_index, const struct order_moment *moments,
		      size_t nmoments)
{
	const struct profile_row *row = profile_row(packer->profile, row_index);
	struct packed_sample packed = { .sample = PPROF__SAMPLE__INIT };
	uint64_t samples = row->samples, weight_ns = row->weight_ns;
	Pprof__Label *timestamp;
	size_t i;

	if (packer->code)
		return 0;
	packed.sample.n_location_id = locations_of(packer, row);
	packed.sample.location_id = packer->location_ids;
	packed.sample.n_value = 2;
	packed.sample.value = packed.values;
	add_labels(packer, &packed, row);
	/* Moments that say more than their row does are cut at it, so that all sums stay what they are. */
	if (nmoments > samples)
		nmoments = (size_t)samples;
	timestamp = add_label(packer, &packed, LABEL_TIMESTAMP);
	for (i = 0; i < nmoments; i++) {
		const uint64_t part =
			moments[i].weight_ns < weight_ns ? moments[i].weight_ns : weight_ns;

		timestamp->num = number(packer, moments[i].time_ns);
		pack_sample(packer, &packed, 1, part);
		weight_ns -= part;
	}
	samples -= nmoments;
	packed.sample.n_label--;
	if (samples == 0 && weight_ns == 0)
		return nmoments;
	pack_sample(packer, &packed, samples, weight_ns);
	return nmoments + 1;
}
