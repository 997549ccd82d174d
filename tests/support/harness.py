"""Starts targets and the profiler, and always ends them. A test file imports this and tap.py."""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import account
import check_stacks
import folded
import interpreters
import tap as tap_module

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILER = os.environ.get("PYBPFPROF", os.path.join(ROOT, ".out", "pybpfprof"))
CPUS = sorted(os.sched_getaffinity(0))
PROFILER_CPU, TARGET_CPU = CPUS[0], CPUS[-1]
READY_SECONDS = 60  # for a target to say that it is ready, and for the profiler to end after it should
PR_SET_PDEATHSIG = 1


PROCESS = re.compile(r"(?P<comm>.*) \[(?P<pid>\d+)\]\Z", re.S)  # the first element where there are several


def start(arguments, cpus=None, cgroup=None, **keywords):
    """A process in a session of its own that dies with this one; cgroup: the folder of the one to be in."""
    libc = ctypes.CDLL(None)

    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if cpus:
            os.sched_setaffinity(0, cpus)
        if cgroup:
            with open(os.path.join(cgroup, "cgroup.procs"), "w") as procs:
                procs.write("0")
    return subprocess.Popen(arguments, preexec_fn=prepare, start_new_session=True, **keywords)


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Target:
    """A program that prints `pid N ready`; used in a `with`, at whose end it is killed.

    N, which becomes the pid, can be of a child of its own. Options are the interpreter's, such as -X perf."""

    def __init__(self, interpreter, name, *arguments, pinned=True, options=(), environment=None, cgroup=None):
        self.interpreter, self.name = interpreter, name
        self.threads = {}  # name -> [tid]
        self.said = []  # words of its other lines
        self._ready = threading.Event()
        self.errors = tempfile.TemporaryFile()
        self.process = start([interpreter.path, *options, check_stacks.target_path(name), *map(str, arguments)],
                             {TARGET_CPU} if pinned else None, cgroup, stdin=subprocess.DEVNULL,
                             env=dict(interpreter.start_environment(), **(environment or {})),
                             stdout=subprocess.PIPE, stderr=self.errors)
        self.pid = self.process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            words = line.split()
            if len(words) == 3 and words[0] == b"thread":
                self.threads.setdefault(words[1].decode(), []).append(int(words[2]))
            elif words[:1] == [b"pid"] and words[2:] == [b"ready"]:
                self.pid = int(words[1])
                self._ready.set()
            else:
                self.said.append(line.decode("utf-8", "replace").split())
        self._ready.set()

    def wait_ready(self):
        if not self._ready.wait(READY_SECONDS) or self.process.poll() is not None:
            self.errors.seek(0)
            raise RuntimeError("%s did not become ready: %s" % (self.name, self.errors.read()[-400:]))
        return self

    def wait_end(self, seconds=READY_SECONDS):
        """Let it end by itself, and read all that it said."""
        self.process.wait(seconds)
        self._reader.join()
        return self

    def thread_cpu(self):
        """Nanoseconds on a CPU by name of thread, of the threads that said their names."""
        out = {}
        for name, tids in list(self.threads.items()):
            for tid in tids:
                try:
                    with open("/proc/%d/task/%d/schedstat" % (self.pid, tid)) as stat:
                        out[name] = out.get(name, 0) + int(stat.read().split()[0])
                except OSError:
                    pass
        return out

    def __enter__(self):
        return self

    def __exit__(self, *details):
        end(self.process)
        self._reader.join()
        self.process.stdout.close()
        self.errors.close()
        for left in ("/tmp/perf-%d.map" % self.pid, "/tmp/perf-%d.map" % self.process.pid):  # by -X perf
            if os.path.exists(left):
                os.unlink(left)


class Process:
    """The stacks of one process in a report, and all names that it had."""

    def __init__(self):
        self.comms, self.stacks = set(), []

    @property
    def samples(self):
        return folded.total(self.stacks)

    def of_status(self, *statuses):
        return sum(s.count for s in self.stacks if s.status in statuses)

    def within(self, *labels):
        """Samples whose stack is whole and has a function of one of these names."""
        return sum(s.count for s in self.stacks if s.status == "complete"
                   and any(f.label.rpartition(".")[2] in labels for f in s.frames))


