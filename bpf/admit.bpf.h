/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is the interrupted thread to be sampled? Decided once per thread and program, and remembered in a direct-mapped
 * table: a thread that is not ours costs a few nanoseconds from then on.
 */
#ifndef PBP_BPF_ADMIT_BPF_H
#define PBP_BPF_ADMIT_BPF_H

#include "maps.bpf.h"
#include "task.bpf.h"

enum admission {
	ADMIT_NOT_OURS,
	ADMIT_OURS, /* s->thread and s->target are set */
	ADMIT_NOT_RECOGNISED, /* ours, but its program was replaced: only s->target is set */
	ADMIT_ENDING, /* ours, but it has given back its memory (exit): only s->target is set */
};

/* The target has replaced its program: say so, once. */
static __always_inline void notify_replaced(struct pbp_target *target, __u32 pid)
{
	struct pbp_replaced record = {
		.header = { .kind = PBP_KIND_REPLACED, .size = sizeof(record) },
		.target = target->id,
		.pid = pid,
	};

	if (!target->replaced && !ring_send(&record, sizeof(record)))
		target->replaced = 1;
}

/* First sight of a thread, or of its present program. */
static __always_inline enum admission admit_new(struct pbp_scratch *s,
						const struct task_struct *task)
{
	__u32 pid = task->tgid;
	struct pbp_target *target = bpf_map_lookup_elem(&targets, &pid);

	s->thread = (struct pbp_thread){
		.start_time = task->start_time,
		.mm = (__u64)task->mm,
		.tid = task->pid,
		.epoch = targets_epoch,
	};
	if (target && pid != settings.own_pid) {
		s->target = *target;
		if (!s->thread.mm)
			return ADMIT_ENDING;
		if (!target->mm)
			target->mm = s->thread.mm;
		if (target->mm != s->thread.mm) {
			notify_replaced(target, pid);
			return ADMIT_NOT_RECOGNISED;
		}
		s->thread.target = target->id;
	}
	thread_keep(s);
	return s->thread.target ? ADMIT_OURS : ADMIT_NOT_OURS;
}

/* Decide about the interrupted thread. */
static __always_inline enum admission admit(struct pbp_scratch *s, const struct task_struct *task)
{
	__u32 tid = task->pid, pid = task->tgid;
	const struct pbp_thread *slot = thread_slot(tid);
	const struct pbp_target *target;

	if (!tid) /* idle */
		return ADMIT_NOT_OURS;
	if (*(volatile __u32 *)&slot->tid != tid || slot->start_time != task->start_time ||
	    slot->mm != (__u64)task->mm || slot->epoch != targets_epoch)
		return admit_new(s, task);
	if (!slot->target)
		return ADMIT_NOT_OURS;
	s->thread = *slot;
	barrier();
	if (*(volatile __u32 *)&slot->tid != tid) /* another CPU was writing it */
		return admit_new(s, task);
	if (s->target.id != s->thread.target) {
		target = bpf_map_lookup_elem(&targets, &pid);
		if (!target)
			return ADMIT_NOT_OURS;
		s->target = *target;
		if (s->target.id != s->thread.target)
			return admit_new(s, task);
	}
	return ADMIT_OURS;
}

#endif
