#!/usr/bin/env python3
"""Which processes: several pids, names, cgroups and units, with and without their children; threads apart."""
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import check_stacks
import harness
import interpreters

SECONDS = 1.5


def only(run, wanted, unwanted, alone=True):
    """Problems: a process has few samples though it was chosen, or has some though it was not.
    Not alone: other processes of this machine may suit, too."""
    problems = run.problems()
    problems += ["%s (pid %d) has %d samples" % (t.name, t.pid, run.process(t.pid).samples) for t in wanted
                 if run.process(t.pid).within("<module>") < 100]
    problems += ["%s (pid %d) was not asked for" % (t.name, t.pid) for t in unwanted if t.pid in run.processes]
    strangers = set(run.processes) - set(t.pid for t in wanted) if alone else set()
    return problems + (["others are there: %s" % sorted(strangers)] if strangers and not problems else [])


def several(interpreter):
    """Two are sampled, the third is no Python: it is told, and the others go on."""
    sleep = harness.start(["/bin/sleep", "60"])
    try:
        with harness.Target(interpreter, "calls", 60) as a, harness.Target(interpreter, "lines", 60) as b, \
                harness.Target(interpreter, "generators", 60) as c:
            for target in (a, b, c):
                target.wait_ready()
            run = harness.profile("-p", a.pid, "-p", "%d,%d" % (sleep.pid, b.pid), "-d", SECONDS, "-f", "folded", "-q")
            problems = only(run, [a, b], [c])
        for program, target in (("calls", a), ("lines", b)):
            stacks = [s for s in run.process(target.pid).stacks if s.status == "complete"]
            problems += check_stacks.grammar(check_stacks.Program(interpreter, program), stacks)
        if not re.search(r"pid %d.*(not .*CPython|not .*Python)" % sleep.pid, run.err):
            problems.append("nothing is said of pid %d: %s" % (sleep.pid, run.err))
        return problems
    finally:
        harness.end(sleep)


def none_left(_interpreter):
    """All that were named are refused."""
    sleeps = [harness.start(["/bin/sleep", "60"]) for _ in range(2)]
    try:
        run = harness.profile("-p", "%d,%d" % tuple(s.pid for s in sleeps), "-d", 1, "-f", "folded", "-q")
        told = all("pid %d" % s.pid in run.err for s in sleeps)
        return [] if run.status == 1 and told and not run.out else [str(run)]
    finally:
        for sleep in sleeps:
            harness.end(sleep)


def chosen_by(interpreter, option, wanted_cgroup=None):
    """Of two programs only one suits, also when it is born later."""
    with harness.Target(interpreter, "calls", 60, cgroup=wanted_cgroup) as mine, \
            harness.Target(interpreter, "lines", 60) as other:
        mine.wait_ready()
        other.wait_ready()
        with harness.Sampling(*option) as sampling:
            with harness.Target(interpreter, "calls", 60, cgroup=wanted_cgroup) as later, \
                    harness.Target(interpreter, "lines", 60) as later_other:
                later.wait_ready()
                later_other.wait_ready()
                time.sleep(SECONDS)
        return only(sampling.run, [mine, later], [other, later_other], bool(wanted_cgroup))


def by_command_name(interpreter):
    """A glob of the command name: another version's is another name."""
    with harness.Target(interpreter, "calls", 60) as mine, \
            harness.Target(interpreters.pyenv("3.8"), "lines", 60) as other:
        mine.wait_ready()
        other.wait_ready()
        run = harness.profile("--name", "python3.1[0-9]", "-d", SECONDS, "-f", "folded", "-q")
    problems = run.problems()
    if run.process(mine.pid).samples < 100 or other.pid in run.processes:
        problems.append("samples: %d and %d" % (run.process(mine.pid).samples, run.process(other.pid).samples))
    return problems


def in_cgroup(interpreter, path, option):
    with harness.Cgroup(path) as cgroup:
        return chosen_by(interpreter, option, cgroup.folder)


def nothing_suits(_interpreter):
    """That is a sentence, and no failure."""
    run = harness.profile("--name", "no such program", "-d", 1, "-q")
    good = run.status == 0 and "no samples" in run.out.decode() + run.err
    return [] if good else [str(run)]


def workers(interpreter, *options):
    """(run, pid of the parent, pids of the workers), the parent named by its pid."""
    with harness.Target(interpreter, "prefork", 0.4, 4, 2, pinned=False) as target:
        target.wait_ready()
        with harness.Sampling("-p", target.pid, *options) as sampling:
            os.kill(target.pid, signal.SIGUSR1)
            target.wait_end()
    return sampling.run, target.pid, [int(words[1]) for words in target.said if words[:1] == ["worker"]]


def with_children(interpreter, *options):
    run, _, pids = workers(interpreter, *options)
    few = ["worker %d has %d samples" % (pid, run.process(pid).within("serve")) for pid in pids
           if run.process(pid).within("serve") < 200]
    return run.problems() + few + ([] if len(pids) == 8 else ["%d workers" % len(pids)])


def without_children(interpreter):
    run, parent, pids = workers(interpreter, "--no-children")
    there = set(run.processes) & set(pids)
    return (run.problems() if run.out else []) + ["workers %s are there" % sorted(there)] * bool(there) + (
        [] if len(pids) == 8 and not set(run.processes) - {parent} else ["%s" % run])


