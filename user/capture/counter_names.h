/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters of include/counters.h in words. */
#ifndef PBP_CAPTURE_COUNTER_NAMES_H
#define PBP_CAPTURE_COUNTER_NAMES_H

#include <counters.h>

const char *counter_name(enum pbp_counter counter);
const char *counter_meaning(enum pbp_counter counter);

#endif
