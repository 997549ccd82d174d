"""Writes pprof files as another tool would: every message by hand, so that nothing of ours is its own witness.

Field numbers are those of profile.proto of github.com/google/pprof."""
import gzip


def varint(number):
    out = bytearray()
    number &= (1 << 64) - 1
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


class Profile:
    """Stacks with samples and nanoseconds of CPU time each."""

    def __init__(self):
        self.strings = {b"": 0}
        self.functions, self.locations = {}, {}  # what it is -> id
        self.tables, self.samples = b"", b""

    def string(self, value):
        value = value if isinstance(value, bytes) else value.encode()
        return self.strings.setdefault(value, len(self.strings))

    def location(self, name, path, line, first):
        function = self.functions.get((name, path, first))
        if not function:
            function = self.functions[name, path, first] = len(self.functions) + 1
            self.tables += text(5, number(1, function) + number(2, self.string(name)) + number(
                3, self.string(name)) + number(4, self.string(path)) + number(5, first))
        location = self.locations.get((function, line))
        if not location:
            location = self.locations[function, line] = len(self.locations) + 1
            self.tables += text(4, number(1, location) + text(4, number(1, function) + number(2, line)))
        return location

    def add(self, frames, count, nanoseconds=None):
        """frames: (name, path, line, first line), root first."""
        ids = b"".join(varint(self.location(*frame)) for frame in reversed(frames))
        values = varint(count) + varint(count * 1000000 if nanoseconds is None else nanoseconds)
        self.samples += text(2, text(1, ids) + text(2, values))
        return self

    def message(self):
        types = b"".join(text(1, number(1, self.string(kind)) + number(2, self.string(unit)))
                         for kind, unit in (("samples", "count"), ("cpu", "nanoseconds")))
        period = text(11, number(1, self.string("cpu")) + number(2, self.string("nanoseconds"))) + number(12, 1000000)
        strings = b"".join(text(6, value) for value in self.strings)
        return types + self.samples + self.tables + strings + period

    def write(self, path):
        with open(path, "wb") as file:
            file.write(gzip.compress(self.message()))
        return path
