/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring buffer of the host-compiled BPF, and the receiver at its other end, which puts samples together and holds
 * records against what they say of themselves. Knows nothing of how they were made.
 */
#include "support/host_bpf.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "pipeline.h"

/* A record in the ring; the kernel's own header and alignment count towards its size there. */
#define RING_BYTES(size) (((size) + 8 + 7) & ~7ULL)

struct record {
	size_t size;
	struct record *next;
	uint64_t bytes[];
};

/* What the receiver knows by an address. */
struct known {
	struct {
		uint64_t target, addr;
	} key;
	uint64_t identity;
	UT_hash_handle hh;
};

static struct record *first_record, *last_record, *taken_records;
static uint64_t ring_used_bytes;
static struct known *all_known;
static struct host_sample last_samples[HOST_CPUS];
static struct host_received received;

__u64 pbp_host_ring_used(void)
{
	return ring_used_bytes;
}

int pbp_host_send(const void *record, __u64 size)
{
	struct record *added;

	if (ring_used_bytes + RING_BYTES(size) > settings.ring_bytes)
		return -1;
	added = malloc(sizeof(*added) + size);
	if (!added)
		abort();
	added->size = size;
	added->next = NULL;
	memcpy(added->bytes, record, size);
	if (last_record)
		last_record->next = added;
	else
		first_record = added;
	last_record = added;
	ring_used_bytes += RING_BYTES(size);
	return 0;
}

static void free_records(struct record **records)
{
	while (*records) {
		struct record *next = (*records)->next;

		free(*records);
		*records = next;
	}
}

void host_ring_forget(void)
{
	struct known *known, *next;

	free_records(&first_record);
	free_records(&taken_records);
	last_record = NULL;
	ring_used_bytes = 0;
	memset(last_samples, 0, sizeof(last_samples));
	HASH_ITER (hh, all_known, known, next) {
		HASH_DEL(all_known, known);
		free(known);
	}
}

static struct known *find_known(uint32_t target, uint64_t addr, bool add)
{
	struct known wanted = { .key = { .target = target, .addr = addr } }, *known;

	HASH_FIND(hh, all_known, &wanted.key, sizeof(wanted.key), known);
	if (known || !add)
		return known;
	known = calloc(1, sizeof(*known));
	if (!known)
		abort();
	known->key = wanted.key;
	HASH_ADD(hh, all_known, key, sizeof(known->key), known);
	return known;
}

uint64_t host_identity(uint32_t target, uint64_t code_addr)
{
	const struct known *known = find_known(target, code_addr, false);

	return known ? known->identity : 0;
}

static void receive_code(const struct pbp_code *code, size_t size, struct pipeline *pipeline)
{
	size_t data = (size_t)code->name.size + code->qualname.size + code->filename.size +
		      code->linetable_size;

	received.sound &= size == sizeof(*code) + data && code->header.size == size &&
			  code->linetable_size <= code->linetable_full_size;
	received.name_bytes += data;
	if (code->flags & PBP_CODE_DEFERRED)
		received.ndeferred++;
	else
		received.nnamed++;
	if (received.ncodes == HOST_RECORDS_MAX)
		abort();
	received.codes[received.ncodes++] = code;
	find_known(code->target, code->code_addr, true)->identity = code->identity;
	if (pipeline && pipeline_code(pipeline, code, (const uint8_t *)(code + 1)))
		received.sound = false;
}

static void receive_sample(const struct pbp_sample *sample, size_t size, struct pipeline *pipeline)
{
	struct host_sample *last = &last_samples[sample->cpu];
	size_t fresh = sample->nframes - sample->nkept;

	received.nsamples++;
	if (sample->nkept > sample->nframes || sample->nframes > PBP_DEPTH_MAX ||
	    size != sizeof(*sample) + fresh * 8 || sample->nkept > last->head.nframes ||
	    (sample->nkept && last->head.target != sample->target)) {
		received.sound = false;
		return;
	}
	memmove(last->frames + fresh, last->frames + last->head.nframes - sample->nkept,
		sample->nkept * sizeof(*last->frames));
	memcpy(last->frames, sample + 1, fresh * sizeof(*last->frames));
	last->head = *sample;
	for (size_t i = 0; i < sample->nframes; i++)
		received.announced &=
			host_identity(sample->target, PBP_FRAME_CODE_ADDR(last->frames[i])) != 0;
	received.sample = *last;
	if (pipeline && pipeline_sample(pipeline, sample, (const uint64_t *)(sample + 1)))
		received.sound = false;
}

const struct host_received *host_receive(struct pipeline *pipeline)
{
	free_records(&taken_records);
	memset(&received, 0, sizeof(received));
	received.announced = received.sound = true;
	for (const struct record *record = first_record; record; record = record->next) {
		const struct pbp_header *header = (const struct pbp_header *)record->bytes;

		received.sound &= header->size == record->size;
		if (header->kind == PBP_KIND_CODE)
			receive_code((const struct pbp_code *)header, record->size, pipeline);
		else if (header->kind == PBP_KIND_SAMPLE)
			receive_sample((const struct pbp_sample *)header, record->size, pipeline);
		else if (header->kind == PBP_KIND_THREAD_WANTED) {
			received.nwanted++;
			received.wanted = *(const struct pbp_thread_wanted *)header;
		} else
			received.sound = false;
	}
	taken_records = first_record;
	first_record = last_record = NULL;
	ring_used_bytes = 0;
	return &received;
}

const struct pbp_code *host_code(const struct host_received *from, uint64_t code_addr)
{
	for (size_t i = from->ncodes; i-- > 0;)
		if (from->codes[i]->code_addr == code_addr)
			return from->codes[i];
	return NULL;
}
