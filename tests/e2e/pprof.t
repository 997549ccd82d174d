#!/usr/bin/env python3
"""Saved profiles in other tools: Go's pprof shows what our reports show, protobuf's own decoder knows every field, and what
Go's pprof writes comes back."""
import collections
import glob
import gzip
import importlib
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

GOLDEN = os.path.join(harness.ROOT, "tests", "golden")
SAVED = os.path.join(os.path.dirname(harness.PROFILER), "tests", "saved")
PPROF = os.path.join(interpreters.FETCHED, "viewers", "pprof")
PROTO = os.path.join(harness.ROOT, "user", "store")
ROW = re.compile(r"\s*(\d+)(?:ns)?\s+[\d.]+%\s+[\d.]+%\s+(\d+)(?:ns)?\s+[\d.]+%\s\s(.*)")
PERIODS = {"recursion": 10_000_000}  # ns; 1,000,000 of the others
# Those whose folded lines tell the names as they are: no ';' in them, no weight that is not a number of periods.
CASES = ["containers", "deep", "json", "losses", "one", "pool", "processes", "recursion", "threads"]
MODES = ["write", "stream"]


def run(*arguments):
    """Standard output; whatever else is said is an error."""
    done = subprocess.run([str(argument) for argument in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, HOME="/nonexistent", PPROF_TMPDIR="/nonexistent"), check=False)
    said = [line for line in done.stderr.decode().splitlines() if not line.startswith("Generating report in")]
    if done.returncode or said:
        raise RuntimeError("%s: status %d, %r" % (arguments[:3], done.returncode, said[:3]))
    return done.stdout.decode("utf-8")


def folded_of(path):
    """[(frames, samples)] of a saved file, without processes and threads, as our own report tells them."""
    stacks = []
    for line in run(SAVED, "show", path, "folded").splitlines():
        stack, count = line.rsplit(" ", 1)
        frames = [frame for frame in stack.split(";") if re.search(r" \(.*:\d+\)$|^\[[a-z][a-z :]*\]$", frame)]
        stacks.append((frames, int(count)))
    return stacks


def sums(stacks, period, name):
    """name(frame) -> [self, total] in ns; recursion counts once."""
    rows = collections.defaultdict(lambda: [0, 0])
    for frames, count in stacks:
        names = [name(frame) for frame in frames]
        rows[names[-1]][0] += count * period
        for each in set(names):
            rows[each][1] += count * period
    return {key: tuple(value) for key, value in rows.items()}


def function_of(frame):
    return re.sub(r" \(.*:\d+\)$", "", frame)


def line_of(frame):
    """As pprof -lines writes it."""
    match = re.match(r"(.*) \((.*:\d+)\)$", frame)
    return "%s %s" % match.groups() if match else frame


def top_of(path, *options):
    text = run(PPROF, "-top", "-nodecount=100000", "-nodefraction=0", "-unit=ns", *options, path)
    rows = {}
    for row in filter(None, map(ROW.match, text.splitlines())):
        rows[row.group(3).replace(" (inline)", "")] = (int(row.group(1)), int(row.group(2)))
    return rows


def differences(found, expected):
    return ["%s: %s, not %s" % (key, found.get(key), expected.get(key))
            for key in sorted(set(found) | set(expected)) if found.get(key) != expected.get(key)]


def top_problems(path, period):
    return differences(top_of(path), sums(folded_of(path), period, function_of))


def lines_problems(path, period):
    return differences(top_of(path, "-lines"), sums(folded_of(path), period, line_of))


def tree_problems(path, period):
    """Every function has a paragraph of its own, with its self and total."""
    text = run(PPROF, "-tree", "-nodecount=100000", "-nodefraction=0", "-edgefraction=0", "-unit=ns", path)
    rows = {}
    for line in text.splitlines():
        row = re.match(r"\s*(\d+)(?:ns)?\s+[\d.]+%\s+[\d.]+%\s+(\d+)(?:ns)?\s+[\d.]+%\s+\| (.*)", line)
        if row:
            rows[row.group(3).strip()] = (int(row.group(1)), int(row.group(2)))
    return differences(rows, sums(folded_of(path), period, function_of))


