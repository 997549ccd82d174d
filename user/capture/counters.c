/* SPDX-License-Identifier: GPL-2.0-only */
/* What BPF has counted, summed over the CPUs, and what each counter is called. */
#include "capture/counter_names.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/cpu_events.h"
#include "capture/internal.h"

const char *counter_name(enum pbp_counter counter)
{
	static const char *const names[] = {
#define PBP_COUNTER_NAME(id, name, meaning) name,
		PBP_COUNTERS(PBP_COUNTER_NAME)
	};

	return names[counter];
}

const char *counter_meaning(enum pbp_counter counter)
{
	static const char *const meanings[] = {
#define PBP_COUNTER_MEANING(id, name, meaning) meaning,
		PBP_COUNTERS(PBP_COUNTER_MEANING)
	};

	return meanings[counter];
}

void capture_counters(const struct capture *capture, uint64_t ret_counters[PBP_COUNT_MAX])
{
	for (int counter = 0; counter < PBP_COUNT_MAX; counter++) {
		ret_counters[counter] =
			__atomic_load_n(&capture->bpf->bss->counted[counter], __ATOMIC_RELAXED);
		for (uint32_t cpu = 0; cpu < capture->npossible; cpu++)
			ret_counters[counter] += __atomic_load_n(
				&capture->scratches[cpu].counters[counter], __ATOMIC_RELAXED);
	}
	if (!capture->per_thread)
		ret_counters[PBP_COUNT_TICKS_MISSED] += cpu_events_missed(capture);
}

int capture_cost(const struct capture *capture, uint64_t *ret_ns, uint64_t *ret_runs)
{
	struct bpf_program *program;

	*ret_ns = *ret_runs = 0;
	if (capture->stats_fd < 0)
		return -ENODATA;
	bpf_object__for_each_program(program, capture->bpf->obj)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(program), code;

		if (fd < 0) /* not loaded */
			continue;
		code = bpf_obj_get_info_by_fd(fd, &info, &size);
		if (code)
			return code;
		*ret_ns += info.run_time_ns;
		if (program == capture_tick_program(capture))
			*ret_runs = info.run_cnt;
	}
	return 0;
}
