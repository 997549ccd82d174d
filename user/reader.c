/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our side of the helper: queues of requests, one of them under way, and a new helper for one that hangs or dies.
 * Must not block, nor touch a target itself, nor know how answers are checked.
 */
#include "reader_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <utlist.h>

#include "base/clock.h"
#include "proc/procfs.h"
#include "python/layout.h"
#include "reader_link.h"

/* Bytes of /proc/PID/stat. */
#define STAT_SIZE_MAX 4096

/* Targets that a helper hung or died over; the one remembered longest is forgotten first. */
#define BLOCKED_MAX 1024
/* Answers handed on by one reader_take, so that other work of its caller is not held up. */
#define ANSWERS_PER_TAKE 64
/* Between the calls of reader_take that are needed to find a helper late. */
#define CHECK_NS (READER_HANGS_NS / 2)

/* A process that can be sampled once it was looked at goes before names. */
enum queue { QUEUE_FIRST, QUEUE_NAMES, QUEUE_MAX };

struct waiting {
	struct reader_request request;
	bool again; /* a helper ended over it without having been late */
	struct waiting *prev, *next;
};

/* What no helper is asked about again: a target, and every other id of the same process. */
struct blocked {
	uint32_t target; /* 0: it had none */
	struct process_id process; /* pid 0: not known */
};

struct reader {
	struct reader_handlers handlers;
	pid_t owner; /* a forked child of ours must leave the helper alone */
	int epoll, timer; /* epoll holds the timer and the helper's socket */

	struct waiting *queues[QUEUE_MAX];
	size_t nwaiting[QUEUE_MAX];
	struct waiting *under_way; /* sent, not answered; NULL: the helper is idle */
	uint64_t waited_ns, checked_ns; /* how long it has been, and when that was reckoned */
	uint64_t wait; /* see reader_link_hangs() */
	uint64_t nnumbers; /* requests so far */

	struct reader_link link;

	struct blocked blocked[BLOCKED_MAX];
	size_t nblocked; /* ever noted */
	uint64_t nreplaced;
};

static void set_timer(const struct reader *reader, uint64_t interval_ns)
{
	const struct timespec interval = { .tv_sec = (time_t)(interval_ns / 1000000000),
					   .tv_nsec = (long)(interval_ns % 1000000000) };
	const struct itimerspec setting = { .it_interval = interval, .it_value = interval };

	timerfd_settime(reader->timer, 0, &setting, NULL);
}

/* ---- requests ---- */

/* Its stat is the one file of a process that never waits for the process; other texts in it do not matter here. */
static uint64_t start_time(pid_t pid)
{
	struct process_facts facts = { 0 };
	char *text = NULL;
	size_t size;

	if (pid && !procfs_read_file(pid, "stat", STAT_SIZE_MAX, &text, &size, NULL) &&
	    procfs_parse_stat(text, size, &facts, NULL) < 0)
		facts.id.start_time = 0;
	free(text);
	return facts.id.start_time;
}

static bool is_blocked(const struct reader *reader, uint32_t target, pid_t pid)
{
	size_t n = reader->nblocked < BLOCKED_MAX ? reader->nblocked : BLOCKED_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct blocked *blocked = &reader->blocked[i];

		if (target && blocked->target == target)
			return true;
		if (pid && blocked->process.pid == pid &&
		    blocked->process.start_time == start_time(pid))
			return true;
	}
	return false;
}

static enum queue queue_of(const struct reader_request *request)
{
	return request->kind == READER_CODE || request->kind == READER_THREADS ? QUEUE_NAMES
									       : QUEUE_FIRST;
}

static void take_out(struct reader *reader, struct waiting *waiting)
{
	enum queue queue = queue_of(&waiting->request);

	DL_DELETE(reader->queues[queue], waiting);
	reader->nwaiting[queue]--;
}

static void put_in(struct reader *reader, struct waiting *waiting, bool in_front)
{
	enum queue queue = queue_of(&waiting->request);

	if (in_front)
		DL_PREPEND(reader->queues[queue], waiting);
	else
		DL_APPEND(reader->queues[queue], waiting);
	reader->nwaiting[queue]++;
}

/* Give the idle helper the next request. */
static void send_next(struct reader *reader)
{
	struct waiting *next = reader->queues[QUEUE_FIRST];

	if (!next)
		next = reader->queues[QUEUE_NAMES];
	if (!next || reader->under_way || !reader->link.helper)
		return;
	take_out(reader, next);
	reader->under_way = next;
	reader->waited_ns = 0;
	reader->wait = 0;
	reader->checked_ns = clock_monotonic_ns();
	set_timer(reader, CHECK_NS);
	/* A helper that it cannot be sent to is late at once. */
	if (reader_link_send(&reader->link, &next->request) < 0)
		reader->waited_ns = READER_DEADLINE_NS;
}

