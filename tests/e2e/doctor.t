#!/usr/bin/env python3
"""The verb doctor: what it says of this machine, of real interpreters, and of what it is not to be fooled by."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import containers
import harness
import interpreters
from work import code

SYSTEM = "/usr/bin/python3.11"
NOBODY = "65534"
AS_NOBODY = ["setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--inh-caps=-all"]
THREADS = 7  # of targets/threads.py


COLUMNS = ["PID", "NAME", "VERSION", "CONTAINER", "FOUND BY", "IN FILE", "SUPPORTED"]  # of the list of Pythons


class Findings:
    """A run's lines by label: (mark, sentence, [lines below]), the last one's of several; the rows of its list by pid;
    what has another form is in problems."""

    def __init__(self, run):
        self.run, self.lines, self.rows, self.problems, last, refused = run, {}, {}, [], None, False
        for line in filter(None, run.out.decode("utf-8").splitlines()):
            match = re.match(r"(ok|no|--)  (\S.*?)  +(.*)$", line)
            cells = re.split(r" {2,}", line.strip())
            if match:
                last = match.group(2)
                self.lines[last] = (match.group(1), match.group(3), [])
                refused |= match.group(1) == "no"
            elif len(cells) >= len(COLUMNS) and cells[0].isdigit():
                self.rows[int(cells[0])] = dict(zip(COLUMNS, cells))
            elif cells == COLUMNS:
                continue
            elif last and re.match(r" {8,}\S", line):
                self.lines[last][2].append(line.strip())
            else:
                self.problems.append("no finding: %r" % line)
        if list(self.rows) != sorted(self.rows):
            self.problems.append("pids in another order: %s" % list(self.rows))
        if run.status != (1 if refused else 0):
            self.problems.append("exit status %d, refused: %s" % (run.status, refused))
        if run.err:
            self.problems.append("standard error: %r" % run.err[:300])

    def expect(self, label, mark, *patterns):
        """The line of that label has that mark, and it or the lines below it the patterns."""
        found = self.lines.get(label)
        if not found:
            self.problems.append("no line '%s'" % label)
            return
        text = "\n".join([found[1]] + found[2])
        if found[0] != mark:
            self.problems.append("%s: '%s', not '%s': %s" % (label, found[0], mark, text[:300]))
        self.problems += ["%s lacks %r: %s" % (label, p, text[:300]) for p in patterns if not re.search(p, text)]

    def expect_row(self, pid, **patterns):
        """The list has a line of that pid, and its columns (in small letters) have those texts."""
        row = self.rows.get(pid)
        if not row:
            self.problems.append("pid %d is not listed" % pid)
            return
        self.problems += ["pid %d: %s lacks %r: %s" % (pid, column, pattern, row) for column, pattern in patterns.items()
                          if not re.search(pattern, row[column.upper().replace("_", " ")])]

    def result(self):
        return self.problems + [str(self.run)] if self.problems else []


def doctor(*arguments):
    return Findings(harness.profile("doctor", *arguments))


def as_other(*command):
    """A copy of the profiler, which others may not read where it is, run by way of that command."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(harness.PROFILER, folder)
        os.chmod(program, 0o755)
        process = harness.start([program if word == "PROFILER" else word for word in command],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return Findings(harness.finish(process))


def this_host():
    found = doctor()
    for label in ("CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "PID namespace", "BTF", "BPF ring buffer",
                  "attached", "sampling"):
        found.expect(label, "ok")
    found.expect("kernel", "ok", re.escape(os.uname().release))
    found.expect("BPF program", "ok", r"\b\d+ ms\b")
    found.expect("CPU clock events", "ok", r"on %d CPU" % os.sysconf("SC_NPROCESSORS_ONLN"))
    return found.result()


def unprivileged_host():
    found = as_other(*AS_NOBODY, "PROFILER", "doctor")
    for label in ("CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "BPF program", "CPU clock events"):
        found.expect(label, "no", "missing|denied|permitted")
    found.expect("CAP_CHECKPOINT_RESTORE", "--", "missing")
    found.expect("sampling", "no", "hint: .*sudo.*setcap.*container")
    return found.result()


# $1: a Python that is asleep in a process of its own when $2 does what is behind it; $3: a file that it makes.
BESIDE = """
program=$2 made=$3
"$1" -S -c 'import sys, time; open(sys.argv[1], "w").close(); time.sleep(60)' "$made" &
while [ ! -e "$made" ]; do sleep 0.05; done
shift 3
"$program" "$@"
status=$?
kill $!
exit $status
"""


def beside(*wrap):
    """The doctor's findings beside a Python that is his only company, or of his user's."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        return as_other(*wrap, "sh", "-c", BESIDE, "sh", SYSTEM, "PROFILER", os.path.join(folder, "made"), "doctor")


def other_pids():
    """In a PID namespace of one's own only the processes in it are there, by the numbers that they have there."""
    found = beside("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    found.expect("PID namespace", "--", "only the processes in it", "--pid=host")
    found.expect("Python processes", "ok", "^1, supported")
    if [pid > 9 for pid in found.rows] != [False]:
        found.problems.append("pids %s" % list(found.rows))
    return found.result()


def without_btf():
    found = as_other("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$0" doctor', "PROFILER")
    found.expect("BTF", "no", "CONFIG_DEBUG_INFO_BTF")
    found.expect("BPF program", "no")
    found.expect("attached", "--")
    return found.result()


def facts_of(interpreter):
    """What an interpreter says of itself: version, debug, free-threaded."""
    return interpreter.run("-c", "import platform, sys, sysconfig; print('%s %d %d' % (platform.python_version(), "
                           "hasattr(sys, 'gettotalrefcount'), bool(sysconfig.get_config_var('Py_GIL_DISABLED'))))").split()


def mapped(pid):
    with open("/proc/%d/maps" % pid) as maps:
        return set(line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6)


def healthy(interpreter):
    version, debug, free_threaded = facts_of(interpreter)
    with harness.Target(interpreter, "threads", 60) as target:
        pid = target.wait_ready().pid
        found = doctor("-p", pid)
        verbose = doctor("-p", pid, "-v")
        files = mapped(pid)
    found.expect("process", "ok", r"pid %d " % pid, r"command .*threads\.py 60")
    # Where no symbol tells the patch level, only the series is known.
    series = version.rpartition(".")[0]
    found.expect("version", "ok", r"^CPython (%s|%s)$" % (re.escape(version), re.escape(series)))
    found.expect("build", "ok", "^debug" if debug == "1" else "^release",
                 "free-threaded" if free_threaded == "1" else "with the GIL")
    found.expect("runtime", "ok", "found by .* in (%s)" % "|".join(map(re.escape, files)), r"at 0x[0-9a-f]+")
    found.expect("thread states", "ok", r"^%d, %d of them in Python code" % (THREADS, THREADS))
    below = found.lines.get("thread states", ("no", "", []))[2]
    states = set(re.findall(r"^(0x[0-9a-f]+) of interpreter ", "\n".join(below), re.M))
    if len(states) != THREADS:
        found.problems.append("%d different thread states" % len(states))
    found.expect("supported", "ok")
    found.expect("this host", "ok")
    return found.result() + offsets(verbose)


def offsets(verbose):
    """The fields that -v lists are those that are counted."""
    mark, sentence, fields = verbose.lines.get("offsets", ("no", "", []))
    counts = dict((word, int(n)) for n, word in re.findall(r"(\d+) (?:from the (process|row)|derived)", sentence))
    counts["derived"] = counts.pop("", 0)
    listed = dict((word, 0) for word in counts)
    for line in fields:
        match = re.match(r"[a-z_]+ +(\d+)  (row|process|derived)$", line)
        if match:
            listed[match.group(2)] += 1
        elif not re.match(r"[a-z_]+ +-$", line):
            verbose.problems.append("no field: %r" % line)
    if mark != "ok" or listed != counts or sum(counts.values()) < 30:
        verbose.problems.append("counted %s, listed %s" % (counts, listed))
    return verbose.result()


def listed():
    """Every Python of the host with its version, build and file; others are counted, and we are none of either."""
    present = [i for i in interpreters.own(interpreters.supported())]
    targets, other = [], harness.start(["/bin/sleep", "60"])
    try:
        for interpreter in present:
            targets.append(harness.Target(interpreter, "sleeper", 60))
        for target in targets:
            target.wait_ready()
        found = doctor()
        for target in targets:
            version, debug, free_threaded = facts_of(target.interpreter)
            words = [word for word, has in (("free-threaded", free_threaded), ("debug", debug)) if has == "1"]
            found.expect_row(target.pid, version="^%s" % re.escape(version.rpartition(".")[0]), supported="^yes$",
                             container="^host$", found_by="symbol|section|cookie|code", in_file="python", name="^python")
            flavour = found.rows.get(target.pid, {}).get("VERSION", "").partition(" (")[2]
            if flavour.rstrip(")") != ", ".join(words):
                found.problems.append("pid %d: %r, not %s" % (target.pid, flavour, words))
        names = [row["NAME"] for row in found.rows.values()]
        if other.pid in found.rows or any(name.startswith(("sleep", "pybpfprof")) for name in names):
            found.problems.append("these are no Pythons: %s" % names)
        all_good = all(row["SUPPORTED"] == "yes" for row in found.rows.values())
        found.expect("Python processes", "ok" if all_good else "--", r"^%d\b" % len(found.rows),
                     r"\b\d+ processes are no Python")
    finally:
        for target in targets:
            target.__exit__()
        harness.end(other)
    return found.result()


def in_container():
    """Its container by the beginning of its id, as no runtime has a file about it; and its pid as we see it."""
    program = [SYSTEM, "-S", "-B", "-c", code("work", 60)]
    with containers.unshared(program) as container:
        harness.wait_for(lambda: container.pid)
        found = doctor()
        found.expect_row(container.pid, container="^%s$" % container.id[:12], version=r"^3\.", supported="^yes$")
    return found.result()


class Stuck:
    """A Python on a file system that has stopped to answer."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        script = os.path.join(os.path.dirname(os.path.abspath(harness.__file__)), "stuck_fuse.py")
        loop = "import sys, time; open(sys.executable, 'rb').read(); print('ready', flush=True); time.sleep(60)"
        self.process = harness.start([SYSTEM, "-S", script, self.folder.name, SYSTEM, "-S", "-c", loop],
                                     stdout=subprocess.PIPE, env=dict(os.environ, PYTHONHOME="/usr"))
        self.pid = self.process.pid
        server = int(self.process.stdout.readline().split()[1])
        self.process.stdout.readline()
        os.kill(server, signal.SIGUSR1)
        time.sleep(0.1)
        return self

    def __exit__(self, *details):
        harness.end(self.process)  # and its server, at whose end all wake that wait for it
        self.process.stdout.close()
        self.folder.cleanup()


def stuck():
    """It is given up and listed as such; the others are listed as ever, and asked for alone it is refused."""
    with harness.Target(interpreters.any_supported(), "sleeper", 60) as target, Stuck() as process:
        target.wait_ready()
        found, alone = doctor(), doctor("-p", process.pid)
    found.expect_row(process.pid, supported="^no: .*did not answer", version="^-$")
    found.expect_row(target.pid, supported="^yes$")
    alone.expect("supported", "no", "did not answer")
    return found.result() + alone.result()


def unprivileged_list():
    """Processes of others are counted, with the reason; one's own are listed."""
    with harness.Target(interpreters.any_supported(), "sleeper", 60) as target:
        target.wait_ready()
        found = beside(*AS_NOBODY)
    found.expect("Python processes", "ok", r"\b\d+ may not be looked at \(.*(permitted|denied)")
    if target.pid in found.rows or not found.rows:
        found.problems.append("listed are %s" % found.rows)
    return found.result()


def several():
    """One after the other; one that is refused makes the answer no."""
    with harness.Target(interpreters.any_supported(), "sleeper", 60) as one, \
            harness.Target(interpreters.any_supported(), "sleeper", 60) as other:
        pids = [target.wait_ready().pid for target in (one, other)]
        good, bad = doctor("-p", "%d,%d" % tuple(pids)), doctor("-p", pids[0], "-p", os.getppid())
    problems = []
    for found, supported in ((good, 2), (bad, 1)):
        text = found.run.out.decode("utf-8")
        if (len(re.findall(r"^ok  process  ", text, re.M)), len(re.findall(r"^ok  supported  ", text, re.M)),
                len(re.findall(r"^ok  this host  ", text, re.M))) != (2, supported, 1):
            problems.append(text)
        problems += found.result()
    return problems


def refused(pid, *patterns):
    found = doctor("-p", pid)
    found.expect("supported", "no", *patterns)
    return found.result()


def not_python():
    process = harness.start(["/bin/sleep", "60"])
    try:
        return refused(process.pid, "sleep", "not .*CPython|no .*CPython|not .*Python", "hint: ")
    finally:
        harness.end(process)


def gone():
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    return refused(process.pid, "no such process|No such process", "hint: ")


def zombie():
    process = subprocess.Popen(["/bin/true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        return refused(process.pid, "has ended")
    finally:
        process.wait()


def hostile():
    """A process whose name and arguments would clear the screen and claim to be healthy."""
    evil = "\033[2J\nok  supported      x\r\u202e"
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "p\033[31m\nok")
        os.symlink("/bin/sleep", program)
        process = harness.start([evil, "60"], executable=program)
        try:
            found, listing = doctor("-p", process.pid), doctor()
        finally:
            harness.end(process)
    if re.search(b"[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae", listing.run.out):
        found.problems.append("control characters in the list: %r" % listing.run.out)
    found.problems += listing.problems
    found.expect("process", "ok", r"\\x1b\[2J", r"\\x1b\[31m")
    found.expect("supported", "no")
    if re.search(b"[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae", found.run.out):
        found.problems.append("control characters on the terminal: %r" % found.run.out)
    return found.result()


def foreign(interpreter):
    """Somebody else's process, for one without privileges."""
    with harness.Target(interpreter, "sleeper", 60) as target:
        found = as_other(*AS_NOBODY, "PROFILER", "doctor", "-p", str(target.wait_ready().pid))
    found.expect("supported", "no", "permitted", "hint: ")
    found.expect("this host", "no", "pybpfprof doctor")
    return found.result()


def unsupported(interpreter):
    with harness.Target(interpreter, "sleeper", 60) as target:
        return refused(target.wait_ready().pid, re.escape(interpreter.version), "not supported|supported are|supports")


def colours():
    plain, coloured = harness.profile("doctor"), harness.profile("doctor", "--color")
    good = b"\033" not in plain.out and b"\033[32mok\033[0m  " in coloured.out
    return [] if good else [str(plain), str(coloured)]


def closed_output():
    """A diagnosis that nobody could read is a failure, and says so."""
    problems = []
    for redirection in (">&-", ">/dev/full"):
        process = harness.start(["/bin/sh", "-c", 'exec "$0" doctor ' + redirection, harness.PROFILER],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        run = harness.finish(process)
        if run.status != 1 or not re.match(r"pybpfprof: cannot write to standard output: \S", run.err) or run.out:
            problems.append("%s: %s" % (redirection, run))
    return problems


def usage(arguments, *patterns):
    run = harness.profile(*arguments)
    good = run.status == 2 and not run.out and all(re.search(p, run.err) for p in patterns)
    return [] if good else [str(run)]


def shortened():
    run = harness.profile("doc")
    return [] if run.status == 0 and b"BPF program" in run.out else [str(run)]


tap = harness.begin()
for name, function in (("this host", this_host), ("this host without privileges", unprivileged_host),
                       ("a kernel without BTF", without_btf),
                       ("not a Python process", not_python), ("no such process", gone), ("a zombie", zombie),
                       ("a hostile name", hostile), ("colours", colours), ("output that cannot be written", closed_output),
                       ("the verb cut short", shortened)):
    tap.attempt(name, function)
for arguments, patterns in ((["docter"], ["docter", "did you mean 'doctor'"]),
                            (["doctor", "doctor"], ["'doctor' is one argument too many"]),
                            (["doctor", "812"], ["812", "-p 812"]),
                            (["doctor", "-r", "99"], ["--rate", "samples nothing", "--pid"])):
    tap.attempt("bad usage: " + " ".join(arguments), lambda: usage(arguments, *patterns))
for interpreter in interpreters.refused():
    name = "%s is refused by name" % interpreter.label
    if interpreter.path:
        tap.attempt(name, lambda: unsupported(interpreter))
    else:
        tap.skip(name, interpreter.reason)
for interpreter in harness.each_supported(tap, "is described"):
    tap.attempt("%s is described" % interpreter.label, lambda: healthy(interpreter))
interpreter = interpreters.any_supported()
for name, function in (("somebody else's process, without privileges", lambda: foreign(interpreter)),
                       ("every Python of the host is listed", listed), ("several processes", several)):
    if interpreter:
        tap.attempt(name, function)
    else:
        tap.skip(name, "no supported CPython is here")
for name, function in (("in a PID namespace", other_pids), ("a Python in a container is listed", in_container),
                       ("the list without privileges", unprivileged_list)):
    if interpreter and os.path.exists(SYSTEM):
        tap.attempt(name, function)
    else:
        tap.skip(name, "no " + SYSTEM)
if not os.path.exists("/dev/fuse"):
    tap.skip("a Python that does not answer", "no /dev/fuse")
elif not os.path.exists(SYSTEM):
    tap.skip("a Python that does not answer", "no " + SYSTEM)
else:
    tap.attempt("a Python that does not answer", stuck)
sys.exit(tap.done())
