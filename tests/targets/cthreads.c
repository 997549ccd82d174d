/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that the targets gilstate.py and native_threads.py start from C: a shared library that they load
 * with ctypes, so that it serves every interpreter. It must not know CPython: a callback is a function
 * pointer, and ctypes enters Python through PyGILState_Ensure for each call.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct job {
	void (*callback)(void); /* NULL: none */
	uint64_t busy_ns, sleep_ns; /* of each turn */
	char kind; /* first letter of the thread's name */
};

int cthreads_start(void (*callback)(void), uint64_t busy_ns, uint64_t sleep_ns, char kind);

static uint64_t now_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void *work(void *argument)
{
	struct job job = *(struct job *)argument;
	struct timespec pause = { .tv_sec = (time_t)(job.sleep_ns / 1000000000u),
				  .tv_nsec = (long)(job.sleep_ns % 1000000000u) };
	char line[64];
	int size;

	free(argument);
	/* One write, because Python's threads print as well. */
	size = snprintf(line, sizeof(line), "thread c_%c %ld\n", job.kind, syscall(SYS_gettid));
	if (write(STDOUT_FILENO, line, (size_t)size) != size)
		return NULL;
	for (;;) {
		uint64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + job.busy_ns;

		while (job.busy_ns && now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
			continue;
		if (job.callback)
			job.callback();
		if (job.sleep_ns)
			nanosleep(&pause, NULL);
	}
}

/* Start a thread for the rest of the process's life. 0, or a positive errno. */
int cthreads_start(void (*callback)(void), uint64_t busy_ns, uint64_t sleep_ns, char kind)
{
	struct job *job = malloc(sizeof(*job));
	pthread_t thread;

	if (!job)
		return 12;
	*job = (struct job){ callback, busy_ns, sleep_ns, kind };
	return pthread_create(&thread, NULL, work, job);
}
