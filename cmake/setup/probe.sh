#!/usr/bin/env bash
# probe.sh : builds an EXE that returns 77 for each architecture and runs it under Wine. A Wine without its
# 32-bit half runs a 32-bit EXE "successfully": no output, exit code 0. Everything a test says afterwards
# would be worthless.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
scratch=$(mktemp -d)
export WINEPREFIX=$scratch/prefix
trap 'wineserver -k 2>/dev/null || true; wineserver -w || true; rm -rf "$scratch"' EXIT
cp -a "$(readlink -f "$HP_CACHE/prefix")" "$WINEPREFIX"

for target in x86_64-w64-mingw32 i686-w64-mingw32; do
    gcc=$(command -v "$target-gcc-win32" "$target-gcc" | head -n 1)
    "$gcc" -O1 "$HP_ROOT/tests/wine/probe.c" -o "$scratch/$target.exe"
    rc=0
    wine "$scratch/$target.exe" || rc=$?
    [ $rc = 77 ] ||
        die "an EXE for $target that returns 77 ended with $rc: this Wine does not run $target programs"
done
