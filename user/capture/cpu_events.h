/* SPDX-License-Identifier: GPL-2.0-only */
/* The event of each CPU, for the files of this folder alone. Nothing here is for a source per thread. */
#ifndef PBP_CAPTURE_CPU_EVENTS_H
#define PBP_CAPTURE_CPU_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct capture;

/* Open the event on every CPU that is there, and give it the program. -ENODEV: none has it. */
int cpu_events_attach(struct capture *capture, struct err *err);
void cpu_events_detach(struct capture *capture);

/* Again on those whose event has ended, and on those that came. To be called every second. 0 or a negative errno. */
int cpu_events_follow(struct capture *capture);

/* Ticks are taken from now on: these are the CPUs of cpu_events_same_cpus(). */
void cpu_events_began(struct capture *capture);

/* Ticks that were owed while no event was there for them; after the end also those since each CPU's last. */
uint64_t cpu_events_missed(const struct capture *capture);

/* CPUs that have had an event, and how long these were away in sum. */
uint32_t cpu_events_ncpus(const struct capture *capture);
uint64_t cpu_events_away_ns(const struct capture *capture);

/* The CPUs that are there are those that there were when ticks began to be taken. */
bool cpu_events_same_cpus(const struct capture *capture);

#endif
