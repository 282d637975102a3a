/**
 * @file abi.h
 * Harness of the ABI tests. Each is one EXE that is app and update: hp_abi_main serves the
 * HP_EXPORT functions if COM started it, and otherwise registers itself, attaches to itself
 * and runs every check five times:
 *
 *     before            nothing is patched
 *     attached          every exported function runs in the update
 *     detached          original code again
 *     attached again
 *     killed            the update was terminated: thunks are in place and run the original code
 *
 * A function under test mixes hp_abi_in_update into its result, so that the result tells where it ran.
 */
#ifndef HP_TESTS_ABI_H
#define HP_TESTS_ABI_H

#include <hotpatch/hotpatch.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

/** Value of hp_abi_in_update in the update. Odd, so that it turns a bool over, and nonzero in every byte. */
#define HP_ABI_UPDATE 0x5A3C2D17u

/** 0 in the app, HP_ABI_UPDATE in the update. */
extern volatile uint32_t hp_abi_in_update;

/** One hazard. The function asserts with cmocka's macros. */
typedef struct hp_abi_check {
    const char *name;
    void (*run)(void);
} hp_abi_check;

#define HP_ABI_CHECK(function)                                                                               \
    { #function, function }

/**
 * Run the checks in every phase, or serve. To be returned from main.
 *
 * @param checks  count of them; static
 * @return exit code of the process
 */
int hp_abi_main(const hp_abi_check *checks, size_t count);

/** The value of hp_abi_in_update that results must show in this phase. */
uint32_t hp_abi_expected(void);

/**
 * End the update as a crash would, and wait until it has ended. For checks that need it in the midst of
 * things.
 */
void hp_abi_kill_update(void);

/** Send every line of the log to a sink; NULL: warnings and errors to stderr, as it is without a call. */
void hp_abi_log_set(hp_log_sink *sink);

/** Process id of the update that the app is attached to, 0 before the first attach. */
uint32_t hp_abi_update_pid(void);

/** Start value of a fold. */
#define HP_ABI_FOLD 0xCBF29CE484222325u

/** Mix bytes into a hash (FNV-1a, 64 bits: order and every bit matter). */
uint64_t hp_abi_fold(uint64_t hash, const void *bytes, size_t size);

/** Mix a variable into a hash: only its own bytes, so for structures without padding. */
#define HP_ABI_FOLD_IN(hash, variable) hp_abi_fold((hash), &(variable), sizeof(variable))

/** Next number of a repeatable series (SplitMix64, Steele and others 2014). */
uint64_t hp_abi_random(uint64_t *state);

/**
 * Memory between two guards, which are 64 bytes each.
 *
 * @param size  bytes, may be 0; filled with 0xA5
 * @return the memory, aligned to 16; given back with hp_abi_guarded_free
 */
void *hp_abi_guarded(size_t size);

/** 1 if nobody wrote outside of the memory. Callable on any thread. */
int hp_abi_guards_hold(const void *memory);

/** Fail the check if somebody wrote outside of the memory, then free it. NULL is allowed. */
void hp_abi_guarded_free(void *memory);

#endif
