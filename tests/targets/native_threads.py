"""64 threads of C beside 200 of Python, most of them asleep: `native_threads.py SECONDS LIBRARY`."""
import ctypes
import os
import sys
import threading
import time

import common

library = ctypes.CDLL(sys.argv[2])


def spin():
    i = 0
    while i < 3000:
        i += 1


def busy():
    common.thread("busy")  # -> thread
    while common.clock() < common.END:
        spin()  # -> spin


def asleep():
    while common.clock() < common.END:
        time.sleep(0.5)


def start(function):
    thread = threading.Thread(target=function)
    thread.daemon = True
    thread.start()


for k in range(198):
    start(asleep)
for k in range(62):
    library.cthreads_start(None, ctypes.c_uint64(0), ctypes.c_uint64(200000000), ctypes.c_char(b"s"))
for k in range(2):
    library.cthreads_start(None, ctypes.c_uint64(500000), ctypes.c_uint64(500000), ctypes.c_char(b"b"))
start(busy)
start(busy)
time.sleep(0.3)
common.ready()
time.sleep(common.SECONDS)
os._exit(0)
