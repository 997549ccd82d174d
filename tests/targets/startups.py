"""Starts itself anew every few milliseconds, under the same pid: `startups.py SECONDS [END]`.

The first time it waits until a profiler may have found it.
"""
import os  # => -
import sys  # => -
import time  # => -

import common  # -> <module> => <module>


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


if len(sys.argv) < 3:
    common.ready()  # -> ready
    time.sleep(0.6)
end = float(sys.argv[2]) if len(sys.argv) > 2 else time.time() + common.SECONDS
for k in range(20):
    spin(3000)  # -> spin
if time.time() < end:
    os.execv(sys.executable, [sys.executable, "-B", sys.argv[0], sys.argv[1], repr(end)])  # => -
