#!/usr/bin/env python3
"""report, diff, merge and browse as a user types them: over files of another tool, damaged ones, foreign ones, none.

Needs no BPF. What needs root (another user's files) is skipped without."""
import gzip
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters
import pprof
import tap as tap_module

NOBODY = 65534
MAIN, WORK, LEAF = ("<module>", "/a/app.py", 9, 1), ("work", "/a/app.py", 5, 4), ("leaf", "/a/lib.py", 2, 1)
OTHER = ("other", "/a/other.py", 7, 6)
BUSY = [([MAIN, WORK, LEAF], 300), ([MAIN, WORK], 100), ([MAIN, WORK, LEAF, LEAF], 50)]
FOLDED = {
    "<module> (/a/app.py:9);work (/a/app.py:5);leaf (/a/lib.py:2)": 300,
    "<module> (/a/app.py:9);work (/a/app.py:5)": 100,
    "<module> (/a/app.py:9);work (/a/app.py:5);leaf (/a/lib.py:2);leaf (/a/lib.py:2)": 50,
}


def make(folder, name, stacks):
    profile = pprof.Profile()
    for frames, count in stacks:
        profile.add(frames, count)
    return profile.write(os.path.join(folder, name))


def run(*arguments, **keywords):
    return harness.profile(*arguments, **keywords)


def folded(result, fold=dict):
    """Stacks and counts of a folded report, without the process that a file of several has in front."""
    out = {}
    for line in result.out.decode().splitlines():
        text, _, count = line.rpartition(" ")
        text = re.sub(r"\A[^;]* \[\d+\];", "", text)
        out[text] = out.get(text, 0) + int(count)
    return out


def good(result, *patterns):
    """Problems: it failed, or standard output lacks a pattern."""
    text = result.out.decode("utf-8", "replace")
    out = ["%r is not there" % p for p in patterns if not re.search(p, text, re.M)]
    out += ["status %d" % result.status] if result.status else []
    return out + [text[-1500:], str(result)] if out else []


def refused(result, status, *patterns, hint=False):
    out = ["the message lacks %r" % p for p in patterns if not re.search(p, result.err, re.I)]
    out += ["exit status %d, not %d" % (result.status, status)] if result.status != status else []
    out += ["no hint"] if hint and not re.search(r"^hint: \S", result.err, re.M) else []
    out += ["the message does not say whose it is"] if not result.err.startswith("pybpfprof: ") else []
    out += ["standard output has %r" % result.out[:200]] if result.out else []
    out += ["a control character"] if re.search(r"[\x00-\x09\x0b-\x1f\x7f]", result.err) else []
    return out + [str(result)] if out else []


# ---- what they print ----


def report(folder):
    """Flat, then tree, then the account on standard error."""
    result = run("report", make(folder, "app.pb.gz", BUSY))
    return good(result, r"^ *77\.78 +77\.78 .*lib\.py:2 +leaf$", r"^ *22\.22 +100\.00 .*app\.py:5 +work$",
                r"^0\.450 <module>  .*app\.py:1$")


def folded_report(folder):
    result = run("report", "-f", "folded", make(folder, "app.pb.gz", BUSY))
    found = folded(result)
    return good(result) + ([] if found == FOLDED else ["%s" % found])


def several(folder):
    """Printed together they are their sum, and what merge makes of them prints the same."""
    first, second = make(folder, "a.pb.gz", BUSY), make(folder, "b.pb.gz", BUSY[1:] + [([MAIN, OTHER], 7)])
    together = run("report", "-f", "folded", first, second)
    merged = run("merge", "-o", os.path.join(folder, "m.pb.gz"), first, second)
    again = run("report", "-f", "folded", os.path.join(folder, "m.pb.gz"))
    out = good(together) + good(merged) + good(again)
    if sum(folded(together).values()) != 450 + 150 + 7:
        out.append("the sum is %d" % sum(folded(together).values()))
    return out + ([] if together.out == again.out else [together.out, again.out])


