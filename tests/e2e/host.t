#!/usr/bin/env python3
"""The whole host: every Python is found, born, forked, executed and gone, and what is none costs nothing."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import harness
import interpreters
from work import RATE, Short, code, near

SHELL_LOOP = "i=0; while [ $i -lt %d ]; do i=$((i+1)); done; "
SYSTEM = "/usr/bin/python3.11"

def busy_shell():
    return harness.start(["/bin/sh", "-c", "while :; do :; done"], {harness.TARGET_CPU})


def interpreters_here():
    """Up to three that differ in how they are read, and in how their runtime is found."""
    wanted = [interpreters.pyenv("3.8"), interpreters.pyenv("3.13"),
              next((i for i in interpreters.own(interpreters.supported()) if i.path == SYSTEM), None)]
    return [i for i in wanted if i and i.path] or [interpreters.any_supported()]


def discovered(interpreter):
    """Those that were there before us, of several versions, beside a program that is none."""
    targets, shell = [harness.Target(i, "calls", 60) for i in interpreters_here()], busy_shell()
    try:
        for target in targets:
            target.wait_ready()
        with harness.Sampling() as sampling:
            time.sleep(2)
        run = sampling.run
        problems = run.problems()
        for target in targets:
            mine = run.process(target.pid)
            complete = [s for s in mine.stacks if s.status == "complete"]
            if mine.samples < 100:
                problems.append("%s: only %d samples" % (target.interpreter.label, mine.samples))
            if mine.of_status("complete") < 0.98 * mine.samples - 2:
                problems.append("%s: %d of %d complete" % (
                    target.interpreter.label, mine.of_status("complete"), mine.samples))
            problems += check_stacks.check(target.interpreter, "calls", complete, {})
        if shell.pid in run.processes:
            problems.append("the shell is in the report: %s" % run.process(shell.pid).stacks[0].text)
        return problems
    finally:
        harness.end(shell)
        for target in targets:
            target.__exit__()


def shortlived(tap, pythons, count):
    """One after the other, each gone before anybody could look at it twice."""
    with harness.Sampling() as sampling:
        gone = [Short(pythons[k % len(pythons)], "work_%d" % k, 0.05) for k in range(count)]
    run = sampling.run
    problems = run.problems()
    for one in gone:
        problems += one.problems(run)
    samples = sum(run.process(one.pid).samples for one in gone)
    within = sum(run.process(one.pid).within(one.name) for one in gone)
    after = sum(one.end - one.begin for one in gone)
    native, unknown = (sum(run.process(one.pid).of_status(status) for one in gone)
                       for status in ("native", "not yet recognised"))
    tap.note("%d short-lived: %.3f s by the kernel, %d samples, %d in %.3f s of work, %d native, %d not recognised" % (
        count, sum(one.cpu for one in gone), samples, within, after, native, unknown))
    problems += near("all of them", samples, sum(one.cpu for one in gone))
    if within < 0.95 * after * RATE:
        problems.append("%d samples with a complete stack, %.0f expected" % (within, after * RATE))
    return problems


def named_afterwards(_interpreter):
    """Command lines of processes that have gone are in the report, hostile ones made harmless."""
    with harness.Sampling("--by", "process", "--limit", "0", form=("-f", "flat")) as sampling:
        gone = [Short(SYSTEM, "work_%d" % k, 0.2, "marker-%d" % k, "\033[2Jevil\n") for k in range(3)]
    run = sampling.run
    problems = [] if run.status == 0 else [str(run)]
    text = run.out.decode("utf-8")
    for one in gone:
        # The child that we forked, which executed it, may have a row of its own.
        rows = [line for line in text.splitlines() if "python3.11 [%d]" % one.pid in line]
        if len(rows) != 1 or "[%d]  -S -c" % one.pid not in rows[0]:
            problems.append("rows of pid %d: %s" % (one.pid, rows))
    bad = sorted(set(run.out) & (set(range(32)) | {127}) - {10})
    return problems + (["the report has the bytes %s" % bad] if bad else []) + ([text] if problems else [])


def workers(interpreter, tap, count, rounds, seconds, before):
    """Forked children are sampled from their first tick, whether their parent was there before us or not."""
    with harness.Target(interpreter, "prefork", seconds, count, rounds, pinned=False) as target:
        if before:
            target.wait_ready()
        with harness.Sampling() as sampling:
            if not before:
                target.__exit__()
                target = harness.Target(interpreter, "prefork", seconds, count, rounds, pinned=False).wait_ready()
            os.kill(target.pid, signal.SIGUSR1)
            target.wait_end()
    run, problems = sampling.run, sampling.run.problems()
    told = [(int(words[1]), int(words[2]) / 1e9) for words in target.said if words[:1] == ["worker"]]
    if len(told) != count * rounds:
        return problems + ["%d workers ended, not %d" % (len(told), count * rounds)]
    total = whole = 0
    for pid, cpu in told:
        mine = run.process(pid)
        total, whole = total + mine.samples, whole + mine.of_status("complete")
        # Of one alone it also depends on how the scheduler's own clock lies to ours.
        problems += near("worker %d" % pid, mine.samples, cpu, 0.15, 6)
        if mine.of_status("not yet recognised"):
            problems.append("worker %d was not recognised: %d" % (pid, mine.of_status("not yet recognised")))
        if not mine.within("spin"):
            problems.append("worker %d has no function" % pid)
    problems += near("all workers", total, sum(cpu for _, cpu in told), 0.03, 2 * len(told))
    tap.note("%d workers: %.3f s by the kernel, %d samples, %d complete" % (
        len(told), sum(cpu for _, cpu in told), total, whole))
    return problems + ([] if whole >= 0.95 * total else ["%d of %d stacks complete" % (whole, total)])


def executes(interpreter):
    """One pid, two programs of two versions: no stack mixes them."""
    second = next(i for i in interpreters_here() if i.version != interpreter.version)
    with harness.Sampling() as sampling:
        with harness.Target(interpreter, "execs", 0.7, second.path, check_stacks.target_path("calls"), 0.7) as target:
            target.wait_ready().wait_end()
    run = sampling.run
    problems = run.problems()
    stacks = [s for s in run.process(target.pid).stacks if s.status == "complete"]
    first = [s for s in stacks if any(f.label == "before" for f in s.frames)]
    after = [s for s in stacks if "calls.py" in s.text]
    for what, part in (("first", first), ("second", after)):
        if sum(s.count for s in part) < 100:
            problems.append("%d samples of the %s program" % (sum(s.count for s in part), what))
    problems += ["mixed: " + s.text for s in first if s in after]
    # Importing is also done, and not in the target's grammar.
    worked = [s for s in after if any(f.label == "round_trip" for f in s.frames)]
    return problems + check_stacks.grammar(check_stacks.Program(interpreter, "execs"), first) + check_stacks.check(
        second, "calls", worked, {})


def becomes_python(interpreter):
    """Ticks of the shell that executes it are not its own."""
    with harness.Sampling() as sampling:
        process = harness.start(["/bin/sh", "-c", SHELL_LOOP % 200000 + 'exec "$0" "$@"', interpreter.path, "-S", "-c",
                                 code("work_1", 0.5)], {harness.TARGET_CPU}, stdout=subprocess.PIPE)
        begin, end = map(float, process.communicate()[0].split())
    mine = sampling.run.process(process.pid)
    problems = near("in the function", mine.within("work_1"), end - begin, 0.05)
    # Its start-up is its own, and takes much less than the shell took.
    if begin < 0.15 or not mine.samples < (end - begin + 0.5 * begin) * RATE:
        problems.append("%d samples; CPU seconds of the shell and the start-up %.3f, of the function %.3f" % (
            mine.samples, begin, end - begin))
    return sampling.run.problems() + problems


def becomes_shell(interpreter):
    """After execve into what is no Python it has no sample more."""
    with harness.Target(interpreter, "execs", 1, "/bin/sh", "-c", SHELL_LOOP % 400000) as target:
        target.wait_ready()
        with harness.Sampling() as sampling:
            target.wait_end()
    mine = sampling.run.process(target.pid)
    # In the middle of an execve the memory is the new program's already, and nobody knows whose that is.
    odd = [s.text for s in mine.stacks if s.status == "complete" and "execs.py" not in s.text]
    odd += ["%d not recognised" % mine.of_status("not yet recognised")] * (mine.of_status("not yet recognised") > 20)
    odd += ["%d samples" % mine.samples] if not 100 <= mine.samples <= 1.05 * RATE else []
    return sampling.run.problems() + odd


def late(interpreter):
    """A program that is no Python until it loads the library."""
    prefix = os.path.dirname(os.path.dirname(interpreter.path))
    library = os.path.join(prefix, "lib", "libpython%s.so.1.0" % interpreter.version)
    with tempfile.TemporaryDirectory() as folder, harness.Sampling() as sampling:
        program = harness.build_embed(folder)
        process = harness.start([program, library, "600", "-S", "-c", code("work_1", 1)], {harness.TARGET_CPU},
                                stdout=subprocess.PIPE, env=dict(os.environ, PYTHONHOME=prefix))
        begin, end = map(float, process.communicate()[0].split())
    mine = sampling.run.process(process.pid)
    # Whoever was taken for something else is looked at again after 0.1 s (LOOK_OTHER_NS of bpf/process.bpf.h).
    problems = near("in the function", mine.within("work_1"), end - begin - 0.05, 0.05, 50)
    if mine.samples > (end - begin + 0.4) * RATE:
        problems.append("%d samples, with the time before it was Python; the function took %.3f s" % (
            mine.samples, end - begin))
    return sampling.run.problems() + problems


def same_pid(first, second, folder):
    """Start the two so that they have one pid; the kernel gives the number after ns_last_pid."""
    before = Short(first, "work_1", 0.1)
    for _ in range(60):
        with open("/proc/sys/kernel/ns_last_pid", "w") as last:
            last.write(str(before.pid - 1))
        # Straight into the interpreter, so that the attempts that get another number are short.
        process = subprocess.Popen(["/bin/sh", "-c", '[ $$ = %d ] && exec "$0" "$@"' % before.pid, second, "-S", "-c",
                                    code("work_2", 0.1)], stdout=subprocess.DEVNULL)
        if process.wait() == 0:
            return before.pid
    return None


def pid_again(interpreter):
    """Two processes that had one pid, of two versions: each has its own functions, and no stack mixes them."""
    second = next(i for i in interpreters_here() if i.version != interpreter.version)
    with tempfile.TemporaryDirectory() as folder, harness.Sampling() as sampling:
        pid = same_pid(interpreter.path, second.path, folder)
    if pid is None:
        return ["the pid was not given again"]
    mine = sampling.run.process(pid)
    problems = sampling.run.problems()
    for name in ("work_1", "work_2"):
        if mine.within(name) < 50:
            problems.append("%d samples in %s" % (mine.within(name), name))
    mixed = [s.text for s in mine.stacks if "work_1 " in s.text and "work_2 " in s.text]
    return problems + mixed


def known_pids(profiler):
    """The keys of BPF's map of processes."""
    for number in harness.held(profiler, "map"):
        shown = json.loads(subprocess.check_output(["bpftool", "-j", "map", "show", "id", str(number)]))
        if shown["name"].startswith("processes"):
            entries = json.loads(subprocess.check_output(["bpftool", "-j", "map", "dump", "id", str(number)]))
            return set(int.from_bytes(bytes(int(b, 16) for b in entry["key"]), sys.byteorder) for entry in entries)
    raise RuntimeError("no map of processes")


