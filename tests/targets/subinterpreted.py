"""What subinterpreters.py runs in the other interpreters."""
import time


def spin_until(end):
    while time.monotonic() < end:
        pass


def nested(n, end):
    return nested(n - 1, end) if n else spin_until(end)  # -> nested, spin_until


def entered(seconds):
    nested(5, time.monotonic() + seconds)  # -> nested
