/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A process's entry and what user space is told of it: made at its first tick, by a fork or an exec, together with a
 * record that has everything in it that names the process. Each of these programs gives ids of its own (struct pbp_ids),
 * and a record is composed where it lies in the ring, so that one may interrupt the other.
 */
#ifndef PBP_BPF_PROCESS_BPF_H
#define PBP_BPF_PROCESS_BPF_H

#include "maps.bpf.h"
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>

/* How long one that is taken for no Python is left alone; doubles with every look up to the maximum. */
#define LOOK_OTHER_NS	  100000000ULL
#define LOOK_OTHER_MAX_NS 10000000000ULL
/* And one that may be Python, while it maps its libraries. */
#define LOOK_UNKNOWN_NS 1000000ULL

/* Names of cgroups above a process at most. */
#define CGROUP_LEVELS 16
/* The longest name of a directory, with its zero (NAME_MAX, linux/limits.h). */
#define CGROUP_NAME_SIZE 256
/* Hierarchies of version 1 that are looked at (kernel: CGROUP_SUBSYS_COUNT, at most 16 by static assertion). */
#define CGROUP_HIERARCHIES 16

/* A new id; 0: the CPU's number is beyond what we have room for. */
static __always_inline __u32 id_new(enum pbp_id_giver giver)
{
	__u32 cpu = bpf_get_smp_processor_id();

	if (cpu >= PBP_CPUS_MAX)
		return 0;
	return pbp_id(++ids[cpu].given[giver], cpu, settings.cpu_bits, giver);
}

/* In i_ctime_nsec since 6.13: somebody has asked for the time (include/linux/fs.h: I_CTIME_QUERIED). */
#define CTIME_QUERIED 0x80000000U

static __always_inline void inode_key(const struct inode *inode, struct pbp_file_key *key)
{
	__builtin_memset(key, 0, sizeof(*key));
	if (!inode)
		return;
	key->inode = BPF_CORE_READ(inode, i_ino);
	key->size = (__u64)BPF_CORE_READ(inode, i_size);
	key->device = BPF_CORE_READ(inode, i_sb, s_dev);
	key->generation = BPF_CORE_READ(inode, i_generation);
	if (bpf_core_field_exists(inode->i_ctime_sec)) {
		key->changed_ns = (__u64)BPF_CORE_READ(inode, i_ctime_sec) * 1000000000 +
				  (BPF_CORE_READ(inode, i_ctime_nsec) & ~CTIME_QUERIED);
	} else if (bpf_core_field_exists(((struct inode___with_accessors *)inode)->__i_ctime)) {
		struct inode___with_accessors *later = (void *)inode;

		key->changed_ns = (__u64)BPF_CORE_READ(later, __i_ctime.tv_sec) * 1000000000 +
				  (__u64)BPF_CORE_READ(later, __i_ctime.tv_nsec);
	} else {
		struct inode___plain *plain = (void *)inode;

		key->changed_ns = (__u64)BPF_CORE_READ(plain, i_ctime.tv_sec) * 1000000000 +
				  (__u64)BPF_CORE_READ(plain, i_ctime.tv_nsec);
	}
}

/* The main executable of a program. */
static __always_inline void file_key(const struct task_struct *task, struct pbp_file_key *key)
{
	inode_key(BPF_CORE_READ(task, mm, exe_file, f_inode), key);
}

static __always_inline struct kernfs_node *cgroup_parent(struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->__parent))
		return BPF_CORE_READ(node, __parent);
	return BPF_CORE_READ((struct kernfs_node___plain *)node, parent);
}

/*
 * The cgroup that tells where the process belongs: that of version 2, unless it is the root there, as where only version
 * 1's hierarchies are in use; then the first of these in which it is not.
 */
static __always_inline struct kernfs_node *cgroup_of(const struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct kernfs_node *node = BPF_CORE_READ(set, dfl_cgrp, kn), *other;
	const __u64 offset = bpf_core_field_offset(set->subsys);
	struct cgroup_subsys_state *state;

	if (cgroup_parent(node))
		return node;
	for (int i = 0; i < CGROUP_HIERARCHIES; i++) {
		if ((__u64)i * sizeof(state) >= bpf_core_field_size(set->subsys))
			break;
		if (bpf_probe_read_kernel(&state, sizeof(state),
					  (void *)set + offset + i * sizeof(state)))
			break;
		other = BPF_CORE_READ(state, cgroup, kn);
		if (other && cgroup_parent(other))
			return other;
	}
	return node;
}

