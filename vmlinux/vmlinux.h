/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types as far as our BPF programs read them, cut by hand. Offsets of structs with the attribute below are
 * relocated at load time against the running kernel's BTF, so such a struct names only the members that are
 * read, and why. `make vmlinux-full` shows the whole of the running kernel's types.
 */
#ifndef PBP_VMLINUX_VMLINUX_H
#define PBP_VMLINUX_VMLINUX_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

/* Spelled by the declarations of the BPF helpers. */
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

/* From enum bpf_map_type and the flags of <linux/bpf.h>: kernel ABI, so plain constants. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum {
	BPF_F_MMAPABLE = 1 << 10,
};
enum {
	BPF_F_NO_PREALLOC = 1,
	BPF_NOEXIST = 1,
};
enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
};

#if defined(__TARGET_ARCH_x86)
#include "x86/vmlinux.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arm64/vmlinux.h"
#else
#error "no vmlinux header for this architecture"
#endif

struct super_block {
	__u32 s_dev; /* with the inode's number: which file */
} __attribute__((preserve_access_index));

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
} __attribute__((preserve_access_index));

/* Which file a program is, and whether it is still what it was. */
struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
	__s64 i_size;
	__s64 i_ctime_sec; /* from 6.11 on */
	__u32 i_ctime_nsec;
	__u32 i_generation;
} __attribute__((preserve_access_index));

/* Its time of change as earlier kernels name it: 6.6 to 6.10, and before. */
struct inode___with_accessors {
	struct timespec64 __i_ctime;
} __attribute__((preserve_access_index));
struct inode___plain {
	struct timespec64 i_ctime;
} __attribute__((preserve_access_index));

struct file {
	struct inode *f_inode;
} __attribute__((preserve_access_index));

/* Which file is mapped at an address, and from where on. */
struct vm_area_struct {
	unsigned long vm_start;
	struct file *vm_file;
} __attribute__((preserve_access_index));

/* Its address tells one program from the next; what it has mapped, when to look again. */
struct mm_struct {
	unsigned long exec_vm; /* pages of code */
	unsigned long start_code; /* with the address as linked: the load bias */
	unsigned long arg_start, arg_end; /* the command line */
	struct file *exe_file;
} __attribute__((preserve_access_index));

/* A cgroup's name, and whose part it is. */
struct kernfs_node {
	struct kernfs_node *__parent; /* from 6.15 on */
	const char *name;
	__u64 id;
} __attribute__((preserve_access_index));
struct kernfs_node___plain {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct cgroup {
	struct kernfs_node *kn;
} __attribute__((preserve_access_index));

struct cgroup_subsys_state {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));

/* In which cgroups a process is: that of version 2, and those of version 1's hierarchies. */
struct css_set {
	struct cgroup *dfl_cgrp;
	struct cgroup_subsys_state *subsys[1];
} __attribute__((preserve_access_index));

struct ns_common {
	unsigned int inum; /* tells a namespace from all others that there are */
} __attribute__((preserve_access_index));

struct pid_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));

struct upid {
	int nr;
	struct pid_namespace *ns;
} __attribute__((preserve_access_index));

/* A process's number in each PID namespace; numbers[level] is what it sees itself. */
struct pid {
	unsigned int level;
	struct upid numbers[1];
} __attribute__((preserve_access_index));

struct new_utsname {
	char nodename[65];
} __attribute__((preserve_access_index));

struct uts_namespace {
	struct new_utsname name; /* a pod's name under Kubernetes */
} __attribute__((preserve_access_index));

struct nsproxy {
	struct uts_namespace *uts_ns;
} __attribute__((preserve_access_index));

struct cred {
	struct {
		__u32 val;
	} euid, egid;
} __attribute__((preserve_access_index));

/* What all threads of a process share. */
struct signal_struct {
	__u64 sum_sched_runtime; /* ns on a CPU of its ended threads: of all, once it is freed */
} __attribute__((preserve_access_index));

struct sched_entity {
	__u64 sum_exec_runtime; /* ns on a CPU, up to the scheduler's last look */
} __attribute__((preserve_access_index));

/* Who was interrupted. */
struct task_struct {
	int pid; /* the thread's id */
	int tgid; /* the process's id */
	char comm[16];
	__u64 start_time; /* with pid the thread's identity: pids are used again */
	__u64 start_boottime; /* the same in the clock that /proc shows */
	struct mm_struct *mm; /* NULL for kernel threads, another one after execve */
	struct task_struct *group_leader, *real_parent;
	struct pid *thread_pid;
	struct css_set *cgroups;
	struct nsproxy *nsproxy;
	const struct cred *cred;
	struct signal_struct *signal;
	struct sched_entity se;
	struct thread_struct thread; /* the thread pointer */
} __attribute__((preserve_access_index));

#endif
