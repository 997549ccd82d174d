/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compiles the headers of bpf/ for the host and runs a tick in the order of bpf/pybpfprof.bpf.c: tstate_find, pystack_walk,
 * delta_find, send. Must not be cleverer than the original.
 */
#include "support/host_bpf.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "pipeline.h"

/* Words of the target may lie at any address, which BPF can load and C cannot. */
#define load64 load64_aligned
#define load32 load32_aligned
#include "read.h"
#undef load64
#undef load32

static inline __u64 load64(const void *from)
{
	__u64 value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static inline __u32 load32(const void *from)
{
	__u32 value;

	memcpy(&value, from, sizeof(value));
	return value;
}

/* Written for clang's BPF target, where global functions have no prototypes and words narrow silently. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wconversion"
#include "delta.h"
#include "pystack.h"
#include "tstate.h"
#pragma GCC diagnostic pop

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

struct pbp_settings settings;
struct pbp_seen seen_codes[PBP_SEEN_SLOTS];

static struct pbp_scratch *scratches[HOST_CPUS];
static struct fake_memory *current_memory;
static struct record *first_record, *last_record, *taken_records;
static uint64_t ring_used_bytes, now_ns;
static struct known *all_known;
static struct host_sample *last_samples[HOST_CPUS];
static struct host_received received;

struct pbp_scratch *pbp_host_scratch(__u32 cpu)
{
	return cpu < HOST_CPUS ? scratches[cpu] : NULL;
}

int pbp_host_read(void *to, __u64 size, __u64 from)
{
	return fake_memory_read(current_memory, to, size, from);
}

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

static void forget(void)
{
	struct known *known, *next;

	free_records(&first_record);
	free_records(&taken_records);
	last_record = NULL;
	HASH_ITER (hh, all_known, known, next) {
		HASH_DEL(all_known, known);
		free(known);
	}
	for (int cpu = 0; cpu < HOST_CPUS; cpu++) {
		free(scratches[cpu]);
		free(last_samples[cpu]);
		scratches[cpu] = NULL;
		last_samples[cpu] = NULL;
	}
}

void host_reset(void)
{
	forget();
	for (int cpu = 0; cpu < HOST_CPUS; cpu++) {
		scratches[cpu] = calloc(1, sizeof(*scratches[cpu]));
		last_samples[cpu] = calloc(1, sizeof(*last_samples[cpu]));
		if (!scratches[cpu] || !last_samples[cpu])
			abort();
	}
	memset(seen_codes, 0, sizeof(seen_codes));
	ring_used_bytes = 0;
	now_ns = 1000 * HOST_PERIOD_NS;
	settings = (struct pbp_settings){
		.period_ns = HOST_PERIOD_NS,
		.ring_bytes = HOST_RING_BYTES,
		.max_depth = PBP_DEPTH_DEFAULT,
	};
}

void host_thread_init(struct host_thread *thread, const struct fake_python *python, uint32_t tid,
		      uint64_t thread_id)
{
	memset(thread, 0, sizeof(*thread));
	thread->python = python;
	thread->pid = 1000 + python->target.id;
	thread->tid = tid;
	thread->thread_id = thread_id;
	/* As admit_new() of bpf/admit.bpf.h leaves the slot. */
	thread->kept.tid = tid;
	thread->kept.start_time = 77000 + tid;
	thread->kept.target = python->target.id;
}

static void take_found_thread(struct pbp_scratch *s, const struct host_thread *thread)
{
	const struct pbp_found_thread *found = &thread->found;

	if (!thread->has_found || found->start_time != s->thread.start_time ||
	    found->target != s->target.id)
		return;
	if (found->tstate_addr != s->thread.tstate_addr) {
		s->thread.tstate_addr = found->tstate_addr;
		s->thread.interp_addr = found->interp_addr;
	}
}

static void emit_thread_wanted(struct pbp_scratch *s, const struct host_thread *thread)
{
	struct pbp_thread_wanted record = {
		.header = { .kind = PBP_KIND_THREAD_WANTED, .size = sizeof(record) },
		.thread_id = s->thread_id,
		.start_time = s->thread.start_time,
		.target = s->target.id,
		.pid = thread->pid,
		.tid = s->thread.tid,
	};

	if (s->thread.wanted && !s->thread.tstate_addr)
		return;
	if (!ring_send(&record, sizeof(record))) {
		s->thread.wanted = 1;
		s->thread.tstate_addr = 0;
	}
}

static enum pbp_status capture(struct pbp_scratch *s, struct host_thread *thread, uint32_t cpu)
{
	struct pbp_thread before = s->thread;
	enum tstate_result result;

	s->thread_id = thread->thread_id;
	if (before.wanted)
		take_found_thread(s, thread);
	result = tstate_find(s, cpu);
	if (result == TSTATE_TOO_MANY)
		emit_thread_wanted(s, thread);
	if (s->thread.tstate_addr != before.tstate_addr || s->thread.births != before.births ||
	    s->thread.natives != before.natives || s->thread.wanted != before.wanted)
		thread->kept = s->thread;
	switch (result) {
	case TSTATE_FOUND:
		return pystack_walk(s, cpu);
	case TSTATE_NATIVE:
		return PBP_STATUS_NATIVE;
	case TSTATE_UNREADABLE:
	case TSTATE_TOO_MANY:
		break;
	}
	return PBP_STATUS_UNREADABLE;
}

