#include "idl/name.h"
#include "proxygen/table_shared.h"

#include <string.h>

/** The hash that belongs into a table of so many bytes, at least HP_TABLE_HEADER. */
static uint64_t compute_hash(const unsigned char *bytes, size_t size) {
    static const unsigned char nothing[8];
    uint64_t hash = hp_fnv_64(HP_FNV_64, bytes, HP_TABLE_AT_HASH);
    hash = hp_fnv_64(hash, nothing, sizeof nothing);
    const size_t behind = HP_TABLE_AT_HASH + sizeof nothing;
    return hp_fnv_64(hash, bytes + behind, size - behind);
}

void hp_table_seal(unsigned char *bytes, size_t size, uint32_t image_size, uint64_t fingerprint) {
    if (size < HP_TABLE_HEADER)
        return;
    const size_t total = hp_table_u32(bytes + HP_TABLE_AT_BYTES);
    if (total < HP_TABLE_HEADER || total > size)
        return;
    hp_table_put(bytes + HP_TABLE_AT_IMAGE_SIZE, 4, image_size);
    hp_table_put(bytes + HP_TABLE_AT_FINGERPRINT, 8, fingerprint);
    hp_table_put(bytes + HP_TABLE_AT_HASH, 8, compute_hash(bytes, total));
}

static HRESULT damaged(const char **reason, const char *text) {
    *reason = text;
    return HP_E_TABLE_DAMAGED;
}

/** S_OK for 0; the code of this number; or the one that stands for all that this release does not know. */
static HRESULT to_code(uint16_t number, HRESULT unknown) {
    switch (number) {
    case 0:
        return S_OK;
#define KNOWN(name, value, what, todo)                                                                       \
    case (value):                                                                                            \
        return (name);
        HP_ERROR_LIST(KNOWN)
#undef KNOWN
    default:
        return unknown;
    }
}

static int is_zero(const unsigned char *bytes, size_t size) {
    while (size > 0 && *bytes == 0) {
        bytes++;
        size--;
    }
    return size == 0;
}

/* All text ends, because the last byte of all texts is a NUL: a text that begins inside is inside. */
static int begins_inside(const hp_table *table, const unsigned char *field) {
    return hp_table_u32(field) < table->text_size;
}

/** What can be said without looking behind the header; what is left is a table of *total bytes. */
static HRESULT check_frame(const unsigned char *bytes, size_t size, size_t *total, const char **reason) {
    if (size < HP_TABLE_HEADER)
        return damaged(reason, "it ends within its header");
    if (memcmp(bytes, HP_TABLE_MAGIC, 4) != 0)
        return damaged(reason, "it does not begin like a table");
    if (hp_table_u16(bytes + HP_TABLE_AT_VERSION) != HP_TABLE_VERSION) {
        *reason = "its version is another one";
        return HP_E_TABLE_VERSION;
    }
    if (hp_table_u16(bytes + HP_TABLE_AT_HEADER) != HP_TABLE_HEADER)
        return damaged(reason, "its header has another size");
    *total = hp_table_u32(bytes + HP_TABLE_AT_BYTES);
    if (*total < HP_TABLE_HEADER || *total > HP_TABLE_MAX_BYTES)
        return damaged(reason, "its size is impossible");
    if (*total > size)
        return damaged(reason, "it ends too early");
    if (size - *total > 7 || !is_zero(bytes + *total, size - *total))
        return damaged(reason, "something stands behind it");
    if (hp_table_number(bytes + HP_TABLE_AT_HASH, 8) != compute_hash(bytes, *total))
        return damaged(reason, "its hash does not fit its contents");
    if (!is_zero(bytes + HP_TABLE_AT_ZERO_3, 3) || !is_zero(bytes + HP_TABLE_AT_ZERO_4, 4))
        return damaged(reason, "a reserved byte of its header is not zero");
    return S_OK;
}

