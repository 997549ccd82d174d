/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel side as one object: load the BPF program, tell it the targets, attach it, drain its records. This
 * folder is the only one that knows libbpf; everything that crosses is a value of include/.
 */
#ifndef PBP_CAPTURE_CAPTURE_H
#define PBP_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "counters.h"
#include "process.h"
#include "target.h"
#include "wire.h"

struct capture;

struct capture_settings {
	uint64_t period_ns; /* between two ticks of one CPU, or of one thread */
	uint32_t max_depth; /* frames, 1..PBP_DEPTH_MAX */
	bool announce; /* every process of the host announces itself; false: only those that are put count */
	bool children; /* and their children, whatever these execute */
	uint32_t
		pid_namespace; /* ours, if it is not the initial one: only processes in it count; else 0 */
	bool per_thread; /* the event belongs to threads and is inherited by their children */
};

/* What takes the records, in the order of the wire. Pointers live for the call only; every size was checked. */
struct capture_handlers {
	void (*sample)(void *context, const struct pbp_sample *sample, const uint64_t *frames);
	void (*code)(void *context, const struct pbp_code *code, const uint8_t *data);
	void (*started)(void *context, const struct pbp_started *started);
	void (*look)(void *context, const struct pbp_look *look);
	void (*recognised)(void *context, const struct pbp_recognised *recognised);
	void (*ended)(void *context, const struct pbp_ended *ended);
	void (*thread_wanted)(void *context, const struct pbp_thread_wanted *wanted);
	void (*malformed)(void *context);
	void *context;
};

/*
 * Load the BPF program; nothing ticks yet. The reason of a failure names what is missing (BTF, memory, a
 * program that this kernel does not accept). Free with capture_free, also after a failed capture_attach.
 */
int capture_new(const struct capture_settings *settings, const struct capture_handlers *handlers,
		struct capture **ret_capture, struct err *err);
void capture_free(struct capture *capture);

/*
 * Attach to exec, fork and exit; then open the event and attach the program to it: on every online CPU, or, per thread,
 * for every thread that the processes pids[0..npids) have now. Ticks are ignored until capture_record().
 */
int capture_attach(struct capture *capture, const pid_t *pids, size_t npids, struct err *err);

/*
 * CPUs that came online since are opened, too, and those whose event has ended because they were away for a while. To be
 * called every second or so, and right before the end. 0 or a negative errno; per thread there is nothing to do.
 */
int capture_follow_cpus(struct capture *capture);

/* Readable when a record is there that cannot wait for the next drain. To be watched, never read. */
int capture_fd(const struct capture *capture);

/* CPUs that tick, or did; and how long these were offline meanwhile in sum, as far as capture_follow_cpus() saw it. */
uint32_t capture_ncpus(const struct capture *capture);
uint64_t capture_away_ns(const struct capture *capture);

/* The CPUs that are online are those that were when ticks began to be taken. */
bool capture_same_cpus(const struct capture *capture);

/* Begin (true) or end (false) to take ticks. Only between the two are they counted. */
void capture_record(struct capture *capture, bool recording);

/* The index under which BPF knows a layout; equal ones have one. -ENOSPC past PBP_LAYOUTS_MAX. */
int capture_add_layout(struct capture *capture, const struct pbp_layout *layout,
		       uint32_t *ret_index);

/* The layout of an index that a record names. NULL: there is none. */
const struct pbp_layout *capture_layout(const struct capture *capture, uint32_t index);

/*
 * Make a process known that has not announced itself. *ret_id is its new id; -EEXIST: BPF knows it already, and *ret_id is
 * the id that it has; -ESRCH: it ended; other negative errnos: not made. The caller makes sure afterwards that the process is
 * still the one that was meant, and drops it otherwise.
 */
int capture_put_process(struct capture *capture, pid_t pid, const struct pbp_answer *answer,
			uint32_t *ret_id);

/* Undo capture_put_process: the process had ended before. */
void capture_drop_process(struct capture *capture, pid_t pid);

/* Answer a started or look record, or change what was answered. 0 or a negative errno. */
int capture_answer(struct capture *capture, uint32_t id, const struct pbp_answer *answer);

/* The id has ended: its answer is given back. */
void capture_forget(struct capture *capture, uint32_t id);

/*
 * What a main executable is, for all processes that execute it from now on. 0 or a negative errno; -ENOTSUP: this kernel
 * cannot find libraries, which LOADING takes.
 */
int capture_put_program(struct capture *capture, const struct pbp_file_key *file,
			const struct pbp_program *program);

/* Answer a thread_wanted record. 0 or a negative errno. */
int capture_put_thread(struct capture *capture, uint32_t tid, const struct pbp_found_thread *found);

/* Hand every record that is in the ring to the handlers. Never blocks. 0 or a negative errno. */
int capture_drain(struct capture *capture);

/* Sums over all CPUs. */
void capture_counters(const struct capture *capture, uint64_t ret_counters[PBP_COUNT_MAX]);

/*
 * Time spent in all our BPF programs, and how often the one of the ticks ran, since capture_new. -ENODATA: the kernel does not keep
 * BPF run-time statistics for us (that needs CAP_SYS_ADMIN).
 */
int capture_cost(const struct capture *capture, uint64_t *ret_ns, uint64_t *ret_runs);

#endif
