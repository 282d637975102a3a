#!/usr/bin/env bash
# The installed package, used as a stranger uses it. Environment: see cmake/tests.cmake and CMakeLists.txt
# beside this file.
set -euo pipefail
work=$BUILD/package
rm -rf "$work"
mkdir -p "$work"

"$CMAKE" --install "$BUILD" --prefix "$work/prefix" >"$work/install.log"
for file in include/hotpatch/hotpatch.h "lib/hotpatch/$ARCH/libhotpatch_client.a" \
    "lib/hotpatch/$ARCH/hotpatch_typelib.o" lib/cmake/hotpatch/hotpatchConfig.cmake; do
    if [ ! -f "$work/prefix/$file" ]; then
        echo "$file was not installed"
        exit 1
    fi
done
if grep -rlF -e "$BUILD" -e "$SOURCE/" "$work/prefix"; then
    echo "these installed files know where they were built"
    exit 1
fi
# A package that only works where it was first installed is found out by moving it.
mv "$work/prefix" "$work/moved"

toolchain=()
[ -z "$CONSUMER_TOOLCHAIN" ] || toolchain=("-DCMAKE_TOOLCHAIN_FILE=$CONSUMER_TOOLCHAIN"
    "-DMINGW_ARCH=$CONSUMER_ARCH" "-DMINGW_COMPILER=$CONSUMER_COMPILER")
cp -r "$(dirname "${BASH_SOURCE[0]}")/consumer" "$work/consumer"
"$CMAKE" -G Ninja -S "$work/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/moved" "${toolchain[@]}"
"$CMAKE" --build "$work/build"

# Output through a file: the server that the program starts would keep a pipe open.
run() {
    local rc=0
    $WINE "$work/build/program.exe" "$@" >"$work/out.txt" 2>&1 || rc=$?
    tr -d '\r' <"$work/out.txt"
    [ $rc = 0 ] || { echo "program.exe $* ended with $rc" && exit 1; }
}
run /regserver
run
