/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every map and table, and how the walkers reach them (the BPF side of read.h). */
#ifndef PBP_BPF_MAPS_BPF_H
#define PBP_BPF_MAPS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "scratch.h"

#ifndef barrier_var
/* Between computing an index and testing it, or clang tests one register and uses another. */
#define barrier_var(variable) asm volatile("" : "+r"(variable))
#endif

/* The run's settings; read-only, so the verifier knows their values. */
const volatile struct pbp_settings settings;

/*
 * Since when ticks are taken (CLOCK_MONOTONIC, ns); 0: they are ignored, not counted. Set once everything is in
 * place, cleared before the last drain.
 */
volatile __u64 recording_since;

/* Grows with every answer of user space: what was decided about threads before is looked at again. Never 0. */
volatile __u32 answers_epoch = 1;

/*
 * Ids given out so far by each CPU and kind of program. A tick can interrupt an exec, so that one counter for both would
 * need an atomic operation that returns a value, which kernels before 5.12 have not.
 */
struct pbp_ids ids[PBP_CPUS_MAX];

struct pbp_thread threads[PBP_THREAD_SLOTS];
struct pbp_seen seen_codes[PBP_SEEN_SLOTS];

/* By pid (the kernel's tgid, in the initial PID namespace). Made at their limit, for ticks may not allocate. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PBP_PROCESSES_MAX);
	__type(key, __u32);
	__type(value, struct pbp_process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PBP_LAYOUTS_MAX);
	__type(key, __u32);
	__type(value, struct pbp_layout);
} layouts SEC(".maps");

/* By id; user space adds and removes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PBP_PROCESSES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct pbp_answer);
} answers SEC(".maps");

/* By file; user space adds, and removes the oldest beyond the limit. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PBP_PROGRAMS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct pbp_file_key);
	__type(value, struct pbp_program);
} programs SEC(".maps");

/* Thread states that user space found for a PBP_KIND_THREAD_WANTED record, by tid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PBP_THREAD_SLOTS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct pbp_found_thread);
} found_threads SEC(".maps");

/* One element per possible CPU, sized when the object is opened. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct pbp_scratch);
} scratches SEC(".maps");

/* The records of wire.h. Nobody is woken by them: a wakeup costs more than the sample, so user space polls. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* sized when the object is opened */
} ring SEC(".maps");

static __always_inline struct pbp_scratch *scratch_of(__u32 cpu)
{
	return bpf_map_lookup_elem(&scratches, &cpu);
}

/* The thread state that user space found for the thread, NULL: none. */
static __always_inline const struct pbp_found_thread *found_thread(__u32 tid)
{
	return bpf_map_lookup_elem(&found_threads, &tid);
}

static __always_inline struct pbp_thread *thread_slot(__u32 tid)
{
	return &threads[tid * 0x9e3779b1U >> 20]; /* Fibonacci hashing: the top 12 bits */
}
PBP_STATIC_ASSERT(PBP_THREAD_SLOTS == 1 << 12, "the slot is the top 12 bits of 32");

/* Write s->thread back to its slot; see struct pbp_thread for the order. */
static __always_inline void thread_keep(const struct pbp_scratch *s)
{
	struct pbp_thread *slot = thread_slot(s->thread.tid);

	*(volatile __u32 *)&slot->tid = 0;
	barrier();
	slot->start_time = s->thread.start_time;
	slot->mm = s->thread.mm;
	slot->tstate_addr = s->thread.tstate_addr;
	slot->interp_addr = s->thread.interp_addr;
	slot->births = s->thread.births;
	slot->exec_vm = s->thread.exec_vm;
	slot->target = s->thread.target;
	slot->epoch = s->thread.epoch;
	slot->wanted = s->thread.wanted;
	slot->natives = s->thread.natives;
	barrier();
	*(volatile __u32 *)&slot->tid = s->thread.tid;
}

/* Counted by programs that have no scratch, and that ticks interrupt: sums that user space adds to the ticks' own. */
__u64 counted[PBP_COUNT_MAX];

static __always_inline void counted_elsewhere(enum pbp_counter counter)
{
	__sync_fetch_and_add(&counted[counter], 1);
}

static __always_inline long ring_send(void *record, __u64 size)
{
	return bpf_ringbuf_output(&ring, record, size, BPF_RB_NO_WAKEUP);
}

static __always_inline __u64 ring_used(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
}

#endif
