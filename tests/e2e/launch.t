#!/usr/bin/env python3
"""Behind `--`: a command runs as if it had been started alone by who called sudo, and is sampled from its beginning."""
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
import harness
import job
from work import RATE, code, near

NOBODY = 65534
SYSTEM = "/usr/bin/python3.11"
SUDO = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY), "SUDO_USER": "nobody", "SUDO_COMMAND": "pybpfprof"}
# What a program can see of how it was started. Numbers that differ by chance are left out.
DESCRIBE = r"""
import json, os, resource, signal, sys
fields = ("Umask", "Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn", "SigCgt", "ShdPnd", "CapInh",
          "CapPrm", "CapEff", "CapBnd", "CapAmb", "Cpus_allowed", "CoreDumping")
status = dict(line.rstrip("\n").split(":", 1) for line in open("/proc/self/status"))
json.dump({"status": {f: status[f].split() for f in fields if f in status}, "environment": dict(os.environ),
           "limits": [resource.getrlimit(n) for n in range(16)], "nice": os.nice(0), "folder": os.getcwd(),
           "descriptors": sorted(int(n) for n in os.listdir("/proc/self/fd")), "arguments": sys.argv,
           "own group": os.getpgrp() == os.getpid(), "own session": os.getsid(0) == os.getpid(),
           "score": open("/proc/self/oom_score_adj").read(), "scheduler": os.sched_getscheduler(0),
           "dumpable": os.stat("/proc/self/status").st_uid}, sys.stdout)
"""
BUSY = "end = time.monotonic() + 60\nwhile time.monotonic() < end: pass"  # never left behind for good
INTERRUPTED = """
import sys, time
print("begun", flush=True)
end = time.monotonic() + 60
try:
    while time.monotonic() < end: pass
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(7)
"""


