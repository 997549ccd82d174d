#!/usr/bin/env python3
"""The README's section "I used ...": each command of its tables is typed, and shows the program's functions."""
import os
import re
import shlex
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

SECTION, NEXT = "## I used", "## "
harness.PROFILER = os.path.abspath(harness.PROFILER)  # commands are typed in a folder of their own
COMMAND = re.compile(r"`((?:sudo )?pybpfprof [^`]*)`")
# What may stand instead of a command.
WITHOUT = re.compile(r"\bnot (yet|here)\b|\balways so\b")
# The program that all of them are about; with an argument it goes on for so many seconds.
APP = """import sys
import time


def init(n):
    return [i * i for i in range(n)]


def parse(n):
    return sum(init(n))


def work(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        parse(1000)


work(float(sys.argv[1]) if sys.argv[1:] else 0.7)
"""


def rows():
    """(tool, what is typed there, what is said of here) of each row of the section's tables."""
    inside, tool = False, None
    with open(os.path.join(harness.ROOT, "README.md"), encoding="utf-8") as readme:
        for line in readme:
            if line.startswith(NEXT):
                inside = line.startswith(SECTION)
            elif inside and line.startswith("### "):
                tool = line[4:].strip()
            elif inside and line.startswith("| ") and not line.startswith("| there"):
                there, here = line.strip().strip("|").rsplit(" | ", 1)
                yield tool, there.strip(), here.strip()


class Run:
    """One command as it stands in the README, about a process of ours in a folder of ours."""

    def __init__(self, command, interpreter, pid):
        words = shlex.split(command)
        words = words[1:] if words[0] == "sudo" else words
        assert words[0] == "pybpfprof"
        words = [str(pid) if word == "812" else word for word in words[1:]]
        words = [interpreter.path if word == "python3" else word for word in words]
        self.timed = "-d" in words
        if self.timed:  # the README may take its time
            words[words.index("-d") + 1] = "1"
        self.words, self.attached = words, "-p" in words
        self.output = words[words.index("-o") + 1] if "-o" in words else None

    def start(self, folder):
        if self.output and os.path.exists(os.path.join(folder, self.output)):
            os.rename(os.path.join(folder, self.output), os.path.join(folder, "kept"))
        commands = open(os.path.join(folder, "commands"), "rb") if self.words[0] == "browse" else None
        keywords = {"stdin": commands} if commands else {}
        process = harness.start_profiler(*self.words, cwd=folder, **keywords)
        if commands:
            commands.close()
        if self.attached and not self.timed:
            time.sleep(1.5)
            process.send_signal(signal.SIGINT)
        return harness.finish(process)


def typed(command, interpreter, pid, folder):
    """Problems: it failed, or what it wrote does not show the program."""
    run = Run(command, interpreter, pid)
    result = run.start(folder)
    if result.status:
        return [command, str(result)]
    text = result.out
    if run.output:
        with open(os.path.join(folder, run.output), "rb") as file:
            text = file.read()
    if run.output and run.output.endswith(".gz"):
        shown = harness.profile("report", "-f", "folded", run.output, cwd=folder)
        text = shown.out
    kept = os.path.join(folder, "kept")
    if os.path.exists(kept):
        os.rename(kept, os.path.join(folder, run.output))
    return [] if b"parse" in text or b"work" in text or b"init" in text else [command, str(result)]


def saved(interpreter, folder):
    """The saved profiles that the README speaks of."""
    problems = []
    for name in ("app.pb.gz", "before.pb.gz", "after.pb.gz"):
        result = harness.profile("record", "-q", "-o", name, "--", interpreter.path, "app.py", cwd=folder)
        if result.status:
            problems.append(str(result))
    return problems


def section(found):
    """It has the tables, and each row says something."""
    tools = set(tool for tool, _, _ in found)
    out = [] if len(tools) >= 5 else ["only %s" % tools]
    return out + ["says nothing: %s" % (row,) for row in found
                  if not COMMAND.search(row[2]) and not WITHOUT.search(row[2])]


tap = harness.begin()
found = list(rows())
tap.check("the section has a table for each tool, and a command or a reason in each row", section(found))
interpreter = interpreters.any_supported()
if not interpreter:
    tap.skip("the commands of the section", "no supported CPython is here")
    sys.exit(tap.done())
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "app.py"), "w") as file:
        file.write(APP)
    with open(os.path.join(folder, "commands"), "w") as file:
        file.write("stats 10\nquit\n")
    tap.attempt("profiles are saved", lambda: saved(interpreter, folder))
    program = harness.start([interpreter.path, "app.py", "600"], {harness.TARGET_CPU}, cwd=folder,
                            env=interpreter.start_environment())
    try:
        time.sleep(1)
        done = set()
        for tool, there, here in found:
            for command in COMMAND.findall(here):
                if command not in done:
                    done.add(command)
                    tap.attempt("%s: %s" % (tool, command), lambda: typed(command, interpreter, program.pid, folder))
    finally:
        harness.end(program)
sys.exit(tap.done())
