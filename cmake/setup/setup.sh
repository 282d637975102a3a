#!/usr/bin/env bash
# setup.sh : makes this machine able to build and test. Does only what is missing; "./run setup" calls it
# under a lock.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
here=$HP_ROOT/cmake/setup
mkdir -p "$HP_CACHE"

# make NAME VERSION TEXT SCRIPT : HP_CACHE/NAME -> HP_CACHE/NAME-VERSION, made by SCRIPT
make() {
    local dir=$HP_CACHE/$1-$2
    [ -d "$dir" ] || step "$3" "$here/$4" "$dir"
    [ "$(readlink "$HP_CACHE/$1" 2>/dev/null)" = "$dir" ] || publish "$1" "$dir"
}

native_wine32() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' wine32:i386 2>/dev/null)" = installed ]
}

"$here/packages.sh"
wine=$(dpkg-query -W -f '${Version}' libwine | tr -c 'A-Za-z0-9.\n' _)
[ -f "$HP_CACHE/cmocka/CMakeLists.txt" ] || step "fetching the source of cmocka" "$here/cmocka.sh"
[ -f "$HP_CACHE/zydis/src/Decoder.c" ] || step "fetching the source of Zydis" "$here/zydis.sh"
if native_wine32; then
    rm -f "$HP_CACHE/wine32"
    flavour=$wine-i386
else
    make wine32 "$wine" "fetching the 32-bit half of Wine" wine32.sh
    flavour=$wine
fi
make prefix "$flavour-1" "making a Wine prefix for the tests to copy" prefix.sh

if [ "$(cat "$HP_CACHE/probed" 2>/dev/null)" != "$flavour" ]; then
    step "checking that 64-bit and 32-bit EXEs really run" "$here/probe.sh"
    echo "$flavour" >"$HP_CACHE/probed"
fi
