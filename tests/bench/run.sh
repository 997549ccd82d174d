#!/bin/sh
# `make bench`: builds the floor program and prints what the profiler costs on this machine, now. Asserts
# nothing: figures of different machines or days do not compare, the ratios in one run do.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${PBP_OUT:-$here/../../.out}/bench
PBP_FIND=${PBP_FIND:-$out/../tests/find}
export PBP_FIND
mkdir -p "$out"
triplet=$(${CC:-gcc} -print-multiarch)
${CLANG:-clang} -O2 -g -Wall -Werror -target bpf "-I/usr/include/$triplet" -c -o "$out/floor.bpf.o" "$here/floor.bpf.c"
${CC:-gcc} -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wconversion -D_GNU_SOURCE -o "$out/floor" "$here/floor.c" -lbpf
PBP_FLOOR="$out/floor" exec python3 -B "$here/bench.py" "$@"
