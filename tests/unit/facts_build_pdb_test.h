/**
 * @file facts_build_pdb_test.h
 * For tests of one file each: the PDB that a test makes, and what was read of it. Include it once.
 */
#ifndef HP_TESTS_UNIT_FACTS_BUILD_PDB_TEST_H
#define HP_TESTS_UNIT_FACTS_BUILD_PDB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts_build_pdb.h"
#include "facts_support.h"
#include "pe_build.h"

static facts_pdb pdb;
static hp_facts facts;

/** Tear-down of each test. */
static inline int drop(void **state) {
    (void)state;
    facts_pdb_drop(&pdb);
    hp_facts_free(&facts);
    return 0;
}

/** Reads what facts_pdb_make has made. */
static inline HRESULT try_it(void) {
    hp_facts_free(&facts);
    return facts_pdb_read(&pdb, SIZE_MAX, &facts);
}

/** Makes it, and reads it. */
static inline void read_it(void) {
    facts_pdb_make(&pdb);
    assert_int_equal(try_it(), S_OK);
}

#endif
