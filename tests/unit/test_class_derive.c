// Class ids that are derived from a name: the same everywhere, forever.
#include "hotpatch_h.h"
#include "registry/class.h"
#include "registry/class_derive.h"
#include "registry/class_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include <cmocka.h>

static void expect_id(const GUID *id, const wchar_t *text) {
    wchar_t actual[39];
    StringFromGUID2(id, actual, 39);
    if (wcscmp(actual, text) != 0)
        fail_msg("%ls and not %ls", actual, text);
}

// RFC 9562, appendix A.4. Fields hashed in the machine's byte order would give another id.
static void example_of_the_rfc(void **state) {
    (void)state;
    const GUID dns = {0x6ba7b810, 0x9dad, 0x11d1, {0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};
    GUID id;
    assert_int_equal(hp_class_derive_uuid(&dns, "www.example.com", 15, &id), S_OK);
    expect_id(&id, L"{2ED6657D-E927-568B-95E1-2665A8AEA6A2}");
}

// Classes in the field are found by these ids.
static void ids_never_change(void **state) {
    (void)state;
    CLSID id;
    assert_int_equal(hp_class_derive_clsid(L"Acme.Game.Update", 1, &id), S_OK);
    expect_id(&id, L"{6AA91EF4-B943-5C72-90E7-09B8B2E1D30B}");
    assert_int_equal(hp_class_derive_clsid(L"Acme.Game.Update", 2, &id), S_OK);
    expect_id(&id, L"{668F38B1-6E35-583E-9B22-D7B053E55817}");
}

// The registry does not tell them apart.
static void case_does_not_matter(void **state) {
    (void)state;
    CLSID one, other;
    assert_int_equal(hp_class_derive_clsid(L"Acme.Game", 7, &one), S_OK);
    assert_int_equal(hp_class_derive_clsid(L"ACME.game", 7, &other), S_OK);
    assert_memory_equal(&one, &other, sizeof one);
}

static void different_names_and_versions_differ(void **state) {
    (void)state;
    CLSID ids[200];
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(hp_class_derive_clsid(L"A.B", i + 1, &ids[i]), S_OK);
        assert_int_equal(hp_class_derive_clsid(L"A.C", i + 1, &ids[100 + i]), S_OK);
    }
    for (int i = 0; i < 200; i++) {
        assert_int_equal(ids[i].Data3 >> 12, 5);
        assert_int_equal(ids[i].Data4[0] >> 6, 2);
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(&ids[i], &ids[j], sizeof ids[i]);
    }
}

static void malformed_names_are_refused(void **state) {
    (void)state;
    CLSID id;
    assert_int_equal(hp_class_derive_clsid(L"A", 0, &id), E_INVALIDARG);
    assert_int_equal(hp_class_derive_clsid(L"A B", 1, &id), E_INVALIDARG);
    assert_int_equal(hp_class_derive_clsid(NULL, 1, &id), E_INVALIDARG);
    assert_int_equal(hp_class_derive_clsid(L"A23456789.B23456789.C23456789.D2345678", 1, &id), E_INVALIDARG);
    assert_memory_equal(&id, &GUID_NULL, sizeof id);
}

// What is registered for the type library, and what widl has given it.
static void library_is_registered_under_its_own_id(void **state) {
    (void)state;
    expect_id(&LIBID_HotPatch, HP_CLASS_LIBID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_is_registered_under_its_own_id),
        cmocka_unit_test(example_of_the_rfc),
        cmocka_unit_test(ids_never_change),
        cmocka_unit_test(case_does_not_matter),
        cmocka_unit_test(different_names_and_versions_differ),
        cmocka_unit_test(malformed_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
