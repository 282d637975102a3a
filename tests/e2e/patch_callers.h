/**
 * @file patch_callers.h
 * Four threads that call the functions of patch_host.h all the time and look at every result.
 */
#ifndef HP_TESTS_E2E_PATCH_CALLERS_H
#define HP_TESTS_E2E_PATCH_CALLERS_H

#include "e2e/patch_host.h"

/** Start them. @param scale  patch_module_scale of the loaded module */
void patch_callers_start(patch_module_function *scale);

/** Wait until each of them has got results that end in `tail` (0: an unpatched one) from each function. */
void patch_callers_await(int tail);

/** Stop them. Fails if one result was neither the old one nor one that versions 2 and 3 make of it. */
void patch_callers_stop(void);

#endif
