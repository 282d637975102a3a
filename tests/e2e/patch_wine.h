/**
 * @file patch_wine.h
 * Functions of the system that nobody here compiled and that begin so that they can be patched: gcc's
 * ms_hook_prologue, which Wine gives to most of what it exports, and on x86 Visual C++'s /hotpatch.
 */
#ifndef HP_TESTS_E2E_PATCH_WINE_H
#define HP_TESTS_E2E_PATCH_WINE_H

#include <stdint.h>

#include <windows.h>

enum { WINE_FOUND_MAX = 2048 };

/** Does this process run under Wine? */
int wine_is_here(void);

/** A function that was found. */
typedef struct wine_found {
    HMODULE dll;
    const char *name; /**< in the export table of the DLL, whichever comes first */
    void *entry;
} wine_found;

/** Find all of them in a DLL: each address once. @return how many; more than `capacity` are not written. */
size_t wine_find(HMODULE dll, wine_found *found, size_t capacity);

/* ---- functions that the test knows how to call ---- */

/** One of them. */
typedef struct wine_known {
    const char *name;
    const char *signature;
    void *replacement;   /**< counts, and calls *original */
    void **original;     /**< for hp_patch_add */
    volatile LONG count; /**< calls of the replacement */
    int (*use)(
        void *run); /**< calls `run` (the entry, or the original) once; nonzero if it did what it should */
    HMODULE dll;    /**< where it was found, NULL: nowhere */
    void *entry;
} wine_known;

enum { WINE_KNOWN = 8 };
extern wine_known wine_known_functions[WINE_KNOWN];

/* ---- replacements for whatever: patch_wine.S ---- */

enum { WINE_STUB_SIZE = 16 };

/** Code: stub n adds one to count n and jumps to original n, and changes nothing but flags. */
extern unsigned char wine_stubs[WINE_FOUND_MAX][WINE_STUB_SIZE];
extern volatile LONG wine_stub_counts[WINE_FOUND_MAX];
extern void *wine_stub_originals[WINE_FOUND_MAX];

#endif
