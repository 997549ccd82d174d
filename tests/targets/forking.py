"""A thread forks short-lived children over and over, beside one that works: the parent is the target."""
import os
import threading

import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def forks():
    pid = os.fork()  # => -
    if pid == 0:
        spin(1000)  # -> spin
        os._exit(0)
    os.waitpid(pid, 0)


def forker():
    common.thread("forker")  # -> thread
    STARTED.wait()  # => -
    while common.clock() < common.END:
        forks()  # -> forks => -
        spin(20000)  # -> spin


def worker():
    common.thread("worker")  # -> thread
    STARTED.wait()  # => -
    while common.clock() < common.END:
        spin(3000)  # -> spin


STARTED = threading.Event()
threads = [threading.Thread(target=f) for f in (forker, worker)]
for one in threads:
    one.start()
common.ready()
STARTED.set()  # => -
for one in threads:
    one.join()  # => -
