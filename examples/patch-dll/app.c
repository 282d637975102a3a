/*
 * The app of the patch DLL example: it sells tickets, and knows nothing of patching.
 *
 *     app.exe              says what a journey costs
 *     app.exe patch.dll    says it, loads the DLL and says it again, unloads the DLL and says it a third time
 *
 *     app.exe   fare_cents  in fare.c       both are ordinary exported functions, compiled with room at their
 *     engine.dll  engine_km  in engine.c    entries: -fpatchable-function-entry=18,16 -falign-functions=16
 *     patch.dll   a replacement for each    in patch.c; only this one is linked with Hotpatch
 *
 * To the app the DLL is any plug-in: a function that switches it on and one that switches it off.
 */
#include <stdio.h>
#include <stdlib.h>

#include <windows.h>

#include "engine.h"
#include "fare.h"

enum { DRAIN_MS = 5000 };

typedef int switch_on(void);
typedef int switch_off(unsigned timeout_ms);

static void say_price(const char *when) {
    const double km = engine_km(10, 20);
    const int cents = fare_cents((int)km, 3);
    printf("%s: %g km, 3 travellers: %d cents\n", when, km, cents);
    fflush(stdout);
}

static int fail(const char *what) {
    printf("failed: %s (error %lu)\n", what, GetLastError());
    return EXIT_FAILURE;
}

static int use(HMODULE patch, const char *file) {
    switch_on *on = (switch_on *)(uintptr_t)GetProcAddress(patch, "Patch");
    switch_off *off = (switch_off *)(uintptr_t)GetProcAddress(patch, "Unpatch");
    if (on == NULL || off == NULL)
        return fail("the DLL is no plug-in");
    if (on() != 0)
        return fail("Patch");
    say_price("patched");
    if (off(DRAIN_MS) != 0) /* somebody may still be in the DLL's code: then it has to stay */
        return fail("Unpatch");
    if (!FreeLibrary(patch) || GetModuleHandleA(file) != NULL)
        return fail("FreeLibrary");
    say_price("unloaded");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    say_price("at first");
    if (argc < 2)
        return EXIT_SUCCESS;
    HMODULE patch = LoadLibraryA(argv[1]);
    return patch != NULL ? use(patch, argv[1]) : fail("LoadLibrary");
}
