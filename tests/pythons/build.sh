#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the interpreters that no package has, from Debian's sources of CPython: the free-threaded ones
# (DIR/built/python3.13t, ...) and a static one with musl (DIR/built/python3.13-musl). About three minutes of two
# CPUs each, once. What cannot be built, a source that is not in the pool among it, is noted in DIR/missing; that is
# no failure.
#
# usage: build.sh DIR
set -u

mkdir -p "$1" && dir=$(cd "$1" && pwd) || exit 1
here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/tests/pythons/common.sh"

depends=$dir/depends
triplet=$(gcc -dumpmachine)
triplet=${triplet/-pc/}

# The headers and libraries that modules of CPython are linked with, unpacked beside, not installed.
dependencies() {
	local absent
	absent=$(. /etc/os-release && apt_root "${VERSION_CODENAME:-bookworm}" &&
		unpack "${VERSION_CODENAME:-bookworm}" "$depends" "$@") || absent="the index of this machine's suite"
	[ -z "$absent" ] || echo "cannot be downloaded: $absent"
}

# source_of SUITE PACKAGE: $dir/source/PACKAGE holds its unpacked upstream source
source_of() {
	[ ! -e "$dir/source/$2/configure" ] || return 0
	mkdir -p "$dir/source/$2" && apt_root "$1" &&
		(cd "$dir/source" && timeout 600 apt-get source --download-only -qq "$2" >"$dir/source/log" 2>&1 &&
			tar -xf "$2"_*.orig.tar.xz -C "$2" --strip-components=1)
}

# build NAME SUITE PACKAGE FUNCTION: the function's commands run in $dir/build/NAME, its log beside; $version and
# $source are theirs.
build() {
	local name=$1 suite=$2 version=${3#python} source=$dir/source/$3 reason
	[ ! -x "$dir/built/$name" ] || return 0
	reason=$(dependencies libffi-dev libffi8 zlib1g-dev zlib1g musl musl-dev musl-tools)
	if [ -n "$reason" ]; then
		missing "$name" "$reason"
	elif ! source_of "$suite" "$3"; then
		missing "$name" "no suite has a build, and the source package $3 of $suite cannot be fetched from $mirror"
	else
		rm -rf "$dir/build/$name" && mkdir -p "$dir/build/$name" "$dir/built"
		if ! (cd "$dir/build/$name" && "$4") >"$dir/build/$name.log" 2>&1; then
			missing "$name" "the build failed, see $dir/build/$name.log"
			return 0
		fi
		rm -f "$dir/missing/$name"
	fi
}

free_threaded() {
	"$source/configure" --disable-gil --prefix="$dir/built/${version}t" --without-ensurepip --disable-test-modules \
		LIBFFI_CFLAGS="-I$depends/usr/include/$triplet" LIBFFI_LIBS="-L$depends/usr/lib/$triplet -lffi" \
		ZLIB_CFLAGS="-I$depends/usr/include" ZLIB_LIBS="-L$depends/usr/lib/$triplet -lz" &&
		nice -n 19 make -s -j2 && make -s install && ln -sf "${version}t/bin/python${version}t" "$dir/built/" &&
		"$dir/built/python${version}t" -c 'import ctypes, zlib, sys; assert not sys._is_gil_enabled()'
}

# A compiler that links with musl out of $depends: musl-gcc's own specs name /usr.
musl_compiler() {
	sed "s#/usr/\(include\|lib\)/$triplet_musl#$depends&#g; s#/lib/ld-musl#$depends&#g" \
		"$depends/usr/lib/$triplet_musl/musl-gcc.specs" >musl.specs
	cat >cc <<-CC
		#!/bin/sh
		case "\$*" in
		*--print-multiarch*) echo $triplet_musl ;;
		*) exec gcc -specs "$PWD/musl.specs" "\$@" -idirafter /usr/include -idirafter /usr/include/$triplet ;;
		esac
	CC
	chmod +x cc
}

# A zlib of one function, which binascii wants; no module needs the rest of it.
crc32_alone() {
	cat >crc32.c <<-'C'
		unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned int size)
		{
			crc = ~crc & 0xffffffff;
			for (; size; size--) {
				crc ^= *bytes++;
				for (int bit = 0; bit < 8; bit++)
					crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
			}
			return ~crc & 0xffffffff;
		}
	C
	./cc -O2 -c crc32.c && ar rcs libz.a crc32.o
}

musl() {
	local triplet_musl=${triplet%-gnu}-musl absent=() module
	musl_compiler && crc32_alone || return 1
	for module in _ctypes _curses _curses_panel _dbm _gdbm _hashlib _ssl _lzma _bz2 _sqlite3 _tkinter _uuid readline zlib nis; do
		absent+=("py_cv_module_$module=n/a")
	done
	"$source/configure" CC="$PWD/cc" LDFLAGS=-static LINKFORSHARED=" " MODULE_BUILDTYPE=static \
		--prefix="$dir/built/$version-musl" --without-ensurepip --disable-test-modules --disable-shared "${absent[@]}" &&
		nice -n 19 make -s -j2 python CONFIGURE_LDFLAGS="-static -L$PWD" &&
		make -s -k install CONFIGURE_LDFLAGS="-static -L$PWD"
	ln -sf "$version-musl/bin/python$version" "$dir/built/python$version-musl"
	"$dir/built/python$version-musl" -c 'import asyncio, threading, re, math, time' &&
		! readelf -l "$dir/built/python$version-musl" | grep -q INTERP
}

build python3.13t trixie python3.13 free_threaded
build python3.13-musl trixie python3.13 musl
build python3.14t sid python3.14 free_threaded
build python3.15t sid python3.15 free_threaded
