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
#include "pipeline.h"
#include "reader.h"
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
	struct output *output;
	struct events events;
	struct progress progress;
	bool whole_host; /* nobody is chosen by number: processes announce themselves */
	bool inside; /* in a PID namespace of our own, where processes have other numbers */
	uint32_t pid_namespace; /* its number then; else 0 */
	bool per_thread;
	bool over; /* the run, for whichever good reason */
	int failed; /* of a record or an answer: out of memory */

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
/* Fork a child that writes the report of what there is so far. */
void session_interim(struct session *session);

#endif
