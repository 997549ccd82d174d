/* SPDX-License-Identifier: GPL-2.0-only */
/* The one epoll, and the descriptors that it watches. What an event leads to is the session's business. */
#include "events.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

/* What epoll hands back: the kind of event, and for a process that ended its descriptor, which is closed then. */
#define EVENT_DATA(fd, what) ((uint64_t)(uint32_t)(fd) << 32 | (what))
#define EVENT_WHAT(data)     ((enum event)((data)&0xffffffff))
#define EVENT_FD(data)	     ((int)((data) >> 32))

void events_init(struct events *events)
{
	*events = (struct events){ -1, -1, -1, -1, -1, 0, 0 };
}

void events_close(struct events *events)
{
	const int fds[] = { events->signals, events->alarm, events->deadline, events->timer,
			    events->epoll };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	events_init(events);
}

int events_watch(struct events *events, int fd, enum event what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = EVENT_DATA(fd, what) };

	/* There is nearly always a record that can wait; only the kernel's wakeups count. */
	if (what == EVENT_RECORDS)
		event.events |= EPOLLET;

	return fd < 0 || epoll_ctl(events->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int events_watch_process(struct events *events, pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), code;

	if (fd < 0)
		return -errno;
	code = events_watch(events, fd, EVENT_PROCESS_ENDED);
	if (code)
		close(fd);
	return code;
}

int events_open(struct events *events, struct err *err)
{
	sigset_t signals;
	int code;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	events->epoll = epoll_create1(EPOLL_CLOEXEC);
	events->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	events->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	events->deadline = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	events->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	code = events->epoll < 0 ? -errno : events_watch(events, events->signals, EVENT_SIGNAL);
	if (!code)
		code = events_watch(events, events->timer, EVENT_TIMER);
	if (!code)
		code = events_watch(events, events->deadline, EVENT_DEADLINE);
	if (!code)
		code = events_watch(events, events->alarm, EVENT_ALARM);
	return code ? err_set(err, code, "cannot wait for events: %s", strerror(-code)) : 0;
}

static int set_timer(int fd, int flags, uint64_t first_ns, uint64_t period_ns)
{
	struct itimerspec when = {
		.it_value = { .tv_sec = (time_t)(first_ns / CLOCK_NS_PER_SECOND),
			      .tv_nsec = (long)(first_ns % CLOCK_NS_PER_SECOND) },
		.it_interval = { .tv_sec = (time_t)(period_ns / CLOCK_NS_PER_SECOND),
				 .tv_nsec = (long)(period_ns % CLOCK_NS_PER_SECOND) },
	};

	return timerfd_settime(fd, flags, &when, NULL) ? -errno : 0;
}

int events_start(struct events *events, uint64_t period_ns, uint64_t duration_ns, struct err *err)
{
	int code = set_timer(events->timer, 0, period_ns, period_ns);

	if (!code && duration_ns)
		code = set_timer(events->deadline, 0, duration_ns, 0);
	return code ? err_set(err, code, "cannot set a timer: %s", strerror(-code)) : 0;
}

int events_set_alarm(struct events *events, uint64_t at_ns, struct err *err)
{
	int code;

	if (at_ns == events->alarm_ns)
		return 0;
	code = set_timer(events->alarm, TFD_TIMER_ABSTIME, at_ns, 0);
	events->alarm_ns = at_ns;
	return code ? err_set(err, code, "cannot set a timer: %s", strerror(-code)) : 0;
}

/* Make a timer ready to come again; how late it is does not matter. */
static int take_expiry(int fd, struct err *err)
{
	uint64_t expirations;

	if (read(fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		return err_set(err, -errno, "cannot read a timer: %s", strerror(errno));
	return 0;
}

/* False: it was gone already. */
static bool take_signal(struct events *events)
{
	struct signalfd_siginfo info;

	if (read(events->signals, &info, sizeof(info)) != sizeof(info))
		return false;
	events->signal = (int)info.ssi_signo;
	return true;
}

static int take(struct events *events, uint64_t data, bool *ret_taken, struct err *err)
{
	*ret_taken = true;
	switch (EVENT_WHAT(data)) {
	case EVENT_TIMER:
		return take_expiry(events->timer, err);
	case EVENT_ALARM:
		events->alarm_ns = 0;
		return take_expiry(events->alarm, err);
	case EVENT_SIGNAL:
		*ret_taken = take_signal(events);
		return 0;
	case EVENT_PROCESS_ENDED:
		/* Closing alone would leave it there while a forked child of ours has it, too. */
		epoll_ctl(events->epoll, EPOLL_CTL_DEL, EVENT_FD(data), NULL);
		close(EVENT_FD(data));
		return 0;
	case EVENT_DEADLINE:
	case EVENT_RECORDS:
	case EVENT_ANSWERS:
		break;
	}
	return 0;
}

int events_wait(struct events *events, enum event *ret_event, struct err *err)
{
	struct epoll_event event;
	bool taken = false;
	int n, code;

	do {
		n = epoll_wait(events->epoll, &event, 1, -1);
		if (n < 0 && errno != EINTR)
			return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
		if (n < 1)
			continue;
		code = take(events, event.data.u64, &taken, err);
		if (code)
			return code;
	} while (!taken);
	*ret_event = EVENT_WHAT(event.data.u64);
	return 0;
}
