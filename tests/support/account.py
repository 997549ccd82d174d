"""The closing account as numbers: one strict parser (user/report/closing.c writes it), and its laws."""
import math
import re

FIRST = re.compile(
    r"(?:pid (?P<pid>\d+), CPython (?P<python>\d+\.\d+[^:]*|of unknown version)|no process|"
    r"(?:(?P<sampled_processes>\d+) of )?(?P<processes>\d+) processes"
    r"(?: \((?P<containers>\d+) containers?\))?(?:, CPython (?P<pythons>\d+\.\d+[^:]*))?): "
    r"(?P<samples>\d+) samples "
    r"in (?P<elapsed>\d+\.\d\d) s at (?P<rate>\d+) Hz = (?P<sampled>\d+\.\d{3}) s on CPU; "
    r"kernel counted (?:an unknown time|(?P<kernel>\d+\.\d{3}) s"
    r"(?: \((?P<percent>\d+\.\d\d) %(?:, expected 100 (?:\+-|±) (?P<deviation>\d+\.\d\d) %)?\))?)"
    r"(?:; INCOMPLETE: (?P<incomplete>.+))?")
STACKS = re.compile(
    r"stacks: (?P<complete>\d+) complete, (?P<truncated>\d+) truncated, "
    r"(?P<unreadable>\d+) unreadable(?: \((?P<reasons>[^)]+)\))?, (?P<native>\d+) native"
    r"(?:, (?P<not_recognised>\d+) not yet recognised)?, (?P<lost>\d+) lost, (?P<unnamed>\d+) unnamed"
    r"(?:, (?P<lines_unknown>\d+) line unknown)?(?:, (?P<repaired>\d+) repaired)?"
    r"(?:, (?P<in_jit>\d+) in JIT code \(their lines are approximate\))?"
    r"(?:, (?P<malformed>\d+) malformed)?, (?P<missed>\d+) missed")
TICKS = re.compile(
    r"ticks: asked (?P<asked>\d+) = seen (?P<seen>\d+)(?: \+ missed (?P<tick_missed>\d+)"
    r"(?: \((?P<missed_idle>\d+) of idle CPUs\))?)?; seen = samples \+ lost \+ not ours (?P<not_ours>\d+)")
# Of the whole host only: shares of all ticks asked.
HOST = re.compile(
    r"host: CPU time of (?P<host_cpus>\d+) CPUs? (?:x|×) (?P<host_elapsed>\d+\.\d\d) s "
    r"(?:less (?P<host_offline>\d+\.\d\d) s offline )?"
    r"\((?P<host_ticks>\d+) ticks\) = (?P<host_python>\d+\.\d\d) % in Python code, "
    r"(?P<host_native>\d+\.\d\d) % in native code of Python processes, "
    r"(?P<host_not_recognised>\d+\.\d\d) % not yet recognised, (?:(?P<host_lost>\d+\.\d\d) % lost, )?"
    r"(?P<host_others>\d+\.\d\d) % in other processes, (?P<host_idle>\d+\.\d\d) % idle"
    r"(?:, (?P<host_missed>\d+\.\d\d) % in missed ticks)?")
NOT_SAMPLED = re.compile(
    r"not sampled: (?:no process|"
    r"(?:(?P<refused>\d+) (?:process(?:es)? )?refused(?:, |(?=;|\Z)))?"
    r"(?:(?P<blocked>\d+) (?:process(?:es)? )?that did not answer(?:, |(?=;|\Z)))?"
    r"(?:(?P<gone>\d+) (?:process(?:es)? )?that ended before being looked at \(their ticks are not ours\))?)"
    r"(?:; helper replaced (?P<replaced>\d+) times?)?")
TOGETHER = re.compile(r"told together: (?P<together>\d+) ended process(?:es)?, by command")
COST = re.compile(
    r"cost: (?:(?P<cost_us>\d+\.\d) us per (?:sample|tick) in the kernel \((?P<cost_kernel>\d+\.\d\d) % of one CPU\)|"
    r"nothing in the kernel|in the kernel not known \(no BPF run-time statistics\)), "
    r"(?P<cost_user>\d+\.\d\d) % in user space, (?P<cost_mb>\d+) MB"
    r"(?:; first sample after (?P<start>\d+\.\d{3}) s)?")
