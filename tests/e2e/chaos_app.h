/**
 * @file chaos_app.h
 * The app of the chaos test.
 */
#ifndef HP_TESTS_E2E_CHAOS_APP_H
#define HP_TESTS_E2E_CHAOS_APP_H

#include "e2e/chaos.h"

/** Where executions are noted. Set before the first call. */
extern chaos_memory *chaos_shared;

/** Entry of a function, CHAOS_... */
const unsigned char *chaos_entry(int function);

#endif
