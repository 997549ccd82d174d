"""Short-lived code objects that take each other's address: `exec_reuse.py SECONDS LOG names|lines`.

Each works 1 to 8 ms in a sequence that never repeats soon. LOG gets `KEY BEGIN END CPU` per code object:
when it began and ended on the monotonic clock, and its CPU seconds. With `names` each function has a
name, and file, of its own, and KEY is its number. With `lines` all are called the same and come from a
file of one name: only the line numbers differ, and KEY is the line of the loop.
"""
import sys

import common

LOG = open(sys.argv[2], "w")
MODE = sys.argv[3]

NAMED = """def f%05d(clock, end):
    while clock() < end: pass
f%05d(clock, end)
"""
SAME = """while clock() < end: pass
"""


def milliseconds(k):
    return 1 + (k * 40503 >> 3) % 8


k = 0
common.ready()
while common.clock() < common.END:
    if MODE == "names":
        code, key = compile(NAMED % (k, k), "reuse_%05d.py" % k, "exec"), k
    else:
        key = 2 + k % 3000  # line 1 is also where a module stands that has not begun
        code = compile("\n" * (key - 1) + SAME, "same.py", "exec")
    cpu, begin = common.cpu_clock(), common.clock()
    exec(code, {"clock": common.clock, "end": begin + milliseconds(k) / 1000.0})
    end = common.clock()
    LOG.write("%d %.6f %.6f %.6f\n" % (key, begin, end, common.cpu_clock() - cpu))
    LOG.flush()
    del code
    k += 1
