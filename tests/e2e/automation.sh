#!/usr/bin/env bash
# A live update, registered as users do it, driven by the system's script engines.
update=$BUILD/tests/e2e/automation_update.exe
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
failures=0
"$WINE" "$update" /regserver </dev/null || { echo "not ok 1 - the update cannot be registered" && exit 1; }
# Wine 8 creates no objects of classes that this user alone has, so in this prefix all users get it.
classes='Software\Classes'
id=$("$WINE" reg query "HKCU\\$classes\\Hotpatch.Automation\\CLSID" | grep -o '{.*}')
for key in Hotpatch.Automation "CLSID\\$id" "AppID\\$id"; do
    "$WINE" reg copy "HKCU\\$classes\\$key" "HKLM\\$classes\\$key" /s /f >/dev/null ||
        { echo "not ok 1 - $key cannot be copied" && exit 1; }
done
for script in automation.vbs automation.js; do
    out=$("$WINE" cscript.exe //nologo "Z:${sources//\//\\}\\$script" </dev/null 2>&1)
    rc=$?
    out=${out//$'\r'/}
    echo "$out"
    # An engine that stops half way, or runs nothing at all, must not look like success.
    if [ $rc != 0 ] || [ "${out##*$'\n'}" != "all done" ]; then
        echo "not ok 1 - $script: exit code $rc"
        failures=$((failures + 1))
    fi
done
# The example of docs/automation.md says what it should.
example=$(mktemp --suffix=.vbs)
trap 'rm -f "$example"' EXIT
page=$sources/../../docs/automation.md
sed -n '/^```vbs$/,/^```$/{/^```/d;s/Acme\.Game\.Update/Hotpatch.Automation/;p}' "$page" >"$example"
out=$("$WINE" cscript.exe //nologo "Z:${example//\//\\}" </dev/null 2>&1)
out=${out//$'\r'/}
echo "$out"
[[ "$out" == $'5\n3 rest 2\n3\nHello, Ada\n42\nHotpatch: '*split* ]] ||
    { echo "not ok 1 - the example of docs/automation.md" && failures=$((failures + 1)); }
"$WINE" "$update" /unregserver </dev/null || failures=$((failures + 1))
[ "$failures" = 0 ]
