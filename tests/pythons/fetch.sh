#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches interpreters that this machine has not: unpacks packages of Debian's other suites below DIR/root-SUITE, and
# writes a script DIR/bin/SUITE-pythonX that runs each; headers go to DIR/headers. What cannot be had is noted in DIR/missing, for the tests to
# name; that is no failure. What is there already is left alone.
#
# usage: fetch.sh DIR check|all      check: what `make check` runs besides the machine's own; all: every other one too
set -u

mkdir -p "$1" && dir=$(cd "$1" && pwd) || exit 1
set=$2
here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/tests/pythons/common.sh"

# interpreters SUITE "PROGRAM: PACKAGES" ... -- PACKAGES of all
interpreters() {
	local suite=$1 root=$dir/root-$1 rows=() row program packages absent more
	shift
	while [ "$1" != -- ]; do
		rows+=("$1")
		shift
	done
	shift
	# Everything there: no look at the mirror at all.
	for row in "${rows[@]}"; do
		[ -x "$dir/bin/$suite-${row%%:*}" ] || break
		[ "$row" != "${rows[-1]}" ] || return 0
	done
	if ! apt_root "$suite"; then
		for row in "${rows[@]}"; do
			missing "$suite-${row%%:*}" "the index of Debian $suite cannot be fetched from $mirror"
		done
		return 0
	fi
	absent=$(unpack "$suite" "$root" "$@" | tr '\n' ' ')
	finish_root "$root"
	for row in "${rows[@]}"; do
		program=${row%%:*} packages=${row#*:}
		[ ! -x "$dir/bin/$suite-$program" ] || continue
		# shellcheck disable=SC2086
		more=$absent$(unpack "$suite" "$root" $packages | tr '\n' ' ')
		if chroot "$root" "/usr/bin/$program" -c 'import ctypes, zlib' 2>"$dir/error"; then
			wrapper "$suite-$program" "$root" "/usr/bin/$program"
		else
			missing "$suite-$program" "${more:+cannot be downloaded: $more}$(tail -1 "$dir/error")"
		fi
	done
}

# headers SUITE VERSION...: what tests/layout compiles against, in $dir/headers/usr/include/pythonVERSION
headers() {
	local suite=$1 version
	shift
	for version in "$@"; do
		[ ! -e "$dir/headers/usr/include/python$version/Python.h" ] || continue
		if ! apt_root "$suite" || [ -n "$(unpack "$suite" "$dir/headers" "libpython$version-dev")" ]; then
			missing "headers-$version" "libpython$version-dev of Debian $suite cannot be downloaded"
		else
			rm -f "$dir/missing/headers-$version"
		fi
	done
	rm -rf "$dir/headers/usr/lib"
}

minimal() { echo "python$1-minimal libpython$1-minimal libpython$1-stdlib"; }
debug() { echo "$(minimal "$1") python$1-dbg libpython$1-dbg"; }

# A program of our own that loads the machine's libpython when it is under way already.
embedded() {
	local name=embedded-python$1 library
	library=$(find "/usr/lib/$(gcc -dumpmachine | sed s/-pc//)" -maxdepth 1 -name "libpython$1.so.1.0" 2>/dev/null)
	[ ! -x "$dir/bin/$name" ] || return 0
	mkdir -p "$dir/bin" "$dir/built"
	if [ -z "$library" ]; then
		missing "$name" "no libpython$1.so.1.0 (Debian package libpython$1)"
	elif ! gcc -O2 -D_GNU_SOURCE -o "$dir/built/embed" "$here/tests/targets/embed.c" -ldl 2>"$dir/error"; then
		missing "$name" "tests/targets/embed.c: $(tail -1 "$dir/error")"
	else
		printf '#!/bin/sh\nexec %s %s 300 "$@"\n' "$dir/built/embed" "$library" >"$dir/bin/$name"
		chmod +x "$dir/bin/$name"
		rm -f "$dir/missing/$name"
	fi
}

# uWSGI with its Python plugin, of this machine's own suite: `uwsgi-pythonX SCRIPT ARGUMENT...` runs the script in a
# worker; anything else goes to the interpreter that has the same libpython.
uwsgi() {
	local name=uwsgi-python$1 root=$dir/root-uwsgi absent libraries
	[ ! -x "$dir/bin/$name" ] || return 0
	absent=$(. /etc/os-release && apt_root "${VERSION_CODENAME:-none}" && unpack "$VERSION_CODENAME" "$root" \
		uwsgi-core uwsgi-plugin-python3 libpcre3 libyajl2 libjansson4 libcap2) || absent="the index of this suite"
	libraries=$(find "$root" -name '*.so.*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd :)
	if [ -n "$absent" ] || [ ! -e "$root/usr/lib/uwsgi/plugins/python${1/./}_plugin.so" ]; then
		missing "$name" "cannot be downloaded: ${absent:-a plugin for Python $1}"
		return 0
	fi
	mkdir -p "$dir/bin"
	cat >"$dir/bin/$name" <<-WRAPPER
		#!/bin/sh
		case "\$1" in
		*/targets/*.py) script=\$1; shift ;;
		*) exec /usr/bin/python$1 "\$@" ;;
		esac
		LD_LIBRARY_PATH=$libraries exec "$root/usr/bin/uwsgi-core" --plugin-dir "$root/usr/lib/uwsgi/plugins" \\
			--plugin python${1/./} --enable-threads --pyrun "\$script" --pyargv "\$*"
	WRAPPER
	chmod +x "$dir/bin/$name"
	rm -f "$dir/missing/$name"
}

# greenlet and gevent for pyenv's interpreters, where PyPI answers, in DIR/site-VERSION
greenlets() {
	local version python
	for version in "$@"; do
		[ ! -d "$dir/site-$version" ] || continue
		python=$(find "${PYENV_ROOT:-$HOME/.pyenv}/versions/" -path "*/bin/python$version" 2>/dev/null | head -1)
		[ -n "$python" ] || continue
		if ! timeout 120 "$python" -m pip install -q --only-binary :all: --target "$dir/site-$version.new" greenlet gevent \
			>"$dir/error" 2>&1 || ! mv "$dir/site-$version.new" "$dir/site-$version"; then
			missing "greenlet-$version" "pip: $(tail -1 "$dir/error")"
		fi
	done
}

# Viewers of files for pstats, where PyPI answers, in DIR/viewers
viewers() {
	[ ! -d "$dir/viewers" ] || return 0
	if timeout 120 python3 -m pip install -q --target "$dir/viewers.new" snakeviz tuna gprof2dot >"$dir/error" 2>&1 &&
		mv "$dir/viewers.new" "$dir/viewers"; then
		rm -f "$dir/missing/viewers"
	else
		missing viewers "pip: $(tail -1 "$dir/error")"
	fi
}

embedded 3.11
viewers
[ "$(id -u)" -eq 0 ] || { echo "pythons: not root: nothing is fetched" >&2; exit 0; }
command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "pythons: no apt-get" >&2; exit 0; }
modern="libc6 libgcc-s1 libexpat1 zlib1g libssl3t64 libffi8 libbz2-1.0 liblzma5 libzstd1"
# shellcheck disable=SC2086
interpreters sid "python3.14: $(minimal 3.14)" "python3.15: $(minimal 3.15)" -- $modern
headers sid 3.13 3.14 3.15
[ "$set" = all ] || exit 0
uwsgi 3.11
greenlets 3.12 3.13
# shellcheck disable=SC2086
{
	interpreters sid "python3.13: $(minimal 3.13)" "python3.13d: $(debug 3.13)" "python3.14d: $(debug 3.14)" \
		"python3.15d: $(debug 3.15)" -- $modern python3-greenlet libstdc++6
	interpreters trixie "python3.13: $(minimal 3.13)" "python3.13d: $(debug 3.13)" -- $modern
	interpreters bullseye "python2.7: $(minimal 2.7)" "python2.7-dbg: $(debug 2.7)" "python3.9: $(minimal 3.9)" \
		"python3.9d: $(debug 3.9)" -- libc6 libcrypt1 libgcc-s1 libexpat1 zlib1g libssl1.1 libffi7 libbz2-1.0 liblzma5
}
