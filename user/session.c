/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The conductor: builds everything in order, runs the one event loop, tears down in reverse. What a record does
 * to the profile is the pipeline's business; what is printed, the reports'.
 */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/terminal.h"
#include "capture/capture.h"
#include "events.h"
#include "options.h"
#include "output.h"
#include "pipeline.h"
#include "proc/memory.h"
#include "proc/privileges.h"
#include "proc/procfs.h"
#include "profile/profile.h"
#include "python/target.h"
#include "python/thread_find.h"
#include "python/version.h"
#include "report/closing.h"
#include "telling.h"

/* Between two drains of the ring buffer. A wakeup by the kernel instead costs more than a whole sample. */
#define DRAIN_NS (CLOCK_NS_PER_SECOND / 10)

struct session {
	const struct options *options;
	struct capture *capture;
	struct pipeline *pipeline;
	struct profile *profile;
	struct output *output;
	struct memory memory; /* of the process sampled */
	struct python_process process;
	uint32_t profile_process; /* its index in the profile */
	uint32_t next_target;
	clockid_t kernel_clock; /* CPU time of the process, as the kernel counts it */
	uint64_t idle_start_ns; /* of all CPUs, when recording began; 0: not known */
	uint64_t started_ns, recording_ns, kernel_start_ns, own_cpu_start_ns;
	uint64_t looked_ns;
	struct progress progress;
	struct events events;
	bool replaced; /* by a program that is not sampled (yet) */
	int failed; /* of a record: out of memory */
	struct err replaced_err; /* why the process's new program is not sampled */
};

/* ---- records: from capture to pipeline ---- */

static void note_failure(struct session *session, int code)
{
	if (code == -ENOMEM || code == -EOVERFLOW)
		session->failed = code;
}

static void take_sample(void *context, const struct pbp_sample *sample, const uint64_t *frames)
{
	struct session *session = context;

	note_failure(session, pipeline_sample(session->pipeline, sample, frames));
}

static void take_code(void *context, const struct pbp_code *code, const uint8_t *data)
{
	struct session *session = context;

	note_failure(session, pipeline_code(session->pipeline, code, data));
}

static void take_replaced(void *context, const struct pbp_replaced *replaced)
{
	struct session *session = context;

	if (replaced->target != session->process.target.id)
		return;
	pipeline_retire_target(session->pipeline, replaced->target);
	session->replaced = true;
	session->looked_ns = 0;
}

static void take_thread_wanted(void *context, const struct pbp_thread_wanted *wanted)
{
	struct session *session = context;
	struct pbp_found_thread found = { .start_time = wanted->start_time,
					  .target = wanted->target };
	uint64_t tstate_addr, interp_addr;

	if (wanted->target != session->process.target.id ||
	    thread_find(&session->memory, &session->process.target, wanted->thread_id, &tstate_addr,
			&interp_addr))
		return;
	found.tstate_addr = tstate_addr;
	found.interp_addr = interp_addr;
	capture_put_thread(session->capture, wanted->tid, &found);
}

static void take_malformed(void *context)
{
	pipeline_malformed(((struct session *)context)->pipeline);
}

/* ---- setting up ---- */

/* Make the process that session->process describes a target of BPF and of the pipeline. */
static int add_target(struct session *session, struct err *err)
{
	struct python_process *process = &session->process;
	char version[VERSION_DESCRIPTION_SIZE];
	struct profile_process described = {
		.pid = process->id.pid,
		.start_time = process->id.start_time,
		.comm = process->comm,
		.python = version,
	};
	int code;

	version_describe(&process->build, version, sizeof(version));
	process->target.id = session->next_target++;
	code = profile_add_process(session->profile, &described, &session->profile_process);
	if (!code)
		code = pipeline_add_target(session->pipeline, &process->target,
					   session->profile_process, &session->memory);
	if (!code)
		code = capture_put_target(session->capture, process->id.pid, &process->target);
	return code ? err_set(err, code, "cannot add pid %d: %s", process->id.pid, strerror(-code))
		    : 0;
}

static int open_kernel_side(struct session *session, struct err *err)
{
	const struct options *options = session->options;
	struct capture_settings settings = {
		.period_ns = options->period_ns,
		.max_depth = options->max_depth,
	};
	struct capture_handlers handlers = {
		.sample = take_sample,
		.code = take_code,
		.replaced = take_replaced,
		.thread_wanted = take_thread_wanted,
		.malformed = take_malformed,
		.context = session,
	};
	int code = capture_new(&settings, &handlers, &session->capture, err);

	if (!code)
		code = add_target(session, err);
	if (!code)
		code = capture_attach(session->capture, err);
	return code;
}

/* ---- clocks ---- */

