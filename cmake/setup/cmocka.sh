#!/usr/bin/env bash
# cmocka.sh : makes HP_CACHE/cmocka, the source tree of cmocka 1.1.5 or a later 1.1, from Debian's source
# package. Debian has no cmocka for mingw, so the tests build it. apt itself verifies the archive's signature
# and the digests that it carries. Debian's patches concern the documentation only, so the upstream archive is
# taken as it is.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
conf=$("$HP_ROOT/cmake/setup/private-apt.sh" "$scratch" "$(dpkg --print-architecture)" deb-src)
cd "$scratch"
available=$(APT_CONFIG=$conf apt-cache showsrc cmocka | awk '/^Version:/ { print $2 }' | sort -V)
wanted=""
for candidate in $available; do
    case $candidate in 1.1.*) ! dpkg --compare-versions "$candidate" ge 1.1.5 || wanted=$candidate ;; esac
done
[ -n "$wanted" ] || die "this Debian has no cmocka 1.1 from 1.1.5 on (it has: ${available:-none})"
version=${wanted%-*}
APT_CONFIG=$conf apt-get -q source --download-only "cmocka=$wanted"
archive=$(echo cmocka_"$version".orig.tar.?z)
case $version in # known beforehand, whoever signs for Debian
1.1.5) echo "f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6  $archive" | sha256sum -c - ;;
esac

dest=$HP_CACHE/cmocka-$version
rm -rf "$dest.new"
mkdir "$dest.new"
tar -x -f "$archive" -C "$dest.new" --strip-components=1
rm -rf "$dest"
mv -T "$dest.new" "$dest"
publish cmocka "$dest"
