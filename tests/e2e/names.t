#!/usr/bin/env python3
"""Names that are hard to read or to print, and functions whose process is gone at once."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import harness


def strange(interpreter, folder):
    facts = {"names": os.path.join(folder, "names")}
    with harness.Target(interpreter, "names", 60, facts["names"]) as target:
        run = harness.record(target.wait_ready(), 4000, 1.5)
    return run.problems() or run.account.whole() + check_stacks.check(interpreter, "names", run.stacks, facts)


def shortlived(interpreter):
    with harness.Target(interpreter, "shortlived", 1.5) as target:
        run = harness.record(target.wait_ready(), 4000)
    return run.problems() or check_stacks.check(interpreter, "shortlived", run.stacks, {})


def terminal(interpreter, folder):
    """No report for people lets a control character of the target through."""
    with harness.Target(interpreter, "names", 60, os.path.join(folder, "names")) as target:
        target.wait_ready()
        problems = []
        for name in ("flat", "tree", "text"):
            run = harness.profile("-p", target.pid, "-r", 2000, "-d", 1, "-f", name, "-q")
            problems += [] if run.status == 0 else [str(run)]
            bad = sorted(set(run.out) & (set(range(32)) | {127}) - {10})
            problems += ["%s has the bytes %s" % (name, bad)] if bad else []
            run.out.decode("utf-8")
        return problems


tap = harness.begin()
with tempfile.TemporaryDirectory() as folder:
    for interpreter in harness.each_supported(tap, "names"):
        tap.attempt(interpreter.label + " strange names", lambda: strange(interpreter, folder), 2)
        tap.attempt(interpreter.label + " short-lived process", lambda: shortlived(interpreter), 2)
        if interpreter is not None and interpreter.version == "3.11" and interpreter.origin == "pyenv":
            tap.attempt(interpreter.label + " strange names on a terminal", lambda: terminal(interpreter, folder))
sys.exit(tap.done())
