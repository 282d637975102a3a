// The bytes of a class object that an update hands over, before COM reads them: whatever would make COM load
// a class, or read beyond their end, is refused.
#include "idl/handover_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char iid[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};

enum { STANDARD = 1, HANDLER = 2, CUSTOM = 4, EXTENDED = 8, MOST = 256 };

/* An object with so many entries of bindings, and something behind it; its size without that. */
static size_t make(unsigned char bytes[MOST], uint32_t flags, uint16_t entries, uint16_t security) {
    memset(bytes, 0x33, MOST);
    memcpy(bytes, "MEOW", 4);
    memcpy(bytes + 4, &flags, 4);
    memcpy(bytes + 8, iid, sizeof iid);
    size_t at = 64;
    if (flags == EXTENDED) {
        memcpy(bytes + at, "VYSN", 4);
        at += 4;
    }
    memcpy(bytes + at, &entries, 2);
    memcpy(bytes + at + 2, &security, 2);
    return at + 4 + 2u * entries;
}

/* Of its exact size: a sanitizer sees a read behind it. */
static HRESULT check(const unsigned char *bytes, size_t size) {
    unsigned char *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const HRESULT hr = hp_handover_check(exact, size, iid);
    free(exact);
    return hr;
}

static void what_com_writes_is_taken(void **state) {
    (void)state;
    unsigned char bytes[MOST];
    assert_int_equal(check(bytes, make(bytes, STANDARD, 0, 0)), S_OK); // Wine
    assert_int_equal(check(bytes, make(bytes, STANDARD, 40, 30)), S_OK);
    assert_int_equal(check(bytes, make(bytes, STANDARD, 40, 40) + 100), S_OK);
    assert_int_equal(check(bytes, make(bytes, EXTENDED, 40, 30) + 24), S_OK);
}

static void form_that_names_a_class_is_refused(void **state) {
    (void)state;
    unsigned char bytes[MOST];
    static const uint32_t flags[] = {0, HANDLER, CUSTOM, 3, 5, 9, 12, 0x10, 0x80000001u, UINT32_MAX};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        make(bytes, flags[i], 0, 0);
        assert_int_equal(check(bytes, MOST), HP_E_SERVER_NOT_HOTPATCH);
    }
}

static void another_signature_or_interface_is_refused(void **state) {
    (void)state;
    static const size_t at[] = {0, 1, 2, 3, 8, 15, 23};
    unsigned char bytes[MOST];
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        make(bytes, STANDARD, 0, 0);
        bytes[at[i]] ^= 0x20;
        assert_int_equal(check(bytes, MOST), HP_E_SERVER_NOT_HOTPATCH);
    }
    make(bytes, EXTENDED, 0, 0);
    bytes[66] ^= 0x20;
    assert_int_equal(check(bytes, MOST), HP_E_SERVER_NOT_HOTPATCH);
}

static void object_that_is_cut_off_anywhere_is_refused(void **state) {
    (void)state;
    unsigned char bytes[MOST];
    for (uint32_t flags = STANDARD; flags <= EXTENDED; flags += EXTENDED - STANDARD) {
        const size_t whole = make(bytes, flags, 7, 3);
        for (size_t size = 0; size < whole; size++)
            assert_int_equal(check(bytes, size), HP_E_SERVER_NOT_HOTPATCH);
        assert_int_equal(check(bytes, whole), S_OK);
    }
}

static void bindings_that_lie_are_refused(void **state) {
    (void)state;
    unsigned char bytes[MOST];
    make(bytes, STANDARD, UINT16_MAX, 0); // more than there is
    assert_int_equal(check(bytes, MOST), HP_E_SERVER_NOT_HOTPATCH);
    make(bytes, STANDARD, 7, 8); // security behind the end
    assert_int_equal(check(bytes, MOST), HP_E_SERVER_NOT_HOTPATCH);
    make(bytes, STANDARD, 0, UINT16_MAX);
    assert_int_equal(check(bytes, MOST), HP_E_SERVER_NOT_HOTPATCH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_com_writes_is_taken),
        cmocka_unit_test(form_that_names_a_class_is_refused),
        cmocka_unit_test(another_signature_or_interface_is_refused),
        cmocka_unit_test(object_that_is_cut_off_anywhere_is_refused),
        cmocka_unit_test(bindings_that_lie_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
