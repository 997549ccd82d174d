/* SPDX-License-Identifier: GPL-2.0-only */
/* One process as a patient: what it is, how it was recognised, and whether its stacks can be read. */
#ifndef PBP_DOCTOR_PROCESS_H
#define PBP_DOCTOR_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "proc/procfs.h"
#include "python/target.h"

struct findings;
struct maps;
struct memory;
struct options;

/* Thread states looked at, and shown without -v. */
#define DOCTOR_THREADS_MAX   4096
#define DOCTOR_THREADS_SHOWN 16

/*
 * Examine the processes of options->pids, one after the other, and say whether this host allows sampling. Nothing may be
 * open that a forked helper must not hold.
 */
void doctor_processes(const struct options *options, struct findings *findings);

/* The lines of one interpreter: version, build, where its runtime is. nbuilds: how many the process has mapped. */
void doctor_build(const struct python_build *build, size_t nbuilds, struct findings *findings);

/* Where the fields' offsets come from: how many, and with verbose one line for each. */
void doctor_offsets(const struct python_process *process, unsigned verbose,
		    struct findings *findings);

/* The thread states: nthreads of them, or a negative errno. */
void doctor_threads(const struct python_thread *threads, ssize_t nthreads, unsigned verbose,
		    struct findings *findings);

/* Is its JIT at work? The mappings may be NULL: not readable. */
void doctor_jit(const struct memory *memory, const struct python_process *process,
		const struct maps *maps, const struct python_thread *threads, size_t nthreads,
		struct findings *findings);

#endif
