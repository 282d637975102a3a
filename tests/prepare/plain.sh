#!/usr/bin/env bash
# plain.sh hotpatch.exe EXE SOURCES NAME=STATE... : an optimised program without hotpatch_target. prepare
# says of each function why it cannot be redirected, list shows it, and --check fails.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
shift 3

copy "$image" plain.exe
expect 0 "$WINE" "$hotpatch" prepare --sources="$sources" "$work/plain.exe"
expect 0 "$WINE" "$work/plain.exe"
expect 0 "$WINE" "$hotpatch" list "$work/plain.exe"
for state; do
    said "^[ ~]*${state%%=*} .*  ${state#*=}  "
done
expect 1 "$WINE" "$hotpatch" list --check "$work/plain.exe"
for state; do
    said "${state%%=*} cannot be patched: ${state#*=}"
done
expect 1 "$WINE" "$hotpatch" list --check "$work/plain.exe" 'matrix_calls'
expect 1 "$WINE" "$hotpatch" list --check "$work/plain.exe" no_such_function
