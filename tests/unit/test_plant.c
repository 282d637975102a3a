/*
 * client/plant on code that this test makes up, byte by byte: what is refused and why, that exactly the right
 * bytes are written, and that everything is as it was afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "client/plant.h"

enum { PAGE = 4096, PAGES = 3, ENTRY = 256, ROOM = 16 };

typedef struct code {
    unsigned char *base;
    unsigned char *entry;
    void *slot; /* x64 jumps through it: near, since it is part of the same allocation */
} code;

/* A page of code, filled like a linker does, with one function at ENTRY. */
static void make_code(code *it, const void *prologue, size_t size, unsigned char filler) {
    DWORD before;
    it->base = VirtualAlloc(NULL, PAGES * PAGE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    assert_non_null(it->base);
    memset(it->base, 0xC3, 2 * PAGE);
    it->entry = it->base + ENTRY;
    memset(it->entry - ROOM, filler, ROOM);
    memcpy(it->entry, prologue, size);
    assert_true(VirtualProtect(it->base, 2 * PAGE, PAGE_EXECUTE_READ, &before));
}

static void free_code(code *it) {
    assert_true(VirtualFree(it->base, 0, MEM_RELEASE));
}

static DWORD protection_of(const void *at) {
    MEMORY_BASIC_INFORMATION info;
    assert_true(VirtualQuery(at, &info, sizeof info) == sizeof info);
    return info.Protect;
}

/* Change a byte of code that is not writable. */
static void poke(unsigned char *at, unsigned char byte) {
    DWORD before, ignored;
    assert_true(VirtualProtect(at, 1, PAGE_READWRITE, &before));
    *at = byte;
    assert_true(VirtualProtect(at, 1, before, &ignored));
}

static HRESULT inspect(const code *it, hp_plant *plant) {
    return hp_plant_inspect(it->base, 2 * PAGE, it->entry, plant, NULL);
}

typedef struct form {
    const char *bytes;
    size_t size;
    hp_prologue prologue;
    size_t body; /* offset of the original's body */
} form;

static const form forms[] = {
    {"\x90\x90\x31\xC0", 4, HP_PROLOGUE_NOPS, 2},
    {"\x66\x90\x31\xC0", 4, HP_PROLOGUE_NOP2, 2},
#if HP_X64
    {"\x48\x8D\xA4\x24\0\0\0\0", 8, HP_PROLOGUE_LEA_RSP, 8},
#else
    {"\x8B\xFF\x55\x8B\xEC", 5, HP_PROLOGUE_MOV_EDI, 2},
#endif
};

static void each_prologue_form_is_recognised(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        for (int cc = 0; cc < 2; cc++) {
            code it;
            hp_plant plant;
            make_code(&it, forms[i].bytes, forms[i].size, cc ? 0xCC : 0x90);
            assert_int_equal(inspect(&it, &plant), S_OK);
            assert_int_equal(plant.prologue, forms[i].prologue);
            assert_ptr_equal(hp_plant_body(&plant), it.entry + forms[i].body);
            free_code(&it);
        }
}

static void ordinary_first_instructions_are_refused(void **state) {
    (void)state;
    static const char *const ordinary[] = {"\x55\x8B\xEC\x90", "\x48\x83\xEC\x28", "\x90\x31\xC0\x90",
                                           "\x66\x66\x90\x90",
                                           HP_X64 ? "\x8B\xFF\x55\x8B" : "\x48\x8D\xA4\x24"};
    for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++) {
        code it;
        hp_plant plant;
        make_code(&it, ordinary[i], 4, 0x90);
        assert_int_equal(inspect(&it, &plant), HP_E_NOT_PATCHABLE);
        free_code(&it);
    }
}

static void a_function_that_others_patched_is_foreign(void **state) {
    (void)state;
    static const char *const jumps[] = {"\xE9\x10\0\0", "\xEB\xF9\x90\x90", "\xEB\xF8\x90\x90",
                                        "\xFF\x25\0\0"};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        code it;
        hp_plant plant;
        make_code(&it, jumps[i], 4, 0x90);
        assert_int_equal(inspect(&it, &plant), HP_E_FOREIGN_BYTES);
        free_code(&it);
    }
}

static void a_pad_that_is_not_filler_is_refused_byte_by_byte(void **state) {
    (void)state;
    const int needed = HP_X64 ? 6 : 5;
    for (int i = 1; i <= ROOM; i++) {
        code it;
        hp_plant plant;
        make_code(&it, "\x90\x90\xC3", 3, 0x90);
        poke(it.entry - i, 0xC3);
        assert_int_equal(inspect(&it, &plant), i <= needed ? HP_E_PAD_OCCUPIED : S_OK);
        free_code(&it);
    }
}

