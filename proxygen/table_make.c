#include "idl/fault.h"
#include "idl/name.h"
#include "proxygen/table_shared.h"
#include "proxygen/table_texts.h"

#include <stdlib.h>
#include <string.h>

/** One function on its way into the table. */
typedef struct hp_item {
    const hp_table_function *function;
    uint32_t bucket;
    uint32_t name, signature; /**< texts; the signature's are counted from behind the definitions */
    uint16_t file;            /**< index plus 1 */
    uint8_t brief;            /**< bytes of the short name */
} hp_item;

/** A table that is being made. */
typedef struct hp_maker {
    const hp_table_about *about;
    uint32_t count, buckets, file_count;
    hp_item *items;
    const char **files;   /**< in order, each once */
    uint32_t *file_texts; /**< theirs */
    uint32_t writer;
    hp_texts texts;
    hp_fold fold;        /**< definitions */
    hp_texts signatures; /**< without the definitions */
} hp_maker;

/** Whether this code can be written; 0 for S_OK, else its number. */
static int to_number(HRESULT code, uint16_t *number) {
    switch (code) {
    case S_OK:
        *number = 0;
        return 1;
#define KNOWN(name, value, what, todo)                                                                       \
    case name:                                                                                               \
        *number = (value);                                                                                   \
        return 1;
        HP_ERROR_LIST(KNOWN)
#undef KNOWN
    default:
        return 0;
    }
}

static int has_reference(const char *text) {
    return text && strpbrk(text, "\1\2\3\4\5\6\7\10") != NULL; // hp_table_refers
}

static HRESULT check_signature(const char *signature) {
    if (!signature)
        return E_INVALIDARG;
    if (!memchr(signature, '\0', HP_SIGNATURE_MAX + 1))
        return HP_E_SIGNATURE_LIMIT;
    return has_reference(signature) ? HP_E_SIGNATURE_SYNTAX : S_OK;
}

/** What hp_table_open would refuse, but for names and signatures. */
static int can_be_read(const hp_table_about *about, const hp_table_function *function) {
    uint16_t patchable, number;
    const uint32_t rva = function->rva;
    if (has_reference(function->file) || !to_number(function->patchable, &patchable) ||
        !to_number(function->callable, &number))
        return 0;
    if (rva == 0 ? function->size != 0 : rva >= about->image_size || function->size > about->image_size - rva)
        return 0;
    if ((unsigned)function->form >= HP_FORM_COUNT ||
        (patchable == 0 && (rva == 0 || function->form == HP_FORM_NONE)))
        return 0;
    return function->compiler >= HP_COMPILER_GNU && function->compiler <= HP_TABLE_COMPILER_MASK &&
           function->convention <= (about->arch == HP_ARCH_X64 ? 0 : HP_TABLE_CONVENTION_MASK);
}

static HRESULT take_function(const hp_maker *maker, const hp_table_function *function, hp_item *item) {
    if (!function->name)
        return E_INVALIDARG;
    hp_name_pieces pieces;
    HRESULT hr = hp_name_read(function->name, hp_table_name_length(function->name), &pieces);
    if (SUCCEEDED(hr))
        hr = check_signature(function->signature);
    if (FAILED(hr))
        return hr;
    item->function = function;
    item->brief = (uint8_t)pieces.brief;
    item->bucket = hp_table_bucket(function->name, pieces.brief, maker->buckets);
    return can_be_read(maker->about, function) ? S_OK : E_INVALIDARG;
}

static int compare_items(const void *left, const void *right) {
    const hp_item *a = left, *b = right;
    if (a->bucket != b->bucket)
        return a->bucket < b->bucket ? -1 : 1;
    return strcmp(a->function->name, b->function->name);
}

static HRESULT take_functions(hp_maker *maker, const hp_table_function *functions,
                              const hp_table_function **bad) {
    for (uint32_t i = 0; i < maker->count; i++) {
        HRESULT hr = take_function(maker, &functions[i], &maker->items[i]);
        if (FAILED(hr)) {
            *bad = &functions[i];
            return hr;
        }
    }
    if (maker->count > 1)
        qsort(maker->items, maker->count, sizeof *maker->items, compare_items);
    for (uint32_t i = 1; i < maker->count; i++) {
        if (compare_items(&maker->items[i - 1], &maker->items[i]) == 0) {
            *bad = maker->items[i].function;
            return HP_E_NAME_DUPLICATE;
        }
    }
    return S_OK;
}

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/** The paths of all source files, in order and each once. */
static HRESULT collect_files(hp_maker *maker) {
    size_t count = 0;
    for (uint32_t i = 0; i < maker->count; i++)
        if (maker->items[i].function->file)
            maker->files[count++] = maker->items[i].function->file;
    if (count > 1)
        qsort(maker->files, count, sizeof *maker->files, compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(maker->files[kept - 1], maker->files[i]) != 0)
            maker->files[kept++] = maker->files[i];
    if (kept > HP_TABLE_MAX_FILES)
        return HP_E_FRAME_TOO_LARGE;
    maker->file_count = (uint32_t)kept;
    for (uint32_t i = 0; i < maker->count; i++) {
        const char *const *key = &maker->items[i].function->file;
        const char **file =
            *key ? bsearch(key, maker->files, kept, sizeof *maker->files, compare_texts) : NULL;
        maker->items[i].file = file ? (uint16_t)(file - maker->files + 1) : 0;
    }
    return S_OK;
}

