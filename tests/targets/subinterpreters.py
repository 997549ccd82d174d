"""One thread, by turns in the main interpreter and in one of two others (3.8 and later).

While code runs in an interpreter the stack is that interpreter's alone; the caller's comes back afterwards.
"""
import os
import sys

import common

try:
    import _interpreters as interpreters  # 3.13 and later
except ImportError:
    import _xxsubinterpreters as interpreters

TURN = 0.01  # long beside what entering another interpreter takes, which is done without a frame
SETUP = "import sys; sys.path.insert(0, %r); import subinterpreted" % os.path.dirname(os.path.abspath(__file__))


def spin_until(end):
    while common.clock() < end:
        pass


def mine():
    spin_until(common.clock() + TURN)  # -> spin_until


def theirs(one):
    interpreters.run_string(one, "subinterpreted.entered(%r)" % TURN)


def round_trip():
    mine()  # -> mine
    for one in OTHERS:
        theirs(one)  # -> theirs


OTHERS = [interpreters.create(), interpreters.create()]
for one in OTHERS:
    interpreters.run_string(one, SETUP)
common.ready()
while common.clock() < common.END:
    round_trip()  # -> round_trip
