/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least that a sampler on the CPU clock can be: it counts its ticks. What a profiler sees and costs is
 * compared with this. Must stay without anything else.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} ticks SEC(".maps");

SEC("perf_event")
int floor_tick(void *context)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&ticks, &zero);

	(void)context;
	if (count)
		++*count;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
