/**
 * @file table_sample.h
 * A function table for tests: small, with every kind of function in it.
 */
#ifndef HP_TESTS_TABLE_SAMPLE_H
#define HP_TESTS_TABLE_SAMPLE_H

#include "proxygen/table_shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLE_IMAGE 0x20000u

static const hp_table_about sample_about = {.fingerprint = 0x1122334455667788u,
                                            .timestamp = 0x66F0A1B2u,
                                            .image_size = SAMPLE_IMAGE,
                                            .arch = HP_ARCH_X86,
                                            .writer = "hotpatch 0.1.0"};

/** One that can be redirected and called. */
#define SAMPLE(text, ...)                                                                                    \
    {                                                                                                        \
        .name = (text), .signature = "i32(i32,i32)", .rva = 0x1000, .size = 0x20, .form = HP_FORM_NOPS,      \
        .compiler = HP_COMPILER_GNU, __VA_ARGS__                                                             \
    }

static const hp_table_function sample[] = {
    SAMPLE("add(i32)", .file = "src/add.cpp", .line = 10, .room = 16, .offered = 1),
    SAMPLE("add(f64)", .file = "src/add.cpp", .line = 20, .room = 255),
    {.name = "acme::vec<i32>::operator[](usize)",
     .signature = "thiscall i32(inout struct vec{i32 size;enum u8 kind{NONE=0,SOME=1} kind}*,u32)",
     .rva = SAMPLE_IMAGE - 0x20,
     .size = 0x20,
     .form = HP_FORM_MOV_EDI,
     .convention = 3,
     .compiler = HP_COMPILER_MSVC,
     .line = 65534},
    {.name = "load@src/ai.c",
     .signature = "void(struct vec{i32 size;enum u8 kind{NONE=0,SOME=1} kind},enum u8 kind{NONE=0,SOME=1})",
     .file = "src/ai.c",
     .is_static = 1,
     .rva = SAMPLE_IMAGE - 1,
     .form = HP_FORM_NOP2,
     .compiler = HP_COMPILER_CLANG,
     .line = 65535},
    {.name = "load@src/map.c",
     .signature = "void()",
     .file = "src/map.c",
     .is_static = 1,
     .partly_inlined = 1,
     .line = 1000000,
     .convention = 1,
     .rva = 1,
     .form = HP_FORM_INSTRUCTION,
     .compiler = HP_COMPILER_CLANG},
    {.name = "gone", .signature = "", .patchable = HP_E_INLINED, .compiler = HP_COMPILER_GNU},
    {.name = "strange",
     .signature = "parameter 1: the types do not say how much memory is behind this pointer",
     .callable = HP_E_SIGNATURE_UNKNOWN,
     .patchable = HP_E_NOT_PATCHABLE,
     .rva = 0x1234,
     .size = 1,
     .convention = 2,
     .compiler = HP_COMPILER_GNU},
};
enum { SAMPLES = sizeof sample / sizeof *sample };

/** A table that was made; of its exact size, so that a sanitizer sees a read behind it. */
typedef struct made_table {
    unsigned char *bytes;
    size_t size;
} made_table;

static inline made_table make_table(const hp_table_about *about, const hp_table_function *functions,
                                    uint32_t count) {
    made_table table = {0};
    const hp_table_function *bad = NULL;
    HRESULT hr = hp_table_make(about, functions, count, &table.bytes, &table.size, &bad);
    if (hr != S_OK)
        fail_msg("0x%08x %s", (unsigned)hr, bad ? bad->name : "");
    return table;
}

/** Of one function. */
static inline made_table make_one(const char *signature) {
    hp_table_function one = SAMPLE("one", .room = 16);
    one.signature = signature;
    return make_table(&sample_about, &one, 1);
}

static inline hp_table open_table(made_table table) {
    hp_table opened;
    const char *reason;
    HRESULT hr = hp_table_open(table.bytes, table.size, &opened, &reason);
    if (hr != S_OK)
        fail_msg("0x%08x: %s", (unsigned)hr, reason);
    return opened;
}

/** A signature, written out; until the next call. */
static inline const char *written_out(const hp_table *table, uint32_t index) {
    static char text[HP_SIGNATURE_MAX + 1];
    memset(text, 0x55, sizeof text);
    const size_t length = hp_table_signature(table, index, text, sizeof text);
    assert_true(length <= HP_SIGNATURE_MAX);
    assert_int_equal(strlen(text), length);
    return text;
}

/** Hash anew what was changed. */
static inline void reseal(made_table table) {
    hp_table_seal(table.bytes, table.size, hp_table_u32(table.bytes + HP_TABLE_AT_IMAGE_SIZE),
                  hp_table_number(table.bytes + HP_TABLE_AT_FINGERPRINT, 8));
}

/** Where a function lies whose name is there exactly. */
static inline unsigned char *sample_at(made_table table, const char *name) {
    hp_table opened = open_table(table);
    uint32_t index;
    assert_int_equal(hp_table_find(&opened, name, strlen(name), &index), S_OK);
    return table.bytes + HP_TABLE_HEADER + (size_t)index * HP_TABLE_FUNCTION;
}

#endif
