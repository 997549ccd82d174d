/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carries records from capture to recognition and pipeline, questions to the reader, and its answers back. Decides
 * nothing: what a process is, recognition knows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cpu_time.h"
#include "recognition.h"
#include "session_internal.h"

/* Requests for code objects that may wait at one time. */
#define MISSING_PENDING_MAX 256

void session_note(struct session *session, int code)
{
	if (code == -ENOMEM || code == -EOVERFLOW)
		session->failed = code;
}

/* ---- records ---- */

static void take_sample(void *context, const struct pbp_sample *sample, const uint64_t *frames)
{
	struct session *session = context;
	bool ours;
	int code = recognition_sample(session->recognition, sample, sample->time_ns, &ours);

	if (!code && ours)
		code = pipeline_sample(session->pipeline, sample, frames);
	session_note(session, code);
}

static void take_code(void *context, const struct pbp_code *code, const uint8_t *data)
{
	struct session *session = context;

	if (recognition_takes_code(session->recognition, code))
		session_note(session, pipeline_code(session->pipeline, code, data));
}

static void take_started(void *context, const struct pbp_started *started)
{
	struct session *session = context;

	session_note(session,
		     recognition_started(session->recognition, started, clock_monotonic_ns()));
}

static void take_look(void *context, const struct pbp_look *look)
{
	struct session *session = context;

	session_note(session, recognition_look(session->recognition, look, clock_monotonic_ns()));
}

static void take_recognised(void *context, const struct pbp_recognised *recognised)
{
	struct session *session = context;

	session_note(session, recognition_recognised(session->recognition, recognised));
}

static void take_ended(void *context, const struct pbp_ended *ended)
{
	struct session *session = context;

	session_note(session, recognition_ended(session->recognition, ended));
}

static void take_thread_wanted(void *context, const struct pbp_thread_wanted *wanted)
{
	struct session *session = context;

	session_note(session,
		     recognition_thread_wanted(session->recognition, wanted, clock_monotonic_ns()));
}

static void take_malformed(void *context)
{
	pipeline_malformed(((struct session *)context)->pipeline);
}

void session_capture_handlers(struct session *session, struct capture_handlers *ret_handlers)
{
	*ret_handlers = (struct capture_handlers){
		.sample = take_sample,
		.code = take_code,
		.started = take_started,
		.look = take_look,
		.recognised = take_recognised,
		.ended = take_ended,
		.thread_wanted = take_thread_wanted,
		.malformed = take_malformed,
		.context = session,
	};
}

void session_drain(struct session *session)
{
	capture_drain(session->capture);
	session_note(session, recognition_drained(session->recognition));
}

/* ---- answers ---- */

/* Before anything is recorded: those chosen by number. */
static void keep_found(struct session *session, const struct reader_process *answer)
{
	for (size_t i = 0; i < session->nfound; i++) {
		if (session->found[i].pid != answer->pid)
			continue;
		session->found[i] = *answer;
		session->nawaited--;
		return;
	}
}

static void answer_process(void *context, const struct reader_process *process)
{
	struct session *session = context;
	uint64_t now = clock_monotonic_ns();

	if (session->nawaited) {
		keep_found(session, process);
	} else if (process->target) {
		session_note(session, recognition_answer(session->recognition, process, now));
	} else {
		session->nasked--;
		session_note(session, recognition_put(session->recognition, process, now));
	}
}

static void answer_code(void *context, uint32_t target, int code, const struct code_copy *copy)
{
	struct session *session = context;
	struct pbp_code record = copy->record;

	record.target = target;
	if (!code)
		session_note(session, pipeline_fill(session->pipeline, &record, copy->data));
}

static void answer_thread(void *context, uint32_t target, uint32_t tid, uint64_t start_time,
			  int code, uint64_t tstate_addr, uint64_t interp_addr)
{
	struct session *session = context;
	struct pbp_found_thread found = {
		.start_time = start_time,
		.tstate_addr = tstate_addr,
		.interp_addr = interp_addr,
		.target = target,
	};

	if (!code)
		capture_put_thread(session->capture, tid, &found);
}

static void answer_threads(void *context, uint32_t target, const struct reader_thread *threads,
			   size_t nthreads)
{
	struct session *session = context;

	session_note(session, recognition_threads(session->recognition, target, threads, nthreads));
}

static void answer_list(void *context, const pid_t *pids, size_t npids)
{
	struct session *session = context;

	session_note(session, session_add_candidates(session, pids, npids));
}