class Run:
    """What a run of the profiler left: exit status (negative: a signal), standard output, standard error."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err.decode("utf-8", "backslashreplace")

    @property
    def stacks(self):
        return folded.parse(self.out)

    @property
    def account(self):
        return account.Account(self.err)

    @property
    def processes(self):
        """pid -> its Process. A report of one process alone does not name it, but the account does."""
        out, alone = {}, re.search(r"^pid (\d+), ", self.err, re.M)
        for line in self.out.decode("utf-8").splitlines():
            first, _, rest = line.partition(";")
            match = PROCESS.match(first)
            pid, text = (int(match["pid"]), rest) if match else (int(alone[1]) if alone else 0, line)
            process = out.setdefault(pid, Process())
            process.comms.add(match["comm"] if match else None)
            process.stacks.append(folded.Stack(text))
        return out

    def process(self, pid):
        """One that may have no samples."""
        return self.processes.get(pid) or Process()

    def problems(self):
        """What is wrong with it whatever the target: status, sums, counts that disagree."""
        if self.status != 0:
            return ["exit status %d: %s" % (self.status, self.err[-800:])]
        total = folded.total(self.stacks)
        out = self.account.laws()
        if total != self.account.samples:
            out.append("%d samples in the report, %d in the account" % (total, self.account.samples))
        return out

    def __str__(self):
        return "status %d; stdout %r; stderr %r" % (self.status, self.out[-300:], self.err[-900:])


def start_profiler(*arguments, wrap=list, **keywords):
    """wrap: what makes another command of its command."""
    keywords.setdefault("stdout", subprocess.PIPE)
    keywords.setdefault("stderr", subprocess.PIPE)
    keywords.setdefault("stdin", subprocess.DEVNULL)
    return start(wrap([PROFILER, *map(str, arguments)]), {PROFILER_CPU}, **keywords)


def finish(process, seconds=READY_SECONDS):
    """The Run of a profiler that is to end by itself now."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        out, err = process.communicate()
        return Run(-signal.SIGKILL, out or b"", (err or b"") + b"\n(the test killed it: it did not end)")
    return Run(process.returncode, out or b"", err or b"")


def profile(*arguments, **keywords):
    return finish(start_profiler(*arguments, **keywords))


def held(pid, what):
    """Ids of the BPF objects that a process holds; what: prog, link or map."""
    out = set()
    folder = "/proc/%d/fdinfo" % pid
    try:
        names = os.listdir(folder)
    except OSError:
        return out
    for name in names:
        try:
            with open(os.path.join(folder, name)) as info:
                out.update(int(line.split()[1]) for line in info if line.startswith(what + "_id:"))
        except OSError:  # closed meanwhile
            pass
    return out


class Sampling:
    """A profiler that samples while the `with` lasts; what it left is in run afterwards."""

    def __init__(self, *options, rate=1000, form=("-f", "folded"), **keywords):
        self.process = start_profiler("-r", rate, "-q", *form, *options, **keywords)
        self.pid, self.run = self.process.pid, None

    def __enter__(self):
        if not wait_for(lambda: held(self.pid, "link") or self.process.poll() is not None, READY_SECONDS):
            end(self.process)
            raise RuntimeError("the profiler attached nothing")
        time.sleep(0.3)  # to look at those that are there
        return self

    def __exit__(self, kind, *details):
        if kind:
            end(self.process)
            self.process.communicate()
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.run = finish(self.process)


def record(target, rate, seconds=None, *options):
    """A folded run over a ready target, to its end without seconds; with it the threads' CPU time meanwhile."""
    before = target.thread_cpu()
    limit = ["-d", seconds] if seconds else []
    run = profile("-p", target.pid, "-r", rate, "-f", "folded", "-q", *limit, *options)
    after = target.thread_cpu()
    run.thread_cpu = dict((name, after[name] - before.get(name, 0)) for name in after)
    return run


def wait_for(condition, seconds=10):
    """Poll until the condition is true; False when it never becomes so."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def build_cthreads(folder):
    """The shared library of targets/cthreads.c; None when there is no compiler.

    Linked with nothing, so that its symbols have no versions and the C library of any interpreter's root serves."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if not compiler:
        return None
    library = os.path.join(folder, "libcthreads.so")
    source = os.path.join(check_stacks.TARGETS, "cthreads.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-D_GNU_SOURCE", "-nostdlib", "-o", library, source],
                   check=True)
    return library


def build_embed(folder):
    """The program of targets/embed.c; None when there is no compiler."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if not compiler:
        return None
    program = os.path.join(folder, "embed")
    subprocess.run([compiler, "-O2", "-o", program, os.path.join(check_stacks.TARGETS, "embed.c"), "-ldl"], check=True)
    return program


def unified():
    """The folder of cgroup v2; None: there is none."""
    for folder in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(os.path.join(folder, "cgroup.procs")) and os.path.exists(
                os.path.join(folder, "cgroup.controllers")):
            return folder
    return None


class Cgroup:
    """A cgroup of that path for the `with`; folder is where it is."""

    def __init__(self, path):
        self.path, self.folder, self.made = path, unified() + path, []

    def __enter__(self):
        folder = unified()
        for part in self.path.strip("/").split("/"):
            folder = os.path.join(folder, part)
            if not os.path.isdir(folder):
                os.mkdir(folder)
                self.made.append(folder)
        return self

    def __exit__(self, *details):
        for folder in reversed(self.made):
            wait_for(lambda: self._removed(folder))

    @staticmethod
    def _removed(folder):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError:  # the last process has not quite gone
            return False
        return True


def begin():
    """A Tap for a file whose tests need the profiler and the right to use it."""
    if not os.access(PROFILER, os.X_OK):
        tap_module.bail_out("there is no %s: make it, or set PYBPFPROF" % PROFILER)
    if os.geteuid() != 0:
        tap_module.skip_all("not root")
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        tap_module.skip_all("this kernel has no BTF")
    return tap_module.Tap()


def each_supported(tap, what):
    """The supported interpreters that are here; the others become skipped tests by name."""
    for interpreter in interpreters.supported():
        if interpreter.path:
            yield interpreter
        else:
            tap.skip("%s %s" % (interpreter.label, what), interpreter.reason)
