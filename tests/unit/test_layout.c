// Where each compiler was seen to put things: docs/signatures.md, "ABI notes", case by case.
#include "proxygen/layout.h"

#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define GNU HP_COMPILER_GNU
#define CLANG HP_COMPILER_CLANG
#define MSVC HP_COMPILER_MSVC

static const hp_compiler compilers[] = {GNU, CLANG, MSVC};

static hp_signature parsed(const char *text, hp_arch arch) {
    hp_signature signature;
    hp_signature_error error;
    if (FAILED(hp_signature_parse(text, arch, &signature, &error)))
        fail_msg("%s: at %zu: %s", text, error.position, error.reason);
    return signature;
}

static size_t describe_place(const hp_place *place, char *text, size_t capacity) {
    static const char *const x86[] = {"ax", "cx", "dx", "?", "?", "?", "?", "?", "r8", "r9"};
    int length;
    if (place->kind == HP_PLACE_STACK)
        length = snprintf(text, capacity, " +%u", (unsigned)place->offset);
    else if (place->kind == HP_PLACE_INTEGER)
        length = snprintf(text, capacity, " %s", x86[place->index]);
    else if (place->shadow)
        length = snprintf(text, capacity, " xmm%u/%s", (unsigned)place->index, x86[place->shadow]);
    else
        length = snprintf(text, capacity, " xmm%u", (unsigned)place->index);
    length += snprintf(text + length, capacity - (size_t)length, ":%u%s", (unsigned)place->size,
                       place->indirect ? "*" : "");
    return (size_t)length;
}

/**
 * A layout as a line: result, places as "register:bytes" or "+offset:bytes" ("*" by
 * reference, xmm0/cx in both), all stack bytes, and "pops" what the callee removes. "hidden"
 * is followed by the place of the pointer.
 */
static void describe(const hp_signature *signature, const hp_layout *layout, char *text, size_t capacity) {
    static const char *const results[] = {"none", "int", "float", "hidden"};
    size_t length = (size_t)snprintf(text, capacity, "%s", results[layout->result]);
    if (layout->result == HP_RESULT_HIDDEN)
        length += describe_place(&layout->hidden, text + length, capacity - length);
    length += (size_t)snprintf(text + length, capacity - length, ";");
    for (uint16_t i = 0; i < signature->count; i++)
        length += describe_place(&layout->place[i], text + length, capacity - length);
    snprintf(text + length, capacity - length, "; %u pops %u", (unsigned)layout->stack_bytes,
             (unsigned)layout->cleanup);
}

static void expect(const char *text, hp_arch arch, hp_compiler compiler, const char *expected) {
    hp_signature signature = parsed(text, arch);
    hp_layout layout;
    memset(&layout, 0xA5, sizeof layout); // nothing may be left as it was
    hp_layout_compute(&signature, compiler, &layout);
    assert_int_equal(layout.arch, arch);
    char line[2048];
    describe(&signature, &layout, line, sizeof line);
    if (strcmp(line, expected) != 0)
        fail_msg("%s, compiler %d: \"%s\", expected \"%s\"", text, (int)compiler, line, expected);
}

typedef struct shape {
    const char *signature;
    const char *layout;
} shape;

typedef struct x86_shape {
    const char *signature;
    const char *gnu, *clang, *msvc;
} x86_shape;

