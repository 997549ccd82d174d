/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads clocks, and the numbers of processes from the names in /proc: nothing that could block. */
#include "cpu_time.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"

struct cpu_time {
	pid_t pid;
	uint64_t ns;
};

struct cpu_times {
	struct cpu_time *times; /* by pid */
	size_t ntimes, capacity;
};

int cpu_time_of(pid_t pid, uint64_t *ret_ns)
{
	struct timespec now;
	clockid_t clock;

	if (pid <= 0 || clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &now))
		return -ESRCH;
	*ret_ns = (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct cpu_time *one = a, *other = b;

	return one->pid < other->pid ? -1 : one->pid > other->pid;
}

static int add_time(struct cpu_times *times, const char *name)
{
	char *end;
	long number = strtol(name, &end, 10);
	struct cpu_time time;
	int code;

	if (*end || number <= 0 || number > INT_MAX)
		return 0;
	time.pid = (pid_t)number;
	if (cpu_time_of(time.pid, &time.ns))
		return 0;
	code = array_reserve(&times->times, &times->capacity, times->ntimes + 1, sizeof(time));
	if (!code)
		times->times[times->ntimes++] = time;
	return code;
}

struct cpu_times *cpu_times_read(void)
{
	struct cpu_times *times = calloc(1, sizeof(*times));
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int code = times && proc ? 0 : -ENOMEM;

	while (!code && (entry = readdir(proc)))
		code = add_time(times, entry->d_name);
	if (proc)
		closedir(proc);
	if (code) {
		cpu_times_free(times);
		return NULL;
	}
	if (times->ntimes)
		qsort(times->times, times->ntimes, sizeof(*times->times), by_pid);
	return times;
}

void cpu_times_free(struct cpu_times *times)
{
	if (times)
		free(times->times);
	free(times);
}

bool cpu_times_find(const struct cpu_times *times, pid_t pid, uint64_t *ret_ns)
{
	const struct cpu_time wanted = { .pid = pid }, *found;

	if (!times || !times->ntimes)
		return false;
	found = bsearch(&wanted, times->times, times->ntimes, sizeof(wanted), by_pid);
	if (found)
		*ret_ns = found->ns;
	return found;
}
