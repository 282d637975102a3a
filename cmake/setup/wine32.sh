#!/usr/bin/env bash
# wine32.sh DEST : DEST/i386-windows becomes the 32-bit PE half of the installed wine64. Wine 8's wow64 mode
# runs 32-bit EXEs with it (WINEDLLPATH=DEST) and needs no 32-bit Linux library, so it also serves where
# wine32:i386 cannot be installed.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
dest=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

version=$(dpkg-query -W -f '${Version}' libwine)
conf=$("$(dirname "${BASH_SOURCE[0]}")/private-apt.sh" "$scratch" i386 deb)
cd "$scratch/archives"
APT_CONFIG=$conf apt-get -q download "libwine=$version" ||
    die "Debian's archive no longer has the 32-bit half of the installed Wine, $version; upgrade libwine"

new=$dest.new
rm -rf "$new"
mkdir -p "$new"
dpkg-deb --fsys-tarfile libwine_*_i386.deb |
    tar -x -C "$new" --strip-components=5 ./usr/lib/i386-linux-gnu/wine/i386-windows

# 550 MB -> 205 MB. -S leaves the "Wine builtin DLL" mark in the DOS stub alone.
find "$new" -type f -regex '.*\.\(dll\|exe\|drv\|sys\|acm\|ax\|cpl\|ocx\)' -print0 |
    xargs -0 -P"$(nproc)" -n 32 i686-w64-mingw32-strip -S

# The one file that the package makes when it is installed, if it does not bring it; without it every 32-bit
# EXE ends with exit code 53.
zlib=/usr/i686-w64-mingw32/lib/zlib1.dll
[ -e "$new/i386-windows/zlib1.dll" ] || [ ! -e "$zlib" ] || {
    head -c 64 "$zlib"
    printf 'Wine builtin DLL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
    tail -c +97 "$zlib"
} >"$new/i386-windows/zlib1.dll"
mv -T "$new" "$dest"
