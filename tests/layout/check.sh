#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compares every row of layout_rows.c with the structs that each interpreter's own internal headers declare, and
# with the table the interpreter has of itself where it has one; TAP, one line per interpreter. ROWS is the program
# built of rows.c.
#
# usage: check.sh ROWS PYTHON...
set -u

here=$(cd "$(dirname "$0")" && pwd)
rows=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ask='import sys, sysconfig
print("%08x %d.%d.%d" % ((sys.hexversion,) + sys.version_info[:3]))
print(sysconfig.get_path("include"))
print(sysconfig.get_path("platinclude"))
print(sysconfig.get_config_var("LIBDIR"))
print(sysconfig.get_config_var("INSTSONAME"))'

# The file that holds _PyRuntime: the libpython that the executable loads, else the executable.
runtime_file() {
	local loaded
	loaded=$(ldd "$1" 2>/dev/null | awk '$1 ~ /^libpython[0-9].*[.]so/ && $3 ~ /^\// { print $3 }')
	if [ -n "$loaded" ]; then
		echo "$loaded"
	elif [ -f "$2/$3" ] && ! readelf -SW "$1" | grep -q ' [.]PyRuntime '; then
		echo "$2/$3"
	else
		echo "$1"
	fi
}

hexversion=
describes=

# compare WHAT: the oracle's lines and the profiler's; prints the differing ones as comments
compare() {
	local differing
	# The profiler knows the counter of code objects for some releases only, and does without it elsewhere.
	if [ "$describes" = yes ] && grep -q '^interp_code_counter -' "$work/profiler"; then
		sed -i '/^interp_code_counter/d' "$work/oracle" "$work/profiler"
	fi
	if ! differing=$(diff "$work/oracle" "$work/profiler"); then
		echo "# $1: < the interpreter, > the profiler"
		printf '%s\n' "$differing" | sed -n 's/^\([<>]\)/# \1/p'
		return 1
	fi
	echo "# $(wc -l < "$work/profiler") fields equal to $1"
}

# The size of _PyRuntime finds this version's row; from 3.11 on Py_Version says which it is and sizes may be new.
check_size() {
	local size known
	size=$("$work/oracle.bin" runtime_size) && known=$("$rows" size "$hexversion" "$size") || return 1
	[ "$known" = known ] || echo "# $size bytes of _PyRuntime: $known version's"
	[ "$known" = known ] || { [ "$known" = unknown ] && [[ $hexversion > 030b0000 ]]; }
}

check() {
	local python=$1 version= include= platinclude= libdir= soname= file=
	{
		read -r hexversion version
		read -r include
		read -r platinclude
		read -r libdir
		read -r soname
	} < <("$python" -c "$ask")
	[ -n "$version" ] || { echo "# $python does not start"; return 1; }
	name="CPython $version ($python)"

	describes=$("$rows" describes "$hexversion") || return 1
	if [ "$describes" = none ]; then
		unchecked="no layout row"
		return 0
	fi
	"$rows" row "$hexversion" > "$work/profiler" || return 1
	cp "$work/profiler" "$work/row"
	if [ ! -f "$include/internal/pycore_pystate.h" ]; then
		unchecked="unchecked: no internal headers in $include"
	elif ! gcc -std=gnu11 -w -I"$include" -I"$include/internal" -I"$platinclude" \
		-iquote "$here/../../include" -o "$work/oracle.bin" "$here/oracle.c" 2> "$work/gcc"; then
		head -5 "$work/gcc" | sed 's/^/# /'
		return 1
	else
		"$work/oracle.bin" > "$work/oracle" || return 1
		compare "the headers in $include" || return 1
		check_size || return 1
	fi
	[ "$describes" = yes ] || return 0

	file=$(runtime_file "$(realpath "$python")" "$libdir" "$soname")
	"$rows" described "$hexversion" "$file" > "$work/profiler" || return 1
	cp "$work/row" "$work/oracle"
	compare "_Py_DebugOffsets in $file" || return 1
	unchecked=
}

echo "1..$#"
number=0
failed=0
for python in "$@"; do
	number=$((number + 1))
	name=$python
	unchecked=
	if ! check "$python"; then
		echo "not ok $number - layout: $name"
		failed=1
	elif [ -n "$unchecked" ]; then
		echo "ok $number - layout: $name # SKIP $unchecked"
	else
		echo "ok $number - layout: $name"
	fi
done
exit $failed
