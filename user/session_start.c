/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything up to the first tick, in the order that it needs: who is forked before anything is opened, who is looked at
 * before anything ticks, what is put before it can announce itself.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/choose_source.h"
#include "cpu_time.h"
#include "descendants.h"
#include "launch.h"
#include "options.h"
#include "proc/pid_namespace.h"
#include "proc/privileges.h"
#include "proc/procfs.h"
#include "proc/time_namespace.h"
#include "profile/profile.h"
#include "recognition.h"
#include "session_internal.h"

/* A process that is just starting is waited for so long. */
#define STARTING_NS	 (CLOCK_NS_PER_SECOND)
#define STARTING_STEP_MS 10

/* ---- those chosen by number ---- */

/* Take answers until all that were asked for have come, as they do in bounded time. */
static int await_found(struct session *session)
{
	struct pollfd readable = { .fd = reader_fd(session->reader), .events = POLLIN };
	int code = 0;

	while (!code && session->nawaited) {
		if (poll(&readable, 1, STARTING_STEP_MS) < 0 && errno != EINTR)
			return -errno;
		code = reader_take(session->reader, clock_monotonic_ns());
	}
	return code;
}

/* Look at every one that the last look found starting, or at all of them. */
static int look_at_found(struct session *session, bool all)
{
	int code = 0;

	for (size_t i = 0; i < session->nfound && !code; i++) {
		if (!all && session->found[i].code != -EAGAIN)
			continue;
		session->nawaited++;
		code = reader_look(session->reader, 0, session->found[i].pid);
	}
	return code ? code : await_found(session);
}

static bool any_starting(const struct session *session)
{
	for (size_t i = 0; i < session->nfound; i++)
		if (session->found[i].code == -EAGAIN)
			return true;
	return false;
}

/* What is said of one that does not answer, which says nothing itself. */
static void complete_error(struct reader_process *process)
{
	if (process->code && !process->err.code)
		err_set(&process->err, process->code, "pid %d: cannot look at it: %s", process->pid,
			strerror(-process->code));
}

/* Drop those that cannot be sampled. Of several each is told, and only when none is left it is a failure. */
static int drop_refused(struct session *session, struct err *err)
{
	size_t kept = 0, had = session->nfound;
	int code = 0;

	for (size_t i = 0; i < had; i++) {
		struct reader_process *process = &session->found[i];

		complete_error(process);
		if (!process->code) {
			session->found[kept++] = *process;
			continue;
		}
		if (had > 1)
			err_print(&process->err, "pybpfprof", stderr);
		else if (err)
			*err = process->err;
		code = code ? code : process->code;
	}
	session->nfound = kept;
	if (kept)
		return 0;
	return had > 1 ? err_set(err, code, "none of these processes can be sampled") : code;
}

static int find_chosen(struct session *session, struct err *err)
{
	const struct options *options = session->options;
	const struct timespec step = { .tv_nsec = STARTING_STEP_MS * 1000000L };
	uint64_t until = clock_monotonic_ns() + STARTING_NS;
	int code;

	if (!options->npids)
		return 0;
	session->found = calloc(options->npids, sizeof(*session->found));
	if (!session->found)
		return err_set(err, -ENOMEM, "out of memory");
	session->nfound = options->npids;
	for (size_t i = 0; i < options->npids; i++)
		session->found[i].pid = options->pids[i];
	code = look_at_found(session, true);
	while (!code && any_starting(session) && clock_monotonic_ns() < until) {
		nanosleep(&step, NULL);
		code = look_at_found(session, false);
	}
	if (code)
		return err_set(err, code, "cannot look at the processes: %s", strerror(-code));
	return drop_refused(session, err);
}

/* ---- opening ---- */

static int open_recognition(struct session *session, struct err *err)
{
	const struct options *options = session->options;
	struct recognition_settings settings = {
		.options = options,
		.actions = session_actions(session),
		.own_pid = getpid(),
		.command_pid = session->launch->pid,
		.by_number = options->npids || options->command,
		.inside = session->inside,
		.machine = session->run_facts.machine,
	};
	int code = -ENOMEM;

	session->profile = profile_new();
	if (session->profile)
		code = pipeline_new(session->profile, &session->pipeline);
	settings.pipeline = session->pipeline;
	if (!code && options->timeline)
		pipeline_keep_times(session->pipeline);
	if (!code)
		code = recognition_new(&settings, &session->recognition);
	return code ? err_set(err, code, "cannot set up: %s", strerror(-code)) : 0;
}

static int attach(struct session *session, const pid_t *pids, size_t npids, struct err *err)
{
	const struct options *options = session->options;
	struct capture_settings settings = {
		.period_ns = options->period_ns,
		.max_depth = options->max_depth,
		.announce = session->whole_host || session->inside,
		.pid_namespace = session->pid_namespace,
		.children = session->whole_host || !options->no_children,
		.per_thread = session->per_thread,
	};
	struct capture_handlers handlers;
	int code;

	session_capture_handlers(session, &handlers);
	code = capture_new(&settings, &handlers, &session->capture, err);
	return code ? code : capture_attach(session->capture, pids, npids, err);
}