static HRESULT collect_texts(hp_maker *maker) {
    hp_texts *texts = &maker->texts;
    uint32_t empty;
    HRESULT hr = hp_table_texts_add(texts, "", &empty); // the first one
    if (SUCCEEDED(hr))
        hr = hp_table_texts_add(texts, maker->about->writer, &maker->writer);
    for (uint32_t i = 0; SUCCEEDED(hr) && i < maker->file_count; i++)
        hr = hp_table_texts_add(texts, maker->files[i], &maker->file_texts[i]);
    for (uint32_t i = 0; SUCCEEDED(hr) && i < maker->count; i++)
        hr = hp_table_texts_add(texts, maker->items[i].function->name, &maker->items[i].name);
    return hr;
}

static HRESULT collect_signatures(hp_maker *maker) {
    char folded[HP_SIGNATURE_MAX + 1];
    HRESULT hr = S_OK;
    for (uint32_t i = 0; SUCCEEDED(hr) && i < maker->count; i++) {
        hp_item *item = &maker->items[i];
        hr = hp_table_fold_signature(&maker->fold, item->function->signature, folded);
        if (SUCCEEDED(hr))
            hr = hp_table_texts_add(&maker->signatures, folded, &item->signature);
    }
    return hr;
}

static HRESULT get_memory(hp_maker *maker) {
    const size_t count = maker->count ? maker->count : 1; // at most HP_TABLE_MAX_FUNCTIONS: nothing overflows
    maker->items = HP_FAULT("memory for functions") ? NULL : calloc(count, sizeof *maker->items);
    maker->files = HP_FAULT("memory for source files") ? NULL : calloc(count, sizeof *maker->files);
    maker->file_texts =
        HP_FAULT("memory for source files' texts") ? NULL : calloc(count, sizeof *maker->file_texts);
    return maker->items && maker->files && maker->file_texts ? S_OK : E_OUTOFMEMORY;
}

static void write_header(const hp_maker *maker, unsigned char *bytes, size_t size) {
    memcpy(bytes + HP_TABLE_AT_MAGIC, HP_TABLE_MAGIC, 4);
    hp_table_put(bytes + HP_TABLE_AT_VERSION, 2, HP_TABLE_VERSION);
    hp_table_put(bytes + HP_TABLE_AT_HEADER, 2, HP_TABLE_HEADER);
    hp_table_put(bytes + HP_TABLE_AT_BYTES, 4, size);
    hp_table_put(bytes + HP_TABLE_AT_COUNT, 4, maker->count);
    hp_table_put(bytes + HP_TABLE_AT_TIMESTAMP, 4, maker->about->timestamp);
    hp_table_put(bytes + HP_TABLE_AT_ARCH, 1, maker->about->arch);
    hp_table_put(bytes + HP_TABLE_AT_BUCKETS, 4, maker->buckets);
    hp_table_put(bytes + HP_TABLE_AT_FILES, 4, maker->file_count);
    hp_table_put(bytes + HP_TABLE_AT_TEXT_SIZE, 4, maker->texts.size);
    hp_table_put(bytes + HP_TABLE_AT_WRITER, 4, maker->writer);
    hp_table_put(bytes + HP_TABLE_AT_DEFINITIONS, 4, maker->fold.count);
    hp_table_put(bytes + HP_TABLE_AT_SIGNATURE_SIZE, 4, maker->fold.texts.size + maker->signatures.size);
}