def order(folder):
    """Whatever the order and grouping, the merged file is the same."""
    names = [make(folder, "%d.pb.gz" % i, BUSY[i:] + [([MAIN, OTHER], i + 1)]) for i in range(3)]
    ways = {"abc": names, "cba": names[::-1]}
    results = []
    for way, files in ways.items():
        path = os.path.join(folder, way + ".pb.gz")
        results.append((good(run("merge", "-o", path, *files)), path))
    half, rest = os.path.join(folder, "half.pb.gz"), os.path.join(folder, "rest.pb.gz")
    results.append((good(run("merge", "-o", half, *names[1:])), half))
    results.append((good(run("merge", "-o", rest, half, names[0])), rest))
    out = [problem for problems, _ in results for problem in problems]
    contents = set(open(path, "rb").read() for _, path in results if path != half)
    return out + ([] if len(contents) == 1 else ["%d different files" % len(contents)])


def pipe(folder):
    with open(make(folder, "app.pb.gz", BUSY), "rb") as file:
        result = run("report", "-f", "folded", "-", stdin=file)
    return good(result) + ([] if folded(result) == FOLDED else [str(result)])


def products(folder):
    """Several formats in one run; nothing but files were asked for, so standard output stays empty."""
    path = make(folder, "app.pb.gz", BUSY)
    result = run("report", "-f", "folded=x.folded", "-f", "flat=x.txt", "-f", "pstats=x.prof", path, cwd=folder)
    files = [os.path.join(folder, name) for name in ("x.folded", "x.txt", "x.prof")]
    out = good(result) + ["%s is not there" % name for name in files if not os.path.exists(name)]
    if result.out:
        out.append("standard output has %r" % result.out)
    if out:
        return out
    with open(files[0], "rb") as file:
        out += [] if file.read() == run("report", "-f", "folded", path).out else ["another folded report"]
    load = subprocess.run([sys.executable, "-c", "import pstats, sys; print(pstats.Stats(sys.argv[1]).total_calls)",
                           files[2]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return out + ([] if load.returncode == 0 else [load.stdout])


def restricted(folder):
    """pstats' words: sorted by name, then the first half, of which those with an e."""
    path = make(folder, "app.pb.gz", BUSY + [([MAIN, OTHER], 7)])
    result = run("report", "-f", "flat", "--by", "function", "--sort", "name", "-l", "50%", "-l", "w|<mod", path)
    out = good(result, r" <module>$")
    out += ["a row of the second half"] if re.search(rb" (work|other)$", result.out, re.M) else []
    reverse = run("report", "-f", "flat", "--by", "function", "--sort", "name", "--reverse", path)
    names = re.findall(r" (<module>|work|leaf|other)$", reverse.out.decode(), re.M)
    return out + good(reverse) + ([] if names == ["work", "other", "leaf", "<module>"] else ["order %s" % names])


def calls(folder):
    path = make(folder, "app.pb.gz", BUSY)
    return good(run("report", "--callers", "leaf", path), r"leaf", r"work") + good(
        run("report", "--callees", "work", path), r"work", r"leaf")


def difference(folder):
    base, new = make(folder, "base.pb.gz", BUSY), make(folder, "new.pb.gz", BUSY[1:] + [([MAIN, OTHER], 300)])
    out = good(run("diff", base, new), "other", "leaf", "new|gone")
    out += good(run("diff", base, base), "no differences")
    out += good(run("diff", "-f", "folded", base, new), r"^<module> .*;other \(\S+:7\) 0 \d+$|;other .* 0 \d+$")
    return out


def browsed(folder):
    """From a pipe: what the commands print, nothing else."""
    path = make(folder, "app.pb.gz", BUSY)
    process = harness.start_profiler("browse", path, stdin=subprocess.PIPE)
    process.stdin.write(b"sort name\nstats 2\ncallers leaf\nquit\n")
    process.stdin.close()
    process.stdin = None
    return good(harness.finish(process), "leaf", "<module>")


def empty(folder):
    """No samples are a sentence."""
    path = make(folder, "empty.pb.gz", [])
    return good(run("report", path), "no samples") + good(run("report", "-f", "flat", path), "no samples")


def endings(folder):
    """The ending of -o chooses the format."""
    path, out = make(folder, "app.pb.gz", BUSY), os.path.join(folder, "x.folded")
    result = run("report", "-o", out, path)
    problems = good(result) + ([] if not result.out else ["standard output has %r" % result.out])
    with open(out, "rb") as file:
        return problems + ([] if b";work" in file.read() else ["no folded report"])


def seconds(result, pattern):
    """The sum of the numbers that the pattern finds, in milliseconds."""
    return sum(round(float(number) * 1000) for number in re.findall(pattern, result.out.decode(), re.M))


def random_stacks(seed):
    """Recursion, shared leaves, and samples that end in the middle of others' stacks."""
    chance = random.Random(seed)
    functions = [("f%d" % i, "/a/m%d.py" % (i % 7), 10 * i + 3, 10 * i + 1) for i in range(40)]
    return [([MAIN] + [chance.choice(functions) for _ in range(chance.randrange(1, 12))], chance.randrange(1, 50))
            for _ in range(300)]


ERROR = r"(?: *(?:±|\+-)\d+\.\d+)?"
SELF = r"^ *\d+\.\d+" + ERROR + r"(?: +\d+\.\d+)? +(\d+\.\d+)s"  # rows that are no frames have no total
ROOT = r"^(\d+\.\d+)" + ERROR + " "
PSTATS = "import pstats, sys; s = pstats.Stats(sys.argv[1]); print(sum(v[2] for v in s.stats.values()), s.total_tt)"


def totals(folder):
    """The sum of self over all rows is one number, whatever the format and the rows."""
    parts = [random_stacks(seed) for seed in (1, 2)]
    files = [make(folder, "%d.pb.gz" % i, stacks) for i, stacks in enumerate(parts)]
    sums = [sum(count for _, count in stacks) for stacks in parts]
    merged = os.path.join(folder, "m.pb.gz")
    out = good(run("merge", "-o", merged, *files))
    for path, wanted in zip(files + [merged], sums + [sum(sums)]):
        found = {"folded": sum(folded(run("report", "-f", "folded", path)).values())}
        for key in ("line", "function", "file", "module", "process", "command"):
            found["by " + key] = seconds(run("report", "-f", "flat", "-l", "0", "--by", key, path), SELF)
        found["tree"] = seconds(run("report", "-f", "tree", "-l", "0", "--threshold", "0", path), ROOT)
        found["inverted"] = seconds(run("report", "-f", "tree", "-l", "0", "--threshold", "0", "--invert", path), ROOT)
        limited = run("report", "-f", "flat", "-l", "5", path)
        found["limited"] = seconds(limited, SELF) + seconds(limited, r"^\d+ more rows with (\d+\.\d+) s")
        run("report", "-o", os.path.join(folder, "x.prof"), path)
        load = subprocess.run([sys.executable, "-c", PSTATS, os.path.join(folder, "x.prof")], stdout=subprocess.PIPE)
        found["pstats"], found["pstats' total"] = (round(float(word) * 1000) for word in load.stdout.split())
        out += ["%s of %s: %s, not %d" % (name, path, number, wanted)
                for name, number in found.items() if number != wanted]
    return out


HOSTILE = ("\x1b[2J\x1b]0;title\x07", "a\nb\rc\td", "x;y;z", "\"quoted\" 'too' `so` $(id)", "\u202eleft\u2066", "\x9bH",
           "n" * 4000, "", " ", "%s%n", b"\xff\xfe\x80", "[native]", "..", "-l")


def hostile_names(folder):
    """No name writes on the terminal, breaks a line or an element, whatever the format."""
    stacks = [([(name, "/a/b.py", 3, 1), ("leaf", name, 2, 1)], i + 1) for i, name in enumerate(HOSTILE)]
    path, other = make(folder, "hostile.pb.gz", stacks), make(folder, "other.pb.gz", stacks[3:] + BUSY)
    runs = [["report", "-f", form, "-l", "0", "--threshold", "0", path] for form in
            ("text", "flat", "tree", "folded", "callers", "callees")]
    runs += [["diff", "-f", form, path, other] for form in ("text", "folded")]
    runs += [["report", "--by", "module", path], ["report", "--invert", "--full-paths", path]]
    out = []
    for arguments in runs:
        result = run(*arguments)
        if result.status:
            out.append(str(result))
        text = result.out.decode("utf-8", "surrogateescape")
        bad = re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]", text)
        if bad:
            out.append("%s has %r" % (arguments, text[max(0, bad.start() - 60):bad.end() + 20]))
    stacks = folded(run("report", "-f", "folded", path))
    if sum(stacks.values()) != sum(range(1, len(HOSTILE) + 1)) or any(text.count(";") != 1 for text in stacks):
        out.append("the folded report has %s" % stacks)
    return out


# ---- damaged and foreign files ----


def torn(folder):
    """The members before the cut are read and the loss is named; merge makes a sound file of it."""
    path = os.path.join(folder, "torn.pb.gz")
    whole = os.path.join(folder, "whole.pb.gz")
    profile = pprof.Profile()
    for frames, count in BUSY:
        profile.add(frames, count)
    first = gzip.compress(profile.message())
    with open(path, "wb") as file:
        file.write(first + gzip.compress(os.urandom(5000))[:2000])
    result = run("report", "-f", "folded", path)
    out = good(result) + ([] if folded(result) == FOLDED else [str(result)])
    if not re.search(r"torn\.pb\.gz.* byte %d\b" % len(first), result.err) or "merge -o" not in result.err:
        out.append("the loss is not named: %s" % result.err)
    merged = run("merge", "-o", whole, path)
    out += good(merged) + ([] if "torn.pb.gz" in merged.err else ["merge says nothing: %s" % merged.err])
    again = run("report", "-f", "folded", whole)
    out += ["still torn: %s" % again.err] if re.search(r" byte \d", again.err) else []
    return out + ([] if folded(again) == FOLDED else [str(again)])


def foreign(folder, content, *patterns):
    path = os.path.join(folder, "foreign")
    with open(path, "wb") as file:
        file.write(content)
    out = []
    for arguments in (["report", path], ["browse", path], ["diff", path, path], ["merge", "-o", path + ".out", path]):
        out += refused(run(*arguments), 1, "foreign", *patterns)
    return out + (["merge left a file"] if os.path.exists(path + ".out") else [])


def unreadable_as(folder, path, status, *patterns):
    process = harness.start(["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups",
                             "--inh-caps=-all", program_for_all(folder), "report", path],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return refused(harness.finish(process), status, *patterns)


def hostile_name(folder):
    """A file's name cannot write on the terminal."""
    return refused(run("report", os.path.join(folder, "\x1b[2J\nx")), 1, "no such file")


# ---- where it goes ----


def full(folder):
    path = make(folder, "app.pb.gz", BUSY)
    out = []
    with open("/dev/full", "wb") as device:
        out += [] if run("report", path, stdout=device).status == 1 else ["a full device is no failure"]
    result = run("report", "-o", "/dev/full", path)
    return out + ([] if result.status == 1 and "no space left" in result.err.lower() else [str(result)])


def closed_pipe(folder):
    path = make(folder, "app.pb.gz", BUSY)
    out = []
    for arguments in (["report", path], ["diff", path, make(folder, "b.pb.gz", BUSY[1:])], ["merge", "-o", "-", path]):
        reading, writing = os.pipe()
        os.close(reading)
        try:
            result = run(*arguments, stdout=writing)
        finally:
            os.close(writing)
        if result.status != 1 or "broken pipe" not in result.err.lower():
            out.append(str(result))
    return out


def on_terminal(folder):
    """What is no text is not written to a terminal; a file's name there is."""
    path = make(folder, "app.pb.gz", BUSY)
    out = []
    for arguments in (["report", "-f", "pprof", path], ["report", "-f", "pstats", path], ["merge", "-o", "-", path]):
        ours, theirs = os.openpty()
        try:
            result = run(*arguments, stdout=theirs)
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        try:
            written = os.read(ours, 100)
        except OSError:
            written = b""
        os.close(ours)
        out += ["%r on the terminal" % written] if written else []
        out += refused(result, 1, "no text", hint=True)
    return out


def missing_folder(folder):
    path = make(folder, "app.pb.gz", BUSY)
    return refused(run("report", "-o", os.path.join(folder, "none", "x"), path), 1, "cannot write", "none") + refused(
        run("merge", "-o", os.path.join(folder, "none", "x"), path), 1, "cannot write", "none")


def onto_itself(folder):
    """A file may be merged into its own name."""
    path = make(folder, "app.pb.gz", BUSY)
    out = good(run("merge", "-o", path, path, path))
    found = folded(run("report", "-f", "folded", path))
    return out + ([] if sum(found.values()) == 900 else ["%s" % found])


# ---- other users ----


def program_for_all(folder):
    """A copy of the profiler that everybody may execute."""
    os.chmod(folder, 0o755)
    path = shutil.copy(harness.PROFILER, os.path.join(folder, "pybpfprof"))
    os.chmod(path, 0o755)
    return path


def as_nobody(folder):
    """No privileges are needed for files that one may read, and none where there is no BPF and no BTF."""
    path, program = make(folder, "app.pb.gz", BUSY), program_for_all(folder)
    os.chmod(path, 0o644)
    script = ('mount -t tmpfs none /sys/kernel && exec setpriv --reuid=%d --regid=%d --clear-groups --inh-caps=-all '
              '--bounding-set=-all "$0" "$@"' % (NOBODY, NOBODY))
    out = []
    for arguments in (["report", path], ["diff", path, path], ["report", "-f", "pstats", path]):
        process = harness.start(["unshare", "-m", "sh", "-c", script, program, *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        result = harness.finish(process)
        out += [str(result)] if result.status or not result.out else []
    return out


def sudo(folder):
    """What root writes for the user who called sudo is that user's alone, and the user can read it."""
    path, goal = make(folder, "app.pb.gz", BUSY), os.path.join(folder, "merged.pb.gz")
    program = program_for_all(folder)
    os.chown(folder, NOBODY, NOBODY)
    result = run("merge", "-o", goal, path, env=dict(os.environ, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY)))
    status = os.lstat(goal)
    out = good(result)
    if status.st_uid != NOBODY or stat.S_IMODE(status.st_mode) != 0o600:
        out.append("uid %d, mode %o" % (status.st_uid, status.st_mode))
    process = harness.start(["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups",
                             "--inh-caps=-all", program, "report", "-f", "folded", goal],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    result = harness.finish(process)
    return out + ([] if folded(result) == FOLDED else [str(result)])


# ---- usage ----

USAGE = (  # arguments, what the message must say
    (["report"], ["saved profile", "pybpfprof report"]),
    (["diff", "a"], ["two saved profiles", "BASE NEW"]),
    (["diff", "a", "b", "c"], ["'c'"]),
    (["merge", "a"], ["--output"]),
    (["merge", "-o", "x"], ["saved profile"]),
    (["browse"], ["saved profile"]),
    (["re", "a"], ["not clear", "record", "report"]),
    (["reprot", "a"], ["did you mean 'report'"]),
    (["app.pb.gz"], ["pybpfprof report app.pb.gz"]),
    (["report", "-p", "1", "a"], ["report takes no --pid", "format"]),
    (["report", "--sort", "cumlative", "a"], ["cumlative"]),
    (["report", "-l", "(", "a"], ["limit"]),
    (["report", "-l", "-3", "a"], ["-3"]),
    (["record", "-f", "flat"], ["record takes no --format", "report"]),
    (["record", "-o", "x.folded"], ["x.folded", "pybpfprof report"]),
    (["diff", "--normalize", "all", "a", "b"], ["samples, time, none"]),
)


def helped(verb):
    """Its own help, in 80 columns, without what it does not take."""
    result = run(verb, "--help")
    text = result.out.decode()
    out = good(result, "^usage: pybpfprof %s" % verb, "^examples:$", "-h, --help")
    out += ["too wide: " + line for line in text.splitlines() if len(line) > 80]
    return out + (["it has --rate"] if verb not in ("record",) and "--rate" in text else [])


def inside(function, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        return function(folder, *arguments)


FOREIGN = (
    ("an empty file", b"", ()),
    ("text", b"self total\n" * 100, ()),
    ("JSON", b'{"a": [1, 2, 3]}\n' * 10, ()),
    ("an ELF file", b"\x7fELF\x02\x01\x01" + bytes(500), ()),
    ("gzipped text", gzip.compress(b"self total\n" * 100), ()),
    ("bytes at random", bytes((i * 7919 >> 3) & 255 for i in range(3000)), ()),
    ("a cut gzip header", b"\x1f\x8b\x08", ()),
)

if not os.access(harness.PROFILER, os.X_OK):
    tap_module.bail_out("there is no %s: make it, or set PYBPFPROF" % harness.PROFILER)
harness.PROFILER = os.path.abspath(harness.PROFILER)
tap = tap_module.Tap()
for name, function in (
        ("report prints flat and tree", report), ("the folded report has every sample", folded_report),
        ("several files are their sum", several), ("merge does not depend on the order", order),
        ("a file comes from a pipe", pipe), ("several formats in one run", products),
        ("rows are sorted and restricted", restricted), ("callers and callees", calls), ("diff", difference),
        ("browse from a pipe", browsed), ("a profile without samples", empty), ("-o chooses the format", endings),
        ("the sum of self is the same everywhere", totals), ("hostile names", hostile_names),
        ("a torn file", torn), ("a hostile file name", hostile_name), ("a full device", full),
        ("a pipe that nobody reads", closed_pipe), ("a terminal", on_terminal),
        ("a folder that is not there", missing_folder),
        ("a file merged into itself", onto_itself)):
    tap.attempt(name, lambda: inside(function))
tap.attempt("a file that is not there", lambda: inside(lambda folder: refused(
    run("report", os.path.join(folder, "none.pb.gz")), 1, "none.pb.gz", "no such file")))
tap.attempt("a folder in place of a file", lambda: inside(lambda folder: refused(
    run("report", folder), 1, "folder|directory")))
for name, content, patterns in FOREIGN:
    tap.attempt("%s is refused" % name, lambda: inside(foreign, content, *patterns))
for arguments, patterns in USAGE:
    tap.attempt("bad usage: " + " ".join(arguments), lambda: refused(run(*arguments), 2, *patterns))
for verb in ("record", "report", "diff", "merge", "browse", "doctor"):
    tap.attempt("%s --help" % verb, lambda: helped(verb))
if os.geteuid() == 0:
    tap.attempt("nobody needs privileges to read", lambda: inside(as_nobody))
    tap.attempt("a file of another user", lambda: inside(lambda folder: (
        lambda path: os.chmod(path, 0o600) or unreadable_as(folder, path, 1, "permission denied"))(
            make(folder, "app.pb.gz", BUSY))))
    tap.attempt("written by root for the user of sudo", lambda: inside(sudo))
else:
    tap.skip("files of other users", "not root")
sys.exit(tap.done())
