#!/usr/bin/env python3
"""The browser on a terminal: prompt, history, completion; and from a pipe: nothing but what the commands print."""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import pprof

MAIN, WORK, ADD = ("main", "/x/a.py", 3, 1), ("work", "/x/a.py", 9, 8), ("add", "/x/b.py", 2, 1)
STACKS = [([MAIN, WORK], 2), ([MAIN, ADD], 3)]
PATIENCE = 30  # seconds for a machine that has much to do
# What moves the cursor and sets colours, which a person does not see as characters.
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\x1b[=>]|[\x07\r]")


def make(folder, name, stacks):
    profile = pprof.Profile()
    for frames, count in stacks:
        profile.add(frames, count)
    return profile.write(os.path.join(folder, name))


class Terminal:
    """The browser on a terminal of its own, in a folder."""

    def __init__(self, folder, *arguments):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="xterm", LANG="C.UTF-8", HOME=folder)
            os.execv(harness.PROFILER, [harness.PROFILER, "browse", "--no-color", *arguments])

    def wait_for(self, pattern, since=0):
        """Read until the pattern is on the screen behind byte `since`; returns where it ends, or raises."""
        end = time.monotonic() + PATIENCE
        while True:
            seen = ESCAPE.sub("", self.text)
            match = re.compile(pattern, re.S).search(seen, since)
            if match:
                return match.end()
            if time.monotonic() > end or not self._read():
                raise AssertionError("%r is not in %r" % (pattern, seen[since:]))

    def _read(self, seconds=PATIENCE):
        try:
            if not select.select([self.fd], [], [], seconds)[0]:
                return False
            part = os.read(self.fd, 4096)
        except OSError:  # the other end is closed
            return False
        self.text += part.decode("utf-8", "replace")
        return bool(part)

    def type(self, keys):
        try:
            os.write(self.fd, keys)
        except OSError:  # it has ended
            pass

    def end_by(self, keys):
        """The exit status. Keys that were typed before libedit had set up the terminal may be lost: they come again."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            self.type(keys)
            while self._read(1):
                pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def on_terminal(folder, *steps, last=b"quit\n"):
    """Type each step's keys and wait for its pattern behind what is there already."""
    terminal = Terminal(folder, "app.pb.gz")
    try:
        at = terminal.wait_for(r"5 samples.*app\.pb\.gz% ")
        for keys, pattern in steps:
            terminal.type(keys)
            at = terminal.wait_for(pattern, at)
        status = terminal.end_by(last)
    except AssertionError as failure:
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.end_by(b"")
        return [str(failure)]
    return [] if status == 0 else ["status %d: %r" % (status, terminal.text[-800:])]


def piped(folder, commands, *arguments):
    return subprocess.run([harness.PROFILER, "browse", *arguments], input=commands.encode(), cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)


def completion(folder):
    prompt = r"app\.pb\.gz% "
    return on_terminal(folder,
                       (b"callers ad\n", r"b\.py:1\(add\).*" + prompt),
                       (b"rev\t\n", r"reverse\s.*" + prompt),
                       (b"sort cumu\t\n", r"sort cumulative\s.*" + prompt),
                       (b"add oth\t\n", r"add other\.pb\.gz\s.*" + prompt),
                       (b"callers ad\n", r"\s12 .*b\.py:1\(add\).*" + prompt),
                       (b"help s\t\t", r"sort.*stats.*strip"),
                       (b"tats\n", r"regular expression.*" + prompt))


def history(folder):
    return on_terminal(folder, (b"callees main\n", r"-> b\.py:1\(add\).*% "), (b"\x1b[A\n", r"-> b\.py:1\(add\).*% "))


def failures_go_on(folder):
    return on_terminal(folder, (b"stast\n", r"no command 'stast'.*did you mean stats.*% "),
                       (b"read missing\n", r"missing: No such file.*% "), (b"callers add\n", r"b\.py:1\(add\).*% "))


def end_of_input(folder):
    # What was lost is on the line as something else: Ctrl-U empties it.
    return on_terminal(folder, last=b"\x15\x04")


def hostile_files(folder):
    """A name that would move on the terminal is not listed among the completions."""
    for name in ("evil\x1b[31m1", "evil2"):
        make(folder, name, STACKS)
    out = on_terminal(folder, (b"add evi\t\n", r"add evil2\s.*% "))
    for name in ("evil\x1b[31m1", "evil2"):
        os.remove(os.path.join(folder, name))
    return out


def plain_pipe(folder):
    """No prompt, no greeting, no colours."""
    result = piped(folder, "sort cumulative name\nstrip\ncallees main\n", "app.pb.gz")
    expected = ("  samples      self     total  function -> what it called\n"
                "        5    0.000s    0.005s  a.py:1(main)\n"
                "        3    0.003s    0.003s    -> b.py:1(add)\n"
                "        2    0.002s    0.002s    -> a.py:8(work)\n"
                "2 more functions with 0.005 s self (100.00 %)\n")
    return [] if (result.returncode, result.stdout.decode(), result.stderr) == (0, expected, b"") else [str(result)]


def failed_pipe(folder):
    """The other commands are carried out, and the status tells."""
    result = piped(folder, "bogus\ncallees main 1\nadd missing\n", "app.pb.gz")
    good = (result.returncode == 1 and b"a.py:1(main)" in result.stdout and b"no command 'bogus'" in result.stderr and
            b"2 of 3 commands failed" in result.stderr)
    return [] if good else [str(result)]


def several_files(folder):
    result = piped(folder, "add other.pb.gz\ncallees add", "app.pb.gz")
    return [] if result.returncode == 0 and b"       12 " in result.stdout else [str(result)]


def no_file(folder):
    result = piped(folder, "stats\n", "missing.pb.gz")
    return [] if result.returncode == 1 and not result.stdout and b"missing.pb.gz" in result.stderr else [str(result)]


def closed_output(folder):
    with open("/dev/full", "wb") as full:
        result = subprocess.run([harness.PROFILER, "browse", "app.pb.gz"], input=b"stats\nstats\n", cwd=folder,
                                stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
    return [] if result.returncode == 1 and b"No space left" in result.stderr else [str(result)]


if not os.access(harness.PROFILER, os.X_OK):
    harness.tap_module.bail_out("there is no %s: make it, or set PYBPFPROF" % harness.PROFILER)
tap = harness.tap_module.Tap()
with tempfile.TemporaryDirectory() as folder:
    make(folder, "app.pb.gz", STACKS)
    make(folder, "other.pb.gz", [([ADD], 9)])
    for name, function in (("words and files are completed", completion), ("the last line comes again", history),
                           ("a failure is told and the next command follows", failures_go_on),
                           ("Ctrl-D ends it", end_of_input), ("files with control characters", hostile_files),
                           ("from a pipe", plain_pipe), ("a command from a pipe fails", failed_pipe),
                           ("two files, and no new line at the end", several_files), ("a file that is not there", no_file),
                           ("standard output is full", closed_output)):
        tap.attempt(name, lambda: function(folder))
sys.exit(tap.done())
