"""Generators: for loops over them, send, close, expressions."""
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
    over_expression()  # -> over_expression
    over_send()  # -> over_send


common.ready()
while common.clock() < common.END:
    round_trip()  # -> round_trip
