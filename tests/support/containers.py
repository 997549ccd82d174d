"""Starts programs in containers: of a shell's own making, by runc, and by a real Docker engine. Each is a Container
that knows what the profiler should call it, used in a `with`, at whose end its processes, cgroups and mounts are gone.

The programs are those of this machine: a container's root is made of the machine's own, so nothing is installed in it.
By hand, as root:  containers.py WAY COMMAND ARGUMENT...     WAY: runc, engine, user-namespace or one of STYLES
"""
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import harness
import interpreters

FETCHED = os.path.join(interpreters.FETCHED, "containers")  # by tests/pythons/containers.sh
SECONDS = 20  # for what should be done at once
# What a cgroup is called, and the runtime that its name tells. {pod}: with dashes; {pod_}: with underscores.
STYLES = {
    "docker": ("/docker/{id}", "docker"),
    "docker-systemd": ("/system.slice/docker-{id}.scope", "docker"),
    "kubepods": ("/kubepods/burstable/pod{pod}/{id}", ""),
    "kubepods-systemd": ("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{pod_}.slice"
                         "/cri-containerd-{id}.scope", "containerd"),
    "kubepods-containerd": ("/system.slice/containerd.service/kubepods-burstable-pod{pod_}.slice:cri-containerd:{id}",
                            "containerd"),
    "crio": ("/kubepods.slice/kubepods-pod{pod_}.slice/crio-{id}.scope", "crio"),
    "podman": ("/machine.slice/libpod-{id}.scope/container", "podman"),
    "lxc": ("/lxc.payload.{id}", "lxc"),
}

# A shell goes to cgroups, makes namespaces, and becomes the program on a root that is all of this machine, read-only.
# Perl makes the last calls, since the new root need not have the programs for it, and the old one is gone by then.
PIVOT = r"""
set -e
root=$1 name=$2
shift 2
[ -z "$name" ] || hostname "$name"
mount --rbind "$root" /mnt
mount -o remount,bind,ro /mnt
mount -t proc proc /mnt/proc
cd /mnt
case $(uname -m) in aarch64) pivot_root=41 umount2=39 ;; *) pivot_root=155 umount2=166 ;; esac
exec perl -e '
my ($pivot_root, $umount2) = splice @ARGV, 0, 2;
my ($here, $detach) = (".", 2);
syscall($pivot_root, $here, $here) == 0 && syscall($umount2, $here, $detach) == 0 && chdir "/" or die "pivot_root: $!";
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!"' "$pivot_root" "$umount2" "$@"
"""
# Its root is an overlay whose upper part is in memory.
RUNC = r"""
set -e
bundle=$1 root=$2 program=$3
shift 3
mount -t tmpfs tmpfs "$bundle/layers"
mkdir "$bundle/layers/upper" "$bundle/layers/work"
mount -t overlay -o "lowerdir=$root,upperdir=$bundle/layers/upper,workdir=$bundle/layers/work" overlay "$bundle/rootfs"
exec "$program" "$@"
"""
# Its /etc is this machine's with a /etc/docker/daemon.json.
DAEMON_JSON = r"""
set -e
mount -t tmpfs tmpfs "$1"
mkdir -p "$1/upper/docker" "$1/work"
printf %s "$2" >"$1/upper/docker/daemon.json"
mount -t overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" overlay /etc
shift 2
exec "$@"
"""
ENTER = 'for folder in $1; do echo 0 >"$folder/cgroup.procs"; done; shift; exec "$@"'


class Unavailable(Exception):
    """This way to start a container is not here; the text says why."""


def wait_for(what, function, process=None):
    """The first true answer of function."""
    end = time.monotonic() + SECONDS
    while True:
        answer = function()
        if answer:
            return answer
        if process is not None and process.poll() is not None:
            raise RuntimeError("%s: ended with status %s before" % (what, process.returncode))
        if time.monotonic() > end:
            raise RuntimeError("%s: not in %d s" % (what, SECONDS))
        time.sleep(0.01)


