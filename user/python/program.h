/* SPDX-License-Identifier: GPL-2.0-only */
/* What a main executable is for all processes that execute it. */
#ifndef PBP_PYTHON_PROGRAM_H
#define PBP_PYTHON_PROGRAM_H

#include <stdint.h>

#include "process.h"

struct python_builds;
struct python_process;

/*
 * The verdict OTHER when it neither has a runtime nor is linked with one, SAMPLED with linked addresses when it has the
 * one that is in use, LOADING with those of its library when it is linked with the one that is in use, else UNKNOWN; layout
 * is 0. builds: what was found in one of its processes; start_code: that
 * process's mm_struct.start_code; process: which of them it uses, NULL: none.
 */
struct pbp_program program_judge(const struct python_builds *builds, uint64_t start_code,
				 const struct python_process *process);

#endif
