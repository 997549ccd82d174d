/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the loop waits for: timers, signals, processes' ends, and descriptors of other rooms that become readable.
 */
#ifndef PBP_EVENTS_H
#define PBP_EVENTS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum event {
	EVENT_TIMER, /* at every period */
	EVENT_DEADLINE, /* once, if asked for */
	EVENT_ALARM, /* once, at the time of events_set_alarm() */
	EVENT_SIGNAL, /* SIGINT, SIGTERM, SIGHUP, SIGUSR1 or SIGCHLD, which only are events from events_open on */
	EVENT_PROCESS_ENDED, /* one of those watched */
	EVENT_RECORDS, /* a descriptor that was watched as this, and likewise */
	EVENT_ANSWERS,
};

struct events {
	int epoll, timer, deadline, alarm, signals; /* file descriptors, -1: not open */
	uint64_t alarm_ns; /* what it is set to; 0: it is off */
	int signal; /* of the last EVENT_SIGNAL */
};

/* Nothing is open; events_close may be called. */
void events_init(struct events *events);

/* Watch signals and timers. No timer runs yet. */
int events_open(struct events *events, struct err *err);
void events_close(struct events *events);

/* Watch a descriptor for reading; it stays the caller's. EVENT_RECORDS or EVENT_ANSWERS. 0 or a negative errno. */
int events_watch(struct events *events, int fd, enum event what);

/* Watch a process; each ends once. -ESRCH: it has ended; or another negative errno. */
int events_watch_process(struct events *events, pid_t pid);

/* Start the periodic timer, and the deadline unless duration_ns is 0. */
int events_start(struct events *events, uint64_t period_ns, uint64_t duration_ns, struct err *err);

/* The alarm is to come at that time (CLOCK_MONOTONIC), once; 0: not at all. */
int events_set_alarm(struct events *events, uint64_t at_ns, struct err *err);

/* Block until one of them happens. */
int events_wait(struct events *events, enum event *ret_event, struct err *err);

#endif
