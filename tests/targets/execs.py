"""Works SECONDS, then replaces its program: `execs.py SECONDS PROGRAM [ARGUMENT...]`."""
import os
import sys

import common


def before():
    i = 0
    while i < 2000:
        i += 1


common.ready()
while common.clock() < common.END:
    before()  # -> before
os.execv(sys.argv[2], sys.argv[2:])
