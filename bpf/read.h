/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the walkers need of their surroundings, so that they also compile on the host for the tests: reading the
 * target's memory (the only way, and it counts what fails), finding this CPU's scratch and the shared tables,
 * sending records.
 */
#ifndef PBP_BPF_READ_H
#define PBP_BPF_READ_H

#include "scratch.h"

#ifdef __bpf__

#define PBP_GLOBAL __attribute__((noinline))

#else

/* Given by the test. */
int pbp_host_read(void *to, __u64 size, __u64 from);
int pbp_host_send(const void *record, __u64 size);
__u64 pbp_host_ring_used(void);
const struct pbp_found_thread *pbp_host_found_thread(__u32 tid);
void pbp_host_thread_keep(const struct pbp_scratch *s);
struct pbp_scratch *pbp_host_scratch(__u32 cpu);
extern struct pbp_settings settings;
extern struct pbp_seen seen_codes[PBP_SEEN_SLOTS];

#define PBP_GLOBAL
#define barrier_var(variable)		    ((void)0)
#define scratch_of(cpu)			    pbp_host_scratch(cpu)
#define bpf_probe_read_user(to, size, from) pbp_host_read(to, size, (__u64)(from))
#define ring_send(record, size)		    pbp_host_send(record, size)
#define ring_used()			    pbp_host_ring_used()
#define found_thread(tid)		    pbp_host_found_thread(tid)
#define thread_keep(s)			    pbp_host_thread_keep(s)

#endif

static inline __attribute__((always_inline)) void count(struct pbp_scratch *s,
							enum pbp_counter counter)
{
	s->counters[counter]++;
}

/*
 * Copy size bytes from the target's address. 0, or negative: the address is not mapped, or its page is not
 * in memory, which cannot be mended here. User addresses only: anything above is garbage, and an address
 * that the hardware does not know must not reach the helper.
 */
static inline __attribute__((always_inline)) long read_target(struct pbp_scratch *s, void *to,
							      __u64 size, __u64 from)
{
	long failed = -1;

	if (from >= PBP_PAGE_BYTES && from < 1ULL << 47)
		failed = bpf_probe_read_user(to, size, (const void *)from);
	if (failed)
		count(s, PBP_COUNT_FAULTS);
	return failed;
}

static inline __attribute__((always_inline)) __u64 load64(const void *from)
{
	return *(const __u64 *)from;
}

static inline __attribute__((always_inline)) __u32 load32(const void *from)
{
	return *(const __u32 *)from;
}

#endif
