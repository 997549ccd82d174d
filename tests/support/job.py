"""A shell with one job, for tests of what only a terminal does: `job.py COMMAND [ARGUMENT...]`.

The job is the foreground group of the terminal on standard input, which this is to lead the session of. What happens
to it is a line each on descriptor 3: `began PID`, `stopped SIGNAL`, `continued`, `exited STATUS` or `killed SIGNAL`;
a byte on descriptor 4 has it go on after a stop.
"""
import fcntl
import os
import select
import signal
import sys
import termios
import threading

TERMINAL, EVENTS, GO_ON = 0, 3, 4


def begin_job(command):
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(TERMINAL, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.closerange(EVENTS, GO_ON + 1)
        os.execvp(command[0], command)
    try:
        os.setpgid(pid, pid)
    except OSError:  # it did so itself, and may have executed its program
        pass
    return pid


def go_on(pid):
    while os.read(GO_ON, 1):
        os.tcsetpgrp(TERMINAL, pid)
        os.killpg(pid, signal.SIGCONT)


def tell(text):
    os.write(EVENTS, (text + "\n").encode())


def shell(command):
    fcntl.ioctl(TERMINAL, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    pid = begin_job(command)
    tell("began %d" % pid)
    threading.Thread(target=go_on, args=(pid,), daemon=True).start()
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED | os.WCONTINUED)
        if os.WIFSTOPPED(status):
            os.tcsetpgrp(TERMINAL, os.getpgrp())
            tell("stopped %d" % os.WSTOPSIG(status))
        elif os.WIFCONTINUED(status):
            tell("continued")
        else:
            killed = os.WIFSIGNALED(status)
            tell("killed %d" % os.WTERMSIG(status) if killed else "exited %d" % os.WEXITSTATUS(status))
            return


class Job:
    """From the test's side: a command in the foreground of a terminal of its own, killed at the end of the `with`."""

    def __init__(self, start, command, **keywords):
        """start: harness.start, or what does the same."""
        self.master, slave = os.openpty()
        self.events, events = os.pipe()
        go_on, self.go_on_end = os.pipe()

        # By way of another shell, as Popen does not give descriptors new numbers.
        script = 'exec "$0" "$@" 3>&%d 4<&%d %d>&- %d<&-' % (events, go_on, events, go_on)
        self.process = start(["/bin/bash", "-c", script, sys.executable, os.path.abspath(__file__), *command],
                             stdin=slave, stdout=slave, stderr=slave, pass_fds=(events, go_on), **keywords)
        for fd in (slave, events, go_on):
            os.close(fd)
        self.screen, self._pending = b"", b""
        began = self.event()
        if not began:
            self.process.kill()
            raise RuntimeError("the job did not begin: %r" % self.screen)
        self.pid = int(began.partition(" ")[2])  # of the job, and of its group

    def _take(self, seconds):
        """Read what is there; False when nothing came in that time."""
        ready, _, _ = select.select([self.master, self.events], [], [], seconds)
        for fd in ready:
            try:
                data = os.read(fd, 65536)
            except OSError:  # the terminal's other end is closed
                data = b""
            if fd == self.master:
                self.screen += data
            else:
                self._pending += data
        return bool(ready)

    def event(self, seconds=60):
        """The next change of the job's state, "" when there is none in that time."""
        for _ in range(int(seconds * 50)):
            if b"\n" in self._pending:
                break
            self._take(0.02)
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode()

    def shows(self, text, seconds=60):
        """Wait until the terminal shows the text."""
        for _ in range(int(seconds * 50)):
            if text in self.screen:
                return True
            self._take(0.02)
        return False

    def type(self, text):
        os.write(self.master, text)

    def go_on(self):
        os.write(self.go_on_end, b"x")

    def __enter__(self):
        return self

    def __exit__(self, *details):
        for group in (self.pid, self.process.pid):
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        for fd in (self.master, self.events, self.go_on_end):
            os.close(fd)


if __name__ == "__main__":
    shell(sys.argv[1:])
