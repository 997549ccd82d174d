/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the BPF programs run: the events in a process's life, and the event that ticks, on every CPU or for every thread
 * of the chosen processes. Must not know what the programs do.
 */
#include "capture/capture.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "capture/cpu_events.h"
#include "capture/internal.h"
#include "capture/source.h"

/* All threads of the processes, or, where there are too many for that, all CPUs. */
static int attach_threads(struct capture *capture, const pid_t *pids, size_t npids, struct err *err)
{
	int program = bpf_program__fd(capture_tick_program(capture));
	int code = source_threads_attach(pids, npids, capture->bpf->rodata->settings.children,
					 capture->bpf->rodata->settings.period_ns, program,
					 &capture->threads);

	if (!code)
		return 0;
	err_set(err, code, "cannot attach to the threads of the process: %s",
		source_threads_reason(code));
	return code == -ESRCH ? code : err_hint(err, "sample by CPU instead: --per-cpu");
}

int capture_attach(struct capture *capture, const pid_t *pids, size_t npids, struct err *err)
{
	int code = pybpfprof_bpf__attach(capture->bpf);

	if (code) {
		err_set(err, code, "cannot attach to the kernel's events of processes: %s",
			strerror(-code));
		return err_hint(err, "Linux 5.11 or later with BTF is needed");
	}
	return capture->per_thread ? attach_threads(capture, pids, npids, err)
				   : cpu_events_attach(capture, err);
}

int capture_follow_cpus(struct capture *capture)
{
	return capture->per_thread ? 0 : cpu_events_follow(capture);
}

uint32_t capture_ncpus(const struct capture *capture)
{
	long ncpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!capture->per_thread)
		return cpu_events_ncpus(capture);
	return ncpus > 0 ? (uint32_t)ncpus : 1;
}

uint64_t capture_away_ns(const struct capture *capture)
{
	return capture->per_thread ? 0 : cpu_events_away_ns(capture);
}

bool capture_same_cpus(const struct capture *capture)
{
	return capture->per_thread || cpu_events_same_cpus(capture);
}
