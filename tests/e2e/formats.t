#!/usr/bin/env python3
"""Every format renders one and the same kind of run, with totals that agree with the account."""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import folded
import harness
import interpreters

RATE = 2000
# A small number is followed by its error.
ROW = re.compile(r"\s*(\d+\.\d+)(?:\s+(?:±|\+-)\d+\.\d+)?\s+(\d+\.\d+)\s+(\d+\.\d+)s?\s+(\d+\.\d+)s?\s+(\S.*)")


def run(target, *options):
    return harness.profile("-p", target.pid, "-r", RATE, "-d", 1, "-q", *options)


def flat_problems(text, sampled):
    """The rows' self times add up to all, and no total is more than all."""
    rows = [ROW.match(line) for line in text.splitlines()]
    rows = [[float(row[k]) for k in range(1, 5)] for row in rows if row]
    if not rows:
        return ["no rows: %r" % text[:600]]
    out = []
    if abs(sum(row[2] for row in rows) - sampled) > 0.001 * len(rows) + 0.002:
        out.append("self times add up to %.3f s of %.3f s" % (sum(row[2] for row in rows), sampled))
    if any(row[3] > sampled + 0.002 or row[2] > row[3] + 0.001 for row in rows):
        out.append("a total is out of bounds: %s" % rows)
    if [row[2] for row in rows] != sorted((row[2] for row in rows), reverse=True):
        out.append("rows are not sorted by self")
    return out


def tree_problems(text, sampled):
    """The first node is the root and has all of the time."""
    times = re.findall(r"^\s*(\d+\.\d+)s? ", text, re.M)
    if not times or abs(float(times[0]) - sampled) > 0.01 * sampled + 0.002:
        return ["the tree's root has %s s of %.3f s: %r" % (times[:1], sampled, text[:400])]
    return []


def format_problems(target, name, check):
    result = run(target, "-f", name)
    if result.status:
        return [str(result)]
    return result.account.laws() + check(result.out.decode("utf-8"), result.account.sampled)


def text_problems(text, sampled):
    """Flat and tree, one after the other."""
    out = flat_problems(text, sampled)
    return out if re.search(r"<module>.*\n(.*\n)*?.*leaf", text) else out + ["no tree in %r" % text[-600:]]


def by_file(target, folder, ending, name):
    """The ending of -o chooses the format; the file holds what standard output would."""
    path = os.path.join(folder, "profile" + ending)
    result = run(target, "-o", path)
    with open(path, encoding="utf-8") as report:
        text = report.read()
    if result.status or result.out:
        return [str(result)]
    if name == "folded":
        total = folded.total(folded.parse(text.encode()))
        return [] if total == result.account.samples else ["%d samples in the file" % total]
    return flat_problems(text, result.account.sampled)


def by_function(target):
    """The line is the function's first line, so each function has one row."""
    result = run(target, "-f", "flat", "--by", "function")
    if result.status:
        return [str(result)]
    text = result.out.decode("utf-8")
    rows = [line for line in text.splitlines() if re.search(r"\bleaf\b", line)]
    out = flat_problems(text, result.account.sampled)
    return out if len(rows) == 1 else out + ["%d rows of the function: %s" % (len(rows), rows)]


tap = harness.begin()
interpreter = interpreters.any_supported()
if not interpreter:
    harness.tap_module.skip_all("no supported CPython is here")
with harness.Target(interpreter, "recursion", 120, 12) as target, tempfile.TemporaryDirectory() as folder:
    target.wait_ready()
    tap.attempt("flat", lambda: format_problems(target, "flat", flat_problems))
    tap.attempt("tree", lambda: format_problems(target, "tree", tree_problems))
    tap.attempt("text", lambda: format_problems(target, "text", text_problems))
    tap.attempt("folded", lambda: run(target, "-f", "folded").problems())
    tap.attempt("folded file", lambda: by_file(target, folder, ".folded", "folded"))
    tap.attempt("text file", lambda: by_file(target, folder, ".txt", "text"))
    tap.attempt("flat by function", lambda: by_function(target))
sys.exit(tap.done())
