#!/usr/bin/env bash
# shell-scripts.sh : shellcheck over every shell script of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
find . -path ./build -prune -o -path ./.git -prune -o -name '*.sh' -print0 |
    xargs -0 shellcheck -S warning run .ci/run
