/**
 * @file storm_value.h
 * Generated arguments for Invoke.
 */
#ifndef HP_TESTS_E2E_STORM_VALUE_H
#define HP_TESTS_E2E_STORM_VALUE_H

#include "e2e/storm_dice.h"

#include <windows.h>
#include <oaidl.h>

/** An argument with what it refers to. */
typedef struct storm_value {
    VARIANT outer;
    VARIANT inner; /**< what outer refers to, and by itself what is to be freed */
    int trash;     /**< nothing of it is to be freed */
} storm_value;

/** Any kind of argument that COM carries. In place: outer may refer to inner. */
void storm_value_any(storm_dice *dice, storm_value *value);

/**
 * What no COM carries: any type, pointers that are NULL or lead to zeros, arrays that lie. Only for an object
 * of this process.
 */
void storm_value_trash(storm_dice *dice, storm_value *value);

/** Text in one of the shapes of VARIANT that a name may have, or NULL. */
void storm_value_name(storm_dice *dice, storm_value *value, const wchar_t *text, uint32_t length);

/** Bytes in an array, by itself or referred to, with any lower bound. */
void storm_value_bytes(storm_dice *dice, storm_value *value, const unsigned char *bytes, uint32_t size);

/** Free what it holds. */
void storm_value_clear(storm_value *value);

/** Any name: of the usual one, near to it, of strange characters, huge. At most capacity characters. */
uint32_t storm_name(storm_dice *dice, const char *usual, wchar_t *name, uint32_t capacity);

#endif
