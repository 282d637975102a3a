// .gnu_debuglink: GDB manual, "Debugging Information in Separate Files".
#include "tools/debugfile.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tools/tool.h"

/* The image's folder, with what stands behind it; malloc'ed. */
static char *beside(const wchar_t *path, const char *folder, const char *name, size_t length) {
    char *image = hp_tool_utf8(path);
    char *found = image != NULL ? malloc(strlen(image) + strlen(folder) + length + 1) : NULL;
    if (found != NULL) {
        const char *slash = strrchr(image, '/'), *backslash = strrchr(image, '\\');
        const char *last = slash > backslash ? slash : backslash;
        const size_t directory = last != NULL ? (size_t)(last - image) + 1 : 0;
        memcpy(found, image, directory);
        strcpy(found + directory, folder);
        const size_t end = strlen(found);
        memcpy(found + end, name, length);
        found[end + length] = '\0';
    }
    free(image);
    return found;
}

static int exists(const char *path) {
    wchar_t *wide = path != NULL ? hp_tool_wide(path) : NULL;
    const int found = wide != NULL && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    free(wide);
    return found;
}

static HRESULT read_dwarf(const char *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble) {
    const char *reason = "";
    HRESULT hr = hp_facts_dwarf(pe, facts, &reason);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, path, "%s", reason) : hr;
}

static HRESULT read_linked(const char *path, hp_facts *facts, hp_trouble *trouble) {
    unsigned char *bytes;
    size_t size;
    hp_pe linked;
    const char *reason = "";
    HRESULT hr = hp_tool_read_file(path, &bytes, &size, trouble);
    if (FAILED(hr))
        return hr;
    hr = hp_pe_open(bytes, size, &linked, &reason);
    hr = SUCCEEDED(hr) ? read_dwarf(path, &linked, facts, trouble)
                       : hp_trouble_set(trouble, HP_E_DEBUG_INFO, path, "%s", reason);
    free(bytes);
    return hr;
}

static HRESULT read_pdb(const char *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble) {
    unsigned char *bytes;
    size_t size;
    const char *reason = "";
    HRESULT hr = hp_tool_read_file(path, &bytes, &size, trouble);
    if (FAILED(hr))
        return hr;
    hr = hp_facts_pdb(bytes, size, pe, facts, &reason);
    if (FAILED(hr))
        hp_trouble_set(trouble, hr, path, "%s", reason);
    free(bytes);
    return hr;
}

/* The first of two files that is there; malloc'ed, NULL if none is. Takes both. */
static char *choose(char *first, char *second) {
    char *found = exists(first) ? first : exists(second) ? second : NULL;
    if (found != first)
        free(first);
    if (found != second)
        free(second);
    return found;
}

static char *find_linked(const wchar_t *path, const hp_pe *pe) {
    hp_pe_section link;
    if (!hp_pe_section_find(pe, ".gnu_debuglink", &link))
        return NULL;
    const char *name = (const char *)pe->bytes + link.raw;
    const size_t length = strnlen(name, link.raw_size);
    if (length == 0 || length == link.raw_size || memchr(name, '/', length) || memchr(name, '\\', length))
        return NULL;
    return choose(beside(path, "", name, length), beside(path, ".debug/", name, length));
}

static char *find_pdb(const wchar_t *path, const hp_pe *pe) {
    unsigned char signature[16];
    uint32_t age;
    const hp_span given = hp_facts_pdb_name(pe, signature, &age);
    if (given.at == NULL || given.size == 0)
        return NULL;
    const char *name = (const char *)given.at;
    size_t start = given.size;
    while (start > 0 && name[start - 1] != '/' && name[start - 1] != '\\')
        start--;
    char *whole = malloc(given.size + 1);
    if (whole != NULL) {
        memcpy(whole, name, given.size);
        whole[given.size] = '\0';
    }
    return choose(beside(path, "", name + start, given.size - start), whole);
}

static HRESULT read_any_dwarf(const wchar_t *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble) {
    hp_pe_section section;
    if (hp_pe_section_find(pe, ".debug_info", &section))
        return read_dwarf(NULL, pe, facts, trouble);
    char *file = find_linked(path, pe);
    HRESULT hr = file != NULL ? read_linked(file, facts, trouble) : S_OK;
    free(file);
    return hr;
}

/* lld notes a PDB without a name if it is not told to write one. Wine's dbghelp then takes any file beside the image for
 * it, and damages its own heap. */
static int has_nameless_pdb(const hp_pe *pe) {
    unsigned char signature[16];
    uint32_t age;
    const hp_span name = hp_facts_pdb_name(pe, signature, &age);
    return name.at != NULL && name.size == 0;
}

/* Where there is a PDB, DWARF is that of libraries (mingw's come with it). But a PDB may know no functions: lld writes such
 * a one for objects with DWARF. */
HRESULT hp_debugfile_facts(const wchar_t *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble) {
    *facts = (hp_facts){0};
    if (has_nameless_pdb(pe))
        return hp_trouble_set(trouble, HP_E_DEBUG_INFO, NULL,
                              "lld linked it without a PDB: add -Wl,--pdb=, or link with GNU ld");
    char *file = find_pdb(path, pe);
    HRESULT hr = file != NULL ? read_pdb(file, pe, facts, trouble) : S_OK;
    free(file);
    if (SUCCEEDED(hr) && facts->with_code == 0) {
        hp_facts_free(facts);
        hr = read_any_dwarf(path, pe, facts, trouble);
    }
    return hr;
}