static enum pbp_counter status_counter(enum pbp_status status)
{
	static const enum pbp_counter counters[PBP_STATUS_MAX] = {
		[PBP_STATUS_COMPLETE] = PBP_COUNT_COMPLETE,
		[PBP_STATUS_TRUNCATED] = PBP_COUNT_TRUNCATED,
		[PBP_STATUS_UNREADABLE] = PBP_COUNT_UNREADABLE,
		[PBP_STATUS_NATIVE] = PBP_COUNT_NATIVE,
		[PBP_STATUS_NOT_RECOGNISED] = PBP_COUNT_NOT_RECOGNISED,
	};

	return counters[status];
}

/* emit_sample() of bpf/emit.bpf.h. */
static void emit_sample(struct pbp_scratch *s, const struct host_thread *thread, uint32_t cpu,
			enum pbp_status status)
{
	struct pbp_stack_buffer *stack = &s->stacks[s->current_buffer & 1];

	if (status == PBP_STATUS_NATIVE)
		s->depth = 0;
	if (status != PBP_STATUS_UNREADABLE)
		s->reason = PBP_REASON_NONE;
	if (s->dropped) {
		count(s, PBP_COUNT_LOST);
		return;
	}
	delta_find(s, cpu);
	stack->head = (struct pbp_sample){
		.header.kind = PBP_KIND_SAMPLE,
		.header.size = (__u32)(sizeof(stack->head) + 8ULL * (s->depth - s->nkept)),
		.time_ns = now_ns,
		.weight_ns = settings.period_ns,
		.target = s->target.id,
		.pid = thread->pid,
		.tid = thread->tid,
		.cpu = cpu,
		.nframes = s->depth,
		.nkept = s->nkept,
		.status = (__u8)status,
		.reason = (__u8)s->reason,
		.user_mode = 1,
	};
	if (ring_send(stack, stack->head.header.size)) {
		count(s, PBP_COUNT_LOST);
		return;
	}
	count(s, status_counter(status));
	if (s->repaired && status == PBP_STATUS_COMPLETE)
		count(s, PBP_COUNT_REPAIRED);
	s->sent_target = s->target.id;
	s->sent_depth = s->depth;
	s->current_buffer ^= 1;
}

enum pbp_status host_tick(struct host_thread *thread, uint32_t cpu)
{
	struct pbp_scratch *s = pbp_host_scratch(cpu);
	enum pbp_status status;

	current_memory = thread->python->memory;
	now_ns += HOST_PERIOD_NS;
	count(s, PBP_COUNT_TICKS_SEEN);
	s->target = thread->python->target;
	s->thread = thread->kept;
	s->tick = 1ULL << 63 | (__u64)cpu << 48 | s->counters[PBP_COUNT_TICKS_SEEN];
	s->codes_left = PBP_CODES_PER_TICK;
	s->code_bytes_left = PBP_CODE_BYTES_PER_TICK;
	s->dropped = 0;
	s->depth = 0;
	s->repaired = 0;
	s->reason = PBP_REASON_NONE;
	status = capture(s, thread, cpu);
	emit_sample(s, thread, cpu, status);
	return status;
}

uint64_t host_counter(enum pbp_counter counter)
{
	uint64_t sum = 0;

	for (int cpu = 0; cpu < HOST_CPUS; cpu++)
		sum += scratches[cpu]->counters[counter];
	return sum;
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
	struct host_sample *last = last_samples[sample->cpu];
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

static int set_up(void **state)
{
	struct host_stage *stage = calloc(1, sizeof(*stage));

	if (!stage)
		return -1;
	host_reset();
	stage->memory = fake_memory_new();
	fake_python_init(&stage->python, stage->memory, *state, 1);
	stage->interp = fake_interp(&stage->python);
	stage->tstate = fake_tstate(&stage->python, stage->interp, 0x7f00deadb000);
	host_thread_init(&stage->thread, &stage->python, 4242, 0x7f00deadb000);
	*state = stage;
	return 0;
}

void *host_alloc(struct host_stage *stage, size_t size)
{
	void *block = calloc(1, size);

	if (!block || stage->nblocks == HOST_BLOCKS_MAX)
		abort();
	stage->blocks[stage->nblocks++] = block;
	return block;
}

static int tear_down(void **state)
{
	struct host_stage *stage = *state;

	forget();
	while (stage->nblocks)
		free(stage->blocks[--stage->nblocks]);
	fake_memory_free(stage->memory);
	free(stage);
	return 0;
}

size_t host_ntests(size_t nbodies)
{
	size_t nbuilds = 0;

	fake_builds(&nbuilds);
	return nbodies * nbuilds;
}

/* The names live as long as the program, as cmocka wants it. */
void host_make_tests(const struct host_test *bodies, size_t nbodies, struct CMUnitTest *tests)
{
	size_t nbuilds = 0;
	const struct fake_build *builds = fake_builds(&nbuilds);
	static char names[1024][160];

	if (nbodies * nbuilds > 1024)
		abort();
	for (size_t i = 0; i < nbodies * nbuilds; i++) {
		const struct fake_build *build = &builds[i % nbuilds];

		snprintf(names[i], sizeof(names[i]), "%s: %s", build->name,
			 bodies[i / nbuilds].name);
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = bodies[i / nbuilds].run,
			.setup_func = set_up,
			.teardown_func = tear_down,
			.initial_state = (void *)(uintptr_t)build,
		};
	}
}

bool host_has_counter(const struct host_stage *stage)
{
	return stage->python.target.code_counter_addr ||
	       stage->python.layout->interp_code_counter != PBP_ABSENT;
}
