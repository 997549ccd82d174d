"""What host.py lets run: `load.py NAME [ARGUMENT...]`. Prints `ready` once it runs, and results when it ends."""
import os
import sys
import tempfile
import time

CHAIN = 100  # functions of one stack of prefork


def say(*words):
    print(*words, flush=True)


def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def reap(started, flags):
    """CPU seconds of the children that have ended; they leave the set."""
    cpu = 0.0
    while started:
        pid, _, usage = os.wait4(-1, flags)
        if not pid:
            break
        started.discard(pid)
        cpu += usage.ru_utime + usage.ru_stime
    return cpu


def storm(seconds, per_second):
    """Of twenty programs started one is a Python; at so many a second, or as many as the machine starts."""
    short = "sum(range(100000))"
    null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    programs = [["/bin/true"]] * 19 + [[sys.executable, "-I", "-S", "-c", short]]
    started, count, pythons = set(), 0, 0
    say("ready")
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        if count >= (time.monotonic() - begin) * per_second or len(started) >= 64:
            time.sleep(0.001)
        else:
            program = programs[count % len(programs)]
            started.add(os.posix_spawn(program[0], program, os.environ, file_actions=null))
            count += 1
            pythons += len(program) > 1
        reap(started, os.WNOHANG)
    reap(started, 0)
    say(count - pythons, pythons, time.monotonic() - begin)


def busy(seconds):
    say("ready")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1000))


def idle(count):
    """So many programs of their own, not forks of this one."""
    program = [sys.executable, "-I", "-S", "-c", "import time\nprint(1, flush=True)\ntime.sleep(1000)"]
    for _ in range(count):
        end, begin = os.pipe()
        os.posix_spawn(program[0], program, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, begin, 1)])
        os.close(begin)
        os.read(end, 1)  # it runs
        os.close(end)
    say("ready")
    time.sleep(1000)


def make_chains(codes):
    """A module of so many functions, in chains: the stack of a chain's leaf shows all of it."""
    lines = ["import time", "def burn(seconds):", " end = time.process_time() + seconds",
             " while time.process_time() < end: pass"]
    for n in range(codes):
        below = "burn(0.005)" if (n + 1) % CHAIN == 0 else "function_%d()" % (n + 1)
        lines.append("def function_%d():\n value = %s\n return value" % (n, below))
    lines.append("chains = [%s]" % ", ".join("function_%d" % n for n in range(0, codes, CHAIN)))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chains.py")
        with open(path, "w") as module:
            module.write("\n".join(lines) + "\n")
        names = {}
        exec(compile("\n".join(lines) + "\n", path, "exec"), names)
    return names["chains"]


def prefork(workers, codes):
    """Begins when it reads a line, and says when every worker has run everything; they stay until the end."""
    chains = make_chains(codes)
    say("ready")
    sys.stdin.readline()
    end, begin = os.pipe()
    for _ in range(workers):
        if os.fork() == 0:
            for chain in chains:
                chain()
            os.write(begin, b"x")
            time.sleep(1000)
    for _ in range(workers):
        os.read(end, 1)
    say("done")
    time.sleep(1000)


def work():
    burn(0.01)


def pool(workers, seconds):
    """All workers anew each second. Prints CPU seconds and pids of all that there were."""
    say("ready")
    sys.stdin.readline()
    pids, cpu = [], 0.0
    for n in range(seconds):
        due = time.monotonic() + 1
        started = set()
        for _ in range(workers):
            pid = os.fork()
            if pid == 0:
                work()
                os._exit(0)
            started.add(pid)
            pids.append(pid)
        cpu += reap(started, 0)
        time.sleep(max(0, due - time.monotonic()))
    say("%.6f" % cpu, *pids)


def pingpong(seconds):
    """Two processes on one CPU hand a byte to and fro. Prints the median microseconds of a round trip."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    there, back = os.pipe(), os.pipe()
    if os.fork() == 0:
        os.close(there[1])
        while os.read(there[0], 1):
            os.write(back[1], b"x")
        os._exit(0)
    say("ready")
    sys.stdin.readline()
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.perf_counter()
        for _ in range(200):
            os.write(there[1], b"x")
            os.read(back[0], 1)
        times.append((time.perf_counter() - begin) / 200)
    os.close(there[1])
    times.sort()
    say("%.3f" % (times[len(times) // 2] * 1e6))


def waker(seconds):
    """Wakes 1,000 times a second, for a fifth of a millisecond each."""
    say("ready")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        burn(0.0002)
        time.sleep(0.0008)


def sequence(count):
    """One program after the other. Prints CPU seconds and pids."""
    program = "import time\ndef hot():\n while time.process_time() < 0.06: pass\nhot()"
    say("ready")
    sys.stdin.readline()
    pids, cpu = [], 0.0
    for _ in range(count):
        pid = os.posix_spawn(sys.executable, [sys.executable, "-c", program], os.environ)
        pids.append(pid)
        cpu += reap({pid}, 0)
    say("%.6f" % cpu, *pids)


if __name__ == "__main__":
    LOADS = {function.__name__: function for function in (
        storm, busy, idle, prefork, pool, pingpong, waker, sequence)}
    LOADS[sys.argv[1]](*map(int, sys.argv[2:]))
