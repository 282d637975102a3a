#!/usr/bin/env bash
# alias.sh hotpatch.exe EXE SOURCES WANTED AGAIN : an alias is another name of its function. Each is listed
# and says so, and a patch under one name redirects the calls by all of them. WANTED is prepared with
# --function=pri* --function=toll --offer=*, AGAIN with --offer for two names of one function.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
wanted=$4 again=$5

expect 0 "$WINE" "$hotpatch" list --check "$image"
said '^ +fare .* patchable \(.*\), also (price|cost@alias\.c) '
said '^ +price .* patchable \(.*\), also (fare|cost@alias\.c) '
said '^ +paid .* patchable \(.*\), also payed '
said '^ +payed .* patchable \(.*\), also paid '
said '^ +toll .* patchable \([a-z0-9]+, [0-9]+\) '
said '^ +labelled .* patchable \([a-z0-9]+, [0-9]+\) '
! grep -q fare_label "$work/out" || exit 1
if [ "$ARCH" = x86 ]; then
    said '^ +payed .* stdcall i32\(i32 km\)'
fi

expect 0 "$WINE" "$image"
said '^before: price 10$'
for name in fare price; do
    expect 0 "$WINE" "$image" $name
    for each in fare price cost; do
        said "^patched: $each 1000\$"
        said "^after: $each 10\$"
    done
    said '^patched: toll 10$'
    said '^patched: payed 5$'
done
expect 0 "$WINE" "$image" toll
said '^patched: toll 1000$'
said '^patched: price 10$'
# Two patches for one function: which one is meant?
expect 0 "$WINE" "$image" fare price
said '^price: HP_E_'
! grep -q '^patched' "$work/out" || exit 1

# Wanted is an alias only; a pattern does not offer it, since its function might be offered, too.
expect 0 "$WINE" "$hotpatch" list "$wanted"
said '^  +price '
said '^\* +toll '
! grep -q '^. *fare ' "$work/out" || exit 1

# As update: two names for one function of the app, so neither can be replaced. One of them can.
expect 1 "$WINE" "$hotpatch" diff "$image" "$again"
said '^\* +fare +no .*price'
said '^\* +price +no .*fare'
said '^\* +toll +yes'
expect 0 "$WINE" "$hotpatch" diff "$image" "$wanted" price
expect 1 "$WINE" "$hotpatch" diff "$image" "$image" # shared_call has no signature
said '^ +fare +yes'
said '^ +price +yes'
