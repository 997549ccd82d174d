/* SPDX-License-Identifier: GPL-2.0-only */
/* The one epoll, and the descriptors that it watches. What an event leads to is the session's business. */
#include "events.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

void events_init(struct events *events)
{
	*events = (struct events){ -1, -1, -1, -1, -1 };
}

void events_close(struct events *events)
{
	const int fds[] = { events->process, events->signals, events->deadline, events->timer,
			    events->epoll };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	events_init(events);
}

static int watch(const struct events *events, int fd, enum event what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	return fd < 0 || epoll_ctl(events->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int events_open(struct events *events, pid_t pid, struct err *err)
{
	sigset_t stop;
	int code;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	events->process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (events->process < 0 && errno == ESRCH)
		return err_set(err, -ESRCH, "pid %d ended before it was sampled", pid);
	events->epoll = epoll_create1(EPOLL_CLOEXEC);
	events->signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	events->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	events->deadline = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	code = events->epoll < 0 ? -errno : watch(events, events->signals, EVENT_SIGNAL);
	if (!code)
		code = watch(events, events->timer, EVENT_TIMER);
	if (!code)
		code = watch(events, events->deadline, EVENT_DEADLINE);
	if (!code)
		code = watch(events, events->process, EVENT_PROCESS_ENDED);
	return code ? err_set(err, code, "cannot wait for events: %s", strerror(-code)) : 0;
}

static int set_timer(int fd, uint64_t first_ns, uint64_t period_ns)
{
	struct itimerspec when = {
		.it_value = { .tv_sec = (time_t)(first_ns / CLOCK_NS_PER_SECOND),
			      .tv_nsec = (long)(first_ns % CLOCK_NS_PER_SECOND) },
		.it_interval = { .tv_sec = (time_t)(period_ns / CLOCK_NS_PER_SECOND),
				 .tv_nsec = (long)(period_ns % CLOCK_NS_PER_SECOND) },
	};

	return timerfd_settime(fd, 0, &when, NULL) ? -errno : 0;
}

int events_start(struct events *events, uint64_t period_ns, uint64_t duration_ns, struct err *err)
{
	int code = set_timer(events->timer, period_ns, period_ns);

	if (!code && duration_ns)
		code = set_timer(events->deadline, duration_ns, 0);
	return code ? err_set(err, code, "cannot set a timer: %s", strerror(-code)) : 0;
}

int events_wait(struct events *events, enum event *ret_event, struct err *err)
{
	struct epoll_event event;
	uint64_t expirations;
	int n;

	do {
		n = epoll_wait(events->epoll, &event, 1, -1);
		if (n < 0 && errno != EINTR)
			return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
	} while (n < 1);
	*ret_event = event.data.u32;
	/* Only the timer comes again and must be made ready for that; how late it is does not matter. */
	if (*ret_event == EVENT_TIMER &&
	    read(events->timer, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		return err_set(err, -errno, "cannot read a timer: %s", strerror(errno));
	return 0;
}
