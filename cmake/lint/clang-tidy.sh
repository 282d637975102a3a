#!/usr/bin/env bash
# clang-tidy.sh BUILD : every C file that BUILD compiles and that stands in the repository, on all processors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$1
mkdir -p "$build/lint"
cmake -P cmake/lint/list-sources.cmake "$build/compile_commands.json" "$PWD" \
    "$build/lint/compile_commands.json" 2>&1 |
    xargs -r -P "$(nproc)" -n 1 clang-tidy --quiet -p "$build/lint"
