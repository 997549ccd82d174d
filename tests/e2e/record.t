#!/usr/bin/env python3
"""Saved profiles as they are written: whole at the end, readable whenever the run is killed, safe where root writes them."""
import fcntl
import os
import pty
import re
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

NOBODY = 65534
SLACK = 1.0  # seconds of CPU time that a busy machine may let pass between two ticks of our timer


def report(path, *options, **keywords):
    """A Run: the saved profile as folded text, with the account that is in it."""
    options = options or ("-f", "folded")
    return harness.finish(harness.start([harness.PROFILER, "report", *options, path], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **keywords))


def members(path):
    """How many gzip members the file has."""
    count, data = 0, open(path, "rb").read()
    while data:
        decoder = zlib.decompressobj(31)
        decoder.decompress(data)
        count, data = count + 1, decoder.unused_data
    return count


def record(target, path, *options, **keywords):
    return harness.start_profiler("record", "-p", target.pid, "-o", path, *options, **keywords)


def same(run, saved):
    """What the file has is what the run said."""
    out = saved.problems()
    for name in ("samples", "complete", "native", "truncated", "unnamed", "lost", "asked", "seen", "rate"):
        if getattr(run.account, name) != getattr(saved.account, name):
            out.append("%s: %s said, %s saved" % (name, getattr(run.account, name), getattr(saved.account, name)))
    if "come to its end" in saved.err:
        out.append("it is said not to have ended")
    return out + ([str(run), str(saved)] if out else [])


def clean_end(target, folder):
    """One member, of the mode and size that it should have, and the next command to type."""
    path = os.path.join(folder, "clean.pb.gz")
    run = harness.finish(record(target, path, "-d", 2.5, "-q"))
    out = same(run, report(path))
    status = os.lstat(path)
    if stat.S_IMODE(status.st_mode) != 0o600 or members(path) != 1 or os.listdir(folder).count("clean.pb.gz") != 1:
        out.append("mode %o, %d members, %s" % (status.st_mode, members(path), os.listdir(folder)))
    told = r"wrote %s \(\d+\.\d kB, \d+\.\d bytes a sample\); next: pybpfprof report %s\n\Z" % ((re.escape(path),) * 2)
    if not re.search(told, run.err) or run.out:
        out.append("said %r" % run.err[-300:])
    return out


def interrupted(target, folder):
    """Ctrl-C is a clean end, before and after the first member."""
    out = []
    for name, seconds in (("early", 0), ("late", 1.6)):
        path = os.path.join(folder, name + ".pb.gz")
        process = record(target, path, "-q")
        harness.wait_for(lambda: harness.held(process.pid, "link"))
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        run = harness.finish(process)
        out += same(run, report(path)) + (["%d members" % members(path)] if members(path) != 1 else [])
    return out


def killed(target, folder):
    """At moments that nobody chose: what was written is there, and no more than the last second is not."""
    out = []
    for number, seconds in enumerate((1.15, 2.0, 2.73, 3.41)):
        path = os.path.join(folder, "killed%d.pb.gz" % number)
        terminal, line = pty.openpty()
        fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 200, 0, 0))
        process = record(target, path, stderr=line)
        os.close(line)
        harness.wait_for(lambda: harness.held(process.pid, "link"))
        before = sum(target.thread_cpu().values())
        time.sleep(seconds + 0.1)
        used = (sum(target.thread_cpu().values()) - before) / 1e9
        harness.end(process)
        process.stdout.close()
        printed = []
        try:
            while True:
                data = os.read(terminal, 65536)
                printed += [int(n) for n in re.findall(rb"(\d+) samples, \d+ process", data)]
        except OSError:
            os.close(terminal)
        saved = report(path)
        out += ["after %.1f s: %s" % (seconds, p) for p in saved.problems()]
        if out:
            return out
        if saved.account.samples < (printed[-2] if len(printed) > 1 else 1):
            out.append("%d samples are saved, %s were printed" % (saved.account.samples, printed))
        if saved.account.sampled < used - 1 - SLACK:
            out.append("%.2f s are saved of %.2f" % (saved.account.sampled, used))
        if "makes no sense" in saved.err:
            out.append("it is torn: %s" % saved.err)
        if "the recording did not come to its end" not in saved.err:
            out.append("nobody says that it was killed: %s" % saved.err)
    return out


