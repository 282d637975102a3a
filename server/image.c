#include "server/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include <oleauto.h>

#include "hotpatch_h.h"
#include "idl/fault.h"
#include "idl/log.h"
#include "idl/text.h"

HRESULT hp_image_path(wchar_t **path, hp_trouble *trouble) {
    wchar_t *text = NULL;
    for (DWORD capacity = MAX_PATH; capacity <= 0x10000; capacity *= 2) {
        wchar_t *larger =
            HP_FAULT("memory for the path of the EXE") ? NULL : realloc(text, capacity * sizeof *text);
        if (!larger) {
            free(text);
            return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "path of the EXE");
        }
        text = larger;
        DWORD length = GetModuleFileNameW(NULL, text, capacity);
        if (!length)
            break;
        if (length < capacity) { // otherwise it was cut off
            *path = text;
            return S_OK;
        }
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
    }
    HRESULT hr = hp_trouble_set_last_error(trouble, NULL, "GetModuleFileName");
    free(text);
    return hr;
}

int hp_image_place(const void *address, char *text, size_t capacity) {
    HMODULE module;
    wchar_t path[1024]; // of a longer one only the beginning: then the name may be that of a folder
    char name[3 * 256 + 1];
    char file[64];
    // To this function, no address means the EXE.
    if (!address || !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                            GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                                        address, &module)) {
        text[0] = '\0';
        return 0;
    }
    DWORD length = GetModuleFileNameW(module, path, sizeof path / sizeof *path - 1);
    path[length] = L'\0';
    const wchar_t *last = wcsrchr(path, L'\\');
    last = last ? last + 1 : path;
    int bytes =
        WideCharToMultiByte(CP_UTF8, 0, last, (int)wcsnlen(last, 256), name, sizeof name - 1, NULL, NULL);
    name[bytes > 0 ? bytes : 0] = '\0';
    hp_text_copy(file, sizeof file, name);
    snprintf(text, capacity, "%s+0x%llX", file, (unsigned long long)((uintptr_t)address - (uintptr_t)module));
    return 1;
}

static ITypeInfo *typeinfo;
static HRESULT typeinfo_result;

static BOOL CALLBACK load(INIT_ONCE *once, void *parameter, void **context) {
    (void)once;
    (void)parameter;
    (void)context;
    hp_trouble trouble = {0};
    wchar_t *path = NULL;
    ITypeLib *library = NULL;
    HRESULT hr = hp_image_path(&path, &trouble);
    if (SUCCEEDED(hr)) {
        hr = HP_FAULT("type library") ? E_UNEXPECTED : LoadTypeLibEx(path, REGKIND_NONE, &library);
        if (SUCCEEDED(hr))
            hr = ITypeLib_GetTypeInfoOfGuid(library, &DIID_IHotPatch, &typeinfo);
        if (FAILED(hr))
            hp_trouble_set_wide(&trouble, hr, path,
                                "the type library of Hotpatch is not resource 1 of this EXE");
    }
    if (library)
        ITypeLib_Release(library);
    free(path);
    if (FAILED(hr))
        hp_log_trouble(HP_LOG_WARNING, &trouble);
    typeinfo_result = hr;
    return TRUE; // a failure is kept too: the file does not change
}

HRESULT hp_image_typeinfo(ITypeInfo **info) {
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&once, load, NULL, NULL);
    *info = typeinfo;
    if (SUCCEEDED(typeinfo_result))
        ITypeInfo_AddRef(typeinfo);
    return typeinfo_result;
}