/* Choose the event source, and begin with its ticks, which do not count yet. */
static int open_capture(struct session *session, struct err *err)
{
	const struct options *options = session->options;
	pid_t command = session->launch->pid, *pids;
	size_t npids = options->command ? 1 : session->nfound;
	int code;

	pids = malloc((npids + 1) * sizeof(*pids));
	if (!pids)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < npids; i++)
		pids[i] = options->command ? command : session->found[i].pid;
	session->per_thread = npids && (options->source == OPTIONS_PER_THREAD ||
					(options->source == OPTIONS_SOURCE_AUTO &&
					 source_prefers_threads(pids, npids, options->period_ns)));
	code = attach(session, pids, session->per_thread ? npids : 0, err);
	/* Too many threads, or born too fast: no reason to fail if nobody asked for it. */
	if (code && code != -ESRCH && session->per_thread &&
	    options->source == OPTIONS_SOURCE_AUTO) {
		capture_free(session->capture);
		session->capture = NULL;
		session->per_thread = false;
		code = attach(session, NULL, 0, err);
	}
	free(pids);
	return code;
}

/* The run ends with those that were chosen, not with their children. */
static int watch_chosen(struct session *session, struct err *err)
{
	int code = 0;

	for (size_t i = 0; i < session->nfound; i++) {
		code = events_watch_process(&session->events, session->found[i].pid);
		if (!code)
			session->nwatched++;
		else if (code != -ESRCH)
			return err_set(err, code, "cannot watch pid %d: %s", session->found[i].pid,
				       strerror(-code));
	}
	if (session->nfound && !session->nwatched)
		return err_set(err, -ESRCH, "pid %d ended before it was sampled",
			       session->found[0].pid);
	return 0;
}

static int open_events(struct session *session, struct err *err)
{
	int code = events_open(&session->events, err);

	/* A SIGCHLD before this was nobody's. */
	if (!code && session->options->command && launch_poll(session->launch))
		session->over = true;
	if (!code)
		code = watch_chosen(session, err);
	if (code)
		return code;
	code = events_watch(&session->events, capture_fd(session->capture), EVENT_RECORDS);
	if (!code)
		code = events_watch(&session->events, reader_fd(session->reader), EVENT_ANSWERS);
	return code ? err_set(err, code, "cannot wait for events: %s", strerror(-code)) : 0;
}

int session_open(struct session *session, struct err *err)
{
	const struct options *options = session->options;
	struct reader_handlers handlers;
	struct pid_namespace namespace;
	int code = privileges_check(err);

	if (!code)
		code = time_namespace_check(err);
	session->whole_host = !options->npids && !options->command;
	run_facts_read(&session->run_facts);
	pid_namespace_read(&namespace);
	session->inside = namespace.known && !namespace.initial;
	session->pid_namespace = session->inside ? namespace.number : 0;
	/* The command must not inherit what we open, and neither must the reader's helper. */
	if (!code && options->command)
		code = launch_prepare(options->command, session->launch, err);
	session_reader_handlers(session, &handlers);
	if (!code)
		code = reader_new(&handlers, options->assume_series, &session->reader, err);
	if (!code)
		code = find_chosen(session, err);
	if (!code && options->verb == OPTIONS_RECORD)
		code = session_open_record(session, err);
	else if (!code)
		code = products_open(options, &session->products, err);
	if (!code)
		code = open_recognition(session, err);
	if (!code)
		code = open_capture(session, err);
	if (!code)
		code = open_events(session, err);
	return code;
}

/* ---- recording begins ---- */

/* In the kernel's table from the first tick on. In a PID namespace of our own only the kernel knows their numbers. */
static int put_chosen(struct session *session)
{
	int code = 0;

	if (session->inside)
		return 0;
	for (size_t i = 0; i < session->nfound && !code; i++)
		code = recognition_put(session->recognition, &session->found[i],
				       clock_monotonic_ns());
	if (!code && session->options->command)
		code = recognition_put_command(session->recognition, session->launch->pid);
	return code;
}

/* Children of those chosen, born before these were put: later ones follow by themselves. */
static int add_children(struct session *session)
{
	pid_t *pids, *children = NULL;
	size_t nchildren = 0;
	int code;

	if (!session->nfound || session->options->no_children || session->inside)
		return 0;
	pids = malloc(session->nfound * sizeof(*pids));
	if (!pids)
		return -ENOMEM;
	for (size_t i = 0; i < session->nfound; i++)
		pids[i] = session->found[i].pid;
	code = descendants_find(pids, session->nfound, &children, &nchildren);
	if (!code)
		code = session_add_candidates(session, children, nchildren);
	free(children);
	free(pids);
	return code;
}

int session_begin(struct session *session, struct err *err)
{
	int code = put_chosen(session);

	if (!code)
		code = add_children(session);
	if (code)
		return err_set(err, code, "cannot make the processes known to the kernel side: %s",
			       strerror(-code));
	if (session->inside)
		fputs("pybpfprof: in a PID namespace of its own: only the processes in it are "
		      "sampled\nhint: give the container the host's PID namespace (--pid=host)\n",
		      stderr);
	cpu_time_of(getpid(), &session->own_cpu_start_ns);
	session->idle_start_ns = procfs_idle_ns();
	session->recording_ns = session->cpus_followed_ns = session->recorded_ns =
		clock_monotonic_ns();
	session->run = run_facts_run(&session->run_facts);
	/* What is recorded on the way says whose it is; the account of the run is the profile's. */
	if (session->recorder && profile_add_run(session->profile, &session->run))
		return err_set(err, -ENOMEM, "out of memory");
	free(session->found);
	session->found = NULL;
	session->nfound = 0;
	recognition_begin(session->recognition, session->whole_host ? cpu_times_read() : NULL);
	capture_record(session->capture, true);
	/* Whoever is born from here on announces itself; who was there before is looked at now. */
	if (session->whole_host && !session->inside)
		reader_list(session->reader);
	session_ask(session);
	return session->options->command ? launch_release(session->launch, err) : 0;
}
