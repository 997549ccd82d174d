/* SPDX-License-Identifier: GPL-2.0-only */
/* The insides of struct capture, for the files of this folder alone. */
#ifndef PBP_CAPTURE_INTERNAL_H
#define PBP_CAPTURE_INTERNAL_H

#include <linux/types.h>
#include <stdbool.h>

#include "capture/capture.h"
#include "capture/cpu_presence.h"
#include "capture/source.h"
#include "scratch.h"

#include "pybpfprof.skel.h"

struct cpu_event {
	struct bpf_link *link; /* NULL: the CPU has none */
	struct cpu_presence presence;
	bool was_there; /* when ticks began to be taken */
};

struct capture {
	struct pybpfprof_bpf *bpf;
	struct ring_buffer *ring;
	struct cpu_event *cpus; /* by number, npossible of them */
	bool per_thread;
	bool finds_libraries; /* the program of the ticks that is loaded does */
	struct thread_events threads;
	uint64_t began_ns, ended_ns; /* of taking ticks (CLOCK_MONOTONIC); 0: not yet */
	struct pbp_scratch *scratches; /* mapped, one per possible CPU */
	size_t scratches_bytes;
	uint32_t npossible, cpu_bits;
	struct pbp_layout layouts[PBP_LAYOUTS_MAX]; /* as BPF has them */
	uint32_t nlayouts;
	int stats_fd; /* holds the kernel's BPF run-time statistics on; -1: not allowed */
	struct capture_handlers handlers;
};

/* The program that the ticks run: one of those that differ in what they need of the kernel. */
struct bpf_program *capture_tick_program(const struct capture *capture);

#endif
