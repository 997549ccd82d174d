"""Frames that are objects as well: taken by sys._getframe, held by tracebacks, outliving their function."""
import sys

import common

KEPT = []


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def keep(n):
    KEPT.append(sys._getframe())
    return spin(n)  # -> spin


def caller_of(n):
    return keep(n) + len(sys._getframe(1).f_locals)  # -> keep


def raises(n):
    spin(40)  # -> spin
    if n:
        raises(n - 1)  # -> raises
    raise ValueError(n)


def caught():
    try:
        raises(4)  # -> raises
    except ValueError:
        KEPT.append(sys.exc_info()[2])
        spin(40)  # -> spin


def inspected():
    frame = sys._getframe()
    depth = 0
    while frame is not None:
        depth += spin(10) and len(frame.f_code.co_name) + frame.f_lineno  # -> spin
        frame = frame.f_back
    return depth


def suspended():
    while True:
        KEPT.append(sys._getframe())
        spin(40)  # -> spin
        yield 0


def over_suspended():
    for step, _ in enumerate(suspended()):  # -> suspended
        if step == 3:  # a generator that is dropped is closed: in its own frame, again
            return  # -> suspended


def round_trip():
    caller_of(60)  # -> caller_of
    caught()  # -> caught
    inspected()  # -> inspected
    over_suspended()  # -> over_suspended
    del KEPT[:]


common.ready()
while common.clock() < common.END:
    round_trip()  # -> round_trip
