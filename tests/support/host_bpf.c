/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compiles the headers of bpf/ for the host, and runs a tick as bpf/pybpfprof.bpf.c does for a thread that was
 * admitted. What a tick does is bpf/sample.h's; only its surroundings are made up here.
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
#include "link_map.h"
#include "sample.h"
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

/* The thread that the present tick interrupts. */
static struct host_thread *current_thread;

const struct pbp_found_thread *pbp_host_found_thread(__u32 tid)
{
	return current_thread->has_found && current_thread->tid == tid ? &current_thread->found
								       : NULL;
}

void pbp_host_thread_keep(const struct pbp_scratch *s)
{
	current_thread->kept = s->thread;
}

/* As on_cpu_clock() of bpf/pybpfprof.bpf.c for a thread that was admitted. */
enum pbp_status host_tick(struct host_thread *thread, uint32_t cpu)
{
	struct pbp_scratch *s = pbp_host_scratch(cpu);
	struct interrupted who = {
		.now_ns = now_ns += HOST_PERIOD_NS,
		.thread_pointer = thread->thread_id - thread->python->target.thread_pointer_bias,
		.pid = thread->pid,
		.tid = thread->tid,
		.user_mode = !thread->in_kernel,
	};
	enum pbp_status status;

	current_memory = thread->python->memory;
	current_thread = thread;
	count(s, PBP_COUNT_TICKS_SEEN);
	s->target = thread->python->target;
	s->thread = thread->kept;
	sample_begin(s, cpu);
	s->nregisters = 0;
	if (who.user_mode && s->target.layout.cframe_current_frame != PBP_ABSENT) {
		s->nregisters = thread->nregisters;
		memcpy(s->registers, thread->registers, sizeof(s->registers));
	}
	status = sample_capture(s, cpu, &who);
	sample_send(s, cpu, &who, status);
	return status;
}

uint64_t host_counter(enum pbp_counter counter)
{
	uint64_t sum = 0;

	for (int cpu = 0; cpu < HOST_CPUS; cpu++)
		sum += scratches[cpu]->counters[counter];
	return sum;
}

int host_link_map_bias(struct fake_memory *memory, const struct pbp_library *library,
		       uint64_t program_bias, uint64_t *ret_bias)
{
	__u64 bias = 0;
	int failed;

	current_memory = memory;
	failed = link_map_bias(scratches[0], library, program_bias, &bias) != 0;
	*ret_bias = bias;
	return failed;
}
