"""Is every sampled stack one that the program can have?

The truth has two sources, neither of them the profiler: the interpreter under test says which lines each
code object of each file has (dump_code.py), and comments in the target say which functions a line calls
(targets/common.py). By hand:  check_stacks.py PYTHON TARGET FOLDED
"""
import collections
import json
import math
import os
import re
import sys

import folded
from interpreters import Interpreter

HERE = os.path.dirname(os.path.abspath(__file__))
TARGETS = os.path.join(os.path.dirname(HERE), "targets")
MORE_FILES = {"subinterpreters": ("subinterpreted",)}  # of targets that are more than one file
MARKER = re.compile(r"#(?: -> (?P<direct>.+?))?(?: => (?P<through>.+?))?\s*$")


def target_path(name):
    return os.path.join(TARGETS, name + ".py")


class Program:
    """What one version of CPython and the comments in a target know of its stacks."""

    def __init__(self, interpreter, target):
        self.interpreter = interpreter
        self.anywhere = ()  # names of functions that the interpreter calls from any line
        self.compiled = ()  # what the library calls the code that it compiles itself
        # In code of the JIT a frame's line is only known to be one of its function.
        self.approximate = "jit" in interpreter.build
        self.own = tuple(map(target_path, (target, "common") + MORE_FILES.get(target, ())))
        self.code = {}  # file -> label -> [(first line, lines)]
        self.calls = {}  # (file, line) -> (names called straight away, names called through the library or None)
        for path in self.own:
            with open(path, encoding="utf-8") as source:
                for number, text in enumerate(source, 1):
                    match = MARKER.search(text)
                    if match and match[0].strip() != "#":
                        self.calls[path, number] = (self._names(match["direct"]) or (),
                                                    self._names(match["through"]))

    @staticmethod
    def _names(text):
        return tuple(text.split(", ")) if text else None

    def learn(self, paths):
        """Have the interpreter say what code the files hold; what is no file it keeps to itself."""
        new = sorted(p for p in set(paths) - set(self.code) if self.interpreter.is_file(p))
        if new:
            dumped = json.loads(self.interpreter.run(os.path.join(HERE, "dump_code.py"), *new))
            for path, codes in dumped.items():
                labels = self.code.setdefault(path, {})
                for name, qualname, first, lines in codes:
                    labels.setdefault(folded.escape(qualname), []).append((first, set(lines)))

    def wrong_frame(self, frame):
        """Why no code object of this version can give that frame, or None."""
        if frame.path not in self.code:
            known = frame.path.startswith("<frozen ") or frame.path in self.compiled
            return None if known else "no such file %s" % frame.path[:200]
        codes = self.code[frame.path].get(frame.label)
        if not codes:
            return "no code object %s in %s" % (frame.label[:200], frame.path[:200])
        if not any(frame.line in lines for _, lines in codes):
            return "%s has no line %d" % (frame.label[:200], frame.line)
        return None

    @staticmethod
    def _named(frame, names):
        """Is the frame's function one of the names? Before 3.11 labels are not qualified, names may be."""
        return any(n == frame.label or frame.label.endswith("." + n) or n.endswith("." + frame.label)
                   for n in names)

    def _calls(self, caller):
        """What a frame of the target's own may call at its line: straight away, and through the library or None."""
        if not self.approximate:
            return self.calls.get((caller.path, caller.line), ((), None))
        lines = set().union(*(lines for _, lines in self.code[caller.path].get(caller.label, ())))
        at = [self.calls[caller.path, line] for line in lines if (caller.path, line) in self.calls]
        behind = [names for _, names in at if names is not None]
        return sum((names for names, _ in at), ()), sum(behind, ()) if behind else None

    def wrong_pair(self, caller, callee, through):
        """Why the one cannot have called the other, and through whom library frames may now call (or None)."""
        if callee.path in self.own and self._named(callee, self.anywhere):
            return None, ()
        if caller.path not in self.own:
            if callee.path in self.own and not self._named(callee, through):
                return "library calls %s" % callee, through
            return None, through
        direct, behind = self._calls(caller)
        if callee.path in self.own:
            return (None if self._named(callee, direct) else "%s cannot call %s" % (caller, callee)), ()
        if behind is None:
            return "%s calls the library's %s" % (caller, callee), ()
        return None, behind

    def wrong_stack(self, stack, entries):
        """Why the program cannot have that stack, or None. Entries: roots, and what library frames at the
        root (threading's) may call."""
        frames = stack.frames
        for frame in frames:
            if frame.special:
                return "%s" % frame
            wrong = self.wrong_frame(frame)
            if wrong:
                return wrong
        cut = stack.status != "complete"
        root = frames[0] if frames else None
        if root and not cut and root.path in self.own and not self._named(root, ("<module>",) + tuple(entries)):
            return "%s at the root" % root
        through = tuple(entries)
        if cut and root and root.path not in self.own:  # whose library frames these are was cut off
            through = [n for _, behind in self.calls.values() for n in behind or ()] + list(entries)
        for caller, callee in zip(frames, frames[1:]):
            wrong, through = self.wrong_pair(caller, callee, through)
            if wrong:
                return wrong
        return None