def storm(interpreter):
    """Programs that come and go leave nothing behind, and lose nothing of the others."""
    with harness.Target(interpreter, "calls", 60) as target, harness.Sampling() as sampling:
        target.wait_ready()
        subprocess.run(["/bin/sh", "-c", "i=0; while [ $i -lt 400 ]; do /bin/true; i=$((i+1)); done"], check=True)
        gone = [Short(SYSTEM, "work_%d" % k, 0.02) for k in range(5)]

        def ended():
            return set(pid for pid in known_pids(sampling.pid) if not os.path.exists("/proc/%d" % pid))

        # The kernel gives a process back when it has time for it. Those that tell us of it come and go, too.
        were = ended() | set(one.pid for one in gone)
        leaked = [] if harness.wait_for(lambda: not were & ended(), 30) else sorted(were & ended())
    run = sampling.run
    problems = run.problems() + ["entries left of pids %s" % leaked[:10]] * bool(leaked)
    if run.account.lost:
        problems.append("%d samples lost" % run.account.lost)
    return problems + [p for one in gone for p in one.problems(run)]


def idle_ticks():
    """Seconds that all CPUs were idle so far."""
    with open("/proc/stat") as stat:
        fields = stat.readline().split()
    return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open("/proc/%d/schedstat" % pid) as stat:
        return int(stat.read().split()[0]) / 1e9


