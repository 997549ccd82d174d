#!/usr/bin/env python3
"""Python in a shared library: the kernel side knows it by its file, and takes no other for it."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters
from work import RATE, Short, near

COMPILER = shutil.which(os.environ.get("CC", "gcc"))
NAME = "libpython-any.so"


class Library:
    """The shared library of an interpreter, and what a program needs that runs with it."""

    def __init__(self, interpreter, folder, copy=False):
        self.prefix = os.path.dirname(os.path.dirname(interpreter.path))
        self.folder = folder
        os.mkdir(folder)
        self.path = os.path.join(self.prefix, "lib", "libpython%s.so.1.0" % interpreter.version)
        (shutil.copyfile if copy else os.symlink)(self.path, os.path.join(folder, NAME))

    def run(self, program, name, wait=0, **environment):
        """The program of targets/linked.c with this library, busy for some milliseconds before it is Python."""
        environment = dict(os.environ, LD_LIBRARY_PATH=self.folder, PYTHONHOME=self.prefix, **environment)
        return Short(program, name, 0.05, before=(str(wait),), environment=environment)


def build(folder):
    """The program of targets/linked.c."""
    stub = os.path.join(folder, NAME)
    program = os.path.join(folder, "linked")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "targets", "linked.c")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-x", "c", "-o", stub, "-Wl,-soname," + NAME, "-"], check=True,
                   input=b"int Py_BytesMain(int argc, char **argv) { return argc + !argv; }")
    subprocess.run([COMPILER, "-O2", "-o", program, source, stub], check=True)
    return program


def known(run, gone):
    """How many of them the kernel side has recognised; -v tells."""
    pids = set(map(int, re.findall(r"^pid (\d+) .*: known by its library's file$", run.err, re.M)))
    return sum(one.pid in pids for one in gone)


def wrongly_known(run, gone, wanted):
    """Problems: not so many of them were known by their library."""
    recognised = known(run, gone)
    return ["%d of %d were known by their library, not %d" % (recognised, len(gone), wanted)] * (recognised != wanted)


def unrecognised(run, gone):
    return sum(run.process(one.pid).of_status("not yet recognised") for one in gone)


def whole(run, gone):
    """Problems: of each the function is in the report, as often as its CPU time says, all together."""
    problems = run.problems() + [p for one in gone for p in one.problems(run)]
    within = sum(run.process(one.pid).within(one.name) for one in gone)
    # Of those that user space looks at, how much is missing depends on when it gets the CPU.
    return problems + near("in the functions", within, sum(one.end - one.begin for one in gone), ticks=5 * len(gone))


def one_after_the_other(tap, interpreter, count):
    """From the second one on the kernel side recognises them, as soon as the library is mapped."""
    with harness.Sampling("-v") as sampling:
        gone = [Short(interpreter.path, "work_%d" % k, 0.05) for k in range(count)]
    run = sampling.run
    problems, recognised = whole(run, gone), known(run, gone)
    ticks, starting = unrecognised(run, gone), sum(one.begin for one in gone) * RATE
    tap.note("%d processes, %d known by their library; %.0f ticks of start-up, %d of them not recognised" % (
        count, recognised, starting, ticks))
    if recognised < 0.95 * count:
        problems.append("%d of %d were known by their library" % (recognised, count))
    # Mapping it takes about a twentieth of the start-up; being looked at, before, took a fifth.
    if ticks > 0.12 * starting:
        problems.append("%d of %.0f ticks before they worked are not recognised" % (ticks, starting))
    return problems


def in_turn(libraries, rounds):
    """One program with libraries of two versions: each process is read as what it has mapped."""
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        chosen = [Library(i, os.path.join(folder, i.version)) for i in libraries]
        with harness.Sampling("-v") as sampling:
            gone = [chosen[k // 2 % len(chosen)].run(program, "work_%d" % k) for k in range(rounds * 4)]
    run, problems = sampling.run, sampling.run.problems()
    problems += [p for one in gone for p in one.problems(run)]
    return problems + wrongly_known(run, gone[::2], 0) + wrongly_known(run, gone[1::2], len(gone) // 2)


def copied(interpreter):
    """Two files with the same contents are two libraries."""
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        first, second = (Library(interpreter, os.path.join(folder, name), copy=True) for name in ("first", "second"))
        with harness.Sampling("-v") as sampling:
            gone = [first.run(program, "work_0"), second.run(program, "work_1"), second.run(program, "work_2")]
    run = sampling.run
    return whole(run, gone) + wrongly_known(run, gone[:2], 0) + wrongly_known(run, gone[2:], 1)


def replaced(interpreter):
    """A library that is written anew is another one, also under the same inode."""
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        library = Library(interpreter, os.path.join(folder, "library"), copy=True)
        with harness.Sampling("-v") as sampling:
            gone = [library.run(program, "work_0"), library.run(program, "work_1")]
            shutil.copyfile(library.path, os.path.join(library.folder, NAME))
            gone += [library.run(program, "work_2"), library.run(program, "work_3")]
    run = sampling.run
    return whole(run, gone) + wrongly_known(run, gone[::2], 0) + wrongly_known(run, gone[1::2], 2)


def preloaded(interpreter):
    """The library need not be the first that the dynamic linker maps."""
    with tempfile.TemporaryDirectory() as folder:
        more = []
        for i in range(8):
            more.append(os.path.join(folder, "libmore%d.so" % i))
            subprocess.run([COMPILER, "-shared", "-fPIC", "-x", "c", "-o", more[-1], "-"], check=True, input=b"int x;")
        program = build(folder)
        library = Library(interpreter, os.path.join(folder, "library"))
        with harness.Sampling("-v") as sampling:
            gone = [library.run(program, "work_%d" % k, LD_PRELOAD=" ".join(more)) for k in range(5)]
    run = sampling.run
    return whole(run, gone) + wrongly_known(run, gone[:1], 0) + wrongly_known(run, gone[1:], 4)


def used_late(interpreter):
    """Recognised it is at once; until it begins with Python it has no frames, and is not looked at again and again."""
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        library = Library(interpreter, os.path.join(folder, "library"))
        with harness.Sampling("-v") as sampling:
            gone = [library.run(program, "work_0"), library.run(program, "work_1", 300)]
    run = sampling.run
    late, ticks = run.process(gone[1].pid), unrecognised(run, gone[1:])
    problems = whole(run, gone) + wrongly_known(run, gone[1:], 1) + near("all", late.samples, gone[1].cpu)
    if late.of_status("native", "unreadable") < 250 or ticks > 20:
        problems.append("not recognised: %d of %s" % (ticks, [(s.text[-60:], s.count) for s in late.stacks]))
    return problems


def main():
    tap = harness.begin()
    if tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (5, 17):
        harness.tap_module.skip_all("a tick of this kernel cannot ask what is mapped")
    shared = [i for i in interpreters.own(interpreters.supported()) if "shared" in i.build and i.origin == "pyenv"
              and i.minor >= (3, 8)]
    if not shared:
        harness.tap_module.skip_all("no shared libpython of 3.8 or later")
    newest = max(shared, key=lambda i: i.minor)
    others = sorted((i for i in shared if i.minor < newest.minor), key=lambda i: i.minor)[-1:]
    compiler = bool(COMPILER) or "no C compiler"
    tests = (
        ("100 short-lived ones", lambda: one_after_the_other(tap, newest, 100), None),
        ("two versions under one program", lambda: in_turn([newest] + others, 4),
         compiler is True and bool(others) or "no C compiler, or one version only"),
        ("two copies of one library", lambda: copied(newest), compiler),
        ("a library that is written anew", lambda: replaced(newest), compiler),
        ("a library behind others", lambda: preloaded(newest), compiler),
        ("a library that is used late", lambda: used_late(newest), compiler),
    )
    for name, function, here in tests:
        if here in (None, True):
            tap.attempt(name, function, 2)
        else:
            tap.skip(name, here)
    return tap.done()


sys.exit(main())