def hierarchies():
    """Where cgroups are mounted, v2's first."""
    found = []
    with open("/proc/self/mounts") as mounts:
        for line in mounts:
            _, folder, kind = line.split()[:3]
            if kind in ("cgroup", "cgroup2"):
                found.insert(0 if kind == "cgroup2" else len(found), folder)
    return found


class Cgroup:
    """One path in all hierarchies, as the runtimes do it."""

    def __init__(self, path, make=True):
        self.path = path
        self.folders = [mount + path for mount in hierarchies()]
        if not self.folders:
            raise Unavailable("no cgroups are mounted")
        if make:
            # A new cgroup of v1's cpuset has no CPUs, and takes no process before it is given some.
            self.made = [folder for folder in self.folders if "cpuset" not in folder[:-len(path)]]
            for folder in self.made:
                os.makedirs(folder, exist_ok=True)

    def pids(self):
        found = set()
        for top in self.folders:
            for folder, _, _ in os.walk(top):
                try:
                    with open(os.path.join(folder, "cgroup.procs")) as procs:
                        found.update(int(pid) for pid in procs.read().split() if pid != "0")
                except OSError:
                    pass
        return found

    def _kill(self):
        pids = self.pids()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not pids

    def remove(self):
        """End all in it, and remove it and the parents that nobody needs."""
        wait_for("processes of %s to end" % self.path, self._kill)
        self.remove_empty()

    def remove_empty(self):
        for top in self.folders:
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass
            mount, parent = top[:-len(self.path)], os.path.dirname(top)
            while len(parent) > len(mount):
                try:
                    os.rmdir(parent)
                except OSError:
                    break
                parent = os.path.dirname(parent)


def status(pid, key):
    with open("/proc/%d/status" % pid) as lines:
        for line in lines:
            if line.startswith(key + ":"):
                return line.split()[1:]
    return []


class Container:
    """id, runtime, pod_uid: what its cgroup says; name: what a report should call it; process: what ends with it (its
    standard output is the program's where keywords ask for a pipe); pid: of the program, as this machine sees it."""

    def __init__(self, command, container_id, name, runtime="", pod_uid="", cgroup=None, process=None):
        self.command, self.id, self.name, self.runtime, self.pod_uid = command, container_id, name, runtime, pod_uid
        self.cgroup, self.process = cgroup, process
        self._pid = None

    def _find(self):
        for pid in self.cgroup.pids():
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as text:
                    arguments = [os.fsdecode(a) for a in text.read().split(b"\0")[:-1]]
                # Before it is the program, it is what makes its root and was given the program's arguments.
                if (arguments[-len(self.command):] == self.command and arguments[0] not in ("unshare", "sh", "perl")
                        and status(pid, "NSpid")[-1:] == ["1"]):
                    return pid
            except OSError:
                pass
        return None

    @property
    def pid(self):
        if self._pid is None:
            self._pid = wait_for("the program of %s" % self.id, self._find, self.process)
        return self._pid

    @property
    def inside_pid(self):
        return int(status(self.pid, "NSpid")[-1])

    def end(self):
        self.cgroup.remove()
        harness.end(self.process)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.end()


def unshared(command, style="docker", name=None, user=False, root="/", **keywords):
    """In namespaces and on a root of its own, in a cgroup named after a runtime; user: also in a user namespace."""
    pattern, runtime = STYLES[style]
    pod = str(uuid.uuid4()) if "{pod" in pattern else ""
    container_id = "test-" + secrets.token_hex(4) if runtime == "lxc" else secrets.token_hex(32)
    name = name or "name-" + secrets.token_hex(4)
    path = pattern.format(id=container_id, pod=pod, pod_=pod.replace("-", "_"))
    cgroup = Cgroup(path)
    command = [str(argument) for argument in command]
    namespaces = ["--pid", "--mount", "--uts", "--ipc", "--cgroup", *(["--user", "--map-root-user"] if user else [])]
    arguments = ["sh", "-c", ENTER, "sh", " ".join(cgroup.made),
                 "unshare", "--fork", "--kill-child", "--propagation", "private", *namespaces,
                 "sh", "-c", PIVOT, "sh", root, name, *command]
    keywords.setdefault("stdin", subprocess.DEVNULL)
    try:
        process = harness.start(arguments, **keywords)
    except BaseException:
        cgroup.remove()
        raise
    return Container(command, container_id, container_id if runtime == "lxc" else name, runtime, pod, cgroup, process)


