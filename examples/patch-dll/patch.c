/*
 * The patch DLL: one transaction that redirects a function of the EXE and one of engine.dll, all or nothing,
 * while other threads may be running in them. Both replacements call what they replace.
 *
 *     Patch()               redirect
 *     Unpatch(timeout_ms)   take it back, and wait until no call is inside this DLL: S_OK, it may be unloaded
 *
 * Nothing happens in DllMain: the loader's lock is held there.
 */
#include <hotpatch/patch.h>
#include <stdio.h>

static hp_patch *patch;
static int (*original_fare_cents)(int km, int travellers);
static double (*original_engine_km)(double east, double north);

/* Of three travellers one goes free. */
static int new_fare_cents(int km, int travellers) {
    return original_fare_cents(km, travellers - travellers / 3);
}

/* The bridge is closed. */
static double new_engine_km(double east, double north) {
    return original_engine_km(east, north) + 2.5;
}

static HRESULT add(const wchar_t *module, const char *name, void *replacement, const char *signature,
                   void **original) {
    const hp_patch_function function = {.size = sizeof function,
                                        .module = GetModuleHandleW(module),
                                        .name = name,
                                        .replacement = replacement,
                                        .signature = signature, /* so that calls are counted */
                                        .original = original};
    return hp_patch_add(patch, &function);
}

static HRESULT redirect(void) {
    HRESULT hr = add(NULL, "fare_cents", (void *)(uintptr_t)new_fare_cents, "i32(i32 km, i32 travellers)",
                     (void **)(void *)&original_fare_cents);
    if (SUCCEEDED(hr))
        hr = add(L"engine.dll", "engine_km", (void *)(uintptr_t)new_engine_km, "f64(f64 east, f64 north)",
                 (void **)(void *)&original_engine_km);
    return SUCCEEDED(hr) ? hp_patch_commit(patch) : hr;
}

static void complain(void) {
    hp_patch_trouble trouble = {.size = sizeof trouble};
    char line[1024];
    if (FAILED(hp_patch_explain(patch, &trouble))) {
        hp_error_format(trouble.result, trouble.name, trouble.detail, line, sizeof line);
        fprintf(stderr, "patch.dll: %s\n", line);
    }
}

__declspec(dllexport) HRESULT Patch(void) {
    if (patch != NULL)
        return HP_E_PATCH_STATE;
    HRESULT hr = hp_patch_open(&patch);
    if (FAILED(hr))
        return hr;
    hr = redirect();
    if (FAILED(hr)) { /* nothing has changed */
        complain();
        hp_patch_close(patch);
        patch = NULL;
    }
    return hr;
}

static HRESULT take_back(uint32_t timeout_ms) {
    static int reverted;
    HRESULT hr = reverted ? S_OK : hp_patch_revert(patch);
    if (hr == HP_E_FOREIGN_BYTES)
        complain(); /* somebody else's patch lies over ours: it stays, and does not lead here any more */
    else if (FAILED(hr))
        return hr;
    reverted = 1;
    hr = hp_patch_drain(patch, timeout_ms);
    if (SUCCEEDED(hr))
        reverted = 0;
    return hr;
}

__declspec(dllexport) HRESULT Unpatch(uint32_t timeout_ms) {
    if (patch == NULL)
        return S_FALSE;
    HRESULT hr = take_back(timeout_ms);
    if (FAILED(hr)) { /* busy: call Unpatch again later */
        complain();
        return hr;
    }
    hp_patch_close(patch);
    patch = NULL;
    return S_OK;
}