static void x64_shapes_are_the_same_for_all_compilers(void **state) {
    (void)state;
    static const shape shapes[] = {
        {"void()", "none;; 0 pops 0"},
        {"i32(i8, bool, i16, i64)", "int; cx:1 dx:1 r8:2 r9:8; 0 pops 0"},
        {"f32(f32, f64, f32, f64, f32, f64)", "float; xmm0:4 xmm1:8 xmm2:4 xmm3:8 +0:4 +8:8; 16 pops 0"},
        {"f64(i32, f64, handle, f32)", "float; cx:4 xmm1:8 r8:8 xmm3:4; 0 pops 0"},
        {"stdcall u64(i8,i8,i8,i8,i8)", "int; cx:1 dx:1 r8:1 r9:1 +0:1; 8 pops 0"},
        {"fastcall void(in str, out u8*, in struct{f32}[3], i8)", "none; cx:8 dx:8 r8:8 r9:1; 0 pops 0"},
        // structures: by their size alone
        {"void(struct{i8},struct{i8 a[2]},struct{i8 a[4]},struct{i8 a[8]})",
         "none; cx:1 dx:2 r8:4 r9:8; 0 pops 0"},
        {"void(struct{i8 a[3]},struct{i8 a[5]},struct{i8 a[7]},struct{i8 a[6]},struct{i32 "
         "a[3]},struct{i64[2]})",
         "none; cx:8* dx:8* r8:8* r9:8* +0:8* +8:8*; 16 pops 0"},
        {"void(struct{f32},struct{f64},struct{f32;f32},struct{i8 a[3];i8})",
         "none; cx:4 dx:8 r8:8 r9:4; 0 pops 0"},
        {"void(i8,i8,i8,i8,struct{f32},struct{i8 a[3]})", "none; cx:1 dx:1 r8:1 r9:1 +0:4 +8:8*; 16 pops 0"},
        {"struct{i8}()", "int;; 0 pops 0"},
        {"struct{i16}()", "int;; 0 pops 0"},
        {"struct{f32}()", "int;; 0 pops 0"},
        {"struct{f64}()", "int;; 0 pops 0"},
        {"struct{i8 a[3];i8 b[5]}()", "int;; 0 pops 0"},
        {"struct{i8 a[3]}(i32)", "hidden cx:8; dx:4; 0 pops 0"},
        {"struct{i8 a[5]}(f32)", "hidden cx:8; xmm1:4; 0 pops 0"},
        {"struct{i32 a[3]}(i32,f32,i32,i32)", "hidden cx:8; dx:4 xmm2:4 r9:4 +0:4; 8 pops 0"},
        {"thiscall struct{i64 a[2]}(handle,i32)", "hidden cx:8; dx:8 r8:4; 0 pops 0"},
        // variable arguments: floats in both registers, before the dots too (a definition
        // need not know which are which)
        {"i32(i32, ..., f64, f64, f64, f64)", "int; cx:4 xmm1/dx:8 xmm2/r8:8 xmm3/r9:8 +0:8; 8 pops 0"},
        {"void(f64, ..., f64, struct{i8 a[3]}, struct{f32}, struct{f64})",
         "none; xmm0/cx:8 xmm1/dx:8 r8:8* r9:4 +0:8; 8 pops 0"},
        {"void(f32, ...)", "none; xmm0/cx:4; 0 pops 0"},
    };
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (size_t c = 0; c < COUNT(compilers); c++)
            expect(shapes[i].signature, HP_ARCH_X64, compilers[c], shapes[i].layout);
    }
}

static void x86_cdecl_and_stdcall_fill_4_byte_slots(void **state) {
    (void)state;
    static const shape shapes[] = {
        {"()", "none;; 0 pops"},
        {"(i8, bool, i16, i32)", "none; +0:1 +4:1 +8:2 +12:4; 16 pops"},
        {"(i32, i64, i32)", "none; +0:4 +4:8 +12:4; 16 pops"},
        {"(i32, f64, f32, i32)", "none; +0:4 +4:8 +12:4 +16:4; 20 pops"},
        {"(i32, struct{i32;i64}, i32)",
         "none; +0:4 +4:16 +20:4; 24 pops"}, // alignment 8 inside, 4 on the stack
        {"(struct{i8},struct{i8 a[2]},struct{i8 a[3]},struct{i8 a[5]},i8)",
         "none; +0:1 +4:2 +8:3 +12:5 +20:1; 24 pops"},
        {"(struct{f32},struct{f64},struct{i32 a[3]})", "none; +0:4 +4:8 +12:12; 24 pops"},
        {"(in str, handle, inout f64*, out u8[9])", "none; +0:4 +4:4 +8:4 +12:4; 16 pops"},
    };
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (size_t c = 0; c < COUNT(compilers); c++) {
            char text[160], line[160];
            const char *bytes = strstr(shapes[i].layout, "; ") ? strrchr(shapes[i].layout, ';') + 2 : "";
            snprintf(text, sizeof text, "void%s", shapes[i].signature);
            snprintf(line, sizeof line, "%s 0", shapes[i].layout);
            expect(text, HP_ARCH_X86, compilers[c], line);
            snprintf(text, sizeof text, "stdcall void%s", shapes[i].signature);
            snprintf(line, sizeof line, "%s %.*s", shapes[i].layout, (int)strcspn(bytes, " "), bytes);
            expect(text, HP_ARCH_X86, compilers[c], line);
        }
    }
    expect("i32(i32, ..., f64, i64)", HP_ARCH_X86, GNU, "int; +0:4 +4:8 +12:8; 20 pops 0");
}

