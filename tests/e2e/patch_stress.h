/**
 * @file patch_stress.h
 * 64 functions of every kind of entry, and replacements of four layers for each. Numbers have two octal
 * digits: the row says how a function is called, and how it is made:
 *
 *     rows 0 to 5   HP_PATCHABLE; two parameters: 0 and 4 cdecl, 1 stdcall; six: 2 cdecl, 3 and 5 stdcall
 *     rows 6 and 7  patch_stress.S, cdecl with two parameters, entries as other compilers make them
 *
 * A function gives 16 bits that depend on its number and on all arguments. A replacement adds the bit of its
 * layer to what it has as its original gives: so a result tells which layers a call ran through.
 */
#ifndef HP_TESTS_E2E_PATCH_STRESS_H
#define HP_TESTS_E2E_PATCH_STRESS_H

#include <stdint.h>

enum { STRESS_FUNCTIONS = 64, STRESS_LAYERS = 4 };

/** What a layer adds. */
#define STRESS_BIT(layer) (1u << (16 + 4 * (layer)))

/** One of the functions. */
typedef struct stress_function {
    void *entry;
    const char *signature;
    void *counted[STRESS_LAYERS];   /**< replacements that call their original */
    void *uncounted[STRESS_LAYERS]; /**< those that do not */
} stress_function;

extern const stress_function stress_functions[STRESS_FUNCTIONS];

/** What the counted replacements call; filled in by hp_patch_commit. */
extern void *stress_below[STRESS_FUNCTIONS][STRESS_LAYERS];

/** Call a function with arguments that follow from x. */
uint32_t stress_call(int number, uint32_t x);

/** What it gives if it is not patched. */
uint32_t stress_plain(int number, uint32_t x);

#endif
