/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The helper as a process: forked, made harmless to its parent, taking requests until the parent is gone. Must not
 * know what is read.
 */
#include "reader_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/maps.h"
#include "python/seen_live.h"

#define HELPER_NAME   "pybpfprof-read"
#define HELPER_SOCKET 3
/* What mapped BPF maps are called (kernel/bpf/syscall.c: bpf_map_new_fd()). */
#define BPF_MAPS "anon_inode:bpf-map"
/* Descriptors that are closed one by one where the kernel has no close_range (before 5.9). */
#define DESCRIPTORS_MAX 65536

/* What a terminal or the parent's user sends to all of us is the parent's to decide on. */
static const int ignored[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT, SIGTSTP,
			       SIGTTIN, SIGTTOU, SIGPIPE, SIGUSR1, SIGUSR2 };

/* The parent's files, sockets and BPF objects must end with the parent, whatever holds us up. */
static void drop_descriptors(int socket)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++) {
		/* The socket may be one of these if the parent had been started without them. */
		if (fd != socket && null >= 0)
			dup2(null, fd);
	}
	if (socket != HELPER_SOCKET)
		dup2(socket, HELPER_SOCKET);
	if (syscall(SYS_close_range, HELPER_SOCKET + 1, ~0U, 0) == 0)
		return;
	for (int fd = HELPER_SOCKET + 1; fd < DESCRIPTORS_MAX; fd++)
		close(fd);
}

/*
 * A helper that takes the place of another is forked when BPF's maps are mapped. It reads hostile input, so it must not
 * have them; and one that hangs would keep them alive when we are gone.
 */
static void drop_maps(void)
{
	struct maps maps;

	if (maps_read(getpid(), &maps, NULL) < 0)
		_exit(0);
	for (size_t i = 0; i < maps.nmappings; i++) {
		const struct mapping *mapping = &maps.mappings[i];

		if (strncmp(mapping->path, BPF_MAPS, strlen(BPF_MAPS)) == 0)
			munmap((void *)(uintptr_t)mapping->start, mapping->end - mapping->start);
	}
	maps_done(&maps);
}

static void settle(pid_t owner)
{
	const struct rlimit no_core = { 0, 0 };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, HELPER_NAME);
	/* Other people's memory stays out of files. */
	setrlimit(RLIMIT_CORE, &no_core);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != owner)
		_exit(0);
}

static uint64_t memory_bytes(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) < 0 ? 0 : (uint64_t)usage.ru_maxrss * 1024;
}

static void send_bytes(const struct reader_helper *helper, const void *bytes, size_t size)
{
	const char *at = bytes;
	ssize_t n;

	while (size) {
		n = send(helper->socket, at, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			_exit(0);
		at += n;
		size -= (size_t)n;
	}
}

void reader_reply(const struct reader_helper *helper, const struct reader_request *request,
		  int code, const void *head, size_t head_size, const void *rest, size_t rest_size)
{
	const struct reader_answer answer = { .number = request->number,
					      .kind = request->kind,
					      .code = code,
					      .memory_bytes = memory_bytes(),
					      .size = head_size + rest_size };

	send_bytes(helper, &answer, sizeof(answer));
	send_bytes(helper, head, head_size);
	send_bytes(helper, rest, rest_size);
}

/* A whole request; false: the parent has gone. */
static bool receive(const struct reader_helper *helper, struct reader_request *request)
{
	ssize_t n;

	do
		n = recv(helper->socket, request, sizeof(*request), MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*request);
}

static _Noreturn void run(int socket, pid_t owner, uint16_t assume_series, reader_serve *serve)
{
	struct reader_helper helper = { .socket = HELPER_SOCKET,
					.owner = owner,
					.assume_series = assume_series };
	struct reader_request request;

	settle(owner);
	drop_descriptors(socket);
	drop_maps();
	helper.seen = seen_live_new();
	while (receive(&helper, &request))
		serve(&helper, &request);
	_exit(0);
}

int reader_helper_start(uint16_t assume_series, reader_serve *serve, int *ret_socket,
			pid_t *ret_pid)
{
	pid_t owner = getpid(), pid;
	int sockets[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	if (fcntl(sockets[0], F_SETFL, O_NONBLOCK) < 0) {
		r = -errno;
		goto out;
	}
	pid = fork();
	if (pid < 0) {
		r = -errno;
		goto out;
	}
	if (pid == 0)
		run(sockets[1], owner, assume_series, serve);
	close(sockets[1]);
	*ret_socket = sockets[0];
	*ret_pid = pid;
	return 0;
out:
	close(sockets[0]);
	close(sockets[1]);
	return r;
}
