/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run that writes a saved profile as it goes: when, with which account, and what is said of it. What is in the file is
 * the recorder's business.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "launch.h"
#include "options.h"
#include "profile/profile.h"
#include "recognition.h"
#include "session_internal.h"
#include "telling.h"

/* Between two writings; what a killed run loses at most is that and one period of the loop's timer: a second. */
#define RECORD_NS (CLOCK_NS_PER_SECOND * 9 / 10)
/* Likewise where there is no sample: the account alone takes room, too. */
#define RECORD_IDLE_NS (10 * CLOCK_NS_PER_SECOND)

/* The command's words with spaces between, as /proc tells them of a process. */
static void add_command(struct strbuf *text, char *const *command)
{
	for (size_t i = 0; command[i]; i++)
		strbuf_add_format(text, "%s%s", i ? " " : "", command[i]);
}

/* By the first process that was chosen by number, the command, or the host. */
static void choose_name(struct session *session)
{
	struct profile_process process = { .comm = "", .command = "" };
	const struct options *options = session->options;
	char host[HOST_NAME_MAX + 1] = "";
	struct strbuf command;

	strbuf_init(&command);
	if (options->command) {
		add_command(&command, options->command);
		process.pid = session->launch->pid;
		process.comm = options->command[0];
	} else if (session->nfound) {
		process.pid = session->found[0].pid;
		process.comm = session->found[0].facts.comm;
		strbuf_add(&command, session->found[0].facts.command_line);
	} else {
		gethostname(host, sizeof(host) - 1);
	}
	process.command = strbuf_text(&command);
	recorder_default_name(process.pid ? &process : NULL, host, session->record_name);
	strbuf_done(&command);
}

static const char *record_path(const struct session *session)
{
	return session->options->output ? session->options->output : session->record_name;
}

int session_open_record(struct session *session, struct err *err)
{
	choose_name(session);
	/* A limit on the size of files is an error like a full disk. Who was forked before keeps it as it was. */
	signal(SIGXFSZ, SIG_IGN);
	return recorder_open(record_path(session), &session->recorder, err);
}

/* Is there nothing to be written but the time that went by? */
static bool is_idle(const struct session *session, uint64_t now_ns)
{
	return !profile_nrows(session->profile) && recorder_size(session->recorder).bytes &&
	       now_ns - session->written_ns < RECORD_IDLE_NS;
}

void session_record(struct session *session)
{
	struct host_readings readings;
	struct recognition_counts counts;
	uint64_t now = clock_monotonic_ns();
	int code = pipeline_flush(session->pipeline, now);

	session->recorded_ns = now;
	session_note(session, code);
	if (code || session->record_failed.code || is_idle(session, now))
		return;
	session->written_ns = now;
	session->elapsed_ns = now - session->recording_ns;
	session_read_host(session, &readings);
	counts = recognition_counts_now(session->recognition);
	host_account_fill(profile_account(session->profile), &readings, &counts);
	profile_account(session->profile)->runs_unfinished = 1;
	recorder_flush(session->recorder, session->profile, &session->record_failed);
}

void session_record_due(struct session *session, uint64_t now_ns)
{
	if (session->recorder && now_ns - session->recorded_ns >= RECORD_NS)
		session_record(session);
}

/* "1.2 MB, 3.1 bytes a sample" */
static void tell_recorded(const struct session *session)
{
	const struct recorder_size size = recorder_size(session->recorder);
	char text[64];

	if (!recorder_is_file(session->recorder))
		return;
	snprintf(text, sizeof(text), "%.1f %s, %.1f bytes a sample",
		 (double)size.bytes / (size.bytes < 1000000 ? 1e3 : 1e6),
		 size.bytes < 1000000 ? "kB" : "MB",
		 size.samples ? (double)size.bytes / (double)size.samples : 0.0);
	tell_wrote(record_path(session), size.samples ? text : "",
		   size.samples ? "pybpfprof report" : NULL);
}

/* It is as good as it is, only larger. */
static void sort_record(struct session *session)
{
	struct err err = { 0 };

	if (!recorder_sort(session->recorder, &err))
		return;
	err_wrap(&err, "the saved profile stays as it was streamed");
	err_hint(&err, "pybpfprof merge -o puts it in order");
	err_print(&err, "pybpfprof", stderr);
}

int session_end_record(struct session *session, int code, struct err *err)
{
	struct report_options report = products_report_options(session->options, stderr);
	struct err later = { 0 };

	if (!code && session->failed)
		code = err_set(err, session->failed, "out of memory");
	if (!code) {
		code = pipeline_finish(session->pipeline);
		if (code)
			err_set(err, code, "cannot make the profile: %s", strerror(-code));
	}
	profile_account(session->profile)->runs_unfinished = 0;
	/* What can still be written is, whatever failed. */
	if (code)
		recorder_finish(session->recorder, session->profile, &later);
	else
		code = recorder_finish(session->recorder, session->profile, err);
	if (!code)
		sort_record(session);
	report.color = false;
	session_tell_account(session, &report);
	if (!code)
		tell_recorded(session);
	return code;
}
