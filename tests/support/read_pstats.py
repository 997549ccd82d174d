"""Runs in every Python from 2.7 on: loads files for pstats, does with them all that pstats can, and prints what is in them.

read_pstats.py FILE... prints a JSON list, an object for each file: its entries, and what went wrong.
"""
import json
import marshal
import os
import pstats
import sys
import tempfile

try:
    from StringIO import StringIO  # of 2.7, where pstats prints bytes
except ImportError:
    from io import StringIO



def sort_keys(stats):
    """All whole words; "file" of 2.7 and 3.6 is in their table, and refused since "filename" begins so too."""
    return sorted(set(stats.sort_arg_dict_default) & set(stats.get_sort_arg_defs()))


def entries(stats):
    """A list that is the same for every version."""
    rows = []
    for (name, line, function), (cc, nc, tt, ct, callers) in stats.items():
        called = sorted([list(key), list(value)] for key, value in callers.items())
        rows.append([[name, line, function], [cc, nc, tt, ct], called])
    return sorted(rows)


def bad_numbers(stats):
    out = []
    for function, (cc, nc, tt, ct, callers) in stats.items():
        if min(cc, nc, tt, ct) < 0 or tt > ct or cc != nc:
            out.append("%r: %r" % (function, (cc, nc, tt, ct)))
        for caller, (ncalls, pcalls, self, total) in callers.items():
            if min(ncalls, pcalls, self, total) < 0 or ncalls > nc or self > tt or total > ct or self > total:
                out.append("%r by %r: %r of %r" % (function, caller, (ncalls, pcalls, self, total), (cc, nc, tt, ct)))
            if caller not in stats:
                out.append("%r is called by %r, which is no entry" % (function, caller))
    return out


def exercise(path):
    """Every method of Stats; what it prints, if anything is printed that should not be."""
    stream = StringIO()
    out = []
    stats = pstats.Stats(path, stream=stream)
    total = stats.total_tt
    out += bad_numbers(stats.stats)
    for key in sort_keys(stats):
        stats.sort_stats(key).reverse_order().print_stats(0.5, 3).print_callers("a").print_callees(5)
    for number in (-1, 0, 1, 2):
        stats.sort_stats(number)
    stats.sort_stats("cumulative", "name", "line").print_stats()
    stats.print_callers()
    stats.print_callees()
    stats.strip_dirs()
    out += bad_numbers(stats.stats)
    stats.sort_stats("nfl").print_stats().print_callers().print_callees()
    if abs(stats.total_tt - total) > 1e-6:
        out.append("strip_dirs made %r of %r s" % (stats.total_tt, total))
    added = pstats.Stats(path, stream=stream).add(path)
    if abs(added.total_tt - 2 * total) > 1e-6:
        out.append("add made %r of twice %r s" % (added.total_tt, total))
    out += bad_numbers(added.stats)
    dumped = os.path.join(tempfile.mkdtemp(), "dumped")
    added.dump_stats(dumped)
    again = pstats.Stats(dumped, stream=stream).print_stats()
    if entries(again.stats) != entries(added.stats):
        out.append("dumped and loaded again it is another")
    text = stream.getvalue()
    if "primitive calls" in text or "/-" in text or " -" in text.replace(" ->", "").replace(" <-", ""):
        out.append("printed recursion or a negative number")
    if any(ord(letter) < 32 and letter != "\n" for letter in text):
        out.append("printed a control character")
    return out


def read(path):
    with open(path, "rb") as stream:
        stats = marshal.load(stream)
    out = exercise(path)
    return {"entries": entries(stats), "problems": out}


if __name__ == "__main__":
    json.dump([read(path) for path in sys.argv[1:]], sys.stdout)
