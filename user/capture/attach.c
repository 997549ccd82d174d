/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the BPF programs run: the events in a process's life, and the event that ticks, on every CPU or for every thread
 * of the chosen processes. Must not know what the programs do.
 */
#include "capture/capture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/array.h"
#include "capture/internal.h"
#include "capture/source.h"

static bool is_attached(const struct capture *capture, uint32_t number)
{
	for (size_t i = 0; i < capture->nattached; i++)
		if (capture->attached[i].number == number)
			return true;
	return false;
}

/* Attach the source's program to an event that was opened; fd is taken over. 0 or a negative errno. */
static int attach_event(struct capture *capture, const struct event_source *source, int fd,
			uint32_t number)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(capture->bpf->obj, source->program);
	struct bpf_link *link = NULL;
	int code = array_reserve(&capture->attached, &capture->attached_capacity,
				 capture->nattached + 1, sizeof(*capture->attached));

	if (!code) {
		link = program ? bpf_program__attach_perf_event(program, fd) : NULL;
		code = link ? 0 : program ? -errno : -ENOENT;
	}
	if (code) {
		close(fd);
		return code;
	}
	capture->attached[capture->nattached++] =
		(struct attached){ .link = link, .number = number };
	return 0;
}

/* 0, also for a CPU that is not online, or a negative errno. */
static int attach_cpu(struct capture *capture, uint32_t cpu)
{
	const struct event_source *source = event_sources[0];
	int fd = source->open((int)cpu, capture->bpf->rodata->settings.period_ns);

	if (fd == -ENODEV)
		return 0;
	return fd < 0 ? fd : attach_event(capture, source, fd, cpu);
}

static int attach_cpus(struct capture *capture, struct err *err)
{
	for (uint32_t cpu = 0; cpu < capture->npossible; cpu++) {
		int code = attach_cpu(capture, cpu);

		if (code)
			return err_set(err, code, "cannot attach to the %s of CPU %u: %s",
				       event_sources[0]->name, cpu, strerror(-code));
	}
	return capture->nattached
		       ? 0
		       : err_set(err, -ENODEV, "no CPU has a %s", event_sources[0]->name);
}

/* All threads of the processes, or, where there are too many for that, all CPUs. */
static int attach_threads(struct capture *capture, const pid_t *pids, size_t npids, struct err *err)
{
	int program = bpf_program__fd(capture->bpf->progs.on_cpu_clock);
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
				   : attach_cpus(capture, err);
}

/* As the kernel shows it; a CPU that cannot be taken away has no such file. */
static bool is_online(uint32_t cpu)
{
	char path[64], digit = '1';
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	file = fopen(path, "re");
	if (file) {
		digit = (char)fgetc(file);
		fclose(file);
	}
	return digit != '0';
}

/* The event of a CPU that goes offline ends, and does not come back with it (kernel/events/core.c: perf_event_exit_cpu). */
static void detach_offline(struct capture *capture)
{
	size_t nleft = 0;

	for (size_t i = 0; i < capture->nattached; i++) {
		if (is_online(capture->attached[i].number))
			capture->attached[nleft++] = capture->attached[i];
		else
			bpf_link__destroy(capture->attached[i].link);
	}
	capture->nattached = nleft;
}

int capture_follow_cpus(struct capture *capture)
{
	int code = 0;

	detach_offline(capture);
	for (uint32_t cpu = 0; !code && !capture->per_thread && cpu < capture->npossible; cpu++)
		if (!is_attached(capture, cpu))
			code = attach_cpu(capture, cpu);
	return code;
}

uint32_t capture_ncpus(const struct capture *capture)
{
	long ncpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!capture->per_thread)
		return (uint32_t)capture->nattached;
	return ncpus > 0 ? (uint32_t)ncpus : 1;
}
