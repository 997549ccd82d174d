#!/usr/bin/env python3
"""What happens to a machine in the course of days, in seconds: CPUs that go and come back, clocks that are set, we
ourselves stopped. The run goes on, and its account holds."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters
from work import RATE, Short, near

CPU = harness.TARGET_CPU  # the one that goes and comes back
ONLINE = "/sys/devices/system/cpu/cpu%d/online" % CPU
NCPUS = os.cpu_count()
LOOK = 1.0  # seconds between two looks at the CPUs (FOLLOW_CPUS_NS of user/session.c)
SILENT = 0.1  # of a CPU before it counts as away (SILENT_NS of user/capture/cpu_presence.c)
SYSTEM = "/usr/bin/python3.11"
STEP = 5.0  # seconds that the clock is set wrong by: more than the run lasts
# Works in one function after the other, and says its CPU seconds at each change; pinned again in the last one, as
# whoever loses his CPU may run on all others from then on.
PHASES = """
import os, signal, sys, time
phase = 0
def go_on(*_):
    global phase
    phase += 1
signal.signal(signal.SIGUSR1, go_on)
def start():
    while phase == 0: pass
def before():
    while phase == 1: pass
def meanwhile():
    while phase == 2: pass
def after():
    os.sched_setaffinity(0, {int(sys.argv[1])})
    while phase == 3: pass
print("ready", flush=True)
for work in start, before, meanwhile, after:
    begin = time.process_time()
    work()
    print(time.process_time() - begin, flush=True)
"""
CPU_BACK = "import sys; sys.stdin.read(); open(%r, 'w').write('1')" % ONLINE
CLOCK_BACK = """
import sys, time
sys.stdin.read()
time.clock_settime(time.CLOCK_REALTIME, %r + time.clock_gettime(time.CLOCK_MONOTONIC))
"""


class Undone:
    """A change of the machine that is taken back at the end of the `with`, and also if this process is killed: the code
    runs when nobody has the other end of its input any more."""

    def __init__(self, code):
        self.process = subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE,
                                        start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.process.stdin.close()
        if self.process.wait():
            raise RuntimeError("the machine is not as it was")


class Phased:
    """A busy Python on the CPU; seconds: of CPU time in each phase that is over. The first one is nobody's."""

    def __init__(self):
        self.process = harness.start([SYSTEM, "-S", "-c", PHASES, str(CPU)], {CPU}, stdout=subprocess.PIPE)
        self.pid, self.seconds = self.process.pid, {}
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def leave(self, phase):
        os.kill(self.pid, signal.SIGUSR1)
        self.seconds[phase] = float(self.process.stdout.readline())

    def __exit__(self, *details):
        harness.end(self.process)
        self.process.stdout.close()


def take_away():
    with open(ONLINE, "w") as online:
        online.write("0")


def ticks_asked(a, offline=0.0):
    """Problems: not each period of each CPU that was there is accounted for."""
    expected = (a.host_cpus * a.elapsed - offline) * RATE
    return [] if abs(a.asked - expected) <= 0.01 * expected + 20 else [
        "%d ticks asked for, about %.0f expected: %s" % (a.asked, expected, a.ticks_line)]


def cpu_went(run, target, gap):
    """Problems of a run in whose middle the CPU was away for so many seconds."""
    a, mine = run.account, run.process(target.pid)
    problems = run.problems() + ticks_asked(a, a.host_offline)
    least = max(0, gap - LOOK - SILENT)
    if not least <= a.host_offline <= gap + SILENT + 0.1:
        problems.append("offline for %.2f s of %.2f s" % (a.host_offline, gap))
    # Until it is noticed that the CPU is back nobody ticks there.
    unseen = (LOOK + 2 * SILENT) * RATE
    if a.missed - a.missed_idle > unseen + 0.02 * a.asked:
        problems.append("%d ticks missed" % (a.missed - a.missed_idle))
    problems += near("before", mine.within("before"), target.seconds["before"], 0.05, 20)
    # What moved to another CPU took our own place there.
    problems += near("meanwhile", mine.within("meanwhile"), target.seconds["meanwhile"], 0.1, 50)
    expected = target.seconds["after"] * RATE
    if not 0.95 * expected - unseen <= mine.within("after") <= 1.05 * expected + 20:
        problems.append("%d samples of %.0f after it was back" % (mine.within("after"), expected))
    return problems


def cpu_goes(gap, tap):
    with Phased() as target, harness.Sampling() as sampling:
        target.leave("start")
        time.sleep(1)
        with Undone(CPU_BACK):
            target.leave("before")
            begin = time.monotonic()
            take_away()
            time.sleep(gap)
        gap = time.monotonic() - begin
        target.leave("meanwhile")
        time.sleep(LOOK + 1.5)
        target.leave("after")
    tap.note("CPU %d away for %.2f s: %s" % (CPU, gap, sampling.run.account.host_line))
    return cpu_went(sampling.run, target, gap)


