#!/usr/bin/env bash
# list.sh hotpatch.exe EXE : "hotpatch list --json" has exactly the functions of list.txt, each by its full
# name.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

expect 0 "$WINE" "$hotpatch" list --json "$image"
awk -F'": "' '
    { value = $2; sub(/",?$/, "", value) }
    / "name": / { name = value }
    / "signature": "/ { print name ": " value }
    / "call_error": \{/ { error = 1 }
    / "detail": / && error { print name ": not callable: " value; error = 0 }
' "$work/out" | LC_ALL=C sort >"$work/table"
sed "s/ \[$ARCH\]$//; / \[x[0-9]*\]$/d" "$(dirname "${BASH_SOURCE[0]}")/list.txt" |
    LC_ALL=C sort >"$work/expected"
diff "$work/expected" "$work/table"

# Patterns choose among overloads, as those of --offer and --function do.
expect 0 "$WINE" "$hotpatch" list --check "$image" acme::add 'acme::worth(const-*' 'acme::operator<' \
    'acme::twice<*>(f64)' 'acme::player::*(const-acme::player?,i32)' acme_version
expect 1 "$WINE" "$hotpatch" list --check "$image" 'acme::worth(const-acme::old::*'
