#!/usr/bin/env bash
# session.sh start PROBE | stop : the Wine session of $WINEPREFIX, which ctest starts before the first test
# and stops after the last. PROBE is an EXE that returns 77: a Wine that cannot run this architecture says
# nothing and returns 0.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/env.sh"
: "${WINEPREFIX:?}"
case $1 in
start)
    prefix_stop
    prefix_create || exit 1
    prefix_boot $PPID
    wine "$2" </dev/null >/dev/null 2>&1
    rc=$?
    [ $rc = 77 ] && exit 0
    echo "Wine does not run $2: exit code $rc and not 77"
    exit 1
    ;;
stop)
    prefix_stop
    ;;
*)
    echo "session.sh: start PROBE | stop" >&2
    exit 2
    ;;
esac
