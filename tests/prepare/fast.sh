#!/usr/bin/env bash
# fast.sh hotpatch.exe EXE SOURCES NAME=STATE... -NAME... : compiled with hotpatch_target(... FAST). The
# functions that are marked can be redirected by name, and no call of them is missed; of the others each is
# listed with this STATE, or is not there (-NAME).
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
shift 3

expect 0 "$WINE" "$image"
expect 0 "$WINE" "$image" patch

marked=$(sed -n 's/^\([a-z_]*\)[@:].*/\1/p' "$here/matrix.txt" | sort -u | grep -vE '^(matrix|more)_')
[ "$(wc -w <<<"$marked")" = 23 ]
# shellcheck disable=SC2086
expect 0 "$WINE" "$hotpatch" list --check "$image" $marked
expect 0 "$WINE" "$hotpatch" list "$image"
cp "$work/out" "$work/list"
count=0
for state; do
    cp "$work/list" "$work/out"
    case $state in
    -*) ! grep -qE "^[ ~]*${state#-}[@ ]" "$work/list" || exit 1 ;;
    *)
        count=$((count + 1))
        said "^[ ~]*${state%%=*}(@[^ ]*)? .*  ${state#*=}  "
        expect 1 "$WINE" "$hotpatch" list --check "$image" "${state%%=*}"
        said "${state%%=*}(@[^ ]*)? cannot be patched: ${state#*=}"
        ;;
    esac
done
[ "$(grep -c patchable "$work/list")" = 24 ] || { cat "$work/list" && exit 1; } # and the sum
grep -q "^$((23 + count)) functions, 23 patchable" "$work/list" || { cat "$work/list" && exit 1; }
