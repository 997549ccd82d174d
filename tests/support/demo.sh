#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh PROFILER: profile the bundled workload under the system's Python for some seconds, then stop it.
profiler=$1
python=
for candidate in /usr/bin/python3 "$(command -v python3)"; do
	[ -x "$candidate" ] && python=$candidate && break
done
[ "$python" ] || { echo 'demo: no python3 here (Debian package python3)' >&2; exit 1; }
workload=$(dirname "$0")/../targets/demo.py
echo "+ $python tests/targets/demo.py &"
"$python" "$workload" &
pid=$!
trap 'kill $pid 2>/dev/null' EXIT
trap 'exit 130' INT TERM
sleep 0.5 # the interpreter's own start is not what the demo is about
echo "+ pybpfprof -p $pid -d 5"
"$profiler" -p "$pid" -d 5
