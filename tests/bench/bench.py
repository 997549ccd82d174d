"""Prints what the profiler costs and how much of the clock it sees, every figure beside what it compares with.

`bench.py [TOPIC...]`: find, kernel, user, ticks, slowdown; all without one. PBP_PYTHONS narrows the versions.
"""
import collections
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

FLOOR = os.environ.get("PBP_FLOOR", "")
RATE = 1000
INTERVAL = 0.3  # seconds between two readings of the BPF statistics
WORK = (("recursion, 32 frames", "recursion", 32), ("recursion, 1000 frames", "recursion", 1000),
        ("C and Python in turn, 32 frames", "mapchain", 32))
Reading = collections.namedtuple("Reading", "ns runs")


class BpfStatistics:
    """Turns the kernel's run-time statistics of BPF programs on, and back to what they were."""

    PATH = "/proc/sys/kernel/bpf_stats_enabled"

    def _set(self, value):
        with open(self.PATH, "w") as setting:
            setting.write(value)

    def __enter__(self):
        with open(self.PATH) as setting:
            self.before = setting.read()
        self._set("1")
        return self

    def __exit__(self, *details):
        self._set(self.before)


def descriptors(pid):
    """What the kernel says of each descriptor that the process holds, as {name: text}."""
    folder = "/proc/%d/fdinfo" % pid
    for name in os.listdir(folder):
        try:
            with open(os.path.join(folder, name)) as info:
                yield dict(line.split(":", 1) for line in info if ":" in line)
        except OSError:  # closed meanwhile
            continue


def bpf_reading(pid):
    """Time and runs so far of the BPF programs that the process holds."""
    programs = {}
    for fields in descriptors(pid):
        if "run_cnt" in fields:
            programs[int(fields["prog_id"])] = Reading(int(fields["run_time_ns"]), int(fields["run_cnt"]))
    return Reading(*map(sum, zip(*programs.values()))) if programs else Reading(0, 0)


def bpf_intervals(target, seconds):
    """(ns, ticks) of each interval of a run, and the run without its report."""
    process = harness.start_profiler("-p", target.pid, "--per-cpu", "-r", RATE, "-d", seconds, "-f", "folded",
                                     "-q", stdout=subprocess.DEVNULL)  # nobody reads a pipe meanwhile
    readings = []
    while process.poll() is None:
        try:
            readings.append(bpf_reading(process.pid))
        except FileNotFoundError:  # ended meanwhile
            break
        time.sleep(INTERVAL)
    run = harness.finish(process)
    if run.status:
        raise RuntimeError(str(run))
    return [(b.ns - a.ns, b.runs - a.runs) for a, b in zip(readings, readings[1:])
            if a.runs and b.runs - a.runs > RATE * INTERVAL / 2], run


def bench_kernel():
    """Ticks of other processes and of idle CPUs are taken out at the price that they have beside a sleeper."""
    print("BPF time per sample at %d Hz, target on one CPU (min and median of intervals of %g s)" % (RATE, INTERVAL))
    for interpreter in filter(lambda i: i.path, interpreters.supported()):
        with harness.Target(interpreter, "sleeper", 60) as target:
            pieces, _ = bpf_intervals(target.wait_ready(), 1.5)
        other = min(ns / runs for ns, runs in pieces)
        for title, name, depth in WORK:
            with harness.Target(interpreter, name, 60, depth) as target:
                pieces, run = bpf_intervals(target.wait_ready(), 3)
            share = run.account.samples / run.account.seen
            costs = [(ns - runs * (1 - share) * other) / (runs * share) for ns, runs in pieces]
            print("  %-20s %-32s %6.2f  %6.2f us   (a tick not ours: %.0f ns)" % (
                interpreter.label, title, min(costs) / 1e3, statistics.median(costs) / 1e3, other))


def bench_find(_interpreter):
    """Of processes that run: every file new to the finder, then again with every file known."""
    print("finding the interpreter of a process: files opened, time, read calls and bytes (of them /proc's); known files")
    for one in filter(lambda i: i.path, interpreters.supported()):
        with harness.Target(one, "sleeper", 60) as target:
            out = subprocess.run([os.environ["PBP_FIND"], str(target.wait_ready().pid)], stdout=subprocess.PIPE,
                                 check=True).stdout.split()
        files, first, reads, size, again, again_reads, again_size = map(int, out)
        print("  %-24s %d files %7.0f us %4d reads %7d bytes;  known: %6.0f us %4d reads %7d bytes" % (
            one.label, files, first / 1e3, reads, size, again / 1e3, again_reads, again_size))


