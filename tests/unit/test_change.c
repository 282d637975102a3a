/*
 * client/change and the engine below it: layers laid on functions of this EXE and taken off them, in any
 * order,
 * all or nothing; memory within reach, executable or writable but never both, given back after a failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/change.h"
#include "hotpatch/function.h"

HP_PATCHABLE(int, change_one, (int a)) {
    return a + 1;
}
HP_PATCHABLE(int, change_two, (int a)) {
    return a + 2;
}
HP_PATCHABLE(int, change_far, (int a)) {
    return a + 3;
}

typedef int function(int a);

static hp_plant_image image;
static function *volatile below[4];

/* Replacement n adds 10^n to what lies below it. */
static int ten(int a) {
    return below[1](a) + 10;
}
static int hundred(int a) {
    return below[2](a) + 100;
}
static int thousand(int a) {
    return below[3](a) + 1000;
}
static function *const replacements[4] = {NULL, ten, hundred, thousand};

/* The compiler must not know that bytes are read before a function. */
static unsigned char *entry_of(function *f) {
    function *volatile hidden = f;
    return (unsigned char *)(uintptr_t)hidden;
}

static hp_change_add add_of(function *f, int replacement) {
    return (hp_change_add){.image = &image,
                           .entry = entry_of(f),
                           .replacement = (void *)(uintptr_t)replacements[replacement],
                           .stack_words = HP_X64 ? 0 : 1};
}

static hp_cell *lay(function *f, int replacement) {
    hp_change_add add = add_of(f, replacement);
    hp_change change = {.adds = &add, .add_count = 1};
    assert_int_equal(hp_change_prepare(&change, NULL), S_OK);
    assert_false(add.there);
    below[replacement] = (function *)(uintptr_t)add.original;
    hp_change_apply(&change);
    return add.cell;
}

static void take_off(hp_cell *cell) {
    hp_change_remove remove = {.cell = cell, .result = E_FAIL};
    hp_change change = {.removes = &remove, .remove_count = 1};
    assert_int_equal(hp_change_make(&change, NULL), S_OK);
    assert_int_equal(remove.result, S_OK);
    assert_int_equal(hp_change_disown(&cell, 1), S_OK);
}

/* Pages that are writable and executable at once, and all that are executable. */
static size_t code_bytes(DWORD protections) {
    size_t total = 0;
    MEMORY_BASIC_INFORMATION info;
    for (unsigned char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (unsigned char *)info.BaseAddress + info.RegionSize)
        if (info.State == MEM_COMMIT && (info.Protect & protections) != 0)
            total += info.RegionSize;
    return total;
}

enum { BOTH = PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY };

