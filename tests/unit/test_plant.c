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

#include "client/window.h"

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

static HRESULT inspect_at(const code *it, unsigned char *entry, hp_plant *plant) {
    hp_plant_image image = {.base = it->base, .size = 2 * PAGE};
    return hp_plant_inspect(&image, entry, plant, NULL);
}

static HRESULT inspect(const code *it, hp_plant *plant) {
    return inspect_at(it, it->entry, plant);
}

typedef struct form {
    const char *bytes;
    size_t size;
    hp_prologue_form prologue;
    size_t body; /* offset of the original's body */
} form;

static const form forms[] = {
    {"\x90\x90\x31\xC0", 4, HP_FORM_NOPS, 2},
    {"\x66\x90\x31\xC0", 4, HP_FORM_NOP2, 2},
#if HP_X64
    {"\x48\x8D\xA4\x24\0\0\0\0", 8, HP_FORM_LEA_RSP, 8},
    {"\x48\x83\xEC\x28\xC3", 5, HP_FORM_INSTRUCTION, 4},
    {"\x48\x89\x5C\x24\x08\xC3", 6, HP_FORM_INSTRUCTION, 5},
#else
    {"\x8B\xFF\x55\x8B\xEC", 5, HP_FORM_MOV_EDI, 2},
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
            assert_int_equal(plant.length, forms[i].body);
            assert_int_equal(plant.int3, cc ? (1 << HP_PLANT_JUMP) - 1 : 0);
            free_code(&it);
        }
}

static void first_instructions_without_room_for_the_word_are_refused(void **state) {
    (void)state;
#if HP_X64
    static const char *const bad[] = {"\x55\x8B\xEC\xC3", "\x90\x31\xC0\xC3", "\xC3\x31\xC0\xC3"};
    const HRESULT expected = HP_E_TOO_SHORT;
#else
    static const char *const bad[] = {"\x55\x8B\xEC\xC3", "\x90\x31\xC0\xC3", "\x83\xEC\x28\xC3"};
    const HRESULT expected = HP_E_NOT_PATCHABLE;
#endif
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        code it;
        hp_plant plant;
        make_code(&it, bad[i], 4, 0x90);
        assert_int_equal(inspect(&it, &plant), expected);
        free_code(&it);
    }
}

/* An ordinary function, between others: what helps is to mark it, not to learn of its instructions. */
static void ordinary_functions_without_room_are_not_patchable(void **state) {
    (void)state;
    static const char *const ordinary[] = {"\x55\x8B\xEC\xC3", "\x48\x83\xEC\x28\xC3", "\x90\x31\xC0\xC3"};
    for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++) {
        code it;
        hp_plant plant;
        make_code(&it, ordinary[i], 4, 0xC3);
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
        assert_int_equal(inspect_at(&it, outside[i], &plant), HP_E_NOT_PATCHABLE);
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
        hp_window window;
        make_code(&it, forms[i].bytes, forms[i].size, 0x90);
        it.slot = it.base + 2 * PAGE;
        memcpy(found, it.base, PAGE);
        assert_int_equal(inspect(&it, &plant), S_OK);
        const void *aim = HP_X64 ? it.slot : it.base + 2 * PAGE + 64;
        assert_int_equal(hp_plant_reach(&plant, aim), S_OK);
        assert_int_equal(hp_window_open(list, 1, &window, NULL), S_OK);
        assert_memory_equal(it.base, found, PAGE);
        hp_plant_commit(&plant, aim);
        hp_window_close(&window);
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
        assert_true(hp_plant_intact(&plant, aim));
        assert_int_equal(hp_window_open(list, 1, &window, NULL), S_OK);
        hp_plant_revert(&plant);
        hp_plant_tidy(&plant, aim);
        hp_window_close(&window);
        assert_memory_equal(it.base, found, PAGE);
        assert_int_equal(protection_of(it.entry), PAGE_EXECUTE_READ);
        assert_false(hp_plant_intact(&plant, aim));
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
        hp_window window;
        make_code(&it, forms[i].bytes, forms[i].size, 0xCC);
        assert_int_equal(inspect(&it, &plant), S_OK);
        const void *aim = it.base;
        unsigned char jump[HP_PLANT_ROOM];
        assert_true(hp_plant_is_idle(&plant, aim));
        /* Twice: what is left in the room does not hinder the next plant. */
        for (int round = 0; round < 2; round++) {
            assert_int_equal(hp_window_open(list, 1, &window, NULL), S_OK);
            hp_plant_commit(&plant, aim);
            assert_false(hp_plant_is_idle(&plant, aim));
            memcpy(jump, it.entry - HP_PLANT_ROOM, sizeof jump);
            hp_plant_revert(&plant);
            hp_plant_tidy(&plant, aim);
            hp_window_close(&window);
            assert_memory_equal(it.entry, forms[i].bytes, forms[i].size);
            assert_memory_equal(it.entry - HP_PLANT_ROOM, jump, sizeof jump);
            assert_true(hp_plant_is_idle(&plant, aim));
        }
        poke(it.entry - 1, (unsigned char)(it.entry[-1] ^ 1));
        assert_false(hp_plant_is_idle(&plant, aim));
        free_code(&it);
    }
}