static void write_function(const hp_maker *maker, const hp_item *item, unsigned char *at) {
    const hp_table_function *function = item->function;
    uint16_t patchable = 0, callable = 0;
    to_number(function->patchable, &patchable);
    to_number(function->callable, &callable);
    hp_table_put(at + HP_TABLE_AT_NAME, 4, item->name);
    hp_table_put(at + HP_TABLE_AT_RVA, 4, function->rva);
    hp_table_put(at + HP_TABLE_AT_SIZE, 4, function->size);
    hp_table_put(at + HP_TABLE_AT_SIGNATURE, 4, maker->fold.texts.size + item->signature);
    hp_table_put(at + HP_TABLE_AT_PATCHABLE, 2, patchable);
    hp_table_put(at + HP_TABLE_AT_CALLABLE, 2, callable);
    hp_table_put(at + HP_TABLE_AT_FILE, 2, item->file);
    hp_table_put(at + HP_TABLE_AT_LINE, 2,
                 function->line < HP_TABLE_MAX_LINE ? function->line : HP_TABLE_MAX_LINE);
    at[HP_TABLE_AT_FORM] = (unsigned char)function->form;
    at[HP_TABLE_AT_ROOM] = function->room;
    at[HP_TABLE_AT_SHORT] = item->brief;
    at[HP_TABLE_AT_FLAGS] =
        (unsigned char)(function->compiler | function->convention << HP_TABLE_CONVENTION_SHIFT |
                        (function->offered ? HP_TABLE_OFFERED : 0) |
                        (function->is_static ? HP_TABLE_STATIC : 0) |
                        (function->partly_inlined ? HP_TABLE_PARTLY_INLINED : 0));
}

static void write_definition(const hp_definition *definition, unsigned char *at) {
    hp_table_put(at + HP_TABLE_AT_DEFINED_TEXT, 4, definition->text);
    hp_table_put(at + HP_TABLE_AT_DEFINED_LENGTH, 2, definition->length);
    at[HP_TABLE_AT_DEFINED_LEVELS] = definition->levels;
}

/** All that stands behind the header. */
static void write_parts(const hp_maker *maker, unsigned char *at) {
    for (uint32_t i = 0; i < maker->count; i++, at += HP_TABLE_FUNCTION)
        write_function(maker, &maker->items[i], at);
    for (uint32_t bucket = 0, i = 0; bucket <= maker->buckets; bucket++, at += 4) {
        while (i < maker->count && maker->items[i].bucket < bucket)
            i++;
        hp_table_put(at, 4, i);
    }
    for (uint32_t i = 0; i < maker->file_count; i++, at += 4)
        hp_table_put(at, 4, maker->file_texts[i]);
    for (uint32_t i = 0; i < maker->fold.count; i++, at += HP_TABLE_DEFINITION)
        write_definition(&maker->fold.definitions[i], at);
    at = hp_table_texts_write(&maker->texts, at);
    at = hp_table_texts_write(&maker->fold.texts, at);
    hp_table_texts_write(&maker->signatures, at);
}

static HRESULT write_table(const hp_maker *maker, unsigned char **bytes, size_t *size) {
    const uint64_t total = HP_TABLE_HEADER + (uint64_t)maker->count * HP_TABLE_FUNCTION +
                           ((uint64_t)maker->buckets + 1) * 4 + (uint64_t)maker->file_count * 4 +
                           (uint64_t)maker->fold.count * HP_TABLE_DEFINITION + maker->texts.size +
                           maker->fold.texts.size + maker->signatures.size;
    if (total > HP_TABLE_MAX_BYTES)
        return HP_E_FRAME_TOO_LARGE;
    unsigned char *begin = HP_FAULT("memory for the table") ? NULL : calloc(1, (size_t)total);
    if (!begin)
        return E_OUTOFMEMORY;
    write_header(maker, begin, (size_t)total);
    write_parts(maker, begin + HP_TABLE_HEADER);
    hp_table_seal(begin, (size_t)total, maker->about->image_size, maker->about->fingerprint);
    *bytes = begin;
    *size = (size_t)total;
    return S_OK;
}

HRESULT hp_table_make(const hp_table_about *about, const hp_table_function *functions, uint32_t count,
                      unsigned char **bytes, size_t *size, const hp_table_function **bad) {
    const hp_table_function *ignored;
    if (!bad)
        bad = &ignored;
    *bad = NULL;
    *bytes = NULL;
    *size = 0;
    if ((about->arch != HP_ARCH_X86 && about->arch != HP_ARCH_X64) || !about->writer ||
        has_reference(about->writer))
        return E_INVALIDARG;
    if (count > HP_TABLE_MAX_FUNCTIONS)
        return HP_E_FRAME_TOO_LARGE;
    hp_maker maker = {.about = about, .count = count, .buckets = 1};
    while (maker.buckets <= count / 2)
        maker.buckets *= 2;
    HRESULT hr = get_memory(&maker);
    if (SUCCEEDED(hr))
        hr = take_functions(&maker, functions, bad);
    if (SUCCEEDED(hr))
        hr = collect_files(&maker);
    if (SUCCEEDED(hr))
        hr = collect_texts(&maker);
    if (SUCCEEDED(hr))
        hr = collect_signatures(&maker);
    if (SUCCEEDED(hr))
        hr = write_table(&maker, bytes, size);
    free(maker.items);
    free(maker.files);
    free(maker.file_texts);
    hp_table_texts_free(&maker.texts);
    hp_table_texts_free(&maker.signatures);
    hp_table_fold_free(&maker.fold);
    return hr;
}