static uint64_t clock_ns(clockid_t clock, bool *ret_known)
{
	struct timespec now;

	*ret_known = !clock_gettime(clock, &now);
	return *ret_known ? (uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec : 0;
}

/*
 * Put the kernel's count beside the samples': both up to now. The process's clock goes with the process, so the
 * last reading before its end stands.
 */
static void read_kernel_clock(struct session *session)
{
	struct account *account = profile_account(session->profile);
	bool known;
	uint64_t now = clock_ns(session->kernel_clock, &known);

	capture_drain(session->capture);
	if (!known)
		return;
	account->kernel_ns = now - session->kernel_start_ns;
	account->sampled_ns = pipeline_weight_ns(session->pipeline);
}

static void start_recording(struct session *session)
{
	struct account *account = profile_account(session->profile);
	bool known;

	account->kernel_known =
		!clock_getcpuclockid(session->process.id.pid, &session->kernel_clock);
	session->own_cpu_start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID, &known);
	session->idle_start_ns = procfs_idle_ns();
	session->recording_ns = clock_monotonic_ns();
	if (account->kernel_known)
		session->kernel_start_ns = clock_ns(session->kernel_clock, &account->kernel_known);
	capture_record(session->capture, true);
}

/* ---- the loop ---- */

static void show_progress(struct session *session, uint64_t now)
{
	uint64_t counters[PBP_COUNT_MAX];

	if (session->options->quiet)
		return;
	capture_counters(session->capture, counters);
	progress_show(&session->progress, now, now - session->recording_ns,
		      pipeline_samples(session->pipeline), counters[PBP_COUNT_LOST],
		      !session->options->duration_ns);
}

/* The process has replaced its program: is the new one a CPython that we can read? */
static void look_again(struct session *session, uint64_t now)
{
	struct python_process process;

	if (!session->replaced || now - session->looked_ns < DRAIN_NS)
		return;
	session->looked_ns = now;
	if (target_read(session->process.id.pid, session->options->assume_series, &process,
			&session->replaced_err))
		return;
	session->process = process;
	tell_found(&session->process, session->options->verbose);
	if (add_target(session, &session->replaced_err))
		return;
	session->replaced = false;
}

static void on_timer(struct session *session)
{
	uint64_t now = clock_monotonic_ns();

	read_kernel_clock(session);
	pipeline_read_missing(session->pipeline);
	look_again(session, now);
	show_progress(session, now);
}

/* 0 when the run is over, for whichever good reason. */
static int run_loop(struct session *session, struct err *err)
{
	enum event event = EVENT_TIMER;
	int code = events_start(&session->events, DRAIN_NS, session->options->duration_ns, err);

	while (!code && event == EVENT_TIMER) {
		code = events_wait(&session->events, &event, err);
		if (!code && event == EVENT_TIMER)
			on_timer(session);
		if (!code && session->failed)
			code = err_set(err, session->failed, "out of memory");
	}
	return code;
}

/* ---- the end ---- */

/*
 * Take what is still under way. A tick that began before recording ended may be sending its record on another CPU;
 * all have arrived when the ticks seen are all accounted for.
 */
static void settle(struct session *session, uint64_t counters[PBP_COUNT_MAX])
{
	for (int i = 0; i < 100; i++) {
		uint64_t ended;

		capture_drain(session->capture);
		capture_counters(session->capture, counters);
		ended = counters[PBP_COUNT_NOT_OURS] + counters[PBP_COUNT_LOST] +
			counters[PBP_COUNT_COMPLETE] + counters[PBP_COUNT_TRUNCATED] +
			counters[PBP_COUNT_UNREADABLE] + counters[PBP_COUNT_NATIVE] +
			counters[PBP_COUNT_NOT_RECOGNISED];
		if (ended == counters[PBP_COUNT_TICKS_SEEN])
			break;
		usleep(1000);
	}
	capture_drain(session->capture);
}

/*
 * How many of the missed ticks were nobody's: CPUs without work sleep through some. The kernel knows how long they
 * were idle, and BPF how many ticks met that.
 */
static uint64_t missed_idle(const struct session *session, const uint64_t counters[PBP_COUNT_MAX])
{
	/* Both ends of an idle time are rounded down, on each CPU. */
	uint64_t rounding_ns = 2 * PROCFS_IDLE_STEP_NS * capture_ncpus(session->capture);
	uint64_t idle_ns = procfs_idle_ns() - session->idle_start_ns + rounding_ns;
	uint64_t idle_ticks = idle_ns / session->options->period_ns, missed;

	if (!session->idle_start_ns || idle_ticks <= counters[PBP_COUNT_IDLE])
		return 0;
	missed = idle_ticks - counters[PBP_COUNT_IDLE];
	return missed < counters[PBP_COUNT_TICKS_MISSED] ? missed
							 : counters[PBP_COUNT_TICKS_MISSED];
}

