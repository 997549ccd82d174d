#!/usr/bin/env python3
"""The interpreter is found by what it is, not by what it is called, also when its file is gone, huge or replaced."""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import interpreters

PYTHON = "/usr/bin/python3.11"  # Debian's: static, so that one file is the whole interpreter
LOOP = "import os\nprint('pid %d ready' % os.getpid(), flush=True)\nwhile True: pass"
LOADER = "/lib64/ld-linux-x86-64.so.2"
FIND = os.path.join(os.path.dirname(harness.PROFILER), "tests", "find")  # tests/bench/find.c
LIBRARY = os.path.realpath("/usr/lib/%s-linux-gnu/libpython3.11.so.1.0" % os.uname().machine)
SPARSE = 4 << 30  # bytes


class Running:
    """A copy of the interpreter under another name in a loop, killed at the end of the `with`."""

    def __init__(self, path, command=None):
        self.process = harness.start(command or [path, "-S", "-c", LOOP], {harness.TARGET_CPU}, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, env={"PYTHONHOME": "/usr"} if path else None)
        self.pid = self.process.pid

    def __enter__(self):
        if not self.process.stdout.readline():
            raise RuntimeError("it did not start")
        return self

    def __exit__(self, *details):
        harness.end(self.process)
        self.process.stdout.close()


def sampled(running, version="3.11"):
    """Problems of a run over it: it is a CPython of that version whose stacks are whole."""
    run = harness.profile("-p", running.pid, "-d", 0.5, "-f", "folded", "-q")
    problems = run.problems() or run.account.whole()
    if not problems and not (run.account.python + ".").startswith(version + "."):
        problems = ["CPython %s" % run.account.python]
    if not problems and not all(s.frames and s.frames[-1].label == "<module>" for s in run.stacks):
        problems = ["not the program's stacks: %s" % run.out[:200]]
    return problems


def copied(folder, name="worker"):
    return shutil.copy(PYTHON, os.path.join(folder, name))


def renamed(folder):
    with Running(copied(folder)) as running:
        return sampled(running)


def linked(folder):
    path = os.path.join(folder, "link")
    os.symlink(copied(folder), path)
    with Running(path) as running:
        return sampled(running)


def by_loader(folder):
    path = copied(folder)
    with Running(path, [LOADER, path, "-S", "-c", LOOP]) as running:
        return sampled(running)


def replaced_by(make):
    def test(folder):
        path = copied(folder)
        with Running(path) as running:
            os.unlink(path)
            make(path)
            return sampled(running)
    return test


def sparse(path):
    with open(path, "wb") as file:
        file.truncate(SPARSE)


def enlarged(folder):
    """An executable of 4 GB, of which hardly anything may be read."""
    path = copied(folder)
    with open(path, "r+b") as file:
        file.truncate(SPARSE)
    with Running(path) as running:
        problems = sampled(running)
        out = subprocess.run([FIND, str(running.pid)], stdout=subprocess.PIPE, check=True).stdout
        files, _, reads, size, _, again_reads, _ = map(int, out.split())
        # Of each file at most 64 reads and 1 MB; the rest are /proc's.
        if files != 1 or reads > 64 + 16 or size > 1 << 20:
            problems.append("%d files, %d reads, %d bytes" % (files, reads, size))
        if again_reads > 16:
            problems.append("known: %d reads" % again_reads)
        return problems


def headless(folder):
    """Without section headers, as packers leave files."""
    path = copied(folder)
    with open(path, "r+b") as file:
        file.seek(0x28)
        file.write(struct.pack("<Q", 0))  # e_shoff
        file.seek(0x3c)
        file.write(struct.pack("<HH", 0, 0))  # e_shnum, e_shstrndx
    with Running(path) as running:
        return sampled(running)


def crafted(folder):
    """Section headers that point nowhere and ask for everything; loaders do not look at them."""
    path = copied(folder)
    with open(path, "r+b") as file:
        file.seek(0x28)
        file.write(struct.pack("<Q", os.path.getsize(path) - 64 * 40))
        file.seek(0x3c)
        file.write(struct.pack("<HH", 40, 39))
        file.seek(-64 * 40, os.SEEK_END)
        file.write(b"\xff" * 64 * 40)
    with Running(path) as running:
        return sampled(running)


def mapped_instead(folder):
    """A process that is no Python and has mapped a crafted file as code beside it: refused, and soon."""
    path = os.path.join(folder, "libpython3.11.so.1.0")
    with open(path, "wb") as file:
        file.write(b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 1 << 40, 0, 64, 56,
                                                                  65535, 64, 65535, 1))
        file.truncate(1 << 20)
    program = ("import mmap, os, sys\nfile = open(sys.argv[1], 'rb')\n"
               "code = mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)\n" + LOOP)
    with Running(None, [PYTHON, "-S", "-c", program, path]) as running:
        return sampled(running)


def beside_another(version):
    """Two runtimes in one process, of which one is in use: the machine's libpython is loaded by another version."""
    def test(_folder):
        interpreter = interpreters.pyenv(version)
        program = "import ctypes, sys\nctypes.CDLL(sys.argv[1])\n" + LOOP
        with Running(None, [interpreter.path, "-S", "-c", program, LIBRARY]) as running:
            with open("/proc/%d/maps" % running.pid) as maps:
                if LIBRARY not in maps.read():
                    return ["%s is not mapped" % LIBRARY]
            return sampled(running, version)
    return test


def main():
    tap = harness.begin()
    tests = (("under another name", renamed), ("through a link", linked), ("started by the dynamic linker", by_loader),
             ("its file deleted", replaced_by(lambda path: None)), ("replaced by a FIFO", replaced_by(os.mkfifo)),
             ("replaced by a folder", replaced_by(os.mkdir)), ("replaced by 4 GB of nothing", replaced_by(sparse)),
             ("replaced by another program", replaced_by(lambda path: shutil.copy("/bin/true", path))),
             ("an executable of 4 GB", enlarged), ("without section headers", headless),
             ("section headers that make no sense", crafted), ("a crafted libpython beside it", mapped_instead))
    for name, test in tests:
        if not os.access(PYTHON, os.X_OK):
            tap.skip(name, "no %s" % PYTHON)
            continue
        with tempfile.TemporaryDirectory() as folder:
            tap.attempt(name, lambda: test(folder), 2)
    for version in ("3.8", "3.12", "3.13"):
        name = "a libpython 3.11 that %s has loaded and does not use" % version
        if interpreters.pyenv(version).path and os.path.exists(LIBRARY):
            tap.attempt(name, lambda: beside_another(version)(None), 2)
        else:
            tap.skip(name, interpreters.pyenv(version).reason or "no %s" % LIBRARY)
    return tap.done()


sys.exit(main())