def grammar(program, stacks, entries=()):
    """Problems of single stacks, the most frequent ones first."""
    program.learn(f.path for s in stacks for f in s.frames if not f.special)
    problems = collections.Counter()
    for stack in stacks:
        wrong = program.wrong_stack(stack, entries)
        if wrong:
            problems["%s in: %s" % (wrong, stack.text[-600:])] += stack.count
    return ["%d samples: %s" % (count, text) for text, count in problems.most_common(6)]


def share(stacks, wanted, minimum, what):
    """A problem when fewer than that fraction of the samples are as wanted."""
    total = folded.total(stacks)
    part = sum(s.count for s in stacks if wanted(s))
    if total and part >= minimum * total:
        return []
    return ["%s: %d of %d samples, at least %g %% expected" % (what, part, total, 100 * minimum)]


def python_stacks(stacks):
    """Those that claim to be whole."""
    return [s for s in stacks if s.status == "complete"]


def present(stacks, labels):
    """Problems: functions that no sample shows, though each works a good part of the time."""
    seen = set(f.label.rpartition(".")[2] for s in stacks for f in s.frames)
    missing = sorted(set(labels) - seen)
    return ["no sample shows: " + ", ".join(missing)] if missing else []


def check_plain(*labels, entries=(), anywhere=()):
    """A target whose grammar is all, and whose functions named here must all be seen."""
    def check(program, stacks, facts):
        program.anywhere = anywhere
        return grammar(program, stacks, entries) + present(stacks, labels)
    return check


def check_lines(program, stacks, facts):
    problems = grammar(program, stacks)
    with open(target_path("lines"), encoding="utf-8") as source:
        wanted = [n for n, text in enumerate(source, 1) if text.rstrip().endswith("# LOOP")]
    total = folded.total(stacks)
    counts = collections.Counter()
    for stack in stacks:
        if stack.frames:
            counts[stack.frames[-1].label, stack.frames[-1].line] += stack.count
    shares = [100.0 * counts["body", n] / max(total, 1) for n in wanted]
    facts["report"] = "lines %s" % " ".join("%.1f%%" % s for s in shares)
    if program.approximate:
        return problems + share(stacks, lambda s: s.frames and s.frames[-1].label == "body", 0.98, "in the function")
    problems += ["line %d got %.1f %%, between 3 and 40 expected" % pair
                 for pair in zip(wanted, shares) if not 3 <= pair[1] <= 40]
    if sum(shares) < 98:
        problems.append("the six lines together got %.1f %%" % sum(shares))
    return problems


def check_recursion(program, stacks, facts):
    """Each stack that reaches the leaf is exactly DEPTH frames deep; nearly all reach it."""
    depth = facts["depth"]
    problems = grammar(program, stacks)
    for stack in stacks:
        frames = stack.frames
        if stack.status == "complete" and frames and frames[-1].label == "leaf" and len(frames) != depth:
            problems.append("%d samples %d frames deep, not %d" % (stack.count, len(frames), depth))
    return problems + share(stacks, lambda s: s.frames and s.frames[-1].label == "leaf", 0.98, "at the leaf")


def check_deep(program, stacks, facts):
    """Under a limit lower than the depth all are truncated to exactly the limit's leaf-most frames."""
    limit, depth = facts["max_depth"], facts["depth"]
    worker = [s for s in stacks if s.frames and s.frames[-1].label == "leaf"]
    problems = grammar(program, stacks, ("first",))
    library = 3  # _bootstrap, _bootstrap_inner, run: threading.py, alike in all versions
    for stack in worker:
        if limit < depth:
            if stack.status == "truncated" and len(stack.frames) == limit:
                continue
        elif stack.status == "complete" and len(stack.frames) == depth + library + 1:
            continue
        problems.append("%d samples %s with %d frames" % (stack.count, stack.status, len(stack.frames)))
    return problems + share(stacks, lambda s: s in worker, 0.98, "at the leaf")


