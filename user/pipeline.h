/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records in, a profile out: what a sample and a code record do. No libbpf, no clock of its own; recorded or
 * hand-made records do as well as the kernel's.
 *
 *   sample ──▶ tree of (caller, code object, instruction): one counter per sample
 *   code   ──▶ (target, address) ─▶ code object
 *   finish ──▶ each node of the tree once: function, file, line ─▶ profile
 */
#ifndef PBP_PIPELINE_H
#define PBP_PIPELINE_H

#include <stdint.h>

#include "proc/memory.h"
#include "target.h"
#include "wire.h"

struct pipeline;
struct profile;

/* 0 or -ENOMEM. The profile must outlive the pipeline. */
int pipeline_new(struct profile *profile, struct pipeline **ret_pipeline);
void pipeline_free(struct pipeline *pipeline);

/*
 * Make a target known before its first record: target->id, target->layout. `process` is its index in the
 * profile; `memory` is copied, and used only by pipeline_read_missing. 0 or -ENOMEM.
 */
int pipeline_add_target(struct pipeline *pipeline, const struct pbp_target *target,
			uint32_t process, const struct memory *memory);

/* The target's memory is another program's from now on: nothing more is read from it. */
void pipeline_retire_target(struct pipeline *pipeline, uint32_t target);

/*
 * Take one record; sizes were checked by whoever took it from the wire. 0; -EBADMSG for a record that makes no
 * sense (it is counted as malformed); -ENOMEM.
 */
int pipeline_sample(struct pipeline *pipeline, const struct pbp_sample *sample,
		    const uint64_t *frames);
int pipeline_code(struct pipeline *pipeline, const struct pbp_code *code, const uint8_t *data);

/*
 * Read from the live processes what the code records since the last call lacked. What cannot be read stays
 * unnamed, and is counted so at the end.
 */
void pipeline_read_missing(struct pipeline *pipeline);

/* A record that did not even have a possible form. */
void pipeline_malformed(struct pipeline *pipeline);

/* Weight of all samples so far. */
uint64_t pipeline_weight_ns(const struct pipeline *pipeline);
/* Samples taken so far, and the time of the first one (CLOCK_MONOTONIC ns, 0: none yet). */
uint64_t pipeline_samples(const struct pipeline *pipeline);
uint64_t pipeline_first_sample_ns(const struct pipeline *pipeline);

/* Fill the profile: rows, and the sample counts of its account. Once, at the end. 0 or -ENOMEM, -EOVERFLOW. */
int pipeline_finish(struct pipeline *pipeline);

#endif
