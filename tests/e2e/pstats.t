#!/usr/bin/env python3
"""Files for pstats: every Python from 2.7 on loads them and does all that its pstats can; other viewers open them."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

GOLDEN = os.path.join(harness.ROOT, "tests", "golden")
RENDER = os.path.join(os.path.dirname(harness.PROFILER), "tests", "render")
READ = os.path.join(harness.ROOT, "tests", "support", "read_pstats.py")
VIEWERS = os.path.join(interpreters.FETCHED, "viewers")
# Cases of plain names, whose numbers are also found by looking at each stack of the case.
PLAIN = ("deep", "json", "losses", "one", "processes", "recursion", "threads", "weightless")
ROUNDING = 1e-9


def key_of(frame):
    """The entry's key of a frame of a case."""
    if frame.startswith("["):
        return ("~", 0, "<%s>" % frame[1:-1])
    function, name, _, first_line = frame.split("|")
    return (name, int(first_line), function)


def stacks_of(case):
    """[(samples, seconds, [key, root first])] of a golden case."""
    rate, stacks = 1000, []
    with open(os.path.join(GOLDEN, case + ".in"), encoding="utf-8") as lines:
        for line in lines:
            words = line.rstrip("\n").split(" ", 3)
            if words[:2] == ["account", "rate_hz"]:
                rate = int(words[2])
            if words[0] != "stack":
                continue
            samples, _, weight = words[2].partition("@")
            keys = []
            for frame in words[3].split(";"):
                frame, _, times = frame.partition(" *")
                keys += [key_of(frame)] * int(times or 1)
            seconds = int(weight) / 1e9 if weight else int(samples) / rate
            stacks.append((int(samples), seconds, keys))
    return stacks


def expected(case):
    """{key: [samples, self, total, {caller: [samples, self, total]}]}, each stack looked at by itself."""
    out = {}

    def add(entry, samples, seconds, is_leaf):
        entry[0] += samples
        entry[1] += seconds if is_leaf else 0
        entry[2] += seconds

    for samples, seconds, keys in stacks_of(case):
        for key in set(keys):
            add(out.setdefault(key, [0, 0, 0, {}]), samples, seconds, key == keys[-1])
        for caller, key in set(zip(keys, keys[1:])):
            add(out[key][3].setdefault(caller, [0, 0, 0]), samples, seconds, (caller, key) == tuple(keys[-2:]))
    return out


def number_problems(what, found, wanted):
    samples, again, self, total = found
    if samples != again or samples != wanted[0] or abs(self - wanted[1]) > ROUNDING * (1 + samples) or abs(
            total - wanted[2]) > ROUNDING * (1 + samples):
        return ["%s: %r, not %r" % (what, found, wanted[:3])]
    return []


def compare(case, entries):
    """Each entry and each caller of it, with what the stacks say."""
    wanted, out = expected(case), []
    found = {tuple(key): (numbers, {tuple(k): v for k, v in callers}) for key, numbers, callers in entries}
    if set(found) != set(wanted):
        return ["%s: entries %s, not %s" % (case, sorted(found), sorted(wanted))]
    for key, (numbers, callers) in found.items():
        out += number_problems("%s: %r" % (case, key), numbers, wanted[key])
        if set(callers) != set(wanted[key][3]):
            out.append("%s: %r has callers %s" % (case, key, sorted(callers)))
            continue
        for caller, values in callers.items():
            out += number_problems("%s: %r by %r" % (case, key, caller), values, wanted[key][3][caller])
    sampled = sum(seconds for _, seconds, _ in stacks_of(case))
    if abs(sum(numbers[2] for numbers, _ in found.values()) - sampled) > ROUNDING * 1e5:
        out.append("%s: self does not add up to %s s" % (case, sampled))
    return out


def render(folder):
    """The path of each case's file, by case."""
    files = {}
    for path in sorted(glob.glob(os.path.join(GOLDEN, "*.in"))):
        case = os.path.basename(path)[:-3]
        files[case] = os.path.join(folder, case + ".prof")
        with open(files[case], "wb") as out:
            subprocess.run([RENDER, "pstats", path], stdout=out, check=True)
    return files


def loads(interpreter, reader, files):
    """Problems of one Python with all files."""
    result = subprocess.run([interpreter.path, "-B", reader, *files.values()], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=300,
                            env=dict(interpreter.start_environment(), PYTHONIOENCODING="utf-8"))
    if result.returncode:
        return ["status %d: %s" % (result.returncode, result.stderr.decode("utf-8", "replace")[-800:])]
    out = []
    for case, read in zip(files, json.loads(result.stdout.decode("utf-8"))):
        out += ["%s: %s" % (case, problem) for problem in read["problems"]]
        if case in PLAIN:
            out += compare(case, read["entries"])
    return out