def fetched(name, program):
    """The path of a program of tests/pythons/containers.sh and the environment that it needs."""
    path = os.path.join(FETCHED, program)
    if not os.path.exists(os.path.join(FETCHED, ".works-" + name)):
        raise Unavailable(interpreters.why_missing(name))
    with open(os.path.join(FETCHED, "libraries")) as text:
        libraries = text.read().strip()
    folders = [os.path.join(FETCHED, folder) for folder in ("usr/sbin", "usr/bin")]
    return path, dict(os.environ, LD_LIBRARY_PATH=libraries, PATH=":".join(folders + [os.environ["PATH"]]))


class Runc(Container):
    """By runc, with an overlay for its root."""

    def __init__(self, command, style="docker", name=None, root="/", **keywords):
        program, environment = fetched("runc", "usr/sbin/runc")
        pattern, runtime = STYLES[style]
        pod = str(uuid.uuid4()) if "{pod" in pattern else ""
        container_id, name = secrets.token_hex(32), name or "name-" + secrets.token_hex(4)
        path = pattern.format(id=container_id, pod=pod, pod_=pod.replace("-", "_"))
        command = [str(argument) for argument in command]
        super().__init__(command, container_id, name, runtime, pod, Cgroup(path, make=False))
        self.bundle = tempfile.mkdtemp(prefix="pybpfprof-runc-")
        for folder in ("rootfs", "layers", "state"):
            os.mkdir(os.path.join(self.bundle, folder))
        with open(os.path.join(self.bundle, "config.json"), "w") as text:
            json.dump(self._specification(path), text)
        keywords.setdefault("stdin", subprocess.DEVNULL)
        self.process = harness.start(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", RUNC, "sh", self.bundle, root, program,
             "--root", os.path.join(self.bundle, "state"), "run", "--bundle", self.bundle, container_id],
            env=environment, **keywords)

    def _specification(self, path):
        devices = {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]}
        temporary = {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}
        environment = ["PATH=" + os.environ["PATH"], "PYTHONDONTWRITEBYTECODE=1"]
        return {
            "ociVersion": "1.0.2", "hostname": self.name, "root": {"path": "rootfs"},
            "process": {"args": self.command, "env": environment, "cwd": "/", "user": {"uid": 0, "gid": 0}},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}, devices, temporary],
            "linux": {"cgroupsPath": path, "namespaces": [{"type": t} for t in ("pid", "ipc", "uts", "mount")]},
        }

    def end(self):
        super().end()
        shutil.rmtree(self.bundle)


class DockerContainer(Container):
    def __init__(self, docker, *details):
        self.docker = docker
        super().__init__(*details)

    def _find(self):
        answer = self.docker.client("inspect", "-f", "{{.State.Pid}}", self.id, check=False).strip()
        return int(answer) if answer.isdigit() else 0

    def end(self):
        self.docker.client("rm", "-f", self.id, check=False)
        super().end()


