#!/usr/bin/env bash
# hotpatch-run.sh [--failed FILE] [--no-stdout] COMMAND... : runs a Windows program inside a build, usually
# "wine hotpatch.exe ...". hotpatch_target (hotpatch_target.cmake) calls it when cross-compiling. Exit code:
# that of the program (see "hotpatch --help"), or 3 if it could not be run.
#
#   --failed FILE   what make would take for finished: removed if the program fails
#   --no-stdout     print only what the program says on stderr
#
# The output goes through a file. The first program in a Wine prefix leaves a wineserver and services behind
# for a while, and with them whatever they inherited: ninja would wait for the end of its pipe, and not see
# it for seconds.
failed="" stdout=1
while :; do
    case ${1:-} in
    --failed) failed=$2 && shift ;;
    --no-stdout) stdout="" ;;
    *) break ;;
    esac
    shift
done
if [ $# -lt 2 ] || ! command -v "$1" >/dev/null; then
    echo "hotpatch: cannot run ${1:-nothing}: install Wine, or name what runs Windows programs in" \
        "CMAKE_CROSSCOMPILING_EMULATOR" >&2
    [ -z "$failed" ] || rm -f -- "$failed"
    exit 3
fi

output=$(mktemp -d "${TMPDIR:-/tmp}/hotpatch-run.XXXXXX") || exit 3
trap 'rm -rf -- "$output"' EXIT
trap 'exit 130' INT TERM HUP

# No messages of Wine's own, no display, no offers to install what a command line tool does not need.
export WINEDEBUG=-all WINEDLLOVERRIDES="${WINEDLLOVERRIDES:-mscoree,mshtml=}"
unset DISPLAY WAYLAND_DISPLAY
case ${LC_ALL:-${LC_CTYPE:-${LANG:-C}}} in
C | POSIX) export LC_ALL=C.UTF-8 ;; # Wine cannot name files beyond ASCII otherwise
esac

# Beyond stdio there may be pipes too: make's jobserver, whoever runs the build.
"$@" </dev/null >"$output/1" 2>"$output/2" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
rc=$?
[ -z "$stdout" ] || tr -d '\r' <"$output/1"
tr -d '\r' <"$output/2" >&2
if [ $rc = 0 ] && [ ! -s "$output/1" ] && [ ! -s "$output/2" ]; then
    # A Wine without its 32-bit half says nothing to a program for x86, and "succeeds".
    echo "hotpatch: $2 was not run: this Wine lacks what programs of its architecture need" >&2
    rc=3
fi
[ $rc = 0 ] || [ -z "$failed" ] || rm -f -- "$failed"
exit $rc
