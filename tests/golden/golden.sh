#!/usr/bin/env bash
# golden.sh ARCHIVE OBJECT EXPECTED [rebase] : compares the machine code of an object in the library with
# EXPECTED. AR, OBJCOPY and OBJDUMP name the tools. Addresses are left out, so that only code and relocations
# count; bytes are kept, because an encoding can matter where the mnemonic does not change.
set -eu
archive=$1 object=$2 expected=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/hotpatch-golden.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$AR" p "$archive" "$object" >"$work/object"
[ -s "$work/object" ] || { echo "no $object in $archive" && exit 1; }
section=.text
case $object in
thunk_template.*)
    section=.rdata
    # A label inside an instruction would be taken for the beginning of one.
    "$OBJCOPY" --strip-symbol hp_thunk_slot --strip-symbol _hp_thunk_slot "$work/object"
    ;;
esac
# The lines in front of the first label name the temporary file; behind the code, the assembler fills up the
# section.
"$OBJDUMP" -D -r -j "$section" -z --insn-width=12 --no-addresses "$work/object" | tr -d '\r' |
    sed -n -e '/^<_*hp_thunk_end>:$/q' -e '/^<.*>:$/,$ { s/[[:space:]]*$//; p; }' |
    awk '/\tnop$|^$/ { held = held $0 "\n"; next } { printf "%s%s\n", held, $0; held = "" }' >"$work/actual"
grep -q '^<' "$work/actual" || { echo "no code in $object" && exit 1; }
if [ "${4:-}" = rebase ]; then
    cp "$work/actual" "$expected"
elif ! diff -u "$expected" "$work/actual"; then
    echo "The code of $object is not what $(basename "$expected") says. If the change is meant:"
    echo "    cmake --build <build tree> --target golden-rebase"
    exit 1
fi
