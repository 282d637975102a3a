#!/usr/bin/env bash
# merged.sh hotpatch.exe EXE SOURCES : gcc gave two static functions the same code. Each is listed, with the
# other one, and cannot be redirected. EXE has no table.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

copy "$image" merged.exe
image=$work/merged.exe
expect 0 "$WINE" "$hotpatch" prepare --sources="$sources" "$image"
expect 1 "$WINE" "$hotpatch" list --check "$image"
said '^ +fare@merged\.c .* folded with price@merged\.c '
said '^ +price@merged\.c .* folded with fare@merged\.c '
said '^ +other@merged\.c .* (calls optimised|clone) '
said 'price@merged\.c cannot be patched: folded with fare@merged\.c \(HP_E_ADDRESS_SHARED\)'
for name in fare price; do
    expect 0 "$WINE" "$image" $name
    said "^$name: HP_E_ADDRESS_SHARED"
done
