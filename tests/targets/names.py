# -*- coding: utf-8 -*-
"""Functions whose names and file names are hard to read or to print: `names.py SECONDS FACTS`.

FACTS gets one JSON line [name, qualified name, file name, first line] for each, as the interpreter has them.
In 2.7, where names are bytes, they are UTF-8, without those that UTF-8 cannot say or that are too long in it.
"""
from __future__ import unicode_literals

import json
import re
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


BYTES_MAX = 8192  # PBP_STRING_BYTES_MAX of include/config.h
OLD = sys.version_info[0] == 2


def possible(*names):
    """Can this version have these names as they are?"""
    return not OLD or all(len(name.encode("utf-8")) <= BYTES_MAX
                          and not re.search(b"\xed[\xa0-\xbf]", name.encode("utf-8")) for name in names)


def renamed(code, name, qualname, filename):
    """The same code under other names."""
    if hasattr(code, "replace"):  # 3.8 and later
        changes = {"co_name": name, "co_filename": filename}
        if hasattr(code, "co_qualname"):
            changes["co_qualname"] = qualname
        return code.replace(**changes)
    if OLD:
        name, filename = name.encode("utf-8"), filename.encode("utf-8")
    arguments = [code.co_argcount] + ([] if OLD else [code.co_kwonlyargcount])
    return type(code)(*arguments + [code.co_nlocals, code.co_stacksize, code.co_flags, code.co_code, code.co_consts,
                                    code.co_names, code.co_varnames, filename, name, code.co_firstlineno,
                                    code.co_lnotab, code.co_freevars, code.co_cellvars])


def make(index, name, qualname, filename):
    """A function with those names whose `def` stands on a line of its own number."""
    namespace = {}
    text = SOURCE % ("\n" * (10 * index), "function_%d" % index)
    exec(compile(text, "compiled.py", "exec"), namespace)
    function = namespace["function_%d" % index]
    function.__code__ = renamed(function.__code__, name, qualname, filename)
    return function


def facts(code):
    names = [code.co_name, getattr(code, "co_qualname", code.co_name), code.co_filename]
    return json.dumps([name.decode("utf-8") if OLD else name for name in names] + [code.co_firstlineno])


functions = [make(i, *names) for i, names in enumerate(NAMES) if possible(*names)]
if len(sys.argv) > 2:
    with open(sys.argv[2], "w") as out:
        out.write("\n".join(facts(f.__code__) for f in functions) + "\n")
common.ready()
while common.clock() < common.END:
    for function in functions:
        function()
