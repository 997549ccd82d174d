#!/usr/bin/env python3
"""What a user reads who asks for something impossible, and how runs end: messages and exit statuses."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import harness
import interpreters

NOBODY = "65534"


def refused(run, status, *patterns, hint=True):
    """Problems: another status, a pattern that the message lacks, no hint, anything on standard output."""
    out = [] if run.status == status else ["exit status %d, not %d" % (run.status, status)]
    out += ["the message lacks %r" % p for p in patterns if not re.search(p, run.err, re.I | re.S)]
    if hint and not re.search(r"^hint: \S", run.err, re.M):
        out.append("no hint")
    if not run.err.startswith("pybpfprof: "):
        out.append("the message does not say whose it is")
    if run.out:
        out.append("standard output has %r" % run.out[:200])
    return out + [str(run)] if out else []


def attach(pid, *options):
    return harness.profile("-p", pid, "-d", 1, "-f", "folded", "-q", *options)


def gone_pid():
    """A pid that was in use a moment ago, and is not."""
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    return process.pid


def no_such_process():
    return refused(attach(gone_pid()), 1, r"pid \d+.*no such process|no such process.*\d+")


def not_python():
    process = harness.start(["/bin/sleep", "60"])
    try:
        return refused(attach(process.pid), 1, r"pid %d" % process.pid, "sleep", "not .*CPython|not .*Python")
    finally:
        harness.end(process)


def unsupported(interpreter):
    with harness.Target(interpreter, "sleeper", 60) as target:
        return refused(attach(target.wait_ready().pid), 1, r"pid %d" % target.pid,
                       re.escape(interpreter.version), "not supported|supported are|supports", hint=False)


def zombie():
    process = subprocess.Popen(["/bin/true"])
    stat = "/proc/%d/stat" % process.pid
    try:
        if not harness.wait_for(lambda: open(stat).read().rpartition(")")[2].split()[0] == "Z"):
            return ["no zombie came to be"]
        return refused(attach(process.pid), 1, r"pid %d" % process.pid, "ended|zombie")
    finally:
        process.wait()


def kernel_thread():
    return refused(attach(2), 1, "pid 2", "kernel")


def no_btf(interpreter):
    """A kernel without BTF, as far as the profiler can see."""
    with harness.Target(interpreter, "sleeper", 60) as target:
        target.wait_ready()
        process = harness.start(["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@"',
                                 harness.PROFILER, "-p", str(target.pid), "-d", "1", "-q"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return refused(harness.finish(process), 1, "/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF")


def own_pid():
    process = harness.start(["/bin/sh", "-c", 'exec "$0" -p $$ -d 1 -q', harness.PROFILER],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return refused(harness.finish(process), 1, r"pid %d" % process.pid, "itself")


def thread_id(interpreter):
    """The pid of a thread is told from that of its process."""
    with harness.Target(interpreter, "threads", 60) as target:
        target.wait_ready()
        if not harness.wait_for(lambda: target.threads):
            return ["no thread said its number"]
        run = attach(next(iter(target.threads.values()))[0])
        return refused(run, 1, "thread", r"hint: .*%d" % target.pid)


def not_root(interpreter):
    """The three ways to get what is missing, and what that is."""
    with tempfile.TemporaryDirectory() as folder, harness.Target(interpreter, "sleeper", 60) as target:
        target.wait_ready()
        os.chmod(folder, 0o755)
        program = shutil.copy(harness.PROFILER, folder)
        os.chmod(program, 0o755)
        process = harness.start(["setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups",
                                 "--inh-caps=-all", program, "-p", str(target.pid), "-d", "1", "-q"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return refused(harness.finish(process), 1, "cap_bpf", "cap_perfmon", "sudo", "setcap", "container")


def ends_meanwhile(interpreter):
    """What was sampled until then is reported, and that is no failure."""
    with harness.Target(interpreter, "calls", 1.5) as target:
        run = harness.record(target.wait_ready(), 1000)
        problems = run.problems()
        if problems:
            return problems
        if run.account.samples < 300:
            problems.append("only %d samples" % run.account.samples)
        if "execve" in run.err:
            problems.append("it tells of an execve that never was: %s" % run.err[-200:])
        worked = [s for s in run.stacks if s.status == "complete" and "calls.py" in s.text]
        return problems + check_stacks.check(interpreter, "calls", worked, {})


def killed_meanwhile(interpreter):
    with harness.Target(interpreter, "calls", 60) as target:
        process = harness.start_profiler("-p", target.wait_ready().pid, "-f", "folded", "-q")
        time.sleep(1.5)
        harness.end(target.process)
        run = harness.finish(process)
        return run.problems() or ([] if run.account.samples > 100 else [str(run)])


def replaced(interpreter, *program):
    """Before execve its stacks, after it nothing that mixes the two programs."""
    with harness.Target(interpreter, "execs", 1, *program) as target:
        run = harness.record(target.wait_ready(), 1000, 3)
        problems = run.problems()
        if problems:
            return problems
        first = [s for s in run.stacks if "execs.py" in s.text]
        second = [s for s in run.stacks if "lines.py" in s.text]
        mixed = [s.text for s in first if s in second]
        # Importing and starting up belong to the second program, and are not in the target's grammar.
        if not first:
            problems.append("no stack of the first program")
        return problems + mixed + check_stacks.grammar(check_stacks.Program(interpreter, "execs"), [
            s for s in first if s.status == "complete"])


def sleeping(interpreter):
    """No samples are a sentence that says why, not an empty table."""
    with harness.Target(interpreter, "sleeper", 60) as target:
        run = harness.profile("-p", target.wait_ready().pid, "-d", 1, "-q")
        text = run.out.decode() + run.err
        if run.status or "no samples" not in text or "slept" not in text or "try " not in text:
            return [str(run)]
        return run.account.laws()


def signalled(interpreter, number):
    """Ctrl-C ends the sampling, not the report."""
    with harness.Target(interpreter, "calls", 60) as target:
        process = harness.start_profiler("-p", target.wait_ready().pid, "-f", "folded", "-q")
        time.sleep(1.5)
        process.send_signal(number)
        run = harness.finish(process)
        return run.problems() or ([] if run.account.samples > 100 else [str(run)])


def programs_of(pid):
    """Ids of the BPF programs that the process holds."""
    out = set()
    folder = "/proc/%d/fdinfo" % pid
    for name in os.listdir(folder):
        try:
            with open(os.path.join(folder, name)) as info:
                out.update(int(line.split()[1]) for line in info if line.startswith("prog_id:"))
        except OSError:  # closed meanwhile
            pass
    return out


def killed_itself(interpreter):
    """Killed with -9 it leaves no program attached, and the target goes on."""
    with harness.Target(interpreter, "calls", 60) as target:
        process = harness.start_profiler("-p", target.wait_ready().pid, "-q")
        try:
            if not harness.wait_for(lambda: programs_of(process.pid)):
                return ["the profiler holds no program: %s" % process.poll()]
            mine = programs_of(process.pid)
        finally:
            harness.end(process)
            process.communicate()

        def left():
            listed = subprocess.run(["bpftool", "-j", "prog", "show"], stdout=subprocess.PIPE, check=True)
            return mine & set(p["id"] for p in json.loads(listed.stdout))
        out = [] if harness.wait_for(lambda: not left()) else ["programs left: %s" % left()]
        return out if target.process.poll() is None else out + ["the target ended"]


USAGE = (  # arguments, what the message must say
    (["-p", "1", "-r", "0"], ["1 and 20000"], False),
    (["-p", "1", "-r", "20001"], ["1 and 20000"], False),
    (["-p", "1", "-r", "fast"], ["fast"], False),
    (["-p", "1", "-d", "-1"], ["-1"], True),
    (["-p", "1", "-d", "0"], ["more than 0"], True),
    (["-p", "1", "--max-depth", "0"], ["between 1 and 4096"], False),
    (["-p", "1", "--max-depth", "4097"], ["between 1 and 4096"], False),
    (["-p", "0"], ["0"], True),
    (["-p", "-5"], ["-5"], True),
    (["-p", "python"], ["python"], True),
    (["-p", "99999999999999999999"], ["999"], True),
    (["-p"], ["-p|pid"], False),
    (["-p", "1", "--durration", "3"], ["durration", "--duration"], True),
    (["-p", "1", "-Z"], ["-Z"], False),
    (["-p", "1", "-f", "fodled"], ["fodled", "did you mean .folded.", "flat", "tree", "text"], True),
    (["-p", "1", "--by", "funtion"], ["funtion", "did you mean .function."], True),
    (["-p", "1", "surplus"], ["surplus"], False),
)


def usage(arguments, patterns, hint):
    return refused(harness.profile(*arguments), 2, *patterns, hint=hint)


def printed(option, *patterns):
    run = harness.profile(option)
    text = run.out.decode()
    wide = [line for line in text.splitlines() if len(line) > 80]
    good = run.status == 0 and not run.err and not wide and all(re.search(p, text) for p in patterns)
    return [] if good else [str(run)] + wide


def on_targets(tap, interpreter):
    """Tests that need a supported CPython, but no particular one."""
    tests = (("a thread's number is refused", thread_id), ("not root", not_root), ("a kernel without BTF", no_btf),
             ("the target ends meanwhile", ends_meanwhile), ("the target is killed meanwhile", killed_meanwhile),
             ("a sleeping target", sleeping))
    for name, function in tests:
        tap.attempt(name, lambda: function(interpreter))
    python = [interpreter.path, check_stacks.target_path("lines"), "30"]
    for name, program in (("sleep", ["/bin/sleep", "30"]), ("another Python", python),
                          ("a busy shell", ["/bin/sh", "-c", "while :; do :; done"])):
        tap.attempt("the target becomes %s" % name, lambda: replaced(interpreter, *program))
    for number in (signal.SIGINT, signal.SIGTERM):
        tap.attempt("%s ends the run with a report" % number.name, lambda: signalled(interpreter, number))
    if shutil.which("bpftool"):
        tap.attempt("kill -9 leaves nothing attached", lambda: killed_itself(interpreter))
    else:
        tap.skip("kill -9 leaves nothing attached", "no bpftool")


tap = harness.begin()
for name, function in (("no such process", no_such_process), ("not a Python process", not_python),
                       ("a zombie", zombie), ("the profiler itself", own_pid)):
    tap.attempt(name, function)
if os.path.exists("/proc/2/comm") and open("/proc/2/comm").read() == "kthreadd\n":
    tap.attempt("a thread of the kernel", kernel_thread)
else:
    tap.skip("a thread of the kernel", "none is visible here")
for interpreter in interpreters.refused():
    name = "%s is refused by name" % interpreter.label
    if interpreter.path:
        tap.attempt(name, lambda: unsupported(interpreter))
    else:
        tap.skip(name, interpreter.reason)
for arguments, patterns, hint in USAGE:
    tap.attempt("bad usage: " + " ".join(arguments), lambda: usage(arguments, patterns, hint))
tap.attempt("--help", lambda: printed("--help", "-p, --pid", "--max-depth", r"\b1000\b"))
tap.attempt("--version", lambda: printed("--version", r"pybpfprof \S"))
interpreter = interpreters.any_supported()
if interpreter:
    on_targets(tap, interpreter)
else:
    tap.skip("targets", "no supported CPython is here")
sys.exit(tap.done())
