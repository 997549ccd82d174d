"""Threads inside zlib and hashlib with the GIL released, beside one that runs Python."""
import hashlib
import threading
import zlib

import common

BLOCK = bytes(bytearray(i * i * 7 & 255 for i in range(1 << 19)))


def compress():
    return zlib.compress(BLOCK, 6)


def compressor():
    common.thread("compressor")  # -> thread
    STARTED.wait()  # => -
    while common.clock() < common.END:
        compress()  # -> compress


def digest():
    return hashlib.sha256(BLOCK).digest()


def hasher():
    common.thread("hasher")  # -> thread
    STARTED.wait()  # => -
    while common.clock() < common.END:
        digest()  # -> digest


def count():
    i = 0
    while i < 3000:
        i += 1


def counter():
    common.thread("counter")  # -> thread
    STARTED.wait()  # => -
    while common.clock() < common.END:
        count()  # -> count


STARTED = threading.Event()
workers = [threading.Thread(target=f) for f in (compressor, hasher, counter)]
for worker in workers:
    worker.start()
common.ready()
STARTED.set()  # => -
for worker in workers:
    worker.join()  # => -
