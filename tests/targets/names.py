# -*- coding: utf-8 -*-
"""Functions whose names and file names are hard to read or to print: `names.py SECONDS FACTS`.

FACTS gets one JSON line [name, qualified name, file name, first line] for each, as the interpreter has them.
Before 3.8 code objects cannot be given any name, so only those that the grammar allows are used.
"""
from __future__ import unicode_literals

import json
import sys

import common

SOURCE = """%s
def %s():
    i = 0
    while i < 3000:
        i += 1
"""

NAMES = [  # name, qualified name, file name
    ("plain", "Class.plain", "plain.py"),
    ("caf\u00e9", "Class.caf\u00e9", "/tmp/caf\u00e9.py"),
    ("\u6f22\u5b57", "\u985e.\u6f22\u5b57", "/tmp/\u6f22\u5b57.py"),
    ("\U00020000\U00020001", "\U00020000.<locals>.\U00020001", "/tmp/\U0001f40d \U0001f600.py"),
    ("mixed_a\u00e9\u6f22\U00020000", "mixed_a\u00e9\u6f22\U00020000", "mixed.py"),
    ("long_file", "long_file", "/tmp/" + "d" * 3992 + ".py"),
    ("long_cjk_file", "long_cjk_file", "/tmp/" + "\u6f22" * 3000 + ".py"),
    ("long_file_of_all", "long_file_of_all", "/tmp/" + "\U0001f40d" * 2000 + ".py"),
    ("long_astral_file", "long_astral_file", "/tmp/" + "\U0001f40d" * 3000 + ".py"),
    ("l" * 5000, "l" * 6000, "long_name.py"),
    ("control\x01\x02\t\x7f", "C.control\x01\x02\t\x7f", "con\x03trol.py"),
    ("escape\x1b[31mred\x1b[0m", "escape\x1b[31mred\x1b[0m", "/tmp/\x1b]0;title\x07.py"),
    ("new\nline\r", "new\nline\r", "file\nname.py"),
    ("semi;colon", "semi;colon", "semi;colon.py"),
    ("(file.py:3)", "a (b.py:1);c (d.py:2) 7", "x (y.py:4)"),
    ("back\\x41slash", "back\\x41slash", "C:\\x.py"),
    ("zero\x00inside", "zero\x00inside", "zero\x00.py"),
    ("c1\u0085\u009b", "c1\u0085\u009b", "/tmp/\u202e\u2028.py"),
    ("surrogate\ud800", "surrogate\ud800", "/tmp/not_utf8_\udcff\udcc3.py"),
    ("[native]", "[native]", "[truncated]"),
    ("", "", ""),
]


def make(index, name, qualname, filename):
    """A function with those names whose `def` stands on a line of its own number."""
    namespace = {}
    replaceable = hasattr(make.__code__, "replace")
    text = SOURCE % ("\n" * (10 * index), "function_%d" % index)
    exec(compile(text, "compiled.py" if replaceable else "compiled_%d.py" % index, "exec"), namespace)
    function = namespace["function_%d" % index]
    if replaceable:
        changes = {"co_name": name, "co_filename": filename}
        if hasattr(function.__code__, "co_qualname"):
            changes["co_qualname"] = qualname
        function.__code__ = function.__code__.replace(**changes)
    return function


def facts(code):
    return json.dumps([code.co_name, getattr(code, "co_qualname", code.co_name), code.co_filename,
                       code.co_firstlineno])


functions = [make(i, *names) for i, names in enumerate(NAMES)]
if len(sys.argv) > 2:
    with open(sys.argv[2], "w") as out:
        out.write("\n".join(facts(f.__code__) for f in functions) + "\n")
common.ready()
while common.clock() < common.END:
    for function in functions:
        function()
