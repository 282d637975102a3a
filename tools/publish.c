#include "tools/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "proxygen/table.h"
#include "tools/symbols.h"
#include "tools/tool.h"

static HRESULT write_new(const wchar_t *path, const unsigned char *bytes, size_t size, hp_trouble *trouble) {
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return hp_trouble_set_last_error(trouble, NULL, "CreateFile of the new image");
    DWORD written = 0;
    BOOL done =
        WriteFile(file, bytes, (DWORD)size, &written, NULL) && written == size && FlushFileBuffers(file);
    HRESULT hr = done ? S_OK : hp_trouble_set_last_error(trouble, NULL, "WriteFile of the new image");
    CloseHandle(file);
    return hr;
}

static HRESULT unverified(hp_trouble *trouble, const char *what) {
    return hp_trouble_set(trouble, HP_E_IMAGE_UNVERIFIED, NULL, "%s", what);
}

static int is_kept(const hp_pe *original, const hp_pe_section *before, const hp_pe *written) {
    hp_pe_section after;
    return hp_pe_section_at(written, before->rva, &after) && after.rva == before->rva &&
           after.raw_size == before->raw_size &&
           memcmp(written->bytes + after.raw, original->bytes + before->raw, before->raw_size) == 0;
}

/* But for the last one: that may be the table of an earlier run. */
static HRESULT compare_sections(const hp_pe *original, const hp_pe *written, hp_trouble *trouble) {
    for (uint16_t i = 0; i + 1 < original->section_count; i++) {
        hp_pe_section before;
        hp_pe_section_get(original, i, &before);
        if (before.raw_size > 0 && !is_kept(original, &before, written))
            return unverified(trouble, "a section has changed");
    }
    return S_OK;
}

static HRESULT read_back(const char *path, const hp_pe *original, const unsigned char *image, size_t size,
                         hp_trouble *trouble) {
    unsigned char *bytes;
    size_t length;
    hp_pe written;
    const char *reason = "";
    HRESULT hr = hp_tool_read_file(path, &bytes, &length, trouble);
    if (FAILED(hr))
        return hr;
    if (length != size || memcmp(bytes, image, size) != 0)
        hr = unverified(trouble, "the file does not read back");
    else if (FAILED(hp_pe_open(bytes, length, &written, &reason)))
        hr = unverified(trouble, reason);
    else
        hr = compare_sections(original, &written, trouble);
    free(bytes);
    return hr;
}

/* By the system's own eyes. */
static HRESULT find_resource(const wchar_t *path, const unsigned char *image, size_t size,
                             hp_trouble *trouble) {
    hp_pe pe;
    const hp_span wanted =
        SUCCEEDED(hp_pe_open(image, size, &pe, NULL)) ? hp_pe_rcdata(&pe, HP_TABLE_RESOURCE) : (hp_span){0};
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    if (module == NULL)
        return unverified(trouble, "the system does not load the new image");
    HRSRC found = FindResourceA(module, HP_TABLE_RESOURCE, MAKEINTRESOURCEA(10));
    HRESULT hr = S_OK;
    if ((found != NULL) != (wanted.at != NULL) ||
        (found != NULL && SizeofResource(module, found) != wanted.size))
        hr = unverified(trouble, "the system does not find the resource in the new image");
    FreeLibrary(module);
    return hr;
}

/* A process that has not run yet: the system has mapped the image and found nothing wrong with it. */
static HRESULT start_suspended(const wchar_t *path, hp_trouble *trouble) {
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    if (!CreateProcessW(path, NULL, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, NULL,
                        &startup, &process)) {
        enum { ELEVATION_REQUIRED = 740 }; /* ERROR_ELEVATION_REQUIRED; not in every winerror.h */
        const DWORD error = GetLastError();
        if (error == ELEVATION_REQUIRED) /* its manifest was read, so it is sound */
            return S_OK;
        return hp_trouble_set(trouble, HP_E_IMAGE_UNVERIFIED, NULL,
                              "the system does not start the new image (error %lu)", (unsigned long)error);
    }
    TerminateProcess(process.hProcess, 0);
    WaitForSingleObject(process.hProcess, INFINITE); /* it has the file open */
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return S_OK;
}

static HRESULT count_functions(const wchar_t *path, const hp_pe *original, size_t functions,
                               hp_trouble *trouble) {
    size_t found;
    hp_trouble inner = {0};
    HRESULT hr = hp_symbols_count(path, original->arch, &found, &inner);
    if (SUCCEEDED(hr) && found == functions)
        return S_OK;
    return FAILED(hr) ? unverified(trouble, "dbghelp cannot read the new image any more")
                      : unverified(trouble, "dbghelp finds other functions in the new image");
}

static HRESULT put_in_place(const wchar_t *target, const wchar_t *temporary, hp_trouble *trouble) {
    /* ReplaceFile keeps the attributes and rights that the target has. */
    const BOOL done = GetFileAttributesW(target) != INVALID_FILE_ATTRIBUTES
                          ? ReplaceFileW(target, temporary, NULL, REPLACEFILE_IGNORE_MERGE_ERRORS, NULL, NULL)
                          : MoveFileExW(temporary, target, MOVEFILE_WRITE_THROUGH);
    return done ? S_OK
                : hp_trouble_set_last_error(trouble, NULL,
                                            "renaming the new image (does the old one still run?)");
}

/* ReplaceFile wants whole paths (Wine's does). */
static wchar_t *whole_path(const char *name) {
    wchar_t *wide = hp_tool_wide(name);
    const DWORD length = wide != NULL ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
    wchar_t *whole = length > 0 ? malloc(length * sizeof *whole) : NULL;
    if (whole != NULL && GetFullPathNameW(wide, length, whole, NULL) >= length) {
        free(whole);
        whole = NULL;
    }
    free(wide);
    return whole;
}

HRESULT hp_publish_image(const char *target, const hp_pe *original, const unsigned char *image, size_t size,
                         size_t functions, hp_trouble *trouble) {
    const size_t capacity = strlen(target) + 40;
    char *name = malloc(capacity);
    if (name == NULL)
        return E_OUTOFMEMORY;
    snprintf(name, capacity, "%s.hotpatch-%lu.tmp", target, (unsigned long)GetCurrentProcessId());
    wchar_t *temporary = whole_path(name), *wide = whole_path(target);
    HRESULT hr = temporary != NULL && wide != NULL ? S_OK : E_OUTOFMEMORY;
    if (SUCCEEDED(hr))
        hr = write_new(temporary, image, size, trouble);
    if (SUCCEEDED(hr))
        hr = read_back(name, original, image, size, trouble);
    if (SUCCEEDED(hr))
        hr = find_resource(temporary, image, size, trouble);
    if (SUCCEEDED(hr))
        hr = count_functions(temporary, original, functions, trouble);
    if (SUCCEEDED(hr) && !original->is_dll)
        hr = start_suspended(temporary, trouble);
    if (SUCCEEDED(hr))
        hr = put_in_place(wide, temporary, trouble);
    if (FAILED(hr) && temporary != NULL)
        DeleteFileW(temporary);
    free(temporary);
    free(wide);
    free(name);
    return hr;
}
