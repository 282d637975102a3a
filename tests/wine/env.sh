# shellcheck shell=bash
# The environment of every PE program that setup, a test or the demo starts (sourced).
if [ -z "${HOME:-}" ]; then # a service or a container may have none, and Wine needs one too
    unset HOME
    HOME=$(echo ~)
    export HOME
fi
HOTPATCH_CACHE=${HOTPATCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotpatch}

wine_env() {
    export WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=;winedbg.exe=d'
    unset DISPLAY WAYLAND_DISPLAY WINEARCH
    export LC_ALL=C.UTF-8 # in the C locale Wine cannot name files beyond ASCII
    if [ -e "$HOTPATCH_CACHE/wine32" ]; then
        WINEDLLPATH=$(readlink -f "$HOTPATCH_CACHE/wine32")
        export WINEDLLPATH
    else
        unset WINEDLLPATH
    fi
}
wine_env

# Makes $WINEPREFIX from the template if it is not there. The last rename is atomic: a half-made prefix is
# never used.
prefix_create() {
    [ -f "$WINEPREFIX/system.reg" ] && return
    if [ ! -d "$HOTPATCH_CACHE/prefix" ]; then
        echo "no Wine prefix to copy: run \"./run setup\" first" >&2
        return 1
    fi
    rm -rf "$WINEPREFIX.new.$$"
    mkdir -p "$(dirname "$WINEPREFIX")"
    cp -a "$(readlink -f "$HOTPATCH_CACHE/prefix")" "$WINEPREFIX.new.$$"
    mv -T "$WINEPREFIX.new.$$" "$WINEPREFIX" 2>/dev/null || rm -rf "$WINEPREFIX.new.$$"
}

# prefix_boot PID : starts the session's wineserver and services, detached from our stdio (whoever waits for
# our output would wait for them too), and sees to it that they end with process PID, however that one ends.
# The token tells a later session, which may already use the same prefix when the guard wakes up, from the
# guard's own.
prefix_boot() {
    echo "$$" >"$WINEPREFIX/session"
    (setsid bash -c '
        tail --pid="$1" -f /dev/null
        [ "$(cat "$WINEPREFIX/session" 2>/dev/null)" = "$2" ] || exit 0
        wineserver -k
        wineserver -w
        case $WINEPREFIX in *.own-??????) rm -rf "$WINEPREFIX" ;; esac
    ' guard "$1" "$$" </dev/null >/dev/null 2>&1 &)
    wineserver -p600 </dev/null >/dev/null 2>&1
    wine wineboot </dev/null >/dev/null 2>&1
}

prefix_stop() {
    [ -d "$WINEPREFIX" ] || return 0
    rm -f "$WINEPREFIX/session"
    wineserver -k </dev/null >/dev/null 2>&1 || true # there may be none
    wineserver -w </dev/null >/dev/null 2>&1 || true
}
