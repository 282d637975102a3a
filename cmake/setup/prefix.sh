#!/usr/bin/env bash
# prefix.sh DEST : a Wine prefix that a test copies with cp -a in 0.1 s. Its DLLs are links to Wine's own, so
# it takes 110 MB and not 1.3 GB. Windows 10, and a null graphics driver, so that windows and STA apartments
# work without a display.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
dest=$1
export WINEPREFIX=$dest.new
rm -rf "$WINEPREFIX"
mkdir -p "$WINEPREFIX"
trap 'wineserver -k 2>/dev/null || true' EXIT

wine wineboot -i
wine winecfg -v win10
wine reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f
wineserver -k || true
wineserver -w

link_dlls() { # FOLDER OF THE PREFIX, FOLDER OF WINE
    local file
    for file in "$1"/*; do
        if [ -f "$file" ] && [ -f "$2/${file##*/}" ]; then ln -sf "$2/${file##*/}" "$file"; fi
    done
}
windows=$WINEPREFIX/drive_c/windows
link_dlls "$windows/system32" "$(echo /usr/lib/*/wine/x86_64-windows)"
if [ -n "${WINEDLLPATH:-}" ]; then
    link_dlls "$windows/syswow64" "$WINEDLLPATH/i386-windows"
fi

# Nothing in a test may reach the user's own folders.
find "$WINEPREFIX/drive_c/users" -type l | while read -r link; do
    rm "$link"
    mkdir "$link"
done
echo disable >"$WINEPREFIX/.update-timestamp"
mv -T "$WINEPREFIX" "$dest"
