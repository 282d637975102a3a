#include "tools/debug/debugfile.h"

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
        memcpy(found + directory, folder, strlen(folder));
        const size_t end = directory + strlen(folder);
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

/* Files that may have the debug information, the better place first, and what tells that it is this image's.
 */
typedef struct wanted {
    const hp_pe *pe;
    char *files[2]; /* malloc'ed; NULL: none */
    int is_pdb;
    uint32_t checksum;           /* of what a .gnu_debuglink names */
    unsigned char signature[16]; /* of a PDB */
    uint32_t age;
} wanted;

static HRESULT read_linked(const char *path, const void *bytes, size_t size, hp_facts *facts,
                           hp_trouble *trouble) {
    hp_pe linked;
    const char *reason = "";
    const HRESULT hr = hp_pe_open(bytes, size, &linked, &reason);
    return SUCCEEDED(hr) ? read_dwarf(path, &linked, facts, trouble)
                         : hp_trouble_set(trouble, HP_E_DEBUG_INFO, path, "%s", reason);
}

static HRESULT read_pdb(const char *path, const void *bytes, size_t size, const hp_pe *pe, hp_facts *facts,
                        hp_trouble *trouble) {
    const char *reason = "";
    const HRESULT hr = hp_facts_pdb(bytes, size, pe, facts, &reason);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, path, "%s", reason) : hr;
}

/* *fits: 0 if it is another build's; then nothing is read. */
static HRESULT read_file(const wanted *it, const char *path, int *fits, hp_facts *facts,
                         hp_trouble *trouble) {
    unsigned char *bytes;
    size_t size;
    HRESULT hr = hp_tool_read_file(path, &bytes, &size, trouble);
    if (FAILED(hr))
        return hr;
    *fits = it->is_pdb ? hp_facts_pdb_fits(bytes, size, it->signature, it->age)
                       : hp_facts_link_checksum(bytes, size) == it->checksum;
    if (*fits != 0)
        hr = it->is_pdb ? read_pdb(path, bytes, size, it->pe, facts, trouble)
                        : read_linked(path, bytes, size, facts, trouble);
    if (SUCCEEDED(hr) && *fits < 0) { // only memory was short: it was not compared
        hp_facts_free(facts);
        hr = hp_trouble_set(trouble, E_OUTOFMEMORY, path, "reading it");
    }
    free(bytes);
    return hr;
}

/* The first file that is of this build; frees the names. */
static HRESULT read_wanted(wanted *it, hp_facts *facts, hp_trouble *trouble) {
    const char *other = NULL;
    int fits = 0;
    HRESULT hr = S_OK;
    for (unsigned i = 0; i < 2 && SUCCEEDED(hr) && fits == 0; i++) {
        if (!exists(it->files[i]))
            continue;
        hr = read_file(it, it->files[i], &fits, facts, trouble);
        if (SUCCEEDED(hr) && fits == 0 && other == NULL)
            other = it->files[i];
    }
    if (SUCCEEDED(hr) && fits == 0 && other != NULL)
        hr = hp_trouble_set(trouble, HP_E_DEBUG_INFO, NULL, "%s belongs to another build", other);
    free(it->files[0]);
    free(it->files[1]);
    return hr;
}

static HRESULT read_any_pdb(const wchar_t *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble) {
    wanted it = {.pe = pe, .is_pdb = 1};
    const hp_span given = hp_facts_pdb_name(pe, it.signature, &it.age);
    if (given.at == NULL || given.size == 0)
        return S_OK;
    const char *name = (const char *)given.at;
    size_t start = given.size;
    while (start > 0 && name[start - 1] != '/' && name[start - 1] != '\\')
        start--;
    it.files[0] = beside(path, "", name + start, given.size - start);
    it.files[1] = malloc(given.size + 1);
    if (it.files[1] != NULL) {
        memcpy(it.files[1], name, given.size);
        it.files[1][given.size] = '\0';
    }
    return read_wanted(&it, facts, trouble);
}

static HRESULT read_any_dwarf(const wchar_t *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble) {
    hp_pe_section section;
    if (hp_pe_section_find(pe, ".debug_info", &section))
        return read_dwarf(NULL, pe, facts, trouble);
    wanted it = {.pe = pe};
    const hp_span name = hp_facts_link_name(pe, &it.checksum);
    if (name.size == 0)
        return S_OK;
    it.files[0] = beside(path, "", (const char *)name.at, name.size);
    it.files[1] = beside(path, ".debug/", (const char *)name.at, name.size);
    return read_wanted(&it, facts, trouble);
}

/* lld notes a PDB without a name if it is not told to write one. Wine's dbghelp then takes any file beside
 * the image for it, and damages its own heap. */
static int has_nameless_pdb(const hp_pe *pe) {
    unsigned char signature[16];
    uint32_t age;
    const hp_span name = hp_facts_pdb_name(pe, signature, &age);
    return name.at != NULL && name.size == 0;
}

/* Where there is a PDB, DWARF is that of libraries (mingw's come with it). But a PDB may know no functions:
 * lld writes such a one for objects with DWARF. */
HRESULT hp_debugfile_facts(const wchar_t *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble) {
    *facts = (hp_facts){0};
    if (has_nameless_pdb(pe))
        return hp_trouble_set(trouble, HP_E_DEBUG_INFO, NULL,
                              "lld linked it without a PDB: add -Wl,--pdb=, or link with GNU ld");
    HRESULT hr = read_any_pdb(path, pe, facts, trouble);
    if (SUCCEEDED(hr) && facts->with_code == 0) {
        hp_facts_free(facts);
        hr = read_any_dwarf(path, pe, facts, trouble);
    }
    return hr;
}
