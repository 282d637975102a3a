#!/usr/bin/env bash
# folded.sh hotpatch.exe EXE SOURCES : functions that lld gave the same code cannot be redirected, because
# nobody can say which of them a call means; list names the other one.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

expect 0 "$WINE" "$image"
expect 0 "$WINE" "$hotpatch" list --all "$image"
# folded NAME OTHER : on the same address, each says so of the other one.
folded() {
    said "^ +$1 .* folded with $2 "
    said "^ +$2 .* folded with $1 "
    [ "$(grep -cE "^ +($1|$2) .* 0x[0-9a-f]+ " "$work/out")" = 2 ] || exit 1
    [ "$(grep -E "^ +($1|$2) " "$work/out" | grep -oE ' 0x[0-9a-f]+ ' | sort -u | wc -l)" = 1 ] || exit 1
}
folded 'folded::first\(i32\)' 'folded::second\(i32\)'
folded 'folded::area\(i32\)' 'folded::area\(u32\)'
folded 'folded::twice<int>\(i32\)' 'folded::twice<unsigned%20int>\(u32\)'
# Two of the same name and type: which file the other one is in nobody says.
said '^ +helper@folded_(one|two)\.c .* folded  '
# What shares its code with a library's is listed as folded, or not at all: its line may be the library's.
! grep -E '^ +folded::alone' "$work/out" | grep patchable || exit 1
for name in 'folded::third\(i32\)' folded_one folded_two shared_call; do
    said "^ +$name .* patchable \("
done

refused='first second twice<int> area'
for name in $refused; do
    expect 1 "$WINE" "$hotpatch" list --check "$image" "folded::$name"
    said "folded::$name.* cannot be patched: folded.*HP_E_ADDRESS_SHARED.*code folding off"
done
expect 1 "$WINE" "$hotpatch" list --check "$image" helper
said 'helper@.*HP_E_ADDRESS_SHARED'
expect 0 "$WINE" "$hotpatch" list --check "$image" folded::third folded_one
expect 1 "$WINE" "$hotpatch" list --check "$image"
expect 0 "$WINE" "$hotpatch" list --json "$image" folded::first
said '"state": "folded with folded::second\(i32\)"'
said 'HP_E_ADDRESS_SHARED'

for name in folded::first 'folded::second(i32)' 'folded::area(u32)' 'folded::twice<int>' helper \
    folded::alone; do
    expect 0 "$WINE" "$image" "$name"
    code=HP_E_ADDRESS_SHARED
    [ "$name" != folded::alone ] || code='HP_E_(ADDRESS_SHARED|NAME_UNKNOWN)'
    said "^[^ ]+: $code"
    ! grep -q '^patched' "$work/out" || exit 1
done
expect 0 "$WINE" "$image" folded::third folded_one
said '^patched: third 1000$'
said '^patched: first 10$'
said '^after: third 11$'