def machine(interpreter, tap):
    """The CPU time of the host in Python, in other programs and idle, against what the kernel says of each."""
    shell = busy_shell()
    try:
        with harness.Target(interpreter, "calls", 60) as target:
            target.wait_ready()
            with harness.Sampling() as sampling:
                before = idle_ticks(), cpu_seconds(shell.pid), time.monotonic()
                time.sleep(3)
                idle, other, elapsed = (b - a for a, b in zip(
                    before, (idle_ticks(), cpu_seconds(shell.pid), time.monotonic())))
    finally:
        harness.end(shell)
    run, problems = sampling.run, sampling.run.problems()
    account, cpus = run.account, os.sysconf("SC_NPROCESSORS_ONLN")
    if account.host_line is None:
        return problems + ["no line of the host: %s" % run.err]
    tap.note(account.host_line)
    mine = 100 * run.process(target.pid).of_status("complete") / account.asked
    if account.host_python < mine - 0.1 or mine < 5:
        problems.append("%.2f %% of the CPU time is the target's" % mine)
    if account.host_others < 0.9 * 100 * other / (elapsed * cpus):
        problems.append("the shell alone took %.1f %%" % (100 * other / (elapsed * cpus)))
    if abs(account.host_idle - 100 * idle / (elapsed * cpus)) > 10:
        problems.append("idle by the kernel's count: %.1f %%" % (100 * idle / (elapsed * cpus)))
    return problems + [account.host_line] * bool(problems)