static void x86_results(void **state) {
    (void)state;
    static const x86_shape results[] = {
        {"bool", "int", "int", "int"},
        {"i64", "int", "int", "int"},
        {"handle", "int", "int", "int"},
        {"f32", "float", "float", "float"},
        {"f64", "float", "float", "float"},
        {"struct{i8}", "int", "int", "int"},
        {"struct{i8 a[2]}", "int", "int", "int"},
        {"struct{i8 a[3]}", "hidden", "hidden", "hidden"},
        {"struct{i32}", "int", "int", "int"},
        {"struct{i8 a[5]}", "hidden", "hidden", "hidden"},
        {"struct{i8 a[6]}", "hidden", "hidden", "hidden"},
        {"struct{i8 a[7]}", "hidden", "hidden", "hidden"},
        {"struct{i8 a[8]}", "int", "int", "int"},
        {"struct{i64}", "int", "int", "int"},
        {"struct{i32 a[3]}", "hidden", "hidden", "hidden"},
        {"struct{i8;i16;i32}", "int", "int", "int"},
        {"struct{f32;f32}", "int", "int", "int"},
        {"struct{struct{f32};i32}", "int", "int", "int"},
        {"struct{f32}", "float", "float", "int"},
        {"struct{f64}", "float", "float", "int"},
        {"struct{struct{f32 a[1]} b[1]}", "float", "float", "int"},
        {"struct{struct{f64}}", "float", "float", "int"},
        {"struct{i8 a[3];i8}", "hidden", "hidden", "hidden"},
        {"struct{i8;i8 a[3]}", "hidden", "hidden", "hidden"},
        {"struct{struct{i8 a[3]};i8}", "hidden", "hidden", "hidden"},
        {"struct{i8 a[6];i16}", "hidden", "hidden", "hidden"},
        {"struct{struct{i8 a[3];i8};i32}", "hidden", "hidden", "hidden"},
        {"struct{struct{i16;i8};i32}", "int", "int", "int"},
    };
    for (size_t i = 0; i < COUNT(results); i++) {
        const char *expected[] = {results[i].gnu, results[i].clang, results[i].msvc};
        for (size_t c = 0; c < COUNT(compilers); c++) {
            char text[160], line[160];
            bool hidden = strcmp(expected[c], "hidden") == 0;
            snprintf(text, sizeof text, "%s(i32)", results[i].signature);
            snprintf(line, sizeof line, hidden ? "hidden +0:4; +4:4; 8 pops 0" : "%s; +0:4; 4 pops 0",
                     expected[c]);
            expect(text, HP_ARCH_X86, compilers[c], line);
            snprintf(text, sizeof text, "stdcall %s(i32)", results[i].signature);
            snprintf(line, sizeof line, hidden ? "hidden +0:4; +4:4; 8 pops 8" : "%s; +0:4; 4 pops 4",
                     expected[c]);
            expect(text, HP_ARCH_X86, compilers[c], line);
        }
    }
}

static void check_x86(const x86_shape *shapes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        expect(shapes[i].signature, HP_ARCH_X86, GNU, shapes[i].gnu);
        expect(shapes[i].signature, HP_ARCH_X86, CLANG, shapes[i].clang ? shapes[i].clang : shapes[i].gnu);
        expect(shapes[i].signature, HP_ARCH_X86, MSVC, shapes[i].msvc ? shapes[i].msvc : shapes[i].gnu);
    }
}

