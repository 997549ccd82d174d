/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of each process: is it Python, is it chosen, whose samples count. Takes the records and the reader's
 * answers, asks and answers through a table of actions, and tells the pipeline.
 *
 *                started ┌─────────┐ answer: Python ┌─────────┐ ended
 *   (nobody's) ─────────▶│ UNKNOWN │───────────────▶│ SAMPLED │──────▶ its samples stay
 *                        └─────────┘                └─────────┘
 *                  answer:│ ▲   │ ended
 *               not Python│ │   └──────────▶ GONE ──▶ its file turns out to be Python's: its samples stay; else not ours
 *           or not chosen ▼ │look
 *                        ┌───────┐
 *                        │ OTHER │ its samples are not ours
 *                        └───────┘
 */
#ifndef PBP_RECOGNITION_H
#define PBP_RECOGNITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"
#include "process.h"
#include "wire.h"

struct cpu_times;
struct layout_row;
struct options;
struct pbp_layout;
struct pbp_target;
struct pipeline;
struct process;
struct reader_process;
struct reader_thread;
struct recognition;

/* The other rooms, as reader.h, capture.h and cpu_time.h have them. Pids are as we see them under /proc. */
struct recognition_actions {
	int (*look)(void *context, uint32_t id, pid_t pid);
	int (*name_threads)(void *context, pid_t pid, const struct pbp_target *target,
			    const struct layout_row *row);
	int (*find_thread)(void *context, pid_t pid, const struct pbp_target *target, uint32_t tid,
			   uint64_t thread_id, uint64_t start_time);
	int (*answer)(void *context, uint32_t id, const struct pbp_answer *answer);
	void (*forget)(void *context, uint32_t id);
	int (*put_process)(void *context, pid_t pid, const struct pbp_answer *answer,
			   uint32_t *ret_id);
	int (*put_program)(void *context, const struct pbp_file_key *file,
			   const struct pbp_program *program);
	int (*add_layout)(void *context, const struct pbp_layout *layout, uint32_t *ret_index);
	const struct pbp_layout *(*layout)(void *context, uint32_t index);
	int (*cpu_time)(void *context, pid_t pid, uint64_t *ret_ns);
	void *context;
};

struct recognition_settings {
	const struct options *options;
	struct pipeline *pipeline;
	struct recognition_actions actions;
	pid_t own_pid; /* our children but command_pid are not sampled */
	pid_t command_pid; /* of the command that we launched; 0: none */
	bool by_number; /* processes are put: what starts besides is a child of theirs */
	bool inside; /* we are in a PID namespace of our own, where processes have other numbers */
	const char *machine; /* as profile_process has it; NULL: not known */
};

/* What the account needs of it. */
struct recognition_counts {
	uint64_t processes, refused, gone, blocked; /* see struct account */
	uint64_t not_ours; /* samples that BPF sent and that turned out to be nobody's */
	uint64_t kernel_ns, sampled_ns; /* of the sampled processes; after recognition_finish() */
};

/* 0 or -ENOMEM. The options and the pipeline must outlive it. */
int recognition_new(const struct recognition_settings *settings,
		    struct recognition **ret_recognition);
void recognition_free(struct recognition *recognition);

/* Recording begins now: times are those of this moment, NULL: not known. It takes them over. */
void recognition_begin(struct recognition *recognition, struct cpu_times *times);

/* Records. Times are CLOCK_MONOTONIC ns. 0, or -ENOMEM, -EOVERFLOW. */
int recognition_started(struct recognition *recognition, const struct pbp_started *record,
			uint64_t now_ns);
int recognition_recognised(struct recognition *recognition, const struct pbp_recognised *record);
int recognition_look(struct recognition *recognition, const struct pbp_look *record,
		     uint64_t now_ns);
int recognition_ended(struct recognition *recognition, const struct pbp_ended *record);
int recognition_thread_wanted(struct recognition *recognition,
			      const struct pbp_thread_wanted *record, uint64_t now_ns);
/* *ret_ours: the pipeline is to take it; it knows the target then. */
int recognition_sample(struct recognition *recognition, const struct pbp_sample *record,
		       uint64_t now_ns, bool *ret_ours);
/* Is the pipeline to take it? */
bool recognition_takes_code(struct recognition *recognition, const struct pbp_code *record);
/* All records that had come were taken. */
int recognition_drained(struct recognition *recognition);

/* Answers of the reader to what actions.look asked. Likewise. */
int recognition_answer(struct recognition *recognition, const struct reader_process *answer,
		       uint64_t now_ns);
int recognition_threads(struct recognition *recognition, uint32_t id,
			const struct reader_thread *threads, size_t nthreads);
int recognition_blocked(struct recognition *recognition, uint32_t id, pid_t pid);

/*
 * The answer about a process that has not announced itself (asked with id 0). Known otherwise by now: nothing more is done.
 * With by_number it is put even if it is not Python: what it executes later may be.
 */
int recognition_put(struct recognition *recognition, const struct reader_process *answer,
		    uint64_t now_ns);

/* Put a process that is about to execute the command. 0 or a negative errno. */
int recognition_put_command(struct recognition *recognition, pid_t pid);

/* Ask again those that are due; when the next one is due (0: none waits). */
int recognition_ask_due(struct recognition *recognition, uint64_t now_ns);
uint64_t recognition_due_ns(const struct recognition *recognition);

/* About ten times a second: CPU times of those that ran, names of new threads. */
void recognition_tick(struct recognition *recognition, uint64_t now_ns);

/* Why a process that was chosen by its number is not sampled any more since it executed another program. NULL: none is so. */
const struct err *recognition_refusal(const struct recognition *recognition);

/* Where a code object of a sampled process is to be read. False: it is not alive. */
bool recognition_pid(struct recognition *recognition, uint32_t id, pid_t *ret_pid);

/* Recording has ended: read the last CPU times. How many have ended whose last time was not told yet. */
size_t recognition_read_times(struct recognition *recognition);

/* No record and no answer follows: decide about those that nothing is known of, and tell the pipeline all times. */
int recognition_finish(struct recognition *recognition);

const struct recognition_counts *recognition_counts(const struct recognition *recognition);

/*
 * Likewise while the run goes on: with the times of those that live, as far as they were read. Nothing is read for it.
 */
struct recognition_counts recognition_counts_now(struct recognition *recognition);

/* One line for each process that did not answer. */
void recognition_tell_blocked(const struct recognition *recognition, FILE *stream);

#endif