/** Where the parts begin, without having looked into them. */
static HRESULT take_apart(const unsigned char *bytes, size_t total, hp_table *table, const char **reason) {
    table->count = hp_table_u32(bytes + HP_TABLE_AT_COUNT);
    table->buckets = hp_table_u32(bytes + HP_TABLE_AT_BUCKETS);
    table->files = hp_table_u32(bytes + HP_TABLE_AT_FILES);
    table->definitions = hp_table_u32(bytes + HP_TABLE_AT_DEFINITIONS);
    table->text_size = hp_table_u32(bytes + HP_TABLE_AT_TEXT_SIZE);
    table->signature_size = hp_table_u32(bytes + HP_TABLE_AT_SIGNATURE_SIZE);
    if (table->count > HP_TABLE_MAX_FUNCTIONS)
        return damaged(reason, "it has more functions than a table can have");
    if (table->buckets == 0 || (table->buckets & (table->buckets - 1)) != 0)
        return damaged(reason, "the number of its buckets is no power of two");
    if (table->files > HP_TABLE_MAX_FILES)
        return damaged(reason, "it has more source files than a table can have");
    if (table->definitions > HP_TABLE_MAX_DEFINITIONS)
        return damaged(reason, "it has more definitions than a table can have");
    const uint64_t functions = (uint64_t)table->count * HP_TABLE_FUNCTION; // none of these is above 2^35
    const uint64_t buckets = ((uint64_t)table->buckets + 1) * 4;
    const uint64_t files = (uint64_t)table->files * 4;
    const uint64_t definitions = (uint64_t)table->definitions * HP_TABLE_DEFINITION;
    if (HP_TABLE_HEADER + functions + buckets + files + definitions + table->text_size +
            table->signature_size !=
        total)
        return damaged(reason, "its parts do not add up to its size");
    table->functions = bytes + HP_TABLE_HEADER;
    table->bucket = table->functions + (size_t)functions;
    table->file = table->bucket + (size_t)buckets;
    table->definition = table->file + (size_t)files;
    table->text = (const char *)(table->definition + (size_t)definitions);
    table->signature = table->text + table->text_size;
    return S_OK;
}

static HRESULT check_texts(const hp_table *table, const char **reason) {
    if (table->text_size == 0 || table->text[0] != '\0' || table->text[table->text_size - 1] != '\0')
        return damaged(reason, "its texts do not begin and end as texts do");
    for (uint32_t i = 0; i < table->text_size; i++)
        if (hp_table_refers(table->text[i]))
            return damaged(reason, "a text that is no signature refers to a definition");
    for (uint32_t i = 0; i < table->files; i++)
        if (!begins_inside(table, table->file + (size_t)i * 4))
            return damaged(reason, "the name of a source file lies outside of the texts");
    const char *wrong = hp_table_signature_check(table);
    return wrong ? damaged(reason, wrong) : S_OK;
}

static HRESULT read_about(const unsigned char *bytes, hp_table *table, const char **reason) {
    if (!begins_inside(table, bytes + HP_TABLE_AT_WRITER))
        return damaged(reason, "the name of its writer lies outside of the texts");
    if (bytes[HP_TABLE_AT_ARCH] != HP_ARCH_X86 && bytes[HP_TABLE_AT_ARCH] != HP_ARCH_X64)
        return damaged(reason, "its architecture is unknown");
    table->about = (hp_table_about){
        .fingerprint = hp_table_number(bytes + HP_TABLE_AT_FINGERPRINT, 8),
        .timestamp = hp_table_u32(bytes + HP_TABLE_AT_TIMESTAMP),
        .image_size = hp_table_u32(bytes + HP_TABLE_AT_IMAGE_SIZE),
        .arch = (hp_arch)bytes[HP_TABLE_AT_ARCH],
        .writer = hp_table_text_at(table, bytes + HP_TABLE_AT_WRITER),
    };
    return S_OK;
}

/** Everything of a function but its name. */
static HRESULT check_function(const hp_table *table, const unsigned char *at, const char **reason) {
    const uint32_t rva = hp_table_u32(at + HP_TABLE_AT_RVA);
    const uint32_t size = hp_table_u32(at + HP_TABLE_AT_SIZE);
    const unsigned flags = at[HP_TABLE_AT_FLAGS];
    const unsigned convention = flags >> HP_TABLE_CONVENTION_SHIFT & HP_TABLE_CONVENTION_MASK;
    const uint32_t signature = hp_table_u32(at + HP_TABLE_AT_SIGNATURE);
    if (signature >= table->signature_size || (signature > 0 && table->signature[signature - 1] != '\0'))
        return damaged(reason, "a signature does not begin where one does");
    if (rva == 0 && size != 0)
        return damaged(reason, "a function has a size, but no code");
    if (rva != 0 && (rva >= table->about.image_size || size > table->about.image_size - rva))
        return damaged(reason, "a function lies outside of the image");
    if (hp_table_u16(at + HP_TABLE_AT_FILE) > table->files)
        return damaged(reason, "a function names a source file that is not there");
    if (at[HP_TABLE_AT_FORM] >= HP_FORM_COUNT)
        return damaged(reason, "a function has an unknown prologue");
    if (hp_table_u16(at + HP_TABLE_AT_PATCHABLE) == 0 && (rva == 0 || at[HP_TABLE_AT_FORM] == HP_FORM_NONE))
        return damaged(reason, "a function without code that can be patched is said to be patchable");
    if ((flags & HP_TABLE_COMPILER_MASK) == 0)
        return damaged(reason, "a function comes from an unknown compiler");
    if (table->about.arch == HP_ARCH_X64 && convention != 0)
        return damaged(reason, "a function has a calling convention that x64 does not have");
    if (flags & HP_TABLE_FLAG_ZERO)
        return damaged(reason, "a reserved bit of a function is not zero");
    return S_OK;
}

