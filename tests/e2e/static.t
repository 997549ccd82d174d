#!/usr/bin/env python3
"""The program without libraries: in a root that has nothing else, and as the container image of the Containerfile."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import containers
import harness
import interpreters
from work import Short, code

SYSTEM = "/usr/bin/python3.11"
STATIC = os.path.join(harness.ROOT, ".out", "static", "pybpfprof")
IMAGE = os.path.join(harness.ROOT, ".out", "image")
FOLDED = ("-d", "2", "-f", "folded", "-q")
NOBODY = "65534"
# A root with /proc, /sys and one program.
EMPTY_ROOT = """
set -e
root=$1
mount -t tmpfs tmpfs "$root"
mkdir "$root/proc" "$root/sys"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
cp "$2" "$root/program"
shift 2
exec chroot "$root" /program "$@"
"""
# The profiler beside a Python that is at work, and this machine's folders that they need for it.
BESIDE = SYSTEM + """ -S -c "open('/tmp/made', 'w').close()$0" >/dev/null &
while [ ! -e /tmp/made ]; do sleep 0.05; done
exec /pybpfprof "$@"
"""
FOLDERS = ("/usr", "/bin", "/lib", "/lib64")
# What we use of what a privileged container has, by number (linux/capability.h).
CAPABILITIES = {1: "DAC_OVERRIDE", 2: "DAC_READ_SEARCH", 5: "KILL", 6: "SETGID", 7: "SETUID", 19: "SYS_PTRACE",
                21: "SYS_ADMIN", 24: "SYS_RESOURCE", 38: "PERFMON", 39: "BPF", 40: "CHECKPOINT_RESTORE"}
RUNC = ("an image's root has the program alone", "an image, privileged and with the host's pids",
        "an image, privileged and with pids of its own")


def build():
    """make image-root, in no other build's way; why it cannot be made here, "" if it was."""
    if not shutil.which("make") or not shutil.which(os.environ.get("CC", "gcc")):
        return "no make or no C compiler"
    environment = dict((name, value) for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DEBUG", "SAN", "OUT"))
    made = subprocess.run(["make", "--no-print-directory", "-C", harness.ROOT, "image-root"], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        harness.tap_module.bail_out("make image-root: %s" % made.stdout.decode("utf-8", "replace")[-1500:])
    return ""


def alone(*arguments):
    """A run of the program in a root of its own, where it has /proc and /sys and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        return harness.profile(*arguments, wrap=lambda words: [
            "unshare", "--mount", "--propagation", "private", "sh", "-c", EMPTY_ROOT, "sh", folder, STATIC, *words[1:]])


def few(run, *pids):
    return ["few samples of pid %d: %s" % (pid, run) for pid in pids if run.process(pid).within("round_trip") < 100]


def without_interpreter():
    """No program header asks for a dynamic linker (PT_INTERP, 3)."""
    with open(STATIC, "rb") as file:
        header = file.read(64)
        file.seek(int.from_bytes(header[32:40], "little"))
        size, count = (int.from_bytes(header[at:at + 2], "little") for at in (54, 56))
        kinds = [int.from_bytes(file.read(size)[:4], "little") for _ in range(count)]
    return ["program headers of kinds %s" % kinds] if 3 in kinds or 1 not in kinds else []


def doctor_alone():
    with harness.Target(interpreters.any_supported(), "sleeper", 60) as target:
        target.wait_ready()
        run = alone("doctor")
    text = run.out.decode("utf-8")
    row = re.search(r"^ +%d  .*  yes$" % target.pid, text, re.M)
    return [] if run.status == 0 and row and re.search(r"^ok  sampling ", text, re.M) else [str(run)]


def sampled_alone(*options):
    """The target's files are found where the kernel says that they are, whatever our own root."""
    with harness.Target(interpreters.any_supported(), "calls", 60) as target:
        target.wait_ready()
        run = alone(*FOLDED, *(option.replace("PID", str(target.pid)) for option in options))
    return run.problems() + few(run, target.pid)


def launches():
    """The invoking user's name and groups are found without the libraries that usually look them up."""
    env = dict(os.environ, SUDO_UID=NOBODY, SUDO_GID=NOBODY)
    run = harness.profile("-q", "-f", "folded", "-o", "/dev/null", "--", "/usr/bin/id", "-un",
                          wrap=lambda words: [STATIC, *words[1:]], env=env)
    return [] if run.status == 0 and run.out == b"nobody\n" else [str(run)]


class Image(containers.Runc):
    """The image, privileged: its own program runs, or command where folders of this machine are there, too."""

    def __init__(self, arguments, host_pids, command=("/pybpfprof",), folders=()):
        self.host_pids, self.folders = host_pids, folders
        super().__init__([*command, *map(str, arguments)], root=IMAGE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def _specification(self, path):
        out = super()._specification(path)
        # None can be given that we have not; without one of those that are needed the profiler says so.
        held = int(containers.status(os.getpid(), "CapBnd")[0], 16)
        names = ["CAP_" + name for number, name in CAPABILITIES.items() if held >> number & 1]
        out["process"]["capabilities"] = dict((kind, names) for kind in ("bounding", "effective", "permitted"))
        out["mounts"].append({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]})
        out["mounts"] += [{"destination": folder, "type": "bind", "source": os.path.realpath(folder),
                           "options": ["rbind", "ro"]} for folder in self.folders if os.path.isdir(folder)]
        if self.host_pids:
            out["linux"]["namespaces"] = [n for n in out["linux"]["namespaces"] if n["type"] != "pid"]
        return out


def ran(*arguments, **keywords):
    with Image(*arguments, **keywords) as image:
        return harness.finish(image.process)


def image_root():
    """What the Containerfile copies is what the image's root has, and it is what is started."""
    with open(os.path.join(harness.ROOT, "Containerfile")) as text:
        steps = [line.split() for line in text if line.strip() and not line.startswith("#")]
    wanted = [["FROM", "scratch"], ["COPY", os.path.relpath(STATIC, harness.ROOT), "/pybpfprof"],
              ["ENTRYPOINT", '["/pybpfprof"]']]
    out = [] if steps == wanted else ["Containerfile: %s" % steps]
    run = ran(["--version"], False)
    if os.listdir(IMAGE) != ["pybpfprof"] or run.status or not run.out.startswith(b"pybpfprof "):
        out.append("%s, %s" % (os.listdir(IMAGE), run))
    return out


def with_host_pids():
    """It sees the host alike: its processes and those of other containers, by the host's pids."""
    program = [SYSTEM, "-S", "-B", "-c", code("inside", 60)]
    with harness.Target(interpreters.any_supported(), "calls", 60) as target, containers.unshared(program) as other:
        target.wait_ready()
        pids = target.pid, other.pid
        found, run = ran(["doctor"], True), ran(FOLDED, True)
    text = found.out.decode("utf-8")
    problems = run.problems() + few(run, target.pid)
    if run.process(other.pid).within("inside") < 100:
        problems.append("few samples of the other container: %s" % run)
    if found.status or not all(re.search(r"^ +%d  .*  yes$" % pid, text, re.M) for pid in pids):
        problems.append(str(found))
    if other.id[:12] not in text or not re.search(r"^ok  PID namespace +the host's$", text, re.M):
        problems.append(text)
    return problems


def with_own_pids():
    """It samples and lists what it sees, by the numbers that it sees, and says that this is not all."""
    command = ["/bin/sh", "-c", BESIDE, code("inside", 60)]
    with Image(("-d", "4", *FOLDED[2:]), False, command=command, folders=FOLDERS) as image:
        time.sleep(2)
        for _ in range(3):  # of the same file as the one inside
            Short(SYSTEM, "outside", 0.3)
        run = harness.finish(image.process)
    found = ran(["doctor"], False, command=command, folders=FOLDERS)
    problems = run.problems()
    if sum(process.within("inside") for process in run.processes.values()) < 100 or b"outside" in run.out:
        problems.append("stacks of others, or none: %s" % run)
    if any(pid > 99 for pid in run.processes):
        problems.append("pids %s" % list(run.processes))
    if "PID namespace" not in run.err or "--pid=host" not in run.err:
        problems.append("nothing said of the others: %s" % run)
    text = found.out.decode("utf-8")
    rows = [int(pid) for pid in re.findall(r"^ +(\d+)  .*  yes$", text, re.M)]
    if found.status or len(rows) != 1 or rows[0] > 99 or not re.search(r"^--  PID namespace .*--pid=host", text, re.M):
        problems.append(str(found))
    return problems


def main():
    tap = harness.begin()
    reason = build()
    if reason:
        harness.tap_module.skip_all(reason)
    interpreter = interpreters.any_supported()
    tap.attempt("it asks for no dynamic linker", without_interpreter)
    tap.attempt("it starts a command as another user", launches)
    for name, function in (("doctor in an empty root", doctor_alone),
                           ("one process from an empty root", lambda: sampled_alone("-p", "PID")),
                           ("the whole host from an empty root", sampled_alone)):
        if interpreter:
            tap.attempt(name, function, 2)
        else:
            tap.skip(name, "no supported CPython is here")
    try:
        containers.fetched("runc", "usr/sbin/runc")
        reason = "" if os.path.exists(SYSTEM) else "no " + SYSTEM
    except containers.Unavailable as unavailable:
        reason = str(unavailable)
    for name, function in zip(RUNC, (image_root, with_host_pids, with_own_pids)):
        if reason:
            tap.skip(name, reason)
        else:
            tap.attempt(name, function, 2)
    return tap.done()


sys.exit(main())
