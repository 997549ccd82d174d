/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side. One entry point per event source, each alike: count the tick, admit the thread, walk its Python
 * stack, send the sample. And one per event in a process's life.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "admit.bpf.h"
#include "library.bpf.h"
#include "maps.bpf.h"
#include "sample.h"
#include "task.bpf.h"

/* Dual, because the helpers that read target memory are for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Count this tick, and those that never came: a gap of more than one and a half periods. */
static __always_inline void count_tick(struct pbp_scratch *s, __u64 now)
{
	__u64 period = settings.period_ns;
	__s64 gap = now - (s->last_tick_ns ?: recording_since);

	/* An event of a thread ticks when its thread has used up a period, wherever that was. */
	if (!settings.inherited && gap > (__s64)(period + period / 2))
		s->counters[PBP_COUNT_TICKS_MISSED] += ((__u64)gap + period / 2) / period - 1;
	s->last_tick_ns = now;
	count(s, PBP_COUNT_TICKS_SEEN);
}

/* A software CPU-clock event ticked on this CPU. finds_libraries: the kernel can tell what is mapped where. */
static __always_inline int tick(struct bpf_perf_event_data *context, int finds_libraries)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	__u32 cpu = bpf_get_smp_processor_id();
	struct pbp_scratch *s = scratch_of(cpu);
	enum pbp_status status = PBP_STATUS_NOT_RECOGNISED;
	struct interrupted who = {};
	enum admission admission;

	if (!recording_since || !s)
		return 0;
	who.now_ns = bpf_ktime_get_ns();
	count_tick(s, who.now_ns);
	/* By way of memory, so that the verifier goes through the rest once and not once for each way to be admitted. */
	s->admission = admit(s, cpu, task);
	if (finds_libraries && s->admission == ADMIT_LOADING && library_find(cpu))
		s->admission = admit_process(cpu, 0);
	barrier();
	admission = *(volatile __u32 *)&s->admission;
	if (admission == ADMIT_NOT_OURS) {
		count(s, PBP_COUNT_NOT_OURS);
		if (!task->pid)
			count(s, PBP_COUNT_IDLE);
		return 0;
	}
	if (admission == ADMIT_LOST) {
		count(s, PBP_COUNT_LOST);
		return 0;
	}
	who.cgroup_id = bpf_get_current_cgroup_id();
	who.thread_pointer = task_thread_pointer(task);
	who.pid = task->tgid;
	who.tid = task->pid;
	who.user_mode = tick_in_user_mode(context);
	sample_begin(s, cpu);
	s->nregisters = 0;
	if (who.user_mode && s->target.layout.cframe_current_frame != PBP_ABSENT)
		s->nregisters = tick_registers(context, s->registers);
	if (admission == ADMIT_OURS)
		status = sample_capture(s, cpu, &who);
	else if (admission == ADMIT_ENDING)
		status = PBP_STATUS_NATIVE;
	sample_send(s, cpu, &who, status);
	return 0;
}

SEC("perf_event")
int on_cpu_clock(struct bpf_perf_event_data *context)
{
	return tick(context, 1);
}

/* For kernels before 5.17, which have no bpf_find_vma: one of the two is loaded. */
SEC("perf_event")
int on_cpu_clock_alone(struct bpf_perf_event_data *context)
{
	return tick(context, 0);
}

SEC("tp_btf/sched_process_exec")
int on_exec(__u64 *context)
{
	lifecycle_exec((const struct task_struct *)context[0]);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_fork(__u64 *context)
{
	lifecycle_fork((const struct task_struct *)context[0],
		       (const struct task_struct *)context[1]);
	return 0;
}

SEC("tp_btf/sched_process_free")
int on_free(__u64 *context)
{
	lifecycle_free((const struct task_struct *)context[0]);
	return 0;
}
