/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Limits that both sides must agree on, and the run's read-only settings as BPF sees them.
 */
#ifndef PBP_INCLUDE_CONFIG_H
#define PBP_INCLUDE_CONFIG_H

#include "abi.h"

/* Frames of one stack: what --max-depth may ask for at most, and what it is by default. */
#define PBP_DEPTH_MAX	  4096
#define PBP_DEPTH_DEFAULT 1024

/* Turns of the walk's loop. A turn takes up to PBP_FRAMES_PER_TURN frames out of one read; at worst every frame and
 * the shim below it take one each. */
#define PBP_WALK_TURNS	    (2 * PBP_DEPTH_MAX + 128)
#define PBP_FRAMES_PER_TURN 16
#define PBP_TURNS_PER_CALL  64

/* One page-clipped read of frames; 4096 was the best size measured at every depth. */
#define PBP_WINDOW_BYTES 4096
/* A row's frame fields lie within this many bytes of the frame. */
#define PBP_FRAME_BYTES_MAX 256

/* Thread states looked at in one tick, interpreters of one process looked at. */
#define PBP_THREAD_STATES_MAX 512
#define PBP_INTERPRETERS_MAX  16
/* A row's thread-state fields lie within this many bytes of the thread state. */
#define PBP_TSTATE_BYTES_MAX 512
/* A row's code-object fields lie within this many bytes of the code object. */
#define PBP_CODE_BYTES_MAX 256

/* Raw bytes of one string (name, qualified name, file name) and of one line table in a code record. */
#define PBP_STRING_BYTES_MAX	8192
#define PBP_LINETABLE_BYTES_MAX 32768
/* Bytes of a line table that go into a code object's identity where it has no version number. */
#define PBP_IDENTITY_BYTES_MAX 1024

/* What names may cost one tick; names are also held back while the ring is more than half full. */
#define PBP_CODES_PER_TICK	128
#define PBP_CODE_BYTES_PER_TICK 131072

/* Direct-mapped tables; powers of two. */
#define PBP_THREAD_SLOTS 4096
#define PBP_SEEN_SLOTS	 16384

/* Processes known at one time, and of those that Python has been found in: their layouts, equal ones counted once. */
#define PBP_PROCESSES_MAX 16384
#define PBP_LAYOUTS_MAX	  256
/* CPUs of one machine at most: what the ids are given out by. */
#define PBP_CPUS_MAX 4096
/* PID namespaces in one another at most, the initial one included (include/linux/pid_namespace.h: MAX_PID_NS_LEVEL). */
#define PBP_PID_LEVELS_MAX 33
#define PBP_PROGRAMS_MAX   8192
/* Of an id, as many low bits stand in a tag of seen_codes; the others are mixed into the stamp. */
#define PBP_TARGET_ID_BITS 20

/* The run's settings, constant once the BPF object is loaded. */
struct pbp_settings {
	__u64 period_ns; /* of the CPU clock between two ticks of one CPU */
	__u64 ring_bytes;
	__u32 max_depth; /* frames, 1..PBP_DEPTH_MAX */
	__u32 own_pid;
	__u32 announce; /* 1: processes that nobody chose announce themselves; 0: only those put by user space count */
	__u32 children; /* 1: children of a process that is known are known, too */
	__u32 inherited; /* 1: the event is per thread and inherited: it ticks only while a chosen process runs */
	__u32 cpu_bits; /* how many bits number all possible CPUs */
	__u32 pid_namespace; /* the profiler's (ns_common.inum): processes that are not in it are not ours; 0: the initial one */
};

#endif
