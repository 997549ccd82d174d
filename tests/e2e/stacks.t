#!/usr/bin/env python3
"""Every sampled stack is one that the program can have: all targets on every version."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import harness

RATE = 5000
SECONDS = 1


class Cell:
    """One target with its arguments, how it is sampled and what must hold of the run."""

    def __init__(self, name, target, arguments=(), facts=None, options=(), pinned=True, whole=True, native=False):
        self.name, self.target, self.arguments = name, target, arguments
        self.facts, self.options, self.pinned, self.whole, self.native = facts or {}, options, pinned, whole, native

    def test(self, interpreter):
        with harness.Target(interpreter, self.target, 60, *self.arguments, pinned=self.pinned) as target:
            run = harness.record(target.wait_ready(), RATE, SECONDS, *self.options)
        problems = run.problems()
        if problems:
            return problems
        if self.whole:
            problems += run.account.whole(sigmas=3)
        if not self.native and run.account.native > 0.001 * run.account.samples:
            problems.append("%d of %d samples native" % (run.account.native, run.account.samples))
        facts = dict(self.facts, thread_cpu=run.thread_cpu, rate=RATE)
        return problems + check_stacks.check(interpreter, self.target, run.stacks, facts)


def cells(library):
    out = [Cell(name, name) for name in ("calls", "generators", "coroutines", "callbacks", "classes", "longtable")]
    out += [Cell(name, name, pinned=False) for name in ("threads", "gil_release")]
    out += [Cell("recursion %d" % depth, "recursion", [depth], {"depth": depth}) for depth in (10, 1000)]
    out += [Cell("mapchain 60", "mapchain", [60], {"depth": 60}),
            Cell("deep, truncated", "deep", [3000], {"depth": 3000, "max_depth": 1024}, whole=False),
            Cell("deep, whole", "deep", [3000], {"depth": 3000, "max_depth": 4096}, ["--max-depth", 4096])]
    if library:
        out += [Cell(name, name, [library], native=True) for name in ("gilstate", "native_threads")]
    return out


tap = harness.begin()
with tempfile.TemporaryDirectory() as folder:
    library = harness.build_cthreads(folder)
    if not library:
        tap.skip("gilstate, native_threads", "no C compiler")
    for interpreter in harness.each_supported(tap, "stacks"):
        for cell in cells(library):
            tap.attempt("%s %s" % (interpreter.label, cell.name), lambda: cell.test(interpreter), 2)
sys.exit(tap.done())
