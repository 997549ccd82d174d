#!/usr/bin/env python3
"""Each of six busy lines gets its share, on every version."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import harness


def cell(interpreter, tap):
    with harness.Target(interpreter, "lines", 60) as target:
        run = harness.record(target.wait_ready(), 2000, 2)
        facts = {}
        problems = run.problems() or check_stacks.check(interpreter, "lines", run.stacks, facts)
        tap.note("%s: %s" % (interpreter.label, facts.get("report")))
        return problems


tap = harness.begin()
for interpreter in harness.each_supported(tap, "lines"):
    tap.attempt(interpreter.label + " lines", lambda: cell(interpreter, tap), 2)
sys.exit(tap.done())