def of_a_run(folder, reader):
    """The ending of -o chooses the format, and what was sampled is what pstats adds up."""
    path = os.path.join(folder, "run.prof")
    interpreter = interpreters.any_supported()
    with harness.Target(interpreter, "recursion", 120, 12) as target:
        target.wait_ready()
        result = harness.profile("-p", target.pid, "-r", 2000, "-d", 1, "-q", "-o", path)
    if result.status:
        return [str(result)]
    read = json.loads(interpreter.run(reader, path))[0]
    total = sum(numbers[2] for _, numbers, _ in read["entries"])
    if abs(total - result.account.sampled) > 1e-3 or not any(key[2] == "leaf" for key, _, _ in read["entries"]):
        return ["%s s of %s s in %s" % (total, result.account.sampled, read["entries"])]
    return result.account.laws() + read["problems"]


def viewer(module, program, files):
    """Run a program that opens each file with a viewer's own code; it prints a line of what it found for each."""
    if not os.path.isdir(os.path.join(VIEWERS, module)) and not os.path.exists(os.path.join(VIEWERS, module + ".py")):
        return None
    result = subprocess.run([sys.executable, "-B", "-c", program, *files], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=300, env=dict(os.environ, PYTHONPATH=VIEWERS))
    lines = result.stdout.decode("utf-8", "replace").splitlines()
    if result.returncode or len(lines) != len(files) or not all(lines):
        return ["status %d, %d lines of %d files: %s" % (result.returncode, len(lines), len(files),
                                                         result.stderr.decode("utf-8", "replace")[-800:])]
    return []


# What each viewer's own main() does before it opens a window or a browser.
SNAKEVIZ = """
import sys, json
from pstats import Stats
from snakeviz.stats import json_stats, table_rows
for path in sys.argv[1:]:
    stats = Stats(path)
    rows = table_rows(stats)
    assert len(rows) == len(stats.stats)
    print(len(rows), len(json.dumps(json_stats(stats))))
"""
TUNA = """
import sys, json
from tuna.main import read
for path in sys.argv[1:]:
    print(json.dumps(read(path))[:60])
"""
GPROF2DOT = """
import sys, io, re, gprof2dot
for path in sys.argv[1:]:
    profile = gprof2dot.PstatsParser(path).parse()
    profile.prune(0, 0, [], False)
    out = io.StringIO()
    gprof2dot.DotWriter(out).graph(profile, gprof2dot.TEMPERATURE_COLORMAP)
    text = out.getvalue()
    assert text.startswith("digraph") and len(profile.functions) > 0, text
    shares = [float(share) for share in re.findall(r"(-?[0-9.]+)%", text)]
    assert shares and 0 <= min(shares) and max(shares) <= 100, shares
    print(len(text))
"""

tap = harness.tap_module.Tap()
if not os.access(RENDER, os.X_OK):
    harness.tap_module.skip_all("%s is not built: make check builds it" % RENDER)
# In /tmp, which interpreters that run in a root of their own see as well.
with tempfile.TemporaryDirectory(dir="/tmp") as folder:
    reader = shutil.copy(READ, folder)
    files = render(folder)
    for interpreter in interpreters.supported():
        if interpreter.path and "jit" not in interpreter.build and not interpreter.has_module("marshal, pstats"):
            tap.skip(interpreter.label, "it has no pstats")
        elif interpreter.path:
            tap.attempt("%s loads every file" % interpreter.label, lambda: loads(interpreter, reader, files))
        else:
            tap.skip(interpreter.label, interpreter.reason)
    if os.geteuid() or not os.path.exists("/sys/kernel/btf/vmlinux") or not interpreters.any_supported():
        tap.skip("of a run", "not root, no BTF, or no supported CPython")
    else:
        tap.attempt("of a run", lambda: of_a_run(folder, reader), attempts=2)
    for module, program in (("snakeviz", SNAKEVIZ), ("tuna", TUNA), ("gprof2dot", GPROF2DOT)):
        problems = viewer(module, program, list(files.values()))
        if problems is None:
            tap.skip(module, interpreters.why_missing("viewers"))
        else:
            tap.check("%s opens every file" % module, problems)
sys.exit(tap.done())
