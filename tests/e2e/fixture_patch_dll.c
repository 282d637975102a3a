/*
 * fixture_patch_v<PATCH_VERSION>.dll: a patch DLL with an engine of its own. The EXE and other patch DLLs
 * have theirs; all of them work on the same functions. See patch_host.h.
 */
#include "hotpatch/patch.h"
#include "e2e/patch_host.h"

static hp_patch *patch;

static int (*below_sum)(int, int);
static int new_sum(int a, int b) {
    return below_sum(a, b) * 10 + PATCH_VERSION;
}

static int (*below_export)(int, int);
static int new_export(int a, int b) {
    return below_export(a, b) * 10 + PATCH_VERSION;
}

typedef int64_t HP_STDCALL mix(int64_t, double, int32_t, int16_t, float, uint64_t, uint8_t);
static mix *below_mix;
static int64_t HP_STDCALL new_mix(int64_t a, double b, int32_t c, int16_t d, float e, uint64_t f, uint8_t g) {
    return below_mix(a, b, c, d, e, f, g) * 10 + PATCH_VERSION;
}

static patch_module_function *below_scale;
static int new_scale(int a) {
    return below_scale(a) * 10 + PATCH_VERSION;
}

static int (*below_hold)(HANDLE, HANDLE);
static int new_hold(HANDLE inside, HANDLE leave) {
    SetEvent(inside);
    WaitForSingleObject(leave, INFINITE);
    return below_hold(inside, leave) * 10 + PATCH_VERSION;
}

#define ADDRESS(function) ((void *)(uintptr_t)(function))
#define POINTER(pointer) ((void **)(void *)&(pointer))

static HRESULT apply(uint32_t set) {
    hp_patch_function functions[PATCH_FUNCTIONS] = {
        [PATCH_SUM] = {.name = "patch_host_sum",
                       .replacement = ADDRESS(new_sum),
                       .signature = "i32(i32 a, i32 b)",
                       .original = POINTER(below_sum)},
        [PATCH_EXPORT] = {.name = "patch_host_export",
                          .replacement = ADDRESS(new_export),
                          .signature = "i32(i32, i32)",
                          .original = POINTER(below_export)},
        [PATCH_MIX] = {.name = "patch_host_mix",
                       .replacement = ADDRESS(new_mix),
                       .signature = "stdcall i64(i64 a, f64 b, i32 c, i16 d, f32 e, u64 f, u8 g)",
                       .original = POINTER(below_mix)},
        [PATCH_SCALE] = {.module = GetModuleHandleW(L"fixture_patch_module.dll"),
                         .name = "patch_module_scale",
                         .replacement = ADDRESS(new_scale),
                         .signature = "i32(i32 a)",
                         .original = POINTER(below_scale)},
        [PATCH_HOLD] = {.name = "patch_host_hold",
                        .replacement = ADDRESS(new_hold),
                        .signature = "i32(handle inside, handle leave)",
                        .original = POINTER(below_hold)},
    };
    HRESULT hr = hp_patch_open(&patch);
    for (int i = 0; i < PATCH_FUNCTIONS && SUCCEEDED(hr); i++) {
        functions[i].size = sizeof functions[i];
        if (set >> i & 1)
            hr = hp_patch_add(patch, &functions[i]);
    }
    return SUCCEEDED(hr) ? hp_patch_commit(patch) : hr;
}

static HRESULT revert(void) {
    return hp_patch_revert(patch);
}

static HRESULT drain(uint32_t timeout_ms) {
    return hp_patch_drain(patch, timeout_ms);
}

static void close_patch(void) {
    hp_patch_close(patch);
    patch = NULL;
}

static int call_below_sum(int a, int b) {
    return below_sum(a, b);
}

__declspec(dllexport) const patch_dll *patch_calls(void);
__declspec(dllexport) const patch_dll *patch_calls(void) {
    static const patch_dll calls = {apply, revert, drain, close_patch, call_below_sum};
    return &calls;
}
