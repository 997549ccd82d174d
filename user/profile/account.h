/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The account of a run: every tick and sample in exactly one place.
 *
 *   asked   = seen + missed
 *   seen    = samples + lost + not ours
 *   samples = complete + truncated + unreadable + native + not yet recognised
 *   repaired, in JIT code, unnamed: of which
 */
#ifndef PBP_PROFILE_ACCOUNT_H
#define PBP_PROFILE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* As enum pbp_reason of include/wire.h, which this room does not know; the pipeline maps one to the other. */
enum account_reason {
	ACCOUNT_NOT_RESIDENT,
	ACCOUNT_NOT_CODE,
	ACCOUNT_CYCLE,
	ACCOUNT_NO_ROOT,
	ACCOUNT_HALF_SWITCHED,
	ACCOUNT_TOO_MANY_THREADS,
	ACCOUNT_REASON_MAX
};

struct account {
	uint64_t rate_hz; /* asked for, per CPU; 0: not known, or of runs that differ */
	uint64_t elapsed_ns; /* of sampling, wall clock */
	uint32_t ncpus; /* that ticked */
	uint64_t offline_ns; /* of these in sum: no tick was asked of them then */

	uint64_t ticks_missed, ticks_not_ours; /* of the event source */
	uint64_t ticks_idle; /* of those not ours: the CPU had nothing to run */
	uint64_t
		ticks_missed_idle; /* of the missed ones, by the CPUs' idle time: nothing ran then */
	uint64_t samples_lost; /* found the ring buffer full */
	uint64_t complete, truncated, native, not_recognised;
	uint64_t unreadable[ACCOUNT_REASON_MAX];
	uint64_t repaired; /* of the complete ones */
	uint64_t in_jit; /* likewise: in JIT-compiled code, whose lines are approximate */
	uint64_t unnamed; /* samples with at least one unnamed frame */
	uint64_t
		lines_unknown; /* samples with at least one frame whose line had to be the function's first */
	uint64_t
		malformed; /* records of the ring buffer that made no sense: a defect of the profiler */

	/* Programs of processes over the run; a process that executes another program counts again. */
	bool whole_host; /* every process was looked at, so that ticks not ours are other processes' */
	bool per_thread; /* the event ticks only while the chosen processes run: nothing is missed, idle or another's */
	uint64_t processes; /* sampled */
	uint64_t processes_refused; /* Python, but not supported or not readable */
	uint64_t
		processes_gone; /* ended before anybody could look at them; their ticks are not ours */
	uint64_t processes_blocked; /* their memory or files did not answer in time */
	uint64_t processes_folded; /* ended ones, put together by command to bound memory */
	uint64_t
		runs_unfinished; /* whose recorder was killed, or goes on: the last second may be missing */
	uint64_t readers_replaced; /* helper processes that did not answer in time */

	/* CPU time of the sampled processes over one and the same interval; valid when kernel_known. */
	bool kernel_known;
	uint64_t kernel_ns; /* as the kernel counts it */
	uint64_t sampled_ns; /* as the samples' weights say, up to the kernel's last reading */

	bool bpf_known; /* BPF run-time statistics could be had */
	uint64_t bpf_ns; /* time in our BPF programs, all ticks */
	uint64_t own_cpu_ns; /* our user-space CPU time since the start of sampling */
	uint64_t own_memory_bytes; /* our peak resident set */
	uint64_t start_ns; /* from the command to the first sample; 0: no sample */
};

/* The sums of the law above. */
uint64_t account_unreadable(const struct account *account);
uint64_t account_samples(const struct account *account);
uint64_t account_seen(const struct account *account);
uint64_t account_asked(const struct account *account);

/*
 * Add the account of another run, in any order to the same result. Counts and times add up, to UINT64_MAX at most; of the
 * numbers of CPUs, of the peaks of memory and of the waits for a first sample the largest stands; a rate that differs
 * becomes 0 and stays so; whole_host, per_thread, kernel_known and bpf_known hold only if they do for both.
 * There is no account that adds nothing: begin with a copy of the first one.
 */
void account_add(struct account *account, const struct account *other);

/* A reason for people: "page not resident". */
const char *account_reason_text(enum account_reason reason);

#endif
