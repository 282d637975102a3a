# shellcheck shell=bash
# What the scripts beside it share (sourced). $1 of each script is hotpatch.exe, $2 an image, $3 the sources.
set -euo pipefail
# shellcheck disable=SC2034
hotpatch=$1 image=$2 sources=${3:-}
# shellcheck disable=SC2034
here=$(dirname "${BASH_SOURCE[0]}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect CODE COMMAND... : its output goes to $work/out; if it ends with another code, the test fails.
expect() {
    local code=$1 rc=0
    shift
    "$@" >"$work/raw" 2>&1 </dev/null || rc=$?
    tr -d '\r' <"$work/raw" >"$work/out"
    [ $rc = "$code" ] || { cat "$work/out" && echo "$* ended with $rc, not $code" && exit 1; }
}

# said PATTERN : a line of the last output matches.
said() {
    grep -qE -e "$1" "$work/out" || { cat "$work/out" && echo "no line there matches $1" && exit 1; }
}

# copy IMAGE NAME : to $work, with its PDB under the name that the image has for it.
copy() {
    cp "$1" "$work/$2"
    [ ! -f "${1%.exe}.pdb" ] || cp "${1%.exe}.pdb" "$work/"
}
