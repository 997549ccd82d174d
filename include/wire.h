/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The records that BPF writes into the ring buffer, in the order of truth: the record of a code object stands
 * before the first sample that needs it.
 */
#ifndef PBP_INCLUDE_WIRE_H
#define PBP_INCLUDE_WIRE_H

#include "abi.h"
#include "config.h"
#include "process.h"

enum pbp_kind {
	PBP_KIND_SAMPLE = 1, /* struct pbp_sample */
	PBP_KIND_CODE, /* struct pbp_code */
	PBP_KIND_STARTED, /* struct pbp_started */
	PBP_KIND_LOOK, /* struct pbp_look */
	PBP_KIND_RECOGNISED, /* struct pbp_recognised */
	PBP_KIND_ENDED, /* struct pbp_ended */
	PBP_KIND_THREAD_WANTED, /* struct pbp_thread_wanted */
	PBP_KIND_MAX
};

struct pbp_header {
	__u32 kind; /* enum pbp_kind */
	__u32 size; /* bytes of the whole record, this header included */
};

/* How much of the stack a sample has. */
enum pbp_status {
	PBP_STATUS_COMPLETE, /* down to the root */
	PBP_STATUS_TRUNCATED, /* the leaf-most --max-depth frames */
	PBP_STATUS_UNREADABLE, /* what could be read above the frame that could not; see reason */
	PBP_STATUS_NATIVE, /* the thread runs no Python code */
	PBP_STATUS_NOT_RECOGNISED, /* the process's present program is not known yet */
	PBP_STATUS_MAX
};

/* Why a stack could not be read to its root. */
enum pbp_reason {
	PBP_REASON_NONE,
	PBP_REASON_NOT_RESIDENT, /* a frame or thread state lies in a page that is not in memory */
	PBP_REASON_NOT_CODE, /* a frame's code pointer does not point to a code object */
	PBP_REASON_CYCLE, /* the chain of frames comes back to itself */
	PBP_REASON_NO_ROOT, /* the chain ends in a frame that cannot be the outermost one */
	PBP_REASON_HALF_SWITCHED, /* the interpreter was just switching frames, and so was its caller's frame */
	PBP_REASON_TOO_MANY_THREADS, /* the thread's state lies beyond PBP_THREAD_STATES_MAX */
	PBP_REASON_MAX
};

/*
 * A frame on the wire:
 *
 *   63                              20   19   18                0
 *  +----------------------------------+------+-------------------+
 *  | address of the code object >> 3  | from |   instruction     |
 *  |                                  |  C   |                   |
 *  +----------------------------------+------+-------------------+
 *
 * The instruction counts code units (2.7: bytes) from the start of the bytecode. PBP_FRAME_NO_INSTR stands
 * for a frame that has not started yet and for a position that does not fit.
 */
#define PBP_FRAME_CODE_SHIFT	   20
#define PBP_FRAME_FROM_C	   (1ULL << 19)
#define PBP_FRAME_INSTR_MASK	   0x7ffffULL
#define PBP_FRAME_NO_INSTR	   PBP_FRAME_INSTR_MASK
#define PBP_FRAME_CODE_ADDR(frame) ((frame) >> PBP_FRAME_CODE_SHIFT << 3)

/* One observation of one thread at one tick. The frames are sent as a change against the last sample of this CPU. */
struct pbp_sample {
	struct pbp_header header;
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 weight_ns; /* CPU time that this sample stands for */
	__u64 cgroup_id;
	__u32 target; /* pbp_target.id */
	__u32 pid; /* the process, in the initial PID namespace */
	__u32 tid; /* the thread, likewise */
	__u32 cpu;
	__u32 nframes; /* frames of the whole stack */
	__u32 nkept; /* of these, the root-most ones that equal those of this CPU's last sample */
	__u8 status; /* enum pbp_status */
	__u8 reason; /* enum pbp_reason */
	__u8 user_mode; /* 1: the tick interrupted user space, 0: the kernel */
	__u8 in_jit; /* 1: the thread was in JIT-compiled code, which tells its line less often */
	__u32 reserved32;
	__u64 reserved64; /* 0 on the wire; the walk's scratch in BPF */
	/* Behind it: __u64 frames[nframes - nkept], leaf first. */
};

PBP_STATIC_ASSERT(sizeof(struct pbp_sample) == 72, "no hidden padding on the wire");

enum pbp_code_flag {
	PBP_CODE_DEFERRED =
		1, /* nothing but the address and identity: the names follow later or never */
	PBP_CODE_FAULT = 2, /* something could not be read; the sizes say what is there */
};

/* One string of a code record: raw characters as CPython keeps them. */
struct pbp_string {
	__u32 size; /* bytes in this record */
	__u16 kind; /* bytes a character: 1 (Latin-1), 2 (UCS-2), 4 (UCS-4); 0: raw bytes (2.7) */
	__u16 cut; /* 1: the object's string is longer */
};

