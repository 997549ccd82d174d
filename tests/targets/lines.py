"""Six busy lines, each of which must get its share of the samples."""
import common


def body():
    x, z, i = 1.5, 2.5, 0
    while i < 400000:  # LOOP
        z = x * x * x  # LOOP
        z = x * z * x  # LOOP
        z = x * x * x  # LOOP
        z = x * z * x  # LOOP
        i += 1  # LOOP
    return z


common.ready()
while common.clock() < common.END:
    body()  # -> body
