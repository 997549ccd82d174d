/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is the interrupted thread to be sampled? Decided once per process and program (process.bpf.h), and remembered per thread
 * in a direct-mapped table: a thread that is not ours costs a few nanoseconds from then on, until its process maps other
 * code, for that may be a Python.
 */
#ifndef PBP_BPF_ADMIT_BPF_H
#define PBP_BPF_ADMIT_BPF_H

#include "lifecycle.bpf.h"
#include "read.h"
#include "task.bpf.h"

enum admission {
	ADMIT_NOT_OURS,
	ADMIT_OURS, /* s->thread and s->target are set */
	ADMIT_NOT_RECOGNISED, /* user space has not looked at its program yet: only s->target.id is set */
	ADMIT_LOADING, /* likewise, but its library may be known: library.bpf.h */
	ADMIT_LOST, /* ours, but user space could not be told of it: there is no room in the ring */
	ADMIT_ENDING, /* ours, but it has given back its memory (exit): likewise */
};

/* Only the id is known to be right. */
static __always_inline void target_only_id(struct pbp_scratch *s, __u32 id)
{
	s->target.id = id;
	s->target_epoch = 0;
}

/* Put s->target together. Negative: the entry names a layout that there is not. */
static __always_inline long target_compose(struct pbp_scratch *s, const struct pbp_process *process)
{
	__u32 index = process->layout;
	const struct pbp_layout *layout = bpf_map_lookup_elem(&layouts, &index);

	if (!layout)
		return -1;
	s->target.layout = *layout;
	s->target.runtime_addr = process->runtime.runtime_addr;
	s->target.current_tstate_addr = process->runtime.current_tstate_addr;
	s->target.code_type_addr = process->runtime.code_type_addr;
	s->target.code_counter_addr = process->runtime.code_counter_addr;
	s->target.thread_pointer_bias = process->runtime.thread_pointer_bias;
	s->target.id = process->id;
	s->target_epoch = s->thread.epoch;
	return 0;
}

/*
 * Has anything written to its runtime yet? Until the dynamic linker and Python's start-up do, there is nothing to be read,
 * nor lost. Asked of a program until it has.
 */
static __always_inline int runtime_is_touched(struct pbp_scratch *s, struct pbp_process *process)
{
	__u64 head;

	if (!process->runtime_touched && s->target.runtime_addr &&
	    !read_target(s, &head, 8,
			 s->target.runtime_addr + s->target.layout.runtime_interpreters_head))
		process->runtime_touched = 1;
	return process->runtime_touched || !s->target.runtime_addr;
}

/* First tick of a process that nothing is known of. NULL: no room for it now, the next tick tries again. */
static __always_inline struct pbp_process *process_meet(const struct task_struct *task,
							__u64 now_ns)
{
	struct pbp_process process;
	struct pbp_file_key file;
	__u32 pid = task->tgid;

	file_key(task, &file);
	process_fill(&process, task, id_new(PBP_ID_TICK), &file, now_ns);
	if (process.verdict != PBP_VERDICT_OTHER) {
		if (started_send(&process, task, task, &file, PBP_STARTED_SEEN, 0, 0, 0)) {
			counted_elsewhere(PBP_COUNT_STARTED_LOST);
			return NULL;
		}
		counted_elsewhere(PBP_COUNT_STARTED);
		process.announced = PBP_ANNOUNCED;
	}
	process.exec_vm = BPF_CORE_READ(task, mm, exec_vm);
	if (process_enter(&process, pid))
		return NULL;
	return bpf_map_lookup_elem(&processes, &pid);
}

/* Tell user space of a process at one of its ticks. Negative: no room in the ring. */
static __always_inline long process_announce(struct pbp_process *process,
					     const struct task_struct *task)
{
	struct pbp_file_key file;
	long failed;

	file_key(task, &file);
	failed = started_send(process, task, task, &file, PBP_STARTED_SEEN, 0, 0, 0);
	counted_elsewhere(failed ? PBP_COUNT_STARTED_LOST : PBP_COUNT_STARTED);
	if (!failed)
		process->announced = PBP_ANNOUNCED;
	return failed;
}

/* The process maps other code than when it was looked at: user space is to look again. */
static __always_inline void process_look(struct pbp_process *process,
					 const struct task_struct *task, __u64 now_ns,
					 __u64 exec_vm)
{
	struct pbp_look record = {
		.header = { .kind = PBP_KIND_LOOK, .size = sizeof(record) },
		.start_time = process->start_time,
		.target = process->id,
		.pid = (__u32)task->tgid,
	};
	__u64 gap = LOOK_UNKNOWN_NS;
	long failed;

	if (now_ns < process->look_after_ns)
		return;
	if (process->announced)
		failed = bpf_ringbuf_output(&ring, &record, sizeof(record),
					    process->verdict == PBP_VERDICT_UNKNOWN
						    ? BPF_RB_FORCE_WAKEUP
						    : BPF_RB_NO_WAKEUP);
	else
		failed = process_announce(process, task);
	if (failed)
		return;
	if (process->verdict == PBP_VERDICT_OTHER) {
		gap = 2 * (process->look_after_ns - process->look_ns);
		if (gap < LOOK_OTHER_NS)
			gap = LOOK_OTHER_NS;
		if (gap > LOOK_OTHER_MAX_NS)
			gap = LOOK_OTHER_MAX_NS;
	}
	process->exec_vm = exec_vm;
	process->look_ns = now_ns;
	process->look_after_ns = now_ns + gap;
}

