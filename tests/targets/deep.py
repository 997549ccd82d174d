"""A stack deeper than --max-depth, in a thread with room for it: `deep.py SECONDS DEPTH`."""
import sys
import threading

import common

DEPTH = common.argument(2, 3000)
sys.setrecursionlimit(DEPTH + 200)
threading.stack_size(256 << 20)  # before 3.11 each Python call takes C stack as well


def leaf():
    while common.clock() < common.END:
        i = 0
        while i < 2000:
            i += 1


def first(n):
    return second(n - 1)  # -> second


def second(n):
    return third(n - 1)  # -> third


def third(n):
    if n <= 3:
        common.ready()
        return leaf()  # -> leaf
    return first(n - 1)  # -> first


worker = threading.Thread(target=first, args=(DEPTH - DEPTH % 3,))
worker.start()
worker.join()  # => -