def raw_problems(path, period):
    """Each sample's frames, and what they weigh."""
    text = run(PPROF, "-raw", path)
    names = dict(re.findall(r"^ +(\d+): 0x0 M=\d+ (.*) s=\d+(?:\(.*\))?$", text.split("Locations")[1], re.M))
    found, expected = collections.Counter(), collections.Counter()
    for samples, weight, ids in re.findall(r"^ +(\d+) +(\d+): ((?:\d+ )+)$", text, re.M):
        stack = tuple(re.sub(r" :0$", "", names[each]) for each in reversed(ids.split()))
        found[stack] += int(samples)
        if int(weight) != int(samples) * period:
            return ["%s samples weigh %s" % (samples, weight)]
    for frames, count in folded_of(path):
        expected[tuple(line_of(frame) for frame in frames)] += count
    return differences(found, expected)


def rewritten_problems(path, folder):
    """What Go's pprof wrote is read like what it had read."""
    copy = os.path.join(folder, "copy.pb.gz")
    run(PPROF, "-proto", "-output=" + copy, path)
    for name in ("folded", "tree", "flat"):
        if run(SAVED, "show", copy, name) != run(SAVED, "show", path, name):
            return ["%s differs" % name]
    return []


def decoder(folder):
    """The messages of our description, made by protoc."""
    run("protoc", "--proto_path=" + PROTO, "--python_out=" + folder, "profile.proto")
    # Debian's packages are there, whoever's interpreter this is.
    sys.path[:0] = [folder]
    sys.path.append("/usr/lib/python3/dist-packages")
    return importlib.import_module("profile_pb2").Profile


def decoded_problems(message, path):
    with gzip.open(path) as file:
        data = file.read()
    message.ParseFromString(data)
    size = message.ByteSize()
    message.DiscardUnknownFields()
    out = [] if message.ByteSize() == size else ["%d bytes of unknown fields" % (size - message.ByteSize())]
    texts = message.string_table
    if texts[0] or any(re.search(r"[\0-\x1f\x7f-\x9f]", text) for text in texts):
        out.append("a text with control characters, or no empty one")
    types = [(texts[each.type], texts[each.unit]) for each in message.sample_type]
    weight = types[1] if len(types) == 2 else None
    if types[0] != ("samples", "count") or weight not in (("cpu", "nanoseconds"), ("events", "count")) or \
            texts[message.default_sample_type] != weight[0]:
        out.append("types are %s" % types)
    if not all(each.has_functions and each.has_filenames and each.has_line_numbers for each in message.mapping):
        out.append("a mapping asks for symbols")
    keys = {texts[label.key] for sample in message.sample for label in sample.label}
    if message.sample and not {"pid", "process"} <= keys:
        out.append("labels are %s" % keys)
    samples = sum(sample.value[0] for sample in message.sample)
    shown = sum(int(line.rsplit(" ", 1)[1]) for line in run(SAVED, "show", path, "folded").splitlines())
    # A folded line that weighs less than half a period is rounded to nothing.
    if samples != shown and "weightless" not in path and "names" not in path:
        out.append("%d samples, %d in our report" % (samples, shown))
    return out


tap = harness.tap_module.Tap()
why_not = None if os.access(PPROF, os.X_OK) else interpreters.why_missing("pprof") or "it was not fetched"
with tempfile.TemporaryDirectory() as folder:
    for mode in MODES:
        for path in sorted(glob.glob(os.path.join(GOLDEN, "*.in"))):
            run(SAVED, mode, path, os.path.join(folder, "%s-%s.pb.gz" % (os.path.basename(path)[:-3], mode)))
    for check in (top_problems, lines_problems, tree_problems, raw_problems, rewritten_problems):
        for case in CASES:
            for mode in MODES:
                path = os.path.join(folder, "%s-%s.pb.gz" % (case, mode))
                name = "pprof: %s of %s (%s)" % (check.__name__.split("_")[0], case, mode)
                second = folder if check is rewritten_problems else PERIODS.get(case, 1_000_000)
                if why_not:
                    tap.skip(name, "Go's pprof: " + why_not)
                else:
                    tap.attempt(name, lambda: check(path, second))
    Profile = None
    try:
        Profile = decoder(folder)
    except (OSError, ImportError) as error:
        tap.skip("protobuf's decoder", str(error))
    if Profile:
        for path in sorted(glob.glob(os.path.join(folder, "*.pb.gz"))):
            name = "protobuf's decoder: %s" % os.path.basename(path)
            if not name.endswith("copy.pb.gz"):
                tap.attempt(name, lambda: decoded_problems(Profile(), path))
sys.exit(tap.done())
