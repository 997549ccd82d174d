/* SPDX-License-Identifier: GPL-2.0-only */
/* Time as nanoseconds in a uint64_t, and the durations and rates that people write. */
#ifndef PBP_BASE_CLOCK_H
#define PBP_BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

#define CLOCK_NS_PER_SECOND 1000000000ULL

/* Nanoseconds of CLOCK_MONOTONIC: never goes back, stands still while the machine sleeps. */
uint64_t clock_monotonic_ns(void);

/*
 * A duration: a decimal number that may have a fraction, and us, ms, s, m or h behind it; seconds without a
 * unit ("1.5", "500ms", "5m"). Written to ret_ns, less than a nanosecond is dropped. -EINVAL when the text is
 * anything else (signs and spaces included), -ERANGE past INT64_MAX ns, which is what timers take.
 */
int clock_parse_duration(const char *text, uint64_t *ret_ns, struct err *err);

/*
 * A rate: a decimal number, and hz, k or khz behind it in any case ("1000", "1k", "2.5khz"); Hz without a
 * unit. -EINVAL when the text is anything else or no whole number of Hz, -ERANGE past INT64_MAX.
 */
int clock_parse_rate(const char *text, uint64_t *ret_hz, struct err *err);

#endif
