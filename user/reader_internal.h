/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes between the two halves of the reader, for the reader*.c files and their test alone.
 *
 *   reader.c ── struct reader_request ──▶ reader_helper.c ─▶ reader_serve.c
 *   reader_answer.c ◀── struct reader_answer, and as many bytes as it says ──┘
 *
 * One request is under way at a time. The helper reads what other people write, so its answers are not trusted.
 */
#ifndef PBP_READER_INTERNAL_H
#define PBP_READER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reader.h"

struct seen_live;

enum reader_kind {
	READER_LOOK,
	READER_CODE,
	READER_THREAD,
	READER_THREADS,
	READER_LIST,
	READER_KIND_MAX
};

/* Processes and threads of one process listed at most. */
#define READER_PIDS_MAX	   262144
#define READER_THREADS_MAX 32768

struct reader_request {
	uint64_t number; /* never used twice */
	uint32_t kind; /* enum reader_kind */
	uint32_t target_id; /* 0: about no process */
	pid_t pid;
	uint32_t tid; /* THREAD */
	uint64_t addr, identity; /* CODE */
	uint64_t thread_id, start_time; /* THREAD */
	uint32_t row; /* THREADS: index of the layout's row */
	struct pbp_target target; /* of CODE the layout alone */
};

struct reader_answer {
	uint64_t number; /* the request's */
	uint32_t kind; /* likewise */
	int32_t code; /* 0 or a negative errno; of a LOOK 0: the process has its own */
	uint64_t memory_bytes; /* the helper's largest resident set */
	uint64_t size; /* bytes that follow */
};

/* What follows the answer to a LOOK. The build's row is a pointer: it goes as an index. */
struct reader_found {
	uint32_t row;
	struct reader_process process;
};

/* The helper's side. */
struct reader_helper {
	int socket;
	pid_t owner; /* whose helper it is */
	uint16_t assume_series;
	struct seen_live *seen; /* NULL: without memory nothing is remembered */
};

/* What a helper does with a request: it must reply once. */
typedef void reader_serve(struct reader_helper *helper, const struct reader_request *request);
reader_serve reader_serve_request;

/* Send the answer, its bytes in two parts; ends the helper if nobody takes it. */
void reader_reply(const struct reader_helper *helper, const struct reader_request *request,
		  int code, const void *head, size_t head_size, const void *rest, size_t rest_size);

/*
 * Fork a helper that serves by that function. 0 with the parent's end of the socket, which does not block, and the
 * process; or a negative errno.
 */
int reader_helper_start(uint16_t assume_series, reader_serve *serve, int *ret_socket,
			pid_t *ret_pid);

/* reader_new with another way to serve, for tests. */
int reader_new_serving(const struct reader_handlers *handlers, uint16_t assume_series,
		       reader_serve *serve, struct reader **ret_reader, struct err *err);

/* Bytes that may follow an answer of the kind. */
size_t reader_answer_limit(uint32_t kind);

/*
 * Check the answer to the request, make its texts and numbers what their types promise, and hand it to its handler.
 * data has answer->size bytes, is aligned for any type and may be changed. -EBADMSG, and no handler is called: it
 * makes no sense.
 */
int reader_answer_take(const struct reader_handlers *handlers, const struct reader_request *request,
		       const struct reader_answer *answer, void *data);

/* Tell the handler of the request that there will be no answer. */
void reader_answer_fail(const struct reader_handlers *handlers,
			const struct reader_request *request, int code);

#endif