static void an_entry_that_no_single_store_covers_is_refused(void **state) {
    (void)state;
    for (int shift = 1; shift < 8; shift++) {
        code it;
        hp_plant plant;
        make_code(&it, "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\xC3", 11, 0x90);
        it.entry += shift;
        assert_int_equal(inspect(&it, &plant), HP_E_ENTRY_MISALIGNED);
        free_code(&it);
    }
}

static void addresses_outside_of_code_are_refused(void **state) {
    (void)state;
    code it;
    hp_plant plant;
    make_code(&it, "\x90\x90\xC3", 3, 0x90);
    unsigned char *const outside[] = {NULL,
                                      it.base,
                                      it.base + 4,
                                      it.base - 16,
                                      it.base + 2 * PAGE - 4,
                                      it.base + 2 * PAGE,
                                      (unsigned char *)UINTPTR_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_int_equal(hp_plant_inspect(it.base, 2 * PAGE, outside[i], &plant, NULL), HP_E_NOT_PATCHABLE);
    /* Inside of the image, but data. */
    DWORD before;
    assert_true(VirtualProtect(it.base, PAGE, PAGE_READONLY, &before));
    assert_int_equal(inspect(&it, &plant), HP_E_NOT_PATCHABLE);
    free_code(&it);
}

/* The whole page is compared: nothing but room and word may differ, and nothing at all after the revert. */
static void commit_writes_exactly_the_jump_and_revert_restores_all(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        static unsigned char found[PAGE], wanted[PAGE];
        code it;
        hp_plant plant, *list[] = {&plant};
        hp_plant_window window;
        make_code(&it, forms[i].bytes, forms[i].size, 0x90);
        it.slot = it.base + 2 * PAGE;
        memcpy(found, it.base, PAGE);
        assert_int_equal(inspect(&it, &plant), S_OK);
        void *thunk = it.base + 2 * PAGE + 64;
        assert_int_equal(hp_plant_aim(&plant, it.slot, thunk), S_OK);
        assert_int_equal(hp_plant_open(list, 1, &window, NULL), S_OK);
        assert_memory_equal(it.base, found, PAGE);
        hp_plant_commit(&plant);
        hp_plant_close(&window);
        memcpy(wanted, found, PAGE);
#if HP_X64
        const int32_t distance = 2 * PAGE - ENTRY;
        memcpy(wanted + ENTRY - 6, "\xFF\x25", 2);
        memcpy(wanted + ENTRY, "\xEB\xF8", 2);
#else
        const int32_t distance = 2 * PAGE + 64 - ENTRY;
        wanted[ENTRY - 5] = 0xE9;
        memcpy(wanted + ENTRY, "\xEB\xF9", 2);
#endif
        memcpy(wanted + ENTRY - 4, &distance, sizeof distance);
        assert_memory_equal(it.base, wanted, PAGE);
        assert_int_equal(protection_of(it.entry), PAGE_EXECUTE_READ);
        assert_true(hp_plant_intact(&plant));
        assert_int_equal(hp_plant_open(list, 1, &window, NULL), S_OK);
        hp_plant_revert(&plant);
        hp_plant_close(&window);
        assert_memory_equal(it.base, found, PAGE);
        assert_int_equal(protection_of(it.entry), PAGE_EXECUTE_READ);
        assert_false(hp_plant_intact(&plant));
        free_code(&it);
    }
}

/* A thread that has taken the short jump must find our jump or nops, never int3. So the room keeps the
 * jump. */
static void a_revert_lays_no_int3_under_a_thread(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        code it;
        hp_plant plant, *list[] = {&plant};
        hp_plant_window window;
        make_code(&it, forms[i].bytes, forms[i].size, 0xCC);
        assert_int_equal(inspect(&it, &plant), S_OK);
        assert_int_equal(hp_plant_aim(&plant, (void *const *)(void *)it.base, it.base), S_OK);
        assert_true(hp_plant_is_idle(&plant));
        /* Twice: what is left in the room does not hinder the next plant. */
        for (int round = 0; round < 2; round++) {
            assert_int_equal(hp_plant_open(list, 1, &window, NULL), S_OK);
            hp_plant_commit(&plant);
            assert_false(hp_plant_is_idle(&plant));
            hp_plant_revert(&plant);
            hp_plant_close(&window);
            assert_memory_equal(it.entry, forms[i].bytes, forms[i].size);
            assert_memory_equal(it.entry - 8, &plant.jump, 8);
            assert_true(hp_plant_is_idle(&plant));
        }
        poke(it.entry - 1, (unsigned char)(it.entry[-1] ^ 1));
        assert_false(hp_plant_is_idle(&plant));
        assert_int_equal(hp_plant_open(list, 1, &window, NULL), HP_E_FOREIGN_BYTES);
        free_code(&it);
    }
}

