"""Generators suspended in one thread and resumed in another, by turns: each thread has a caller of its own."""
import threading

import common

STEPS = 20


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def inner():
    while True:
        spin(300)  # -> spin
        yield 1


def outer():
    for x in inner():  # -> inner
        yield x + spin(100)  # -> spin


SHARED = [outer() for k in range(3)]


def advance(n):
    for generator in SHARED:
        for k in range(n):
            next(generator)  # -> outer


def by_first():
    return advance(STEPS)  # -> advance


def by_second():
    return advance(STEPS)  # -> advance


def turns(mine, theirs, work):
    while common.clock() < common.END:
        mine.acquire()
        work()  # -> by_first, by_second
        theirs.release()


def first():
    common.thread("first")  # -> thread
    turns(LOCKS[0], LOCKS[1], by_first)  # -> turns


def second():
    common.thread("second")  # -> thread
    turns(LOCKS[1], LOCKS[0], by_second)  # -> turns


LOCKS = [threading.Lock(), threading.Lock()]
LOCKS[0].acquire()
LOCKS[1].acquire()
workers = [threading.Thread(target=f) for f in (first, second)]
for worker in workers:
    worker.daemon = True
    worker.start()
common.ready()
LOCKS[0].release()
for worker in workers:
    worker.join(common.SECONDS)  # => -
