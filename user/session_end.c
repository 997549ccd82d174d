/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything from the last tick on: what is still under way is taken, the account filled, the report written. An
 * interim report is the same done by a forked child in its own copy of everything.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "choosing.h"
#include "cpu_time.h"
#include "host_account.h"
#include "launch.h"
#include "options.h"
#include "proc/procfs.h"
#include "profile/profile.h"
#include "recognition.h"
#include "report/closing.h"
#include "session_internal.h"

/* Waits for what other CPUs, the kernel's deferred work and the reader still have under way, in steps. */
#define SETTLE_STEP_US	1000
#define SETTLE_STEPS	100
#define ENDS_STEPS	300
#define ANSWER_STEP_MS	10
#define ANSWERS_WAIT_NS (2 * CLOCK_NS_PER_SECOND)

/* ---- what is under way ---- */

/*
 * A tick that began before recording ended may be sending its record on another CPU; all have arrived when the ticks
 * seen are all accounted for.
 */
static void settle_ticks(struct session *session)
{
	uint64_t counters[PBP_COUNT_MAX];

	for (int i = 0; i < SETTLE_STEPS; i++) {
		session_drain(session);
		capture_counters(session->capture, counters);
		if (host_account_settled(counters))
			break;
		usleep(SETTLE_STEP_US);
	}
	session_drain(session);
}

/*
 * The end of a process is told when its task is given back, which the kernel defers (kernel/exit.c:
 * delayed_put_task_struct, after a grace period). Until then nobody knows its CPU time.
 */
static void await_ends(struct session *session)
{
	for (int i = 0; i < ENDS_STEPS && recognition_read_times(session->recognition); i++) {
		usleep(SETTLE_STEP_US);
		session_drain(session);
	}
}

/* Answers that are still to come: what those processes are that began last, names of the last code objects. */
static void await_answers(struct session *session)
{
	struct pollfd readable = { .fd = reader_fd(session->reader), .events = POLLIN };
	uint64_t until = clock_monotonic_ns() + ANSWERS_WAIT_NS;

	session->next_candidate = session->ncandidates; /* who had no tick yet will have none */
	session_ask(session);
	while (reader_pending(session->reader) && !session->failed &&
	       clock_monotonic_ns() < until) {
		if (poll(&readable, 1, ANSWER_STEP_MS) < 0 && errno != EINTR)
			return;
		session_note(session, reader_take(session->reader, clock_monotonic_ns()));
		session_ask(session);
	}
}

/* ---- the account ---- */

static void read_own_cost(const struct session *session, struct host_readings *readings)
{
	uint64_t reader_cpu_ns = 0, reader_memory = 0, now = session->own_cpu_start_ns;
	struct rusage usage;

	cpu_time_of(getpid(), &now);
	reader_cost(session->reader, &reader_cpu_ns, &reader_memory);
	readings->own_cpu_ns = now - session->own_cpu_start_ns + reader_cpu_ns;
	readings->own_memory_bytes = reader_memory;
	if (!getrusage(RUSAGE_SELF, &usage))
		readings->own_memory_bytes += (uint64_t)usage.ru_maxrss * 1024;
	readings->readers_replaced = reader_nreplaced(session->reader);
}

void session_read_host(struct session *session, struct host_readings *readings)
{
	uint64_t runs, idle_ns = procfs_idle_ns(),
		       first = pipeline_first_sample_ns(session->pipeline);

	*readings = (struct host_readings){
		.period_ns = session->options->period_ns,
		.elapsed_ns = session->elapsed_ns,
		.ncpus = capture_ncpus(session->capture),
		.offline_ns = capture_away_ns(session->capture),
		.whole_host = session->whole_host && !choosing_filters(session->options),
		.per_thread = session->per_thread,
		/* The kernel adds another clock for CPUs that are offline (fs/proc/stat.c: get_idle_time). */
		.idle_known = session->idle_start_ns && idle_ns >= session->idle_start_ns &&
			      capture_same_cpus(session->capture),
		.start_ns = first > session->started_ns ? first - session->started_ns : 0,
	};
	if (readings->idle_known)
		readings->idle_ns = idle_ns - session->idle_start_ns;
	readings->bpf_known = !capture_cost(session->capture, &readings->bpf_ns, &runs);
	capture_counters(session->capture, readings->counters);
	read_own_cost(session, readings);
}