/*
 * The thread's slot says nothing, or something older than the last answer. kept: s->thread is of this very thread and
 * program. An enum admission. A global function: verified once.
 */
PBP_GLOBAL int admit_process(__u32 cpu, int kept)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	struct pbp_scratch *s = scratch_of(cpu);
	struct pbp_process *process;
	__u64 now_ns, exec_vm;

	if (!s)
		return ADMIT_NOT_OURS;
	now_ns = s->last_tick_ns;
	exec_vm = task->mm->exec_vm;
	s->thread.epoch = answers_epoch;
	if (!kept) {
		s->thread = (struct pbp_thread){
			.start_time = task->start_time,
			.mm = (__u64)task->mm,
			.tid = task->pid,
			.epoch = s->thread.epoch,
		};
	}
	s->thread.exec_vm = exec_vm;
	process = process_find(task);
	if (!process && settings.announce && task->mm && task->tgid != settings.own_pid)
		process = process_meet(task, now_ns);
	if (!process) {
		s->thread.target = 0;
		thread_keep(s);
		return ADMIT_NOT_OURS;
	}
	if (!process->mm) /* put by user space, or forked before it had ticked */
		process->mm = (__u64)task->mm;
	if (task->mm && process->mm != (__u64)task->mm) {
		/* In the middle of an execve: the memory is the new program's, the entry the old one's (on_exec follows). */
		target_only_id(s, process->id);
		return process->verdict == PBP_VERDICT_OTHER ? ADMIT_NOT_OURS
							     : ADMIT_NOT_RECOGNISED;
	}
	process_take_answer(process);
	if (process->verdict == PBP_VERDICT_OTHER) {
		if (task->mm && exec_vm != process->exec_vm)
			process_look(process, task, now_ns, exec_vm);
		s->thread.exec_vm = process->exec_vm;
		s->thread.target = 0;
		thread_keep(s);
		return ADMIT_NOT_OURS;
	}
	if (process->verdict != PBP_VERDICT_SAMPLED) {
		target_only_id(s, process->id);
		if (process->verdict == PBP_VERDICT_LOADING)
			return ADMIT_LOADING;
		if (task->mm && exec_vm != process->exec_vm)
			process_look(process, task, now_ns, exec_vm);
		return ADMIT_NOT_RECOGNISED;
	}
	/* Its fork or exec found the ring full, or user space put it and does not know all that a record tells. */
	if (process->announced != PBP_ANNOUNCED && process_announce(process, task) &&
	    process->announced == PBP_NOT_ANNOUNCED)
		return ADMIT_LOST;
	if (!task->mm) {
		target_only_id(s, process->id);
		return ADMIT_ENDING;
	}
	if (target_compose(s, process) || !runtime_is_touched(s, process)) {
		target_only_id(s, process->id);
		return ADMIT_NOT_RECOGNISED;
	}
	if (s->thread.target != process->id) {
		s->thread.target = process->id;
		s->thread.tstate_addr = 0;
	}
	thread_keep(s);
	return ADMIT_OURS;
}

/* Decide about the interrupted thread. */
static __always_inline enum admission admit(struct pbp_scratch *s, __u32 cpu,
					    const struct task_struct *task)
{
	const struct pbp_thread *slot = thread_slot(task->pid);
	__u32 tid = task->pid;
	__u64 exec_vm;

	if (!tid) /* idle */
		return ADMIT_NOT_OURS;
	exec_vm = task->mm->exec_vm;
	if (*(volatile __u32 *)&slot->tid != tid || slot->start_time != task->start_time ||
	    slot->mm != (__u64)task->mm)
		return admit_process(cpu, 0);
	if (!slot->target && slot->epoch == answers_epoch && slot->exec_vm == exec_vm)
		return ADMIT_NOT_OURS;
	s->thread = *slot;
	barrier();
	if (*(volatile __u32 *)&slot->tid != tid) /* another CPU was writing it */
		return admit_process(cpu, 0);
	if (!s->thread.target || s->thread.epoch != answers_epoch ||
	    s->target.id != s->thread.target || s->target_epoch != s->thread.epoch)
		return admit_process(cpu, 1);
	return ADMIT_OURS;
}

#endif