/** @param before  the function before it in its bucket, NULL for the first */
static HRESULT check_name(const hp_table *table, const unsigned char *at, const unsigned char *before,
                          uint32_t bucket, const char **reason) {
    if (!begins_inside(table, at + HP_TABLE_AT_NAME))
        return damaged(reason, "the name of a function lies outside of the texts");
    const char *name = hp_table_text_at(table, at + HP_TABLE_AT_NAME);
    hp_name_pieces pieces;
    if (FAILED(hp_name_read(name, hp_table_name_length(name), &pieces)))
        return damaged(reason, "the name of a function is none");
    if (at[HP_TABLE_AT_SHORT] != pieces.brief)
        return damaged(reason, "the short name of a function has another length");
    if (hp_table_bucket(name, pieces.brief, table->buckets) != bucket)
        return damaged(reason, "a function is in the wrong bucket");
    const int order = before ? strcmp(hp_table_text_at(table, before + HP_TABLE_AT_NAME), name) : -1;
    if (order == 0)
        return damaged(reason, "two functions have the same name");
    if (order > 0)
        return damaged(reason, "the functions of a bucket are not in order");
    return S_OK;
}

static HRESULT check_bucket(const hp_table *table, uint32_t bucket, const char **reason) {
    const uint32_t begin = hp_table_bucket_begin(table, bucket),
                   end = hp_table_bucket_begin(table, bucket + 1);
    if (begin > end || end > table->count)
        return damaged(reason, "the buckets are not in order");
    const unsigned char *before = NULL;
    for (uint32_t i = begin; i < end; i++) {
        const unsigned char *at = hp_table_function_at(table, i);
        HRESULT hr = check_function(table, at, reason);
        if (SUCCEEDED(hr))
            hr = check_name(table, at, before, bucket, reason);
        if (FAILED(hr))
            return hr;
        before = at;
    }
    return S_OK;
}

HRESULT hp_table_open(const void *bytes, size_t size, hp_table *table, const char **reason) {
    const char *ignored;
    if (!reason)
        reason = &ignored;
    *reason = "";
    *table = (hp_table){0};
    hp_table opened = {0};
    size_t total = 0;
    HRESULT hr = check_frame(bytes, size, &total, reason);
    if (SUCCEEDED(hr))
        hr = take_apart(bytes, total, &opened, reason);
    if (SUCCEEDED(hr))
        hr = check_texts(&opened, reason);
    if (SUCCEEDED(hr))
        hr = read_about(bytes, &opened, reason);
    if (SUCCEEDED(hr) && (hp_table_bucket_begin(&opened, 0) != 0 ||
                          hp_table_bucket_begin(&opened, opened.buckets) != opened.count))
        hr = damaged(reason, "the buckets do not hold all functions");
    for (uint32_t i = 0; SUCCEEDED(hr) && i < opened.buckets; i++)
        hr = check_bucket(&opened, i, reason);
    if (SUCCEEDED(hr))
        *table = opened;
    return hr;
}

void hp_table_get(const hp_table *table, uint32_t index, hp_table_function *function) {
    const unsigned char *at = hp_table_function_at(table, index);
    const unsigned flags = at[HP_TABLE_AT_FLAGS];
    const uint16_t file = hp_table_u16(at + HP_TABLE_AT_FILE);
    *function = (hp_table_function){
        .name = hp_table_text_at(table, at + HP_TABLE_AT_NAME),
        .file = file ? hp_table_text_at(table, table->file + (size_t)(file - 1) * 4) : NULL,
        .index = index,
        .rva = hp_table_u32(at + HP_TABLE_AT_RVA),
        .size = hp_table_u32(at + HP_TABLE_AT_SIZE),
        .line = hp_table_u16(at + HP_TABLE_AT_LINE),
        .patchable = to_code(hp_table_u16(at + HP_TABLE_AT_PATCHABLE), HP_E_NOT_PATCHABLE),
        .callable = to_code(hp_table_u16(at + HP_TABLE_AT_CALLABLE), HP_E_SIGNATURE_UNKNOWN),
        .form = (hp_prologue_form)at[HP_TABLE_AT_FORM],
        .room = at[HP_TABLE_AT_ROOM],
        .short_length = at[HP_TABLE_AT_SHORT],
        .compiler = flags & HP_TABLE_COMPILER_MASK,
        .convention = flags >> HP_TABLE_CONVENTION_SHIFT & HP_TABLE_CONVENTION_MASK,
        .offered = (flags & HP_TABLE_OFFERED) != 0,
        .is_static = (flags & HP_TABLE_STATIC) != 0,
        .partly_inlined = (flags & HP_TABLE_PARTLY_INLINED) != 0,
    };
}
