"""Prints what watching the whole host costs and what it misses, every figure beside what it compares with.

`host.py [TOPIC...]`: storm, idle, prefork, pool, switches, shortlived; all without one. PBP_HOST_SCALE (1) multiplies
the numbers of processes and seconds. Asserts nothing: the figures of one run compare, those of two days do not.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bench
import folded
import harness
import interpreters

LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.py")
SCALE = float(os.environ.get("PBP_HOST_SCALE", "1"))
SETTLE = 2.0  # seconds until the processes that were there are known
MB = 1024.0 * 1024.0
HASHES = ("1", "5", "9", "10")  # enum bpf_map_type of the kernel's include/uapi/linux/bpf.h: those that have entries
BPFTOOL = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def scaled(number):
    return max(1, round(number * SCALE))


class Load:
    """A program of load.py, used in a `with`, at whose end it and all that it started are killed."""

    def __init__(self, interpreter, *arguments):
        self.process = harness.start([interpreter.path, "-B", LOAD, *map(str, arguments)],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                     env=interpreter.start_environment())
        self.pid = self.process.pid

    def __enter__(self):
        if self.line() != ["ready"]:
            harness.end(self.process)
            raise RuntimeError("the load did not start")
        return self

    def __exit__(self, *details):
        harness.end(self.process)

    def line(self):
        """The words of its next line."""
        return self.process.stdout.readline().split()

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self


def family(pid):
    """The process and those below it: the profiler has a helper."""
    out = [pid]
    for one in out:
        try:
            with open("/proc/%d/task/%d/children" % (one, one)) as children:
                out += map(int, children.read().split())
        except OSError:
            pass
    return out


def field(pid, name, key):
    """A number behind the key in a file of /proc/PID; 0 when it is gone."""
    try:
        with open("/proc/%d/%s" % (pid, name)) as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))
    except (OSError, StopIteration):
        return 0


def cpu_seconds(pid):
    """Of all threads of the process."""
    total = 0
    try:
        for tid in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, tid)) as stat:
                total += int(stat.read().split()[0])
    except OSError:
        pass
    return total / 1e9


def maps_of(pid):
    """{id: (type, bytes)} of the BPF maps that the process holds."""
    out = {}
    for fields in bench.descriptors(pid):
        if "map_id" in fields:
            out[fields["map_id"].strip()] = fields["map_type"].strip(), int(fields["memlock"])
    return out


def bpftool(*arguments):
    return json.loads(subprocess.run([BPFTOOL, "-j", *arguments], stdout=subprocess.PIPE, check=True).stdout)


def entries(maps):
    """{name: entries} of the maps that can leak."""
    if not BPFTOOL:
        return {}
    return {bpftool("map", "show", "id", one)["name"]: len(bpftool("map", "dump", "id", one))
            for one, (kind, _) in maps.items() if kind in HASHES}


class State:
    """The profiler at one moment."""

    def __init__(self, pid, count=False):
        maps = maps_of(pid)
        self.time = time.monotonic()
        self.user = sum(map(cpu_seconds, family(pid)))
        self.kernel = bench.bpf_reading(pid)
        self.entries = entries(maps) if count else {}
        self.resident = sum(field(one, "status", "VmRSS") * 1024 for one in family(pid))
        self.maps = sum(size for _, size in maps.values())

    def memory(self):
        return "%.1f MB resident, %.1f MB of BPF maps" % (self.resident / MB, self.maps / MB)


class Cost:
    """Between two moments, in per cent of one CPU."""

    def __init__(self, before, after):
        seconds = after.time - before.time
        self.user = 100 * (after.user - before.user) / seconds
        self.kernel = 100 * (after.kernel.ns - before.kernel.ns) / 1e9 / seconds

    def __str__(self):
        return "%.2f %% user space, %.2f %% BPF programs" % (self.user, self.kernel)


class Profiler:
    """A folded run until it is ended."""

    def __init__(self, *options):
        self.process = harness.start_profiler("-q", "-f", "folded", *options)
        self.pid = self.process.pid
        time.sleep(SETTLE)
        if self.process.poll() is not None:
            raise RuntimeError("the profiler ended: %s" % harness.finish(self.process))

    def __enter__(self):
        return self

    def __exit__(self, *details):
        if self.process.poll() is None:
            harness.end(self.process)

    def state(self, count=False):
        return State(self.pid, count)

    def finish(self):
        self.process.send_signal(signal.SIGINT)
        return Result(harness.finish(self.process))


class Result:
    """What a run reported."""

    def __init__(self, run):
        if run.status:
            raise RuntimeError(str(run))
        self.stacks, self.account = run.stacks, run.account
        self.problems = run.problems()

    def of(self, pids):
        """{pid: its stacks} of the processes that are told by themselves."""
        out = {pid: [] for pid in pids}
        for stack in self.stacks:
            if stack.process and stack.process.id in out:
                out[stack.process.id].append(stack)
        return out

    def exactness(self):
        """In the words of its own account."""
        a = self.account
        if a.percent is None:
            return "sampled %.3f s, the kernel's time is not known" % a.sampled
        return "sampled %.3f s, kernel counted %.3f s (%.2f %%)" % (a.sampled, a.kernel, a.percent)

    def losses(self):
        a = self.account
        return "%d samples, %d lost, %d unnamed, %d unreadable, %d not yet recognised; sums %s" % (
            a.samples, a.lost, a.unnamed, a.unreadable, a.not_recognised, "; ".join(self.problems) or "right")


def share(stacks, status):
    return sum(stack.count for stack in stacks if stack.status == status)


def bench_storm(interpreter):
    seconds, wanted = scaled(60), 1000
    with Load(interpreter, "storm", min(seconds, 10), wanted) as load:
        trues, pythons, elapsed = map(float, load.line())
    print("storm of /bin/true and short Pythons, %d s; alone the machine starts %.0f and %.0f a second" % (
        seconds, trues / elapsed, pythons / elapsed))
    with Profiler() as profiler:
        before = profiler.state(count=True)
        with Load(interpreter, "storm", seconds, wanted) as load:
            time.sleep(seconds - 1)
            during = profiler.state()
            trues, pythons, elapsed = map(float, load.line())
        time.sleep(SETTLE)
        after = profiler.state(count=True)
        result = profiler.finish()
    print("  watched: %.0f and %.0f a second; %s" % (trues / elapsed, pythons / elapsed, result.losses()))
    print("  own CPU: %s of one CPU" % Cost(before, during))
    print("  before: %s\n  after:  %s" % (before.memory(), after.memory()))
    print("  entries before and after: %s" % ", ".join(
        "%s %d %d" % (name, before.entries[name], after.entries.get(name, 0)) for name in sorted(before.entries)))


def cost_of_watching(seconds):
    with Profiler() as profiler:
        before = profiler.state()
        time.sleep(seconds)
        after = profiler.state()
        profiler.finish()
    return Cost(before, after), after


def bench_idle(interpreter):
    count, seconds = scaled(300), 8
    with Load(interpreter, "busy", 1000):
        alone, _ = cost_of_watching(seconds)
        with Load(interpreter, "idle", count):
            beside, state = cost_of_watching(seconds)
        again, _ = cost_of_watching(seconds)
    print("one busy Python, watched for %d s each, of one CPU\n  alone:           %s" % (seconds, alone))
    print("  and %4d idle:   %s; %s\n  alone again:     %s" % (count, beside, state.memory(), again))


def bench_prefork(interpreter):
    workers, codes = scaled(300), 3000
    with Load(interpreter, "prefork", workers, codes) as load, Profiler() as profiler:
        before = profiler.state()
        load.go().line()
        time.sleep(SETTLE)
        after = profiler.state()
        children = family(load.pid)[1:]
        result = profiler.finish()
    seen = [len(set(frame.text for stack in stacks for frame in stack.frames if frame.label.startswith("function_")))
            for stacks in result.of(children).values()]
    print("%d forked workers of %d code objects; seen in a worker: %d to %d" % (
        workers, codes, min(seen), max(seen)))
    print("  before: %s\n  after:  %s" % (before.memory(), after.memory()))
    print("  %s; CPU %s" % (result.losses(), Cost(before, after)))


def of_children(load):
    """Its children's CPU seconds and pids."""
    words = load.line()
    return float(words[0]), [int(word) for word in words[1:]]


