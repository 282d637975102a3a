#!/usr/bin/env bash
# private-apt.sh ROOT ARCH deb|deb-src : an apt root of its own that sees Debian's main component from the
# mirrors this machine already uses, for packages that the machine itself must not or cannot install. Prints
# the APT_CONFIG to export.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
root=$1 arch=$2 kind=$3
keys=/usr/share/keyrings/debian-archive-keyring.gpg

format='$(LABEL) $(COMPONENT) $(REPO_URI) $(CODENAME)'
suites=$(apt-get indextargets --format "$format" 'Created-By: Packages' |
    awk '$1 ~ /^Debian/ && $2 == "main" { print $3, $4 }' | sort -u)
[ -n "$suites" ] || die "no Debian main suite in this machine's apt sources (apt-get update may help)"

mkdir -p "$root"/{lists/partial,archives/partial,etc/sources.list.d,etc/preferences.d}
: >"$root/status"
while read -r suite; do
    echo "$kind [arch=$arch signed-by=$keys] $suite main"
done <<<"$suites" >"$root/etc/sources.list"
cat >"$root/apt.conf" <<CONF
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
Dir::State "$root";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root";
Dir::Cache::archives "$root/archives";
Dir::Etc "$root/etc";
Dir::Etc::main "/etc/apt/apt.conf";
Dir::Etc::parts "/etc/apt/apt.conf.d";
Dir::Etc::sourcelist "$root/etc/sources.list";
Dir::Etc::sourceparts "$root/etc/sources.list.d";
Dir::Etc::preferencesparts "$root/etc/preferences.d";
Acquire::Languages "none";
APT::Sandbox::User "";
CONF

# apt ignores an index that it cannot fetch or verify; the exact version that the caller asks for decides
# whether that matters.
APT_CONFIG=$root/apt.conf apt-get -q update >&2 || echo "some package lists could not be used" >&2
echo "$root/apt.conf"
