/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The software CPU clock of single threads, which the kernel hands on to all that these give birth to. Responsible
 * for no thread being left out and none being counted twice. What is done with a tick is the program's business.
 */
#include "capture/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"

/* A process whose threads are born at every moment is left to the events of the CPUs. */
#define ATTEMPTS 8

/*
 * A child inherits before it shows in /proc (copy_process in the kernel's kernel/fork.c: perf_event_init_task stands
 * before alloc_pid), by some tens of microseconds unless its creator is put off the CPU in between.
 */
#define BIRTH_NS 2000000

/* Files that we may have open besides those of the threads. */
#define OTHER_FILES 256

/* Process or thread numbers. */
struct numbers {
	pid_t *items;
	size_t n, capacity;
};

int source_thread_open(pid_t tid, uint64_t period_ns)
{
	/*
	 * Either software clock would do: the timer of both runs only while the thread does, and what is left of a
	 * period is kept over a switch (perf_swevent_cancel_hrtimer in the kernel's kernel/events/core.c).
	 */
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = period_ns,
		.disabled = 1,
		.inherit = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static int numbers_add(struct numbers *numbers, pid_t number)
{
	if (numbers->n >= SOURCE_THREADS_MAX)
		return -E2BIG;
	if (array_reserve(&numbers->items, &numbers->capacity, numbers->n + 1, sizeof(pid_t)))
		return -ENOMEM;
	numbers->items[numbers->n++] = number;
	return 0;
}

/* A pid in decimal that ends at an end of word; moves behind it. 0: none is there. */
static pid_t parse_pid(const char **text)
{
	char *end;
	long number;

	*text += strspn(*text, " ");
	if (**text < '0' || **text > '9')
		return 0;
	errno = 0;
	number = strtol(*text, &end, 10);
	if (errno || number > INT32_MAX || (*end && *end != ' '))
		return 0;
	*text = end;
	return (pid_t)number;
}

/* Add the threads of the process. */
static int add_threads(pid_t pid, struct numbers *threads)
{
	char path[64];
	const struct dirent *entry;
	DIR *folder;
	int code = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!code && (entry = readdir(folder))) {
		const char *name = entry->d_name;
		pid_t tid = parse_pid(&name);

		if (tid > 0)
			code = numbers_add(threads, tid);
	}
	closedir(folder);
	return code;
}

/* Add the processes that the thread gave birth to. A thread that is gone has none, nor one of a kernel that does not
 * tell them (CONFIG_PROC_CHILDREN, on in all distributions). */
