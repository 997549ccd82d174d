#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints the row of layout_rows.c for an interpreter, or a libpython, that has debug information: in it, or where
# Debian's -dbg packages put it, also below the root of another system. Then compares it with the row there is; a row
# that is not there yet is compiled and checked alone.
#
# usage: row.sh ROWS LIBRARY PYTHON      ROWS: the program built of rows.c; LIBRARY: libpybpfprof.a
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
rows=$1
library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ -f "${3-}" ] || { echo "usage: make layout-row PYTHON=interpreter-or-libpython" >&2; exit 2; }
for tool in gdb readelf gcc; do
	command -v "$tool" >/dev/null || { echo "layout-row: missing: $tool (Debian packages gdb, binutils, gcc)" >&2; exit 1; }
done
file=$(realpath "$3")

# The root of the system that the file is in: where its debug information may be. Empty: this one.
root=$(dirname "$file")
while [ "$root" != / ] && [ ! -d "$root/usr/lib/debug" ]; do
	root=$(dirname "$root")
done
root=${root%/}

# The libpython that it needs is the one to look at.
library_of() {
	local soname folder
	soname=$(readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(libpython[0-9].*\)\]/\1/p')
	[ -n "$soname" ] || return 0
	for folder in "$(dirname "$1")/../lib" "$root"/usr/lib/*-linux-gnu "$root/usr/lib"; do
		if [ -f "$folder/$soname" ]; then
			realpath "$folder/$soname"
			return 0
		fi
	done
}
found=$(library_of "$file")
file=${found:-$file}

# Files of up to 3.10 tell their version by their name alone.
PBP_ROOT=$top PBP_VERSION=$(basename "$file" | sed -n 's/^\(lib\)\?python\([0-9]\.[0-9]*\).*/\2/p') \
	gdb -q -batch -nx -iex "set debug-file-directory $root/usr/lib/debug" -x "$here/row.py" "$file" \
	3>"$work/out" >"$work/gdb" 2>&1 </dev/null || true
read -r _ version free_threaded size extra < <(grep '^facts' "$work/out") || {
	echo "layout-row: no debug information of CPython for $file" >&2
	exit 1
}
sed -n '/^row$/,/^table$/ { /^row$/d; /^table$/d; p }' "$work/out" >"$work/row"
sed -n '/^table$/,$ { /^table$/d; p }' "$work/out" >"$work/table"
echo "/* From $file */"
cat "$work/row" "$work/table"

# What was printed must be what a compiler makes a layout of that passes the check.
name=$(sed -n 's/^const struct debug_offsets_table \(.*\) = {/\1/p' "$work/table")
cat >"$work/print.c" <<C
#include "python/debug_offsets.h"
#include "python/layout.h"
${name:+#define $name printed_table}
$(cat "$work/table")
static const struct layout_row printed = $(sed '$ s/,$/;/' "$work/row")

int main(void)
{
	struct pbp_layout layout = printed.layout;
	struct err err = { 0 };

	if (layout_check(&layout, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	layout_write(&layout, stdout);
	return 0;
}
C
gcc -std=gnu11 -D_GNU_SOURCE -I"$top/user" -I"$top/include" -o "$work/print" "$work/print.c" "$library" -lelf -lm
"$work/print" >"$work/printed"

which=("$version" "$free_threaded" "$size")
if [ "$("$rows" describes "${which[@]}")" = none ]; then
	echo "/* There is no row for this version yet: these lines make it. */"
	exit 0
fi
"$rows" row "${which[@]}" "$extra" >"$work/known"
# The same of the table's positions, of which a struct's size may be one entry more.
"$rows" positions "${which[@]}" | sed 's/[.]/_/' | sort -u >>"$work/known"
sed -n 's/_at = / = /; s/^\t[.]\([a-z_]*\) = \([0-9]*\),/\1 \2/p' "$work/table" | sort -u >>"$work/printed"
if grep -q '^interp_code_counter -' "$work/known"; then # known for some releases only
	sed -i '/^interp_code_counter/d' "$work/known" "$work/printed"
fi
if diff "$work/known" "$work/printed" >"$work/differences"; then
	echo "/* Equal to the row there is. */"
else
	echo "/* The row there is (<) differs from these lines (>):"
	sed -n '/^[<>]/p' "$work/differences"
	echo "*/"
	exit 1
fi
