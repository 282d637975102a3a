#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "e2e/patch_load.h"

void *patch_export(HMODULE module, const char *name) {
    void *address = (void *)(uintptr_t)GetProcAddress(module, name);
    assert_non_null(address);
    return address;
}

patch_loaded patch_load(int version) {
    patch_loaded it = {.module = NULL};
    swprintf(it.name, sizeof it.name / sizeof *it.name, L"fixture_patch_v%d.dll", version);
    assert_null(GetModuleHandleW(it.name));
    it.module = LoadLibraryW(it.name);
    assert_non_null(it.module);
    it.calls = ((const patch_dll *(*)(void))(uintptr_t)patch_export(it.module, "patch_calls"))();
    return it;
}

void patch_unload(const patch_loaded *it) {
    assert_true(FreeLibrary(it->module));
    assert_null(GetModuleHandleW(it->name));
}

void patch_take_away(const patch_loaded *it) {
    assert_int_equal(it->calls->revert(), S_OK);
    assert_int_equal(it->calls->drain(PATCH_SOON), S_OK);
    it->calls->close();
    patch_unload(it);
}
