"""A tool of the interpreter is called at events of the code: `tracing.py SECONDS settrace|setprofile|monitoring`.

monitoring is 3.12 and later. `seen` can be called from any line.
"""
import sys

import common

MODE = sys.argv[2]


def seen_work():
    i = 0
    while i < 10:
        i += 1


def seen(*event):
    seen_work()  # -> seen_work
    return seen


def one(x):
    i = 0
    while i < 30:
        i += 1
    return x + i


def steps(n):
    for i in range(n):
        yield one(i)  # -> one


def raises(n):
    if n:
        return raises(n - 1)  # -> raises
    raise ValueError(n)


def two(x):
    y = one(x)  # -> one
    for i in steps(4):  # -> steps
        y += i
    try:
        raises(2)  # -> raises
    except ValueError:
        y += 1
    return y


def begin():
    if MODE == "settrace":
        sys.settrace(seen)
    elif MODE == "setprofile":
        sys.setprofile(seen)
    else:
        tool, events = sys.monitoring.PROFILER_ID, sys.monitoring.events
        sys.monitoring.use_tool_id(tool, "test")
        for event in (events.PY_START, events.PY_RETURN, events.PY_YIELD, events.PY_RESUME, events.LINE, events.CALL,
                      events.RAISE):
            sys.monitoring.register_callback(tool, event, lambda *arguments: seen(*arguments) and None)  # -> seen
        sys.monitoring.set_events(tool, events.PY_START | events.PY_RETURN | events.PY_YIELD | events.PY_RESUME
                                  | events.LINE | events.CALL | events.RAISE)


def round_trip():
    two(1)  # -> two


begin()
common.ready()
while common.clock() < common.END:
    round_trip()  # -> round_trip
