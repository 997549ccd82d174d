#!/usr/bin/env python3
"""What goes wrong harms nothing else: killed it leaves nothing behind, and a target that cannot be read waits alone."""
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters
from work import Short

KINDS = ("prog", "map", "link")
KILLS = 50
LATEST = 0.6  # seconds after its start
SYSTEM = "/usr/bin/python3.11"
WAITED = 2.5  # seconds: longer than a target may take to answer
HANGS = 0.3  # seconds: until a helper that hangs is replaced (READER_HANGS_NS of user/reader.h)
STUCK_LOOP = """
import sys
with open(sys.executable, "rb") as file:  # what it runs is in memory from now on
    file.read()
print("ready", flush=True)
while True:
    pass
"""


def objects(kind):
    out = subprocess.check_output(["bpftool", "-j", kind, "show"])
    return dict((o["id"], o) for o in json.loads(out or b"[]") if "id" in o)


def unheld(before):
    """Text about the BPF objects that are new and that no process holds: something else keeps them, or nothing ever
    lets them go."""
    now = {kind: objects(kind) for kind in KINDS}
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    problems = []
    for kind in KINDS:
        new = set(now[kind]) - before[kind]
        if kind == "map":
            new -= set(number for program in now["prog"].values() for number in program.get("map_ids", ()))
        if new:
            new -= set().union(*(harness.held(pid, kind) for pid in pids))
        problems += ["%s %d %s is left" % (kind, number, now[kind][number].get("name", "")) for number in sorted(new)]
    return problems


def of_session(session):
    """(pid, name) of the processes in a session."""
    out = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as stat:
                    head, _, tail = stat.read().rpartition(") ")
            except OSError:
                continue
            fields = tail.split()
            if fields[0] != "Z" and int(fields[3]) == session:
                out.append((int(name), head.partition("(")[2]))
    return out


def ours_of(session):
    return [(pid, name) for pid, name in of_session(session) if name.startswith("pybpfprof")]


def killed_often(interpreter, tap):
    """With -9, at moments between its first instruction and full swing; only it, not its group."""
    moments = random.Random(5)
    before = {kind: set(objects(kind)) for kind in KINDS}
    pinned = set(os.listdir("/sys/fs/bpf")) if os.path.isdir("/sys/fs/bpf") else set()
    problems, orphans = [], []
    with harness.Target(interpreter, "calls", 120) as target:
        target.wait_ready()
        ways = ([], ["-p", target.pid], ["-p", target.pid, "-t"], ["--name", "calls.py"], ["--", "/bin/sleep", "1"])
        for turn in range(KILLS):
            process = harness.start_profiler("-q", *ways[turn % len(ways)])
            time.sleep(moments.uniform(0, LATEST))
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()
            orphans.append(process.pid)
        if not harness.wait_for(lambda: not any(map(ours_of, orphans))):
            problems.append("processes are left: %s" % [ours_of(o) for o in orphans if ours_of(o)])
        for session in orphans:  # the command of a launch may go on
            for pid, _ in of_session(session):
                os.kill(pid, signal.SIGKILL)
        if not harness.wait_for(lambda: not unheld(before), 20):
            problems += unheld(before)
        if os.path.isdir("/sys/fs/bpf") and set(os.listdir("/sys/fs/bpf")) - pinned:
            problems.append("pinned: %s" % (set(os.listdir("/sys/fs/bpf")) - pinned))
        run = harness.record(target, 1000, 1)
        tap.note("after %d kills: %s" % (KILLS, run.account.stacks_line))
        problems += run.problems() + run.account.whole(sigmas=3)
        if target.process.poll() is not None:
            problems.append("the target ended")
    return problems


class Stuck:
    """A Python whose executable lies on a file system that stops to answer; the machine's other files stay."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        script = os.path.join(os.path.dirname(os.path.abspath(harness.__file__)), "stuck_fuse.py")
        self.process = harness.start([SYSTEM, "-S", script, self.folder.name, SYSTEM, "-S", "-c", STUCK_LOOP],
                                     {harness.TARGET_CPU}, stdout=subprocess.PIPE,
                                     env=dict(os.environ, PYTHONHOME="/usr"))
        self.pid = self.process.pid
        self.server = int(self.process.stdout.readline().split()[1])
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("no program runs from a FUSE file system")

    def __enter__(self):
        os.kill(self.server, signal.SIGUSR1)
        time.sleep(0.1)
        return self

    def __exit__(self, *details):
        """The server's end wakes all who wait for it."""
        harness.end(self.process)
        self.process.stdout.close()
        self.folder.cleanup()