/* Somebody patches between inspection and commit: seen by whoever looks again. */
static void a_change_between_inspection_and_commit_is_not_idle(void **state) {
    (void)state;
    for (int at = -HP_PLANT_JUMP; at < 2; at++) {
        code it;
        hp_plant plant;
        make_code(&it, "\x90\x90\xC3", 3, 0x90);
        assert_int_equal(inspect(&it, &plant), S_OK);
        assert_true(hp_plant_is_idle(&plant, it.base));
        poke(it.entry + at, 0xC3);
        assert_false(hp_plant_is_idle(&plant, it.base));
        free_code(&it);
    }
}

/* What lies before the jump belongs to the function before, or to whoever has patched that. */
static void bytes_before_the_jump_are_nobodys_business(void **state) {
    (void)state;
    for (int at = -HP_PLANT_ROOM; at < -HP_PLANT_JUMP; at++) {
        code it;
        hp_plant plant, *list[] = {&plant};
        hp_window window;
        make_code(&it, "\x90\x90\xC3", 3, 0x90);
        poke(it.entry + at, 0x11);
        assert_int_equal(inspect(&it, &plant), S_OK);
        assert_int_equal(hp_window_open(list, 1, &window, NULL), S_OK);
        hp_plant_commit(&plant, it.base);
        it.entry[at] = 0x22;
        assert_true(hp_plant_intact(&plant, it.base));
        hp_plant_revert(&plant);
        hp_plant_tidy(&plant, it.base);
        hp_window_close(&window);
        assert_int_equal(it.entry[at], 0x22);
        assert_true(hp_plant_is_idle(&plant, it.base));
        free_code(&it);
    }
}

/* Two functions of which one is the room of the other: nobody but a test writes such code. */
static void functions_that_lie_in_each_others_room_are_refused(void **state) {
    (void)state;
    code it;
    hp_plant plants[2], *list[] = {&plants[1], &plants[0]};
    hp_window window;
    make_code(&it, "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\xC3", 11, 0x90);
    assert_int_equal(inspect(&it, &plants[0]), S_OK);
    assert_int_equal(inspect_at(&it, it.entry + HP_PLANT_ROOM, &plants[1]), S_OK);
    assert_int_equal(hp_window_open(list, 2, &window, NULL), HP_E_OVERLAP);
    assert_int_equal(protection_of(it.entry), PAGE_EXECUTE_READ);
    list[1] = list[0];
    assert_int_equal(hp_window_open(list, 2, &window, NULL), HP_E_OVERLAP);
    free_code(&it);
}

#if HP_X64
/* Another build of a module at the same address: the first word alone does not tell. */
static void another_function_with_the_same_first_word_is_noticed(void **state) {
    (void)state;
    code it;
    hp_plant plant;
    unsigned char body[16];
    make_code(&it, "\x48\x83\xEC\x28\xC3", 5, 0x90);
    assert_int_equal(inspect(&it, &plant), S_OK);
    memcpy(body, it.entry, sizeof body);
    assert_true(hp_plant_has_body(&plant, body));
    body[3] = 0x48;
    assert_false(hp_plant_has_body(&plant, body));
    free_code(&it);
    /* lea rax, [rip + n], moved: the same place, or another. */
    make_code(&it, "\x48\x8D\x05\x10\0\0\0\xC3", 8, 0x90);
    assert_int_equal(inspect(&it, &plant), S_OK);
    assert_int_equal(plant.length, 7);
    unsigned char *moved = it.base + 2 * PAGE;
    for (int off = 0; off < 2; off++) {
        const int32_t relative = (int32_t)(it.entry - moved) + 0x10 + off;
        memcpy(moved, it.entry, 7);
        memcpy(moved + 3, &relative, sizeof relative);
        assert_int_equal(hp_plant_has_body(&plant, moved), off == 0);
    }
    free_code(&it);
    make_code(&it, "\x48\x8D\xA4\x24\0\0\0\0", 8, 0xCC);
    assert_int_equal(inspect(&it, &plant), S_OK);
    poke(it.entry + 7, 1);
    assert_true(hp_plant_is_idle(&plant, it.base));
    assert_false(hp_plant_has_body(&plant, NULL));
    free_code(&it);
}
#endif

