"""C and Python frames in turn, DEPTH Python frames in all: `mapchain.py SECONDS DEPTH`."""
import sys

import common

DEPTH = common.argument(2, 32)
sys.setrecursionlimit(2 * DEPTH + 200)


def leaf():
    while common.clock() < common.END:
        i = 0
        while i < 2000:
            i += 1


def link(n):
    return leaf() if n <= 1 else list(map(link, [n - 1]))  # -> leaf, link


common.ready()
link(DEPTH - 2)  # -> link