def others_go_on(count, tap):
    """Those that do not answer are given up and named, each on a file system of its own; all others, there or born
    meanwhile, are sampled."""
    system = next(i for i in interpreters.own(interpreters.supported()) if i.path == SYSTEM)
    with harness.Target(system, "calls", 120) as target, contextlib.ExitStack() as stack:
        stuck = [stack.enter_context(Stuck()) for _ in range(count)]
        target.wait_ready()
        before = {kind: set(objects(kind)) for kind in KINDS} if shutil.which("bpftool") else None
        with harness.Sampling() as sampling:
            time.sleep(WAITED * count)
            born = [Short(SYSTEM, "work", 0.3) for _ in range(3)]
        run = sampling.run
        # A helper of each may still wait in the kernel, but holds nothing that ticks.
        left = unheld(before) if before and not harness.wait_for(lambda: not unheld(before)) else []
    problems = run.problems() + left
    mine = run.process(target.pid)
    # It may have to wait for its turn while the helper hangs (READER_HANGS_NS of user/reader.h).
    if mine.of_status("complete") < 0.97 * mine.samples - 1000 * HANGS * count or mine.samples < 500:
        problems.append("%d of %d samples of the other are complete" % (mine.of_status("complete"), mine.samples))
    for one in born:
        problems += one.counted(run)
    for one in stuck:
        if not re.search(r"pid %d\b.*did not answer" % one.pid, run.err):
            problems.append("pid %d is not named: %s" % (one.pid, run.err))
    if run.account.blocked != count:
        problems.append("%d are told not to answer: %s" % (run.account.blocked, run.account.not_sampled_line))
    tap.note("samples of the stuck ones %s, of the other %d; %s" % (
        [run.process(one.pid).samples for one in stuck], mine.samples, run.account.not_sampled_line))
    if not harness.wait_for(lambda: not ours_of(sampling.pid)):
        problems.append("processes are left: %s" % ours_of(sampling.pid))
    return problems


def it_alone():
    """Asked for it alone the answer is no, and comes."""
    with Stuck() as stuck:
        run = harness.profile("-p", stuck.pid, "-d", 1, "-f", "folded", "-q")
    good = run.status == 1 and "pid %d" % stuck.pid in run.err and not run.out
    return [] if good else [str(run)]


def killed_meanwhile():
    """Killed while its helper waits in the kernel it leaves nothing that ticks, and no helper once that may go."""
    before = {kind: set(objects(kind)) for kind in KINDS}
    with Stuck():
        process = harness.start_profiler("-q")
        time.sleep(1.5)
        process.kill()
        process.wait()
        left = unheld(before) if not harness.wait_for(lambda: not unheld(before)) else []
    process.stdout.close()
    process.stderr.close()
    if not harness.wait_for(lambda: not ours_of(process.pid)):
        left.append("processes are left: %s" % ours_of(process.pid))
    return left


def helper_stopped():
    """A helper that is stopped from outside is replaced like one that waits."""
    with harness.Sampling() as sampling:
        helpers = [pid for pid, _ in ours_of(sampling.pid) if pid != sampling.pid]
        if not helpers:
            return ["there is no helper"]
        os.kill(helpers[0], signal.SIGSTOP)
        Short(interpreters.any_supported().path, "asked", 0.2)
        time.sleep(WAITED)
        born = Short(SYSTEM, "work", 0.3)
    return sampling.run.problems() + born.counted(sampling.run)


def helper_killed():
    """The end of the helper is not ours."""
    with harness.Sampling() as sampling:
        for pid, _ in ours_of(sampling.pid):
            if pid != sampling.pid:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
        born = [Short(SYSTEM, "work", 0.3) for _ in range(2)]
    return sampling.run.problems() + [p for one in born for p in one.counted(sampling.run)]


def fuse_here():
    """True, or why there is no FUSE."""
    if not os.path.exists(SYSTEM):
        return "no " + SYSTEM
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "no /dev/fuse"
    try:
        with Stuck():
            return True
    except (OSError, RuntimeError, IndexError) as error:
        return "no FUSE file system can be mounted: %s" % error


def main():
    tap = harness.begin()
    interpreter = interpreters.any_supported()
    if not interpreter:
        harness.tap_module.skip_all("no supported CPython is here")
    fuse = fuse_here()
    bpftool = bool(shutil.which("bpftool")) or "no bpftool"
    system = os.path.exists(SYSTEM) or "no " + SYSTEM
    tests = (("killed %d times" % KILLS, lambda: killed_often(interpreter, tap), bpftool),
             ("a file system that never answers", lambda: others_go_on(1, tap), fuse),
             ("two file systems that never answer", lambda: others_go_on(2, tap), fuse),
             ("a file system that never answers, asked for alone", it_alone, fuse),
             ("killed while a file system does not answer", killed_meanwhile, fuse if fuse is not True else bpftool),
             ("a helper that is stopped", helper_stopped, system), ("a helper that is killed", helper_killed, system))
    for name, function, here in tests:
        if here is True:
            tap.attempt(name, function, 2)
        else:
            tap.skip(name, here)
    return tap.done()


sys.exit(main())
