#!/usr/bin/env python3
"""Where the report goes: files of the invoking user, devices that are full, pipes that nobody reads."""
import os
import re
import stat
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

NOBODY = 65534


def run(target, *options, **keywords):
    return harness.profile("-p", target.pid, "-d", 1, "-f", "folded", "-q", *options, **keywords)


def failed(result, *patterns):
    out = [] if result.status == 1 else ["exit status %d, not 1" % result.status]
    out += ["the message lacks %r" % p for p in patterns if not re.search(p, result.err, re.I)]
    return out + [str(result)] if out else []


def missing_folder(target, folder):
    """Told before the run: no account follows."""
    result = run(target, "-o", os.path.join(folder, "none", "profile.folded"))
    late = ["sampled first: %s" % result.err] if "stacks: " in result.err else []
    return late + failed(result, "cannot write", "none", "no such file or directory")


def onto_folder(target, folder):
    return failed(run(target, "-o", folder), "cannot write")


def full_device(target, folder):
    return failed(run(target, "-o", "/dev/full"), "/dev/full", "no space left")


def full_standard_output(target, folder):
    with open("/dev/full", "wb") as full:
        return failed(run(target, stdout=full), "standard output", "no space left")


def closed_pipe(target, folder):
    """A failure with a message of its own, not a death by SIGPIPE."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return failed(run(target, stdout=writing), "standard output", "broken pipe")
    finally:
        os.close(writing)


def owned(target, folder):
    """Under sudo the file is the invoking user's, and nobody else's to read."""
    path = os.path.join(folder, "owned.folded")
    environment = dict(os.environ, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY))
    os.chown(folder, NOBODY, NOBODY)
    result = run(target, "-o", path, env=environment)
    status = os.lstat(path)
    good = result.status == 0 and status.st_uid == NOBODY and stat.S_IMODE(status.st_mode) == 0o600
    return [] if good else ["uid %d, mode %o: %s" % (status.st_uid, status.st_mode, result)]


def link(target, folder):
    """A link in the file's place is replaced, what it points to stays."""
    victim, path = os.path.join(folder, "victim"), os.path.join(folder, "link.folded")
    with open(victim, "w") as file:
        file.write("mine")
    os.symlink(victim, path)
    result = run(target, "-o", path)
    with open(victim) as file:
        kept = file.read() == "mine"
    good = kept and (result.status == 1 or not os.path.islink(path))
    return [] if good else ["victim %s: %s" % ("kept" if kept else "changed", result)]


def nothing_half(target, folder):
    """Killed in the middle of a run it leaves no file of the goal's name."""
    path = os.path.join(folder, "half.folded")
    process = harness.start_profiler("-p", target.pid, "-o", path, "-q")
    try:
        harness.finish(process, 1)  # kills it when it has not ended after that time
    finally:
        harness.end(process)
    return ["there is a %s" % path] if os.path.exists(path) else []


tap = harness.begin()
interpreter = interpreters.any_supported()
if not interpreter:
    harness.tap_module.skip_all("no supported CPython is here")
with tempfile.TemporaryDirectory() as folder, harness.Target(interpreter, "calls", 120) as target:
    target.wait_ready()
    for function in (missing_folder, onto_folder, full_device, full_standard_output, closed_pipe, owned, link,
                     nothing_half):
        tap.attempt(function.__name__.replace("_", " "), lambda: function(target, folder))
sys.exit(tap.done())
