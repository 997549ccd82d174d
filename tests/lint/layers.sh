#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Who may include whom, file by file: a folder of user/ may include only those named for it below. libbpf stays in
# capture/, libelf in proc/elf.c, and version numbers of CPython in layout_rows.c.
cd "$(dirname "$0")/../.." || exit 1
count=0
test_ok() { # problems name
	count=$((count + 1))
	if [ -z "$1" ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		echo "$1" | sed 's/^/# /'
		failed=1
	fi
}

allowed() { # folder -> folders that its files may include
	case $1 in
	base) echo base ;;
	proc) echo base proc ;;
	python) echo base proc python ;;
	capture) echo base capture ;;
	container) echo base container ;;
	profile) echo base profile ;;
	store) echo base profile store ;;
	report) echo base profile report store ;;
	esac
}
for folder in base proc python capture container profile store report; do
	bad=$(grep -nE '^#include "[a-z_]+/' user/$folder/*.[ch] | while IFS= read -r line; do
		included=$(echo "$line" | sed 's/.*#include "\([a-z_]*\)\/.*/\1/')
		case " $(allowed $folder) " in *" $included "*) ;; *) echo "$line" ;; esac
	done)
	test_ok "$bad" "user/$folder includes only: $(allowed $folder)"
done
test_ok "$(grep -lE '#include <bpf/' user/*.[ch] user/*/*.[ch] | grep -v '^user/capture/')" "libbpf stays in user/capture"
test_ok "$(grep -lE '#include <(gelf|libelf)' user/*.[ch] user/*/*.[ch] | grep -v '^user/proc/elf.c')" \
	"libelf stays in user/proc/elf.c"
# In comments a version is a source; in code it may stand in the rows alone.
test_ok "$(for f in user/*.c user/*/*.c bpf/*.[ch]; do
	[ "$f" = user/python/layout_rows.c ] ||
		sed 's://.*::; s:/\*.*\*/::; /^[ \t]*\/\*/,/\*\//d' "$f" | grep -nE '"[23]\.[0-9]+|minor *[<>=]+ *[0-9]' | sed "s:^:$f\::"
done)" "versions of CPython stay in user/python/layout_rows.c"
test_ok "$(grep -nE '#include "(base|proc|python|capture|container|profile|store|report)/' bpf/* include/*)" "bpf and include know nothing of user"
echo "1..$count"
exit ${failed:-0}
