#!/usr/bin/env bash
# The command `hotpatch` from the outside: what it prints where, and its exit codes; against a real update.
tool=$BUILD/hotpatch.exe update=$BUILD/tests/e2e/fixture_update.exe demo=$BUILD/examples/demo/updated.exe
game=$BUILD/examples/demo/game.exe
stripped=$BUILD/tests/e2e/fixture_stripped.exe hang=$BUILD/tests/e2e/fixture_hang.exe
[ -e "$tool" ] || tool=$BUILD/tools/hotpatch.exe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 number=0

# run WANTED ARGS... : runs it; stdout and stderr stand in $work/out and $work/err then.
run() {
    local wanted=$1 rc
    shift
    number=$((number + 1)) last="hotpatch $*"
    "$WINE" "$tool" "$@" </dev/null >"$work/out" 2>"$work/err"
    rc=$?
    [ $rc = "$wanted" ] || bad "exit code $rc in place of $wanted"
}
bad() {
    echo "not ok $number - $last: $*"
    sed 's/^/    out: /' "$work/out"
    sed 's/^/    err: /' "$work/err"
    failures=$((failures + 1))
}
out() { [ "$(cat "$work/out")" = "$*" ] || bad "stdout should be: $*"; }
out_has() { grep -qF -- "$*" "$work/out" || bad "stdout lacks: $*"; }
err_has() { grep -qF -- "$*" "$work/err" || bad "stderr lacks: $*"; }
out_empty() { [ ! -s "$work/out" ] || bad "stdout should be empty"; }
err_empty() { [ ! -s "$work/err" ] || bad "stderr should be empty"; }
no_returns() { ! grep -q $'\r' "$work/out" || bad "stdout has carriage returns"; }
# misuse ARGS... : exit code 2, nothing on stdout, something on stderr
misuse() {
    run 2 "$@"
    out_empty
    [ -s "$work/err" ] || bad "nothing on stderr"
}
# fails TEXT ARGS... : exit code 3, nothing on stdout, this on stderr
fails() {
    local text=$1
    shift
    run 3 "$@"
    out_empty
    err_has "$text"
}
# Is stdout JSON? A checker of its own: strings become "s", then what is complete is taken away from the
# inside.
json() {
    err_empty
    no_returns
    local text before=""
    text=$(tr -d '\n' <"$work/out" | sed -E 's/"([^"\\]|\\(["\\\/bfnrt]|u[0-9a-f]{4}))*"/s/g; s/ +//g
        s/([^a-z0-9])(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null)/\1v/g')
    while [ "$text" != "$before" ]; do
        before=$text
        text=$(printf %s "$text" | sed -E 's/\[\]|\{\}|\[[vs](,[vs])*\]|\{s:[vs](,s:[vs])*\}/v/g')
    done
    [ "$text" = v ] || bad "no JSON: $text"
}
e=--allow-elevated p=Hotpatch.Fixture

# The command line.
misuse
misuse lsit
err_has '"list"'
misuse --nonsense
misuse help lsit
run 0 --help && out_has "Exit codes" && err_empty && no_returns
run 0 --version && err_empty
run 0 help call && out_has "hotpatch call"
for command in prepare list diff register unregister status names signature call; do
    run 0 $command --help
    grep -q "^[Uu]sage: hotpatch $command" "$work/out" || bad "help lacks the usage"
    out_has "Exit codes"
    err_empty
    misuse $command --no-such-option
    [ $command = status ] || misuse $command
done
misuse names a b
misuse signature a
misuse call a
misuse diff a
misuse prepare a b
misuse status a b
misuse register a b
misuse list --color=blue a
misuse list --json=x a
misuse list --color

# Files that are no images.
echo "just a text" >"$work/text.exe"
: >"$work/empty.exe"
head -c 700 "$update" >"$work/short.exe"
fails "HRESULT" list "Z:$work/none.exe"
for file in text empty short; do
    fails HP_E_IMAGE_DAMAGED list "Z:$work/$file.exe"
    fails HP_E_IMAGE_DAMAGED register "Z:$work/$file.exe"
    fails HP_E_IMAGE_DAMAGED diff "Z:$work/$file.exe" "Z:$update"
done
fails HP_E_TABLE_MISSING list "Z:$update"
fails HP_E_TABLE_MISSING diff "Z:$tool" "Z:$update"
fails HP_E_TABLE_MISSING diff "Z:$update" "Z:$tool"
fails HP_E_NO_EXPORTS register "Z:$tool"
fails "HRESULT" unregister "Z:$work/none.exe"

# Nothing is registered.
run 1 status && out_empty && err_has "nothing is registered"
run 1 status --json && out '[]'
run 1 unregister $p && out_empty && err_has "nothing was registered"
fails HP_E_PROGID_UNKNOWN names $e $p
fails HP_E_PROGID_UNKNOWN signature $e $p fixture_add
fails HP_E_PROGID_UNKNOWN call $e $p fixture_add 1 2
fails HP_E_PROGID_UNKNOWN names $e 'not\a progid'

# Registered.
run 0 register "Z:$update" && out_empty
run 0 status && out_has $p && out_has "3*" && out_has "fixture_update.exe" && out_has " ok " && err_empty
run 0 status --json && json && out_has '"offers": 7' && out_has '"current": true' &&
    out_has "\"arch\": \"$ARCH\""
run 0 status $p.3
run 1 status $p.2
run 1 status Hotpatch.Fix
run 0 status --color=always && out_has $'\e[32mok'
fails --allow-elevated names $p
run 0 names $e $p && out_has fixture_add && out_has fixture::stay && err_empty && no_returns
! grep -q fixture_private "$work/out" || bad "a function that is not offered"
run 0 names --json $e $p && json && out_has '"signature": "i32(i32 a, i32 b)"'
run 0 signature $e $p fixture_add && out "i32(i32 a, i32 b)"
run 0 signature $e --json $p fixture_add && json
fails '"fixture_add"' signature $e $p fixture_ad
fails HP_E_NAME_UNKNOWN signature $e $p 'no such name'

# Calls.
run 0 call $e $p fixture_add 20 -22 && out "result = -2" && err_empty
run 0 call $e $p fixture_mix 1.5 0.25 -3 200 && out "result = 199704"
run 0 call $e $p fixture_weigh -1 2 -30000000000 4 4000000000 0x100000000 && out "result = -44230196205"
run 0 call $e $p fixture_shout 'grüße' _ 16 && out_has 'result = 5' && err_empty
run 0 call $e $p fixture_shout 'tea for two' _ 4 && out $'result = 3\nshouted = "TEA"'
run 0 call $e $p fixture_reverse '[1,2,3]' _ && out "data = [3, 2, 1]"
run 0 call $e $p fixture_reverse 'x"0102"' 4 && out "data = [0, 0, 2, 1]"
run 0 call $e --json $p fixture_shout abc _ 16 && json && out_has '"value": "ABC"' && out_has '"result": 3'
run 0 call $e --json $p fixture_reverse '[]' 0 && json
fails "takes 2 arguments, 1 are given" call $e $p fixture_add 1
fails "takes 2 arguments, 3 are given" call $e $p fixture_add 1 2 3
fails 'argument 2, "i32 b": 2147483648 is out of range' call $e $p fixture_add 1 2147483648
fails HP_E_ARGUMENT call $e $p fixture_shout tea _ _
fails HP_E_ARGUMENT call $e $p fixture_reverse '[1,2' _
fails HP_E_NAME_UNKNOWN call $e $p fixture_private
fails HP_E_REPLACEMENT_FAULT call $e $p fixture_fail '[1]' _

# The demo's update: structures behind pointers.
run 0 register "Z:$demo"
run 0 call $e Hotpatch.Demo.Game combo 2 && out "result = 2"
run 0 call $e Hotpatch.Demo.Game score_add 10 1.5 '{score=5, streak=1}' &&
    out $'result = 15\nwho = {score=20, streak=2}'
run 0 call $e Hotpatch.Demo.Game score_line '{7,1}' 3 _ 80 &&
    out 'line = "*** SCORE 7 *** +3, you are on fire!"'
run 0 call $e --json Hotpatch.Demo.Game score_add 10 1.5 '{5,1}' && json && out_has '"score": 20'
fails "the structure has more fields: i32 streak" call $e Hotpatch.Demo.Game score_add 10 1.5 '{5}'
run 0 unregister "Z:$demo"
fails HP_E_PROGID_UNKNOWN names $e Hotpatch.Demo.Game

# The EXE goes; its registration can still be taken back.
cp "$update" "$work/gone.exe"
run 0 unregister "Z:$update"
run 0 register "Z:$work/gone.exe"
rm "$work/gone.exe"
run 0 status && out_has "EXE missing" && err_has HP_E_SERVER_MISSING
run 0 status --json && json && out_has '"exists": false'
fails HP_E_SERVER_MISSING names $e $p
run 0 unregister $p && out_empty && err_empty
run 1 status

# An update that does not end is ended; what it has registered is said, and a half of it is removed.
misuse register --timeout 0 "Z:$hang"
misuse register --timeout 1s "Z:$hang"
misuse register --timeout "Z:$hang"
fails "nothing is registered for it" register --timeout 1 "Z:$hang"
err_has "/regserver did not end within 1 s, and was ended"
err_has "more with --timeout"
run 1 status
FIXTURE_HANG=half fails "it was half registered, as Hotpatch.Hang.1: that was removed" register -t 5 "Z:$hang"
run 1 status
FIXTURE_HANG=whole fails "it is registered, as Hotpatch.Hang.1" register -t 5 "Z:$hang"
run 0 status && out_has Hotpatch.Hang
FIXTURE_HANG=whole fails "nothing is registered for it" unregister --timeout 5 "Z:$hang"
run 1 status
FIXTURE_HANG=no run 0 register "Z:$hang"
fails "it is registered, as Hotpatch.Hang.1" unregister --timeout 1 "Z:$hang"
run 0 unregister Hotpatch.Hang

# Function tables.
for kind in old new names lie stale; do
    "$WINE" "$BUILD/tests/e2e/fixture_table.exe" "Z:$stripped" "Z:$work/$kind.exe" $kind ||
        bad "no table: $kind"
done
run 0 list "Z:$work/old.exe" && no_returns && err_has "7 functions, 5 patchable, 6 callable, 0 offered"
out_has "acme::add(i32)" && out_has "patchable (nops, 16)" && out_has "inlined away"
out_has "folded with same" && out_has "not callable: parameter 1, p: no length" && out_has "b.c:7"
[ "$(awk 'NR > 1 { print $1 }' "$work/out" | head -1)" = acme::add"(i32)" ] || bad "not sorted"
run 0 list "Z:$work/new.exe" same && out_has "*" && err_has "1 functions, 1 patchable, 1 callable, 1 offered"
run 0 list "Z:$work/old.exe" --json 2>&1 && out_has '"symbol": "HP_E_INLINED"'
: >"$work/err" && json
run 0 list "Z:$work/old.exe" --check same 'acme::*'
run 1 list "Z:$work/old.exe" --check && err_has "gone cannot be patched: inlined away" && err_has "twin"
run 1 list --check "Z:$work/old.exe" same none && err_has 'no function matches "none"'
run 0 list "Z:$work/old.exe" none && err_has 'no function matches "none"'
fails HP_E_TABLE_DAMAGED list "Z:$work/lie.exe"
fails HP_E_TABLE_STALE list "Z:$work/stale.exe"
run 0 diff "Z:$work/old.exe" "Z:$work/new.exe" && out_has "OLD i32(i32 a)" && out_has "NEW i64(i32 a)"
out_has "signature differs" && out_has "types differ" && out_has "only in OLD" && out_has "only in NEW"
[ "$(awk 'NR == 2 { print $1 $2 $3 }' "$work/out")" = '*sameyes' ] || bad "what is offered comes first"
run 1 diff "Z:$work/new.exe" "Z:$work/old.exe"
run 0 diff "Z:$work/new.exe" "Z:$work/old.exe" same
run 1 diff "Z:$work/old.exe" "Z:$work/new.exe" same 'nothing*' && err_has 'no function matches "nothing*"'
! grep -q '"same"' "$work/err" || bad "same is there"
run 1 diff "Z:$work/old.exe" "Z:$work/new.exe" stale && err_has 'no function matches "stale"' # OLD has it
run 1 diff --json "Z:$work/old.exe" "Z:$work/new.exe" 'nothing*' && out_has '"replaceable": false'
run 1 diff "Z:$work/old.exe" "Z:$work/new.exe" fresh && err_has "no such function in common"
run 1 diff "Z:$work/old.exe" "Z:$work/names.exe" 'same*'
[ "$(grep -c 'no .*two names for one function' "$work/out")" = 2 ] || bad "two names are not refused"
err_has "0 of 2 functions can be replaced live, 0 of 2 that NEW offers"
run 1 diff "Z:$work/old.exe" "Z:$work/names.exe" 'same(i32)' && out_has "two names for one function: same"
run 0 diff --json "Z:$work/old.exe" "Z:$work/new.exe" && out_has '"replaceable": true'
: >"$work/err" && json
fails HP_E_TABLE_STALE diff "Z:$work/old.exe" "Z:$work/stale.exe"

# What is marked in the source counts as it does at attach, with a table and without.
run 0 diff "Z:$game" "Z:$demo" && err_has "3 of 3 functions can be replaced live, 3 of 3 that NEW offers"
out_has '*  score_add'
run 1 diff "Z:$demo" "Z:$update" && err_has "no function in common"
run 1 diff "Z:$update" "Z:$update" fixture_reverse && out_has "unknown prologue: OLD cannot be patched there"
"$WINE" "$BUILD/tests/e2e/fixture_table.exe" "Z:$update" "Z:$work/marked.exe" old || bad "no table"
run 0 diff "Z:$work/marked.exe" "Z:$work/marked.exe" fixture_add && out_has '*  fixture_add  yes'
run 1 diff "Z:$work/marked.exe" "Z:$work/marked.exe" fixture_reverse point && out_has 'point'
err_has "1 of 2 functions"
run 1 diff "Z:$game" "Z:$demo" score_add none && err_has 'no function matches "none"'
run 0 diff --json "Z:$game" "Z:$demo" combo && out_has '"new_signature": "f32(' && out_has '"offered": true'
: >"$work/err" && json

# A table is taken out where there is no debug information (any more).
"$WINE" "$BUILD/tests/e2e/fixture_table.exe" "Z:$stripped" "Z:$work/table.exe" old || bad "no table"
run 0 prepare --remove "Z:$work/table.exe" && out_empty && err_empty
cmp "$stripped" "$work/table.exe" || bad "it is not what it was"

# Names of source files are anybody's.
"$WINE" "$BUILD/tests/e2e/fixture_table.exe" "Z:$update" "Z:$work/wild.exe" wild || bad "no table"
run 0 list "Z:$work/wild.exe" && out_has 'a\u001b[2J\u009b2J\u202e\x9b.c:7'
run 1 list --check "Z:$work/wild.exe" $'none\u009b' && err_has 'none\u009b'
run 0 list --json "Z:$work/wild.exe" && out_has 'a\u001b[2J\u009b2J\u202e'
! LC_ALL=C grep -q $'[\x9b\x1b]' "$work/out" || bad "it controls the terminal"

[ $failures = 0 ] && echo "all of $number as they should be"
[ $failures = 0 ]
