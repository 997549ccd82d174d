#!/usr/bin/env python3
"""Containers as seen from the host: stacks, ids, names and pids right, chosen by name, also when born later."""
import contextlib
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import containers
import harness
import interpreters
from work import code

SYSTEM = "/usr/bin/python3.11"
SECONDS = 2.5
WORKING = [SYSTEM, "-S", "-B", check_stacks.target_path("calls"), "300"]
SHORT_ID = 12  # digits of an id in a report
TREE = ("-f", "tree", "--show-all", "--limit", "0", "--threshold", "0")


class Named:
    """The tree of a whole host by its roots: name and id of the container, and the lines below."""

    def __init__(self, text):
        self.roots = []
        for line in text.splitlines():
            if re.match(r"\d", line):
                self.roots.append((line, []))
            elif self.roots:
                self.roots[-1][1].append(line)

    def of(self, pattern):
        """The root below which a line matches, and that line."""
        for root, lines in self.roots:
            for line in lines:
                if re.search(pattern, line):
                    return root, line
        return "", ""

    def problems(self, pattern, container):
        root, _ = self.of(pattern)
        wanted = container.name if container.name != container.id else ""
        if not root:
            return ["no line matches %r" % pattern]
        if container.id[:SHORT_ID] not in root or wanted not in root:
            return ["%r, not %s %s" % (root, wanted, container.id[:SHORT_ID])]
        return []


def sampled(seconds=SECONDS, options=(), form=("-f", "folded"), **keywords):
    with harness.Sampling(*options, form=form, **keywords) as sampling:
        time.sleep(seconds)
    return sampling.run


def ways():
    """Name of the test, and what starts a container in that way or raises Unavailable."""
    out = [("%s, pivot_root" % style, lambda command, style=style, **more: containers.unshared(command, style, **more))
           for style in containers.STYLES]
    out.append(("a user namespace", lambda command, **more: containers.unshared(command, user=True, **more)))
    out.append(("runc", containers.Runc))
    out.append(("runc, kubepods", lambda command, **more: containers.Runc(command, "kubepods-systemd", **more)))
    return out


