/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our end of the socket to the helper, and the helpers that came before. Must not know what is asked, nor when a
 * helper is late.
 */
#include "reader_link.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The buffer for answers is kept if it is not larger. */
#define KEPT_BYTES 65536
/* Milliseconds that the end waits for helpers; one that does not hang ends within the first. */
#define END_MOMENTS 100

static uint64_t used_ns(const struct rusage *usage)
{
	return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

void reader_link_reap(struct reader_link *link)
{
	struct rusage usage;
	size_t nleft = 0;

	for (size_t i = 0; i < link->nabandoned; i++) {
		pid_t ended = wait4(link->abandoned[i], NULL, WNOHANG, &usage);

		if (ended == link->abandoned[i])
			link->ended_cpu_ns += used_ns(&usage);
		else if (ended == 0)
			link->abandoned[nleft++] = link->abandoned[i];
	}
	link->nabandoned = nleft;
}

void reader_link_abandon(struct reader_link *link)
{
	if (!link->helper)
		return;
	kill(link->helper, SIGKILL);
	/* A forked child of ours may hold the socket, too: closing alone would not take it out. */
	epoll_ctl(link->epoll, EPOLL_CTL_DEL, link->socket, NULL);
	close(link->socket);
	link->abandoned[link->nabandoned++] = link->helper;
	link->helper = 0;
	link->nreceived = 0;
	reader_link_reap(link);
}

int reader_link_start(struct reader_link *link)
{
	struct epoll_event event = { .events = EPOLLIN };
	int r;

	if (link->nabandoned == READER_ABANDONED_MAX)
		return -EAGAIN;
	r = reader_helper_start(link->assume_series, link->serve, &link->socket, &link->helper);
	if (r < 0)
		return r;
	if (epoll_ctl(link->epoll, EPOLL_CTL_ADD, link->socket, &event) < 0) {
		r = -errno;
		reader_link_abandon(link);
	}
	return r;
}

bool reader_link_hangs(const struct reader_link *link, uint64_t *wait)
{
	char path[64], line[128], state = 'R';
	unsigned long long nwaits = 0;
	bool same;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", link->helper);
	status = fopen(path, "re");
	if (!status)
		return false;
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "State: %c", &state) == 1)
			continue;
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &nwaits) == 1)
			break;
	}
	fclose(status);
	same = nwaits && nwaits == *wait && state != 'R';
	*wait = nwaits;
	return same;
}

int reader_link_send(const struct reader_link *link, const struct reader_request *request)
{
	ssize_t n;

	/* The helper is idle, so its socket is empty: the request fits, or something is wrong. */
	n = send(link->socket, request, sizeof(*request), MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == (ssize_t)sizeof(*request) || (n < 0 && (errno == EPIPE || errno == ECONNRESET)))
		return 0;
	return n < 0 ? -errno : -EIO;
}

/* Room for the bytes behind the answer. */
static int make_room(struct reader_link *link)
{
	unsigned char *data;

	if (link->answer.size > reader_answer_limit(link->answer.kind))
		return -EBADMSG;
	if (link->answer.size <= link->capacity)
		return 0;
	data = realloc(link->data, link->answer.size);
	if (!data)
		return -ENOMEM;
	link->data = data;
	link->capacity = link->answer.size;
	return 0;
}

/* Where the next bytes go, and how many are missing there; 0: none. */
static int next_bytes(struct reader_link *link, unsigned char **ret_to, size_t *ret_missing)
{
	const size_t head = sizeof(link->answer);
	int r;

	if (link->nreceived < head) {
		*ret_to = (unsigned char *)&link->answer + link->nreceived;
		*ret_missing = head - link->nreceived;
		return 0;
	}
	r = make_room(link);
	if (r < 0)
		return r;
	*ret_missing = head + link->answer.size - link->nreceived;
	*ret_to = *ret_missing ? link->data + (link->nreceived - head) : NULL;
	return 0;
}

int reader_link_receive(struct reader_link *link, bool *ret_progress)
{
	unsigned char *to;
	size_t missing;
	ssize_t n;
	int r;

	*ret_progress = false;
	for (;;) {
		r = next_bytes(link, &to, &missing);
		if (r < 0)
			return r;
		if (!missing)
			break;
		n = recv(link->socket, to, missing, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return n == 0 || errno == ECONNRESET ? -EPIPE : -errno;
		link->nreceived += (size_t)n;
		*ret_progress = true;
	}
	if (link->answer.memory_bytes > link->memory_bytes)
		link->memory_bytes = link->answer.memory_bytes;
	return 1;
}

void reader_link_received(struct reader_link *link)
{
	link->nreceived = 0;
	if (link->capacity <= KEPT_BYTES)
		return;
	free(link->data);
	link->data = NULL;
	link->capacity = 0;
}

uint64_t reader_link_cpu_ns(const struct reader_link *link)
{
	struct timespec used = { 0 };
	clockid_t clock;

	/* The CPU clock of a process is the kernel's: it can be read even if the process hangs. */
	if (link->helper && clock_getcpuclockid(link->helper, &clock) == 0)
		clock_gettime(clock, &used);
	return link->ended_cpu_ns + (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

void reader_link_done(struct reader_link *link)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	reader_link_abandon(link);
	for (int i = 0; i < END_MOMENTS && link->nabandoned; i++) {
		nanosleep(&moment, NULL);
		reader_link_reap(link);
	}
	free(link->data);
	link->data = NULL;
	link->capacity = 0;
}
