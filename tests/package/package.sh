#!/usr/bin/env bash
# The installed package, used as a stranger uses it. Environment: see cmake/tests.cmake and CMakeLists.txt
# beside this file.
set -euo pipefail
work=$BUILD/package
rm -rf "$work"
mkdir -p "$work"

"$CMAKE" --install "$BUILD" --prefix "$work/prefix" >"$work/install.log"
for file in include/hotpatch/hotpatch.h "lib/hotpatch/$ARCH/libhotpatch_client.a" \
    "lib/hotpatch/$ARCH/hotpatch_typelib.o" lib/cmake/hotpatch/hotpatchConfig.cmake \
    "bin/$ARCH/hotpatch.exe" share/hotpatch/hotpatch_target.cmake share/hotpatch/hotpatch-run.sh; do
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

# build CODE PATTERN [OPTION...] : configure with these options and build; it says this.
build() {
    local code=$1 pattern=$2 rc=0
    shift 2
    "$CMAKE" "$@" "$work/build" >"$work/build.log" 2>&1
    "$CMAKE" --build "$work/build" >>"$work/build.log" 2>&1 || rc=$?
    [ $((rc != 0)) = "$code" ] && grep -qE -e "$pattern" "$work/build.log" && return
    cat "$work/build.log"
    echo "a build ended with $rc, or did not say $pattern"
    exit 1
}
prepared='program.exe: .* 2 offered'
build 0 "$prepared"
grep -q 'twin.exe: .* functions are your own' "$work/build.log"
build 0 'no work to do'
touch "$work/consumer/program.c"
build 0 "$prepared"
# A check that fails is a link that has failed, again and again.
missing=-DCONSUMER_CHECK=no_such_function
build 1 'no function matches "no_such_function"' $missing
build 1 'no function matches "no_such_function"' $missing
build 0 "$prepared" -DCONSUMER_CHECK=score_double
build 0 'no work to do'

# Output through a file: the server that the program starts would keep a pipe open.
run() {
    local rc=0
    $WINE "$work/build/program.exe" "$@" >"$work/out.txt" 2>&1 || rc=$?
    tr -d '\r' <"$work/out.txt"
    [ $rc = 0 ] || { echo "program.exe $* ended with $rc" && exit 1; }
}
run /regserver
run