# What begins a line, its name as an attribute, how it reads, and whether every account has it.
LINES = ((r"pid \d+, |no process: |\d+ (?:of \d+ )?processes", "pid_line", FIRST, True),
         (r"stacks: ", "stacks_line", STACKS, True), (r"ticks: ", "ticks_line", TICKS, True),
         (r"host: ", "host_line", HOST, False), (r"not sampled: ", "not_sampled_line", NOT_SAMPLED, False),
         (r"told together: ", "together_line", TOGETHER, False), (r"cost: ", "cost_line", COST, True))
TEXTS = ("python", "pythons", "incomplete", "reasons")
OPTIONAL = ("pid", "processes", "sampled_processes", "kernel", "percent", "deviation", "cost_us", "cost_kernel",
            "start", "host_cpus", "host_elapsed", "host_ticks", "host_python", "host_native", "host_not_recognised",
            "host_others", "host_idle")


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
    pid_line (of several processes, too), stacks_line, ticks_line and cost_line, and host_line, not_sampled_line and
    together_line, None where there are none. Of several processes pid is None and pythons are their versions."""

    def __init__(self, text):
        lines = [line for line in text.splitlines() if line]
        for start, attribute, pattern, always in LINES:
            found = [line for line in lines if re.match(start, line)]
            if len(found) > 1 or always and not found:
                raise AccountError("%d lines begin with %r in %r" % (len(found), start, lines))
            match = found and pattern.fullmatch(found[0])
            if found and not match:
                raise AccountError("does not read as agreed: %r" % found[0])
            setattr(self, attribute, found[0] if found else None)
            for name in pattern.groupindex:
                setattr(self, name, _number(name, match[name] if match else None))

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
        out += self._host_laws()
        if self.missed_idle > self.missed:
            out.append("%d of %d missed ticks are of idle CPUs" % (self.missed_idle, self.missed))
        if bool(self.unreadable) != bool(self.reasons):
            out.append("%d unreadable, reasons %s" % (self.unreadable, self.reasons))
        if self.incomplete and "not in the" in self.incomplete:
            out.append(self.incomplete)
        return out

    def _host_laws(self):
        """Problems of the machine's shares, which are rounded to two digits."""
        if self.host_line is None:
            return []
        out = []
        shares = {"python": self.samples - self.native - self.not_recognised, "native": self.native,
                  "not_recognised": self.not_recognised, "lost": self.lost, "missed": self.missed - self.missed_idle}
        for name, ticks in shares.items():
            percent = getattr(self, "host_" + name)
            if abs(percent - 100.0 * ticks / self.asked) > 0.0051:
                out.append("%s %% %s in %r" % (percent, name, self.host_line))
        total = sum(shares.values()) + self.not_ours + self.missed_idle
        if self.host_ticks != self.asked or total != self.asked:
            out.append("%d ticks of the host, %d in its shares, %d asked" % (self.host_ticks, total, self.asked))
        rest = 100.0 * (self.not_ours + self.missed_idle) / self.asked
        if abs(self.host_others + self.host_idle - rest) > 0.0101:
            out.append("others and idle are %.2f %%: %r" % (rest, self.host_line))
        return out

    def whole(self, sigmas=0, share=0.001):
        """Problems: more than that share of the stacks was not read to its root, or a sample was lost or unnamed.
        With sigmas: more than what that share gives by chance in so few samples."""
        out = []
        wanted = self.samples - self.native
        allowed = share * wanted
        if wanted - self.complete > allowed + sigmas * math.sqrt(allowed):
            out.append("only %d of %d stacks are complete (%s)" % (self.complete, wanted, self.reasons))
        # What a stack may lack, names may.
        if self.lost or self.unnamed > (share * wanted if share > 0.001 else 0):
            out.append("%d lost, %d unnamed" % (self.lost, self.unnamed))
        return out
