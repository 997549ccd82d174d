/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records in, a profile out: what a sample and a code record do. No libbpf, no clock of its own; recorded or
 * hand-made records do as well as the kernel's.
 *
 *   sample ──▶ tree of (caller, code object, instruction), one for all targets; per target a count by (thread, node)
 *   code   ──▶ (target, address) ─▶ code object
 *   flush  ──▶ each node of the tree once: function, file, line; each count a row ─▶ profile
 */
#ifndef PBP_PIPELINE_H
#define PBP_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

struct pbp_layout;
struct pipeline;
struct profile;
struct profile_process;

/* 0 or -ENOMEM. The profile must outlive the pipeline. */
int pipeline_new(struct profile *profile, struct pipeline **ret_pipeline);
void pipeline_free(struct pipeline *pipeline);

/*
 * Make a target (an id of the wire) known before its first record. Its process in the profile is made when the pipeline
 * finishes, from what pipeline_describe_target told last, if it has samples; when no target has any, all that were
 * described. Without a description it is a process of nothing but its samples, with the id as its program. 0, -EEXIST or
 * -ENOMEM.
 */
int pipeline_add_target(struct pipeline *pipeline, uint32_t target, bool threads_apart);

/* Where its code objects keep what: before its first code record. 0 or -ENOENT (also when it has ended), -ENOMEM. */
int pipeline_set_layout(struct pipeline *pipeline, uint32_t target,
			const struct pbp_layout *layout);

/* What the profile shall say of it; texts are copied, NULL is "". Again whenever more is known. 0, -ENOENT or -ENOMEM. */
int pipeline_describe_target(struct pipeline *pipeline, uint32_t target,
			     const struct profile_process *process);

/* The name of one of its threads, for targets that keep threads apart. 0, -ENOENT or -ENOMEM. */
int pipeline_name_thread(struct pipeline *pipeline, uint32_t target, uint32_t tid,
			 const char *name);

/*
 * No record of it follows: what only served to take them is given back, its samples stay. One without samples is
 * forgotten, unless it is the only target. Beyond PIPELINE_ENDED_MAX ended targets the oldest are put together by command
 * name, command line, container and Python version, their threads too; beyond PIPELINE_FOLDED_MAX of these, further ones
 * whatever their command line, and beyond as many again all others as one process PIPELINE_FOLDED_OTHERS.
 */
void pipeline_end_target(struct pipeline *pipeline, uint32_t target);
#define PIPELINE_ENDED_MAX     1024
#define PIPELINE_FOLDED_MAX    1024
#define PIPELINE_FOLDED_OTHERS "[others]"

/*
 * It was none to be sampled: forget it and its samples, which were all not yet recognised, but for those that a flush has
 * moved (none, unless its layout was set). How many they were. Records of it that were under way come from an unknown
 * target then.
 */
uint64_t pipeline_disown_target(struct pipeline *pipeline, uint32_t target);

/*
 * Take one record; sizes were checked by whoever took it from the wire. 0; -EBADMSG for a record that makes no
 * sense (it is counted as malformed); -ENOMEM.
 */
int pipeline_sample(struct pipeline *pipeline, const struct pbp_sample *sample,
		    const uint64_t *frames);
int pipeline_code(struct pipeline *pipeline, const struct pbp_code *code, const uint8_t *data);

/*
 * What the records so far lacked, and is to be read from the live processes: the next of them, false when there are no
 * more. Each is given out once.
 */
struct pipeline_missing {
	uint32_t target;
	uint64_t code_addr, identity;
	const struct pbp_layout *layout; /* valid until the target ends */
};
bool pipeline_next_missing(struct pipeline *pipeline, struct pipeline_missing *ret_missing);

/*
 * The answer: record and data as on the wire, with target, code_addr and identity set. Ignored when the target is gone or
 * another code object lies at the address now. 0 or -ENOMEM, -EOVERFLOW.
 */
int pipeline_fill(struct pipeline *pipeline, const struct pbp_code *code, const uint8_t *data);

/* A record that did not even have a possible form. */
void pipeline_malformed(struct pipeline *pipeline);

/* Weight of all samples so far. */
uint64_t pipeline_weight_ns(const struct pipeline *pipeline);
/* Samples taken so far, and the time of the first one (CLOCK_MONOTONIC ns, 0: none yet). */
uint64_t pipeline_samples(const struct pipeline *pipeline);
uint64_t pipeline_first_sample_ns(const struct pipeline *pipeline);

/* Samples and weight of one target so far, flushed or not. */
uint64_t pipeline_target_samples(const struct pipeline *pipeline, uint32_t target);
uint64_t pipeline_target_weight_ns(const struct pipeline *pipeline, uint32_t target);

/* Keep each sample's time, as a moment of the profile. Before the first sample. */
void pipeline_keep_times(struct pipeline *pipeline);

/*
 * Move what was counted since the last flush into the profile: processes, threads, rows, moments, and the sample counts of
 * its account. The run goes on. Held back are samples of targets that may still be disowned (without a layout, and not
 * ended) and, up to PIPELINE_HOLD_NS, those of code objects and threads whose names may still come. Ended targets are
 * dropped, and beyond PIPELINE_PROCESSES_MAX processes further ones that ended since the last flush are put together
 * as above. now_ns is CLOCK_MONOTONIC. 0 or -ENOMEM, -EOVERFLOW: nothing can be flushed any more.
 */
int pipeline_flush(struct pipeline *pipeline, uint64_t now_ns);
#define PIPELINE_HOLD_NS       2000000000ULL
#define PIPELINE_PROCESSES_MAX 65536

/*
 * The last flush, which holds nothing back: no record can be taken any more. Once, at the end (a child that renders the
 * profile so far does it in its own copy). 0 or -ENOMEM, -EOVERFLOW.
 */
int pipeline_finish(struct pipeline *pipeline);

#endif
