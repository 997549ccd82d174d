"""Two threads with names of their own, each busy in a function of its own."""
import threading

import common


def spin(n):
    i = 0
    while i < n:
        i += 1


def parsing():
    common.thread("parsing")  # -> thread
    while common.clock() < common.END:
        spin(1000)  # -> spin


def printing():
    common.thread("printing")  # -> thread
    while common.clock() < common.END:
        spin(1000)  # -> spin


threads = [threading.Thread(target=parsing, name="the parser"), threading.Thread(target=printing, name="a;printer")]
for one in threads:
    one.start()
common.ready()
for one in threads:
    one.join()  # => -
