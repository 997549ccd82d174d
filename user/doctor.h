/* SPDX-License-Identifier: GPL-2.0-only */
/* The verb doctor: what would happen if one asked for a profile here, told before one does. */
#ifndef PBP_DOCTOR_H
#define PBP_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct options;

/*
 * Write what is found of the options' processes, or without one of this kernel, our privileges and the host's Pythons,
 * to the stream, in one piece at the end, so that nothing which is looked at can come in between. A finding that says no
 * is a result and not a failure: *ret_can_sample is then false. -ENOMEM with a reason. Write errors stay with the stream.
 */
int doctor_run(const struct options *options, FILE *stream, bool *ret_can_sample, struct err *err);

#endif