def start_all(stack, tap):
    """A working Python in each way: [(name, Container)], ready to be sampled."""
    started = []
    for name, start in ways():
        try:
            container = stack.enter_context(start(WORKING, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        except containers.Unavailable as reason:
            tap.skip(name, str(reason))
            continue
        started.append((name, container))
    for name, container in started:
        if not container.process.stdout.readline().endswith(b" ready\n"):
            raise RuntimeError("%s: the program did not start" % name)
    return started


def stacks_of(interpreter, container, run):
    mine = run.process(container.pid)
    problems = check_stacks.grammar(check_stacks.Program(interpreter, "calls"),
                                    [s for s in mine.stacks if s.status == "complete"])
    known = mine.samples - mine.of_status("not yet recognised")
    if mine.within("round_trip") < 50 or mine.of_status("complete") < 0.98 * known - 1:
        problems.append("%d of %d samples complete, %d in the program's function" % (
            mine.of_status("complete"), known, mine.within("round_trip")))
    return problems


def pids_of(container, named):
    """Its pid as the host sees it and as it sees itself."""
    return named.problems(r"\[%d, inside %d\]" % (container.pid, container.inside_pid), container) + (
        ["%d inside" % container.inside_pid] if container.inside_pid != 1 else [])


def all_at_once(tap, interpreter):
    with contextlib.ExitStack() as stack:
        started = start_all(stack, tap)
        folded = sampled()
        named = sampled(form=TREE)
        tap.attempt("a run over %d containers" % len(started), folded.problems)
        tree = Named(named.out.decode("utf-8"))
        for name, container in started:
            tap.attempt("%s: stacks" % name, lambda: stacks_of(interpreter, container, folded))
            tap.attempt("%s: id, name and pids" % name, lambda: pids_of(container, tree))
        two = [container for _, container in started[:2]]
        for what, pattern in (("id", two[0].id), ("beginning of an id", two[0].id[:SHORT_ID]), ("name", two[0].name),
                              ("glob of a name", two[0].name[:-2] + "*")):
            tap.attempt("--container with the %s" % what, lambda: only(two[0], pattern))
        tap.attempt("--cgroup of a container", lambda: only(two[0], two[0].cgroup.path, "--cgroup"))


def only(container, pattern, option="--container"):
    run = sampled(1, [option, pattern])
    good = set(run.processes) == {container.pid} and run.process(container.pid).within("round_trip") > 50
    return run.problems() + ([] if good else ["pids %s, not %d: %s" % (sorted(run.processes), container.pid, run.err)])


def born_later(start):
    """A container that comes to be after the filter does."""
    name = "name-later-%d" % os.getpid()
    with harness.Sampling("--container", name) as sampling:
        with start(WORKING, name="another-%d" % os.getpid(), stdout=subprocess.PIPE) as other, \
                start(WORKING, name=name, stdout=subprocess.PIPE) as container:
            pids = [c.pid for c in (container, other) if c.process.stdout.readline()]
            time.sleep(1.5)
    run = sampling.run
    good = run.process(pids[0]).within("round_trip") > 100 and set(run.processes) <= {pids[0]}
    return run.problems() + ([] if good else ["pids %s, not %d: %s" % (sorted(run.processes), pids[0], run)])


def shortlived(start, count=5):
    """One container each, gone with its program."""
    with harness.Sampling(form=TREE) as sampling:
        gone = []
        for k in range(count):
            with start([SYSTEM, "-S", "-c", code("inside_%d" % k, 0.2)], stdout=subprocess.PIPE) as container:
                container.process.stdout.read()
            gone.append(container)
    named = Named(sampling.run.out.decode("utf-8"))
    problems = [] if sampling.run.status == 0 else [str(sampling.run)]
    for k, container in enumerate(gone):
        problems += named.problems(r"\binside_%d\b" % k, container)
    return problems + [sampling.run.out.decode("utf-8")] * bool(problems)


def by_container():
    """A row each, and one for what is in none."""
    with containers.unshared(WORKING, stdout=subprocess.PIPE) as first, \
            containers.unshared(WORKING, "podman", stdout=subprocess.PIPE) as second:
        for container in (first, second):
            container.process.stdout.readline()
        run = sampled(form=("-f", "flat", "--by", "container"))
    text = run.out.decode("utf-8")
    rows = [[line for line in text.splitlines() if c.name in line and c.id[:SHORT_ID] in line] for c in (first, second)]
    good = run.status == 0 and [len(r) for r in rows] == [1, 1] and "[host]" in text
    return [] if good else [str(run)]


def inside_with_host_pids(wrap):
    """A privileged container with the host's pids sees what the host sees."""
    interpreter = interpreters.any_supported()
    with harness.Target(interpreter, "calls", 60) as target, \
            containers.unshared(WORKING, stdout=subprocess.PIPE) as other:
        target.wait_ready()
        other.process.stdout.readline()
        run = sampled(1.5, wrap=wrap)
        few = [pid for pid in (target.pid, other.pid) if run.process(pid).within("round_trip") < 100]
    return run.problems() + (["few samples of pids %s: %s" % (few, run)] if few else [])


def on_own_root(arguments):
    """In namespaces and on a root as a container has, but with the host's pids."""
    return ["unshare", "--mount", "--uts", "--ipc", "--cgroup", "--propagation", "private", "sh", "-c",
            containers.PIVOT, "sh", "/", "", *arguments]


def inside_own_pids():
    """With pids of its own it samples those that it can see, and says that there are others."""
    script = '"$1" -S -c "$2" & shift 2; exec "$@"'
    with harness.Target(interpreters.any_supported(), "calls", 60) as outside:
        outside.wait_ready()
        run = harness.finish(harness.start_profiler("-d", 2, "-f", "folded", "-q", wrap=lambda arguments: [
            "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, "sh", SYSTEM,
            code("inside", 5), *arguments]))
    if run.status == 1:
        good = not run.out and re.search("PID namespace|--pid=host", run.err)
    else:
        good = run.status == 0 and b"inside (" in run.out and b"round_trip" not in run.out and re.search(
            "PID namespace|--pid=host", run.err)
    return [] if good else [str(run)]


def with_docker(tap, interpreter):
    names = ("docker run", "docker run --rm, short-lived", "docker, chosen by name and born later")
    try:
        with containers.Docker() as docker:
            tap.attempt(names[0], lambda: docker_runs(docker, interpreter), 2)
            tap.attempt(names[1], lambda: docker_shortlived(docker), 2)
            tap.attempt(names[2], lambda: docker_later(docker), 2)
    except (containers.Unavailable, RuntimeError) as reason:
        for name in names:
            tap.skip(name, str(reason))


def docker_runs(docker, interpreter):
    with docker.run(WORKING, stdout=subprocess.PIPE) as container:
        container.process.stdout.readline()
        run = sampled(1.5, wrap=docker.seen_by)
        named = sampled(1.5, form=TREE, wrap=docker.seen_by)
        return run.problems() + stacks_of(interpreter, container, run) + pids_of(
            container, Named(named.out.decode("utf-8")))


def docker_shortlived(docker):
    with harness.Sampling(form=TREE, wrap=docker.seen_by) as sampling:
        gone = []
        for k in range(3):
            command = [SYSTEM, "-S", "-c", code("inside_%d" % k, 0.2)]
            with docker.run(command, "--rm", stdout=subprocess.PIPE) as container:
                container.process.wait(60)
            gone.append(container)
    named = Named(sampling.run.out.decode("utf-8"))
    return [p for k, container in enumerate(gone) for p in named.problems(r"\binside_%d\b" % k, container)]


def docker_later(docker):
    name = "later-%d" % os.getpid()
    with harness.Sampling("--container", name, wrap=docker.seen_by) as sampling:
        with docker.run(WORKING, name=name, stdout=subprocess.PIPE) as container:
            container.process.stdout.readline()
            pid = container.pid
            time.sleep(1.5)
    run = sampling.run
    good = set(run.processes) == {pid} and run.process(pid).within("round_trip") > 100
    return run.problems() + ([] if good else ["pids %s, not %d: %s" % (sorted(run.processes), pid, run)])


def main():
    tap = harness.begin()
    interpreter = next((i for i in interpreters.own(interpreters.supported()) if i.path == SYSTEM), None)
    if not interpreter:
        harness.tap_module.skip_all("no %s" % SYSTEM)
    all_at_once(tap, interpreter)
    tap.attempt("--by container", by_container, 2)
    starts = [("pivot_root", containers.unshared)]
    try:
        containers.fetched("runc", "usr/sbin/runc")
        starts.append(("runc", containers.Runc))
    except containers.Unavailable as reason:
        tap.skip("runc: born later, short-lived", str(reason))
    for name, start in starts:
        tap.attempt("%s: born later" % name, lambda: born_later(start), 2)
        tap.attempt("%s: short-lived" % name, lambda: shortlived(start), 2)
    tap.attempt("in a container with the host's pids", lambda: inside_with_host_pids(on_own_root), 2)
    tap.attempt("in a container with pids of its own", inside_own_pids, 2)
    with_docker(tap, interpreter)
    return tap.done()


sys.exit(main())
