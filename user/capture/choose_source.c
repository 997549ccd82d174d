/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Weighs the ticks of idle CPUs against what an event of a thread costs at each of its switches. Asks /proc only and
 * for a short time; must not know how either source is opened.
 */
#include "capture/choose_source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/source.h"

/*
 * Measured on Linux 6.18 in a virtual machine, where the timer's registers trap to the host; on bare metal both are a
 * few times less, their ratio is alike. A tick of an idle CPU: the interrupt and what it wakes. A switch: starting the
 * timer when the thread is put on a CPU and cancelling it when it leaves; the round trip of two processes over a pipe
 * on one CPU, two switches, took 7.1 us without and 9.6 us with events, and 5.1 and 10.1 us on another day.
 */
#define TICK_COST_NS   13000
#define SWITCH_COST_NS 2500

/*
 * The CPUs that tick in vain are other people's or nobody's, a switch is the target's own time, and what it takes is
 * counted by the kernel and by ticks of CPUs, but not by an event of the thread, which does not run yet. Of a
 * thread that woke 1,000 times a second for 0.2 ms each such events saw 95 to 99.7 % of its CPU time. So few
 * switches are allowed: 2,000 a second of one busy CPU.
 */
#define SLOWER_PER_MILLE 5

/*
 * The rest of a period is lost when a thread ends, half of one each time, since the next begins anew (inherit_event in
 * the kernel's kernel/events/core.c). Of threads that live for 2 ms, ticks of 1 ms saw 83 to 90 % of the CPU time. A
 * process that did much of its work by threads or children that have ended will go on like that.
 */
#define ENDED_PER_CENT 10

/* With so few there is nothing to gain: the target keeps one busy, the other ticks at 1.3 % of a CPU at 1000 Hz. */
#define CPUS_FEW 2

/*
 * Opening an event takes 0.2 ms, and one file each: with more threads than that the first tenth of a second would not
 * be sampled. Listing them would take as long as the answer may (16 us each the first time).
 */
#define THREADS_MANY 512

/* Between two looks, and what reading /proc may take each time. Together less than 50 ms. */
#define LOOK_APART_NS 20000000ULL
#define LOOK_TIME_NS  10000000ULL

struct thread_load {
	pid_t tid;
	struct source_load before; /* since its birth */
};

static uint64_t add_limited(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply_limited(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

bool source_rule(uint32_t ncpus, uint64_t period_ns, const struct source_load *load)
{
	uint64_t busy = load->cpu_ns / CLOCK_NS_PER_SECOND + 1;
	uint64_t ticks = CLOCK_NS_PER_SECOND / period_ns, allowed, in_vain, switching;

	if (ncpus <= CPUS_FEW || busy >= ncpus ||
	    load->ended_ns > load->lived_ns / 100 * ENDED_PER_CENT)
		return false;
	switching = multiply_limited(load->switches, SWITCH_COST_NS);
	in_vain = multiply_limited(ticks, (ncpus - busy) * TICK_COST_NS);
	allowed = busy * (CLOCK_NS_PER_SECOND / 1000 * SLOWER_PER_MILLE);
	return switching <= in_vain && switching <= allowed;
}

int source_parse_schedstat(const char *text, uint64_t *ret_cpu_ns, uint64_t *ret_switches)
{
	uint64_t numbers[3];
	char *end;

	for (size_t i = 0; i < 3; i++) {
		if (*text < '0' || *text > '9')
			return -EBADMSG;
		errno = 0;
		numbers[i] = strtoull(text, &end, 10);
		if (errno || *end != (i == 2 ? '\n' : ' '))
			return -EBADMSG;
		text = end + 1;
	}
	if (*text)
		return -EBADMSG;
	*ret_cpu_ns = numbers[0];
	*ret_switches = numbers[2];
	return 0;
}

int source_parse_stat(const char *text, uint64_t *ret_own, uint64_t *ret_children)
{
	/* The name may hold anything, but nothing behind it a bracket. Fields 14 to 17 of proc(5). */
	const char *behind = strrchr(text, ')');
	uint64_t user, system;
	int64_t children_user, children_system;

	if (!behind || sscanf(behind,
			      ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
			      " %" SCNd64 " %" SCNd64,
			      &user, &system, &children_user, &children_system) != 4)
		return -EBADMSG;
	if (children_user < 0 || children_system < 0)
		return -EBADMSG;
	*ret_own = add_limited(user, system);
	*ret_children = (uint64_t)children_user + (uint64_t)children_system;
	return 0;
}

struct source_load source_scale(struct source_load growth, uint64_t elapsed_ns, uint64_t looked,
				uint64_t threads)
{
	double factor = (double)CLOCK_NS_PER_SECOND / (double)elapsed_ns;
	double switches, cpu_ns;

	if (!looked)
		return (struct source_load){ 0 };
	factor *= (double)threads / (double)looked;
	switches = (double)growth.switches * factor;
	cpu_ns = (double)growth.cpu_ns * factor;
	/* 2^63: what is above is no number of this world, and no conversion is undefined below. */
	return (struct source_load){
		.switches = switches < 0x1p63 ? (uint64_t)switches : UINT64_MAX,
		.cpu_ns = cpu_ns < 0x1p63 ? (uint64_t)cpu_ns : UINT64_MAX,
	};
}

/* A small file of /proc as text. 0 or a negative errno. */
static int read_text(const char *path, char *text, size_t capacity)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, capacity - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	text[n] = '\0';
	return 0;
}

/* Since the thread's birth. 0 or a negative errno. */
static int read_load(pid_t tid, struct source_load *ret_load)
{
	char path[64], text[128];
	int code;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", tid, tid);
	code = read_text(path, text, sizeof(text));
	if (code)
		return code;
	return source_parse_schedstat(text, &ret_load->cpu_ns, &ret_load->switches);
}

/* Add what the process did since its birth, of which its threads that are there did live_ns. */
static void add_past(pid_t pid, uint64_t live_ns, struct source_load *past)
{
	const uint64_t tick_ns = CLOCK_NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	char path[64], text[1024];
	uint64_t own, children;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_text(path, text, sizeof(text)) || source_parse_stat(text, &own, &children))
		return;
	own = multiply_limited(own, tick_ns);
	children = multiply_limited(children, tick_ns);
	past->lived_ns = add_limited(past->lived_ns, add_limited(own, children));
	past->ended_ns = add_limited(past->ended_ns, children);
	if (own > live_ns)
		past->ended_ns = add_limited(past->ended_ns, own - live_ns);
}

