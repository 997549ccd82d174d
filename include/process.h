/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What BPF remembers of processes and programs while the whole host is watched.
 *
 *   file ──▶ pbp_program     what the kernel executes: Python or not, known by its inode after the first time; and by
 *                            which library, where that has the runtime
 *   pid  ──▶ pbp_process     written by BPF alone, from the first tick, fork or exec to the end
 *   id   ──▶ pbp_answer      what user space found out, taken over by BPF at the process's next tick or fork
 *
 * An id stands for one program of one process: fork and exec give new ones. It is the "target" of the wire.
 */
#ifndef PBP_INCLUDE_PROCESS_H
#define PBP_INCLUDE_PROCESS_H

#include "abi.h"

/* A file as the kernel tells it from every other, and from itself before it was written to. */
struct pbp_file_key {
	__u64 inode;
	__u64 size; /* bytes */
	__u64 changed_ns; /* ctime */
	__u32 device; /* the kernel's own encoding: major << 20 | minor */
	__u32 generation; /* of the inode number */
};

/* Where one process has its Python: what distinguishes two processes of one build. */
struct pbp_runtime {
	__u64 runtime_addr; /* see struct pbp_target for all of them */
	__u64 current_tstate_addr;
	__u64 code_type_addr;
	__u64 code_counter_addr;
	__u64 thread_pointer_bias;
};

enum pbp_verdict {
	PBP_VERDICT_UNKNOWN, /* user space is asked: ticks are not yet recognised */
	PBP_VERDICT_SAMPLED, /* Python: layout and runtime are set */
	PBP_VERDICT_OTHER, /* not to be sampled, unless it maps other code later: ticks are not ours */
	PBP_VERDICT_LOADING, /* Python once its library is mapped, which is known: a tick finds it, nobody is asked */
	PBP_VERDICT_MAX
};

/* The Python library that a program is linked with. Addresses are as linked. */
struct pbp_library {
	struct pbp_file_key file; /* inode 0: size and time of change alone are known so far */
	__u64 dynamic; /* its dynamic section: what tells it from others in the dynamic linker's list */
	__u64 code_start; /* its lowest executable segment */
	__u64 debug_addr; /* in the program: where the dynamic linker says where that list is (DT_DEBUG) */
};

/* A main executable that was looked at before. */
struct pbp_program {
	__u32 verdict; /* enum pbp_verdict; UNKNOWN: each process of it must be looked at */
	__u32 layout; /* index into the layouts */
	__u64 linked_start; /* mm_struct.start_code of a process without load bias */
	struct pbp_runtime
		linked; /* addresses without load bias, of LOADING the library's; 0 stays 0 */
	struct pbp_library library; /* valid if LOADING */
};

/* User space's answer about the process of an id. */
struct pbp_answer {
	__u32 verdict; /* enum pbp_verdict */
	__u32 layout;
	struct pbp_runtime runtime;
};

/* Who gives ids out; each on its CPU is interrupted by none of its own kind. */
enum pbp_id_giver { PBP_ID_TICK, PBP_ID_EXEC, PBP_ID_FORK, PBP_ID_USER, PBP_ID_GIVERS };

/* How many each has given out on one CPU. */
struct pbp_ids {
	__u32 given[PBP_ID_GIVERS];
};

/* The n-th id (from 1 on) of a giver on a CPU; cpu_bits is how many bits number all CPUs. */
static inline __attribute__((always_inline)) __u32 pbp_id(__u32 n, __u32 cpu, __u32 cpu_bits,
							  enum pbp_id_giver giver)
{
	return (n << cpu_bits | cpu) * PBP_ID_GIVERS + giver;
}

/* What user space knows of an id. */
enum pbp_announced {
	PBP_NOT_ANNOUNCED,
	PBP_PUT, /* that it is there: it made the entry */
	PBP_ANNOUNCED, /* what the record of it tells */
};

/* The value of the processes map, keyed by pid (tgid in the initial PID namespace). */
struct pbp_process {
	__u64 start_time; /* task_struct.start_boottime of the group leader: with the pid its identity */
	__u64 mm; /* another one means another program */
	__u64 exec_vm; /* pages of code mapped when user space was asked last; other code, other answer */
	__u64 look_ns,
		look_after_ns; /* CLOCK_MONOTONIC: when that was, and when it may be asked again */
	__u64 loading_ns; /* CPU time that it has used while LOADING, in ticks */
	struct pbp_runtime runtime;
	__u32 id; /* pbp_id(), never used twice in a run */
	__u32 layout;
	__u32 verdict;
	__u32 announced; /* enum pbp_announced */
	__u32 runtime_touched; /* its runtime's memory was there once: missing later, it is swapped out or being copied */
	__u32 reserved;
};

#endif
