#include "tools/image/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "proxygen/table.h"
#include "tools/debug/symbols.h"
#include "tools/print.h"
#include "tools/tool.h"

static HRESULT write_all(HANDLE file, const unsigned char *bytes, size_t size, hp_trouble *trouble) {
    DWORD written = 0;
    BOOL done =
        WriteFile(file, bytes, (DWORD)size, &written, NULL) && written == size && FlushFileBuffers(file);
    return done ? S_OK : hp_trouble_set_last_error(trouble, NULL, "WriteFile of the new image");
}

/**
 * Write a file beside the target under a name that nobody has.
 *
 * @param name  receives it, UTF-8, malloc'ed; NULL if no file was made
 */
static HRESULT write_beside(const char *target, const unsigned char *bytes, size_t size, char **name,
                            hp_trouble *trouble) {
    enum { TRIES = 100 };
    const size_t capacity = strlen(target) + 48;
    char *path = malloc(capacity);
    HANDLE file = INVALID_HANDLE_VALUE;
    *name = NULL;
    if (path == NULL)
        return E_OUTOFMEMORY;
    for (unsigned i = 0; i < TRIES && file == INVALID_HANDLE_VALUE; i++) {
        snprintf(path, capacity, "%s.hotpatch-%lu-%u.tmp", target, (unsigned long)GetCurrentProcessId(), i);
        wchar_t *wide = hp_tool_wide(path);
        if (wide != NULL)
            file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        free(wide);
        if (file == INVALID_HANDLE_VALUE && GetLastError() != ERROR_FILE_EXISTS)
            break;
    }
    if (file == INVALID_HANDLE_VALUE) {
        hp_trouble_set_last_error(trouble, path, "CreateFile of the new image");
        free(path);
        return trouble->result;
    }
    *name = path;
    HRESULT hr = write_all(file, bytes, size, trouble);
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

/* Somebody who has just looked at it, a process that is ending or a virus scanner, may still have it open. */
static void remove_old(const wchar_t *old) {
    enum { TRIES = 100, PAUSE_MS = 20 };
    for (int i = 0; i < TRIES && !DeleteFileW(old); i++) {
        if (GetLastError() == ERROR_FILE_NOT_FOUND)
            return;
        Sleep(PAUSE_MS);
    }
    if (GetFileAttributesW(old) != INVALID_FILE_ATTRIBUTES)
        hp_print_note("the image as it was is still in use, and stays as %ls: delete it later", old);
}

/* ReplaceFile keeps the attributes and rights that the target has. The old image gets a name of ours: under
 * one that ReplaceFile makes up it may stay behind without a word. */
static BOOL replace(const wchar_t *target, const wchar_t *temporary, const wchar_t *old) {
    if (ReplaceFileW(target, temporary, old, REPLACEFILE_IGNORE_MERGE_ERRORS, NULL, NULL)) {
        remove_old(old);
        return TRUE;
    }
    const DWORD error = GetLastError();
    if (GetFileAttributesW(target) == INVALID_FILE_ATTRIBUTES) /* it failed half-way */
        MoveFileExW(old, target, 0);
    SetLastError(error);
    return FALSE;
}

static HRESULT put_in_place(const wchar_t *target, const wchar_t *temporary, hp_trouble *trouble) {
    const size_t room = wcslen(temporary) + 5;
    wchar_t *old = malloc(room * sizeof *old);
    if (old == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    swprintf(old, room, L"%ls.old", temporary); /* as unique as the other */
    const BOOL done = GetFileAttributesW(target) != INVALID_FILE_ATTRIBUTES
                          ? replace(target, temporary, old)
                          : MoveFileExW(temporary, target, MOVEFILE_WRITE_THROUGH);
    const HRESULT hr = done ? S_OK
                            : hp_trouble_set_last_error(
                                  trouble, NULL, "renaming the new image (does the old one still run?)");
    free(old);
    return hr;
}

static char *utf8_of(wchar_t *wide) {
    char *text = wide != NULL ? hp_tool_utf8(wide) : NULL;
    free(wide);
    return text;
}

/* Where links lead, without the prefix that the system gives long paths; NULL if that is not known. */
static char *follow_links(const wchar_t *path) {
    HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    const DWORD length = GetFinalPathNameByHandleW(file, NULL, 0, FILE_NAME_NORMALIZED);
    wchar_t *whole = length > 0 ? malloc((length + 1) * sizeof *whole) : NULL;
    if (whole != NULL && GetFinalPathNameByHandleW(file, whole, length + 1, FILE_NAME_NORMALIZED) > length) {
        free(whole);
        whole = NULL;
    }
    CloseHandle(file);
    if (whole != NULL && wcsncmp(whole, L"\\\\?\\UNC\\", 8) != 0 && wcsncmp(whole, L"\\\\?\\", 4) == 0)
        memmove(whole, whole + 4, (wcslen(whole + 4) + 1) * sizeof *whole);
    return utf8_of(whole);
}

/* The file itself, by a whole path: what a link leads to is replaced, and not the link. ReplaceFile wants
 * whole paths. */
static HRESULT find_place(const char *target, char **place, hp_trouble *trouble) {
    wchar_t *wide = hp_tool_wide(target);
    const DWORD attributes = wide != NULL ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    *place = NULL;
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        free(wide);
        return hp_trouble_set(trouble, HRESULT_FROM_WIN32(ERROR_DIRECTORY), target, "it is a directory");
    }
    if (attributes != INVALID_FILE_ATTRIBUTES)
        *place = follow_links(wide);
    const DWORD length = wide != NULL && *place == NULL ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
    wchar_t *whole = length > 0 ? malloc(length * sizeof *whole) : NULL;
    if (whole != NULL && GetFullPathNameW(wide, length, whole, NULL) < length)
        *place = utf8_of(whole);
    else
        free(whole);
    free(wide);
    return *place != NULL ? S_OK : hp_trouble_set(trouble, E_INVALIDARG, target, "no such path can be");
}

static HRESULT verify(const char *name, const wchar_t *path, const hp_pe *original,
                      const unsigned char *image, size_t size, size_t functions, hp_trouble *trouble) {
    HRESULT hr = read_back(name, original, image, size, trouble);
    if (SUCCEEDED(hr))
        hr = find_resource(path, image, size, trouble);
    if (SUCCEEDED(hr) && functions != HP_PUBLISH_UNCOUNTED)
        hr = count_functions(path, original, functions, trouble);
    if (SUCCEEDED(hr) && !original->is_dll)
        hr = start_suspended(path, trouble);
    return hr;
}

HRESULT hp_publish_image(const char *target, const hp_pe *original, const unsigned char *image, size_t size,
                         size_t functions, hp_trouble *trouble) {
    char *place, *name = NULL;
    HRESULT hr = find_place(target, &place, trouble);
    if (SUCCEEDED(hr) && place != NULL)
        hr = write_beside(place, image, size, &name, trouble);
    wchar_t *temporary = name != NULL ? hp_tool_wide(name) : NULL;
    wchar_t *wide = place != NULL ? hp_tool_wide(place) : NULL;
    if (SUCCEEDED(hr))
        hr = temporary != NULL && wide != NULL ? S_OK : E_OUTOFMEMORY;
    if (SUCCEEDED(hr))
        hr = verify(name, temporary, original, image, size, functions, trouble);
    if (SUCCEEDED(hr))
        hr = put_in_place(wide, temporary, trouble);
    if (FAILED(hr) && temporary != NULL)
        DeleteFileW(temporary);
    free(temporary);
    free(wide);
    free(name);
    free(place);
    return hr;
}
