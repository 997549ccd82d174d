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
#include "target.h"
#include "wire.h"

struct capture;

struct capture_settings {
	uint64_t period_ns; /* between two ticks of one CPU */
	uint32_t max_depth; /* frames, 1..PBP_DEPTH_MAX */
};

/* What takes the records, in the order of the wire. Pointers live for the call only; every size was checked. */
struct capture_handlers {
	void (*sample)(void *context, const struct pbp_sample *sample, const uint64_t *frames);
	void (*code)(void *context, const struct pbp_code *code, const uint8_t *data);
	void (*replaced)(void *context, const struct pbp_replaced *replaced);
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

/* Open the event on every online CPU and attach the program. Ticks are ignored until capture_record(). */
int capture_attach(struct capture *capture, struct err *err);

/* CPUs that tick. */
uint32_t capture_ncpus(const struct capture *capture);

/* Begin (true) or end (false) to take ticks. Only between the two are they counted. */
void capture_record(struct capture *capture, bool recording);

/* Add or replace the target of a process; target->id must be new in this run. 0 or a negative errno. */
int capture_put_target(struct capture *capture, pid_t pid, const struct pbp_target *target);
void capture_drop_target(struct capture *capture, pid_t pid);

/* Answer a thread_wanted record. 0 or a negative errno. */
int capture_put_thread(struct capture *capture, uint32_t tid, const struct pbp_found_thread *found);

/* Hand every record that is in the ring to the handlers. Never blocks. 0 or a negative errno. */
int capture_drain(struct capture *capture);

/* Sums over all CPUs. */
void capture_counters(const struct capture *capture, uint64_t ret_counters[PBP_COUNT_MAX]);

/*
 * Time spent in our BPF programs and how often they ran, since capture_new. -ENODATA: the kernel does not keep
 * BPF run-time statistics for us (that needs CAP_SYS_ADMIN).
 */
int capture_cost(const struct capture *capture, uint64_t *ret_ns, uint64_t *ret_runs);

#endif
