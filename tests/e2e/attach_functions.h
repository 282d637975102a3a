/**
 * @file attach_functions.h
 * The app of the attach tests: functions that can be redirected, and functions that
 * cannot, each for another reason.
 */
#ifndef HP_TESTS_E2E_ATTACH_FUNCTIONS_H
#define HP_TESTS_E2E_ATTACH_FUNCTIONS_H

#include <stddef.h>

/* Good. err_add has an HP_EXPORT in the app, too. */
int err_add(int a, int b);
double err_scale(double value, int factor);
/* Fills the first half with 'o', leaves the rest alone, and says how much it filled. */
unsigned err_fill(unsigned char *data, unsigned size);

/* Known to the app besides: err_listed (HP_EXPORT only), err_plain (no nops at the entry), err_occupied (code
 * right before it), err_crooked (misaligned), err_data (not code), err_twin and err_twin_again (one address),
 * err_double (two functions of that name), err_misread (its HP_EXPORT in the app is malformed). */

/**
 * Code bytes around every function above, the protection of their pages, and how much
 * private executable memory there is.
 */
typedef struct code_state code_state;

code_state *code_save(void);

/** Fail the test unless everything is as it was; frees the state. */
void code_expect(code_state *state);

/** The same, but there may be more executable memory: thunks are kept for ever. */
void code_expect_bytes(code_state *state);

/**
 * Do what a stranger does: begin err_scale with a jump (to its own second
 * instruction, so that it still works).
 */
void code_patch_scale(void);
void code_unpatch_scale(void);

#endif