static void fill_account(struct session *session, const uint64_t counters[PBP_COUNT_MAX])
{
	struct account *account = profile_account(session->profile);
	struct rusage usage;
	uint64_t runs, first = pipeline_first_sample_ns(session->pipeline);
	bool known;

	account->rate_hz = CLOCK_NS_PER_SECOND / session->options->period_ns;
	account->ncpus = capture_ncpus(session->capture);
	account->ticks_missed = counters[PBP_COUNT_TICKS_MISSED];
	account->ticks_missed_idle = missed_idle(session, counters);
	account->ticks_not_ours = counters[PBP_COUNT_NOT_OURS];
	account->samples_lost = counters[PBP_COUNT_LOST];
	account->repaired = counters[PBP_COUNT_REPAIRED];
	account->in_jit = counters[PBP_COUNT_JIT];
	account->bpf_known = !capture_cost(session->capture, &account->bpf_ns, &runs);
	account->own_cpu_ns =
		clock_ns(CLOCK_PROCESS_CPUTIME_ID, &known) - session->own_cpu_start_ns;
	account->start_ns = first > session->started_ns ? first - session->started_ns : 0;
	if (!getrusage(RUSAGE_SELF, &usage))
		account->own_memory_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

static void stop_recording(struct session *session)
{
	uint64_t counters[PBP_COUNT_MAX];
	struct account *account = profile_account(session->profile);

	capture_record(session->capture, false);
	account->elapsed_ns = clock_monotonic_ns() - session->recording_ns;
	read_kernel_clock(session);
	settle(session, counters);
	pipeline_read_missing(session->pipeline);
	fill_account(session, counters);
	progress_hide(&session->progress);
	if (session->options->verbose)
		tell_counters(counters);
	/* A report may wait long for whoever reads it; no CPU should tick for that. */
	capture_free(session->capture);
	session->capture = NULL;
}

/* What the output can show, where the user did not say. */
static struct report_options settle_report_options(const struct session *session)
{
	const struct options *options = session->options;
	struct report_options report = options->report;
	bool terminal = isatty(fileno(output_stream(session->output)));
	struct winsize size;

	report.color = options->color == OPTIONS_AUTO ? terminal_wants_color(terminal)
						      : options->color == OPTIONS_ALWAYS;
	report.unicode = options->unicode == OPTIONS_AUTO ? terminal_has_unicode()
							  : options->unicode == OPTIONS_ALWAYS;
	if (terminal && !ioctl(fileno(output_stream(session->output)), TIOCGWINSZ, &size))
		report.width = size.ws_col;
	return report;
}

static int write_report(struct session *session, struct err *err)
{
	struct report_options report = settle_report_options(session);
	FILE *stream = output_stream(session->output);
	int code = pipeline_finish(session->pipeline);

	if (code)
		return err_set(err, code, "cannot make the profile: %s", strerror(-code));
	code = session->options->format->write(session->profile, &report, stream, err);
	if (!code)
		code = output_commit(session->output, err);
	/* The account also tells of a run whose report could not be written. */
	report.color = false;
	closing_write(session->profile, &report, stderr);
	if (session->replaced) {
		err_wrap(&session->replaced_err, "not sampled since its execve");
		err_print(&session->replaced_err, "pybpfprof", stderr);
	}
	return code;
}

static int open_all(struct session *session, struct err *err)
{
	int code = privileges_check(err);

	if (!code)
		code = target_read(session->options->pid, session->options->assume_series,
				   &session->process, err);
	if (!code)
		tell_found(&session->process, session->options->verbose);
	if (!code)
		code = output_open(session->options->output, &session->output, err);
	if (code)
		return code;
	session->profile = profile_new();
	code = session->profile ? memory_open_process(session->process.id.pid, &session->memory)
				: -ENOMEM;
	if (!code)
		code = pipeline_new(session->profile, &session->pipeline);
	if (code)
		return err_set(err, code, "cannot set up: %s", strerror(-code));
	code = open_kernel_side(session, err);
	if (!code)
		code = events_open(&session->events, session->process.id.pid, err);
	return code;
}

static void close_all(struct session *session)
{
	events_close(&session->events);
	capture_free(session->capture);
	pipeline_free(session->pipeline);
	memory_close(&session->memory);
	profile_free(session->profile);
	output_free(session->output);
}

int session_run(const struct options *options, uint64_t started_ns, struct err *err)
{
	struct session session = {
		.options = options,
		.started_ns = started_ns,
		.next_target = 1,
	};
	int code;

	events_init(&session.events);
	code = open_all(&session, err);
	if (code)
		goto out;
	start_recording(&session);
	code = run_loop(&session, err);
	stop_recording(&session);
	if (!code)
		code = write_report(&session, err);
out:
	close_all(&session);
	return code;
}