/* Threads of all processes, without listing them: each is a link of the folder (proc_task_getattr, fs/proc/base.c). */
static uint64_t count_threads(const pid_t *pids, size_t npids)
{
	uint64_t threads = 0;

	for (size_t i = 0; i < npids && threads <= THREADS_MANY; i++) {
		char path[64];
		struct stat facts;

		snprintf(path, sizeof(path), "/proc/%d/task", pids[i]);
		/* The folder itself has two. */
		if (!stat(path, &facts) && facts.st_nlink > 2)
			threads += facts.st_nlink - 2;
	}
	return threads;
}

/* The first look: as many threads as there is time and room for. Returns how many; adds the past of their processes. */
static size_t look_first(const pid_t *pids, size_t npids, struct thread_load *loads,
			 struct source_load *past)
{
	uint64_t until = clock_monotonic_ns() + LOOK_TIME_NS;
	size_t looked = 0;

	for (size_t i = 0; i < npids && clock_monotonic_ns() < until; i++) {
		uint64_t live_ns = 0;
		pid_t *tids;
		size_t n, j;

		if (source_thread_list(pids[i], &tids, &n))
			continue;
		for (j = 0; j < n && looked < THREADS_MANY && clock_monotonic_ns() < until; j++) {
			loads[looked].tid = tids[j];
			if (read_load(tids[j], &loads[looked].before))
				continue;
			live_ns = add_limited(live_ns, loads[looked].before.cpu_ns);
			looked++;
		}
		free(tids);
		if (j == n)
			add_past(pids[i], live_ns, past);
	}
	return looked;
}

/* The second look: what they did since. Threads that have ended did nothing. Returns how many were looked at. */
static size_t look_again(const struct thread_load *loads, size_t nloads,
			 struct source_load *ret_growth)
{
	uint64_t until = clock_monotonic_ns() + LOOK_TIME_NS;
	struct source_load growth = { 0 }, now;
	size_t looked = 0;

	for (; looked < nloads && clock_monotonic_ns() < until; looked++) {
		const struct source_load *before = &loads[looked].before;

		if (read_load(loads[looked].tid, &now))
			continue;
		/* The number of a thread that has ended may be another's by now. */
		if (now.switches < before->switches || now.cpu_ns < before->cpu_ns)
			continue;
		growth.switches = add_limited(growth.switches, now.switches - before->switches);
		growth.cpu_ns = add_limited(growth.cpu_ns, now.cpu_ns - before->cpu_ns);
	}
	*ret_growth = growth;
	return looked;
}

/* Watch the threads for a while. 0; -EAGAIN: there was no time to look at any. */
static int watch(const pid_t *pids, size_t npids, uint64_t threads, struct source_load *ret_load)
{
	struct thread_load *loads = calloc(THREADS_MANY, sizeof(*loads));
	struct source_load growth = { 0 }, past = { 0 };
	uint64_t began = clock_monotonic_ns(), elapsed;
	size_t looked;

	if (!loads)
		return -ENOMEM;
	looked = look_first(pids, npids, loads, &past);
	nanosleep(&(struct timespec){ .tv_nsec = LOOK_APART_NS }, NULL);
	/* From one beginning to the other: each thread was watched for about that long. */
	elapsed = clock_monotonic_ns() - began;
	looked = look_again(loads, looked, &growth);
	*ret_load = source_scale(growth, elapsed, looked, threads);
	ret_load->lived_ns = past.lived_ns;
	ret_load->ended_ns = past.ended_ns;
	free(loads);
	return looked ? 0 : -EAGAIN;
}

bool source_prefers_threads(const pid_t *pids, size_t npids, uint64_t period_ns)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t ncpus = online > 0 ? (uint32_t)online : 1;
	struct source_load load = { 0 };
	uint64_t threads;

	/* Nothing that could be seen would make a difference. */
	if (!source_rule(ncpus, period_ns, &load))
		return false;
	threads = count_threads(pids, npids);
	if (threads > THREADS_MANY)
		return false;
	if (threads && watch(pids, npids, threads, &load))
		return false;
	return source_rule(ncpus, period_ns, &load);
}
