# SPDX-License-Identifier: GPL-2.0-only
# What fetch.sh and build.sh share: packages of any Debian suite without touching the machine's own apt, and scripts
# that run an interpreter inside an unpacked root. Sourced; $dir is the absolute folder that everything goes to.

mirror=$(sed -n -E 's/^(URIs: *|deb +(\[[^]]*\] *)?)(https?:[^ ]*\/debian)\/?( .*)?$/\3/p' /etc/apt/sources.list \
	/etc/apt/sources.list.d/* 2>/dev/null | head -1)
mirror=${mirror:-http://deb.debian.org/debian}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# missing NAME REASON: the tests say it instead of running NAME
missing() {
	mkdir -p "$dir/missing"
	printf '%s\n' "$2" >"$dir/missing/$1"
	echo "pythons: $1: $2" >&2
}

# apt_root SUITE: an apt of its own for that suite; APT_CONFIG names it from then on
apt_root() {
	local apt=$dir/apt/$1
	export APT_CONFIG=$apt/apt.conf
	[ ! -e "$apt/updated" ] || return 0
	mkdir -p "$apt/etc/apt.conf.d" "$apt/etc/preferences.d" "$apt/etc/sources.list.d" \
		"$apt/state/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$1" >"$apt/etc/sources.list"
	printf 'deb-src [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$1" >>"$apt/etc/sources.list"
	# The Release files of the suites that move are often older than they say they may be.
	cat >"$APT_CONFIG" <<-CONF
		Dir::Etc "$apt/etc";
		Dir::State "$apt/state";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Acquire::Languages "none";
		Acquire::GzipIndexes "true";
		Acquire::Check-Valid-Until "false";
		Acquire::Retries "2";
		Acquire::http::Timeout "20";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
		APT::Sandbox::User "root";
	CONF
	timeout 180 apt-get update -qq --error-on=any >"$apt/log" 2>&1 && touch "$apt/updated"
}

# unpack SUITE ROOT PACKAGE...: download each and unpack it there; prints the ones that could not be had.
# Index and pool can disagree, so a package that answers 404 must not take the others with it.
unpack() {
	local suite=$1 root=$2 wanted=() package deb
	shift 2
	mkdir -p "$dir/debs/$suite" "$root/.unpacked"
	for package in "$@"; do
		[ -e "$root/.unpacked/$package" ] || wanted+=("$package")
	done
	[ ${#wanted[@]} -gt 0 ] || return 0
	(cd "$dir/debs/$suite" && timeout 600 apt-get download -qq "${wanted[@]}" >/dev/null 2>&1)
	for package in "${wanted[@]}"; do
		deb=$(find "$dir/debs/$suite" -name "${package}_*.deb" | head -1)
		if [ -z "$deb" ]; then
			(cd "$dir/debs/$suite" && timeout 300 apt-get download -qq "$package" >/dev/null 2>&1)
			deb=$(find "$dir/debs/$suite" -name "${package}_*.deb" | head -1)
		fi
		if [ -n "$deb" ] && dpkg -x "$deb" "$root"; then
			touch "$root/.unpacked/$package"
			rm -f "$deb"
		else
			echo "$package"
		fi
	done
}

# finish_root ROOT: what the maintainer scripts of base-files would have made
finish_root() {
	local name
	for name in lib lib64 bin sbin; do
		[ -e "$1/$name" ] || [ ! -d "$1/usr/$name" ] || ln -s "usr/$name" "$1/$name"
	done
	mkdir -p "$1/proc" "$1/dev" "$1/tmp"
}

# wrapper NAME ROOT PROGRAM: $dir/bin/NAME runs PROGRAM of ROOT in a mount namespace of its own, where this checkout
# and /tmp are seen at the paths they have outside. It never forks into the interpreter: the pid stays the same.
wrapper() {
	mkdir -p "$dir/bin" "$2$here"
	cat >"$dir/bin/$1" <<-WRAPPER
		#!/bin/sh
		# Made by tests/pythons; runs $3 of $2
		exec unshare -m --propagation private sh -c '
			root=\$1 work=\$2
			shift 2
			mkdir -p "\$root\$work" && mount --rbind /proc "\$root/proc" && mount --rbind /dev "\$root/dev" &&
			mount --rbind /tmp "\$root/tmp" && mount --bind "\$work" "\$root\$work" &&
			cd / && exec chroot "\$root" "\$@"' sh '$2' '$here' $3 "\$@"
	WRAPPER
	chmod +x "$dir/bin/$1"
	rm -f "$dir/missing/$1"
}