def listed(interpreter):
    """doctor tells of every Python process."""
    targets = [harness.Target(i, "sleeper", 60) for i in interpreters_here()]
    try:
        for target in targets:
            target.wait_ready()
        text = harness.profile("doctor").out.decode("utf-8")
        problems = []
        for target in targets:
            lines = [line for line in text.splitlines() if re.search(r"\b%d\b" % target.pid, line)]
            if not any(re.search(r"\b" + re.escape(target.interpreter.version), line) for line in lines):
                problems.append("%s, pid %d: %s" % (target.interpreter.label, target.pid, lines))
        return problems + [text] * bool(problems)
    finally:
        for target in targets:
            target.__exit__()


def rendered_meanwhile(interpreter):
    """SIGUSR1 writes the profile so far, and sampling goes on."""
    with tempfile.TemporaryDirectory() as folder, harness.Target(interpreter, "calls", 60) as target:
        target.wait_ready()
        path = os.path.join(folder, "profile.folded")
        with harness.Sampling("-o", path, form=()) as sampling:
            time.sleep(0.7)
            os.kill(sampling.pid, signal.SIGUSR1)
            if not harness.wait_for(lambda: os.path.exists(path)):
                return ["no %s after SIGUSR1" % path]
            with open(path, "rb") as file:
                early = harness.Run(0, file.read(), "".encode()).process(target.pid).samples
            time.sleep(0.7)
        with open(path, "rb") as file:
            late = harness.Run(0, file.read(), "".encode()).process(target.pid).samples
    if sampling.run.status or early < 100 or late < early + 100:
        return ["%d samples, then %d: %s" % (early, late, sampling.run)]
    return []


def main():
    tap = harness.begin()
    interpreter = interpreters.any_supported()
    if not interpreter:
        harness.tap_module.skip_all("no supported CPython is here")
    others = [i for i in interpreters_here() if i.version != interpreter.version]
    system = os.path.exists(SYSTEM) or "no " + SYSTEM
    compiler = bool(harness.shutil.which(os.environ.get("CC", "gcc")))
    bpftool = bool(harness.shutil.which("bpftool")) or "no bpftool"
    shared = "shared" in interpreter.build
    tests = (
        ("those that are there already", lambda: discovered(interpreter), None),
        ("40 short-lived ones of one version", lambda: shortlived(tap, [SYSTEM], 40), system),
        ("short-lived ones of several versions in turn",
         lambda: shortlived(tap, [i.path for i in interpreters_here()], 15), None),
        ("names of those that have gone", lambda: named_afterwards(interpreter), system),
        ("workers of a server that was there", lambda: workers(interpreter, tap, 8, 1, 0.3, True), None),
        ("workers of a server that came later", lambda: workers(interpreter, tap, 8, 1, 0.3, False), None),
        ("a pool that is made anew all the time", lambda: workers(interpreter, tap, 16, 4, 0.03, True), None),
        ("a Python that executes another version", lambda: executes(interpreter), bool(others) or "one version only"),
        ("a shell that becomes Python", lambda: becomes_python(interpreter), None),
        ("a Python that becomes a shell", lambda: becomes_shell(interpreter), None),
        ("a program that loads Python late", lambda: late(interpreter),
         compiler and shared or "no C compiler, or no shared libpython"),
        ("one pid twice", lambda: pid_again(interpreter),
         bool(others) and os.access("/proc/sys/kernel/ns_last_pid", os.W_OK) or "one version only, or no ns_last_pid"),
        ("programs that come and go", lambda: storm(interpreter), bpftool),
        ("the account of the machine", lambda: machine(interpreter, tap), None),
        ("doctor lists them", lambda: listed(interpreter), None),
        ("SIGUSR1 writes the profile so far", lambda: rendered_meanwhile(interpreter), None),
    )
    for name, function, here in tests:
        if here in (None, True):
            tap.attempt(name, function, 2)
        else:
            tap.skip(name, here)
    return tap.done()


sys.exit(main())
