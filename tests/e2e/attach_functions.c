#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "e2e/attach_functions.h"

#include <hotpatch/function.h>

HP_PATCHABLE(int, err_add, (int a, int b)) {
    return a + b;
}
HP_EXPORT(err_add, "i32(i32 left, i32 right)");

HP_PATCHABLE(double, err_scale, (double value, int factor)) {
    return value * factor;
}

HP_PATCHABLE(unsigned, err_fill, (unsigned char *data, unsigned size)) {
    memset(data, 'o', size / 2);
    return size / 2;
}

static int err_listed(int a) {
    return a;
}
HP_EXPORT(err_listed, "i32(i32 a)");

HP_PATCHABLE(static int, err_twin, (int a)) {
    return a + 2;
}
HP_PATCHABLE_AS("err_twin_again", err_twin);

HP_PATCHABLE(static int, err_misread, (int a)) {
    return a + 3;
}
HP_EXPORT(err_misread, "i32(i33 a)");

HP_PATCHABLE(static int, err_one, (int a)) {
    return a + 4;
}
HP_PATCHABLE(static int, err_two, (int a)) {
    return a + 5;
}
HP_PATCHABLE_AS("err_double", err_one);
HP_PATCHABLE_AS("err_double", err_two);

/* Bytes are spelled out: what a compiler makes of a function without room differs. */
#define TEXT_OF(x) #x
#define NAME_OF(prefix, name) TEXT_OF(prefix) #name
#define LABEL(name) NAME_OF(__USER_LABEL_PREFIX__, name)
#define DEFINE(name, before, bytes)                                                                          \
    __asm__(".globl " LABEL(name) "\n" before "\n" LABEL(name) ":\n.byte " bytes "\n.p2align 4\n.text\n");   \
    int name(int a);                                                                                         \
    HP_PATCHABLE_AS(#name, name)
#define RETURNS_6 "0xB8, 6, 0, 0, 0, 0xC3, 0xCC, 0xCC"

/* On x64 a first instruction of five bytes would do, had it room before it. */
DEFINE(err_plain, ".text\n.p2align 4\n.fill 16, 1, 0xC3", RETURNS_6);
DEFINE(err_occupied, ".text\n.p2align 4\n.fill 16, 1, 0xC3", "0x90, 0x90, " RETURNS_6);
DEFINE(err_crooked, ".text\n.p2align 4\n.fill 20, 1, 0x90", "0x90, 0x90, " RETURNS_6);
DEFINE(err_data, ".data\n.p2align 4\n.fill 16, 1, 0x90", "0x90, 0x90, " RETURNS_6);

enum { AROUND = 16 };

static unsigned char *const *functions(size_t *count) {
    static unsigned char *all[11];
    unsigned char *const listed[] = {
        (unsigned char *)(uintptr_t)err_add,     (unsigned char *)(uintptr_t)err_scale,
        (unsigned char *)(uintptr_t)err_fill,    (unsigned char *)(uintptr_t)err_listed,
        (unsigned char *)(uintptr_t)err_twin,    (unsigned char *)(uintptr_t)err_misread,
        (unsigned char *)(uintptr_t)err_one,     (unsigned char *)(uintptr_t)err_two,
        (unsigned char *)(uintptr_t)err_plain,   (unsigned char *)(uintptr_t)err_occupied,
        (unsigned char *)(uintptr_t)err_crooked,
    };
    memcpy(all, listed, sizeof all);
    *count = sizeof all / sizeof *all;
    return all;
}

struct code_state {
    unsigned char bytes[16][2 * AROUND];
    DWORD protection[16];
    size_t executable; /* bytes of private memory that can be executed */
};

static size_t executable_memory(void) {
    MEMORY_BASIC_INFORMATION info;
    size_t total = 0;
    for (const char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (const char *)info.BaseAddress + info.RegionSize)
        if (info.State == MEM_COMMIT && info.Type == MEM_PRIVATE && (info.Protect & 0xF0) != 0)
            total += info.RegionSize;
    return total;
}

code_state *code_save(void) {
    code_state *state = calloc(1, sizeof *state);
    assert_non_null(state);
    size_t count;
    unsigned char *const *all = functions(&count);
    for (size_t i = 0; i < count; i++) {
        MEMORY_BASIC_INFORMATION info;
        memcpy(state->bytes[i], all[i] - AROUND, sizeof state->bytes[i]);
        assert_int_equal(VirtualQuery(all[i], &info, sizeof info), sizeof info);
        state->protection[i] = info.Protect;
        assert_int_equal(info.Protect & (PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY), 0);
    }
    state->executable = executable_memory();
    return state;
}

void code_expect_bytes(code_state *state) {
    code_state *now = code_save();
    assert_memory_equal(now->bytes, state->bytes, sizeof state->bytes);
    assert_memory_equal(now->protection, state->protection, sizeof state->protection);
    free(now);
    free(state);
}

void code_expect(code_state *state) {
    assert_int_equal(executable_memory(), state->executable);
    code_expect_bytes(state);
}

static unsigned char kept[2];

static void write_entry(const unsigned char *bytes) {
    unsigned char *entry = (unsigned char *)(uintptr_t)err_scale;
    DWORD before;
    assert_true(VirtualProtect(entry, 2, PAGE_EXECUTE_READWRITE, &before));
    memcpy(entry, bytes, 2);
    assert_true(VirtualProtect(entry, 2, before, &before));
    FlushInstructionCache(GetCurrentProcess(), entry, 2);
}

void code_patch_scale(void) {
    static const unsigned char jump[2] = {0xEB, 0};
    memcpy(kept, (unsigned char *)(uintptr_t)err_scale, 2);
    write_entry(jump);
}

void code_unpatch_scale(void) {
    if (kept[0] != 0)
        write_entry(kept);
    kept[0] = 0;
}
