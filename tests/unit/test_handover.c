// A class object from the memory that app and update share: what stands there is the update's claim.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "idl/handover.h"

#include <objbase.h>

static HRESULT STDMETHODCALLTYPE query(IClassFactory *self, REFIID iid, void **out) {
    *out = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IClassFactory) ? self : NULL;
    return *out != NULL ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE count(IClassFactory *self) {
    (void)self;
    return 1;
}

static HRESULT STDMETHODCALLTYPE create(IClassFactory *self, IUnknown *outer, REFIID iid, void **out) {
    (void)self;
    (void)outer;
    (void)iid;
    *out = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE lock(IClassFactory *self, BOOL locked) {
    (void)self;
    (void)locked;
    return S_OK;
}

static IClassFactoryVtbl table = {query, count, count, create, lock};
static IClassFactory object = {&table};
static HANDLE section;
static unsigned char *shared; /* 4 bytes of size, then the OBJREF */

static uint32_t *word(size_t at) {
    return (uint32_t *)(void *)(shared + at);
}

static int begin(void **state) {
    (void)state;
    assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_int_equal(hp_handover_make(&section), S_OK);
    shared = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, HP_HANDOVER_SIZE);
    assert_non_null(shared);
    return 0;
}

static int end(void **state) {
    (void)state;
    CoDisconnectObject((IUnknown *)&object, 0);
    UnmapViewOfFile(shared);
    CloseHandle(section);
    CoUninitialize();
    return 0;
}

static void give(void) {
    assert_int_equal(hp_handover_give(section, (IUnknown *)&object, &IID_IClassFactory), S_OK);
}

static void refused(void) {
    void *taken = &object;
    assert_int_equal(hp_handover_take(section, &IID_IClassFactory, &taken), HP_E_SERVER_NOT_HOTPATCH);
    assert_null(taken);
}

static void what_com_marshalled_is_taken(void **state) {
    (void)state;
    void *taken;
    give();
    assert_int_equal(hp_handover_take(section, &IID_IClassFactory, &taken), S_OK);
    assert_ptr_equal(taken, &object);
}

static void nothing_given_is_no_error(void **state) {
    (void)state;
    void *taken = &object;
    assert_int_equal(hp_handover_take(section, &IID_IClassFactory, &taken), S_FALSE);
    assert_null(taken);
}

/* COM would load the class and let it read the rest. */
static void object_that_brings_a_class_of_its_own_is_refused(void **state) {
    (void)state;
    static const uint32_t flags[] = {0, 2, 4, 5, 9, 0x80000001u, 0xFFFFFFFFu};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        give();
        *word(8) = flags[i];
        refused();
    }
}

static void object_of_another_form_is_refused(void **state) {
    (void)state;
    give();
    ++*word(4); /* signature */
    refused();
    give();
    ++*word(12); /* interface */
    refused();
}

static void sizes_that_cannot_be_are_refused(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1,           4,          23, HP_HANDOVER_SIZE - 3, HP_HANDOVER_SIZE,
                                     0x80000000u, 0xFFFFFFFFu};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        give();
        *word(0) = sizes[i];
        refused();
    }
}

static void object_that_is_cut_off_is_an_error(void **state) {
    (void)state;
    for (uint32_t size = 24; size < 24 + 40; size += 4) {
        void *taken = &object;
        give();
        *word(0) = size;
        assert_true(FAILED(hp_handover_take(section, &IID_IClassFactory, &taken)));
        assert_null(taken);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_com_marshalled_is_taken),
        TEST(nothing_given_is_no_error),
        TEST(object_that_brings_a_class_of_its_own_is_refused),
        TEST(object_of_another_form_is_refused),
        TEST(sizes_that_cannot_be_are_refused),
        TEST(object_that_is_cut_off_is_an_error),
    };
    return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