static int add_children(pid_t tid, struct numbers *processes)
{
	char path[64], *line = NULL;
	size_t capacity = 0;
	const char *at;
	pid_t child;
	FILE *stream;
	int code = 0;

	/* Any thread's number opens as a folder of /proc, although only processes are listed there. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", tid, tid);
	stream = fopen(path, "re");
	if (!stream)
		return errno == EMFILE || errno == ENOMEM ? -errno : 0;
	if (getline(&line, &capacity, stream) > 0) {
		for (at = line; !code && (child = parse_pid(&at)) > 0;)
			code = numbers_add(processes, child);
	}
	free(line);
	fclose(stream);
	return code;
}

static int compare_numbers(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort_unique(struct numbers *numbers)
{
	size_t kept = 0;

	if (numbers->n)
		qsort(numbers->items, numbers->n, sizeof(pid_t), compare_numbers);
	for (size_t i = 0; i < numbers->n; i++) {
		if (!kept || numbers->items[kept - 1] != numbers->items[i])
			numbers->items[kept++] = numbers->items[i];
	}
	numbers->n = kept;
}

/* All threads of the processes and, with children, of those below them; in ascending order, each once. */
static int add_trees(const pid_t *pids, size_t npids, bool children, struct numbers *threads)
{
	struct numbers processes = { 0 };
	int code = 0;

	for (size_t i = 0; !code && i < npids; i++)
		code = numbers_add(&processes, pids[i]);
	for (size_t i = 0; !code && i < processes.n; i++) {
		size_t first = threads->n;

		code = add_threads(processes.items[i], threads);
		if (code == -ESRCH)
			code = 0; /* ended meanwhile */
		for (size_t j = first; !code && children && j < threads->n; j++)
			code = add_children(threads->items[j], &processes);
	}
	free(processes.items);
	sort_unique(threads);
	return code;
}

int source_thread_list(pid_t pid, pid_t **ret_tids, size_t *ret_n)
{
	struct numbers threads = { 0 };
	int code = add_threads(pid, &threads);

	if (!code && !threads.n)
		code = -ESRCH;
	if (code) {
		free(threads.items);
		return code;
	}
	sort_unique(&threads);
	*ret_tids = threads.items;
	*ret_n = threads.n;
	return 0;
}

/* Is everything of the second list in the first? Both are sorted. */
static bool is_subset(const struct numbers *second, const struct numbers *first)
{
	size_t i = 0;

	for (size_t j = 0; j < second->n; j++) {
		while (i < first->n && first->items[i] < second->items[j])
			i++;
		if (i == first->n || first->items[i] != second->items[j])
			return false;
	}
	return true;
}

/* The hard limit, too, gives way to those who may raise it; what does not is told by the open that fails. */
static void allow_files(size_t nthreads)
{
	struct rlimit limit;
	rlim_t wanted = nthreads + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max >= wanted) {
		setrlimit(RLIMIT_NOFILE, &limit);
		return;
	}
	if (!setrlimit(RLIMIT_NOFILE, &(struct rlimit){ wanted, wanted }))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int attach_threads(const struct numbers *threads, uint64_t period_ns, int program_fd,
			  struct thread_events *events)
{
	events->fds = calloc(threads->n + 1, sizeof(*events->fds));
	if (!events->fds)
		return -ENOMEM;
	for (size_t i = 0; i < threads->n; i++) {
		int fd = source_thread_open(threads->items[i], period_ns);

		if (fd == -ESRCH)
			continue;
		if (fd < 0)
			return fd;
		events->fds[events->nfds++] = fd;
		/* No bpf_link: it would need a second descriptor for each thread. */
		if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program_fd))
			return -errno;
	}
	return events->nfds ? 0 : -ESRCH;
}

/*
 * -EAGAIN: somebody was born. What a child inherited depends on when that was: nothing, an event that has no program
 * yet (the kernel copies the program at birth, inherit_event), or all. The kernel does not tell which; closing an
 * event takes the inherited ones away, too, so that the next attempt begins from nothing.
 */
static int attempt(const pid_t *pids, size_t npids, bool children, uint64_t period_ns,
		   int program_fd, struct thread_events *events)
{
	struct numbers before = { 0 }, after = { 0 };
	int code = add_trees(pids, npids, children, &before);

	if (!code) {
		allow_files(before.n);
		code = attach_threads(&before, period_ns, program_fd, events);
	}
	if (!code) {
		nanosleep(&(struct timespec){ .tv_nsec = BIRTH_NS }, NULL);
		code = add_trees(pids, npids, children, &after);
	}
	if (!code && !is_subset(&after, &before))
		code = -EAGAIN;
	/* Reaches what was inherited, too. */
	for (size_t i = 0; !code && i < events->nfds; i++) {
		if (ioctl(events->fds[i], PERF_EVENT_IOC_ENABLE, 0))
			code = -errno;
	}
	free(before.items);
	free(after.items);
	return code;
}

int source_threads_attach(const pid_t *pids, size_t npids, bool children, uint64_t period_ns,
			  int program_fd, struct thread_events *ret_events)
{
	struct thread_events events = { 0 };
	int code = -EAGAIN;

	for (int i = 0; code == -EAGAIN && i < ATTEMPTS; i++) {
		code = attempt(pids, npids, children, period_ns, program_fd, &events);
		if (code)
			source_threads_detach(&events);
	}
	if (!code)
		*ret_events = events;
	return code;
}

void source_threads_detach(struct thread_events *events)
{
	for (size_t i = 0; i < events->nfds; i++)
		close(events->fds[i]);
	free(events->fds);
	*events = (struct thread_events){ 0 };
}

const char *source_threads_reason(int code)
{
	switch (code) {
	case -EMFILE:
	case -ENFILE:
		return "more threads than files may be open (ulimit -n)";
	case -E2BIG:
		return "too many threads";
	case -EAGAIN:
		return "new threads or processes are born all the time";
	default:
		return strerror(-code);
	}
}
