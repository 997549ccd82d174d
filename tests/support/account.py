"""The closing account as numbers: one strict parser (user/report/closing.c writes it), and its laws."""
import math
import re

FIRST = re.compile(
    r"pid (?P<pid>\d+), CPython (?P<python>\d+\.\d+[^:]*): (?P<samples>\d+) samples "
    r"in (?P<elapsed>\d+\.\d\d) s at (?P<rate>\d+) Hz = (?P<sampled>\d+\.\d{3}) s on CPU; "
    r"kernel counted (?:an unknown time|(?P<kernel>\d+\.\d{3}) s"
    r"(?: \((?P<percent>\d+\.\d\d) %, expected 100 (?:\+-|±) (?P<deviation>\d+\.\d\d) %\))?)"
    r"(?:; INCOMPLETE: (?P<incomplete>.+))?")
STACKS = re.compile(
    r"stacks: (?P<complete>\d+) complete, (?P<truncated>\d+) truncated, "
    r"(?P<unreadable>\d+) unreadable(?: \((?P<reasons>[^)]+)\))?, (?P<native>\d+) native"
    r"(?:, (?P<not_recognised>\d+) not yet recognised)?, (?P<lost>\d+) lost, (?P<unnamed>\d+) unnamed"
    r"(?:, (?P<lines_unknown>\d+) line unknown)?(?:, (?P<repaired>\d+) repaired)?"
    r"(?:, (?P<in_jit>\d+) in JIT code \(their lines are approximate\))?"
    r"(?:, (?P<malformed>\d+) malformed)?, (?P<missed>\d+) missed")
TICKS = re.compile(
    r"ticks: asked (?P<asked>\d+) = seen (?P<seen>\d+) \+ missed (?P<tick_missed>\d+)"
    r"(?: \((?P<missed_idle>\d+) of idle CPUs\))?; seen = samples \+ lost \+ not ours (?P<not_ours>\d+)")
COST = re.compile(
    r"cost: (?:(?P<cost_us>\d+\.\d) us per (?:sample|tick) in the kernel \((?P<cost_kernel>\d+\.\d\d) % of one CPU\)|"
    r"nothing in the kernel|in the kernel not known \(no BPF run-time statistics\)), "
    r"(?P<cost_user>\d+\.\d\d) % in user space, (?P<cost_mb>\d+) MB"
    r"(?:; first sample after (?P<start>\d+\.\d{3}) s)?")
LINES = (("pid ", FIRST), ("stacks: ", STACKS), ("ticks: ", TICKS), ("cost: ", COST))
TEXTS = ("python", "incomplete", "reasons")
OPTIONAL = ("kernel", "percent", "deviation", "cost_us", "cost_kernel", "start")


class AccountError(Exception):
    pass


def _number(name, text):
    if name in TEXTS:
        return text
    if text is None:
        return None if name in OPTIONAL else 0
    return float(text) if "." in text else int(text)


class Account:
    """The named groups above as attributes, None for what the account says is not known; and the whole lines as
    pid_line, stacks_line, ticks_line and cost_line."""

    def __init__(self, text):
        lines = [line for line in text.splitlines() if line]
        for start, pattern in LINES:
            found = [line for line in lines if line.startswith(start)]
            if len(found) != 1:
                raise AccountError("%d lines begin with %r in %r" % (len(found), start, lines))
            match = pattern.fullmatch(found[0])
            if not match:
                raise AccountError("does not read as agreed: %r" % found[0])
            setattr(self, start.rstrip(": ") + "_line", found[0])
            for name, value in match.groupdict().items():
                setattr(self, name, _number(name, value))

    def laws(self):
        """Problems: sums that do not add up, and numbers that stand in two places and differ."""
        out = []

        def equal(what, left, right):
            if left != right:
                out.append("%s: %s is not %s" % (what, left, right))
        equal("asked = seen + missed", self.asked, self.seen + self.missed)
        equal("seen = samples + lost + not ours", self.seen, self.samples + self.lost + self.not_ours)
        equal("samples = sum of their kinds", self.samples, self.complete + self.truncated + self.unreadable
              + self.native + self.not_recognised)
        equal("missed in both lines", self.missed, self.tick_missed)
        equal("malformed records", self.malformed, 0)
        counts = [int(n) for n in re.findall(r"(?:\A|, )(\d+) ", self.reasons or "")]
        if counts:
            equal("unreadable = sum of its reasons", self.unreadable, sum(counts))
        if self.missed_idle > self.missed:
            out.append("%d of %d missed ticks are of idle CPUs" % (self.missed_idle, self.missed))
        if bool(self.unreadable) != bool(self.reasons):
            out.append("%d unreadable, reasons %s" % (self.unreadable, self.reasons))
        if self.incomplete and "not in the" in self.incomplete:
            out.append(self.incomplete)
        return out

    def whole(self, sigmas=0, share=0.001):
        """Problems: more than that share of the stacks was not read to its root, or a sample was lost or unnamed.
        With sigmas: more than what that share gives by chance in so few samples."""
        out = []
        wanted = self.samples - self.native
        allowed = share * wanted
        if wanted - self.complete > allowed + sigmas * math.sqrt(allowed):
            out.append("only %d of %d stacks are complete (%s)" % (self.complete, wanted, self.reasons))
        if self.lost or self.unnamed:
            out.append("%d lost, %d unnamed" % (self.lost, self.unnamed))
        return out
