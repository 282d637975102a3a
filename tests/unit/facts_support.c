#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "facts_support.h"

unsigned char *facts_read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size ? *size : 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

uint32_t facts_line_of(const char *path, const char *mark) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    char line[512];
    uint32_t number = 1, found = 0;
    while (!found && fgets(line, sizeof line, file)) {
        if (strstr(line, mark))
            found = number;
        number += strchr(line, '\n') != NULL;
    }
    fclose(file);
    return found;
}

const hp_fact *facts_named(const hp_facts *facts, const char *name) {
    const hp_fact *found = NULL;
    for (size_t i = 0; i < facts->count; i++) {
        if (!facts->items[i].name || strcmp(facts->items[i].name, name) != 0)
            continue;
        if (found)
            fail_msg("%s is there twice", name);
        found = &facts->items[i];
    }
    if (!found)
        fail_msg("%s is not there", name);
    return found;
}

static uint32_t number(const unsigned char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

// Decorations of x86 calling conventions ("@f@8") are looked past.
static int is_name(const char *exported, const char *name) {
    exported += *exported == '@';
    const size_t length = strlen(name);
    return strncmp(exported, name, length) == 0 && (exported[length] == 0 || exported[length] == '@');
}

uint32_t facts_export(const hp_pe *pe, const char *name) {
    const hp_span directory = hp_pe_directory(pe, HP_PE_EXPORTS);
    assert_true(directory.size >= 40);
    const uint32_t count = number(directory.at + 24);
    for (uint32_t i = 0; i < count; i++) {
        const hp_span text = hp_pe_bytes(pe, number(directory.at + 32) + 4 * i, 4);
        const hp_span ordinal = hp_pe_bytes(pe, number(directory.at + 36) + 2 * i, 2);
        assert_non_null(text.at);
        assert_non_null(ordinal.at);
        const hp_span exported = hp_pe_bytes(pe, number(text.at), 2);
        assert_non_null(exported.at);
        if (!is_name((const char *)exported.at, name))
            continue;
        const uint32_t index = (uint32_t)ordinal.at[0] | (uint32_t)ordinal.at[1] << 8;
        const hp_span rva = hp_pe_bytes(pe, number(directory.at + 28) + 4 * index, 4);
        assert_non_null(rva.at);
        return number(rva.at);
    }
    return 0;
}

int facts_ends(const char *text, const char *end) {
    const size_t length = text ? strlen(text) : 0, wanted = strlen(end);
    return text && length >= wanted && strcmp(text + length - wanted, end) == 0;
}

void facts_expect_order(const hp_facts *facts) {
    assert_true(facts->with_code <= facts->count);
    for (size_t i = 0; i < facts->count; i++) {
        const hp_fact *fact = &facts->items[i];
        assert_true(fact->parameters <= HP_FACT_PARAMETERS);
        if (i < facts->with_code) {
            assert_true(fact->rva != 0);
            assert_true(i == 0 || fact[-1].rva < fact->rva);
            assert_ptr_equal(hp_facts_find(facts, fact->rva), fact);
        } else {
            assert_int_equal(fact->rva, 0);
            assert_non_null(fact->name);
            assert_true(i == facts->with_code || strcmp(fact[-1].name, fact->name) <= 0);
        }
    }
    assert_null(hp_facts_find(facts, 0));
    assert_null(hp_facts_find(facts, UINT32_MAX));
}
