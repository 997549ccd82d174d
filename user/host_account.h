/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of a run's account that comes from the kernel side, the machine and ourselves, not from the samples. */
#ifndef PBP_HOST_ACCOUNT_H
#define PBP_HOST_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"

struct account;
struct recognition_counts;

struct host_readings {
	uint64_t period_ns, elapsed_ns;
	uint32_t ncpus; /* that ticked */
	uint64_t offline_ns; /* of these, in sum */
	bool whole_host, per_thread;
	uint64_t counters[PBP_COUNT_MAX];
	bool idle_known;
	uint64_t idle_ns; /* of all CPUs while recording; rounded down at both ends */
	bool bpf_known;
	uint64_t bpf_ns; /* in our BPF programs */
	uint64_t own_cpu_ns, own_memory_bytes; /* of ours, the reader's helpers among them */
	uint64_t readers_replaced;
	uint64_t start_ns; /* from the command to the first sample; 0: there was none */
};

/* Every tick has ended: it was counted as what it was. */
bool host_account_settled(const uint64_t counters[PBP_COUNT_MAX]);

/* What the pipeline's flushes do not fill. */
void host_account_fill(struct account *account, const struct host_readings *readings,
		       const struct recognition_counts *counts);

#endif
