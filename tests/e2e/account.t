#!/usr/bin/env python3
"""Sampled CPU time equals the kernel's, and every tick is accounted for."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness

RATE = 1000
SECONDS = 10
SIGMAS = 3


def against_kernel(a):
    """Ticks of a fixed phase against a busy process: the share p of them is binomial."""
    if a.kernel is None:
        return ["the kernel's CPU time is not known"]
    p = min(a.kernel / a.elapsed, 1.0)
    sigma = math.sqrt(a.elapsed * RATE * p * (1 - p)) / RATE
    allowed = SIGMAS * sigma + (a.missed + 2.0) / RATE
    if abs(a.sampled - a.kernel) > allowed:
        return ["sampled %.3f s, kernel %.3f s, more than %.3f s apart" % (a.sampled, a.kernel, allowed)]
    return []


def busy(interpreter, tap):
    with harness.Target(interpreter, "calls", 60) as target:
        run = harness.record(target.wait_ready(), RATE, SECONDS)
    problems = run.problems()
    if problems:
        return problems
    a = run.account
    tap.note("%s: sampled %.3f s, kernel %s s, %d missed, %d of %d complete, %s"
             % (interpreter.label, a.sampled, a.kernel, a.missed, a.complete, a.samples, a.cost))
    problems = against_kernel(a) + a.whole()
    if a.native > 0.001 * a.samples:
        problems.append("%d of %d native" % (a.native, a.samples))
    if a.pid != target.pid or (a.python + ".").startswith(interpreter.version + ".") is False:
        problems.append("account of pid %d, CPython %s" % (a.pid, a.python))
    ticks = len(harness.CPUS) * RATE * a.elapsed
    if not 0.97 * ticks <= a.asked <= 1.03 * ticks:
        problems.append("%d ticks asked for, about %d expected" % (a.asked, ticks))
    return problems


tap = harness.begin()
for interpreter in harness.each_supported(tap, "account"):
    tap.attempt(interpreter.label + " account of a busy process", lambda: busy(interpreter, tap), 2)
sys.exit(tap.done())