def print_children(result, cpu, pids, function):
    stacks = result.of(pids)
    everything = [stack for one in stacks.values() for stack in one]
    named = sum(any(frame.label.endswith(function) for stack in one for frame in stack.frames)
                for one in stacks.values())
    complete, other = share(everything, "complete"), share(everything, "native")
    unknown = share(everything, "not yet recognised")
    total = folded.total(everything)
    print("  %d of %d processes sampled, %d with %s() named" % (
        sum(map(bool, stacks.values())), len(pids), named, function))
    print("  of %d samples %d complete, %d native, %d not yet recognised; complete without native %.2f %%" % (
        total, complete, other, unknown, 100 * complete / max(1, total - other)))
    print("  at 1 ms each %.3f s, wait4 counted %.3f s (%.2f %%); the account: %s" % (
        total / bench.RATE, cpu, 100 * total / bench.RATE / (cpu or 1), result.exactness()))
    print("  %s" % result.losses())


def bench_pool(interpreter):
    workers, seconds = 64, scaled(10)
    with Load(interpreter, "pool", workers, seconds) as load, Profiler("-r", bench.RATE) as profiler:
        before = profiler.state()
        cpu, pids = of_children(load.go())
        after = profiler.state()
        result = profiler.finish()
    print("a pool of %d workers made anew each second, %d s" % (workers, seconds))
    print_children(result, cpu, pids, "work")
    print("  CPU %s; %s" % (Cost(before, after), after.memory()))


