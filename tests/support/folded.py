"""Folded stacks as values: parsing is strict, because scripts of users parse the same lines."""
import re

ELEMENT = re.compile(r"(?P<label>.*) \((?P<path>.*):(?P<line>\d+)\)\Z", re.S)
SPECIAL = re.compile(r"\[(native|truncated|unnamed|not yet recognised|unreadable: [a-z][a-z -]*)\]\Z")
# The elements before the frames: a process when there are several, a thread with -t.
OWNER = re.compile(r"(?P<name>.*) \[(?P<id>\d+)(?: and (?P<more>[1-9]\d*) more)?\]\Z", re.S)
# user/base/strbuf.h and user/python/pystr.h: controls, undecodable bytes of file names, direction controls
REPLACED = re.compile("[\x00-\x1f\x7f-\x9f;\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class FoldedError(Exception):
    pass


class Frame:
    """One element: a frame of Python, or a special one, whose label is its text and whose path is None."""

    __slots__ = ("label", "path", "line", "text")

    def __init__(self, text):
        self.text = text
        if SPECIAL.match(text):
            self.label, self.path, self.line = text, None, 0
            return
        match = ELEMENT.match(text)
        if not match:
            raise FoldedError("not an element: %r" % text[:300])
        self.label, self.path, self.line = match["label"], match["path"], int(match["line"])

    @property
    def special(self):
        return self.path is None

    def __repr__(self):
        return self.text


class Owner:
    """A process or thread: its name, its pid or tid, and of how many processes (a thread: one) it tells."""

    __slots__ = ("name", "id", "count", "text")

    def __init__(self, match):
        self.text, self.name, self.id = match[0], match["name"], int(match["id"])
        self.count = 1 + int(match["more"] or 0)

    def __repr__(self):
        return self.text


class Stack:
    """Frames root first, without the elements of process and thread (None where there is none) and without the root
    element that says how the stack is incomplete."""

    __slots__ = ("process", "thread", "frames", "count", "status", "text")

    def __init__(self, line, threads=False):
        self.text, _, count = line.rpartition(" ")
        if not re.match(r"[1-9]\d*\Z", count):
            raise FoldedError("no count: %r" % line[-300:])
        self.count = int(count)
        self.status = "complete"
        elements = self.text.split(";")
        owners = []
        # No frame ends in a number in brackets, so the first element that does not is one.
        while len(elements) > 1 and len(owners) < 1 + threads and OWNER.match(elements[0]):
            owners.append(Owner(OWNER.match(elements.pop(0))))
        self.thread = owners.pop() if threads and owners else None
        self.process = owners.pop() if owners else None
        frames = [Frame(text) for text in elements]
        if frames[0].special and frames[0].label != "[unnamed]":
            self.status = frames.pop(0).label[1:-1].partition(":")[0]
            if self.status in ("native", "not yet recognised") and frames:
                raise FoldedError("frames below %s: %r" % (self.status, line[:300]))
            if self.status == "truncated" and not frames:
                raise FoldedError("a truncated stack without frames: %r" % line[:300])
        for frame in frames:
            if frame.special and frame.label != "[unnamed]":
                raise FoldedError("%s inside a stack: %r" % (frame.label, line[:300]))
        self.frames = frames


def parse(data, threads=False):
    """Stacks of the bytes of a folded report; threads: of a run with -t."""
    text = data.decode("utf-8")  # anything else is a defect of the report
    if text and not text.endswith("\n"):
        raise FoldedError("the last line has no end")
    lines = text.split("\n")[:-1]
    if len(set(line.rpartition(" ")[0] for line in lines)) != len(lines):
        raise FoldedError("a stack has two lines")
    stacks = [Stack(line, threads) for line in lines]
    if len(set((stack.process is None, stack.thread is None) for stack in stacks)) > 1:
        raise FoldedError("some stacks tell their process or thread and others do not")
    return stacks


def total(stacks):
    return sum(stack.count for stack in stacks)


def _escaped(character):
    code = ord(character)
    if character == ";":
        return ":"
    if code == 0 or 0xd800 <= code < 0xdc80 or code > 0xdcff and code < 0xe000:
        return "\ufffd"
    if 0xdc80 <= code <= 0xdcff:
        return "\\x%02x" % (code - 0xdc00)
    return ("\\x%02x" if code < 0x100 else "\\u%04x") % code


def escape(name):
    """A name of the target as labels show it."""
    return REPLACED.sub(lambda match: _escaped(match[0]), name)
