/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells the BPF program which processes to sample, and which thread states it could not find by itself. */
#include "capture/capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/internal.h"

/* What BPF has decided about threads stands for one epoch only. */
static void new_epoch(struct capture *capture)
{
	__atomic_fetch_add(&capture->bpf->bss->targets_epoch, 1, __ATOMIC_SEQ_CST);
}

int capture_put_target(struct capture *capture, pid_t pid, const struct pbp_target *target)
{
	uint32_t key = (uint32_t)pid;
	int code = bpf_map__update_elem(capture->bpf->maps.targets, &key, sizeof(key), target,
					sizeof(*target), BPF_ANY);

	new_epoch(capture);
	return code;
}

void capture_drop_target(struct capture *capture, pid_t pid)
{
	uint32_t key = (uint32_t)pid;

	bpf_map__delete_elem(capture->bpf->maps.targets, &key, sizeof(key), 0);
	new_epoch(capture);
}

int capture_put_thread(struct capture *capture, uint32_t tid, const struct pbp_found_thread *found)
{
	return bpf_map__update_elem(capture->bpf->maps.found_threads, &tid, sizeof(tid), found,
				    sizeof(*found), BPF_ANY);
}
