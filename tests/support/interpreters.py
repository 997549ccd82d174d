"""Which CPython versions and builds the tests run on, and where this machine has them: the one place that says so.

By hand:  interpreters.py         the paths of those that are programs of this machine itself, a line each
          interpreters.py --table all that are wanted: label, root folder, program, and what starts it or the
                                  reason why it is not here, with tabs between
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What tests/pythons/fetch.sh and build.sh made, or said why they could not.
FETCHED = os.environ.get("PBP_PYTHONS_DIR") or os.path.join(ROOT, ".out", "pythons")
PYENV = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
REFUSED = ()  # versions that the profiler refuses by name, of those in pyenv

JIT = {"PYTHON_JIT": "1"}
# Where it comes from, version, what is special of its build, program (in the origin's root if it has one, below
# FETCHED/built or FETCHED/bin, or of this machine), environment. The first group is part of `make check`.
CHECK = (
    ("system", "3.11", "static stripped", "/usr/bin/python3.11", {}),
    ("system", "3.11", "static debug", "/usr/bin/python3.11d", {}),
    ("fetched", "3.11", "embedded", "embedded-python3.11", {}),
    ("sid", "3.14", "static stripped", "/usr/bin/python3.14", {}),
    ("sid", "3.15", "static stripped", "/usr/bin/python3.15", {}),
    ("sid", "3.15", "static stripped jit", "/usr/bin/python3.15", JIT),
)
OTHERS = (
    ("bullseye", "2.7", "static stripped", "/usr/bin/python2.7", {}),
    ("bullseye", "2.7", "static stripped debug", "/usr/bin/python2.7-dbg", {}),
    ("bullseye", "3.9", "static stripped", "/usr/bin/python3.9", {}),
    ("bullseye", "3.9", "static debug", "/usr/bin/python3.9d", {}),
    ("trixie", "3.13", "static stripped", "/usr/bin/python3.13", {}),
    ("trixie", "3.13", "static debug", "/usr/bin/python3.13d", {}),
    ("built", "3.13", "free-threaded", "python3.13t", {}),
    ("built", "3.13", "musl static", "python3.13-musl", {}),
    ("fetched", "3.11", "embedded uwsgi", "uwsgi-python3.11", {}),
    ("sid", "3.13", "static stripped", "/usr/bin/python3.13", {}),
    ("sid", "3.13", "static debug", "/usr/bin/python3.13d", {}),
    ("sid", "3.14", "static stripped jit", "/usr/bin/python3.14", JIT),
    ("sid", "3.14", "static debug", "/usr/bin/python3.14d", {}),
    ("sid", "3.15", "static debug", "/usr/bin/python3.15d", {}),
    ("built", "3.14", "free-threaded", "python3.14t", {}),
    ("built", "3.15", "free-threaded", "python3.15t", {}),
)
TOLD = ("debug", "embedded", "free-threaded", "jit", "musl", "uwsgi")  # the words of a build that its label has
# Those that `make check` runs a part of the programs on, because they are read like a version that has all: up to
# 3.10 like 3.8, 3.14 like 3.15. What is special of them is in the parts that stay.
SHORT_VERSIONS = ("2.7", "3.6", "3.7", "3.9", "3.10", "3.14")
SHORT_BUILDS = ("debug", "embedded", "jit")


class Interpreter:
    """A CPython that is wanted; path is None and reason says why when it is not here."""

    def __init__(self, version, origin, path, reason=None, build=(), environment=None, root="", executable=None):
        self.version = version  # "3.11"
        self.origin = origin  # "pyenv", "system", "built", a Debian suite, ...
        self.path = path  # what to start: a program, or a script that becomes it under the same pid
        self.reason = reason
        self.build = tuple(build)  # words: static, stripped, debug, ...
        self.environment = environment or {}  # what it needs besides the usual
        self.root = root  # the folder that it has for "/"; "": this machine's own
        self.executable = executable or path  # the program, as this machine sees it

    @property
    def label(self):
        words = [word for word in (self.origin,) if word not in ("pyenv", "fetched", "built")]
        words += [word for word in self.build if word in TOLD]
        return "python%s%s" % (self.version, "(%s)" % " ".join(words) if words else "")

    @property
    def minor(self):
        return tuple(int(part) for part in self.version.split("."))

    @property
    def short(self):
        """Does `make check` run only a part of the programs on it?"""
        return not everything() and (self.version in SHORT_VERSIONS or bool(set(self.build) & set(SHORT_BUILDS)))

    def start_environment(self):
        return dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONHASHSEED="0", PYTHONNOUSERSITE="1",
                    **self.environment)

    def run(self, *arguments):
        """The standard output of a run of this interpreter."""
        return subprocess.run([self.path, "-B", *arguments], stdout=subprocess.PIPE, check=True, timeout=120,
                              env=self.start_environment()).stdout.decode("utf-8", "surrogatepass")

    def has_module(self, name):
        """Can it import that? Extension modules are missing in some builds."""
        return subprocess.run([self.path, "-B", "-c", "import " + name], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=self.start_environment()).returncode == 0

    def is_file(self, path):
        """Has the interpreter a file of that name, in its root or this machine's folders that it sees?"""
        inside = self.root + path
        # Where a link leads is another place as seen from here.
        return os.path.isfile(inside) or bool(self.root) and os.path.islink(inside) or (
            path.startswith(ROOT + "/") and os.path.isfile(path))


