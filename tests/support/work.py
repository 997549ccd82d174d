"""Short-lived Pythons that work a while in a function of a name of its own and say how much CPU time that took."""
import os
import subprocess

RATE = 1000  # Hz, of those who count with near()
CODE = """
import time
def %(name)s():
    i = 0
    while time.process_time() < begin + %(seconds)g:
        i += 1
begin = time.process_time()
%(name)s()
print(begin, time.process_time(), flush=True)
"""
LINES = (4, 5, 6)  # of the function


def code(name, seconds):
    """It prints its CPU seconds before and after the function."""
    return CODE % {"name": name, "seconds": seconds}


class Short:
    """One that has ended: its pid, and its CPU seconds by its own word (begin, end) and by the kernel's (cpu)."""

    def __init__(self, python, name, seconds, *arguments, before=(), environment=None):
        self.name = name
        process = subprocess.Popen([python, *before, "-S", "-c", code(name, seconds), *arguments],
                                   stdout=subprocess.PIPE, env=environment)
        with process.stdout:
            self.begin, self.end = map(float, process.stdout.read().split())
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        self.pid, self.cpu = process.pid, usage.ru_utime + usage.ru_stime

    def problems(self, run):
        """It is there by its pid, with its function at lines that the function has."""
        mine = run.process(self.pid)
        lines = set(f.line for s in mine.stacks for f in s.frames if f.label == self.name)
        if not lines:
            return ["%s (pid %d, %.3f s) is not in the report: %s" % (
                self.name, self.pid, self.cpu, [s.text[-200:] for s in mine.stacks][:3])]
        return [] if lines <= set(LINES) else ["%s has the lines %s" % (self.name, sorted(lines))]

    def counted(self, run):
        """Problems: its function has not the samples that its CPU time gives."""
        samples = run.process(self.pid).within(self.name)
        return near("%s (pid %d)" % (self.name, self.pid), samples, self.end - self.begin)


def near(what, samples, seconds, fraction=0.03, ticks=3):
    """Problems: the samples are not what so much CPU time gives."""
    expected = seconds * RATE
    if abs(samples - expected) <= fraction * expected + ticks:
        return []
    return ["%s: %d samples, %.0f expected" % (what, samples, expected)]
