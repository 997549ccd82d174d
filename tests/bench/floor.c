/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `floor HZ SECONDS OBJECT`: runs floor.bpf.c on a CPU clock of every online CPU and prints
 * `floor TICKS ticks SECONDS s CPUS cpus`. Knows nothing of Python nor of the profiler.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define NS_PER_SECOND 1000000000u

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / NS_PER_SECOND;
}

/* Attach to every CPU that is online. Returns their number, or a negative errno. */
static int attach(struct bpf_program *program, unsigned long hz)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = NS_PER_SECOND / hz,
	};
	int ncpus = libbpf_num_possible_cpus(), cpu, attached = 0;

	for (cpu = 0; cpu < ncpus; cpu++) {
		int fd =
			(int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

		if (fd < 0 && errno == ENODEV)
			continue;
		if (fd < 0 || !bpf_program__attach_perf_event(program, fd))
			return -errno;
		attached++;
	}
	return attached;
}

/* The sum over all CPUs so far. */
static uint64_t sum(int map)
{
	int ncpus = libbpf_num_possible_cpus(), cpu;
	uint64_t *counts = calloc((size_t)ncpus, sizeof(*counts)), all = 0;
	uint32_t zero = 0;

	if (counts && bpf_map_lookup_elem(map, &zero, counts) == 0) {
		for (cpu = 0; cpu < ncpus; cpu++)
			all += counts[cpu];
	}
	free(counts);
	return all;
}

int main(int argc, char *argv[])
{
	unsigned long hz = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	double seconds = argc == 4 ? strtod(argv[2], NULL) : 0, start;
	struct bpf_object *object;
	struct timespec pause = { .tv_sec = (time_t)seconds,
				  .tv_nsec = (long)((seconds - (double)(time_t)seconds) *
						    NS_PER_SECOND) };
	uint64_t before, after;
	int ncpus, map;

	if (hz == 0 || seconds <= 0) {
		fprintf(stderr, "usage: floor HZ SECONDS OBJECT\n");
		return 2;
	}
	object = bpf_object__open_file(argv[3], NULL);
	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "floor: cannot load %s: %s\n", argv[3], strerror(errno));
		return 1;
	}
	map = bpf_object__find_map_fd_by_name(object, "ticks");
	ncpus = attach(bpf_object__find_program_by_name(object, "floor_tick"), hz);
	if (ncpus <= 0) {
		fprintf(stderr, "floor: cannot attach: %s\n", strerror(-ncpus));
		return 1;
	}
	before = sum(map);
	start = now();
	nanosleep(&pause, NULL);
	after = sum(map);
	printf("floor %llu ticks %.6f s %d cpus\n", (unsigned long long)(after - before),
	       now() - start, ncpus);
	bpf_object__close(object);
	return 0;
}
