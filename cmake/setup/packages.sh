#!/usr/bin/env bash
# Installs the Debian packages that are missing. Needs root or sudo only when there is something to install.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(wine wine64 wine64-tools gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 mingw-w64-tools cmake ninja-build
    g++-mingw-w64-x86-64-win32 g++-mingw-w64-i686-win32
    gcc libc6-dev clang lld llvm clang-format clang-tidy cppcheck shellcheck dpkg-dev xz-utils util-linux
    valgrind doxygen
    openssl osslsigncode)

# On a relative of Debian some packages have other names or other contents, and its archive is signed by
# another key: setup would install everything and fail at the end.
not_debian() {
    cat <<'TEXT'
Setup knows Debian 12 and newer. This is another system: nothing was installed. Needed, by its own means, are
  * CMake 3.25 or newer and Ninja
  * mingw-w64 gcc for x86_64-w64-mingw32 and i686-w64-mingw32, with g++ for the tests
  * Wine 8 or newer that runs both 64-bit and 32-bit EXEs, with widl and its IDL files
  * clang, lld, clang-format, clang-tidy, cppcheck, shellcheck, doxygen, valgrind, openssl, osslsigncode,
    clang's sanitizer and fuzzer run-time libraries
  * the source of cmocka 1.1.5 or a later 1.1 (https://cmocka.org), linked as cmocka in ~/.cache/hotpatch
  * the source of Zydis 4.0 with Zycore in its folder dependencies (https://zydis.re), linked as zydis there
On Windows use MSYS2 and the presets msys2-x64 and msys2-x86; see the README.
TEXT
    exit 2
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The run-time library for sanitizers and libFuzzer carries clang's major version in its name.
clang_runtime() {
    local v
    v=$(dpkg-query -W -f '${Version}' clang 2>/dev/null | sed -n 's/^[0-9]*:\{0,1\}\([0-9]*\)[.-].*/\1/p')
    echo "libclang-rt-${v:?clang is not installed}-dev"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_install() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null ||
        die "these packages are missing and there is no sudo, install them as root: $*"
    if [ -t 0 ]; then
        sudo -v || die "sudo refused; install as root: $*"
    else
        sudo -n true || die "sudo asks for a password and there is no terminal; install as root: $*"
    fi
}

updated=
install_missing() {
    local p missing=()
    for p in "$@"; do installed "$p" || missing+=("$p"); done
    [ ${#missing[@]} = 0 ] && return
    may_install "${missing[@]}"
    [ -n "$updated" ] || step "refreshing the package lists" as_root apt-get -q update
    updated=1
    step "installing ${missing[*]}" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}"
}

# debian_release FILE : whether that os-release is Debian's, 12 or newer. Testing and unstable have no number.
debian_release() (
    ID="" VERSION_ID=""
    # shellcheck source=/dev/null
    . "$1" 2>/dev/null || exit 1
    : "${VERSION_ID:=99}"
    [ "$ID" = debian ] && [ "${VERSION_ID%%.*}" -ge 12 ]
)

debian_release "${1:-/etc/os-release}" || not_debian
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    not_debian
fi
install_missing "${packages[@]}"
install_missing "$(clang_runtime)"
