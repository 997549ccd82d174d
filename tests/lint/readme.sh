#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# readme.sh PROFILER: the README tells the verbs, options and formats that --help tells, and its make targets and rooms exist.
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
# The first words of the lines between two patterns, two columns in; and the first words in backticks of a table's rows.
listed() { sed -n "/$1/,/$2/p" | grep -oE "^ {$3}[a-z]+ " | tr -d ' ' | sort -u; }
rows() { sed -n "/$1/,/$2/p" README.md | sed -n 's/^| \(`[^|]*\)|.*/\1/p' | grep -oE '`[a-z]+`' | tr -d '`' | sort -u; }
same() { [ "$1" ] || echo "none in --help"; [ "$1" = "$2" ] || printf '%s\n' "$1" "$2" | sort | uniq -u; }

verbs=$("$program" --help | listed '^Verbs' '^$' 2)
check "$(same "$verbs" "$(rows '^| verb' '^$')")" "the README's verbs are those of --help"
help=$({ "$program" --help; for verb in $verbs; do "$program" "$verb" --help; done; } | options)
readme=$(sed -n '/^## Options/,/^## What/p' README.md | options)
check "$(same "$help" "$readme")" "the README's options are those of the verbs' --help"
check "$(same "$("$program" --help | listed '--format NAME' '--output' 28)" "$(rows '^| format' '^$')")" \
	"the README's formats are those of --help"
check "$(grep -oE '`?make [a-z-]+' README.md | sed 's/.*make //' | sort -u | while read -r target; do
	grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || echo "make $target"
done)" "the README's make targets exist"
check "$(grep -oE '`(bpf|user|include|tests)/[a-zA-Z_./]+`' README.md | tr -d '`' | grep -v NAME | sort -u | while read -r path; do
	[ -e "$path" ] || echo "$path"
done)" "the README's rooms exist"
echo "1..$count"
exit ${failed:-0}