class Docker:
    """A Docker engine of our own, in a mount namespace and on folders of its own; used in a `with`."""

    IMAGE = "pybpfprof-test"
    FOLDERS = ("/usr", "/etc", "/root", interpreters.ROOT)  # what its containers see of this machine

    def __enter__(self):
        program, self.environment = fetched("docker", "usr/sbin/dockerd")
        self.folder = tempfile.mkdtemp(prefix="pybpfprof-docker-")
        self.data, self.socket = os.path.join(self.folder, "data"), os.path.join(self.folder, "socket")
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.pid_file = os.path.join(self.folder, "pid")
        self.engine = harness.start(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount -t tmpfs tmpfs /run; exec "$@"', "sh",
             program, "--data-root", self.data, "--exec-root", os.path.join(self.folder, "exec"), "-p", self.pid_file,
             "-H", "unix://" + self.socket, "--iptables=false", "--ip6tables=false", "--ip-forward=false",
             "--ip-masq=false", "--bridge=none", "--storage-driver=overlay2"],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            wait_for("dockerd", self._answers, self.engine)
            self._make_image()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _answers(self):
        return os.path.exists(self.socket) and self.client("version", check=False)

    def client(self, *arguments, check=True, **keywords):
        """The standard output of a docker command."""
        return subprocess.run(["docker", "-H", "unix://" + self.socket, *arguments], env=self.environment, check=check,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, **keywords).stdout.decode()

    def _make_image(self):
        """Links as Debian's root has them, and nothing else."""
        with tempfile.TemporaryDirectory() as root:
            for name in ("bin", "lib", "lib64", "sbin"):
                if os.path.islink("/" + name):
                    os.symlink(os.readlink("/" + name), os.path.join(root, name))
            tar = subprocess.run(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE, check=True).stdout
        self.client("import", "-", self.IMAGE, input=tar)

    def run(self, command, *options, name=None, parent="/docker", pod_uid="", **keywords):
        """options: docker run's own, --rm for example; parent: the cgroup to be below, a pod's if pod_uid is given.
        Raises RuntimeError when no container came to be."""
        command = [str(argument) for argument in command]
        name = name or "name-" + secrets.token_hex(4)
        cid_file = os.path.join(self.folder, name)
        volumes = [word for folder in self.FOLDERS for word in ("-v", "%s:%s:ro" % (folder, folder))]
        keywords.setdefault("stdin", subprocess.DEVNULL)
        process = harness.start(["docker", "-H", "unix://" + self.socket, "run", "--cidfile", cid_file, "--name", name,
                                 "--network", "none", "--cgroup-parent", parent, *volumes, *options,
                                 self.IMAGE, *command],
                                env=self.environment, **keywords)
        try:
            # It is written last thing before the start; an empty file is one that is not written yet.
            container_id = wait_for("docker run", lambda: os.path.exists(cid_file) and open(cid_file).read(), process)
        except RuntimeError:
            container_id = open(cid_file).read() if os.path.exists(cid_file) else ""
            if not container_id:
                harness.end(process)
                raise
        return DockerContainer(self, command, container_id, name, "docker", pod_uid,
                               Cgroup(os.path.join(parent, container_id), make=False), process)

    def seen_by(self, arguments):
        """The arguments of a command that finds this engine's files where /etc/docker/daemon.json says: in a mount
        namespace whose /etc is this machine's with that file in it."""
        layers = os.path.join(self.folder, "layers")
        os.makedirs(layers, exist_ok=True)
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", DAEMON_JSON, "sh", layers,
                json.dumps({"data-root": self.data}), *arguments]

    def __exit__(self, *details):
        containers = self.client("ps", "-aq", check=False).split() if self.engine.poll() is None else []
        if containers:
            self.client("rm", "-f", *containers, check=False)
        self.engine.terminate()  # it ends its containerd, too
        try:
            self.engine.wait(SECONDS)
        except subprocess.TimeoutExpired:
            pass
        harness.end(self.engine)
        self.log.close()
        Cgroup("/docker", make=False).remove_empty()
        shutil.rmtree(self.folder, ignore_errors=True)


def main(arguments):
    way, command = arguments[0], arguments[1:]
    if way == "engine":
        with Docker() as docker, docker.run(command) as container:
            describe(container)
    elif way == "runc":
        with Runc(command) as container:
            describe(container)
    else:
        style = "docker" if way == "user-namespace" else way
        with unshared(command, style, user=way == "user-namespace") as container:
            describe(container)


def describe(container):
    print("pid %d, inside %d, id %s, name %s" % (container.pid, container.inside_pid, container.id, container.name))
    with open("/proc/%d/cgroup" % container.pid) as text:
        print(text.read(), end="")
    container.process.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