def torn(target, folder):
    """Cut in its last member, as a crash of the whole machine leaves it."""
    path = os.path.join(folder, "torn.pb.gz")
    process = record(target, path, "-q")
    harness.wait_for(lambda: os.path.exists(path) and members(path) >= 3, 20)
    harness.end(process)
    process.communicate()
    whole = report(path)
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 5)
    cut = report(path)
    out = whole.problems() + cut.problems()
    if not 0 < cut.account.samples < whole.account.samples or "makes no sense from byte" not in cut.err:
        out.append("%s, then %s" % (whole, cut))
    return out


def several_formats(target, folder):
    """The saved profile says what the text of the same run says, byte for byte."""
    text, saved = os.path.join(folder, "a.txt"), os.path.join(folder, "b.pb.gz")
    lines = os.path.join(folder, "c.folded")
    run = harness.profile("-p", target.pid, "-d", 1.5, "-q", "-f", "text=" + text, "-f", "pprof=" + saved, "-f",
                          "folded=" + lines)
    out = same(run, report(saved)) if run.status == 0 else [str(run)]
    if out:
        return out
    for path, form in ((text, "text"), (lines, "folded")):
        again = report(saved, "-f", form)
        if again.out != open(path, "rb").read():
            out.append("%s: %r, not %r" % (form, again.out[:600], open(path, "rb").read()[:600]))
    if run.out or ("wrote %s; next: pybpfprof report %s\n" % (saved, saved)) not in run.err:
        out.append("said %r and %r" % (run.out, run.err[-400:]))
    return out


def by_ending(target, folder):
    """-o x.pb.gz without record is a saved profile, too."""
    path = os.path.join(folder, "ending.pb.gz")
    run = harness.profile("-p", target.pid, "-d", 1, "-q", "-o", path)
    return same(run, report(path)) if run.status == 0 else [str(run)]


def timeline(target, folder):
    path = os.path.join(folder, "timeline.pb.gz")
    run = harness.finish(record(target, path, "-d", 2.2, "-q", "--timeline"))
    saved = report(path, "-f", "folded", "-v")
    out = same(run, saved)
    if "with the time of each sample" not in saved.err:
        out.append("no times: %s" % saved.err[:300])
    return out


def standard_output(target, folder):
    """Members as they come; and a report that reads them from its standard input."""
    path = os.path.join(folder, "stdout.pb.gz")
    with open(path, "wb") as file:
        run = harness.finish(record(target, "-", "-d", 2.3, "-q", stdout=file))
    out = same(run, report(path))
    if members(path) < 2:
        out.append("%d members" % members(path))
    with open(path, "rb") as file:
        piped = harness.finish(harness.start([harness.PROFILER, "report", "-f", "folded", "-"], stdin=file,
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    return out + same(run, piped)


def flushed_on_demand(target, folder):
    """SIGUSR1: what there is, now, by no child of ours."""
    path = os.path.join(folder, "demand.pb.gz")
    process = record(target, path, "-q", "-r", "100")
    harness.wait_for(lambda: os.path.exists(path) and members(path) >= 1)
    had, saw = members(path), 0
    for _ in range(5):
        time.sleep(0.05)
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.05)
    harness.wait_for(lambda: members(path) >= had + 3, 1)
    saw = members(path)
    process.send_signal(signal.SIGINT)
    run = harness.finish(process)
    out = same(run, report(path))
    if saw < had + 3:
        out.append("%d members, then %d" % (had, saw))
    return out


def default_name(target, folder):
    """In the present folder, after what runs."""
    run = harness.finish(harness.start_profiler("record", "-p", target.pid, "-d", 0.5, "-q", cwd=folder))
    name = "pybpfprof-%s-%d.pb.gz" % (target.name, target.pid)
    if run.status or not os.path.exists(os.path.join(folder, name)):
        return ["no %s in %s: %s" % (name, os.listdir(folder), run)]
    return same(run, report(os.path.join(folder, name)))


def of_a_command(target, folder):
    """Its status is ours, its name the file's."""
    run = harness.finish(harness.start_profiler("record", "-q", "--", target.interpreter.path, "-c",
                                                "import sys\nfor i in range(10**7): pass\nsys.exit(7)", cwd=folder))
    made = [n for n in os.listdir(folder) if re.match(r"pybpfprof-python[0-9.]*-\d+\.pb\.gz\Z", n)]
    if run.status != 7 or len(made) != 1:
        return ["%s: %s" % (made, run)]
    run.status = 0
    return same(run, report(os.path.join(folder, made[0])))


def whole_host(target, folder):
    """Processes that come and go meanwhile are in the file, each with its own samples."""
    path = os.path.join(folder, "host.pb.gz")
    process = harness.start_profiler("record", "-o", path, "-q")
    harness.wait_for(lambda: harness.held(process.pid, "link"))
    time.sleep(0.5)
    pids = []
    for _ in range(12):
        with harness.Target(target.interpreter, "shortlived", 0.05, pinned=False) as short:
            short.wait_ready().wait_end()
            pids.append(short.pid)
    process.send_signal(signal.SIGINT)
    run = harness.finish(process)
    saved = report(path)
    out = same(run, saved)
    missing = [pid for pid in pids if saved.process(pid).within("spin_until") < 10]
    if len(missing) > 2 or saved.process(target.pid).samples < 100:
        out.append("%s are not there, of %s" % (missing, pids))
    return out


def mounted(folder):
    """Room for a second or two: the first one must be in the file."""
    os.makedirs(folder, exist_ok=True)
    return not subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder],
                              stderr=subprocess.DEVNULL).returncode


