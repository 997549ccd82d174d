"""A thread forks; the child, in which that thread is the only one, is the target."""
import os
import threading
import time

import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def nested(n):
    return nested(n - 1) if n else spin(3000)  # -> nested, spin


def child():
    common.ready()  # -> ready
    while common.clock() < common.END:
        nested(6)  # -> nested


def forks():
    pid = os.fork()  # => -
    if pid == 0:
        child()  # -> child
        os._exit(0)
    os.waitpid(pid, 0)


def other():
    while common.clock() < common.END:
        time.sleep(0.05)


threading.Thread(target=other).start()
worker = threading.Thread(target=forks)
worker.start()
worker.join()  # => -