def peak_bytes(pid):
    with open("/proc/%d/status" % pid) as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def bench_user(interpreter):
    """The profiler's own view stands beside the kernel's."""
    seconds = 10
    with harness.Target(interpreter, "recursion", 60, 60) as target:
        process = harness.start_profiler("-p", target.wait_ready().pid, "-r", RATE, "-d", seconds, "-f", "folded",
                                         "-q", stdout=subprocess.DEVNULL)
        time.sleep(seconds - 1.0)
        peak = peak_bytes(process.pid)
        with open("/proc/%d/schedstat" % process.pid) as stat:
            cpu = int(stat.read().split()[0])
        run = harness.finish(process)
    a = run.account
    print("in user space at %d Hz, 60 frames, %s, %d s" % (RATE, interpreter.label, seconds))
    print("  its account: %.2f %% of one CPU, %d MB; first sample %.3f s after the command" % (
        a.cost_user, a.cost_mb, a.start or 0))
    print("  the kernel: %.0f ms of CPU up to second %d, start included; peak %.1f MB" % (
        cpu / 1e6, seconds - 1, peak / 1e6))


def floor_ticks(seconds, **keywords):
    """Ticks a second of one CPU that the empty program sees."""
    out = subprocess.run([FLOOR, str(RATE), str(seconds), FLOOR + ".bpf.o"], stdout=subprocess.PIPE, check=True,
                         **keywords).stdout.split()
    return int(out[1]) / float(out[3]) / int(out[5])


def bench_ticks(interpreter):
    """Both count the same CPUs' clock in the same seconds."""
    with harness.Target(interpreter, "recursion", 60, 32) as target:
        process = harness.start_profiler("-p", target.wait_ready().pid, "--per-cpu", "-r", RATE, "-d", 8, "-f",
                                         "folded", "-q", stdout=subprocess.DEVNULL)
        time.sleep(1.5)
        floor = floor_ticks(5)
        a = harness.finish(process).account
    seen = a.seen / a.elapsed / len(harness.CPUS)
    print("ticks a second and CPU at %d Hz: profiler %.2f, empty program %.2f, ratio %.4f; missed %d of %d asked" % (
        RATE, seen, floor, seen / floor, a.missed, a.asked))


def units_per_cpu_second(path, begin, end):
    """Of the target's progress file, between two times of the monotonic clock."""
    with open(path) as progress:
        rows = [tuple(map(float, line.split())) for line in progress if line.endswith("\n")]
    inside = [row for row in rows if begin <= row[0] <= end]
    return (inside[-1][2] - inside[0][2]) / (inside[-1][1] - inside[0][1])


def window(path, seconds, settle=0.0):
    time.sleep(settle)
    begin = time.monotonic()
    time.sleep(seconds)
    return units_per_cpu_second(path, begin, time.monotonic())


def beside(command, path, seconds):
    """The speed while the command runs."""
    process = harness.start(command, {harness.PROFILER_CPU}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return window(path, seconds, 0.7)
    finally:
        harness.end(process)


def bench_slowdown(interpreter):
    """Without, with the empty program and with the profiler in turn, so that drift hits all alike."""
    rounds, seconds = 8, 1.5
    for depth in (32, 1000):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "progress")
            with harness.Target(interpreter, "recursion", 200, depth, path) as target:
                target.wait_ready()
                profiler = [harness.PROFILER, "-p", str(target.pid), "-r", str(RATE), "-d", "10", "-f", "folded", "-q"]
                rows = [(window(path, seconds, 0.3), beside([FLOOR, str(RATE), "10", FLOOR + ".bpf.o"], path, seconds),
                         beside(profiler, path, seconds)) for _ in range(rounds)]
        slower = [[100 * (1 - row[k] / row[0]) for row in rows] for k in (1, 2)]
        print("slow-down at %d Hz, %d frames, %s, median of %d: empty program %.2f %%, profiler %.2f %% "
              "(spread %.2f..%.2f)" % (RATE, depth, interpreter.label, rounds, statistics.median(slower[0]),
                                       statistics.median(slower[1]), min(slower[1]), max(slower[1])))


def main():
    interpreter = interpreters.any_supported()
    if os.geteuid() != 0 or not interpreter or not os.access(harness.PROFILER, os.X_OK):
        sys.exit("bench: needs root, a supported CPython and %s" % harness.PROFILER)
    topics = sys.argv[1:] or ["find", "kernel", "user", "ticks", "slowdown"]
    print("load %s; %d CPUs; %s" % (os.getloadavg()[0], len(harness.CPUS), os.uname().release))
    if "kernel" in topics:
        with BpfStatistics():
            bench_kernel()
    for topic, function in (("find", bench_find), ("user", bench_user), ("ticks", bench_ticks), ("slowdown", bench_slowdown)):
        if topic in topics:
            function(interpreter)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