// NULL: as gcc.
static void x86_fastcall_registers_after_values_that_do_not_fit(void **state) {
    (void)state;
    static const x86_shape shapes[] = {
        {"fastcall void(i8,i16,i32,i32)", "none; cx:1 dx:2 +0:4 +4:4; 8 pops 8", NULL, NULL},
        {"fastcall void(bool,in str,handle)", "none; cx:1 dx:4 +0:4; 4 pops 4", NULL, NULL},
        {"fastcall void(f64,i32,i32,i32)", "none; +0:8 cx:4 dx:4 +8:4; 12 pops 12", NULL, NULL},
        {"fastcall void(i32,f32,i32,i32)", "none; cx:4 +0:4 dx:4 +4:4; 8 pops 8", NULL, NULL},
        {"fastcall void(i64,i32,i32,i32)", "none; +0:8 +8:4 +12:4 +16:4; 20 pops 20", NULL,
         "none; +0:8 cx:4 dx:4 +8:4; 12 pops 12"},
        {"fastcall void(i32,u64,i32,i32)", "none; cx:4 +0:8 +8:4 +12:4; 16 pops 16", NULL,
         "none; cx:4 +0:8 dx:4 +8:4; 12 pops 12"},
        // structures of one word: gcc skips a register, clang only counts it
        {"fastcall void(struct{i8},i32,i32,i32)", "none; +0:1 dx:4 +4:4 +8:4; 12 pops 12",
         "none; +0:1 cx:4 +4:4 +8:4; 12 pops 12", "none; +0:1 cx:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall void(struct{i8 a[3]},i32,i32,i32)", "none; +0:3 dx:4 +4:4 +8:4; 12 pops 12",
         "none; +0:3 cx:4 +4:4 +8:4; 12 pops 12", "none; +0:3 cx:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall void(struct{i16;i16},i32,i32,i32)", "none; +0:4 dx:4 +4:4 +8:4; 12 pops 12",
         "none; +0:4 cx:4 +4:4 +8:4; 12 pops 12", "none; +0:4 cx:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall void(struct{i32 a[1]},i32,i32,i32)", "none; +0:4 dx:4 +4:4 +8:4; 12 pops 12",
         "none; +0:4 cx:4 +4:4 +8:4; 12 pops 12", "none; +0:4 cx:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall void(struct{struct{i32}},i32,i32,i32)", "none; +0:4 dx:4 +4:4 +8:4; 12 pops 12",
         "none; +0:4 cx:4 +4:4 +8:4; 12 pops 12", "none; +0:4 cx:4 dx:4 +4:4; 8 pops 8"},
        // ... except where the word is passed as if it stood alone
        {"fastcall void(struct{i32},i32,i32,i32)", "none; +0:4 dx:4 +4:4 +8:4; 12 pops 12", NULL,
         "none; +0:4 cx:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall void(struct{handle},i32,i32)", "none; +0:4 dx:4 +4:4; 8 pops 8", NULL,
         "none; +0:4 cx:4 dx:4; 4 pops 4"},
        {"fastcall void(i32,struct{i32},i32,i32)", "none; cx:4 +0:4 +4:4 +8:4; 12 pops 12", NULL,
         "none; cx:4 +0:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall void(i32,struct{i8},i32,i32)", "none; cx:4 +0:1 +4:4 +8:4; 12 pops 12", NULL,
         "none; cx:4 +0:1 dx:4 +4:4; 8 pops 8"},
        {"fastcall void(struct{i32},struct{i32},i32,i32)", "none; +0:4 +4:4 +8:4 +12:4; 16 pops 16", NULL,
         "none; +0:4 +4:4 cx:4 dx:4; 8 pops 8"},
        {"fastcall void(struct{i32 a[1]},i32,struct{i32},i32)", "none; +0:4 dx:4 +4:4 +8:4; 12 pops 12",
         "none; +0:4 cx:4 +4:4 +8:4; 12 pops 12", "none; +0:4 cx:4 +4:4 dx:4; 8 pops 8"},
        {"fastcall void(f32,struct{i8},i32,i32)", "none; +0:4 +4:1 dx:4 +8:4; 12 pops 12",
         "none; +0:4 +4:1 cx:4 +8:4; 12 pops 12", "none; +0:4 +4:1 cx:4 dx:4; 8 pops 8"},
        // more than one word
        {"fastcall void(struct{i8 a[5]},i32,i32,i32)", "none; +0:5 +8:4 +12:4 +16:4; 20 pops 20", NULL,
         "none; +0:5 cx:4 dx:4 +8:4; 12 pops 12"},
        {"fastcall void(i32,struct{i32;i32},i32,i32)", "none; cx:4 +0:8 +8:4 +12:4; 16 pops 16", NULL,
         "none; cx:4 +0:8 dx:4 +8:4; 12 pops 12"},
        {"fastcall void(struct{f32;f32},i32,i32,i32)", "none; +0:8 +8:4 +12:4 +16:4; 20 pops 20", NULL,
         "none; +0:8 cx:4 dx:4 +8:4; 12 pops 12"},
        {"fastcall void(struct{i32 a[3]},i32,i32)", "none; +0:12 +12:4 +16:4; 20 pops 20", NULL,
         "none; +0:12 cx:4 dx:4; 12 pops 12"},
        // lone floats cost nothing
        {"fastcall void(struct{f32},i32,i32,i32)", "none; +0:4 cx:4 dx:4 +4:4; 8 pops 8", NULL, NULL},
        {"fastcall void(struct{struct{f32}},i32,i32,i32)", "none; +0:4 cx:4 dx:4 +4:4; 8 pops 8", NULL, NULL},
        {"fastcall void(i32,struct{f64},i32,i32)", "none; cx:4 +0:8 dx:4 +8:4; 12 pops 12", NULL, NULL},
    };
    check_x86(shapes, COUNT(shapes));
}

