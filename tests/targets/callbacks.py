"""C code that calls back into Python: sorting, map, reduce, re, finalisers, comparison slots."""
import functools
import re

import common

DATA = list(range(12))
TEXT = "a1b2c3d4"
DIGIT = re.compile("[0-9]")


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def key(x):
    return -x - spin(40)  # -> spin


def add(x, y):
    return x + y + spin(40)  # -> spin


def replace(match):
    spin(40)  # -> spin
    return match.group()


def by_sorted():
    return sorted(DATA, key=key)  # -> key


def by_map():
    return list(map(key, DATA))  # -> key


def by_reduce():
    return functools.reduce(add, DATA)  # -> add


def by_pattern():
    return DIGIT.sub(replace, TEXT)  # -> replace


def by_module():
    return re.sub("[0-9]", replace, TEXT)  # => replace


def nested(n):
    return spin(60) if n <= 0 else list(map(nested, [n - 1]))  # -> spin, nested


class Ordered(object):
    def __init__(self, x):
        self.x = x

    def __lt__(self, other):
        spin(20)  # -> spin
        return self.x < other.x


ORDERED = [Ordered(-x) for x in DATA]


def by_slot():
    return sorted(ORDERED)  # -> __lt__


class Finalised(object):
    def __del__(self):
        spin(60)  # -> spin


def by_finaliser():
    x = Finalised()
    x = None  # -> __del__
    return x


def round_trip():
    by_sorted()  # -> by_sorted
    by_map()  # -> by_map
    by_reduce()  # -> by_reduce
    by_pattern()  # -> by_pattern
    by_module()  # -> by_module
    nested(8)  # -> nested
    by_slot()  # -> by_slot
    by_finaliser()  # -> by_finaliser


common.ready()
while common.clock() < common.END:
    round_trip()  # -> round_trip