def thread_of(stack, entries):
    return next((f.label for f in stack.frames if f.label in entries), None)


def thread_shares(stacks, facts, entries, tolerance):
    """Each thread's part of the samples against its part of the CPU time that the kernel counted."""
    counts = collections.Counter()
    for stack in stacks:
        counts[thread_of(stack, entries)] += stack.count
    cpu = facts.get("thread_cpu") or {}
    known = sum(cpu.get(e, 0) for e in entries)
    samples = sum(counts[e] for e in entries)
    if not known or not samples:
        return ["no samples or no CPU time of the threads: %s, %s" % (dict(counts), cpu)]
    return ["thread %s has %.1f %% of the samples, %.1f %% of the CPU time" % (e, 100 * a, 100 * b)
            for e in entries
            for a, b in [(counts[e] / samples, cpu.get(e, 0) / known)] if abs(a - b) > tolerance]


def check_threads(program, stacks, facts):
    entries = ["start_%d" % t for t in range(6)]
    return grammar(program, stacks, entries) + thread_shares(stacks, facts, entries, 0.05) + share(
        stacks, lambda s: thread_of(s, entries), 0.98, "in the threads")


def check_gil_release(program, stacks, facts):
    entries = ["compressor", "hasher", "counter"]
    return grammar(program, stacks, entries) + thread_shares(stacks, facts, entries, 0.06) + present(
        stacks, ["compress", "digest", "count"])


def kept(text):
    """What a code record keeps of a string: PBP_STRING_BYTES_MAX of include/config.h, as CPython stores it."""
    widest = max(map(ord, text), default=0)
    characters = 8192 // (1 if widest < 0x100 else 2 if widest < 0x10000 else 4)
    return text if len(text) <= characters else text[:characters] + "\u2026"


def expected_labels(interpreter, path):
    """(label without line, first line) of the functions that names.py made."""
    out = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, qualname, filename, first = json.loads(line)
            label = qualname if interpreter.minor >= (3, 11) else name
            out.append(("%s (%s" % (folded.escape(kept(label)), folded.escape(kept(filename))), first))
    return out


def check_names(program, stacks, facts):
    """Every leaf is one of the functions, spelled to the last character, at one of its lines."""
    allowed = {}
    expected = expected_labels(program.interpreter, facts["names"])
    for label, first in expected:
        for line in range(first, first + 4):
            allowed["%s:%d)" % (label, line)] = label
    module = os.path.basename(target_path("names"))
    problems, counts = [], collections.Counter()
    for stack in stacks:
        root, _, leaf = stack.text.partition(";")
        if not re.match(r"<module> \(.*/%s:\d+\)\Z" % re.escape(module), root):
            problems.append("root %s" % stack.text[:300])
        elif leaf and leaf not in allowed:
            problems.append("%d samples with the leaf %r" % (stack.count, leaf[:600]))
        else:
            counts[allowed.get(leaf)] += stack.count
    mean = folded.total(stacks) / len(expected)
    problems += ["%r has %d samples, about %d expected" % (label[:200], counts[label], mean)
                 for label, _ in expected if not 0.5 * mean <= counts[label] <= 1.7 * mean]
    return problems