class Launched(harness.Run):
    """A run with a command: output and errors of both, and the profile in a file of its own."""

    def __init__(self, *command, options=(), environment=None, folder=None, wrap=(), before=None, **keywords):
        with tempfile.TemporaryDirectory() as own:
            path = os.path.join(own, "profile.folded")
            os.chmod(own, 0o777)
            process = harness.start([*wrap, harness.PROFILER, "-r", str(RATE), "-q", "-o", path, *options, "--",
                                     *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, env=dict(os.environ, **(environment or {})), **keywords)
            if before:
                before(process)
            run = harness.finish(process)
            self.printed, profile, self.owner = run.out, b"", None
            if os.path.exists(path):
                self.owner = os.stat(path).st_uid
                with open(path, "rb") as file:
                    profile = file.read()
        super().__init__(run.status, profile, run.err.encode())

    def __str__(self):
        return "status %d; it printed %r; stderr %r; profile %r" % (
            self.status, self.printed[-300:], self.err[-900:], self.out[-300:])


def differences(alone, launched, path=""):
    if isinstance(alone, dict) and isinstance(launched, dict):
        return [d for key in sorted(set(alone) | set(launched))
                for d in differences(alone.get(key), launched.get(key), "%s %s" % (path, key))]
    return [] if alone == launched else ["%s: alone %s, launched %s" % (path, alone, launched)]


def as_if_alone(wrap, environment, expected, as_user=()):
    """The same program once by us and once without: all that it can see is equal, but for what sudo is about."""
    reading, writing = os.pipe()  # a descriptor that is to stay
    command = [SYSTEM, "-S", "-c", DESCRIBE, "an argument", "", "\n"]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        wrap = [*wrap, "env", "-C", folder]
        alone = harness.start([*wrap, *as_user, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              env=dict(os.environ, **environment), pass_fds=[reading])
        alone_sees = json.loads(alone.communicate()[0])
        run = Launched(*command, wrap=wrap, environment=environment, pass_fds=[reading])
    os.close(reading)
    os.close(writing)
    if run.status:
        return [str(run)]
    alone_sees["environment"].update(expected)
    # It is in our group, which was the lone program's own.
    launched_sees = json.loads(run.printed)
    for which, is_own in ((alone_sees, True), (launched_sees, False)):
        if which.pop("own group") != is_own or which.pop("own session") != is_own:
            return ["group or session: %s" % which]
    return differences(alone_sees, launched_sees)


def as_root():
    return as_if_alone([], {}, {})


def as_invoking_user():
    user = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--init-groups"]
    return as_if_alone([], dict(SUDO, HOME="/root"), {"HOME": os.path.expanduser("~nobody")}, user)


def signals_stay():
    """What our caller ignored or blocked is ignored or blocked."""
    wrap = ["env", "--ignore-signal=HUP", "--ignore-signal=USR2", "--block-signal=USR1"]
    user = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--init-groups"]
    return as_if_alone(wrap, dict(SUDO, HOME="/root"), {"HOME": os.path.expanduser("~nobody")}, user)


def groups_of(user):
    return sorted(set(os.getgrouplist(user.pw_name, user.pw_gid)))


def supplementary_groups():
    """A user who is in several groups, if this machine has one: those that passwd and group say, none of root's."""
    import pwd
    users = [u for u in pwd.getpwall() if u.pw_uid and len(groups_of(u)) > 1]
    user = users[0] if users else pwd.getpwnam("nobody")
    run = Launched("/usr/bin/id", "-G", environment={"SUDO_UID": str(user.pw_uid), "SUDO_GID": str(user.pw_gid)})
    got = sorted(set(map(int, run.printed.split())))
    return [] if run.status == 0 and got == groups_of(user) else ["%s: %s, not %s: %s" % (
        user.pw_name, got, groups_of(user), run)]


def file_is_the_users():
    run = Launched(SYSTEM, "-S", "-c", code("work", 0.2), environment=SUDO)
    return [] if run.status == 0 and run.owner == NOBODY and run.stacks else ["owner %s: %s" % (run.owner, run)]


def from_the_beginning():
    """Importing is in the profile, and samples are the CPU time that the command had by its own count."""
    run = Launched(SYSTEM, "-c", "import json, email.message, asyncio, unittest.mock" + code("work", 0.5))
    problems = [] if run.status == 0 else [str(run)]
    begin, end = map(float, run.printed.split())
    mine = [s for s in run.stacks if s.status == "complete"]
    work = sum(s.count for s in mine if any(f.label == "work" for f in s.frames))
    imports = sum(s.count for s in mine if any(f.path and "importlib" in f.path for f in s.frames))
    total = sum(s.count for s in run.stacks)
    # What it does at its end is not in its own count.
    if not 0.97 * end * RATE - 3 <= total <= 1.03 * end * RATE + 60:
        problems.append("%d samples, %.0f expected" % (total, end * RATE))
    problems += near("in the function", work, end - begin)
    if imports < 0.5 * begin * RATE:
        problems.append("%d samples of %.3f s are importing" % (imports, begin))
    if SYSTEM not in run.err:
        problems.append("the account does not name %s" % SYSTEM)
    return problems + run.problems() + ([str(run)] if problems else [])


def its_children():
    """A shell's children are sampled, each as a process."""
    script = '"$0" -S -c "$1"; "$0" -S -c "$2"; exit 3'
    first, second = ("import os; print(os.getpid(), flush=True)" + code(name, 0.3) for name in ("first", "second"))
    run = Launched("/bin/sh", "-c", script, SYSTEM, first, second)
    lines = run.printed.split(b"\n")
    problems = [] if run.status == 3 else [str(run)]
    for name, pid in (("first", int(lines[0])), ("second", int(lines[2]))):
        if not 250 <= run.process(pid).within(name) <= 400:
            problems.append("%s (pid %d) has %d samples: %s" % (name, pid, run.process(pid).within(name), run))
    return problems


def not_python():
    """A command that never is Python runs just as well, and the profile says why it is empty."""
    run = Launched("/bin/sh", "-c", "echo done; exit 4")
    return [] if run.status == 4 and run.printed == b"done\n" and "no samples" in run.err else [str(run)]


def duration():
    """After -d the report is written, and the command goes on to its own end."""
    run = Launched(SYSTEM, "-S", "-c", code("work", 1.2) + "import sys; sys.exit(4)", options=["-d", "0.5"])
    total = sum(s.count for s in run.stacks)
    return [] if run.status == 4 and run.printed and 50 <= total <= 600 else ["%d samples: %s" % (total, run)]


STATUSES = (
    ("of success", ["/bin/true"], 0),
    ("of its own", ["/bin/sh", "-c", "exit 3"], 3),
    ("255", ["/bin/sh", "-c", "exit 255"], 255),
    ("by SIGTERM", ["/bin/sh", "-c", "kill -TERM $$"], -signal.SIGTERM),
    ("by SIGKILL", ["/bin/sh", "-c", "kill -KILL $$"], -signal.SIGKILL),
    ("by SIGINT", ["/bin/sh", "-c", "kill -INT $$"], -signal.SIGINT),
    ("by SIGSEGV", ["/bin/sh", "-c", "kill -SEGV $$"], -signal.SIGSEGV),
    ("found by PATH", ["sh", "-c", "exit 6"], 6),
    ("not found", ["no-such-command-here"], 127),
    ("not found by path", ["/no/such/command"], 127),
    ("not executable", ["/etc/passwd"], 126),
    ("a folder", ["/tmp"], 126),
)


def ends_with(command, status, environment):
    with tempfile.TemporaryDirectory() as folder:  # where a core would be
        run = Launched(*command, environment=environment, wrap=["env", "-C", folder])
        left = os.listdir(folder)
    problems = [] if run.status == status else [str(run)]
    if status in (126, 127) and not ("pybpfprof: " in run.err and command[0] in run.err):
        problems.append("the message does not name it: %s" % run)
    return problems + ["it left %s" % left] * bool(left)


def not_readable_by_user():
    """Who may not execute it is the invoking user, not we."""
    with tempfile.TemporaryDirectory() as folder:
        program = shutil.copy("/bin/true", folder)
        os.chmod(program, 0o700)
        os.chmod(folder, 0o755)
        run = Launched(program, environment=SUDO)
        good = Launched(program)
    return [] if run.status == 126 and good.status == 0 else [str(run), str(good)]


def our_failure():
    """125, and the command does not run."""
    with tempfile.TemporaryDirectory() as folder:
        sign = os.path.join(folder, "sign")
        process = harness.start_profiler("-q", "-o", os.path.join(folder, "none", "x.folded"), "--", "/usr/bin/touch",
                                         sign)
        run = harness.finish(process)
        ran = os.path.exists(sign)
    return [] if run.status == 125 and not ran and "pybpfprof: " in run.err else ["it ran: %s; %s" % (ran, run)]


def passed_on(number):
    """A signal that only we got is the command's, too, and how it ends is its own affair."""
    code = ("import signal, sys, time\nsignal.signal(%d, lambda *_: sys.exit(9))\nprint('begun', flush=True)\n"
            "%s" % (number, BUSY))

    def before(process):
        process.stdout.read(6)
        time.sleep(0.3)
        process.send_signal(number)
    run = Launched(SYSTEM, "-S", "-c", code, before=before)
    problems = [] if run.status == 9 else [str(run)]
    return problems + ([] if sum(s.count for s in run.stacks) > 100 else ["no samples: %s" % run])


def ended_by(number):
    """Without a handler the command dies of it, and so do we; the profile is written all the same."""
    def before(process):
        process.stdout.read(6)
        time.sleep(0.3)
        process.send_signal(number)
    run = Launched(SYSTEM, "-S", "-c", "import time\nprint('begun', flush=True)\n" + BUSY, before=before)
    good = run.status == -number and sum(s.count for s in run.stacks) > 100
    return [] if good else [str(run)]


def profiler_job(path, *command):
    return job.Job(harness.start, [harness.PROFILER, "-r", str(RATE), "-q", "-o", path, "--", *command])


def samples_in(path):
    with open(path, "rb") as file:
        return sum(s.count for s in harness.Run(0, file.read(), b"").stacks)


def interrupted(folder):
    """Ctrl-C reaches the command, whose handler runs to its end; then the profile is written."""
    path = os.path.join(folder, "profile.folded")
    with profiler_job(path, SYSTEM, "-S", "-c", INTERRUPTED) as one:
        if not one.shows(b"begun"):
            return ["it did not begin: %r" % one.screen]
        time.sleep(0.3)
        one.type(b"\x03")
        event = one.event()
        if event != "exited 7" or b"interrupted" not in one.screen or samples_in(path) < 100:
            return ["%s: %r" % (event, one.screen)]
    return []


def interrupted_to_death(folder):
    """A shell that runs us learns that it was Ctrl-C."""
    path = os.path.join(folder, "profile.folded")
    with profiler_job(path, SYSTEM, "-S", "-c", "import time\nprint('begun', flush=True)\n" + BUSY) as one:
        one.shows(b"begun")
        time.sleep(0.3)
        one.type(b"\x03")
        event = one.event()
        return [] if event == "killed 2" and samples_in(path) > 100 else ["%s: %r" % (event, one.screen)]


def state(pid):
    with open("/proc/%d/stat" % pid) as stat:
        return stat.read().rpartition(")")[2].split()[0]


def stopped_and_continued(folder, code, stop):
    """Both stop, a shell sees it, and both go on."""
    path = os.path.join(folder, "profile.folded")
    with profiler_job(path, SYSTEM, "-S", "-c", code) as one:
        one.shows(b"begun\r\n")
        pid = int(re.search(rb"pid (\d+)", one.screen)[1])
        if stop:
            time.sleep(0.2)
            one.type(stop)
        events = [one.event()]
        states = [state(one.pid), state(pid)]
        one.go_on()
        events += [one.event(), one.event()]
        good = re.match("stopped (19|20)$", events[0]) and states == ["T", "T"]
        if not good or events[1:] != ["continued", "exited 5"]:
            return ["%s, states %s: %r" % (events, states, one.screen)]
        return [] if samples_in(path) > 300 else ["%d samples" % samples_in(path)]


STOPPABLE = ("import os, signal, sys, time\nprint('pid', os.getpid())\nprint('begun', flush=True)\n%s\n"
             "end = time.process_time() + 0.6\nwhile time.process_time() < end: pass\nsys.exit(5)\n")


def ctrl_z(folder):
    return stopped_and_continued(folder, STOPPABLE % "", b"\x1a")


def stops_itself(folder):
    return stopped_and_continued(folder, STOPPABLE % "os.kill(os.getpid(), signal.SIGSTOP)", None)


def reads_terminal(folder):
    """The command is in the foreground: it may read what is typed."""
    path = os.path.join(folder, "profile.folded")
    with profiler_job(path, SYSTEM, "-S", "-c", "print('begun', flush=True)\nprint('got', input(), flush=True)") as one:
        one.shows(b"begun")
        one.type(b"some text\n")
        shown = one.shows(b"got some text", 10)
        event = one.event(10)
        return [] if shown and event == "exited 0" else ["%s: %r" % (event, one.screen)]


# A caller with an environment of its own, sudo, which hides that, and then us: `HINT FOLDER PROFILER [ARGUMENT...]`.
HINT = r"""
import os, subprocess, sys
folder, user = sys.argv[1], 65534
reading, writing = os.pipe()
caller = os.getpid()
if os.fork() == 0:
    os.close(writing)
    os.read(reading, 1)
    environment = dict(os.environ, PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                       SUDO_UID=str(user), SUDO_GID=str(user), SUDO_USER="nobody")
    done = subprocess.run(sys.argv[2:], env=environment)
    with open(os.path.join(folder, "status"), "w") as file:
        file.write(str(done.returncode))
    os._exit(0)
os.setgroups([])
os.setresgid(user, user, user)
os.setresuid(user, user, user)
# The pipe is closed by the execve: then the other one begins.
os.execve("/bin/sleep", ["sleep", "15"], dict(os.environ, PATH=folder + "/bin:" + os.environ["PATH"],
                                              VIRTUAL_ENV=folder))
"""


def hidden_environment(folder):
    """sudo took the caller's PATH away: what was started is another Python than the caller would have."""
    os.chmod(folder, 0o755)
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(SYSTEM, os.path.join(folder, "bin", "python3.11"))
    with open(os.path.join(folder, "pyvenv.cfg"), "w") as file:
        file.write("home = /usr/bin\n")
    report = os.path.join(folder, "report")
    os.mkdir(report)
    os.chmod(report, 0o777)
    status = os.path.join(folder, "status")
    process = harness.start([SYSTEM, "-S", "-c", HINT, folder, harness.PROFILER, "-q", "-o",
                             os.path.join(report, "x.folded"), "--", "python3.11", "-S", "-c", code("work", 0.2)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    harness.wait_for(lambda: os.path.exists(status) and os.path.getsize(status), 30)
    harness.end(process)
    err = process.stderr.read().decode()
    process.stderr.close()
    wanted = (r"hint: .*sudo env \"PATH=\$PATH\" pybpfprof", "setcap|capabilit")
    return ["no %r in %r" % (w, err) for w in wanted if not re.search(w, err, re.S)]


def main():
    tap = harness.begin()
    if not os.access(SYSTEM, os.X_OK):
        harness.tap_module.skip_all("no %s" % SYSTEM)
    tests = (("started as we were", as_root), ("started as the invoking user would", as_invoking_user),
             ("signals ignored and blocked by the caller", signals_stay),
             ("supplementary groups", supplementary_groups), ("the profile is the invoking user's", file_is_the_users),
             ("sampled from the beginning", from_the_beginning),
             ("children of the command", its_children), ("a command that is no Python", not_python),
             ("-d ends the sampling, not the command", duration), ("our own failure", our_failure),
             ("a command that the user may not execute", not_readable_by_user),
             ("a virtual environment that sudo hides", hidden_environment), ("Ctrl-C with a handler", interrupted),
             ("Ctrl-C without a handler", interrupted_to_death), ("Ctrl-Z and on", ctrl_z),
             ("a command that stops itself", stops_itself), ("reading from the terminal", reads_terminal))
    with_folder = (interrupted, interrupted_to_death, ctrl_z, stops_itself, reads_terminal, hidden_environment)
    for name, function in tests:
        if function in with_folder:
            with tempfile.TemporaryDirectory() as folder:
                tap.attempt(name, lambda: function(folder))
        else:
            tap.attempt(name, function, 2)
    for name, command, status in STATUSES:
        for who, environment in (("root", {}), ("nobody", SUDO)):
            tap.attempt("ends %s, as %s" % (name, who), lambda: ends_with(command, status, environment))
    for number in (signal.SIGTERM, signal.SIGHUP):
        tap.attempt("%s with a handler is passed on" % number.name, lambda: passed_on(number))
        tap.attempt("%s without a handler" % number.name, lambda: ended_by(number))
    return tap.done()


sys.exit(main())
