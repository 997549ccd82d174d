/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: puts numbers where they belong, so that the law of profile/account.h holds. Reads no clock. */
#include "host_account.h"

#include "base/clock.h"
#include "proc/procfs.h"
#include "profile/account.h"
#include "recognition.h"

bool host_account_settled(const uint64_t counters[PBP_COUNT_MAX])
{
	return counters[PBP_COUNT_NOT_OURS] + counters[PBP_COUNT_LOST] +
		       counters[PBP_COUNT_COMPLETE] + counters[PBP_COUNT_TRUNCATED] +
		       counters[PBP_COUNT_UNREADABLE] + counters[PBP_COUNT_NATIVE] +
		       counters[PBP_COUNT_NOT_RECOGNISED] ==
	       counters[PBP_COUNT_TICKS_SEEN];
}

/*
 * How many of the missed ticks were nobody's: CPUs without work sleep through some. The kernel knows how long they
 * were idle, and BPF how many ticks met that.
 */
static uint64_t missed_idle(const struct host_readings *readings)
{
	const uint64_t *counters = readings->counters;
	/* Both ends of an idle time are rounded down, on each CPU. */
	uint64_t rounding_ns = 2 * PROCFS_IDLE_STEP_NS * readings->ncpus;
	uint64_t idle_ticks = (readings->idle_ns + rounding_ns) / readings->period_ns, missed;

	if (!readings->idle_known || idle_ticks <= counters[PBP_COUNT_IDLE])
		return 0;
	missed = idle_ticks - counters[PBP_COUNT_IDLE];
	return missed < counters[PBP_COUNT_TICKS_MISSED] ? missed
							 : counters[PBP_COUNT_TICKS_MISSED];
}

void host_account_fill(struct account *account, const struct host_readings *readings,
		       const struct recognition_counts *counts)
{
	const uint64_t *counters = readings->counters;

	account->rate_hz = CLOCK_NS_PER_SECOND / readings->period_ns;
	account->elapsed_ns = readings->elapsed_ns;
	account->ncpus = readings->ncpus;
	account->offline_ns = readings->offline_ns;
	account->whole_host = readings->whole_host;
	account->per_thread = readings->per_thread;
	account->ticks_missed = readings->per_thread ? 0 : counters[PBP_COUNT_TICKS_MISSED];
	account->ticks_missed_idle = readings->per_thread ? 0 : missed_idle(readings);
	/* Samples of processes that turned out to be none of ours were ticks of others. */
	account->ticks_not_ours = counters[PBP_COUNT_NOT_OURS] + counts->not_ours;
	account->ticks_idle = counters[PBP_COUNT_IDLE];
	account->samples_lost = counters[PBP_COUNT_LOST];
	account->repaired = counters[PBP_COUNT_REPAIRED];
	account->in_jit = counters[PBP_COUNT_JIT];
	account->processes = counts->processes;
	account->processes_refused = counts->refused;
	account->processes_gone = counts->gone;
	account->processes_blocked = counts->blocked;
	account->readers_replaced = readings->readers_replaced;
	account->kernel_known = counts->processes > 0;
	account->kernel_ns = counts->kernel_ns;
	account->sampled_ns = counts->sampled_ns;
	account->bpf_known = readings->bpf_known;
	account->bpf_ns = readings->bpf_ns;
	account->own_cpu_ns = readings->own_cpu_ns;
	account->own_memory_bytes = readings->own_memory_bytes;
	account->start_ns = readings->start_ns;
}
