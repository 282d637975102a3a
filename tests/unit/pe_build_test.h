/**
 * @file pe_build_test.h
 * For tests of one file each: the image that a test makes, and what was read of it. Include it once.
 */
#ifndef HP_TESTS_UNIT_PE_BUILD_TEST_H
#define HP_TESTS_UNIT_PE_BUILD_TEST_H

#include "pe_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static pe_image image;
static hp_pe pe;

/** Reads the image, which is sound. */
static inline void open_again(void) {
    const char *reason = "not asked";
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, &reason), S_OK);
    assert_null(reason);
}

/** Makes an image, and reads it. */
static inline void open_image(hp_arch arch, unsigned parts) {
    pe_build(&image, arch, parts);
    open_again();
}

#endif
