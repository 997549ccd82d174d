/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event of every CPU: opened, and opened anew on CPUs that came, or came back, while we run. What that means for the
 * account is in cpu_presence.c; what the program does at a tick is not known here.
 */
#include "capture/cpu_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/clock.h"
#include "capture/internal.h"
#include "capture/source.h"

static uint64_t last_tick_ns(const struct capture *capture, uint32_t cpu)
{
	uint64_t last = __atomic_load_n(&capture->scratches[cpu].last_tick_ns, __ATOMIC_RELAXED);

	return last ? last : capture->began_ns;
}

/* Give the source's program to an event that was opened; fd is taken over. 0 or a negative errno. */
static int attach_event(struct capture *capture, int fd, uint32_t cpu)
{
	struct bpf_link *link = bpf_program__attach_perf_event(capture_tick_program(capture), fd);
	int code = link ? 0 : -errno;

	if (code)
		close(fd);
	else
		capture->cpus[cpu].link = link;
	return code;
}

/* 0, also for a CPU that is not there, or a negative errno. */
static int attach_cpu(struct capture *capture, uint32_t cpu)
{
	const uint64_t period_ns = capture->bpf->rodata->settings.period_ns;
	struct cpu_presence *presence = &capture->cpus[cpu].presence;
	uint64_t last = last_tick_ns(capture, cpu), now = clock_monotonic_ns();
	int fd = event_sources[0]->open((int)cpu, period_ns);

	if (fd == -ENODEV) {
		cpu_presence_found_away(presence, last, now);
		return 0;
	}
	if (fd < 0)
		return fd;
	cpu_presence_opened(presence, last, now, period_ns);
	/* What it owed until now is counted: BPF is not to count it at the next tick again. No event ticks on it yet. */
	if (capture->began_ns)
		__atomic_store_n(&capture->scratches[cpu].last_tick_ns, now, __ATOMIC_RELAXED);
	return attach_event(capture, fd, cpu);
}

int cpu_events_attach(struct capture *capture, struct err *err)
{
	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++) {
		int code = attach_cpu(capture, cpu);

		if (code)
			return err_set(err, code, "cannot attach to the %s of CPU %u: %s",
				       event_sources[0]->name, cpu, strerror(-code));
	}
	return cpu_events_ncpus(capture)
		       ? 0
		       : err_set(err, -ENODEV, "no CPU has a %s", event_sources[0]->name);
}

/* End the events that may have ended by themselves. How many are left. */
static uint32_t detach_silent(struct capture *capture)
{
	const uint64_t period_ns = capture->bpf->rodata->settings.period_ns;
	uint64_t now = clock_monotonic_ns();
	uint32_t nleft = 0;

	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++) {
		struct cpu_event *event = &capture->cpus[cpu];

		if (event->link &&
		    cpu_presence_is_silent(&event->presence, last_tick_ns(capture, cpu), now,
					   period_ns)) {
			bpf_link__destroy(event->link);
			event->link = NULL;
		}
		nleft += event->link ? 1 : 0;
	}
	return nleft;
}

int cpu_events_follow(struct capture *capture)
{
	long nonline = sysconf(_SC_NPROCESSORS_ONLN);
	bool all = detach_silent(capture) == nonline;
	int code = 0;

	for (uint32_t cpu = 0; !code && cpu < capture->npossible; cpu++) {
		if (capture->cpus[cpu].link)
			continue;
		if (all) /* A machine may have many CPUs that never come: they are not asked for one by one. */
			cpu_presence_found_away(&capture->cpus[cpu].presence,
						last_tick_ns(capture, cpu), clock_monotonic_ns());
		else
			code = attach_cpu(capture, cpu);
	}
	return code;
}

void cpu_events_began(struct capture *capture)
{
	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++)
		capture->cpus[cpu].was_there = capture->cpus[cpu].link != NULL;
}

void cpu_events_detach(struct capture *capture)
{
	for (uint32_t cpu = 0; capture->cpus && cpu < capture->npossible; cpu++)
		bpf_link__destroy(capture->cpus[cpu].link);
	free(capture->cpus);
	capture->cpus = NULL;
}

uint64_t cpu_events_missed(const struct capture *capture)
{
	const uint64_t period_ns = capture->bpf->rodata->settings.period_ns;
	uint64_t missed = 0;

	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++) {
		const struct cpu_presence *presence = &capture->cpus[cpu].presence;

		if (!presence->opened_ns)
			continue;
		missed += presence->missed;
		if (capture->ended_ns)
			missed += cpu_presence_missed_at_end(presence, last_tick_ns(capture, cpu),
							     capture->ended_ns, period_ns);
	}
	return missed;
}

uint32_t cpu_events_ncpus(const struct capture *capture)
{
	uint32_t ncpus = 0;

	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++)
		ncpus += capture->cpus[cpu].presence.opened_ns ? 1 : 0;
	return ncpus;
}

uint64_t cpu_events_away_ns(const struct capture *capture)
{
	uint64_t away = 0;

	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++)
		if (capture->cpus[cpu].presence.opened_ns)
			away += capture->cpus[cpu].presence.away_ns;
	return away;
}

bool cpu_events_same_cpus(const struct capture *capture)
{
	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++)
		if (capture->cpus[cpu].was_there != (capture->cpus[cpu].link != NULL))
			return false;
	return true;
}