/* Somebody patches between inspection and commit: seen, nothing written, protections as they were. */
static void a_change_between_inspection_and_commit_is_foreign(void **state) {
    (void)state;
    for (int in_room = 0; in_room < 2; in_room++) {
        code it;
        hp_plant plant, *list[] = {&plant};
        hp_plant_window window;
        make_code(&it, "\x90\x90\xC3", 3, 0x90);
        assert_int_equal(inspect(&it, &plant), S_OK);
        poke(in_room ? it.entry - 3 : it.entry, 0xCC);
        assert_int_equal(hp_plant_open(list, 1, &window, NULL), HP_E_FOREIGN_BYTES);
        assert_int_equal(protection_of(it.entry), PAGE_EXECUTE_READ);
        free_code(&it);
    }
}

static void bytes_changed_behind_our_back_are_not_intact(void **state) {
    (void)state;
    for (int i = -8; i < 2; i++) {
        code it;
        hp_plant plant, *list[] = {&plant};
        hp_plant_window window;
        make_code(&it, "\x90\x90\xC3", 3, 0x90);
        assert_int_equal(inspect(&it, &plant), S_OK);
        assert_int_equal(hp_plant_aim(&plant, (void *const *)(void *)it.base, it.base), S_OK);
        assert_int_equal(hp_plant_open(list, 1, &window, NULL), S_OK);
        hp_plant_commit(&plant);
        hp_plant_close(&window);
        poke(it.entry + i, (unsigned char)(it.entry[i] ^ 1));
        assert_false(hp_plant_intact(&plant));
        free_code(&it);
    }
}

/* The room of a function at the start of a page lies in the page before. */
static void room_and_entry_on_two_pages_are_both_opened(void **state) {
    (void)state;
    code it;
    hp_plant plants[2], *list[] = {&plants[1], &plants[0]};
    hp_plant_window window;
    make_code(&it, "\x90\x90\xC3", 3, 0x90);
    DWORD before;
    unsigned char *second = it.base + PAGE;
    assert_true(VirtualProtect(it.base, 2 * PAGE, PAGE_READWRITE, &before));
    memset(second - ROOM, 0x90, ROOM + 2);
    assert_true(VirtualProtect(it.base, PAGE, PAGE_EXECUTE_READ, &before));
    assert_true(VirtualProtect(second, PAGE, PAGE_EXECUTE, &before));
    assert_int_equal(inspect(&it, &plants[0]), S_OK);
    assert_int_equal(hp_plant_inspect(it.base, 2 * PAGE, second, &plants[1], NULL), S_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(hp_plant_aim(&plants[i], (void *const *)(void *)it.base, it.base), S_OK);
    assert_int_equal(hp_plant_open(list, 2, &window, NULL), S_OK);
    hp_plant_commit(&plants[0]);
    hp_plant_commit(&plants[1]);
    hp_plant_close(&window);
    assert_int_equal(second[0], 0xEB);
    /* Each page gets its own protection back. */
    assert_int_equal(protection_of(it.base), PAGE_EXECUTE_READ);
    assert_int_equal(protection_of(second), PAGE_EXECUTE);
    free_code(&it);
}

#if HP_X64
static void a_slot_out_of_reach_is_refused(void **state) {
    (void)state;
    code it;
    hp_plant plant;
    make_code(&it, "\x90\x90\xC3", 3, 0x90);
    assert_int_equal(inspect(&it, &plant), S_OK);
    const uintptr_t at = (uintptr_t)it.entry;
    assert_int_equal(hp_plant_aim(&plant, (void *const *)(at + 0x7FFFFFFF), NULL), S_OK);
    assert_int_equal(hp_plant_aim(&plant, (void *const *)(at + 0x80000000u), NULL), HP_E_NO_ROOM_NEAR);
    assert_int_equal(hp_plant_aim(&plant, (void *const *)(at - 0x80000000u), NULL), S_OK);
    assert_int_equal(hp_plant_aim(&plant, (void *const *)(at - 0x80000001u), NULL), HP_E_NO_ROOM_NEAR);
    free_code(&it);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_prologue_form_is_recognised),
        cmocka_unit_test(ordinary_first_instructions_are_refused),
        cmocka_unit_test(a_function_that_others_patched_is_foreign),
        cmocka_unit_test(a_pad_that_is_not_filler_is_refused_byte_by_byte),
        cmocka_unit_test(an_entry_that_no_single_store_covers_is_refused),
        cmocka_unit_test(addresses_outside_of_code_are_refused),
        cmocka_unit_test(commit_writes_exactly_the_jump_and_revert_restores_all),
        cmocka_unit_test(a_revert_lays_no_int3_under_a_thread),
        cmocka_unit_test(a_change_between_inspection_and_commit_is_foreign),
        cmocka_unit_test(bytes_changed_behind_our_back_are_not_intact),
        cmocka_unit_test(room_and_entry_on_two_pages_are_both_opened),
#if HP_X64
        cmocka_unit_test(a_slot_out_of_reach_is_refused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
