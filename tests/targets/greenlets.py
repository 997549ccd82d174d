"""Stacks that are switched under one thread: `greenlets.py SECONDS` (needs the module greenlet)."""
import greenlet

import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def nested(n, other):
    if n:
        return nested(n - 1, other)  # -> nested
    spin(400)  # -> spin
    OTHERS[other].switch()
    return spin(400)  # -> spin


def left():
    while True:
        nested(3, "right")  # -> nested


def right():
    while True:
        nested(6, "main")  # -> nested


def main():
    while common.clock() < common.END:
        spin(400)  # -> spin
        OTHERS["left"].switch()
        spin(400)  # -> spin


OTHERS = {"main": greenlet.getcurrent(), "left": greenlet.greenlet(left), "right": greenlet.greenlet(right)}
common.ready()
main()  # -> main