static int ask(struct reader *reader, const struct reader_request *request)
{
	enum queue queue = queue_of(request);
	struct waiting *waiting;

	if (is_blocked(reader, request->target_id, request->pid))
		return -ETIMEDOUT;
	if (reader->nwaiting[queue] >= READER_REQUESTS_MAX)
		return -EAGAIN;
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting)
		return -ENOMEM;
	waiting->request = *request;
	waiting->request.number = ++reader->nnumbers;
	put_in(reader, waiting, false);
	send_next(reader);
	return 0;
}

/* The target's other requests would fare no better. */
static void fail_others(struct reader *reader, pid_t pid)
{
	struct waiting *waiting, *next, *failed = NULL;

	for (enum queue queue = 0; queue < QUEUE_MAX; queue++) {
		DL_FOREACH_SAFE(reader->queues[queue], waiting, next)
		{
			if (waiting->request.pid != pid)
				continue;
			take_out(reader, waiting);
			DL_APPEND(failed, waiting);
		}
	}
	DL_FOREACH_SAFE(failed, waiting, next)
	{
		reader_answer_fail(&reader->handlers, &waiting->request, -ETIMEDOUT);
		free(waiting);
	}
}

static void fail_under_way(struct reader *reader)
{
	struct waiting *failed = reader->under_way;
	uint32_t target = failed->request.target_id;
	pid_t pid = failed->request.pid;

	reader->under_way = NULL;
	if (pid) {
		reader->blocked[reader->nblocked++ % BLOCKED_MAX] = (struct blocked){
			.target = target, .process = { .pid = pid, .start_time = start_time(pid) }
		};
		reader->handlers.blocked(reader->handlers.context, target, pid);
	}
	reader_answer_fail(&reader->handlers, &failed->request, -ETIMEDOUT);
	free(failed);
	if (pid)
		fail_others(reader, pid);
}

/* The helper hangs, has ended, or talks nonsense. What it only ended over may not be the reason: that is tried once more. */
static void replace(struct reader *reader, bool ended)
{
	struct waiting *tried = reader->under_way;

	reader_link_abandon(&reader->link);
	reader->nreplaced++;
	if (tried && ended && !tried->again) {
		tried->again = true;
		reader->under_way = NULL;
		put_in(reader, tried, true);
	} else if (tried) {
		fail_under_way(reader);
	}
}

/* ---- answers ---- */

/* A whole answer; the handler may ask again at once. */
static int hand_on(struct reader *reader)
{
	struct waiting *answered = reader->under_way;
	int r;

	if (!answered)
		return -EBADMSG;
	reader->under_way = NULL;
	r = reader_answer_take(&reader->handlers, &answered->request, &reader->link.answer,
			       reader->link.data);
	if (r < 0)
		reader->under_way = answered;
	else
		free(answered);
	reader_link_received(&reader->link);
	return r;
}

static void take_answers(struct reader *reader)
{
	bool progress;
	int r = 1;

	for (int i = 0; i < ANSWERS_PER_TAKE && r > 0; i++) {
		r = reader_link_receive(&reader->link, &progress);
		if (progress)
			reader->waited_ns = 0;
		if (r > 0 && hand_on(reader) < 0)
			r = -EBADMSG;
		if (r > 0)
			send_next(reader);
	}
	if (r < 0)
		replace(reader, r == -EPIPE || r == -ENOMEM);
}

/*
 * A helper that works may take the whole deadline; one that waits for a single thing over two checks hangs, and all others
 * would wait with it.
 *
 * Time in which we were stopped ourselves, or did not look, is not the helper's fault: of one step no more counts than
 * the timer's, after which we looked for an answer.
 */
static bool is_late(struct reader *reader, uint64_t now_ns)
{
	uint64_t step;

	if (now_ns < reader->checked_ns)
		reader->checked_ns = now_ns;
	step = now_ns - reader->checked_ns;
	if (!reader->under_way || (step < CHECK_NS && reader->waited_ns < READER_DEADLINE_NS))
		return false;
	reader->waited_ns += CHECK_NS;
	reader->checked_ns = now_ns;
	return reader->waited_ns >= READER_DEADLINE_NS ||
	       reader_link_hangs(&reader->link, &reader->wait);
}

