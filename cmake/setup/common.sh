# shellcheck shell=bash
# Shared by ./run and the setup scripts (sourced, not run): where things are cached, and how a long step shows
# that it is alive.
set -euo pipefail
export LC_ALL=C

HP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$HP_ROOT/tests/wine/env.sh"
HP_CACHE=$HOTPATCH_CACHE

die() {
    echo "hotpatch: $*" >&2
    exit 1
}

# end_group PID : ends all processes of a step's group and waits for them. Those under sudo are root's: sudo
# hands the signal on. One that ignores it for ten seconds is killed.
end_group() {
    local n why
    [ "$1" != 0 ] || return 0
    kill -- "-$1" 2>/dev/null || true
    for ((n = 0; n < 100; n++)); do
        wait "$1" 2>/dev/null || true # else it stays in the group as a zombie
        why=$(kill -0 -- "-$1" 2>&1) && { sleep 0.1 && continue; }
        case $why in
        *'not permitted'*) [ $((n % 20)) != 0 ] || sudo -n kill -- "-$1" 2>/dev/null || true ;;
        *) return 0 ;;
        esac
        sleep 0.1
    done
    kill -KILL -- "-$1" 2>/dev/null || true
}

# in_group COMMAND... : starts COMMAND in a process group of its own, so that an interrupted step takes its
# whole family along: ninja's compilers, Wine. Sets group_pid. Descriptor 9 is ./run's lock, which nothing may
# inherit.
in_group() {
    set -m
    "$@" 9>&- &
    group_pid=$!
    set +m
}

# step TEXT COMMAND... : runs COMMAND with its output in a log; a spinner on a terminal, else a line every ten
# seconds.
step() {
    local text=$1 log start=$SECONDS group_pid=0 rc=0 n=0 spin='|/-+'
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/hotpatch-step.XXXXXX")
    [ -t 1 ] || echo "   $text ..."
    trap 'end_group "$group_pid"; rm -f "$log"; exit 130' INT TERM HUP
    in_group "$@" </dev/null >"$log" 2>&1
    while kill -0 "$group_pid" 2>/dev/null; do
        n=$((n + 1))
        if [ -t 1 ]; then
            printf '\r %s %s (%d s) ' "${spin:n%4:1}" "$text" $((SECONDS - start))
        elif [ $((n % 50)) = 0 ]; then
            echo "   $text: still at it after $((SECONDS - start)) s"
        fi
        sleep 0.2
    done
    wait "$group_pid" || rc=$?
    trap - INT TERM HUP
    [ -t 1 ] && printf '\r\033[K'
    if [ $rc = 0 ]; then
        echo " * $text ($((SECONDS - start)) s)"
    else
        echo " ! $text FAILED with exit code $rc, its last lines:" >&2
        tail -n 30 "$log" >&2
    fi
    rm -f "$log"
    return $rc
}

# publish NAME VERSIONED : NAME becomes a link to VERSIONED in one atomic rename, so a run that is under way
# is not disturbed.
publish() {
    ln -sfn "$2" "$HP_CACHE/.$1.$$"
    mv -T "$HP_CACHE/.$1.$$" "$HP_CACHE/$1"
}
