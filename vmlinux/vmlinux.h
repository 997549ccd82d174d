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
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_AVAIL_DATA = 0,
};

#if defined(__TARGET_ARCH_x86)
#include "x86/vmlinux.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arm64/vmlinux.h"
#else
#error "no vmlinux header for this architecture"
#endif

struct mm_struct; /* only its address: another one means another program */

/* Who was interrupted. */
struct task_struct {
	int pid; /* the thread's id */
	int tgid; /* the process's id */
	__u64 start_time; /* with pid the thread's identity: pids are used again */
	struct mm_struct *mm; /* NULL for kernel threads, another one after execve */
	struct thread_struct thread; /* the thread pointer */
} __attribute__((preserve_access_index));

#endif
