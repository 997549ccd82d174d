/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side: one entry point per event source, each alike: count the tick, admit the thread, walk its
 * Python stack, send the sample.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "admit.bpf.h"
#include "emit.bpf.h"
#include "maps.bpf.h"
#include "pystack.h"
#include "task.bpf.h"
#include "tstate.h"

/* Dual, because the helpers that read target memory are for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Count this tick, and those that never came: a gap of more than one and a half periods. */
static __always_inline void count_tick(struct pbp_scratch *s, __u64 now)
{
	__u64 period = settings.period_ns;
	__s64 gap = now - (s->last_tick_ns ?: recording_since);

	if (gap > (__s64)(period + period / 2))
		s->counters[PBP_COUNT_TICKS_MISSED] += ((__u64)gap + period / 2) / period - 1;
	s->last_tick_ns = now;
	count(s, PBP_COUNT_TICKS_SEEN);
}

/* Look in found_threads for a thread state that user space was asked for. */
static __always_inline void take_found_thread(struct pbp_scratch *s)
{
	__u32 tid = s->thread.tid;
	const struct pbp_found_thread *found = bpf_map_lookup_elem(&found_threads, &tid);

	if (!found || found->start_time != s->thread.start_time || found->target != s->target.id)
		return;
	if (found->tstate_addr != s->thread.tstate_addr) {
		s->thread.tstate_addr = found->tstate_addr;
		s->thread.interp_addr = found->interp_addr;
	}
}

/* The interrupted thread's Python stack into the current buffer. (In step with host_tick() of the tests.) */
static __always_inline enum pbp_status capture(struct pbp_scratch *s, __u32 cpu,
					       const struct task_struct *task)
{
	enum tstate_result result;
	__u64 tstate_addr = s->thread.tstate_addr, births = s->thread.births;
	__u32 natives = s->thread.natives, wanted = s->thread.wanted;

	s->thread_id = task_thread_pointer(task) + s->target.thread_pointer_bias;
	if (wanted)
		take_found_thread(s);
	result = tstate_find(s, cpu);
	if (result == TSTATE_TOO_MANY)
		emit_thread_wanted(s, task);
	if (s->thread.tstate_addr != tstate_addr || s->thread.births != births ||
	    s->thread.natives != natives || s->thread.wanted != wanted)
		thread_keep(s);
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

/* A software CPU-clock event ticked on this CPU. */
SEC("perf_event")
int on_cpu_clock(struct bpf_perf_event_data *context)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	__u32 cpu = bpf_get_smp_processor_id();
	struct pbp_scratch *s = scratch_of(cpu);
	enum pbp_status status = PBP_STATUS_NOT_RECOGNISED;
	enum admission admission;
	__u64 now;

	if (!recording_since || !s)
		return 0;
	now = bpf_ktime_get_ns();
	count_tick(s, now);
	admission = admit(s, task);
	if (admission == ADMIT_NOT_OURS) {
		count(s, PBP_COUNT_NOT_OURS);
		if (!task->pid)
			count(s, PBP_COUNT_IDLE);
		return 0;
	}
	s->tick = 1ULL << 63 | (__u64)cpu << 48 | s->counters[PBP_COUNT_TICKS_SEEN];
	s->codes_left = PBP_CODES_PER_TICK;
	s->code_bytes_left = PBP_CODE_BYTES_PER_TICK;
	s->dropped = 0;
	s->depth = 0;
	s->repaired = 0;
	s->reason = PBP_REASON_NONE;
	if (admission == ADMIT_OURS)
		status = capture(s, cpu, task);
	else if (admission == ADMIT_ENDING)
		status = PBP_STATUS_NATIVE;
	emit_sample(s, cpu, task, now, tick_in_user_mode(context), status);
	return 0;
}
