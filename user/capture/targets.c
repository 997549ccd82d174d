/* SPDX-License-Identifier: GPL-2.0-only */
/* What user space tells the BPF program: layouts, answers about processes, known programs, threads it could not find. */
#include "capture/capture.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/internal.h"

/* What BPF has decided about threads stands for one epoch only; 0 is none. */
static void new_epoch(struct capture *capture)
{
	uint32_t *epoch = (uint32_t *)&capture->bpf->data->answers_epoch;

	if (!__atomic_add_fetch(epoch, 1, __ATOMIC_SEQ_CST))
		__atomic_add_fetch(epoch, 1, __ATOMIC_SEQ_CST);
}

int capture_add_layout(struct capture *capture, const struct pbp_layout *layout,
		       uint32_t *ret_index)
{
	uint32_t index = 0;
	int code;

	while (index < capture->nlayouts &&
	       memcmp(&capture->layouts[index], layout, sizeof(*layout)) != 0)
		index++;
	*ret_index = index;
	if (index < capture->nlayouts)
		return 0;
	if (index == PBP_LAYOUTS_MAX)
		return -ENOSPC;
	code = bpf_map__update_elem(capture->bpf->maps.layouts, &index, sizeof(index), layout,
				    sizeof(*layout), BPF_ANY);
	if (code)
		return code;
	capture->layouts[capture->nlayouts++] = *layout;
	return 0;
}

const struct pbp_layout *capture_layout(const struct capture *capture, uint32_t index)
{
	return index < capture->nlayouts ? &capture->layouts[index] : NULL;
}

int capture_put_process(struct capture *capture, pid_t pid, const struct pbp_answer *answer,
			uint32_t *ret_id)
{
	uint32_t key = (uint32_t)pid;
	struct pbp_process process = {
		.verdict = answer->verdict,
		.layout = answer->layout,
		.runtime = answer->runtime,
		.announced = PBP_PUT,
	};
	int code;

	process.id = pbp_id(++capture->bpf->bss->ids[0].given[PBP_ID_USER], 0, capture->cpu_bits,
			    PBP_ID_USER);
	code = bpf_map__update_elem(capture->bpf->maps.processes, &key, sizeof(key), &process,
				    sizeof(process), BPF_NOEXIST);
	if (code == -EEXIST && bpf_map__lookup_elem(capture->bpf->maps.processes, &key, sizeof(key),
						    &process, sizeof(process), 0))
		code = -ESRCH; /* it ended in between */
	if (!code || code == -EEXIST)
		*ret_id = process.id;
	new_epoch(capture);
	return code;
}

void capture_drop_process(struct capture *capture, pid_t pid)
{
	uint32_t key = (uint32_t)pid;

	bpf_map__delete_elem(capture->bpf->maps.processes, &key, sizeof(key), 0);
	new_epoch(capture);
}

int capture_answer(struct capture *capture, uint32_t id, const struct pbp_answer *answer)
{
	int code = bpf_map__update_elem(capture->bpf->maps.answers, &id, sizeof(id), answer,
					sizeof(*answer), BPF_ANY);

	new_epoch(capture);
	return code;
}

void capture_forget(struct capture *capture, uint32_t id)
{
	bpf_map__delete_elem(capture->bpf->maps.answers, &id, sizeof(id), 0);
}

/* Into a map of what is asked for again when it is not there: when it is full, any other entry makes room. */
static int put_in_cache(const struct bpf_map *map, const void *key, const void *value)
{
	size_t key_size = bpf_map__key_size(map), value_size = bpf_map__value_size(map);
	unsigned char other[sizeof(struct pbp_file_key)];
	int code = bpf_map__update_elem(map, key, key_size, value, value_size, BPF_ANY);

	if (code != -E2BIG || key_size > sizeof(other) ||
	    bpf_map__get_next_key(map, NULL, other, key_size))
		return code;
	bpf_map__delete_elem(map, other, key_size, 0);
	return bpf_map__update_elem(map, key, key_size, value, value_size, BPF_ANY);
}

int capture_put_program(struct capture *capture, const struct pbp_file_key *file,
			const struct pbp_program *program)
{
	if (program->verdict == PBP_VERDICT_LOADING && !capture->finds_libraries)
		return -ENOTSUP;
	return put_in_cache(capture->bpf->maps.programs, file, program);
}

int capture_put_thread(struct capture *capture, uint32_t tid, const struct pbp_found_thread *found)
{
	return put_in_cache(capture->bpf->maps.found_threads, &tid, found);
}
