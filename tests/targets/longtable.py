"""A function of 52,000 lines, whose line table is longer than 100 kB in every version.

Its bytecode ends just before the last position that a frame on the wire can have (2.7 has ten bytes a line).
"""
import common

LINES = 52000

namespace = {}
text = "def straight(x):\n" + "    x = x + x\n" * (LINES - 1) + "    return x\n"
exec(compile(text, "straight.py", "exec"), namespace)
straight = namespace["straight"]
del text
common.ready()
while common.clock() < common.END:
    straight(0.5)
