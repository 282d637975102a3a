/**
 * @file chaos_update.h
 * What the files of the chaos test's updates share.
 */
#ifndef HP_TESTS_E2E_CHAOS_UPDATE_H
#define HP_TESTS_E2E_CHAOS_UPDATE_H

#include "e2e/chaos.h"

/** The memory shared with the app. */
extern chaos_memory *chaos_shared;

/** What is to be done now, if it is one of these deeds and some of it is left to do. */
int chaos_take_order(int from, int to);

#endif
