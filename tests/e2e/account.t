#!/usr/bin/env python3
"""Sampled CPU time equals the kernel's, and every tick is accounted for."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

RATE = 1000
SECONDS = 10
SIGMAS = 3


def against_kernel(a):
    """Ticks of a fixed phase against a busy process: the share p of them is binomial."""
    if a.kernel is None:
        return ["the kernel's CPU time is not known"]
    p = min(a.kernel / a.elapsed, 1.0)
    sigma = math.sqrt(a.elapsed * RATE * p * (1 - p)) / RATE
    allowed = SIGMAS * sigma + (a.missed - a.missed_idle + 2.0) / RATE
    if abs(a.sampled - a.kernel) > allowed:
        return ["sampled %.3f s, kernel %.3f s, more than %.3f s apart" % (a.sampled, a.kernel, allowed)]
    return []


def all_ticks(a):
    """Every CPU's clock was asked for a tick in each period of the run."""
    ticks = os.cpu_count() * RATE * a.elapsed
    if 0.98 * ticks - 20 <= a.asked <= 1.02 * ticks + 20:
        return []
    return ["%d ticks asked for, about %d expected" % (a.asked, ticks)]


def busy(interpreter, tap):
    with harness.Target(interpreter, "calls", 60) as target:
        run = harness.record(target.wait_ready(), RATE, SECONDS)
    problems = run.problems()
    if problems:
        return problems
    a = run.account
    tap.note("%s: sampled %.3f s, kernel %s s, %d missed, %d of %d complete, %s"
             % (interpreter.label, a.sampled, a.kernel, a.missed, a.complete, a.samples, a.cost_line))
    problems = against_kernel(a) + a.whole()
    if a.native > 0.001 * a.samples:
        problems.append("%d of %d native" % (a.native, a.samples))
    if a.pid != target.pid or (a.python + ".").startswith(interpreter.version + ".") is False:
        problems.append("account of pid %d, CPython %s" % (a.pid, a.python))
    return problems + all_ticks(a)


def sleeping(interpreter):
    """CPUs that are idle, and may not tick at all, are accounted for as well."""
    with harness.Target(interpreter, "sleeper", 60) as target:
        run = harness.record(target.wait_ready(), RATE, 3)
    return run.problems() or all_ticks(run.account)


tap = harness.begin()
for interpreter in harness.each_supported(tap, "account"):
    tap.attempt(interpreter.label + " account of a busy process", lambda: busy(interpreter, tap), 2)
interpreter = interpreters.any_supported()
if interpreter:
    tap.attempt("account of a sleeping process", lambda: sleeping(interpreter))
else:
    tap.skip("account of a sleeping process", "no supported CPython is here")
sys.exit(tap.done())
