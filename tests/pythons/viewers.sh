#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches Go's pprof, the viewer that saved profiles must open in, from this machine's own Debian suite: DIR/viewers/pprof.
# Nothing is installed. What cannot be had is noted in DIR/missing, for the tests to name; that is no failure.
#
# usage: viewers.sh DIR
set -u

mkdir -p "$1" && dir=$(cd "$1" && pwd) || exit 1
here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/tests/pythons/common.sh"

# The package with the tools is named by its version, and golang-go depends on it. It has 60 MB for one file of 12.
pprof() {
	local suite package deb
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
	apt_root "$suite" || { missing pprof "no index of this suite"; return; }
	package=$(apt-cache depends golang-go 2>/dev/null | sed -n 's/.*Depends: \(golang-[0-9.]*-go\)$/\1/p' | head -1)
	mkdir -p "$dir/debs/$suite" "$dir/viewers"
	(cd "$dir/debs/$suite" && timeout 600 apt-get download -qq "${package:-golang-go}" >/dev/null 2>&1)
	deb=$(find "$dir/debs/$suite" -name "${package:-golang-go}_*.deb" | head -1)
	[ -n "$deb" ] || { missing pprof "cannot be downloaded: ${package:-golang-go}"; return; }
	dpkg-deb --fsys-tarfile "$deb" | tar -x -O --wildcards '*/pkg/tool/*/pprof' >"$dir/viewers/pprof.new" 2>"$dir/error"
	rm -f "$deb"
	chmod +x "$dir/viewers/pprof.new"
	if [ -s "$dir/viewers/pprof.new" ]; then
		mv "$dir/viewers/pprof.new" "$dir/viewers/pprof"
		rm -f "$dir/missing/pprof"
	else
		rm -f "$dir/viewers/pprof.new"
		missing pprof "$package has no pprof: $(tail -1 "$dir/error")"
	fi
}

[ ! -x "$dir/viewers/pprof" ] || exit 0
[ "$(id -u)" -eq 0 ] || { echo "viewers: not root: nothing is fetched" >&2; exit 0; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "viewers: no apt-get" >&2; exit 0; }
pprof
exit 0
