"""Six threads, each with functions of its own, so that a mixed stack would show."""
import threading

import common


def spin_0():
    i = 0
    while i < 300:
        i += 1


def middle_0(n):
    if n > 0:
        return middle_0(n - 1)  # -> middle_0
    return spin_0()  # -> spin_0


def start_0():
    common.thread("start_0")  # -> thread
    STARTED.acquire()
    STARTED.release()
    while common.clock() < common.END:
        middle_0(2)  # -> middle_0


def spin_1():
    i = 0
    while i < 400:
        i += 1


def middle_1(n):
    if n > 0:
        return middle_1(n - 1)  # -> middle_1
    return spin_1()  # -> spin_1


def start_1():
    common.thread("start_1")  # -> thread
    STARTED.acquire()
    STARTED.release()
    while common.clock() < common.END:
        middle_1(5)  # -> middle_1


def spin_2():
    i = 0
    while i < 500:
        i += 1


def middle_2(n):
    if n > 0:
        return middle_2(n - 1)  # -> middle_2
    return spin_2()  # -> spin_2


def start_2():
    common.thread("start_2")  # -> thread
    STARTED.acquire()
    STARTED.release()
    while common.clock() < common.END:
        middle_2(8)  # -> middle_2


def spin_3():
    i = 0
    while i < 600:
        i += 1


def middle_3(n):
    if n > 0:
        return middle_3(n - 1)  # -> middle_3
    return spin_3()  # -> spin_3


def start_3():
    common.thread("start_3")  # -> thread
    STARTED.acquire()
    STARTED.release()
    while common.clock() < common.END:
        middle_3(11)  # -> middle_3


def spin_4():
    i = 0
    while i < 700:
        i += 1


def middle_4(n):
    if n > 0:
        return middle_4(n - 1)  # -> middle_4
    return spin_4()  # -> spin_4


def start_4():
    common.thread("start_4")  # -> thread
    STARTED.acquire()
    STARTED.release()
    while common.clock() < common.END:
        middle_4(14)  # -> middle_4


def spin_5():
    i = 0
    while i < 800:
        i += 1


def middle_5(n):
    if n > 0:
        return middle_5(n - 1)  # -> middle_5
    return spin_5()  # -> spin_5


def start_5():
    common.thread("start_5")  # -> thread
    STARTED.acquire()
    STARTED.release()
    while common.clock() < common.END:
        middle_5(17)  # -> middle_5


STARTED = threading.Lock()
STARTED.acquire()
workers = [threading.Thread(target=f) for f in (start_0, start_1, start_2, start_3, start_4, start_5)]
for worker in workers:
    worker.start()
common.ready()
STARTED.release()
for worker in workers:
    worker.join()  # => -
