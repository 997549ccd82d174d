/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The conductor: builds everything in order, runs the one event loop, tears down in reverse. What a record does
 * to the profile is the pipeline's business; what a process is, recognition's; what is printed, the reports'.
 */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "launch.h"
#include "options.h"
#include "profile/profile.h"
#include "recognition.h"
#include "session_internal.h"

/* Between two drains of the ring buffer. A wakeup by the kernel instead costs more than a whole sample. */
#define DRAIN_NS (CLOCK_NS_PER_SECOND / 10)
/* Between two looks for CPUs that came online: what they run until then is not sampled. */
#define FOLLOW_CPUS_NS CLOCK_NS_PER_SECOND

static void show_progress(struct session *session, uint64_t now)
{
	uint64_t counters[PBP_COUNT_MAX];
	struct progress_numbers numbers = {
		.elapsed_ns = now - session->recording_ns,
		.samples = pipeline_samples(session->pipeline),
		.processes = recognition_counts(session->recognition)->processes,
		.records = session->recorder != NULL,
	};

	if (session->options->quiet || !progress_due(&session->progress, now))
		return;
	capture_counters(session->capture, counters);
	numbers.lost = counters[PBP_COUNT_LOST];
	if (session->recorder)
		numbers.bytes = recorder_size(session->recorder).bytes;
	progress_show(&session->progress, now, &numbers,
		      !session->options->duration_ns && !session->options->command);
}

static void on_timer(struct session *session)
{
	uint64_t now = clock_monotonic_ns();

	session_drain(session);
	recognition_tick(session->recognition, now);
	if (now - session->cpus_followed_ns >= FOLLOW_CPUS_NS) {
		session->cpus_followed_ns = now;
		capture_follow_cpus(session->capture);
	}
	session_record_due(session, now);
	show_progress(session, now);
}

/* Some child of ours has ended or stopped; the reader waits for its own. */
static void on_child(struct session *session)
{
	if (session->interim && waitpid(session->interim, NULL, WNOHANG) == session->interim)
		session->interim = 0;
	if (session->options->command && launch_poll(session->launch))
		session->over = true;
}

/* While a command runs, what ends us is for it: it decides, and we end when it has ended. */
static void on_signal(struct session *session, int number)
{
	switch (number) {
	case SIGCHLD:
		on_child(session);
		return;
	case SIGUSR1:
		if (session->recorder)
			session_record(session);
		else
			session_interim(session);
		return;
	default:
		if (session->options->command)
			launch_pass_on(session->launch, number);
		else
			session->over = true;
	}
}

static void on_event(struct session *session, enum event event)
{
	switch (event) {
	case EVENT_TIMER:
		on_timer(session);
		break;
	case EVENT_DEADLINE:
		session->over = true;
		break;
	case EVENT_ALARM:
		break;
	case EVENT_SIGNAL:
		on_signal(session, session->events.signal);
		break;
	case EVENT_PROCESS_ENDED:
		if (!--session->nwatched)
			session->over = true;
		break;
	case EVENT_RECORDS:
		session_drain(session);
		break;
	case EVENT_ANSWERS:
		session_note(session, reader_take(session->reader, clock_monotonic_ns()));
		break;
	}
}

/* 0 when the run is over, for whichever good reason. */
static int run_loop(struct session *session, struct err *err)
{
	struct events *events = &session->events;
	int code = events_start(events, DRAIN_NS, session->options->duration_ns, err);
	enum event event;

	while (!code && !session->over) {
		code = events_wait(events, &event, err);
		if (code)
			break;
		on_event(session, event);
		session_note(session,
			     recognition_ask_due(session->recognition, clock_monotonic_ns()));
		session_ask(session);
		code = events_set_alarm(events, recognition_due_ns(session->recognition), err);
		if (!code && session->failed)
			code = err_set(err, session->failed, "out of memory");
		if (!code && session->record_failed.code) {
			*err = session->record_failed;
			code = err->code;
		}
	}
	return code;
}

static void close_all(struct session *session)
{
	events_close(&session->events);
	recognition_free(session->recognition);
	capture_free(session->capture);
	reader_free(session->reader);
	pipeline_free(session->pipeline);
	profile_free(session->profile);
	products_free(session->products);
	recorder_free(session->recorder);
	free(session->found);
	free(session->candidates);
}

int session_run(const struct options *options, uint64_t started_ns, struct launch *launch,
		struct err *err)
{
	struct session session = {
		.options = options,
		.launch = launch,
		.started_ns = started_ns,
	};
	int code;

	events_init(&session.events);
	code = session_open(&session, err);
	if (!code)
		code = session_begin(&session, err);
	if (code)
		goto out;
	code = run_loop(&session, err);
	session_stop(&session);
	if (session.recorder)
		code = session_end_record(&session, code, err);
	else if (!code)
		code = session_report(&session, err);
	/* Before it is waited for: a child of ours that outlives us would write into a terminal that is not ours any more. */
	while (session.interim && waitpid(session.interim, NULL, 0) < 0 && errno == EINTR)
		;
out:
	close_all(&session);
	return code;
}
