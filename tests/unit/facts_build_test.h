/**
 * @file facts_build_test.h
 * For tests of one file each: the DWARF that a test makes, and what was read of it. Include it once.
 */
#ifndef HP_TESTS_UNIT_FACTS_BUILD_TEST_H
#define HP_TESTS_UNIT_FACTS_BUILD_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_build.h"
#include "facts_support.h"

static facts_dwarf dwarf;
static hp_facts facts;

/** Set-up and tear-down of each test. */
static inline int prepare(void **state) {
    (void)state;
    facts_dwarf_begin(&dwarf);
    return 0;
}

static inline int drop(void **state) {
    (void)state;
    facts_dwarf_drop(&dwarf);
    hp_facts_free(&facts);
    return 0;
}

/** Reads what was made. */
static inline HRESULT try_it(void) {
    facts_unit_end(&dwarf);
    return facts_dwarf_read(&dwarf, NULL, &facts);
}

static inline void read_it(void) {
    assert_int_equal(try_it(), S_OK);
}

#endif
