/**
 * @file chaos_update.h
 * What the files of the chaos test's updates share.
 */
#ifndef HP_TESTS_E2E_CHAOS_UPDATE_H
#define HP_TESTS_E2E_CHAOS_UPDATE_H

#include "e2e/chaos.h"
#include "e2e/storm_dice.h"
#include "idl/frame.h"

/** The memory shared with the app. */
extern chaos_memory *chaos_shared;

/** What is to be done now, if it is one of these deeds and some of it is left to do. */
int chaos_take_order(int from, int to);

/** Dice of its own for each answer that is garbage. */
storm_dice chaos_throw_dice(void);

/** Kinds 4 to CHAOS_BENDS - 1: make of a right reply one that is well-formed, but no answer to this call. */
enum { CHAOS_BENDS = 12 };
void chaos_bend(storm_dice *dice, uint32_t kind, hp_frame *reply);

/** Any HRESULT, more often such as COM gives. */
HRESULT chaos_code(storm_dice *dice);

#endif
