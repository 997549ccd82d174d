/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The software CPU clock of each CPU. It is a high-resolution timer, so it keeps its rate where timers of the
 * scheduler tick (ITIMER_PROF) reach a quarter of it, and it needs no hardware counter.
 */
#include "capture/source.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

static int cpu_clock_open(int cpu, uint64_t period_ns)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = period_ns,
		.disabled = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

const struct event_source source_cpu_clock = {
	.name = "CPU clock",
	.program = "on_cpu_clock",
	.program_alone = "on_cpu_clock_alone",
	.open = cpu_clock_open,
};
