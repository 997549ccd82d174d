#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compares user/python/linetable.c with each interpreter's own line numbers over its standard library; TAP, one
# line per interpreter. COMPARE is the program built of compare.c.
#
# usage: check.sh COMPARE [--all] PYTHON...      --all: with the library's own tests
set -u -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
compare=$1
shift
all=()
if [ "${1-}" = --all ]; then
	all=(--all)
	shift
fi

echo "1..$#"
number=0
failed=0
for python in "$@"; do
	number=$((number + 1))
	if ! version=$("$python" -c 'import sys; print("%08x %d.%d.%d" % ((sys.hexversion,) + sys.version_info[:3]))'); then
		echo "not ok $number - line table: $python does not start"
		failed=1
		continue
	fi
	hexversion=${version% *}
	name="CPython ${version#* } ($python)"
	if ! format=$("$compare" format "$hexversion"); then
		echo "not ok $number - line table: $name: $compare does not run"
		failed=1
	elif [ "$format" = none ]; then
		echo "ok $number - line table: $name # SKIP no layout row"
	elif "$python" -S "$here/dump.py" "$format" "${all[@]}" | "$compare" compare "$hexversion"; then
		echo "ok $number - line table: $name"
	else
		echo "not ok $number - line table: $name"
		failed=1
	fi
done
exit $failed
