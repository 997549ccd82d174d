#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches container runtimes that this machine has not, from packages of its own Debian suite: unpacks them below
# DIR/containers, and installs nothing. What cannot be had is noted in DIR/missing, for the tests to name; that is no
# failure. What is there already is left alone.
#
# usage: containers.sh DIR
set -u

mkdir -p "$1" && dir=$(cd "$1" && pwd) || exit 1
here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/tests/pythons/common.sh"

# runtime NAME PROGRAM PACKAGE...: NAME is there when PROGRAM runs with the libraries unpacked beside it
runtime() {
	local name=$1 root=$dir/containers program=$dir/containers/$2 absent libraries
	shift 2
	[ ! -e "$root/.works-$name" ] || return 0
	absent=$(. /etc/os-release && apt_root "${VERSION_CODENAME:-none}" && unpack "$VERSION_CODENAME" "$root" "$@") ||
		absent="the index of this suite"
	libraries=$(find "$root" -name '*.so.*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd :)
	if LD_LIBRARY_PATH=$libraries "$program" --version >"$dir/error" 2>&1; then
		printf '%s\n' "$libraries" >"$root/libraries"
		touch "$root/.works-$name"
		rm -f "$dir/missing/$name"
	else
		missing "$name" "${absent:+cannot be downloaded: $absent: }$(tail -1 "$dir/error")"
	fi
}

[ "$(id -u)" -eq 0 ] || { echo "containers: not root: nothing is fetched" >&2; exit 0; }
command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "containers: no apt-get" >&2; exit 0; }
runtime runc usr/sbin/runc runc libseccomp2
runtime docker usr/sbin/dockerd docker.io containerd libdevmapper1.02.1 libseccomp2