def check_longtable(program, stacks, facts):
    """Samples spread evenly over all 52,000 lines."""
    parts = collections.Counter()
    total = 0
    for stack in stacks:
        leaf = stack.frames[-1] if stack.frames else None
        if leaf and leaf.label == "straight":
            if leaf.path != "straight.py" or not 1 <= leaf.line <= 52001:
                return ["%d samples at %s" % (stack.count, leaf)]
            parts[min((leaf.line - 1) // 5200, 9)] += stack.count
            total += stack.count
    if total < 0.95 * folded.total(stacks):
        return ["only %d of %d samples in the function" % (total, folded.total(stacks))]
    return ["tenth %d of the function has %.1f %% of the samples" % (k, 100 * parts[k] / total)
            for k in range(10) if not 0.06 <= parts[k] / total <= 0.14]


def read_log(path):
    """KEY -> (wall seconds, CPU seconds), in order, of the code objects that ended."""
    out = collections.OrderedDict()
    with open(path, encoding="ascii") as lines:
        for line in lines:
            fields = line.split()
            if len(fields) == 4:
                out[int(fields[0])] = (float(fields[2]) - float(fields[1]), float(fields[3]))
    return out


def check_exec_reuse(program, stacks, facts):
    """Each code object has as many samples as its time on the CPU allows, which no other's would fit."""
    named = facts["mode"] == "names"
    counts, problems, unbegun = collections.Counter(), [], 0
    for stack in stacks:
        for frame in stack.frames:
            if named and frame.path.startswith("reuse_"):
                key = int(frame.path[6:11])
                if frame.label not in ("<module>", "f%05d" % key) or frame.line not in (0, 1, 2, 3):
                    problems.append("%d samples at %s" % (stack.count, frame))
            elif not named and frame.path == "same.py":
                key = frame.line
                if frame.label != "<module>":
                    problems.append("%d samples at %s" % (stack.count, frame))
                if key < 2:  # not begun yet
                    unbegun += stack.count
                    break
            else:
                continue
            counts[key] += stack.count
            break
    log = read_log(facts["log"])
    rate, keys = facts["rate"], list(log)
    sampled = [k for k, key in enumerate(keys) if counts[key]]
    if len(sampled) < 50:
        return problems + ["only %d of %d code objects were seen" % (len(sampled), len(keys))]
    wrong = []
    for key in keys[sampled[0] + 1:sampled[-1]]:
        wall, cpu = log[key]
        low, high = math.floor(cpu * rate * 0.97) - 1, math.ceil(wall * rate * 1.03) + 1
        if not low <= counts[key] <= high:
            wrong.append("%d has %d samples, %d to %d expected" % (key, counts[key], low, high))
    checked = sampled[-1] - sampled[0] - 1
    facts["report"] = "%d code objects, %d out of bounds" % (checked, len(wrong))
    if len(wrong) > 0.01 * checked + 2:  # a late tick near a border, and ticks that the account calls missed
        problems += ["%d of %d code objects" % (len(wrong), checked)] + wrong
    if unbegun > 0.01 * folded.total(stacks):
        problems.append("%d samples of modules that have not begun" % unbegun)
    unknown = sum(count for key, count in counts.items() if key not in log)
    if unknown > 1.03 * rate * 0.009 + 2:  # the one that was not finished yet
        problems.append("%d samples of code objects that never were" % unknown)
    return problems


def native_share(stacks, facts, native, python, tolerance):
    """The part of [native] against the CPU time of the threads of C."""
    cpu = facts.get("thread_cpu") or {}
    known = sum(cpu.get(name, 0) for name in native + python)
    if not known:
        return ["the threads' CPU time is not known: %s" % cpu]
    expected = sum(cpu.get(name, 0) for name in native) / known
    got = sum(s.count for s in stacks if s.status == "native") / max(folded.total(stacks), 1)
    facts["report"] = "native %.1f %%, by CPU time %.1f %%" % (100 * got, 100 * expected)
    return [facts["report"]] if abs(got - expected) > tolerance else []


def check_gilstate(program, stacks, facts):
    """Entered from C: whole stacks begin at the callback; the thread's own C code is native.

    The thread waits by the clock and runs Python by the turn, so the shares are this machine's.
    """
    entered = [s for s in stacks if s.status != "native"]
    problems = grammar(program, entered, ("entered",))
    native = share(stacks, lambda s: s.status == "native", 0.02, "native")
    busy = share(stacks, lambda s: s.frames and s.frames[0].label == "entered", 0.02, "in the callback")
    return problems + native + busy


def check_native_threads(program, stacks, facts):
    entered = [s for s in stacks if s.status != "native"]
    return grammar(program, entered, ("busy", "asleep")) + native_share(
        stacks, facts, ["c_b", "c_s"], ["busy"], 0.06)


def check_resumed(program, stacks, facts):
    """A generator's frames stand below the thread that resumed it, whichever began it."""
    entries = ["first", "second"]
    mixed = [s.text for s in stacks for f in s.frames
             if f.label in ("by_first", "by_second") and thread_of(s, entries) != f.label[3:]]
    return grammar(program, stacks, entries) + mixed + thread_shares(stacks, facts, entries, 0.05) + present(
        stacks, ["inner", "outer", "by_first", "by_second"])


def check_forking(program, stacks, facts):
    """Parts of fork let no tick through, so that the shares are rough."""
    entries = ["forker", "worker"]
    return grammar(program, stacks, entries) + thread_shares(stacks, facts, entries, 0.12) + present(
        stacks, ["forks", "spin"])


def check_subinterpreters(program, stacks, facts):
    """One turn in the main interpreter, then one in each of two others, each as long."""
    for stack in stacks:
        root = stack.frames[0] if stack.frames else None
        if root and root.path in ("<string>", "<script>") and root.label == "<module>":
            del stack.frames[0]  # the call itself, which is in no file
    inside = [s for s in stacks if any(f.label == "entered" for f in s.frames)]
    part = folded.total(inside) / max(folded.total(stacks), 1)
    facts["report"] = "%.1f %% in the other interpreters" % (100 * part)
    return grammar(program, stacks, ("entered",)) + present(stacks, ["mine", "nested"]) + (
        [] if 0.6 <= part <= 0.72 else [facts["report"] + ", 66.7 % expected"])


def check_startups(program, stacks, facts):
    """A frame of an interpreter that is starting up has its file, function and line already."""
    program.compiled = ("<string>",)  # lines of .pth files, named tuples of old
    return grammar(program, python_stacks(stacks)) + present(stacks, ["spin"])


def check_shortlived(program, stacks, facts):
    jobs = ["job_%d" % k for k in range(5)]
    return grammar(program, stacks) + present(stacks, jobs)


CHECKS = {
    "lines": check_lines,
    "calls": check_plain("one", "two", "three", "fibonacci", "keyword", "inner", "apply", "<lambda>", "<genexpr>"),
    "recursion": check_recursion,
    "deep": check_deep,
    "threads": check_threads,
    "generators": check_plain("numbers", "doubled", "receiver", "<genexpr>", "over_for"),
    "delegating": check_plain("numbers", "delegating", "over_from"),
    "coroutines": check_plain("chain", "ticker", "__aenter__", "__aexit__", "inside", "main"),
    "callbacks": check_plain("key", "add", "replace", "nested", "__lt__", "__del__"),
    "mapchain": check_recursion,
    "gil_release": check_gil_release,
    "classes": check_plain("__init__", "area", "move", "length", "unit", "still", "__call__", "__getitem__",
                           "__add__", "__getattr__"),
    "names": check_names,
    "longtable": check_longtable,
    "exec_reuse": check_exec_reuse,
    "gilstate": check_gilstate,
    "native_threads": check_native_threads,
    "shortlived": check_shortlived,
    "frames": check_plain("keep", "caller_of", "raises", "caught", "inspected", "suspended"),
    "resumed": check_resumed,
    "tracing": check_plain("one", "two", "steps", "raises", "seen", "seen_work", anywhere=("seen", "<lambda>")),
    "subinterpreters": check_subinterpreters,
    "forked": check_plain("child", "nested", "spin", entries=("forks",)),
    "forking": check_forking,
    "finalising": check_plain("spin_until", "at_exit", "__del__", entries=("at_exit", "__del__")),
    "startups": check_startups,
    "greenlets": check_plain("nested", "left", "right", "main", entries=("left", "right")),
    "gevents": check_plain("nested", "first", "second", entries=("first", "second")),
}


def check(interpreter, target, stacks, facts):
    """Problems of the stacks of that target; facts: what the run knows (depth, rate, log, thread_cpu, ...)."""
    if not stacks:
        return ["no samples"]
    special = [s for s in stacks if any(f.special for f in s.frames)]
    problems = []
    if sum(s.count for s in special) > facts.get("unnamed", 0) * folded.total(stacks):
        problems = ["%d samples unnamed: %s" % (s.count, s.text[-300:]) for s in special]
    stacks = [s for s in stacks if s not in special]
    return problems + CHECKS[target](Program(interpreter, target), stacks, facts)


def main():
    python, target, path = sys.argv[1:4]
    version = os.popen("'%s' -c 'import sys; print(\"%%d.%%d\" %% sys.version_info[:2])'" % python).read().strip()
    with open(path, "rb") as report:
        stacks = folded.parse(report.read())
    facts = {"depth": 32, "max_depth": 1024, "rate": 1000}
    problems = check(Interpreter(version, "given", python), target, stacks, facts)
    print("\n".join(problems) or "%d samples, all possible" % folded.total(stacks))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