void session_stop(struct session *session)
{
	struct host_readings readings;

	capture_follow_cpus(session->capture);
	capture_record(session->capture, false);
	session->elapsed_ns = clock_monotonic_ns() - session->recording_ns;
	recognition_read_times(session->recognition);
	settle_ticks(session);
	await_ends(session);
	await_answers(session);
	session_drain(session);
	session_read_host(session, &readings);
	session_note(session, recognition_finish(session->recognition));
	host_account_fill(profile_account(session->profile), &readings,
			  recognition_counts(session->recognition));
	progress_hide(&session->progress);
	if (session->options->verbose)
		tell_counters(readings.counters);
	/* A report may wait long for whoever reads it; no CPU should tick for that. */
	capture_free(session->capture);
	session->capture = NULL;
}

/* ---- the report ---- */

/* What was run, as the account names it, and what the user may have meant instead. */
static void tell_command(const struct launch *launch)
{
	char hint[sizeof(((struct err *)NULL)->hint)];
	struct strbuf text;

	strbuf_init(&text);
	strbuf_add(&text, "command: ");
	strbuf_add_sanitized(&text, launch->executable, strlen(launch->executable));
	fprintf(stderr, "%s\n", strbuf_text(&text));
	strbuf_done(&text);
	if (launch_hint(launch, hint, sizeof(hint)))
		fprintf(stderr, "hint: %s\n", hint);
}

void session_tell_account(const struct session *session, const struct report_options *report)
{
	const struct err *refusal = recognition_refusal(session->recognition);

	closing_write(session->profile, report, stderr);
	recognition_tell_blocked(session->recognition, stderr);
	if (session->options->command && session->launch->executable[0])
		tell_command(session->launch);
	/* A shell or make may well be the command: what it started was sampled. */
	if (refusal &&
	    !(session->options->command && pipeline_samples(session->pipeline) > 0)) {
		struct err told = *refusal;

		err_wrap(&told, "not sampled since its execve");
		err_print(&told, "pybpfprof", stderr);
	}
}

static int write_format(const void *context, const struct report_format *format,
			const struct report_options *report, FILE *stream, struct err *err)
{
	return format->write(context, report, stream, err);
}

/* Turn the pipeline into a profile and write it wherever it shall be. */
static int write_profile(struct session *session, struct products *products, struct err *err)
{
	struct report_options closing = products_report_options(session->options, stderr);
	int code = pipeline_finish(session->pipeline);

	session->run.account = *profile_account(session->profile);
	if (!code)
		code = profile_add_run(session->profile, &session->run);
	if (code)
		return err_set(err, code, "cannot make the profile: %s", strerror(-code));
	code = products_write(products, write_format, session->profile, err);
	/* The account also tells of a run whose report could not be written. */
	closing.color = false;
	session_tell_account(session, &closing);
	products_tell(products);
	return code;
}

int session_report(struct session *session, struct err *err)
{
	if (session->failed)
		return err_set(err, session->failed, "out of memory");
	return write_profile(session, session->products, err);
}

/* ---- reports in between ---- */

/* In the child: its copies of all tables come to their end, the parent's go on. */
static int render_interim(struct session *session, const struct host_readings *readings,
			  struct err *err)
{
	struct products *products = NULL;
	int code = products_open(session->options, &products, err);

	if (!code)
		code = recognition_finish(session->recognition);
	if (code && !err->code)
		err_set(err, code, "cannot make the profile: %s", strerror(-code));
	if (!code) {
		host_account_fill(profile_account(session->profile), readings,
				  recognition_counts(session->recognition));
		code = write_profile(session, products, err);
	}
	products_free(products);
	return code;
}

void session_interim(struct session *session)
{
	struct host_readings readings;
	struct err err = { 0 };
	sigset_t none;

	if (session->interim) /* the last one is not done yet */
		return;
	session_drain(session);
	session->elapsed_ns = clock_monotonic_ns() - session->recording_ns;
	recognition_read_times(session->recognition);
	session_read_host(session, &readings);
	progress_hide(&session->progress);
	fflush(NULL);
	session->interim = fork();
	if (session->interim) {
		if (session->interim < 0)
			session->interim = 0;
		return;
	}
	/* It may wait for whoever reads it, and is to be ended by what ends us. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (render_interim(session, &readings, &err))
		err_print(&err, "pybpfprof", stderr);
	fflush(NULL);
	_exit(err.code ? 1 : 0);
}