/* The kind of a string that is not there: not sent yet, unreadable, or no such field. */
#define PBP_STRING_UNREAD 0xffff
/* The full size of a line table that could not be read. */
#define PBP_LINETABLE_UNREAD 0xffffffffU

/* A code object at first sight, or at first sight of another one at a known address. */
struct pbp_code {
	struct pbp_header header;
	__u64 code_addr;
	__u64 identity; /* co_version, or a fingerprint of the contents; see bpf/pycode.h */
	__u32 target;
	__u32 flags; /* enum pbp_code_flag */
	__s32 firstlineno;
	__u32 linetable_size; /* bytes in this record */
	__u32 linetable_full_size; /* bytes of the object's table, up to 2^31 */
	__u32 reserved;
	struct pbp_string name, qualname, filename;
	/* Behind it the bytes of name, qualname, filename and line table, one behind the other. */
};

PBP_STATIC_ASSERT(sizeof(struct pbp_code) == 72, "no hidden padding on the wire");

/* Why user space hears of a program of a process. */
enum pbp_started_why {
	PBP_STARTED_SEEN, /* at a tick: it was there already */
	PBP_STARTED_FORK, /* a copy of a process that is known: target, layout and addresses are the parent's */
	PBP_STARTED_EXEC, /* a program was executed */
	PBP_STARTED_MAX
};

#define PBP_COMM_SIZE	   16
#define PBP_NODE_NAME_SIZE 65
#define PBP_CGROUP_SIZE	   1024
#define PBP_ARGUMENTS_SIZE 1024

/*
 * A program of a process, told before its first sample: everything that names it is in here, so that nothing needs to
 * be read once it is gone. All texts are the target's own choice.
 */
struct pbp_started {
	struct pbp_header header;
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 start_time; /* of the process, ns since boot (task_struct.start_boottime) */
	__u64 cpu_ns; /* of an exec: what the process had used before, but for the scheduler's last tick; else 0 */
	__u64 cgroup_id; /* in the cgroup v2 hierarchy */
	struct pbp_file_key file; /* its main executable; all 0: not known */
	__u32 target; /* the new id */
	__u32 parent; /* of a fork: the parent's id; else 0 */
	__u32 previous; /* of an exec: the id that this process had before; else 0 */
	__u32 pid;
	__u32 parent_pid;
	__u32 inside_pid; /* in its own PID namespace */
	__u32 seen_pid,
		seen_parent_pid; /* in the profiler's, where /proc shows them; 0: not in it */
	__u32 uid, gid; /* effective, in the initial user namespace */
	__u32 why; /* enum pbp_started_why */
	__u32 verdict; /* enum pbp_verdict: UNKNOWN asks for an answer; of LOADING another record may follow */
	__u32 layout; /* valid if SAMPLED */
	__u32 cgroup_size; /* bytes used below */
	__u32 arguments_size; /* likewise */
	char comm[PBP_COMM_SIZE]; /* with its zero */
	char node_name[PBP_NODE_NAME_SIZE + 3]; /* of its UTS namespace, with its zero */
	/* The names of its cgroup and those above it, the innermost first, each with its zero. */
	char cgroup[PBP_CGROUP_SIZE];
	/* The beginning of its command line, each argument with its zero. */
	char arguments[PBP_ARGUMENTS_SIZE];
};

PBP_STATIC_ASSERT(sizeof(struct pbp_started) == 2264, "no hidden padding on the wire");

/* The process maps other code than when user space last looked: it is asked to look again. */
struct pbp_look {
	struct pbp_header header;
	__u64 start_time;
	__u32 target;
	__u32 pid;
};

/* A process that was LOADING has mapped its library, which is the known one: it is SAMPLED from now on. */
struct pbp_recognised {
	struct pbp_header header;
	__u32 target;
	__u32 pid;
	__u32 layout;
	__u32 reserved;
};

/* The program of an id has ended, by the process's end or by an exec. No sample of it follows. */
struct pbp_ended {
	struct pbp_header header;
	__u64 cpu_ns; /* what the kernel counted for the whole process; for an exec up to it, but for the last tick */
	__u32 target;
	__u32 pid;
	__u32 by_exec; /* 1: the process goes on with another program */
	__u32 reserved;
};

/* The search for a thread's state ended at its limit: user space is asked to find it. */
struct pbp_thread_wanted {
	struct pbp_header header;
	__u64 thread_id; /* what the thread state's thread_id must be */
	__u64 start_time; /* task_struct.start_time of the thread, handed back with the answer */
	__u32 target;
	__u32 pid;
	__u32 tid;
	__u32 reserved;
};

#define PBP_RECORD_BYTES_MAX \
	(sizeof(struct pbp_code) + 3 * PBP_STRING_BYTES_MAX + PBP_LINETABLE_BYTES_MAX)
PBP_STATIC_ASSERT(PBP_RECORD_BYTES_MAX <= PBP_CODE_BYTES_PER_TICK,
		  "a tick can send any one code object");

#endif