static void destination_of_a_jump_is_followed_to_its_end(void **state) {
    (void)state;
    code it;
    make_code(&it, "\xEB\xF8\x90\x90", 4, 0x90);
    unsigned char *const end = it.base + 600;
    const int32_t direct = (int32_t)(end - (it.entry - 6 + 5));
    DWORD before;
    assert_true(VirtualProtect(it.base, PAGE, PAGE_READWRITE, &before));
    it.entry[-6] = 0xE9;
    memcpy(it.entry - 5, &direct, sizeof direct);
    assert_ptr_equal(hp_plant_destination(it.entry), end);
    /* Through a slot. */
    it.entry[-6] = 0xFF;
    it.entry[-5] = 0x25;
    unsigned char **slot = (unsigned char **)(void *)(it.base + 800);
    *slot = end;
    const int32_t place = HP_X64 ? (int32_t)((unsigned char *)slot - it.entry) : (int32_t)(intptr_t)slot;
    memcpy(it.entry - 4, &place, sizeof place);
    assert_ptr_equal(hp_plant_destination(it.entry), end);
    /* To where nothing can be read, and in a circle: still an answer. */
    *slot = (unsigned char *)16;
    assert_ptr_equal(hp_plant_destination(it.entry), (void *)16);
    memcpy(it.entry, "\xEB\xFE", 2);
    assert_ptr_equal(hp_plant_destination(it.entry), NULL);
    memcpy(it.entry, "\x90\x90", 2);
    assert_ptr_equal(hp_plant_destination(it.entry), NULL);
    free_code(&it);
}

static void bytes_changed_behind_our_back_are_not_intact(void **state) {
    (void)state;
    for (int i = -HP_PLANT_JUMP; i < 2; i++) {
        code it;
        hp_plant plant, *list[] = {&plant};
        hp_window window;
        make_code(&it, "\x90\x90\xC3", 3, 0x90);
        assert_int_equal(inspect(&it, &plant), S_OK);
        assert_int_equal(hp_window_open(list, 1, &window, NULL), S_OK);
        hp_plant_commit(&plant, it.base);
        hp_window_close(&window);
        poke(it.entry + i, (unsigned char)(it.entry[i] ^ 1));
        assert_false(hp_plant_intact(&plant, it.base));
        free_code(&it);
    }
}

/* The room of a function at the start of a page lies in the page before. */
static void room_and_entry_on_two_pages_are_both_opened(void **state) {
    (void)state;
    code it;
    hp_plant plants[2], *list[] = {&plants[1], &plants[0]};
    hp_window window;
    make_code(&it, "\x90\x90\xC3", 3, 0x90);
    DWORD before;
    unsigned char *second = it.base + PAGE;
    assert_true(VirtualProtect(it.base, 2 * PAGE, PAGE_READWRITE, &before));
    memset(second - ROOM, 0x90, ROOM + 2);
    assert_true(VirtualProtect(it.base, PAGE, PAGE_EXECUTE_READ, &before));
    assert_true(VirtualProtect(second, PAGE, PAGE_EXECUTE, &before));
    assert_int_equal(inspect(&it, &plants[0]), S_OK);
    assert_int_equal(inspect_at(&it, second, &plants[1]), S_OK);
    assert_int_equal(hp_window_open(list, 2, &window, NULL), S_OK);
    hp_plant_commit(&plants[0], it.base);
    hp_plant_commit(&plants[1], it.base);
    hp_window_close(&window);
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
    assert_int_equal(hp_plant_reach(&plant, (void *)(at + 0x7FFFFFFF)), S_OK);
    assert_int_equal(hp_plant_reach(&plant, (void *)(at + 0x80000000u)), HP_E_NO_ROOM_NEAR);
    assert_int_equal(hp_plant_reach(&plant, (void *)(at - 0x80000000u)), S_OK);
    assert_int_equal(hp_plant_reach(&plant, (void *)(at - 0x80000001u)), HP_E_NO_ROOM_NEAR);
    free_code(&it);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_prologue_form_is_recognised),
        cmocka_unit_test(first_instructions_without_room_for_the_word_are_refused),
        cmocka_unit_test(ordinary_functions_without_room_are_not_patchable),
        cmocka_unit_test(a_function_that_others_patched_is_foreign),
        cmocka_unit_test(a_pad_that_is_not_filler_is_refused_byte_by_byte),
        cmocka_unit_test(an_entry_that_no_single_store_covers_is_refused),
        cmocka_unit_test(addresses_outside_of_code_are_refused),
        cmocka_unit_test(commit_writes_exactly_the_jump_and_revert_restores_all),
        cmocka_unit_test(a_revert_lays_no_int3_under_a_thread),
        cmocka_unit_test(a_change_between_inspection_and_commit_is_not_idle),
        cmocka_unit_test(bytes_before_the_jump_are_nobodys_business),
        cmocka_unit_test(functions_that_lie_in_each_others_room_are_refused),
        cmocka_unit_test(destination_of_a_jump_is_followed_to_its_end),
        cmocka_unit_test(bytes_changed_behind_our_back_are_not_intact),
        cmocka_unit_test(room_and_entry_on_two_pages_are_both_opened),
#if HP_X64
        cmocka_unit_test(another_function_with_the_same_first_word_is_noticed),
        cmocka_unit_test(a_slot_out_of_reach_is_refused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
