/* SPDX-License-Identifier: GPL-2.0-only */
/* The doctor's looks at processes: by way of the reader's helper, so that one that blocks holds up nothing. */
#ifndef PBP_DOCTOR_LOOK_H
#define PBP_DOCTOR_LOOK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "reader.h"

struct doctor_pythons;

/* After this time the processes that are still to be looked at are left out, and counted. */
#define DOCTOR_LOOK_NS 60000000000ULL

/*
 * Look at every process that there is, but ourselves and our helper. Call it before anything is opened that the helper
 * must not hold; likewise below. 0, or a negative errno with the reason: none was looked at.
 */
int doctor_look_at_all(uint16_t assume_series, struct doctor_pythons *pythons, struct err *err);

/*
 * Look at one process. 0, also when *ret_process says why it cannot be sampled; or a negative errno with the reason.
 */
int doctor_look_at(pid_t pid, uint16_t assume_series, struct reader_process *ret_process,
		   struct err *err);

#endif
