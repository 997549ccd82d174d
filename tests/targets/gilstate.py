"""A C thread that enters Python 1,000 times a second: `gilstate.py SECONDS LIBRARY`.

Each entry makes a thread state and leaves a freed one behind. Between entries the thread is busy in C.
"""
import ctypes
import os
import sys
import time

import common

library = ctypes.CDLL(sys.argv[2])


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def middle():
    return spin(4000)  # -> spin


def entered():
    middle()  # -> middle


callback = ctypes.CFUNCTYPE(None)(entered)
error = library.cthreads_start(callback, ctypes.c_uint64(200000), ctypes.c_uint64(400000), ctypes.c_char(b"e"))
if error:
    sys.exit("cannot start a thread: %s" % os.strerror(error))
time.sleep(0.1)
common.ready()
time.sleep(common.SECONDS)
os._exit(0)
