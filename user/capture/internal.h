/* SPDX-License-Identifier: GPL-2.0-only */
/* The insides of struct capture, for the files of this folder alone. */
#ifndef PBP_CAPTURE_INTERNAL_H
#define PBP_CAPTURE_INTERNAL_H

#include <linux/types.h>

#include "capture/capture.h"
#include "scratch.h"

#include "pybpfprof.skel.h"

struct capture {
	struct pybpfprof_bpf *bpf;
	struct ring_buffer *ring;
	struct bpf_link **links; /* one per CPU that ticks */
	uint32_t *cpus; /* their numbers */
	uint64_t began_ns, ended_ns; /* of taking ticks (CLOCK_MONOTONIC); 0: not yet */
	const struct pbp_scratch *scratches; /* mapped, one per possible CPU */
	size_t scratches_bytes;
	uint32_t npossible, nlinks;
	int stats_fd; /* holds the kernel's BPF run-time statistics on; -1: not allowed */
	struct capture_handlers handlers;
};

#endif
