#!/usr/bin/env bash
# matrix.sh hotpatch.exe matrix_<level>.exe SOURCES : the program that was compiled and prepared by
# hotpatch_target has every function of SOURCES in its table and no other, can redirect each of them so that
# no call is missed, and comes out of a second prepare as it went in.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

expect 0 "$WINE" "$image" table
grep -v '^all is well$' "$work/out" | LC_ALL=C sort >"$work/table"
sed "s/ \[$ARCH\]$//; / \[x[0-9]*\]$/d" "$here/matrix.txt" >"$work/expected"
diff "$work/expected" "$work/table"

expect 0 "$WINE" "$image"
expect 0 "$WINE" "$image" patch

expect 0 "$WINE" "$hotpatch" list --check "$image"
expect 0 "$WINE" "$hotpatch" list --json "$image"
names=$(grep -o '"name": *"[^"]*"' "$work/out" | wc -l)
[ "$names" = "$(wc -l <"$work/expected")" ] || { echo "$names functions in JSON" && exit 1; }

copy "$image" again.exe
expect 0 "$WINE" "$hotpatch" prepare --sources="$sources" "$work/again.exe"
cmp "$image" "$work/again.exe"
expect 0 "$WINE" "$hotpatch" prepare --remove "$work/again.exe"
expect 1 "$WINE" "$work/again.exe" table
expect 0 "$WINE" "$work/again.exe"
