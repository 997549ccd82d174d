/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks the reader about processes and waits for its answers, each of which has a deadline there. Must not know what
 * is made of them.
 */
#include "doctor_look.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "descendants.h"
#include "doctor_pythons.h"

/* Questions at one time. */
#define ASKED_MAX 16
/* Between two calls of reader_take at most. */
#define TAKE_MS 100

struct look {
	struct reader *reader;
	struct doctor_pythons *pythons; /* NULL: only one is looked at */
	struct reader_process *one;
	pid_t *pids; /* to be looked at */
	size_t npids, nasked, nanswered;
	pid_t *children; /* of ours, from before there was a helper: a shell's that executed us */
	size_t nchildren;
	int failed;
};

/* ---- the reader's handlers ---- */

static void take_process(void *context, const struct reader_process *process)
{
	struct look *look = context;

	look->nanswered++;
	if (look->pythons)
		doctor_pythons_add(look->pythons, process);
	else
		*look->one = *process;
}

static int by_number(const void *a, const void *b)
{
	const pid_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static bool is_among(pid_t pid, const pid_t *pids, size_t npids)
{
	return npids && bsearch(&pid, pids, npids, sizeof(*pids), by_number);
}

/* Our helper is the child that we have now and had not before. */
static void leave_out_ourselves(struct look *look)
{
	pid_t own = getpid(), *children = NULL;
	size_t nchildren = 0, nkept = 0;

	descendants_find(&own, 1, &children, &nchildren);
	for (size_t i = 0; i < look->npids; i++) {
		pid_t pid = look->pids[i];
		bool born = is_among(pid, children, nchildren) &&
			    !is_among(pid, look->children, look->nchildren);

		if (pid != own && !born)
			look->pids[nkept++] = pid;
	}
	look->npids = nkept;
	free(children);
}

static void take_list(void *context, const pid_t *pids, size_t npids)
{
	struct look *look = context;

	look->nanswered++;
	look->pids = malloc((npids + 1) * sizeof(*pids));
	if (!look->pids) {
		look->failed = -ENOMEM;
		return;
	}
	/* We ourselves are always among them. */
	if (!npids) {
		look->failed = -EIO;
		return;
	}
	memcpy(look->pids, pids, npids * sizeof(*pids));
	qsort(look->pids, npids, sizeof(*look->pids), by_number);
	look->npids = npids;
	leave_out_ourselves(look);
}

static void take_code(void *context, uint32_t target, int code, const struct code_copy *copy)
{
	(void)context;
	(void)target;
	(void)code;
	(void)copy;
}

static void take_thread(void *context, uint32_t target, uint32_t tid, uint64_t start_time, int code,
			uint64_t tstate_addr, uint64_t interp_addr)
{
	(void)context;
	(void)target;
	(void)tid;
	(void)start_time;
	(void)code;
	(void)tstate_addr;
	(void)interp_addr;
}

static void take_threads(void *context, uint32_t target, const struct reader_thread *threads,
			 size_t nthreads)
{
	(void)context;
	(void)target;
	(void)threads;
	(void)nthreads;
}

/* The answer that fails tells. */
static void take_blocked(void *context, uint32_t target, pid_t pid)
{
	(void)context;
	(void)target;
	(void)pid;
}

/* ---- asking ---- */

static int begin(struct look *look, uint16_t assume_series, struct err *err)
{
	const struct reader_handlers handlers = {
		.process = take_process,
		.code = take_code,
		.thread = take_thread,
		.threads = take_threads,
		.list = take_list,
		.blocked = take_blocked,
		.context = look,
	};

	return reader_new(&handlers, assume_series, &look->reader, err);
}

static void done(struct look *look)
{
	reader_free(look->reader);
	free(look->children);
	free(look->pids);
}

/* Until so many answers have come, or the time is over. 0 or a negative errno. */
static int await(struct look *look, size_t nanswers, uint64_t until_ns)
{
	struct pollfd readable = { .fd = reader_fd(look->reader), .events = POLLIN };
	uint64_t now = clock_monotonic_ns();
	int code = 0;

	while (!code && look->nanswered < nanswers && now < until_ns) {
		if (poll(&readable, 1, TAKE_MS) < 0 && errno != EINTR)
			return -errno;
		now = clock_monotonic_ns();
		code = reader_take(look->reader, now);
	}
	return code;
}

static int list(struct look *look, uint64_t until_ns)
{
	int code = reader_list(look->reader);

	if (!code)
		code = await(look, 1, until_ns);
	if (!code && !look->nanswered)
		code = -ETIMEDOUT;
	look->nanswered = 0;
	return code ? code : look->failed;
}

static int look_at_listed(struct look *look, uint64_t until_ns)
{
	int code = 0;

	while (!code && look->nanswered < look->npids && clock_monotonic_ns() < until_ns) {
		while (!code && look->nasked < look->npids &&
		       look->nasked - look->nanswered < ASKED_MAX) {
			code = reader_look(look->reader, 0, look->pids[look->nasked]);
			look->nasked += !code;
		}
		if (!code)
			code = await(look, look->nanswered + 1, until_ns);
	}
	return code;
}

int doctor_look_at_all(uint16_t assume_series, struct doctor_pythons *pythons, struct err *err)
{
	uint64_t until_ns = clock_monotonic_ns() + DOCTOR_LOOK_NS;
	struct look look = { .pythons = pythons };
	pid_t own = getpid();
	int code;

	descendants_find(&own, 1, &look.children, &look.nchildren);
	code = begin(&look, assume_series, err);
	if (!code)
		code = list(&look, until_ns);
	if (!code)
		code = look_at_listed(&look, until_ns);
	if (!code)
		pythons->nleft = look.npids - look.nanswered;
	else if (look.reader)
		err_set(err, code, "cannot look at the processes: %s", strerror(-code));
	done(&look);
	return code;
}

int doctor_look_at(pid_t pid, uint16_t assume_series, struct reader_process *ret_process,
		   struct err *err)
{
	struct look look = { .one = ret_process };
	int code = begin(&look, assume_series, err);

	if (code)
		return code;
	code = reader_look(look.reader, 0, pid);
	if (!code)
		code = await(&look, 1, clock_monotonic_ns() + DOCTOR_LOOK_NS);
	if (!code && !look.nanswered)
		code = -ETIMEDOUT;
	if (code)
		err_set(err, code, "cannot look at pid %d: %s", pid, strerror(-code));
	done(&look);
	return code;
}
