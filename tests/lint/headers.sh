#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# headers.sh CC FLAGS: every header compiles alone.
cd "$(dirname "$0")/../.." || exit 1
count=0
for header in include/*.h user/*.h user/*/*.h bpf/[a-z]*[a-z].h; do
	case $header in
	*.bpf.h) continue ;; # for BPF only, compiled with it
	esac
	count=$((count + 1))
	if problems=$("$@" -Wno-unused-function -Wno-missing-prototypes -x c -fsyntax-only "$header" 2>&1 | grep -v 'pragma once'); [ -z "$problems" ]; then
		echo "ok $count - $header compiles alone"
	else
		echo "not ok $count - $header compiles alone"
		echo "$problems" | sed 's/^/# /'
		failed=1
	fi
done
echo "1..$count"
exit ${failed:-0}
