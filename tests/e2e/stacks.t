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
# Of the versions and builds that `make check` runs a part on (Interpreter.short): what no other cell covers there.
SHORT = ("calls", "generators", "callbacks", "threads", "recursion 1000", "gilstate", "frames", "settrace")


class Cell:
    """One target with its arguments, how it is sampled, what must hold of the run, and who can run it."""

    def __init__(self, name, target=None, arguments=(), facts=None, options=(), pinned=True, whole=True, native=False,
                 ends=False, since=(2, 7), module=None, python=(), not_on=(), incomplete=0.001):
        self.name, self.target, self.arguments = name, target or name, arguments
        self.facts, self.options, self.pinned, self.whole, self.native = facts or {}, options, pinned, whole, native
        self.ends = ends  # by itself, after SECONDS
        self.since = since  # the first version whose language or library it needs
        self.module = module  # that it needs and not every build has
        self.python = python  # options of the interpreter
        self.not_on = not_on  # words of builds
        self.incomplete = incomplete  # share of the stacks that may be

    def suits(self, interpreter):
        if interpreter.minor < self.since or set(interpreter.build) & set(self.not_on):
            return False
        if interpreter.short and self.name not in SHORT:
            return False
        return not self.module or interpreter.has_module(self.module)

    def test(self, interpreter, tap):
        with harness.Target(interpreter, self.target, SECONDS if self.ends else 60, *self.arguments,
                            pinned=self.pinned, options=self.python) as target:
            run = harness.record(target.wait_ready(), RATE, None if self.ends else SECONDS, *self.options)
        problems = run.problems()
        if problems:
            return problems
        if self.whole:
            problems += run.account.whole(3, self.incomplete)
        if not self.native and run.account.native > 0.001 * run.account.samples:
            problems.append("%d of %d samples native" % (run.account.native, run.account.samples))
        facts = dict(self.facts, thread_cpu=run.thread_cpu, rate=RATE,
                     unnamed=self.incomplete if self.incomplete > 0.001 else 0)
        problems += check_stacks.check(interpreter, self.target, run.stacks, facts)
        if "report" in facts:
            tap.note("%s %s: %s" % (interpreter.label, self.name, facts["report"]))
        return problems


def cells(library):
    out = [Cell(name) for name in ("calls", "generators", "callbacks", "classes", "longtable", "frames", "forked")]
    out += [Cell("delegating", since=(3, 6)), Cell("coroutines", since=(3, 6))]
    out += [Cell(name, pinned=False) for name in ("threads", "resumed")]
    # While the kernel copies a page that parent and child shared, neither has it (mm/memory.c: wp_page_copy).
    out += [Cell("forking", pinned=False, incomplete=0.01, options=["--no-children"])]
    out += [Cell("gil_release", pinned=False, module="zlib")]
    out += [Cell("recursion %d" % depth, "recursion", [depth], {"depth": depth}) for depth in (10, 1000)]
    out += [Cell("mapchain 60", "mapchain", [60], {"depth": 60}),
            Cell("deep, truncated", "deep", [3000], {"depth": 3000, "max_depth": 1024}, whole=False),
            Cell("deep, whole", "deep", [3000], {"depth": 3000, "max_depth": 4096}, ["--max-depth", 4096])]
    out += [Cell("settrace", "tracing", ["settrace"]), Cell("setprofile", "tracing", ["setprofile"]),
            Cell("monitoring", "tracing", ["monitoring"], since=(3, 12)),
            Cell("-X perf", "calls", since=(3, 12), python=("-X", "perf")),
            Cell("subinterpreters", since=(3, 8), native=True),
            # The worker of uWSGI does not end with its script.
            Cell("finalising", ends=True, native=True, not_on=("uwsgi",)),
            # It starts its executable anew, and the program that embeds wants arguments of its own.
            # After each exec the runtime is looked for anew, and until then no stack can be whole.
            Cell("startups", ends=True, native=True, whole=False, not_on=("embedded",)),
            # Its loop switches thousands of times a second; on 3.11 one tick in 700 meets such a moment.
            Cell("greenlets", module="greenlet"), Cell("gevents", module="gevent", incomplete=0.003)]
    if library:
        out += [Cell(name, name, [library], native=True, module="ctypes") for name in ("gilstate", "native_threads")]
    return out


tap = harness.begin()
with tempfile.TemporaryDirectory() as folder:
    library = harness.build_cthreads(folder)
    if not library:
        tap.skip("gilstate, native_threads", "no C compiler")
    for interpreter in harness.each_supported(tap, "stacks"):
        for cell in cells(library):
            if cell.suits(interpreter):
                tap.attempt("%s %s" % (interpreter.label, cell.name), lambda: cell.test(interpreter, tap), 2)
sys.exit(tap.done())
