#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compares every row of layout_rows.c with the structs that each interpreter's own headers declare, and with the
# table the interpreter has of itself where it has one; TAP, one line per interpreter. ROWS is the program built of
# rows.c.
#
# usage: check.sh ROWS [--headers DIR VERSION]... [PYTHON]...
#        --headers: no interpreter but the headers in DIR/pythonVERSION; "3.14t" is a free-threaded build's layout
set -u

here=$(cd "$(dirname "$0")" && pwd)
rows=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ask='import sys, sysconfig
print("%08x %d.%d.%d" % ((sys.hexversion,) + sys.version_info[:3]))
print(int(bool(sysconfig.get_config_var("Py_GIL_DISABLED"))))
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

# What rows.c is asked for a row by: version, free-threaded, bytes of _PyRuntime.
which=()
# Does the version describe itself?
describes=
# What makes it another build than the one that the headers were installed with.
macro=
# Bytes that this build adds to every object.
extra=0

# same WHAT: the oracle's lines and the profiler's; prints the differing ones as comments
same() {
	local differing
	# Of a version that describes itself the profiler knows the counter of code objects for some builds only.
	if [ "$describes" = yes ] && { [ "$macro" ] || grep -q '^interp_code_counter -' "$work/profiler"; }; then
		sed -i '/^interp_code_counter/d' "$work/oracle" "$work/profiler"
	fi
	if ! differing=$(diff "$work/oracle" "$work/profiler"); then
		echo "# $1: < the interpreter, > the profiler"
		printf '%s\n' "$differing" | sed -n 's/^\([<>]\)/# \1/p'
		return 1
	fi
	echo "# $(wc -l < "$work/profiler") fields equal to $1"
}

# compile GCC-ARGUMENT...: the oracle for the headers; tells $which and $extra
compile() {
	local version free_threaded size
	if ! gcc -std=gnu11 -w "$@" -o "$work/oracle.bin" "$here/oracle.c" 2> "$work/gcc"; then
		head -5 "$work/gcc" | sed 's/^/# /'
		return 1
	fi
	read -r version free_threaded size extra < <("$work/oracle.bin" facts) &&
		which=("$version" "$free_threaded" "$size") && describes=$("$rows" describes "${which[@]}")
}

# The size of _PyRuntime finds this version's row; from 3.11 on Py_Version says which it is and sizes may be new.
check_size() {
	local known
	[ "${which[2]}" != 0 ] || return 0
	known=$("$rows" size "${which[@]}") || return 1
	[ "$known" = known ] || echo "# ${which[2]} bytes of _PyRuntime: $known version's"
	[ "$known" = known ] || { [ "$known" = unknown ] && [[ ${which[0]} > 030b0000 ]]; }
}

# check_row WHAT GCC-ARGUMENT...: the row against these headers
check_row() {
	local what=$1
	shift
	compile "$@" && "$rows" row "${which[@]}" "$extra" > "$work/profiler" &&
		"$work/oracle.bin" layout > "$work/oracle" && same "$what"
}

# check_headers WHAT GCC-ARGUMENT...: the row, also as that of a debug build and of one that traces references, and the
# positions in _Py_DebugOffsets, against these headers
check_headers() {
	local what=$1
	shift
	for macro in Py_DEBUG Py_TRACE_REFS; do
		check_row "$what, $macro" "$@" -D$macro=1 || return 1
	done
	macro=
	check_row "$what" "$@" && check_size && "$rows" name "${which[@]}" >> "$work/checked" || return 1
	"$rows" positions "${which[@]}" > "$work/profiler" || return 1
	[ -s "$work/profiler" ] || return 0
	sed -n 's/^\(.*\)[.]\(.*\) .*/POSITION(\1, \2)/p' "$work/profiler" > "$work/positions.h"
	compile "$@" -DPOSITIONS="\"$work/positions.h\"" && "$work/oracle.bin" positions > "$work/oracle" || return 1
	same "$what, of _Py_DebugOffsets itself"
}

# check_block FILE: what comes out of the row and the _Py_DebugOffsets in the file must be the row
check_block() {
	"$rows" row "${which[@]}" > "$work/oracle" && "$rows" described "${which[@]}" "$1" > "$work/profiler" || return 1
	same "the row, under _Py_DebugOffsets of ${2-$1}"
}

check_folder() {
	local include=$1 version=$2 flags=()
	name="CPython $version (headers)"
	[[ $version != *t ]] || flags=(-DPy_GIL_DISABLED=1)
	include=$include/python${version%t}
	if [ ! -d "$include/internal" ]; then
		unchecked="unchecked: no headers in $include"
		return 0
	fi
	check_headers "the headers in $include" "${flags[@]}" -I"$include" -I"$include/internal" -I"$1" || return 1
	"$work/oracle.bin" block > "$work/block" || return 1
	[ ! -s "$work/block" ] || check_block "$work/block" "these headers"
}

check_python() {
	local python=$1 hexversion= version= free_threaded= include= platinclude= libdir= soname=
	{
		read -r hexversion version
		read -r free_threaded
		read -r include
		read -r platinclude
		read -r libdir
		read -r soname
	} < <("$python" -c "$ask")
	[ -n "$version" ] || { echo "# $python does not start"; return 1; }
	name="CPython $version ($python)"

	which=("$hexversion" "$free_threaded" 0)
	extra=0
	describes=$("$rows" describes "${which[@]}") || return 1
	if [ "$describes" = none ]; then
		unchecked="no layout row"
		return 0
	fi
	if [ -f "$include/Python.h" ] && { [[ $hexversion < 03070000 ]] || [ -d "$include/internal" ]; }; then
		check_headers "the headers in $include" -I"$include" -I"$include/internal" -I"$platinclude" || return 1
	else
		unchecked="unchecked: no internal headers in $include"
	fi
	[ "$describes" = yes ] || return 0
	check_block "$(runtime_file "$(realpath "$python")" "$libdir" "$soname")" || return 1
	unchecked=
}

count=0
for argument in "$@"; do
	case $argument in
	--headers) count=$((count - 1)) ;; # of its two arguments, one counts
	*) count=$((count + 1)) ;;
	esac
done
echo "1..$count"
number=0
failed=0
while [ $# -gt 0 ]; do
	number=$((number + 1))
	name=$1
	unchecked=
	macro=
	if [ "$1" = --headers ]; then
		check_folder "$2" "$3"
		result=$?
		shift 3
	else
		check_python "$1"
		result=$?
		shift
	fi
	if [ $result != 0 ]; then
		echo "not ok $number - layout: $name"
		failed=1
	elif [ -n "$unchecked" ]; then
		echo "ok $number - layout: $name # SKIP $unchecked"
	else
		echo "ok $number - layout: $name"
	fi
done
# By the name of the row and the first size of _PyRuntime that it lists.
: >> "$work/checked"
"$rows" list | grep -vxF -f "$work/checked" | sed 's/^/# compared with no headers here: the row of /'
exit $failed
