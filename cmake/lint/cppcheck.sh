#!/usr/bin/env bash
# cppcheck.sh : cppcheck over the C files, once as a 64-bit and once as a 32-bit Windows program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folders=()
for folder in idl registry proxygen client server tools examples bench; do
    [ ! -d "$folder" ] || [ -z "$(find "$folder" -name '*.c' -print -quit)" ] || folders+=("$folder")
done
for platform in win64 win32W; do
    case $platform in win64) arch=(-D_WIN64=1 -D__x86_64__=1) ;; *) arch=(-D__i386__=1) ;; esac
    # missingInclude needs Windows' headers. comparePointers does not know that labels of one assembler file
    # belong together. shiftNegativeLHS: Windows' own HRESULT_FACILITY does that.
    cppcheck --quiet -j "$(nproc)" --std=c11 --platform=$platform --library=windows --error-exitcode=1 \
        --inline-suppr --enable=warning,portability,performance \
        --suppress=missingInclude --suppress=missingIncludeSystem \
        --suppress=comparePointers --suppress=shiftNegativeLHS --suppress=unmatchedSuppression \
        -D_WIN32=1 -D__GNUC__=12 -D__MINGW32__=1 "${arch[@]}" -I include -I . "${folders[@]}"
done