def bench_shortlived(interpreter):
    count = scaled(200)
    with Load(interpreter, "sequence", count) as load, Profiler("-r", bench.RATE) as profiler:
        cpu, pids = of_children(load.go())
        time.sleep(0.5)
        result = profiler.finish()
    print("%d programs of 60 ms of CPU time one after the other" % count)
    print_children(result, cpu, pids, "hot")


def bench_switches(interpreter):
    """Without, per CPU and per thread in turn, so that drift hits all alike."""
    rounds, seconds = 3, scaled(2)
    sources = (None, "--per-cpu", "--per-thread")
    trips = {source: [] for source in sources}
    exact = {}
    for _ in range(rounds):
        for source in sources:
            with Load(interpreter, "pingpong", seconds) as load:
                if not source:
                    trips[source].append(float(load.go().line()[0]))
                    continue
                with Profiler("-p", str(load.pid), source):
                    trips[source].append(float(load.go().line()[0]))
    for source in sources[1:]:
        for name in ("busy", "waker"):
            with Load(interpreter, name, 1000) as load, Profiler("-p", str(load.pid), source) as profiler:
                time.sleep(seconds)
                exact[source, name] = profiler.finish()
    print("two processes on one CPU hand a byte to and fro; median us of a round trip (2 switches), least of %d" % rounds)
    print("  alone %.2f, per CPU %.2f, per thread %.2f" % tuple(min(trips[source]) for source in sources))
    for (source, name), result in exact.items():
        print("  %-12s %-20s %s" % (source, {"busy": "busy:", "waker": "waking 1000 times/s:"}[name], result.exactness()))


def main():
    interpreter = interpreters.any_supported()
    if os.geteuid() != 0 or not interpreter or not os.access(harness.PROFILER, os.X_OK):
        sys.exit("bench-host: needs root, a supported CPython and %s" % harness.PROFILER)
    functions = {"storm": bench_storm, "idle": bench_idle, "prefork": bench_prefork, "pool": bench_pool,
                 "switches": bench_switches, "shortlived": bench_shortlived}
    print("load %s; %d CPUs; %s; %s" % (os.getloadavg()[0], len(harness.CPUS), os.uname().release, interpreter.label))
    with bench.BpfStatistics():
        for topic in sys.argv[1:] or functions:
            functions[topic](interpreter)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
