// A program that says which resources it finds in itself.
#include <windows.h>

#include <stdio.h>

static void say(const char *what, const wchar_t *name) {
    HRSRC resource = FindResourceW(NULL, name, MAKEINTRESOURCEW(10));
    const DWORD size = resource ? SizeofResource(NULL, resource) : 0;
    const char *data = resource ? LockResource(LoadResource(NULL, resource)) : "";
    printf("%s %lu: %.*s\n", what, size, size < 60 ? (int)size : 60, data);
}

int main(void) {
    say("own", MAKEINTRESOURCEW(7));
    say("table", L"HOTPATCHDATA");
    return 42;
}