static void x86_hidden_pointer_comes_before_the_object_or_behind_it(void **state) {
    (void)state;
    static const x86_shape shapes[] = {
        {"fastcall struct{i32 a[3]}(i32,i32,i32)", "hidden cx:4; dx:4 +0:4 +4:4; 8 pops 8", NULL,
         "hidden +0:4; cx:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall struct{i8 a[3]}(i32,i32,i32)", "hidden cx:4; dx:4 +0:4 +4:4; 8 pops 8", NULL,
         "hidden +0:4; cx:4 dx:4 +4:4; 8 pops 8"},
        {"fastcall struct{i32;i32}(i32,i32,i32)", "int; cx:4 dx:4 +0:4; 4 pops 4", NULL, NULL},
        {"fastcall struct{i32 a[3]}(i64,i32)", "hidden cx:4; +0:8 +8:4; 12 pops 12", NULL,
         "hidden +0:4; +4:8 cx:4; 12 pops 12"},
        {"fastcall struct{i32 a[3]}(struct{i32},i32,i32)", "hidden cx:4; +0:4 +4:4 +8:4; 12 pops 12", NULL,
         "hidden +0:4; +4:4 cx:4 dx:4; 8 pops 8"},
        {"fastcall struct{i32 a[3]}(struct{f32},i32,i32)", "hidden cx:4; +0:4 dx:4 +4:4; 8 pops 8", NULL,
         "hidden +0:4; +4:4 cx:4 dx:4; 8 pops 8"},
        {"thiscall void(handle,i32,f64)", "none; cx:4 +0:4 +4:8; 12 pops 12", NULL, NULL},
        {"thiscall void(in str,struct{i8},i8)", "none; cx:4 +0:1 +4:1; 8 pops 8", NULL, NULL},
        {"thiscall i64(usize,i64)", "int; cx:4 +0:8; 8 pops 8", NULL, NULL},
        {"thiscall struct{i32 a[3]}(handle,i32,i32)", "hidden cx:4; +0:4 +4:4 +8:4; 12 pops 12", NULL,
         "hidden +0:4; cx:4 +4:4 +8:4; 12 pops 12"},
        {"thiscall struct{i8 a[3]}(handle,i32,i32)", "hidden cx:4; +0:4 +4:4 +8:4; 12 pops 12", NULL,
         "hidden +0:4; cx:4 +4:4 +8:4; 12 pops 12"},
        {"thiscall struct{i32;i32}(handle,i32)", "int; cx:4 +0:4; 4 pops 4", NULL,
         "hidden +0:4; cx:4 +4:4; 8 pops 8"}, // Microsoft's methods return every structure so
        {"thiscall struct{f32}(handle)", "float; cx:4; 0 pops 0", NULL, "hidden +0:4; cx:4; 4 pops 4"},
    };
    check_x86(shapes, COUNT(shapes));
}

static void unknown_compiler_is_taken_for_gcc(void **state) {
    (void)state;
    expect("fastcall void(struct{i8},i32)", HP_ARCH_X86, (hp_compiler)0, "none; +0:1 dx:4; 4 pops 4");
    expect("fastcall void(struct{i8},i32)", HP_ARCH_X86, (hp_compiler)77, "none; +0:1 dx:4; 4 pops 4");
}

static void the_32nd_parameter_has_a_place(void **state) {
    (void)state;
    char text[512] = "struct{i8 a[3]}(i8";
    for (int i = 1; i < 32; i++)
        strcat(text, ",i8");
    strcat(text, ")");
    hp_signature signature = parsed(text, HP_ARCH_X64);
    hp_layout layout;
    hp_layout_compute(&signature, GNU, &layout);
    assert_int_equal(layout.place[31].kind, HP_PLACE_STACK);
    assert_int_equal(layout.place[31].offset, 28 * 8);
    assert_int_equal(layout.stack_bytes, 29 * 8);
    signature = parsed(text, HP_ARCH_X86);
    hp_layout_compute(&signature, GNU, &layout);
    assert_int_equal(layout.place[31].offset, 32 * 4);
    assert_int_equal(layout.stack_bytes, 33 * 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x64_shapes_are_the_same_for_all_compilers),
        cmocka_unit_test(x86_cdecl_and_stdcall_fill_4_byte_slots),
        cmocka_unit_test(x86_results),
        cmocka_unit_test(x86_fastcall_registers_after_values_that_do_not_fit),
        cmocka_unit_test(x86_hidden_pointer_comes_before_the_object_or_behind_it),
        cmocka_unit_test(unknown_compiler_is_taken_for_gcc),
        cmocka_unit_test(the_32nd_parameter_has_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
