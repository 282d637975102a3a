/**
 * @file patch_load.h
 * Patch DLLs of the tests: loaded, and made to go. Failures end the running cmocka test.
 */
#ifndef HP_TESTS_E2E_PATCH_LOAD_H
#define HP_TESTS_E2E_PATCH_LOAD_H

#include "e2e/patch_host.h"

enum { PATCH_SOON = 30000 };

/** A loaded patch DLL. */
typedef struct patch_loaded {
    wchar_t name[40];
    HMODULE module;
    const patch_dll *calls;
} patch_loaded;

/** Load the DLL of a version; it must not be loaded yet. */
patch_loaded patch_load(int version);

/** Unload it. It has to be gone then: nothing else may hold it. */
void patch_unload(const patch_loaded *it);

/** Revert, drain, close, unload. */
void patch_take_away(const patch_loaded *it);

/** An export that has to be there. */
void *patch_export(HMODULE module, const char *name);

#endif
