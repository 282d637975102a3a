#include "e2e/chaos_spy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COBJMACROS
#include <windows.h>
#include <objidl.h>

static volatile LONG count;
static int realloc_had;

static HRESULT WINAPI query(IMallocSpy *spy, REFIID iid, void **object) {
    *object = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IMallocSpy) ? spy : NULL;
    return *object != NULL ? S_OK : E_NOINTERFACE;
}

static ULONG WINAPI reference(IMallocSpy *spy) {
    (void)spy;
    return 2;
}

static SIZE_T WINAPI pre_alloc(IMallocSpy *spy, SIZE_T size) {
    (void)spy;
    return size;
}

static void *WINAPI post_alloc(IMallocSpy *spy, void *memory) {
    (void)spy;
    if (memory != NULL)
        InterlockedIncrement(&count);
    return memory;
}

static void *WINAPI pre_free(IMallocSpy *spy, void *memory, BOOL is_spied) {
    (void)spy;
    if (memory != NULL && is_spied)
        InterlockedDecrement(&count);
    return memory;
}

static void WINAPI post_free(IMallocSpy *spy, BOOL is_spied) {
    (void)spy;
    (void)is_spied;
}

/* COM lets in one at a time, from before to after. */
static SIZE_T WINAPI pre_realloc(IMallocSpy *spy, void *memory, SIZE_T size, void **request, BOOL is_spied) {
    (void)spy;
    *request = memory;
    realloc_had = memory != NULL && is_spied;
    return size;
}

static void *WINAPI post_realloc(IMallocSpy *spy, void *memory, BOOL is_spied) {
    (void)spy;
    (void)is_spied;
    InterlockedExchangeAdd(&count, (memory != NULL) - realloc_had);
    return memory;
}

static void *WINAPI pre_look(IMallocSpy *spy, void *memory, BOOL is_spied) {
    (void)spy;
    (void)is_spied;
    return memory;
}

static SIZE_T WINAPI post_size(IMallocSpy *spy, SIZE_T size, BOOL is_spied) {
    (void)spy;
    (void)is_spied;
    return size;
}

static int WINAPI post_did(IMallocSpy *spy, void *memory, BOOL is_spied, int did) {
    (void)spy;
    (void)memory;
    (void)is_spied;
    return did;
}

static void WINAPI minimize(IMallocSpy *spy) {
    (void)spy;
}

static IMallocSpyVtbl table = {query,     reference, reference,   pre_alloc,    post_alloc,
                               pre_free,  post_free, pre_realloc, post_realloc, pre_look,
                               post_size, pre_look,  post_did,    minimize,     minimize};

void chaos_spy_open(void) {
    static IMallocSpy it = {&table};
    assert_int_equal(CoRegisterMallocSpy(&it), S_OK);
}

int chaos_spy_count(void) {
    return count;
}
