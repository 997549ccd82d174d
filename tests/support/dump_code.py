"""Run by the interpreter under test: what its own compiler makes of the files named as arguments.

Prints JSON: {file: [[name, qualified name, first line, [lines that a frame can stand at]], ...]}.
"""
from __future__ import print_function

import dis
import io
import json
import sys


def collect(code, out):
    lines = set(line for _, line in dis.findlinestarts(code) if line is not None)
    lines.add(code.co_firstlineno)
    out.append([code.co_name, getattr(code, "co_qualname", code.co_name), code.co_firstlineno, sorted(lines)])
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            collect(constant, out)


def dump(path):
    out = []
    with io.open(path, "rb") as source:
        collect(compile(source.read(), path, "exec", 0, True), out)  # True: without this file's __future__
    return out


print(json.dumps(dict((path, dump(path)) for path in sys.argv[1:])))