def cpu_goes_per_thread():
    """Events of threads go with them from CPU to CPU."""
    with Phased() as target, harness.Sampling("-p", target.pid, "--per-thread") as sampling:
        target.leave("start")
        time.sleep(0.5)
        with Undone(CPU_BACK):
            target.leave("before")
            take_away()
            time.sleep(0.5)
        target.leave("meanwhile")
        time.sleep(0.5)
        target.leave("after")
    mine = sampling.run.process(target.pid)
    return sampling.run.problems() + [problem for phase in ("before", "meanwhile", "after") for problem in near(
        phase, mine.within(phase), target.seconds[phase], 0.05, 20)]


def cpu_comes(tap):
    """It was not there when the run began, and is when it ends; and the other way round."""
    problems = []
    with Phased() as target:
        with Undone(CPU_BACK):
            take_away()
            sampling = harness.Sampling().__enter__()
            time.sleep(1.5)
        for phase in ("start", "before", "meanwhile"):
            target.leave(phase)
        time.sleep(LOOK + 1)
        target.leave("after")
        sampling.__exit__(None)
        a = sampling.run.account
        tap.note(a.host_line)
        problems += sampling.run.problems() + ticks_asked(a, a.host_offline)
        if a.host_cpus != NCPUS or sampling.run.process(target.pid).within("after") < 700:
            problems.append("the CPU did not come: %s" % sampling.run)
    with Undone(CPU_BACK), harness.Sampling() as sampling:
        time.sleep(0.5)
        take_away()
        time.sleep(LOOK + 0.5)
    a = sampling.run.account
    tap.note(a.host_line)
    problems += sampling.run.problems() + ticks_asked(a, a.host_offline)
    if a.host_cpus != NCPUS or not a.host_offline > LOOK:
        problems.append("away at the end: %s" % a.host_line)
    return problems


def freeze(cgroup, frozen):
    with open(os.path.join(cgroup.folder, "cgroup.freeze"), "w") as file:
        file.write("1" if frozen else "0")
    with open(os.path.join(cgroup.folder, "cgroup.events")) as events:
        return harness.wait_for(lambda: events.seek(0) == 0 and "frozen %d" % frozen in events.read())


def as_suspended(tap):
    """What a suspend does to us: frozen, all CPUs but one taken away and given back, and only then let go."""
    with harness.Cgroup("/pybpfprof-frozen") as cgroup, Phased() as target:
        with harness.Sampling(cgroup=cgroup.folder) as sampling:
            target.leave("start")
            time.sleep(1)
            if not freeze(cgroup, True):
                return ["nothing is frozen"]
            with Undone(CPU_BACK):
                target.leave("before")
                begin = time.monotonic()
                take_away()
                time.sleep(0.5)
            gap = time.monotonic() - begin
            target.leave("meanwhile")
            time.sleep(0.5)
            freeze(cgroup, False)
            time.sleep(LOOK + 1)
            target.leave("after")
        a, mine = sampling.run.account, sampling.run.process(target.pid)
        tap.note("frozen, CPU %d away for %.2f s: %s" % (CPU, gap, a.host_line))
    problems = sampling.run.problems() + ticks_asked(a, a.host_offline)
    problems += near("before", mine.within("before"), target.seconds["before"], 0.05, 20)
    if mine.within("after") < 700:
        problems.append("%d samples of %.1f s since it was back" % (mine.within("after"), target.seconds["after"]))
    if a.blocked or a.replaced:
        problems.append("others are blamed: %s" % a.not_sampled_line)
    return problems


def stopped(rate, everybody, interpreter, tap):
    """For three seconds; what came meanwhile waits in the ring buffer, or is lost and counted."""
    with harness.Target(interpreter, "calls", 60) as target:
        target.wait_ready()
        with harness.Sampling(rate=rate) as sampling:
            Short(SYSTEM, "first", 0.1)  # its file is known from now on
            time.sleep(0.5)
            kill = os.killpg if everybody else os.kill
            kill(sampling.pid, signal.SIGSTOP)
            born = Short(SYSTEM, "work", 0.3)
            time.sleep(2.5)
            kill(sampling.pid, signal.SIGCONT)
            time.sleep(0.5)
            later = Short(SYSTEM, "later", 0.3)
    run, a = sampling.run, sampling.run.account
    tap.note("%s; %s" % (a.stacks_line, a.ticks_line))
    problems = run.problems()
    expected = a.host_cpus * a.elapsed * rate
    if abs(a.asked - expected) > 0.02 * expected:
        problems.append("%d ticks asked for, about %.0f expected" % (a.asked, expected))
    if a.blocked or a.replaced:
        problems.append("others are blamed: %s" % a.not_sampled_line)
    if not run.process(target.pid).of_status("complete"):
        problems.append("nothing of the busy one")
    problems += later.problems(run)
    return problems + (born.problems(run) if not a.lost else [])


