#!/usr/bin/env bash
# run-demo.sh [x64|x86] : the whole story with real programs, each step shown and checked; "./run demo" builds
# and calls it. BUILD is the build tree (default: build/<arch>). Exit code 0 if everything was as told.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
ARCH=${1:-${ARCH:-x64}}
games=${BUILD:-$root/build/$ARCH}/examples/demo
game=$games/game.exe
updated=$games/updated.exe
. "$root/tests/wine/env.sh"

bold='' green='' red='' dim='' plain=''
if [ -t 1 ]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
fi
step=0
step() {
    step=$((step + 1))
    printf '\n%s%d. %s%s\n' "$bold" $step "$*" "$plain"
}
ok() { printf '   %sok%s  %s\n' "$green" "$plain" "$*"; }
fail() {
    printf '   %sNOT AS TOLD%s  %s\n\n' "$red" "$plain" "$*"
    printf '%sThe demo failed at step %d.%s\n' "$red" $step "$plain"
    exit 1
}

if [ ! -f "$game" ] || [ ! -f "$updated" ]; then
    fail "$game and updated.exe are not built: use ./run demo"
fi

# A Wine prefix of our own: nothing that the demo does can touch, or be touched by, another one.
work=$(mktemp -d "${TMPDIR:-/tmp}/hotpatch-demo.XXXXXX")
export WINEPREFIX=$work/prefix
game_job=
# shellcheck disable=SC2329
clean_up() {
    prefix_stop
    [ -z "$game_job" ] || wait "$game_job" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

printf '%sHotpatch: a running game is updated, loses its update, gets it back, and never stops (%s).%s\n' \
    "$bold" "$ARCH" "$plain"
printf '%sStarting Wine ...%s\n' "$dim" "$plain"
prefix_create
prefix_boot $$

# run COMMAND... : a Windows program; its output goes through a file, so that nothing it starts can keep a
# pipe open.
run() {
    wine "$@" </dev/null >"$work/output" 2>&1 ||
        fail "$1 ended with exit code $? and said: $(tr -d '\r' <"$work/output")"
}

# registry FILE : everything below HKEY_CURRENT_USER, as text, but for Wine's own note of the code page that
# it listed its fonts for: each start under another locale rewrites that.
registry() {
    local exported=$work/export.reg
    rm -f "$exported"
    run reg export HKCU "$(winpath "$exported")" /y
    iconv -f UTF-16 -t UTF-8 "$exported" | tr -d '\r' |
        awk '/^\[/ { fonts = ($0 == "[HKEY_CURRENT_USER\\Software\\Wine\\Fonts]") }
            !(fonts && /^"Codepages"=/)' >"$1"
}
winpath() { printf 'Z:%s' "${1//\//\\}"; }

# send COMMAND : one line to the game's stdin
send() { echo "$1" >&"$to_game"; }

# expect SECONDS REGEX : shows what the game prints up to a line that matches, which is left in $line
expect() {
    local limit=$((SECONDS + $1))
    while IFS= read -r -t $((limit > SECONDS ? limit - SECONDS : 1)) line <&"$from_game"; do
        line=${line%$'\r'}
        printf '      %sgame |%s %s\n' "$dim" "$plain" "$line"
        [[ $line =~ $2 ]] && return
        [[ $line == '[hotpatch] failed'* ]] && fail "the game could not attach"
        [ $SECONDS -lt $limit ] || break
    done
    fail "the game did not print what was expected within $1 s: $2"
}

# round TEXT : plays a round of the running process, which has to end in exactly this text
round() {
    rounds=$((rounds + 1))
    send play
    expect 20 '^round '
    [ "$line" = "round $rounds, process $pid: $1" ] || fail "expected: round $rounds, process $pid: $1"
}

wait_attached() {
    expect 60 '^\[hotpatch\] attached: 3 functions .*process ([0-9]+)$'
    update_pid=${BASH_REMATCH[1]}
    send verify
    expect 20 '^verify: '
    [ "$line" = 'verify: 3 of 3 functions redirected' ] || fail "the functions are not redirected"
}

step "The registry of the user (HKCU) is written down."
registry "$work/before"
ok "$(grep -c . "$work/before") lines"

step "game.exe, version 1, starts and plays two rounds."
mkfifo "$work/in" "$work/out"
wine "$game" <"$work/in" >"$work/out" 2>/dev/null &
game_job=$!
exec {to_game}>"$work/in" {from_game}<"$work/out"
rounds=0
expect 60 '^ready: game version 1, process ([0-9]+)$'
pid=${BASH_REMATCH[1]}
round 'score 100 (+100)'
round 'score 210 (+110)'
send verify
expect 20 '^verify: '
[ "$line" = 'verify: original code' ] || fail "the game does not run its own code"
ok "version 1 adds up plainly"

step "The vendor's new release arrives and is registered for this user: updated.exe /regserver"
run "$updated" /regserver
registry "$work/registered"
added=$(diff "$work/before" "$work/registered" | grep -c '^> \[' || true)
[ "$added" -gt 0 ] || fail "nothing was written below HKCU"
ok "$added keys below HKCU, no administrator needed"

step "Nobody tells the game. It sees the registration, attaches, and goes on with the new functions."
wait_attached
round '*** SCORE 410 *** +200, you are on fire!'
round '*** SCORE 660 *** +250, you are on fire!'
ok "same process $pid, same score, version 2's lines"

step "The update is killed in the middle of it all: taskkill /f /pid $update_pid"
killed=$update_pid
run taskkill /f /pid "$killed"
round 'score 800 (+140)'
round 'score 950 (+150)'
ok "the game goes on at once, in version 1's code, with its score"

step "The game notices the loss and brings the update back, after a pause of two seconds."
wait_attached
[ "$update_pid" != "$killed" ] || fail "this is the process that was killed"
round '*** SCORE 1350 *** +400, you are on fire!'
round '*** SCORE 1800 *** +450, you are on fire!'
ok "version 2 again, in process $update_pid"

step "The player quits. The game takes everything back before it ends."
send quit
expect 60 '^verify: '
[ "$line" = 'verify: original code' ] || fail "the code is not as it was"
expect 60 '^bye: '
exec {to_game}>&-
wait "$game_job" || fail "the game ended with exit code $?"
game_job=
registry "$work/after"
if ! diff "$work/before" "$work/after" >"$work/difference"; then
    cat "$work/difference"
    fail "HKCU is not as it was"
fi
ok "original code back, exit code 0, HKCU exactly as before"

printf '\n%sEverything was as told.%s One process, %d rounds, two versions, no restart. (%d s)\n' \
    "$bold$green" "$plain" $rounds $SECONDS
