/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compiles the headers of bpf/ for the host and runs a tick in the order of bpf/pybpfprof.bpf.c: tstate_find, pystack_walk,
 * delta_find, send. Must not be cleverer than the original.
 */
#include "support/host_bpf.h"

#include <stdlib.h>
#include <string.h>

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

struct pbp_settings settings;
struct pbp_seen seen_codes[PBP_SEEN_SLOTS];

static struct pbp_scratch *scratches[HOST_CPUS];
static struct fake_memory *current_memory;
static uint64_t now_ns;

struct pbp_scratch *pbp_host_scratch(__u32 cpu)
{
	return cpu < HOST_CPUS ? scratches[cpu] : NULL;
}

int pbp_host_read(void *to, __u64 size, __u64 from)
{
	/* An address that no process has must not reach the kernel's helper. */
	if (from < MEMORY_ADDR_MIN || from >= MEMORY_ADDR_END)
		abort();
	return fake_memory_read(current_memory, to, size, from);
}

void host_forget(void)
{
	host_ring_forget();
	for (int cpu = 0; cpu < HOST_CPUS; cpu++) {
		free(scratches[cpu]);
		scratches[cpu] = NULL;
	}
}

void host_reset(void)
{
	host_forget();
	for (int cpu = 0; cpu < HOST_CPUS; cpu++) {
		scratches[cpu] = calloc(1, sizeof(*scratches[cpu]));
		if (!scratches[cpu])
			abort();
	}
	memset(seen_codes, 0, sizeof(seen_codes));
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
