"""Generators behind `yield from`, ten of them in a row (3.x only)."""
import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


def numbers(n):
    for i in range(n):
        spin(60)  # -> spin
        yield i


def delegating(n, depth):
    if depth:
        yield from delegating(n, depth - 1)  # -> delegating
    else:
        yield from numbers(n)  # -> numbers


def over_from():
    return list(delegating(8, 10))  # -> delegating


common.ready()
while common.clock() < common.END:
    over_from()  # -> over_from
