// Any bytes as a function table, as they are and with a right hash: whatever opens keeps its promises, and
// made again it is the same functions.
#include "proxygen/table_shared.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void require(bool promise) {
    if (!promise)
        __builtin_trap();
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void check_equal(const hp_table_function *a, const hp_table_function *b) {
    require(same_text(a->name, b->name) && same_text(a->file, b->file));
    require(a->rva == b->rva && a->size == b->size && a->line == b->line);
    require(a->patchable == b->patchable && a->callable == b->callable);
    require(a->form == b->form && a->room == b->room && a->short_length == b->short_length);
    require(a->compiler == b->compiler && a->convention == b->convention && a->offered == b->offered);
    require(a->is_static == b->is_static && a->partly_inlined == b->partly_inlined);
}

/** Write it out into memory of its exact size, and of one byte less; the caller frees it. */
static char *write_out(const hp_table *table, uint32_t index) {
    const size_t length = hp_table_signature(table, index, NULL, 0);
    char *text = malloc(length + 1), *cut = malloc(length + 1);
    require(length <= HP_SIGNATURE_MAX && text != NULL && cut != NULL);
    require(hp_table_signature(table, index, text, length + 1) == length && strlen(text) == length);
    require(hp_table_signature(table, index, cut, length) == length);
    require(length == 0 || (strlen(cut) == length - 1 && memcmp(cut, text, length - 1) == 0));
    for (size_t i = 0; i < length; i++)
        require(!hp_table_refers(text[i]));
    free(cut);
    return text;
}

/** Promises about one function, and about finding it. */
static void check_function(const hp_table *table, uint32_t index, hp_table_function *function) {
    hp_table_get(table, index, function);
    const size_t length = strlen(function->name);
    uint32_t found = UINT32_MAX;
    require(length > 0 && length <= HP_NAME_MAX);
    require(function->short_length > 0 && function->short_length <= length);
    require(hp_table_find(table, function->name, length, &found) == S_OK && found == index);
    HRESULT hr = hp_table_find(table, function->name, function->short_length, &found);
    require(hr == S_OK || hr == HP_E_NAME_DUPLICATE);
    require(function->index == index && function->signature == NULL);
    require(!function->file || strlen(function->file) < SIZE_MAX);
    require((uint64_t)function->rva + function->size <= table->about.image_size);
    require(function->rva != 0 || FAILED(function->patchable));
    require(function->form >= 0 && function->form < HP_FORM_COUNT);
}

/** @return whether it opens */
static bool check(const unsigned char *bytes, size_t size) {
    hp_table table, again;
    const char *reason = NULL;
    HRESULT hr = hp_table_open(bytes, size, &table, &reason);
    require(hr == S_OK || hr == HP_E_TABLE_DAMAGED || hr == HP_E_TABLE_VERSION);
    require(reason && (hr == S_OK) == (reason[0] == '\0'));
    if (hr != S_OK) {
        require(table.count == 0 && table.buckets == 0 && table.functions == NULL);
        return false;
    }
    hp_table_function *functions = calloc(table.count + 1u, sizeof *functions);
    require(functions != NULL);
    for (uint32_t i = 0; i < table.count; i++) {
        check_function(&table, i, &functions[i]);
        functions[i].signature = write_out(&table, i);
    }
    unsigned char *made = NULL;
    size_t made_size = 0;
    require(hp_table_make(&table.about, functions, table.count, &made, &made_size, NULL) == S_OK);
    require(hp_table_open(made, made_size, &again, NULL) == S_OK);
    require(again.count == table.count && again.about.fingerprint == table.about.fingerprint);
    require(again.about.arch == table.about.arch && again.about.image_size == table.about.image_size);
    require(again.about.timestamp == table.about.timestamp);
    require(strcmp(again.about.writer, table.about.writer) == 0);
    for (uint32_t i = 0; i < table.count; i++) {
        uint32_t found = UINT32_MAX;
        hp_table_function other;
        require(hp_table_find(&again, functions[i].name, strlen(functions[i].name), &found) == S_OK);
        hp_table_get(&again, found, &other);
        check_equal(&functions[i], &other);
        char *text = write_out(&again, found);
        require(strcmp(functions[i].signature, text) == 0);
        free(text);
        free((void *)(uintptr_t)functions[i].signature);
    }
    free(made);
    free(functions);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned char *bytes = malloc(size); // of its exact size: the sanitizer sees a step over the end
    if (size == 0 || !bytes) {
        free(bytes);
        return 0;
    }
    memcpy(bytes, data, size);
    const bool opens = check(bytes, size);
    if (size >= HP_TABLE_HEADER) {
        hp_table_seal(bytes, size, hp_table_u32(bytes + HP_TABLE_AT_IMAGE_SIZE),
                      hp_table_number(bytes + HP_TABLE_AT_FINGERPRINT, 8));
        require(check(bytes, size) || !opens);
    }
    free(bytes);
    return 0;
}