int reader_take(struct reader *reader, uint64_t now_ns)
{
	uint64_t nexpired;
	int r = 0;

	if (read(reader->timer, &nexpired, sizeof(nexpired)) < 0 && errno != EAGAIN)
		return -errno;
	reader_link_reap(&reader->link);
	if (reader->link.helper)
		take_answers(reader);
	if (reader->link.helper && is_late(reader, now_ns))
		replace(reader, false);
	if (!reader->link.helper)
		r = reader_link_start(&reader->link);
	send_next(reader);
	/* Without a helper and without memory for one it is tried again. */
	set_timer(reader, reader->under_way || !reader->link.helper ? CHECK_NS : 0);
	return r == -EAGAIN || r == -ENOMEM ? 0 : r;
}

/* ---- questions ---- */

int reader_look(struct reader *reader, uint32_t target, pid_t pid)
{
	const struct reader_request request = { .kind = READER_LOOK,
						.target_id = target,
						.pid = pid };

	return ask(reader, &request);
}

int reader_code(struct reader *reader, uint32_t target, pid_t pid, const struct pbp_layout *layout,
		uint64_t addr, uint64_t identity)
{
	const struct reader_request request = { .kind = READER_CODE,
						.target_id = target,
						.pid = pid,
						.addr = addr,
						.identity = identity,
						.target.layout = *layout };

	return ask(reader, &request);
}

int reader_find_thread(struct reader *reader, pid_t pid, const struct pbp_target *target,
		       uint32_t tid, uint64_t thread_id, uint64_t start_time)
{
	const struct reader_request request = { .kind = READER_THREAD,
						.target_id = target->id,
						.pid = pid,
						.tid = tid,
						.thread_id = thread_id,
						.start_time = start_time,
						.target = *target };

	return ask(reader, &request);
}

int reader_name_threads(struct reader *reader, pid_t pid, const struct pbp_target *target,
			const struct layout_row *row)
{
	const struct reader_request request = { .kind = READER_THREADS,
						.target_id = target->id,
						.pid = pid,
						.row = (uint32_t)(row - layout_rows),
						.target = *target };

	return ask(reader, &request);
}

int reader_list(struct reader *reader)
{
	const struct reader_request request = { .kind = READER_LIST };

	return ask(reader, &request);
}

size_t reader_pending(const struct reader *reader)
{
	return reader->nwaiting[QUEUE_FIRST] + reader->nwaiting[QUEUE_NAMES] +
	       (reader->under_way ? 1 : 0);
}

/* ---- life ---- */

uint64_t reader_nreplaced(const struct reader *reader)
{
	return reader->nreplaced;
}

void reader_cost(const struct reader *reader, uint64_t *ret_cpu_ns, uint64_t *ret_memory_bytes)
{
	*ret_cpu_ns = reader_link_cpu_ns(&reader->link);
	*ret_memory_bytes = reader->link.memory_bytes;
}

int reader_fd(const struct reader *reader)
{
	return reader->epoll;
}

static int open_descriptors(struct reader *reader)
{
	struct epoll_event event = { .events = EPOLLIN };

	reader->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (reader->epoll < 0)
		return -errno;
	reader->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (reader->timer < 0 || epoll_ctl(reader->epoll, EPOLL_CTL_ADD, reader->timer, &event) < 0)
		return -errno;
	return 0;
}

int reader_new_serving(const struct reader_handlers *handlers, uint16_t assume_series,
		       reader_serve *serve, struct reader **ret_reader, struct err *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return err_set(err, -ENOMEM, "the reading helper: %s", strerror(ENOMEM));
	reader->handlers = *handlers;
	reader->link.assume_series = assume_series;
	reader->link.serve = serve;
	reader->owner = getpid();
	reader->epoll = reader->timer = -1;
	r = open_descriptors(reader);
	reader->link.epoll = reader->epoll;
	if (!r)
		r = reader_link_start(&reader->link);
	if (r < 0) {
		reader_free(reader);
		return err_set(err, r, "cannot start the helper that reads processes: %s",
			       strerror(-r));
	}
	*ret_reader = reader;
	return 0;
}

int reader_new(const struct reader_handlers *handlers, uint16_t assume_series,
	       struct reader **ret_reader, struct err *err)
{
	return reader_new_serving(handlers, assume_series, reader_serve_request, ret_reader, err);
}

void reader_free(struct reader *reader)
{
	struct waiting *waiting, *next;

	if (!reader)
		return;
	/* A forked child of ours leaves the helper to us, and the memory to its own end. */
	if (reader->owner != getpid())
		return;
	reader_link_done(&reader->link);
	for (enum queue queue = 0; queue < QUEUE_MAX; queue++) {
		DL_FOREACH_SAFE(reader->queues[queue], waiting, next)
		free(waiting);
	}
	free(reader->under_way);
	if (reader->timer >= 0)
		close(reader->timer);
	if (reader->epoll >= 0)
		close(reader->epoll);
	free(reader);
}
