"""A server before its workers: `prefork.py SECONDS WORKERS ROUNDS` waits for SIGUSR1, then forks.

In each round all workers are new, each is busy for SECONDS of its own CPU time, and then `worker PID NANOSECONDS` is
said, which is what the kernel counted for it. 3.3 and later.
"""
import os
import signal
import time

import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def handle():
    spin(1000)  # -> spin


def serve():
    end = time.process_time() + common.SECONDS
    while time.process_time() < end:
        handle()  # -> handle


def fork_workers(count):
    for _ in range(count):
        if os.fork() == 0:  # => -
            serve()  # -> serve
            os._exit(0)


def reap(count):
    for _ in range(count):
        pid, _, usage = os.wait4(-1, 0)
        common.say("worker %d %d" % (pid, round((usage.ru_utime + usage.ru_stime) * 1e9)))  # -> say


WORKERS, ROUNDS = common.argument(2, 8), common.argument(3, 1)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
common.ready()  # -> ready
signal.sigwait([signal.SIGUSR1])
for _ in range(ROUNDS):
    fork_workers(WORKERS)  # -> fork_workers
    reap(WORKERS)  # -> reap
