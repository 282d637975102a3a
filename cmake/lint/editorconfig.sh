#!/usr/bin/env bash
# editorconfig.sh : checks every text file of the repository against .editorconfig, as the format's
# specification has it: later sections win, a pattern without a slash is matched against the file's name.
# Known are the properties that stand in our file; indent_size is for editors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C.UTF-8

patterns=() settings=()
while IFS= read -r line; do
    line=${line%%[#;]*}
    line=${line%"${line##*[! ]}"}
    case $line in
    '' | root*) ;;
    '['*) # {a,b} is @(a|b) to bash
        line=${line:1:-1} line=${line//\{/@(} line=${line//\}/)} line=${line//,/|}
        [[ $line == */* ]] || line="?(*/)$line"
        patterns+=("$line") settings+=("")
        ;;
    *=*) settings[-1]+=" ${line// /}" ;;
    *) echo ".editorconfig: what is \"$line\"?" >&2 && exit 2 ;;
    esac
done <.editorconfig

# FILE -> "charset=... indent_style=...", each property once, sorted
properties() {
    local -A value=()
    local i setting
    for i in "${!patterns[@]}"; do
        # shellcheck disable=SC2053 # it is a pattern
        [[ $1 == ${patterns[i]} ]] || continue
        for setting in ${settings[i]}; do value[${setting%%=*}]=${setting#*=}; done
    done
    for i in end_of_line indent_style insert_final_newline max_line_length trim_trailing_whitespace; do
        printf '%s=%s ' "$i" "${value[$i]:-unset}"
    done
}

files() {
    if [ -e .git ]; then
        git ls-files --cached --others --exclude-standard
    else
        find . -path ./build -prune -o -type f -print | sed 's,^\./,,'
    fi
}

declare -A group=()
while IFS= read -r file; do
    if [ -s "$file" ] && grep -qI '' "$file"; then group[$(properties "$file")]+=$file$'\n'; fi
done < <(files)

bad=0
for properties in "${!group[@]}"; do
    mapfile -t list < <(printf %s "${group[$properties]}")
    # shellcheck disable=SC2086 # they are awk's assignments
    awk -f cmake/lint/editorconfig.awk $properties "${list[@]}" || bad=1
    [[ $properties != *insert_final_newline=true* ]] || for file in "${list[@]}"; do
        [ -z "$(tail -c 1 "$file")" ] || { echo "$file: no line break at the end" && bad=1; }
    done
done
[ $bad = 0 ] || exit 1
