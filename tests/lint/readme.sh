#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# readme.sh PROFILER: the README tells the options that --help tells, and its make targets and rooms exist.
program=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
count=0
check() { # problems name
	count=$((count + 1))
	if [ -z "$1" ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		echo "$1" | sed 's/^/# /'
		failed=1
	fi
}
options() { grep -oE -e '(^|[ `,(])--[a-z][a-z-]+' | grep -oE -e '--[a-z-]+' | sort -u; }
help=$("$program" --help | options)
readme=$(sed -n '/^## Options/,/^## What/p' README.md | options)
check "$([ "$help" ] || echo "no options in --help"; [ "$help" = "$readme" ] || printf '%s\n' "$help" "$readme" | sort | uniq -u)" \
	"the README's options are those of --help"
check "$(grep -oE '`?make [a-z-]+' README.md | sed 's/.*make //' | sort -u | while read -r target; do
	grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || echo "make $target"
done)" "the README's make targets exist"
check "$(grep -oE '`(bpf|user|include|tests)/[a-zA-Z_./]+`' README.md | tr -d '`' | grep -v NAME | sort -u | while read -r path; do
	[ -e "$path" ] || echo "$path"
done)" "the README's rooms exist"
echo "1..$count"
exit ${failed:-0}
