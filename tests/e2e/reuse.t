#!/usr/bin/env python3
"""Code objects that take each other's address are told apart, by name and by line."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import harness

RATE = 5000
SECONDS = 3


def cell(interpreter, mode, log, tap):
    """The target ends by itself, so that its log is whole."""
    with harness.Target(interpreter, "exec_reuse", SECONDS, log, mode) as target:
        run = harness.record(target.wait_ready(), RATE)
    facts = {"log": log, "mode": mode, "rate": RATE}
    problems = run.problems() or check_stacks.check(interpreter, "exec_reuse", run.stacks, facts)
    tap.note("%s %s: %s" % (interpreter.label, mode, facts.get("report")))
    return problems


tap = harness.begin()
with tempfile.TemporaryDirectory() as folder:
    for interpreter in harness.each_supported(tap, "address reuse"):
        for mode in ("names", "lines"):
            tap.attempt("%s address reuse, %s differ" % (interpreter.label, mode),
                        lambda: cell(interpreter, mode, os.path.join(folder, "log"), tap), 2)
sys.exit(tap.done())
