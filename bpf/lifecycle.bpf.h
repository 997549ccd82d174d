/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Exec, fork and the end of processes. What an exec runs is known by its file where it was looked at before; a forked
 * child has what its parent has, down to the addresses; an end gives the entry back and tells the CPU time of the whole
 * life, which only then is final.
 */
#ifndef PBP_BPF_LIFECYCLE_BPF_H
#define PBP_BPF_LIFECYCLE_BPF_H

#include "process.bpf.h"

/* The entry of a process, if it is of this very process. */
static __always_inline struct pbp_process *process_find(const struct task_struct *task)
{
	__u32 pid = task->tgid;
	struct pbp_process *process = bpf_map_lookup_elem(&processes, &pid);
	__u64 start_time;

	if (!process)
		return NULL;
	start_time = BPF_CORE_READ(task, group_leader, start_boottime);
	if (!process->start_time) /* put by user space, which does not know it that exactly */
		process->start_time = start_time;
	return process->start_time == start_time ? process : NULL;
}

static __always_inline void lifecycle_exec(const struct task_struct *task)
{
	struct pbp_process *known = process_find(task), process;
	struct pbp_file_key file;
	__u32 pid = task->tgid, previous = 0;
	__u64 cpu_ns;

	if (!known && !settings.announce)
		return;
	file_key(task, &file);
	process_fill(&process, task, known ? known->id : 0, &file, bpf_ktime_get_ns());
	if (process.verdict == PBP_VERDICT_OTHER &&
	    !known) /* until it lives long enough to be met */
		return;
	/* One thread is left. */
	cpu_ns = BPF_CORE_READ(task, signal, sum_sched_runtime) + task->se.sum_exec_runtime;
	if (known) {
		previous = known->id;
		ended_send(known, pid, cpu_ns, 1);
	}
	process.id = id_new(PBP_ID_EXEC);
	if (process.verdict == PBP_VERDICT_SAMPLED)
		counted_elsewhere(PBP_COUNT_PROGRAMS_KNOWN);
	if (process.verdict != PBP_VERDICT_OTHER) {
		if (!started_send(&process, task, task, &file, PBP_STARTED_EXEC, 0, previous,
				  cpu_ns))
			process.announced = PBP_ANNOUNCED;
		counted_elsewhere(process.announced ? PBP_COUNT_STARTED : PBP_COUNT_STARTED_LOST);
	}
	if (known)
		*known = process;
	else
		process_enter(&process, pid);
	/* The memory may have been the new program's for some ticks already; the other threads are gone. */
	*(volatile __u32 *)&thread_slot(task->pid)->tid = 0;
}

static __always_inline void lifecycle_fork(const struct task_struct *parent,
					   const struct task_struct *child)
{
	struct pbp_process *known, process;
	struct pbp_file_key file;
	__u32 pid = child->tgid;

	if (child->pid != child->tgid || !settings.children) /* a thread */
		return;
	known = process_find(parent);
	if (known && known->verdict != PBP_VERDICT_SAMPLED)
		process_take_answer(known);
	if (!known || (settings.announce && known->verdict == PBP_VERDICT_OTHER))
		return;
	process = *known;
	process.start_time = child->start_boottime;
	process.mm = (__u64)child->mm;
	process.exec_vm = 0;
	process.id = id_new(PBP_ID_FORK);
	process.announced = PBP_NOT_ANNOUNCED;
	if (known->verdict != PBP_VERDICT_OTHER) {
		file_key(parent, &file);
		if (!started_send(&process, child, parent, &file, PBP_STARTED_FORK,
				  known->announced ? known->id : 0, 0, 0))
			process.announced = PBP_ANNOUNCED;
		counted_elsewhere(process.announced ? PBP_COUNT_FORKS : PBP_COUNT_STARTED_LOST);
	}
	process_enter(&process, pid);
}

/* The task is given back; the first thread is always the last of its process. */
static __always_inline void lifecycle_free(const struct task_struct *task)
{
	__u32 pid = task->tgid;
	struct pbp_process *process;

	if (task->pid != task->tgid)
		return;
	process = bpf_map_lookup_elem(&processes, &pid);
	if (!process || (process->start_time && process->start_time != task->start_boottime))
		return;
	/* kernel/exit.c: __exit_signal() has added every thread's time, the first one's too. */
	ended_send(process, pid, BPF_CORE_READ(task, signal, sum_sched_runtime), 0);
	bpf_map_delete_elem(&processes, &pid);
}

#endif