def everything():
    """Are all wanted (make check-pythons), or those of `make check`?"""
    return os.environ.get("PBP_PYTHONS_SET") == "all"


def pyenv_versions():
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    folder = os.path.join(root, "versions")
    return folder, sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def pyenv(version):
    folder, names = pyenv_versions()
    for name in names:
        path = os.path.join(folder, name, "bin", "python" + version)
        if name.startswith(version + ".") and os.access(path, os.X_OK):
            more = os.path.join(FETCHED, "site-" + version)  # greenlet and gevent
            return Interpreter(version, "pyenv", path, build=("shared",),
                               environment={"PYTHONPATH": more} if os.path.isdir(more) else {})
    return Interpreter(version, "pyenv", None, "no CPython %s in %s" % (version, folder))


def why_missing(name):
    try:
        with open(os.path.join(FETCHED, "missing", name), encoding="utf-8") as reason:
            return reason.read().strip()
    except OSError:
        return "not fetched: make %s" % ("check-pythons" if everything() else "check-pythons-fetch")


def wanted(row):
    """The Interpreter of a row of CHECK or OTHERS."""
    origin, version, build, program, environment = row
    root = ""
    if origin == "system":
        path, executable, reason = program, program, "no %s" % program
    elif origin in ("built", "fetched"):
        path = executable = os.path.join(FETCHED, "built" if origin == "built" else "bin", program)
        reason = why_missing(program)
    else:
        name = "%s-%s" % (origin, os.path.basename(program))
        root = os.path.join(FETCHED, "root-" + origin)
        path, executable, reason = os.path.join(FETCHED, "bin", name), root + program, why_missing(name)
    here = os.access(path, os.X_OK)
    return Interpreter(version, origin, path if here else None, reason, build.split(), environment, root, executable)


def chosen(interpreters):
    """Those that PBP_PYTHONS (versions or labels, comma-separated) leaves; all without it."""
    only = [name for name in os.environ.get("PBP_PYTHONS", "").split(",") if name]
    return [i for i in interpreters if not only or i.version in only or i.label in only]


def supported():
    """Each that is to be profiled, in the order of versions."""
    rows = CHECK + (OTHERS if everything() else ())
    found = [pyenv(version) for version in PYENV if version not in REFUSED] + [wanted(row) for row in rows]
    return chosen(sorted(found, key=lambda i: i.minor))


def refused():
    return [pyenv(v) for v in REFUSED]


def own(interpreters):
    """Those that are programs of this machine: no root of their own, nothing special to start."""
    return [i for i in interpreters if i.path and not i.root and i.executable == i.path
            and i.origin in ("pyenv", "system", "built")]


def any_supported():
    """One that is here, the newest, for tests that are not about versions; None: there is none."""
    present = [i for i in own(supported()) if not set(i.build) & set(TOLD)]
    return max(present, key=lambda i: i.minor) if present else None


def main(arguments):
    if arguments == ["--table"]:
        for i in supported():
            print("%s\t%s\t%s\t%s" % (i.label, i.root, i.executable or "", i.path or "not here: " + i.reason))
    else:  # for the Makefile
        print("\n".join(i.path for i in own(supported())))


if __name__ == "__main__":
    main(sys.argv[1:])
