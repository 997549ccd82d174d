"""A function of 60,000 lines, whose line table is longer than 100 kB in every version (3.6 on)."""
import common

LINES = 60000

namespace = {}
text = "def straight(x):\n" + "    x = x + x\n" * (LINES - 1) + "    return x\n"
exec(compile(text, "straight.py", "exec"), namespace)
straight = namespace["straight"]
del text
common.ready()
while common.clock() < common.END:
    straight(0.5)
