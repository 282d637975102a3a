#!/usr/bin/env bash
# debuglink.sh hotpatch.exe EXE SOURCES : a program that was stripped, with its debug information in a file
# beside it, which a .gnu_debuglink names. $OBJCOPY is that of the target.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$work"
"$OBJCOPY" --only-keep-debug "$image" program.debug
# Not all: without a symbol table Wine's dbghelp does not find the link.
"$OBJCOPY" --strip-debug "$image" program.exe
expect 3 "$WINE" "$hotpatch" prepare --sources="$sources" program.exe
said HP_E_DEBUG_INFO
"$OBJCOPY" --add-gnu-debuglink=program.debug program.exe
mkdir .debug
mv program.debug .debug/ # where it is looked for second; another build's lies where it is looked for first
{ cat .debug/program.debug && echo; } >program.debug
expect 0 "$WINE" "$hotpatch" prepare --sources="$sources" -o elsewhere.exe program.exe
rm .debug/program.debug
expect 3 "$WINE" "$hotpatch" prepare --sources="$sources" program.exe
said 'program.debug belongs to another build'
truncate -s -1 program.debug
size=$(stat -c %s program.exe)
expect 0 "$WINE" "$hotpatch" prepare --sources="$sources" program.exe
said '26 of .* 26 patchable'
[ "$(stat -c %s program.exe)" -lt $((size + 16384)) ]
expect 0 "$WINE" "$hotpatch" list --check program.exe
expect 0 "$WINE" program.exe
expect 0 "$WINE" program.exe table
expect 0 "$WINE" program.exe patch