def can_mount():
    with tempfile.TemporaryDirectory() as folder:
        good = mounted(os.path.join(folder, "small"))
        return good and not subprocess.run(["umount", os.path.join(folder, "small")]).returncode


def full_disk(target, folder):
    """The run ends, and says why; what was written before can be read."""
    small = os.path.join(folder, "small")
    if not mounted(small):
        return ["cannot mount a small file system any more"]
    try:
        path = os.path.join(small, "full.pb.gz")
        run = harness.finish(record(target, path, "-q", "--timeline", "-r", "4000"))
        saved = report(path)
        out = saved.problems()
        if run.status != 1 or not re.search("cannot .*: no space left on device", run.err, re.I) or \
                "pybpfprof report" not in run.err:
            out.append(str(run))
        if not out and not 0 < saved.account.samples <= run.account.samples:
            out.append("%s, then %s" % (run, saved))
        return out
    finally:
        subprocess.run(["umount", small], check=True)


def hostile_folder(target, folder):
    """The user's own folder, which is swapped for a link to another while root writes for that user."""
    theirs, moved, victim = (os.path.join(folder, n) for n in ("theirs", "moved", "victim"))
    for path in (theirs, victim):
        os.mkdir(path)
    os.chown(theirs, NOBODY, NOBODY)
    precious = os.path.join(victim, "out.pb.gz")
    with open(precious, "w") as file:
        file.write("precious")
    os.link(precious, os.path.join(theirs, "out.pb.gz"))
    path = os.path.join(theirs, "out.pb.gz")
    process = record(target, path, "-q", env=dict(os.environ, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY)))
    harness.wait_for(lambda: os.lstat(path).st_uid == NOBODY)
    os.rename(theirs, moved)
    os.symlink(victim, theirs)
    time.sleep(1.2)
    process.send_signal(signal.SIGINT)
    run = harness.finish(process)
    real = os.path.join(moved, "out.pb.gz")
    status = os.lstat(real)
    out = same(run, report(real))
    if open(precious).read() != "precious" or os.listdir(victim) != ["out.pb.gz"] or os.listdir(moved) != ["out.pb.gz"]:
        out.append("the victim has %s, the folder %s" % (os.listdir(victim), os.listdir(moved)))
    if status.st_uid != NOBODY or stat.S_IMODE(status.st_mode) != 0o600 or members(real) != 1:
        out.append("uid %d, mode %o, %d members" % (status.st_uid, status.st_mode, members(real)))
    return out


def progress(target, folder):
    """One line on a terminal, with what was written; none with -q."""
    out = []
    for quiet in ((), ("-q",)):
        terminal, line = pty.openpty()
        process = record(target, os.path.join(folder, "progress.pb.gz"), "-d", 2.4, *quiet, stderr=line)
        os.close(line)
        said = b""
        try:
            while True:
                said += os.read(terminal, 65536)
        except OSError:
            os.close(terminal)
        process.communicate()
        shown = re.search(rb"\r\d+ s, \d+ samples, 1 process, \d+ lost, \d+\.\d MB written ", said)
        if bool(shown) == bool(quiet):
            out.append("%s: %r" % (quiet, said))
    return out


tap = harness.begin()
interpreter = interpreters.any_supported()
if not interpreter:
    harness.tap_module.skip_all("no supported CPython is here")
with harness.Target(interpreter, "calls", 300) as target:
    target.wait_ready()
    for function in (clean_end, interrupted, killed, torn, several_formats, by_ending, timeline, standard_output,
                     flushed_on_demand, default_name, of_a_command, whole_host, full_disk, hostile_folder, progress):
        if function is full_disk and not can_mount():
            tap.skip("full disk", "nothing can be mounted")
            continue
        with tempfile.TemporaryDirectory() as folder:
            tap.attempt(function.__name__.replace("_", " "), lambda: function(target, folder), 2)
sys.exit(tap.done())
