"""What every target shares: how long to work, and the line that says it is ready.

A target runs on CPython 2.7 and 3.6 to 3.15 unless it says otherwise, is started as `TARGET SECONDS [MORE...]`, prints
`pid N ready` when every later stack is one that it can have, and works until END.

A comment `# -> f, g` names the functions that its line calls straight away, `# => f` those that it
calls through frames of the standard library (`-`: none); a line can have both, in this order.
tests/support/check_stacks.py reads these comments: a sampled stack with any other pair of frames is one
that the program cannot have.
"""
import os
import sys
import time

clock = getattr(time, "monotonic", time.time)  # 2.7 has no monotonic clock
cpu_clock = getattr(time, "process_time", time.clock if sys.version_info[0] == 2 else None)

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
END = clock() + SECONDS


def argument(index, default):
    """argv[index] as a value of default's type."""
    return type(default)(sys.argv[index]) if len(sys.argv) > index else default


def say(line):
    """In one write, as threads speak at the same time."""
    os.write(1, (line + "\n").encode("ascii"))


def thread(name):
    """Tell which thread this is, so that its CPU time can be compared with its samples."""
    say("thread %s %s" % (name, os.readlink("/proc/thread-self").rpartition("/")[2]))  # -> say


def ready():
    say("pid %d ready" % os.getpid())  # -> say
