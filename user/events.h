/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loop waits for: a periodic timer, the end of the run's time, a signal that stops it, the process's end. */
#ifndef PBP_EVENTS_H
#define PBP_EVENTS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct events {
	int epoll, timer, deadline, signals, process; /* file descriptors, -1: not open */
};

enum event {
	EVENT_TIMER, /* at every period */
	EVENT_DEADLINE, /* once, if asked for */
	EVENT_SIGNAL, /* SIGINT, SIGTERM or SIGHUP, which do not end the program from events_open on */
	EVENT_PROCESS_ENDED,
};

/* Nothing is open; events_close may be called. */
void events_init(struct events *events);

/* Watch the process pid, and stop signals. -ESRCH: it has ended. No timer runs yet. */
int events_open(struct events *events, pid_t pid, struct err *err);
void events_close(struct events *events);

/* Start the periodic timer, and the deadline unless duration_ns is 0. */
int events_start(struct events *events, uint64_t period_ns, uint64_t duration_ns, struct err *err);

/* Block until one of them happens. */
int events_wait(struct events *events, enum event *ret_event, struct err *err);

#endif
