#!/usr/bin/env bash
# zydis.sh : makes HP_CACHE/zydis, the source tree of the decoder library Zydis 4, from Debian's source
# packages, with Zycore's headers in dependencies/zycore. Debian has neither for mingw, so the client builds
# the decoder. apt itself verifies the archive's signature and the digests that it carries. Debian's only
# patch concerns the README, so the upstream archives are taken as they are.
#
# The decoder needs no code of Zycore, only its headers. A mirror that lists Zycore's source package without
# having it gives Debian's libzycore-dev of the same version instead: the same headers.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src" "$scratch/deb"
conf=$("$HP_ROOT/cmake/setup/private-apt.sh" "$scratch/src" "$(dpkg --print-architecture)" deb-src)
cd "$scratch"

# newest PACKAGE OLDEST BEYOND : the newest version of a source package, from OLDEST on and below BEYOND
newest() {
    local candidate found=""
    for candidate in $(APT_CONFIG=$conf apt-cache showsrc "$1" | awk '/^Version:/ { print $2 }' | sort -V); do
        if dpkg --compare-versions "$candidate" ge "$2" && dpkg --compare-versions "$candidate" lt "$3"; then
            found=$candidate
        fi
    done
    [ -n "$found" ] || die "this Debian has no $1 from $2 on and below $3"
    echo "$found"
}

# check FILE : against what is known beforehand, whoever signs for Debian. Other versions pass.
check() {
    local known
    case $1 in
    zydis_4.0.0.orig.*) known=e990107f80c62afc1deb51de230023a1098db801b8ea6bf483e296d45459e234 ;;
    zycore-c_1.4.1.orig.*) known=01d330cffa41c6d0d039e37f4b60db76680ce291aa713d2649c3746e5043e693 ;;
    libzycore-dev_1.4.1-1_amd64.deb) known=20daa9552e632c9a08443690c6933c34f2f63a8d2eb60125688823a20f7322c3 ;;
    *) return 0 ;;
    esac
    echo "$known  $1" | sha256sum -c -
}

# unpack PACKAGE VERSION DEST : fails if the mirror does not have it
unpack() {
    local archive
    APT_CONFIG=$conf apt-get -q source --download-only "$1=$2" || return 1
    archive=$(echo "$1_${2%-*}".orig.tar.?z)
    check "$archive" || die "$archive is not what it was"
    mkdir -p "$3"
    tar -x -f "$archive" -C "$3" --strip-components=1
}

# unpack_headers VERSION DEST : the headers do not depend on the architecture; that of the digest is taken
unpack_headers() {
    local conf archive
    conf=$("$HP_ROOT/cmake/setup/private-apt.sh" "$scratch/deb" amd64 deb)
    APT_CONFIG=$conf apt-get -q download "libzycore-dev=$1" ||
        die "this Debian has neither zycore-c $1 as source nor its headers, libzycore-dev"
    archive=$(echo libzycore-dev_*_amd64.deb)
    check "$archive" || die "$archive is not what it was"
    dpkg-deb -x "$archive" "$scratch/headers"
    mkdir -p "$2"
    cp -r "$scratch/headers/usr/include" "$2/include"
    cp "$scratch/headers/usr/share/doc/libzycore-dev/copyright" "$2/LICENSE"
}

zydis=$(newest zydis 4.0.0 5)
zycore=$(newest zycore-c 1.4.0 2)
dest=$HP_CACHE/zydis-${zydis%-*}
rm -rf "$dest.new"
unpack zydis "$zydis" "$dest.new" || die "Debian's archive does not have the source of zydis $zydis"
unpack zycore-c "$zycore" "$dest.new/dependencies/zycore" ||
    unpack_headers "$zycore" "$dest.new/dependencies/zycore"
for file in src/Decoder.c LICENSE dependencies/zycore/include/Zycore/Types.h dependencies/zycore/LICENSE; do
    [ -f "$dest.new/$file" ] || die "the source of zydis $zydis has no $file"
done
rm -rf "$dest"
mv -T "$dest.new" "$dest"
publish zydis "$dest"
