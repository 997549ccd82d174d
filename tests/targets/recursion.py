"""Recursion through 40 functions to a busy leaf: `recursion.py SECONDS DEPTH [PROGRESS]`.

DEPTH counts the frames of a full stack, from <module> to leaf. With PROGRESS a line `wall cpu units` is
appended to that file ten times a second, for measuring how fast the leaf runs.
"""
import sys

import common

DEPTH = common.argument(2, 32)
PROGRESS = open(sys.argv[3], "w") if len(sys.argv) > 3 else None
sys.setrecursionlimit(DEPTH + 200)


def leaf():
    units, due = 0, 0
    while True:
        i = 0
        while i < 2000:
            i += 1
        units += 1
        now = common.clock()
        if PROGRESS and now >= due:
            PROGRESS.write("%.6f %.6f %d\n" % (now, common.cpu_clock(), units))
            PROGRESS.flush()
            due = now + 0.1
        if now >= common.END:
            return units


def f00(n):
    return leaf() if n <= 1 else f01(n - 1)  # -> leaf, f01


def f01(n):
    return leaf() if n <= 1 else f02(n - 1)  # -> leaf, f02


def f02(n):
    return leaf() if n <= 1 else f03(n - 1)  # -> leaf, f03


def f03(n):
    return leaf() if n <= 1 else f04(n - 1)  # -> leaf, f04


def f04(n):
    return leaf() if n <= 1 else f05(n - 1)  # -> leaf, f05


def f05(n):
    return leaf() if n <= 1 else f06(n - 1)  # -> leaf, f06


def f06(n):
    return leaf() if n <= 1 else f07(n - 1)  # -> leaf, f07


def f07(n):
    return leaf() if n <= 1 else f08(n - 1)  # -> leaf, f08


def f08(n):
    return leaf() if n <= 1 else f09(n - 1)  # -> leaf, f09


def f09(n):
    return leaf() if n <= 1 else f10(n - 1)  # -> leaf, f10


def f10(n):
    return leaf() if n <= 1 else f11(n - 1)  # -> leaf, f11


def f11(n):
    return leaf() if n <= 1 else f12(n - 1)  # -> leaf, f12


def f12(n):
    return leaf() if n <= 1 else f13(n - 1)  # -> leaf, f13


def f13(n):
    return leaf() if n <= 1 else f14(n - 1)  # -> leaf, f14


def f14(n):
    return leaf() if n <= 1 else f15(n - 1)  # -> leaf, f15


def f15(n):
    return leaf() if n <= 1 else f16(n - 1)  # -> leaf, f16


def f16(n):
    return leaf() if n <= 1 else f17(n - 1)  # -> leaf, f17


def f17(n):
    return leaf() if n <= 1 else f18(n - 1)  # -> leaf, f18


def f18(n):
    return leaf() if n <= 1 else f19(n - 1)  # -> leaf, f19


def f19(n):
    return leaf() if n <= 1 else f20(n - 1)  # -> leaf, f20


def f20(n):
    return leaf() if n <= 1 else f21(n - 1)  # -> leaf, f21


def f21(n):
    return leaf() if n <= 1 else f22(n - 1)  # -> leaf, f22


def f22(n):
    return leaf() if n <= 1 else f23(n - 1)  # -> leaf, f23


def f23(n):
    return leaf() if n <= 1 else f24(n - 1)  # -> leaf, f24


def f24(n):
    return leaf() if n <= 1 else f25(n - 1)  # -> leaf, f25


def f25(n):
    return leaf() if n <= 1 else f26(n - 1)  # -> leaf, f26


def f26(n):
    return leaf() if n <= 1 else f27(n - 1)  # -> leaf, f27


def f27(n):
    return leaf() if n <= 1 else f28(n - 1)  # -> leaf, f28


def f28(n):
    return leaf() if n <= 1 else f29(n - 1)  # -> leaf, f29


def f29(n):
    return leaf() if n <= 1 else f30(n - 1)  # -> leaf, f30


def f30(n):
    return leaf() if n <= 1 else f31(n - 1)  # -> leaf, f31


def f31(n):
    return leaf() if n <= 1 else f32(n - 1)  # -> leaf, f32


def f32(n):
    return leaf() if n <= 1 else f33(n - 1)  # -> leaf, f33


def f33(n):
    return leaf() if n <= 1 else f34(n - 1)  # -> leaf, f34


def f34(n):
    return leaf() if n <= 1 else f35(n - 1)  # -> leaf, f35


def f35(n):
    return leaf() if n <= 1 else f36(n - 1)  # -> leaf, f36


def f36(n):
    return leaf() if n <= 1 else f37(n - 1)  # -> leaf, f37


def f37(n):
    return leaf() if n <= 1 else f38(n - 1)  # -> leaf, f38


def f38(n):
    return leaf() if n <= 1 else f39(n - 1)  # -> leaf, f39


def f39(n):
    return leaf() if n <= 1 else f00(n - 1)  # -> leaf, f00


common.ready()
f00(DEPTH - 2)  # -> f00
