#!/usr/bin/env bash
# wine-run.sh EXE ARGS... : runs an EXE by hand or as CMake's emulator. Without WINEPREFIX it uses a prefix of
# its own in the cache.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/env.sh"
export WINEPREFIX=${WINEPREFIX:-$HOTPATCH_CACHE/prefix-by-hand}
prefix_create || exit 1
exec wine "$@"
