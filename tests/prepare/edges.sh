#!/usr/bin/env bash
# edges.sh hotpatch.exe EXE SOURCES : `hotpatch prepare` at its edges: what it refuses leaves every file as it
# was, and no file of its own behind; what it does not refuse gives an image that `list --check` accepts. EXE
# is compiled for it, but has no table.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

prepare() { "$WINE" "$hotpatch" prepare --sources="$sources" "$@"; }
bad() { cat "$work/out" && echo "$*" && exit 1; }
files() { (cd "$work/files" && find . -printf '%y %p\n' | LC_ALL=C sort); }
# prepared IMAGE : it has its table, sound.
prepared() {
    expect 0 "$WINE" "$hotpatch" list --check "$1" leaf matrix_calls
    said '2 patchable'
}
# refused CODE WHAT ARGS... : it ends with CODE and says WHAT; no file changes, none comes or goes.
refused() {
    local code=$1 what=$2
    shift 2
    files >"$work/before"
    expect "$code" prepare "$@"
    said "$what"
    files | diff "$work/before" - || bad "$*: other files than before"
    cmp "$original" app.exe || bad "$*: the image has changed"
}

mkdir "$work/files" "$work/none"
cd "$work/files"
copy "$image" files/app.exe
[ ! -f "${image%.exe}.pdb" ] || mv "$work/"*.pdb .
original=$work/original
cp app.exe "$original"
mkdir folder
echo "just a text" | tee text.exe >folder/kept

# The command line.
expect 0 "$WINE" "$hotpatch" prepare --help
said '^[Uu]sage: hotpatch prepare'
said '^Exit codes'
refused 2 'which image'
refused 2 'one image' app.exe text.exe
refused 2 no-such-option --no-such-option app.exe
refused 2 'needs a value' app.exe -o
refused 2 empty -o '' app.exe

# Files that are no images.
refused 3 'missing\.exe' missing.exe
refused 3 'text\.exe.*HP_E_IMAGE_DAMAGED' text.exe
refused 3 folder folder
grep -qx "just a text" text.exe

# Nothing to write down. ("none" is a directory: $work/none.)
expect 3 "$WINE" "$hotpatch" prepare -s "$work/none" app.exe
said "none of its .* functions .*$work/none"
cmp "$original" app.exe
refused 3 'nothing\*.*no function' -f 'nothing*' app.exe
refused 3 'nothing.*no function' -f leaf -f nothing app.exe
refused 3 'nothing\*.*no function' -O 'nothing*' app.exe
refused 3 'nothing.*no function' -O leaf -O nothing app.exe
refused 3 'matrix_calls.*cannot be offered' -O matrix_calls app.exe
refused 3 'no function of the image' -f 'nothing*' app.exe
refused 3 'matrix_calls: .*--offer: no function that is listed .*out: matrix_calls .no --function' \
    -f leaf -O matrix_calls app.exe
refused 3 'main: .*--function: no .*left out: main of .*matrix_main\.c .its source file is not below' \
    -f leaf -f main app.exe
refused 3 'matrix_calls\*: .*--offer: it matches . functions, none of which' -O 'matrix_calls*' app.exe
refused 3 'no table to remove' --remove app.exe

# Where it cannot be written.
refused 3 folder -o folder app.exe
refused 3 'app\.exe' -o nowhere/new.exe app.exe
refused 3 'app\.exe' -o text.exe/new.exe app.exe
grep -qx "just a text" folder/kept

# Another file. It may be there.
expect 0 prepare -o new.exe app.exe
said '^new\.exe: '
! grep -q $'\r' "$work/raw" || bad "carriage returns"
prepared new.exe
cmp "$original" app.exe
cp new.exe first.exe
echo "something else" >new.exe
expect 0 prepare -q -o new.exe app.exe
[ ! -s "$work/out" ] || bad "it was to be quiet"
cmp first.exe new.exe
expect 0 prepare -o folder/new.exe app.exe
cmp first.exe folder/new.exe

# What others left behind is theirs.
for leftover in app.exe.hotpatch-1.tmp app.exe.hotpatch-0-0.tmp app.exe.hotpatch-x.tmp; do
    echo "just a text" >"$leftover"
done
files >"$work/before"
expect 0 prepare app.exe
cmp first.exe app.exe
files | diff "$work/before" -
for leftover in app.exe.hotpatch-*.tmp; do
    grep -qx "just a text" "$leftover"
    rm "$leftover"
done

# Again, with other functions, and out again.
expect 0 prepare -f leaf -O leaf app.exe
said '^app\.exe: 1 of .* 1 patchable, 1 callable, 1 offered'
expect 1 "$WINE" "$hotpatch" list --check app.exe matrix_calls
expect 0 prepare --remove app.exe
cmp "$original" app.exe
refused 3 'no table to remove' --remove app.exe

# What a pattern matches, but cannot offer, is said.
expect 0 prepare -o new.exe -O '*' app.exe
said 'matches .* cannot be offered; .*, for one: '
expect 0 prepare -q -o new.exe -O '*' app.exe
[ ! -s "$work/out" ] || bad "it was to be quiet"

# A link leads to the image.
mkdir links
ln -s ../app.exe links/link.exe
expect 0 prepare links/link.exe
[ "$(readlink links/link.exe)" = ../app.exe ] || bad "the link is no link any more"
[ ! -L app.exe ]
cmp first.exe app.exe
[ "$(ls -A links)" = link.exe ] || bad "something was left beside the link"
expect 0 prepare --remove links/link.exe
[ -L links/link.exe ]
cmp "$original" app.exe

# A read-only image is meant to stay as it is.
cp app.exe read-only.exe
chmod a-w read-only.exe
refused 3 'read-only\.exe: access is denied' read-only.exe
cmp "$original" read-only.exe
[ "$(stat -c %A read-only.exe)" = "$(stat -c %A read-only.exe | tr w -)" ] || bad "it can be written to now"

# Names that need care.
mkdir "näh & weit"
cp app.exe "näh & weit/Grüße, Welt 東.exe"
[ ! -f app.pdb ] || cp ./*.pdb "näh & weit/"
expect 0 prepare "näh & weit/Grüße, Welt 東.exe"
said '^näh & weit/Grüße, Welt 東\.exe: '
cmp first.exe "näh & weit/Grüße, Welt 東.exe"
prepared "$work/files/näh & weit/Grüße, Welt 東.exe"
[ "$(find "näh & weit" -name '*.tmp')" = "" ]
expect 0 prepare -o $'c1 \u009b31m \u202e.exe' app.exe # no terminal may act on a name
said '^c1 \\u009b31m \\u202e\.exe: '
rm "$(find . -name 'c1 *')"

# Two at a time.
files >"$work/before"
prepare app.exe >"$work/one" 2>&1 &
one=$! first=0 second=0
prepare app.exe >"$work/two" 2>&1 || second=$?
wait $one || first=$?
cat "$work/one" "$work/two" >"$work/out"
case "$first $second" in
'0 0' | '0 3' | '3 0') ;;
*) bad "two at a time ended with $first and $second" ;;
esac
cmp first.exe app.exe
prepared app.exe
files | diff "$work/before" -
expect 0 "$WINE" app.exe
