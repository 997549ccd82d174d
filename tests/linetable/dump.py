# SPDX-License-Identifier: GPL-2.0-only
"""Writes, for every code object of this interpreter's standard library, its line table and the line that the
interpreter itself gives each code unit. Read by compare.c, which has the record's drawing. Must run under every
interpreter that is to be compared, so it uses nothing newer than the oldest of them.

usage: dump.py FORMAT [--all]      FORMAT: enum pbp_linetable_format; --all: with the library's own tests
"""

import dis
import os
import struct
import sys
import sysconfig
import types
import warnings

# include/layout.h and user/python/linetable.h
FORMAT_RANGES = 2
NO_LINE = -1
NOTHING = -2

TESTS = {"test", "tests", "idle_test", "lib2to3", "site-packages", "dist-packages", "__pycache__"}


def sources(with_tests):
    top = sysconfig.get_path("stdlib")
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(f for f in folders if with_tests or f not in TESTS)
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.join(folder, name)


def code_objects(code):
    pending = [code]
    while pending:
        code = pending.pop()
        yield code
        pending.extend(c for c in code.co_consts if isinstance(c, types.CodeType))


def runs_of_co_lines(code):
    """[(bytes, line)], as co_lines() says; what it leaves out is NOTHING."""
    at = 0
    for start, end, line in code.co_lines():
        if start > at:
            yield start - at, NOTHING
        if end > start:
            yield end - start, NO_LINE if line is None else line
        at = max(at, end)
    if at < len(code.co_code):
        yield len(code.co_code) - at, NOTHING


def runs_of_line_starts(code):
    """The same from the starts of lines: a line goes on to the next start."""
    at, line = 0, code.co_firstlineno
    for start, next_line in dis.findlinestarts(code):
        if start > at:
            yield start - at, line
        at, line = start, next_line
    if at < len(code.co_code):
        yield len(code.co_code) - at, line


def main():
    table_format = int(sys.argv[1])
    out = getattr(sys.stdout, "buffer", sys.stdout)  # 2.7 has no other
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(100000)
    for path in sources("--all" in sys.argv[2:]):
        with open(path, "rb") as source:
            text = source.read()
        try:
            module = compile(text, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, TypeError, MemoryError, RuntimeError):
            continue  # the library's tests hold sources that are wrong on purpose
        for code in code_objects(module):
            if table_format >= FORMAT_RANGES:
                table, runs = code.co_linetable, list(runs_of_co_lines(code))
            else:
                table, runs = code.co_lnotab, list(runs_of_line_starts(code))
            out.write(struct.pack("<IiII", len(table), code.co_firstlineno, len(runs), len(code.co_code)))
            out.write(table)
            out.write(struct.pack("<%di" % (2 * len(runs)), *(n for run in runs for n in run)))


main()
