#!/usr/bin/env bash
# heap.sh PROGRAM EXE... : PROGRAM, a test, runs with the system's own heap checks switched on for it and for
# each EXE that it starts: every block is checked behind its end when it is freed, free ones are kept filled,
# and each heap function checks its arguments. (GlobalFlag in "Image File Execution Options": Microsoft Learn,
# GFlags Flag Table; 0x70 is tail checking, free checking and parameter checking.) First it is seen that they
# are on: fixture_overrun, beside PROGRAM, finds its own mistake then, and not before.
set -eu
program=$1
shift
options='HKLM\Software\Microsoft\Windows NT\CurrentVersion\Image File Execution Options'
check() { # EXE
    "$WINE" reg add "$options\\$(basename "$1")" /v GlobalFlag /t REG_DWORD /d 0x70 /f >/dev/null
}
cd "$(dirname "$program")"
"$WINE" ./fixture_overrun.exe ||
    { echo "an overrun is seen without the checks: this proves nothing" && exit 1; }
check fixture_overrun.exe
rc=0
"$WINE" ./fixture_overrun.exe || rc=$?
[ $rc = 1 ] || { echo "the heap checks are not on: fixture_overrun gives $rc" && exit 1; }
for each in "$program" "$@"; do check "$each"; done
CMOCKA_MESSAGE_OUTPUT=TAP "$WINE" "$program"