def clock_set(seconds, interpreter, tap):
    """The wall clock is set while we run: neither the length of the run nor its account change."""
    offset = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    with harness.Target(interpreter, "calls", 60) as target:
        target.wait_ready()
        process = harness.start_profiler("-q", "-r", RATE, "-f", "folded", "-d", 3)
        time.sleep(1)
        try:
            with Undone(CLOCK_BACK % offset):
                time.clock_settime(time.CLOCK_REALTIME, offset + seconds + time.clock_gettime(time.CLOCK_MONOTONIC))
                born = Short(interpreter.path, "work", 0.3)
        finally:
            run = harness.finish(process)
    a = run.account
    tap.note("clock set by %+.0f s: %s" % (seconds, a.pid_line))
    problems = run.problems() + ticks_asked(a) + born.counted(run)
    if not 3.0 <= a.elapsed <= 3.3:
        problems.append("the run took %.2f s" % a.elapsed)
    if abs(a.sampled - a.kernel) > 0.05 * a.kernel + 0.02 * a.elapsed:
        problems.append("sampled %.3f s, the kernel counted %.3f s" % (a.sampled, a.kernel))
    return problems


def shifted():
    """In a time namespace whose clocks are not the kernel's: the answer is no, and says why; without a shift it is yes."""
    unshare = ["unshare", "--time", "--monotonic", "100000", "--boottime", "100000"]
    refused = harness.profile("-d", 1, wrap=lambda command: unshare + command)
    taken = harness.profile("-q", "-r", RATE, "-f", "folded", "-d", 1, wrap=lambda command: unshare[:2] + command)
    good = refused.status == 1 and not refused.out and "clocks here are shifted" in refused.err
    return ([] if good else [str(refused)]) + taken.problems() + ticks_asked(taken.account)


def time_namespaces():
    """True, or why not."""
    try:
        subprocess.run(["unshare", "--time", "--monotonic", "1", "/bin/true"], check=True, capture_output=True)
        return True
    except (OSError, subprocess.CalledProcessError):
        return "no time namespace can be made"


def cpu_can_go():
    """True, or why not."""
    if not os.path.exists(SYSTEM):
        return "no " + SYSTEM
    if len(harness.CPUS) < 2:
        return "there is one CPU only"
    return os.access(ONLINE, os.W_OK) or "CPU %d cannot be taken away: %s is not writable" % (CPU, ONLINE)


def clock_can_be_set():
    try:
        time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))
        return True
    except OSError as error:
        return "the clock cannot be set: %s" % error.strerror


def why_no_suspend():
    with open("/sys/power/state") as state:
        states = state.read().split()
    return "it would stop the machine" if states else "this kernel has no suspend (/sys/power/state is empty)"


def main():
    tap = harness.begin()
    interpreter = interpreters.any_supported()
    if not interpreter:
        harness.tap_module.skip_all("no supported CPython is here")
    cpu, clock, system = cpu_can_go(), clock_can_be_set(), os.path.exists(SYSTEM) or "no " + SYSTEM
    frozen = bool(harness.unified()) or "no cgroup v2"
    tests = (
        ("a CPU that goes and comes back", lambda: cpu_goes(2.5, tap), cpu),
        ("a CPU that is away for so short that nobody sees it", lambda: cpu_goes(0.2, tap), cpu),
        ("a CPU that goes and comes back, per thread", cpu_goes_per_thread, cpu),
        ("a CPU that comes during the run, and one that is away at its end", lambda: cpu_comes(tap), cpu),
        ("frozen while a CPU is away, as in a suspend", lambda: as_suspended(tap), frozen if cpu is True else cpu),
        ("stopped", lambda: stopped(1000, False, interpreter, tap), system),
        ("stopped with its helper", lambda: stopped(1000, True, interpreter, tap), system),
        ("stopped at a high rate", lambda: stopped(20000, False, interpreter, tap), system),
        ("the clock is set forward and back", lambda: clock_set(STEP, interpreter, tap), clock),
        ("the clock is set back and forward", lambda: clock_set(-STEP, interpreter, tap), clock),
        ("in a time namespace", shifted, time_namespaces()),
    )
    for name, function, here in tests:
        if here is True:
            tap.attempt(name, function, 2)
        else:
            tap.skip(name, here)
    tap.skip("a suspend of the machine", why_no_suspend())
    return tap.done()


sys.exit(main())
