#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run_tests.sh OUT COMMAND...: run each test command, keep its TAP output in OUT, show what failed or was skipped,
# end with one line that counts. A command that prints no test, or ends badly, counts as a failure.
out=$1
shift
mkdir -p "$out"
counts=$out/counts
: >"$counts"
for command in "$@"; do
	program=${command%% *}
	name=$(basename "$(dirname "$program")")-$(basename "$program")
	tap=$out/$name.tap
	start=$(date +%s)
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 1500 sh -c "$command" >"$tap" 2>"$tap.err"
	status=$?
	awk -v name="$name" -v status="$status" -v seconds="$(($(date +%s) - start))" -v counts="$counts" '
		function show(text) { lines[++nlines] = "    " text }
		{ sub(/^[ \t]+/, "") }
		/^(not )?ok.*# *(SKIP|skip)/ { skipped++; show($0); next }
		/^ok/ { passed++; next }
		/^not ok/ { failed++; broken = 1; show($0); next }
		/^1\.\.0 *# *SKIP/ { skipped++; show($0); next }
		/^Bail out!/ { failed++; show($0); next }
		/^#/ && broken { show($0); next }
		{ broken = 0 }
		END {
			if (status && !failed) { failed++; show("ended with status " status) }
			if (passed + failed + skipped == 0) { failed++; show("ran no test") }
			printf "  TEST   %-28s %4d passed %3d failed %3d skipped %4d s\n", name, passed, failed, skipped, seconds
			for (i = 1; i <= nlines; i++) print lines[i]
			printf "%d %d %d\n", passed, failed, skipped >> counts
		}' "$tap"
	# What went to standard error matters only where something failed.
	[ "$status" -eq 0 ] || sed 's/^/      | /' "$tap.err" | tail -30
done
awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0 }' "$counts"