static void layers_come_off_in_any_order(void **state) {
    (void)state;
    static const int orders[6][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    static const int values[4] = {0, 10, 100, 1000};
    unsigned char before[32];
    const size_t both = code_bytes(BOTH);
    memcpy(before, entry_of(change_one) - 16, sizeof before);
    for (size_t i = 0; i < 6; i++) {
        hp_cell *cells[4] = {NULL, lay(change_one, 1), lay(change_one, 2), lay(change_one, 3)};
        int expected = 1 + 10 + 100 + 1000;
        assert_int_equal(change_one(0), expected);
        for (int k = 0; k < 3; k++) {
            take_off(cells[orders[i][k]]);
            expected -= values[orders[i][k]];
            assert_int_equal(change_one(0), expected);
        }
        assert_memory_equal(before, entry_of(change_one) - 16, sizeof before);
        assert_int_equal(code_bytes(BOTH), both);
    }
}

/* A replacement that still runs calls what it was given, however much was removed below it. */
static void what_was_taken_off_still_leads_to_the_function(void **state) {
    (void)state;
    hp_cell *first = lay(change_one, 1), *second = lay(change_one, 2);
    take_off(first);
    take_off(second);
    assert_int_equal(below[2](5), 6);
    assert_int_equal(below[1](5), 6);
}

static size_t cells_of(function *f) {
    hp_engine *engine;
    size_t count = 0;
    assert_int_equal(hp_engine_enter(&engine, NULL), S_OK);
    for (hp_cell *cell = hp_engine_find(engine, entry_of(f)); cell != NULL; count++)
        cell = hp_engine_cell(engine, cell->next);
    hp_engine_leave(engine);
    return count;
}

static void memory_does_not_grow_with_the_number_of_changes(void **state) {
    (void)state;
    take_off(lay(change_two, 1));
    const size_t code = code_bytes(PAGE_EXECUTE_READ);
    for (int i = 0; i < 1000; i++) {
        hp_cell *first = lay(change_two, 1), *second = lay(change_two, 2);
        assert_int_equal(change_two(0), 112);
        take_off(first);
        take_off(second);
    }
    assert_int_equal(cells_of(change_two), 2);
    assert_int_equal(code_bytes(PAGE_EXECUTE_READ), code);
}

/* Nobody knows who is inside an uncounted layer: every attach lays one. What never had another above it can
 * be laid on it again all the same. */
static void patches_over_an_uncounted_one_take_no_memory(void **state) {
    (void)state;
    hp_change_add bottom = add_of(change_far, 1);
    bottom.stack_words = HP_TALLY_UNCOUNTED;
    hp_change change = {.adds = &bottom, .add_count = 1};
    assert_int_equal(hp_change_prepare(&change, NULL), S_OK);
    below[1] = (function *)(uintptr_t)bottom.original;
    hp_change_apply(&change);
    for (int i = 0; i < 100; i++) {
        hp_cell *above = lay(change_far, 2);
        assert_int_equal(change_far(0), 113);
        take_off(above);
    }
    assert_int_equal(cells_of(change_far), 2);
    take_off(bottom.cell);
    assert_int_equal(change_far(0), 3);
}

/* A replacement that still runs from an earlier patch may share the variable. */
static void original_leads_somewhere_before_the_change_is_applied(void **state) {
    (void)state;
    hp_change_add add = add_of(change_two, 1);
    hp_change change = {.adds = &add, .add_count = 1};
    assert_int_equal(hp_change_prepare(&change, NULL), S_OK);
    assert_int_equal(((function *)(uintptr_t)add.original)(5), 7);
    hp_change_abandon(&change);
    assert_int_equal(change_two(0), 2);
}

/* Somebody is inside, or on his way out: another replacement must not be counted in the same place. */
static void cell_of_a_busy_replacement_is_not_reused(void **state) {
    (void)state;
    hp_cell *busy = lay(change_two, 1);
    InterlockedIncrement(&busy->tally.inside);
    take_off(busy);
    hp_cell *next = lay(change_two, 2);
    assert_ptr_not_equal(next, busy);
    take_off(next);
    InterlockedDecrement(&busy->tally.inside);
}

static void same_replacement_is_there_already(void **state) {
    (void)state;
    hp_cell *cell = lay(change_one, 1);
    hp_change_add again = add_of(change_one, 1);
    hp_change change = {.adds = &again, .add_count = 1};
    assert_int_equal(hp_change_make(&change, NULL), S_OK);
    assert_true(again.there);
    assert_ptr_equal(again.original, (void *)(uintptr_t)below[1]);
    assert_int_equal(change_one(0), 11);
    take_off(cell);
    assert_int_equal(change_one(0), 1);
}

/* Not code, misaligned, no prologue: the others stay as they were, nothing stays locked or writable. */
static void one_bad_function_spoils_all(void **state) {
    (void)state;
    unsigned char *const bad[] = {entry_of(change_two) + 1, (unsigned char *)&image, entry_of(ten)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char before[32];
        memcpy(before, entry_of(change_one) - 16, sizeof before);
        const size_t known = cells_of(change_far);
        const size_t code = code_bytes(PAGE_EXECUTE_READ | BOTH);
        hp_change_add adds[3] = {add_of(change_one, 1), add_of(change_far, 2), add_of(change_two, 3)};
        adds[2].entry = bad[i];
        hp_change change = {.adds = adds, .add_count = 3};
        hp_trouble trouble = {0};
        assert_true(FAILED(hp_change_prepare(&change, &trouble)));
        assert_int_equal(change.failed, 2);
        assert_true(FAILED(trouble.result));
        assert_memory_equal(before, entry_of(change_one) - 16, sizeof before);
        assert_int_equal(code_bytes(PAGE_EXECUTE_READ | BOTH), code);
        assert_int_equal(cells_of(change_far), known);
        take_off(lay(change_one, 1)); /* still possible */
    }
}

static void replacement_in_the_functions_own_first_bytes_is_refused(void **state) {
    (void)state;
    for (int at = -8; at < 16; at += 4) {
        hp_change_add add = add_of(change_one, 1);
        add.replacement = entry_of(change_one) + at;
        hp_change change = {.adds = &add, .add_count = 1};
        assert_int_equal(hp_change_prepare(&change, NULL), HP_E_OVERLAP);
    }
}

static void poke(unsigned char *at, const void *bytes, size_t size) {
    DWORD before;
    assert_true(VirtualProtect(at, size, PAGE_EXECUTE_READWRITE, &before));
    memcpy(at, bytes, size);
    assert_true(VirtualProtect(at, size, before, &before));
}

/* What others have written is not touched, and what is left of ours leads to the function. */
static void foreign_bytes_are_left_alone(void **state) {
    (void)state;
    unsigned char before[2], ours[2];
    memcpy(before, entry_of(change_one), 2);
    hp_cell *cell = lay(change_one, 1);
    memcpy(ours, entry_of(change_one), 2);
    poke(entry_of(change_one), "\xEB\x00", 2); /* on to the body */
    assert_int_equal(change_one(0), 1);
    hp_trouble trouble = {0};
    hp_change_add add = add_of(change_one, 2);
    hp_change change = {.adds = &add, .add_count = 1};
    assert_int_equal(hp_change_prepare(&change, &trouble), HP_E_FOREIGN_BYTES);
    assert_non_null(strstr(trouble.detail, "change.exe"));
    hp_change_remove remove = {.cell = cell};
    change = (hp_change){.removes = &remove, .remove_count = 1};
    assert_int_equal(hp_change_make(&change, NULL), S_OK);
    assert_int_equal(remove.result, HP_E_FOREIGN_BYTES);
    assert_memory_equal(entry_of(change_one), "\xEB\x00", 2);
    poke(entry_of(change_one), ours, 2); /* our jump is back: it leads to the function */
    assert_int_equal(change_one(0), 1);
    hp_change_disown(&cell, 1);
    poke(entry_of(change_one), before, 2); /* or the function itself, with our jump left before it */
    assert_int_equal(hp_change_inspect(&image, entry_of(change_one), NULL), S_OK);
    take_off(lay(change_one, 1)); /* whole again: it can be used, and reverted */
    assert_memory_equal(entry_of(change_one), before, 2);
}

static void every_slot_is_within_reach_of_the_whole_image(void **state) {
    (void)state;
    hp_cell *cell = lay(change_one, 1);
#if HP_X64
    const int64_t slot = (int64_t)(intptr_t)&cell->slot, first = (int64_t)(intptr_t)image.base;
    const int64_t last = first + (int64_t)image.size;
    assert_true(slot - first == (int32_t)(slot - first));
    assert_true(slot - last == (int32_t)(slot - last));
#endif
    take_off(cell);
}

static int set_up(void **state) {
    (void)state;
    const IMAGE_DOS_HEADER *dos = (const void *)GetModuleHandleW(NULL);
    image.base = (unsigned char *)GetModuleHandleW(NULL);
    image.size =
        ((const IMAGE_NT_HEADERS *)(const void *)(image.base + dos->e_lfanew))->OptionalHeader.SizeOfImage;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_come_off_in_any_order),
        cmocka_unit_test(what_was_taken_off_still_leads_to_the_function),
        cmocka_unit_test(memory_does_not_grow_with_the_number_of_changes),
        cmocka_unit_test(patches_over_an_uncounted_one_take_no_memory),
        cmocka_unit_test(original_leads_somewhere_before_the_change_is_applied),
        cmocka_unit_test(cell_of_a_busy_replacement_is_not_reused),
        cmocka_unit_test(same_replacement_is_there_already),
        cmocka_unit_test(one_bad_function_spoils_all),
        cmocka_unit_test(replacement_in_the_functions_own_first_bytes_is_refused),
        cmocka_unit_test(foreign_bytes_are_left_alone),
        cmocka_unit_test(every_slot_is_within_reach_of_the_whole_image),
    };
    return cmocka_run_group_tests_name("change", tests, set_up, NULL);
}
