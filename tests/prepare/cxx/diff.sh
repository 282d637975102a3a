#!/usr/bin/env bash
# diff.sh hotpatch.exe APP OVERLOAD ENUM ORDER : updates of the same sources in which an overload has
# another type, an enum
# another entry, a class another order of members. Only what that concerns cannot be replaced.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
app=$2 overload=$3 enum=$4 order=$5

# differ IMAGE : NAME, where it is, why it cannot be replaced; of all functions that are offered or in one
# image only.
differ() {
    expect 1 "$WINE" "$hotpatch" diff --json "$app" "$1"
    awk '
        { value = $0; sub(/^[^:]*": /, "", value); gsub(/^"|",?$|,$/, "", value) }
        / "name": / { name = value }
        / "in": / { side = value }
        / "offered": / { offered = value == "true" }
        / "error": null/ && offered { print name ": live" }
        / "detail": / && (offered || side != "both") { print name ": " side ": " value }
    ' "$work/out" | LC_ALL=C sort >"$work/table"
}

# has LINE : and takes it away.
has() {
    grep -qxF -e "$1" "$work/table" || { cat "$work/table" && echo "not there: $1" && exit 1; }
    grep -vxF -e "$1" "$work/table" >"$work/rest" || true
    mv "$work/rest" "$work/table"
}

# rest_is_live : what was not taken away can be replaced, and it is not nothing.
rest_is_live() {
    ! grep -v ': live$' "$work/table" || exit 1
    [ -s "$work/table" ]
}

differ "$overload"
has 'acme::add(i32,i32): old: null'
has 'acme::add(i64,i64): new: null'
has 'acme::add(f64,f64): live'
rest_is_live

differ "$enum"
has 'acme::mix(color,level): both: enum color: green is only here'
has 'acme::add(i32,i32): live'
rest_is_live

differ "$order"
reason='both: struct player: field 1 is score here, health there'
for function in 'heal(acme::player&,const-i32&)' 'player::best(acme::player*,i32)' 'worth(acme::player&)' \
    'player::best(const-acme::player*,i32)' 'player::gain(acme::player*,i32)' 'worth(acme::player*)' \
    'worth(const-acme::player&)'; do
    has "acme::$function: $reason"
done
has 'acme::worth(acme::old::player&): live'
rest_is_live
