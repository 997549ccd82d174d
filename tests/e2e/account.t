#!/usr/bin/env python3
"""Sampled CPU time equals the kernel's, every tick is accounted for, and stacks are read to their root."""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

RATE = 1000
SIGMAS = 3
# Of programs that call all the time: at most INCOMPLETE of so many stacks are not whole.
WHOLE_RATE, WHOLE_SECONDS, WHOLE_SAMPLES = 10000, 2.5, 20000
INCOMPLETE, NATIVE = 0.0001, 0.001
CALLING = ("calls", "callbacks", "generators", "classes", "coroutines")


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


def programs(interpreter):
    """All that the version can run; `make check` has time for two of them, for one where it runs a part."""
    possible = [name for name in CALLING if name != "coroutines" or interpreter.minor >= (3, 6)]
    return possible if interpreters.everything() else possible[:1 if interpreter.short else 2]


def seconds(interpreter):
    """`make check` has ten for the one that stands for all, and fewer for the others."""
    mine = interpreters.any_supported()
    return 10 if interpreters.everything() or mine and mine.label == interpreter.label else 4


def enough(accounts):
    """Samples to judge by: where few of so many are not complete, chance decides, and more are wanted."""
    samples, native, complete = (sum(getattr(a, field) for a in accounts) for field in ("samples", "native", "complete"))
    return samples >= WHOLE_SAMPLES and samples - native - complete <= INCOMPLETE * (samples - native)


def whole(interpreter, name, tap):
    """As many runs as the samples take, on a machine that has other things to do."""
    accounts = []
    with harness.Target(interpreter, name, 60) as target:
        target.wait_ready()
        while not enough(accounts) and len(accounts) < 6:
            run = harness.record(target, WHOLE_RATE, WHOLE_SECONDS)
            problems = run.problems()
            if problems:
                return problems
            accounts.append(run.account)
            tap.note("%s %s: %s" % (interpreter.label, name, run.account.stacks_line))
    samples, native, complete = (sum(getattr(a, field) for a in accounts) for field in ("samples", "native", "complete"))
    wanted = samples - native
    if samples < WHOLE_SAMPLES:
        problems.append("only %d samples" % samples)
    if wanted - complete > INCOMPLETE * wanted:
        problems.append("%d of %d stacks are not complete (%s)" % (
            wanted - complete, wanted, "; ".join(a.reasons or "" for a in accounts)))
    if native > NATIVE * samples:
        problems.append("%d of %d samples native" % (native, samples))
    return problems + ["%d lost, %d unnamed" % (a.lost, a.unnamed) for a in accounts if a.lost or a.unnamed]


def busy(interpreter, tap):
    with harness.Target(interpreter, "calls", 60) as target:
        run = harness.record(target.wait_ready(), RATE, seconds(interpreter))
    problems = run.problems()
    if problems:
        return problems
    a = run.account
    tap.note("%s: sampled %.3f s, kernel %s s, %d missed, %d of %d complete, %s"
             % (interpreter.label, a.sampled, a.kernel, a.missed, a.complete, a.samples, a.cost_line))
    problems = against_kernel(a)
    if a.pid != target.pid or not (a.python.split()[0] + ".").startswith(interpreter.version + "."):
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
    for name in programs(interpreter):
        tap.attempt("%s whole stacks of %s" % (interpreter.label, name), lambda: whole(interpreter, name, tap), 2)
interpreter = interpreters.any_supported()
if interpreter:
    tap.attempt("account of a sleeping process", lambda: sleeping(interpreter))
else:
    tap.skip("account of a sleeping process", "no supported CPython is here")
sys.exit(tap.done())