static __always_inline void add_cgroup(struct pbp_started *record, const struct task_struct *task)
{
	struct kernfs_node *node = cgroup_of(task), *parent;
	__u64 used = 0;
	long size;

	record->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	for (int i = 0; i < CGROUP_LEVELS && node; i++) {
		parent = cgroup_parent(node);
		if (!parent) /* the root has no name */
			break;
		barrier_var(used);
		if (used > PBP_CGROUP_SIZE - CGROUP_NAME_SIZE)
			break;
		size = bpf_probe_read_kernel_str(record->cgroup + used, CGROUP_NAME_SIZE,
						 BPF_CORE_READ(node, name));
		if (size < 0)
			break;
		used += (__u64)size & (2 * CGROUP_NAME_SIZE - 1);
		node = parent;
	}
	record->cgroup_size = (__u32)used;
}

/* The current task's command line: a fork's is its parent's. */
static __always_inline void add_arguments(struct pbp_started *record,
					  const struct task_struct *current)
{
	__u64 start = BPF_CORE_READ(current, mm, arg_start);
	__u64 size = BPF_CORE_READ(current, mm, arg_end) - start;

	record->arguments_size = 0;
	if (size > PBP_ARGUMENTS_SIZE)
		size = PBP_ARGUMENTS_SIZE;
	barrier_var(size);
	if (size > PBP_ARGUMENTS_SIZE || !size || start >= 1ULL << 47)
		return;
	if (!bpf_probe_read_user(record->arguments, size, (void *)start))
		record->arguments_size = (__u32)size;
}

/*
 * The number by which the profiler sees the process, 0: it does not. A process has one in its own namespace and in all
 * around it; which of these is the profiler's is known here alone.
 */
static __always_inline __u32 pid_in_namespace(const struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	void *number = (void *)pid + bpf_core_field_offset(pid->numbers);
	__u32 level = BPF_CORE_READ(pid, level);

	for (__u32 i = 0; i < PBP_PID_LEVELS_MAX && i <= level; i++) {
		struct upid *upid = number + (__u64)i * bpf_core_type_size(struct upid);

		if (BPF_CORE_READ(upid, ns, ns.inum) == settings.pid_namespace)
			return (__u32)BPF_CORE_READ(upid, nr);
	}
	return 0;
}

static __always_inline __u32 pid_seen(const struct task_struct *task)
{
	return settings.pid_namespace ? pid_in_namespace(task) : (__u32)task->tgid;
}

static __always_inline void add_pids(struct pbp_started *record, const struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	int number = 0;

	/* numbers[] is as long as level says, which no type tells. */
	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)pid + bpf_core_field_offset(pid->numbers) +
				      (__u64)level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	record->inside_pid = (__u32)number;
	record->parent_pid = (__u32)BPF_CORE_READ(task, real_parent, tgid);
	record->seen_pid = pid_seen(task);
	record->seen_parent_pid = settings.pid_namespace
					  ? pid_in_namespace(BPF_CORE_READ(task, real_parent))
					  : record->parent_pid;
}

/*
 * Tell user space of a program of a process, whose entry this is; task is one of its threads, current the one whose memory
 * is at hand. Negative: the ring is full.
 */