static void answer_blocked(void *context, uint32_t target, pid_t pid)
{
	struct session *session = context;

	if (!session->nawaited) /* else the failing answer tells */
		session_note(session, recognition_blocked(session->recognition, target, pid));
}

void session_reader_handlers(struct session *session, struct reader_handlers *ret_handlers)
{
	*ret_handlers = (struct reader_handlers){
		.process = answer_process,
		.code = answer_code,
		.thread = answer_thread,
		.threads = answer_threads,
		.list = answer_list,
		.blocked = answer_blocked,
		.context = session,
	};
}

/* ---- what recognition does ---- */

static int do_look(void *context, uint32_t id, pid_t pid)
{
	return reader_look(((struct session *)context)->reader, id, pid);
}

static int do_name_threads(void *context, pid_t pid, const struct pbp_target *target,
			   const struct layout_row *row)
{
	return reader_name_threads(((struct session *)context)->reader, pid, target, row);
}

static int do_find_thread(void *context, pid_t pid, const struct pbp_target *target, uint32_t tid,
			  uint64_t thread_id, uint64_t start_time)
{
	return reader_find_thread(((struct session *)context)->reader, pid, target, tid, thread_id,
				  start_time);
}

static int do_answer(void *context, uint32_t id, const struct pbp_answer *answer)
{
	return capture_answer(((struct session *)context)->capture, id, answer);
}

static void do_forget(void *context, uint32_t id)
{
	capture_forget(((struct session *)context)->capture, id);
}

static int do_put_process(void *context, pid_t pid, const struct pbp_answer *answer,
			  uint32_t *ret_id)
{
	return capture_put_process(((struct session *)context)->capture, pid, answer, ret_id);
}

static int do_put_program(void *context, const struct pbp_file_key *file,
			  const struct pbp_program *program)
{
	return capture_put_program(((struct session *)context)->capture, file, program);
}

static int do_add_layout(void *context, const struct pbp_layout *layout, uint32_t *ret_index)
{
	return capture_add_layout(((struct session *)context)->capture, layout, ret_index);
}

static const struct pbp_layout *do_layout(void *context, uint32_t index)
{
	return capture_layout(((struct session *)context)->capture, index);
}

static int do_cpu_time(void *context, pid_t pid, uint64_t *ret_ns)
{
	(void)context;
	return cpu_time_of(pid, ret_ns);
}

struct recognition_actions session_actions(struct session *session)
{
	return (struct recognition_actions){
		.look = do_look,
		.name_threads = do_name_threads,
		.find_thread = do_find_thread,
		.answer = do_answer,
		.forget = do_forget,
		.put_process = do_put_process,
		.put_program = do_put_program,
		.add_layout = do_add_layout,
		.layout = do_layout,
		.cpu_time = do_cpu_time,
		.context = session,
	};
}

/* ---- questions ---- */

static void ask_missing(struct session *session)
{
	struct pipeline_missing *missing = &session->missing;
	pid_t pid;
	int code;

	while (reader_pending(session->reader) < MISSING_PENDING_MAX) {
		if (!session->holds_missing && !pipeline_next_missing(session->pipeline, missing))
			return;
		session->holds_missing = false;
		if (!recognition_pid(session->recognition, missing->target, &pid))
			continue;
		code = reader_code(session->reader, missing->target, pid, missing->layout,
				   missing->code_addr, missing->identity);
		if (code == -EAGAIN) {
			session->holds_missing = true;
			return;
		}
	}
}

static void ask_candidates(struct session *session)
{
	pid_t own = getpid();

	while (session->nasked < SESSION_ASKED_MAX &&
	       session->next_candidate < session->ncandidates) {
		pid_t pid = session->candidates[session->next_candidate];

		if (pid != own && reader_look(session->reader, 0, pid))
			return;
		if (pid != own)
			session->nasked++;
		session->next_candidate++;
	}
}

int session_add_candidates(struct session *session, const pid_t *pids, size_t npids)
{
	size_t left = session->ncandidates - session->next_candidate;
	pid_t *candidates = malloc((left + npids + 1) * sizeof(*candidates));

	if (!candidates)
		return -ENOMEM;
	if (left)
		memcpy(candidates, session->candidates + session->next_candidate,
		       left * sizeof(*candidates));
	if (npids)
		memcpy(candidates + left, pids, npids * sizeof(*candidates));
	free(session->candidates);
	session->candidates = candidates;
	session->ncandidates = left + npids;
	session->next_candidate = 0;
	return 0;
}

void session_ask(struct session *session)
{
	ask_missing(session);
	ask_candidates(session);
}
