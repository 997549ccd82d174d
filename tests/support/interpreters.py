"""Which CPython versions the tests run on, and where this machine has them: the one place that says so."""
import os
import subprocess

SUPPORTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
REFUSED = ("2.7", "3.6", "3.7")  # CPython, but refused by name
SYSTEM = ("3.11",)  # of these, the ones the distribution has as /usr/bin/python3.N


class Interpreter:
    """A CPython that is wanted; path is None and reason says why when it is not here."""

    def __init__(self, version, origin, path, reason=None):
        self.version = version  # "3.11"
        self.origin = origin  # "pyenv" or "system"
        self.path = path
        self.reason = reason

    @property
    def label(self):
        return "python%s%s" % (self.version, "" if self.origin == "pyenv" else "(%s)" % self.origin)

    @property
    def minor(self):
        return tuple(int(part) for part in self.version.split("."))

    def run(self, *arguments):
        """The standard output of a run of this interpreter."""
        return subprocess.run([self.path, "-B", *arguments], stdout=subprocess.PIPE, check=True,
                              timeout=120).stdout.decode("utf-8", "surrogatepass")


def pyenv_versions():
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    folder = os.path.join(root, "versions")
    return folder, sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def pyenv(version):
    folder, names = pyenv_versions()
    for name in names:
        path = os.path.join(folder, name, "bin", "python" + version)
        if name.startswith(version + ".") and os.access(path, os.X_OK):
            return Interpreter(version, "pyenv", path)
    return Interpreter(version, "pyenv", None, "no CPython %s in %s" % (version, folder))


def system(version):
    path = "/usr/bin/python" + version
    if os.access(path, os.X_OK):
        return Interpreter(version, "system", path)
    return Interpreter(version, "system", None, "no %s" % path)


def chosen(interpreters):
    """Those that PBP_PYTHONS (versions, comma-separated) leaves; all without it."""
    only = [version for version in os.environ.get("PBP_PYTHONS", "").split(",") if version]
    return [i for i in interpreters if not only or i.version in only]


def supported():
    return chosen([pyenv(v) for v in SUPPORTED] + [system(v) for v in SYSTEM])


def refused():
    return [pyenv(v) for v in REFUSED]


def any_supported():
    """One that is here, the newest, for tests that are not about versions; None: there is none."""
    present = [i for i in supported() if i.path]
    return max(present, key=lambda i: i.minor) if present else None


if __name__ == "__main__":  # for the Makefile: the paths of those that are here
    print("\n".join(i.path for i in supported() if i.path))
