"""Greenlets of gevent's loop, which is compiled: `gevents.py SECONDS` (needs the module gevent)."""
import gevent

import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def nested(n):
    if n:
        return nested(n - 1)  # -> nested
    spin(400)  # -> spin
    gevent.sleep(0)  # => -
    return spin(400)  # -> spin


def first():
    while common.clock() < common.END:
        nested(2)  # -> nested


def second():
    while common.clock() < common.END:
        nested(5)  # -> nested


common.ready()
gevent.joinall([gevent.spawn(first), gevent.spawn(second)])  # => -
