#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "e2e/patch_world.h"

enum { DRAIN = 30000 };

patch_code patch_code_of(const void *entry) {
    /* Through volatile: to the compiler a function is not memory that begins 16 bytes earlier. */
    unsigned char *volatile at = (unsigned char *)(uintptr_t)entry;
    patch_code code = {.entry = at};
    memcpy(code.bytes, at - PATCH_ROOM, sizeof code.bytes);
    return code;
}

int patch_code_same(const patch_code *code) {
    const patch_code now = patch_code_of(code->entry);
    return memcmp(now.bytes, code->bytes, sizeof now.bytes) == 0;
}

int patch_code_reverted(const patch_code *code) {
    enum { STORE = 8, JUMP = HP_X64 ? 6 : 5 }; /* what one store can change, and the jump in it */
    const patch_code now = patch_code_of(code->entry);
    const int stays = code->bytes[PATCH_ROOM - 1] == 0xCC;
    if (stays && now.bytes[PATCH_ROOM - JUMP] != (HP_X64 ? 0xFF : 0xE9))
        return 0;
    return memcmp(now.bytes, code->bytes, (size_t)(stays ? PATCH_ROOM - STORE : PATCH_ROOM)) == 0 &&
           memcmp(now.bytes + PATCH_ROOM, code->bytes + PATCH_ROOM, PATCH_ENTRY) == 0;
}

void patch_assert_reverted(const patch_code *code) {
    MEMORY_BASIC_INFORMATION info;
    assert_true(patch_code_reverted(code));
    assert_int_equal(VirtualQuery(code->entry, &info, sizeof info), sizeof info);
    assert_int_equal(info.Protect, PAGE_EXECUTE_READ);
}

void patch_poke(void *at, const void *bytes, size_t size) {
    DWORD before, ignored;
    assert_true(VirtualProtect(at, size, PAGE_EXECUTE_READWRITE, &before));
    memcpy(at, bytes, size);
    assert_true(VirtualProtect(at, size, before, &ignored));
    FlushInstructionCache(GetCurrentProcess(), at, size);
}

static void write_jump(unsigned char *at, const void *to) {
    unsigned char jump[5] = {0xE9};
    const intptr_t distance = (intptr_t)((uintptr_t)to - (uintptr_t)at - sizeof jump);
    assert_true(distance == (int32_t)distance);
    memcpy(jump + 1, &(int32_t){(int32_t)distance}, sizeof(int32_t));
    patch_poke(at, jump, sizeof jump);
}

patch_code patch_rival_entry(void *entry, const void *to) {
    const patch_code found = patch_code_of(entry);
    write_jump(entry, to);
    return found;
}

patch_code patch_rival_room(void *entry, const void *to) {
    const patch_code found = patch_code_of(entry);
    write_jump((unsigned char *)entry - 5, to);
    patch_poke(entry, "\xEB\xF9", 2);
    return found;
}

void patch_restore(const patch_code *code) {
    patch_poke(code->entry - PATCH_ROOM, code->bytes, sizeof code->bytes);
}

hp_patch *patch_open(void) {
    hp_patch *patch = NULL;
    assert_int_equal(hp_patch_open(&patch), S_OK);
    assert_non_null(patch);
    return patch;
}

HRESULT patch_add(hp_patch *patch, HMODULE module, const char *name, void *replacement, const char *signature,
                  void **original) {
    const hp_patch_function function = {.size = sizeof function,
                                        .module = module,
                                        .name = name,
                                        .replacement = replacement,
                                        .signature = signature,
                                        .original = original};
    return hp_patch_add(patch, &function);
}

HRESULT patch_add_at(hp_patch *patch, void *address, void *replacement, const char *signature,
                     void **original) {
    const hp_patch_function function = {.size = sizeof function,
                                        .address = address,
                                        .replacement = replacement,
                                        .signature = signature,
                                        .original = original};
    return hp_patch_add(patch, &function);
}

hp_patch_trouble patch_trouble(const hp_patch *patch, HRESULT expected) {
    hp_patch_trouble trouble = {.size = sizeof trouble};
    assert_int_equal(hp_patch_explain(patch, &trouble), expected);
    assert_int_equal(trouble.result, expected);
    return trouble;
}

int patch_names(const hp_patch_trouble *trouble, const char *name, const void *entry) {
    char address[32];
    snprintf(address, sizeof address, "%p", entry);
    return strcmp(trouble->name, name) == 0 || strcmp(trouble->name, address) == 0;
}

hp_patch_info patch_info(const void *entry, HRESULT expected) {
    hp_patch_info info = {.size = sizeof info};
    assert_int_equal(hp_patch_query(entry, &info), expected);
    assert_ptr_equal(info.address, entry);
    return info;
}

void patch_end(hp_patch *patch) {
    assert_int_equal(hp_patch_revert(patch), S_OK);
    assert_int_equal(hp_patch_drain(patch, DRAIN), S_OK);
    hp_patch_close(patch);
}

void patch_assert_owner(const hp_patch_info *info, HMODULE module) {
    wchar_t path[MAX_PATH];
    assert_in_range(GetModuleFileNameW(module, path, MAX_PATH), 1, MAX_PATH - 1);
    assert_int_equal(_wcsicmp(info->owner, path), 0);
}