def executed_child(interpreter):
    """A child that executes another program is a child yet."""
    command = [interpreter.path, "-S", "-c", "import subprocess, sys, time; print('ready', flush=True); "
               "sys.stdin.readline(); child = subprocess.Popen([sys.executable, *sys.argv[1:]]); "
               "print(child.pid, flush=True); child.wait()", check_stacks.target_path("lines"), "1"]
    process = harness.start(command, {harness.TARGET_CPU}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        with harness.Sampling("-p", process.pid) as sampling:
            process.stdin.write(b"\n")
            process.stdin.close()
            child = int(process.stdout.readline())
            process.wait(30)
    finally:
        harness.end(process)
        process.stdout.close()
    mine = sampling.run.process(child)
    good = mine.within("body") > 200
    return sampling.run.problems() + ([] if good else ["the child %d has %d samples: %s" % (
        child, mine.samples, sampling.run)])


def threads_apart(interpreter):
    """An element NAME [TID], the name by threading, else the system's."""
    with harness.Target(interpreter, "named_threads", 60, pinned=False) as target:
        target.wait_ready()
        harness.wait_for(lambda: len(target.threads) == 2)
        run = harness.profile("-p", target.pid, "-t", "-d", SECONDS, "-f", "folded", "-q")
        tids = {name: ids[0] for name, ids in target.threads.items()}
    problems = [] if run.status == 0 else [str(run)]
    wanted = {"parsing": "the parser [%d]" % tids["parsing"], "printing": "a:printer [%d]" % tids["printing"]}
    seen = {}
    for line in run.out.decode("utf-8").splitlines():
        elements, _, count = line.rpartition(" ")
        elements = elements.split(";")
        named = [e for e in elements[:2] if re.match(r".* \[\d+\]\Z", e)]
        if not named:
            problems.append("no thread: %s" % line[:200])
            continue
        for function in wanted:
            if any(e.startswith(function + " (") for e in elements):
                seen.setdefault((function, named[-1]), 0)
                seen[function, named[-1]] += int(count)
    for function, thread in wanted.items():
        share = seen.get((function, thread), 0)
        if share < 300 or any(f == function and t != thread for f, t in seen):
            problems.append("%s in %r: %s" % (function, thread, seen))
    return problems[:5]


def per_thread(interpreter):
    """The event of each thread ticks only while that runs: nothing is missed, idle or another's."""
    with harness.Target(interpreter, "threads", 60, pinned=False) as target:
        run = harness.record(target.wait_ready(), 1000, 2, "--per-thread")
    problems = run.problems() or run.account.whole(sigmas=3)
    if problems:
        return problems
    a = run.account
    if a.not_ours or a.missed_idle or a.asked != a.seen:
        problems.append(a.ticks_line)
    if a.kernel is None or abs(a.sampled - a.kernel) > 0.03 * a.kernel:
        problems.append(a.pid_line)
    return problems + check_stacks.check(interpreter, "threads", run.stacks, {"thread_cpu": run.thread_cpu})


def usage(*arguments):
    run = harness.profile(*arguments)
    return [] if run.status == 2 and not run.out and run.err.startswith("pybpfprof: ") else [str(run)]


def main():
    tap = harness.begin()
    interpreter = interpreters.any_supported()
    if not interpreter:
        harness.tap_module.skip_all("no supported CPython is here")
    cgroups = harness.unified() is not None or "no cgroup v2"
    older = bool(interpreters.pyenv("3.8").path) or interpreters.pyenv("3.8").reason
    tests = (
        ("several pids, one of them no Python", lambda: several(interpreter), True),
        ("several pids, none of them Python", lambda: none_left(interpreter), True),
        ("--name with a script's name", lambda: chosen_by(interpreter, ["--name", "calls.py"]), True),
        ("--name with a glob of the command", lambda: by_command_name(interpreter), older),
        ("--name that nothing has", lambda: nothing_suits(interpreter), True),
        ("--cgroup", lambda: in_cgroup(interpreter, "/pbp test/inner", ["--cgroup", "/pbp test"]), cgroups),
        ("--unit", lambda: in_cgroup(interpreter, "/system.slice/pbp-test.service", ["--unit", "pbp-test"]), cgroups),
        ("children are included", lambda: with_children(interpreter), True),
        ("children of children, after execve", lambda: executed_child(interpreter), True),
        ("per thread", lambda: per_thread(interpreter), True),
        ("per thread, children are included", lambda: with_children(interpreter, "--per-thread"), True),
        ("--no-children", lambda: without_children(interpreter), True),
        ("threads apart", lambda: threads_apart(interpreter), True),
        ("bad usage: a filter and a pid", lambda: usage("-p", "1", "--name", "x"), True),
        ("bad usage: a filter and a command", lambda: usage("--unit", "x", "--", "/bin/true"), True),
        ("bad usage: a pid and a command", lambda: usage("-p", "1", "--", "/bin/true"), True),
        ("bad usage: -- with nothing behind it", lambda: usage("--"), True),
        ("bad usage: per thread for the whole host", lambda: usage("--per-thread"), True),
    )
    for name, function, here in tests:
        if here is True:
            tap.attempt(name, function, 2)
        else:
            tap.skip(name, here)
    return tap.done()


sys.exit(main())