static __always_inline long started_send(const struct pbp_process *process,
					 const struct task_struct *task,
					 const struct task_struct *current,
					 const struct pbp_file_key *file, __u32 why, __u32 parent,
					 __u32 previous, __u64 cpu_ns)
{
	struct pbp_started *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return -1;
	record->header.kind = PBP_KIND_STARTED;
	record->header.size = sizeof(*record);
	record->time_ns = bpf_ktime_get_ns();
	record->start_time = process->start_time;
	record->cpu_ns = cpu_ns;
	record->file = *file;
	record->target = process->id;
	record->parent = parent;
	record->previous = previous;
	record->pid = (__u32)task->tgid;
	record->uid = BPF_CORE_READ(task, cred, euid.val);
	record->gid = BPF_CORE_READ(task, cred, egid.val);
	record->why = why;
	record->verdict = process->verdict;
	record->layout = process->layout;
	bpf_probe_read_kernel(record->comm, sizeof(record->comm), &task->group_leader->comm);
	record->comm[sizeof(record->comm) - 1] = 0;
	bpf_probe_read_kernel_str(record->node_name, PBP_NODE_NAME_SIZE,
				  &BPF_CORE_READ(task, nsproxy, uts_ns)->name.nodename);
	add_pids(record, task);
	add_cgroup(record, task);
	add_arguments(record, current);
	/* Whoever may be Python must be looked at before it ends; the others can wait for the next drain. */
	bpf_ringbuf_submit(record, process->verdict == PBP_VERDICT_UNKNOWN ? BPF_RB_FORCE_WAKEUP
									   : BPF_RB_NO_WAKEUP);
	return 0;
}

/* Tell user space that no record of the id follows. */
static __always_inline void ended_send(const struct pbp_process *process, __u32 pid, __u64 cpu_ns,
				       __u32 by_exec)
{
	struct pbp_ended record = {
		.header = { .kind = PBP_KIND_ENDED, .size = sizeof(record) },
		.cpu_ns = cpu_ns,
		.target = process->id,
		.pid = pid,
		.by_exec = by_exec,
	};

	if (process->announced && ring_send(&record, sizeof(record)))
		counted_elsewhere(PBP_COUNT_STARTED_LOST);
}

/* Make the entry of a process. Where there is no room for it user space, which was told of its id, forgets it again. */
static __always_inline long process_enter(const struct pbp_process *process, __u32 pid)
{
	long failed = bpf_map_update_elem(&processes, &pid, process, 0);

	if (failed) {
		counted_elsewhere(PBP_COUNT_STARTED_LOST);
		ended_send(process, pid, 0, 0);
	}
	return failed;
}

/* Take over what user space has answered. */
static __always_inline void process_take_answer(struct pbp_process *process)
{
	__u32 id = process->id;
	const struct pbp_answer *answer = bpf_map_lookup_elem(&answers, &id);

	if (!answer)
		return;
	process->layout = answer->layout;
	process->runtime = answer->runtime;
	process->verdict = answer->verdict;
}

/* The addresses of a program in a process of it, moved by the load bias. */
static __always_inline void runtime_move(struct pbp_runtime *to, const struct pbp_runtime *linked,
					 __u64 bias)
{
	to->runtime_addr = linked->runtime_addr ? linked->runtime_addr + bias : 0;
	to->current_tstate_addr =
		linked->current_tstate_addr ? linked->current_tstate_addr + bias : 0;
	to->code_type_addr = linked->code_type_addr ? linked->code_type_addr + bias : 0;
	to->code_counter_addr = linked->code_counter_addr ? linked->code_counter_addr + bias : 0;
	to->thread_pointer_bias = linked->thread_pointer_bias;
}

/* Fill an entry for the present program of the task: a new id, and what its file says. */
static __always_inline void process_fill(struct pbp_process *process,
					 const struct task_struct *task, __u32 id,
					 const struct pbp_file_key *file, __u64 now_ns)
{
	const struct pbp_program *program = bpf_map_lookup_elem(&programs, file);

	__builtin_memset(process, 0, sizeof(*process));
	process->start_time = BPF_CORE_READ(task, group_leader, start_boottime);
	process->mm = (__u64)task->mm;
	process->id = id;
	process->verdict = program ? program->verdict : PBP_VERDICT_UNKNOWN;
	if (process->verdict == PBP_VERDICT_SAMPLED) {
		process->layout = program->layout;
		runtime_move(&process->runtime, &program->linked,
			     BPF_CORE_READ(task, mm, start_code) - program->linked_start);
	}
	/* What the profiler cannot look at it does not sample either, whatever is known of its file. */
	if (!pid_seen(task))
		process->verdict = PBP_VERDICT_OTHER;
	process->look_ns = now_ns;
	/* A known program that is no Python may still load one. */
	process->look_after_ns =
		now_ns + (process->verdict == PBP_VERDICT_OTHER ? LOOK_OTHER_NS : LOOK_UNKNOWN_NS);
}

#endif
