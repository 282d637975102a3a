/**
 * @file chaos_imports.h
 * Stand between this EXE, so also hotpatch::client, and what it imports.
 */
#ifndef HP_TESTS_E2E_CHAOS_IMPORTS_H
#define HP_TESTS_E2E_CHAOS_IMPORTS_H

#include <stddef.h>

typedef struct chaos_import {
    const char *name;
    void *instead;
    void *real; /**< a pointer to a function, which receives the one that was imported */
} chaos_import;

/** Lead calls elsewhere; at most 32. Fails the test if one of them is not imported. */
void chaos_imports_redirect(const chaos_import *imports, size_t count);

#endif
