#!/usr/bin/env bash
# run-test.sh [--timeout SECONDS] [--soak] [--own-prefix] [--native] [--script] -- PROGRAM ARGS...
#
# Runs one test program for ctest and decides whether it passed: exit code 0, and (unless --script) as many
# TAP results as were announced, at least one. A program that dies silently half-way, or that never ran, does
# not pass. --soak adds HOTPATCH_SOAK_MINUTES to the timeout. The output goes through a file: a server that a
# test leaves behind would keep a pipe, and so ctest, waiting.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/env.sh"
timeout=60 own="" native="" script=""
while [ $# -gt 0 ]; do
    case $1 in
    --timeout) timeout=$2 && shift ;;
    --soak) timeout=$((timeout + 60 * ${HOTPATCH_SOAK_MINUTES:-0})) ;;
    --own-prefix) own=1 ;;
    --native) native=1 ;;
    --script) script=1 ;;
    --) shift && break ;;
    *) echo "run-test.sh: what is $1?" >&2 && exit 2 ;;
    esac
    shift
done

# shellcheck disable=SC2329
clean_up() {
    [ -z "$child" ] || kill "$child" 2>/dev/null
    [ -z "$own" ] || { prefix_stop && rm -rf "$WINEPREFIX"; }
    rm -f "$output"
}
child=""
output=$(mktemp "${TMPDIR:-/tmp}/hotpatch-test.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# Without it the tests that wipe parts of the registry refuse to run.
unset HP_PRIVATE_PREFIX
if [ -n "$own" ]; then
    export HP_PRIVATE_PREFIX=1
    mkdir -p "$(dirname "$WINEPREFIX")"
    WINEPREFIX=$(mktemp -d -u "$WINEPREFIX.own-XXXXXX")
    export WINEPREFIX
    prefix_create || exit 1
    prefix_boot $$
fi
export WINE=wine
[ -z "$native" ] || WINE=
command=("$@")
[ -n "$native" ] || [ -n "$script" ] || command=(wine "$@")

# Sets rc.
run_once() {
    timeout --kill-after=5 "$timeout" "${command[@]}" </dev/null >"$output" 2>&1 &
    child=$!
    wait "$child"
    rc=$?
    child=""
    tr -d '\r' <"$output"
}

# Once in some thousand times a new process dies inside of Wine's loader, before anything of the program has
# run. 32-bit programs are started by Wine's start.exe, which says just this, and nothing else; of a 64-bit
# one nothing is heard at all, not even the plan that stands before all results.
never_started() {
    [ -z "$native$script" ] && [ $rc = 1 ] || return 1
    [ -s "$output" ] || return 0
    [ "$(tr -d '\r' <"$output" | grep -c .)" = 2 ] &&
        grep -q '^ShellExecuteEx failed: Internal error' "$output"
}

# A process that a test has waited for in vain: what it waits for itself, as long as it is still there.
say_what_stays() {
    local pid
    pid=$(tr -d '\r' <"$output" | sed -n 's/.*, process \([0-9]*\), does not end$/\1/p' | head -1)
    [ -n "$pid" ] || return 0
    echo "# threads of process $pid, now that the test has ended:"
    WINEDLLOVERRIDES='mscoree,mshtml=' timeout 60 wine winedbg --command "bt all" </dev/null 2>/dev/null |
        tr -d '\r' | cut -c1-160 |
        awk -v pid="$(printf %04x "$pid")" '/^Backtracing for thread/ { mine = $7 == pid } mine && n++ < 120'
}

run_once
if never_started; then
    echo "Wine did not start the program: once more"
    run_once
fi

if [ $rc = 124 ] || [ $rc = 137 ]; then
    echo "not passed: no end after $timeout s"
    exit 1
elif [ $rc != 0 ]; then
    say_what_stays
    echo "not passed: exit code $rc"
    exit 1
fi
[ -z "$script" ] || exit 0
# A program of Wine's that is killed may write half a line of its own in front of a result.
wines_own='s/^wine client error:[0-9a-f]*: //'
planned=$(tr -d '\r' <"$output" | sed "$wines_own" | sed -n 's/^1\.\.\([0-9]*\)$/\1/p' |
    awk '{ n += $1 } END { print n + 0 }')
results=$(sed "$wines_own" "$output" | grep -cE '^(not )?ok [0-9]+')
if [ "$planned" = 0 ] || [ "$planned" != "$results" ]; then
    echo "not passed: $results results of $planned that were announced"
    exit 1
fi
