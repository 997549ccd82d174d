"""Generators: for loops over them, `yield from`, send, close, expressions (3.x: 2.7 has no `yield from`)."""
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


def doubled(n):
    for x in numbers(n):  # -> numbers
        yield x + spin(20)  # -> spin


def delegating(n, depth):
    if depth:
        yield from delegating(n, depth - 1)  # -> delegating
    else:
        yield from numbers(n)  # -> numbers


def receiver():
    got = 0
    try:
        while True:
            got = yield spin(30 + got)  # -> spin
    finally:
        spin(40)  # -> spin


def over_for():
    total = 0
    for x in doubled(8):  # -> doubled
        total += x + spin(10)  # -> spin
    return total


def over_from():
    return list(delegating(8, 10))  # -> delegating


def over_expression():
    return sum(spin(x) for x in doubled(8) if x)  # -> <genexpr>, doubled, spin


def over_send():
    g = receiver()  # -> receiver
    next(g)  # -> receiver
    for i in range(5):
        g.send(i)  # -> receiver
    g.close()  # -> receiver


def round_trip():
    over_for()  # -> over_for
    over_from()  # -> over_from
    over_expression()  # -> over_expression
    over_send()  # -> over_send


common.ready()
while common.clock() < common.END:
    round_trip()  # -> round_trip
