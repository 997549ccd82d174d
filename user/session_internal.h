/* SPDX-License-Identifier: GPL-2.0-only */
/* The insides of a session, for the files session*.c alone. */
#ifndef PBP_SESSION_INTERNAL_H
#define PBP_SESSION_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "capture/capture.h"
#include "events.h"
#include "host_account.h"
#include "pipeline.h"
#include "products.h"
#include "reader.h"
#include "recorder.h"
#include "run_facts.h"
#include "telling.h"

/* Processes that were there before us and are asked about at one time: others' looks shall not wait behind all of them. */
#define SESSION_ASKED_MAX 16

struct session {
	const struct options *options;
	struct launch *launch;
	struct capture *capture;
	struct reader *reader;
	struct pipeline *pipeline;
	struct recognition *recognition;
	struct profile *profile;
	struct products *products; /* what the run is for, unless it records */
	struct recorder *recorder; /* NULL: it does not */
	char record_name[RECORDER_NAME_SIZE]; /* where the user named none */
	struct run_facts run_facts;
	struct profile_run run;
	struct events events;
	struct progress progress;
	bool whole_host; /* nobody is chosen by number: processes announce themselves */
	bool inside; /* in a PID namespace of our own, where processes have other numbers */
	uint32_t pid_namespace; /* its number then; else 0 */
	bool per_thread;
	bool over; /* the run, for whichever good reason */
	int failed; /* of a record or an answer: out of memory */
	struct err record_failed; /* why nothing more can be recorded; code 0: it can */

	/* Those chosen by number. */
	struct reader_process *found; /* answers, one per pid, until they are put */
	size_t nfound;
	size_t nawaited; /* of them, answers that are still to come */
	size_t nwatched; /* whose end ends the run, and which have not ended */

	/* Processes that were there before us, in the order in which they are looked at. */
	pid_t *candidates;
	size_t ncandidates, next_candidate, nasked;

	bool holds_missing; /* a code object that the reader had no room for */
	struct pipeline_missing missing;

	uint64_t started_ns, recording_ns, elapsed_ns, own_cpu_start_ns;
	uint64_t idle_start_ns; /* of all CPUs, when recording began; 0: not known */
	uint64_t cpus_followed_ns; /* when CPUs that came or went were looked for last */
	uint64_t recorded_ns; /* when what was new was recorded last */
	uint64_t written_ns; /* when there was something */
	pid_t interim; /* a child that renders the profile so far; 0: none */
};

/* A failure that ends the run when it is one of memory; anything else is one process's. */
void session_note(struct session *session, int code);

/* session_records.c: the other rooms' ways in. */
void session_reader_handlers(struct session *session, struct reader_handlers *ret_handlers);
void session_capture_handlers(struct session *session, struct capture_handlers *ret_handlers);
struct recognition_actions session_actions(struct session *session);
/* Take every record that has come. */
void session_drain(struct session *session);
/* Processes to be looked at, in ascending order. 0 or -ENOMEM. */
int session_add_candidates(struct session *session, const pid_t *pids, size_t npids);
/* Ask for what is not known: code objects, and processes that were there before us. */
void session_ask(struct session *session);

/* session_start.c: everything up to the first tick. */
int session_open(struct session *session, struct err *err);
int session_begin(struct session *session, struct err *err);

/* session_end.c: everything from the last tick on, and the reports in between. */
void session_stop(struct session *session);
int session_report(struct session *session, struct err *err);
/* What the account needs of the kernel side, the machine and ourselves, up to now. */
void session_read_host(struct session *session, struct host_readings *ret_readings);
/* What stands on standard error below the report. */
void session_tell_account(const struct session *session, const struct report_options *report);
/* Fork a child that writes the report of what there is so far. */
void session_interim(struct session *session);

/* session_record.c: a saved profile instead of a report. */
int session_open_record(struct session *session, struct err *err);
/* Write what is new, now, or if it is time for it. A failure is in session->record_failed. */
void session_record(struct session *session);
void session_record_due(struct session *session, uint64_t now_ns);
/*
 * Everything that is left, and the account. code: what the run came to; when it failed, with the reason in err, that is what
 * is returned.
 */
int session_end_record(struct session *session, int code, struct err *err);

#endif
