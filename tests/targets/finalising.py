"""Works a little, then its interpreter ends, in which Python code runs as well: `finalising.py SECONDS`."""
import atexit

import common


def spin_until(end):
    while common.clock() < end:
        pass


def at_exit():
    spin_until(common.clock() + 0.4)  # -> spin_until


class Finalised(object):
    def __init__(self, clock):
        self.clock = clock

    def __del__(self):
        end = self.clock() + 0.2
        while self.clock() < end:
            pass


class Cycle(object):
    """Freed by the last collection only, when the modules are gone."""

    def __init__(self):
        self.self, self.held = self, Finalised(common.clock)


kept = Finalised(common.clock)
cycle = Cycle()
atexit.register(at_exit)
common.ready()
spin_until(common.END)  # -> spin_until
