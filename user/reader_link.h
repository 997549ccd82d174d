/* SPDX-License-Identifier: GPL-2.0-only */
/* Our end of one helper after the other: starting, killing, sending, receiving. Nothing here waits. */
#ifndef PBP_READER_LINK_H
#define PBP_READER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reader_internal.h"

/* Helpers that were killed and have not ended, for they hang inside the kernel; as many cost some megabytes. */
#define READER_ABANDONED_MAX 256

struct reader_link {
	int epoll; /* the caller's; the helper's socket is put into it */
	uint16_t assume_series;
	reader_serve *serve;

	pid_t helper; /* 0: there is none */
	int socket;
	struct reader_answer answer; /* being received */
	size_t nreceived; /* bytes of it and of what follows it */
	unsigned char *data; /* what follows it */
	size_t capacity;

	pid_t abandoned[READER_ABANDONED_MAX];
	size_t nabandoned;
	uint64_t ended_cpu_ns, memory_bytes;
};

/* Start a helper where there is none. 0 or a negative errno; -EAGAIN: too many hang already. */
int reader_link_start(struct reader_link *link);

/* Kill the helper, if there is one, and leave it alone. */
void reader_link_abandon(struct reader_link *link);

/* Take note of helpers that have ended at last. */
void reader_link_reap(struct reader_link *link);

/* To a helper that is idle. 0 or a negative errno; that it has ended is no error here, receiving shows it. */
int reader_link_send(const struct reader_link *link, const struct reader_request *request);

/*
 * Receive what is there. 1: an answer is whole, and stands until the next call; 0: more is to come; else a negative
 * errno: -EPIPE when the helper has ended, -EBADMSG when the answer is larger than any of its kind. *ret_progress:
 * some bytes came.
 */
int reader_link_receive(struct reader_link *link, bool *ret_progress);

/*
 * Does the helper hang: has it waited for one and the same thing since this was asked last? *wait is its number of waits
 * then, and is set. False also when that cannot be known.
 */
bool reader_link_hangs(const struct reader_link *link, uint64_t *wait);

/* The answer was dealt with. */
void reader_link_received(struct reader_link *link);

/* CPU time of all helpers that can be known now, ns. */
uint64_t reader_link_cpu_ns(const struct reader_link *link);

/* Kill the helper and wait for it a moment; free what the link has. */
void reader_link_done(struct reader_link *link);

#endif
