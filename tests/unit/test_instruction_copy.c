/*
 * client/instruction: a copy of a first instruction does what the original did, near and far, and stays
 * within its room. The code is made up here, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "client/instruction.h"
#include "unit/code_area.h"

typedef int64_t (*number)(int64_t);

/* Each gives argument + 1 back, and finds 41h as 64 bits at DATA. rip-relative ones lead there. */
static const code runnable[] = {
    CODE("\x48\x83\xEC\x28\x48\x8D\x41\x01\x48\x83\xC4\x28\xC3", 4), /* sub rsp, 28h */
    CODE("\x48\x89\x5C\x24\x08\x48\x8D\x41\x01\x48\x2B\x5C\x24\x08\x48\x01\xD8"
         "\x48\x8B\x5C\x24\x08\xC3",
         5),                                                                          /* mov [rsp+8], rbx */
    CODE("\x48\x8B\x05RIPD\x48\x8D\x44\x01\xC0\xC3", 7),                              /* mov rax, [rip+x] */
    CODE("\x48\x8D\x05RIPD\x48\x8B\x00\x48\x8D\x44\x01\xC0\xC3", 7),                  /* lea rax, [rip+x] */
    CODE("\x81\x3DRIPD\x41\x00\x00\x00\x0F\x94\xC0\x0F\xB6\xC0\x48\x01\xC8\xC3", 10), /* cmp d[rip+x], 41h */
    CODE("\x80\x3DRIPD\x41\x0F\x94\xC0\x0F\xB6\xC0\x48\x01\xC8\xC3", 7), /* cmp byte [rip+x], 41h */
};

/* Puts the function there, with its displacement filled in. */
static unsigned char *put_runnable(code it) {
    unsigned char *entry = put(it);
    for (uint32_t i = 0; i + 4 <= it.length; i++)
        if (memcmp(entry + i, "RIPD", 4) == 0) {
            const int32_t distance = DATA - ENTRY - (int32_t)it.length;
            memcpy(entry + i, &distance, sizeof distance);
        }
    return entry;
}

/* Runs a copy at "place" (its page becomes executable), after the original's instruction is gone. */
static void run_copy(code it, unsigned char *place, uint32_t jump) {
    DWORD before, ignored;
    unsigned char *entry = put_runnable(it);
    const uint64_t data = 0x41;
    uint32_t length = 0;
    memcpy(area + DATA, &data, sizeof data);
    memset(place - 1, 0x5A, HP_INSTRUCTION_COPY + 2);
    assert_int_equal(hp_instruction_check(entry, area + PAGE, &length, NULL), S_OK);
    assert_int_equal(length, it.length);
    assert_int_equal(hp_instruction_copy(entry, length, place), S_OK);
    assert_int_equal(place[-1], 0x5A);
    assert_int_equal(place[HP_INSTRUCTION_COPY], 0x5A);
    for (uint32_t i = length + jump; i < HP_INSTRUCTION_COPY; i++)
        assert_int_equal(place[i], 0xCC);
    memset(entry, 0xCC, length);
    assert_true(VirtualProtect(area, PAGE, PAGE_EXECUTE_READ, &before));
    assert_true(VirtualProtect(place, HP_INSTRUCTION_COPY, PAGE_EXECUTE_READ, &ignored));
    assert_true(FlushInstructionCache(GetCurrentProcess(), place, HP_INSTRUCTION_COPY));
    assert_true(((number)(uintptr_t)place)(1000) == 1001);
    assert_true(VirtualProtect(area, PAGE, before, &ignored));
    assert_true(VirtualProtect(place, HP_INSTRUCTION_COPY, before, &ignored));
}

static void a_copy_does_what_the_original_did(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof runnable / sizeof *runnable; i++)
        run_copy(runnable[i], area + COPY + 16, 5);
}

/* Memory more than 2 GB away from the area. */
static unsigned char *allocate_far(void) {
    for (uintptr_t step = 4; step < 64; step++) {
        void *wish = (void *)(((uintptr_t)area ^ (step << 32)) & ~(uintptr_t)0xFFFF);
        unsigned char *it = VirtualAlloc(wish, PAGE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
        if (it != NULL)
            return it;
    }
    return NULL;
}

static void a_copy_far_away_jumps_back_through_an_address(void **state) {
    (void)state;
    unsigned char *far_off = allocate_far();
    assert_non_null(far_off);
    run_copy(runnable[0], far_off + 16, 14);
    run_copy(runnable[1], far_off + 16, 14);
    unsigned char *entry = put_runnable(runnable[2]), before[HP_INSTRUCTION_COPY];
    memcpy(before, far_off + 16, sizeof before);
    assert_int_equal(hp_instruction_copy(entry, 7, far_off + 16), HP_E_NO_ROOM_NEAR);
    assert_memory_equal(far_off + 16, before, sizeof before);
    assert_true(VirtualFree(far_off, 0, MEM_RELEASE));
}

/* The displacement's last value that fits, and the first that does not, in both directions. */
static void a_displacement_reaches_exactly_as_far_as_32_bits_do(void **state) {
    (void)state;
    for (int up = 0; up < 2; up++)
        for (int too_far = 0; too_far < 2; too_far++) {
            unsigned char *entry = put((code)CODE("\x48\x8B\x05\x00\x00\x00\x00\xC3", 7));
            unsigned char *place = up ? area + COPY : area;
            const int32_t moved = (int32_t)(entry - place);
            const int32_t distance = (up ? INT32_MIN : INT32_MAX) - moved + (up ? -too_far : too_far);
            int32_t written;
            memcpy(entry + 3, &distance, sizeof distance);
            assert_int_equal(hp_instruction_copy(entry, 7, place), too_far ? HP_E_NO_ROOM_NEAR : S_OK);
            memcpy(&written, place + 3, sizeof written);
            if (!too_far)
                assert_int_equal(written, up ? INT32_MIN : INT32_MAX);
        }
}

static void a_copy_of_something_else_than_was_checked_is_refused(void **state) {
    (void)state;
    unsigned char *entry = put((code)CODE("\x48\x83\xEC\x28\xC3", 4));
    const uint32_t wrong[] = {0, 1, 3, 5, 16, UINT32_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(hp_instruction_copy(entry, wrong[i], area + COPY), E_INVALIDARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_does_what_the_original_did),
        cmocka_unit_test(a_copy_far_away_jumps_back_through_an_address),
        cmocka_unit_test(a_displacement_reaches_exactly_as_far_as_32_bits_do),
        cmocka_unit_test(a_copy_of_something_else_than_was_checked_is_refused),
    };
    return cmocka_run_group_tests(tests, make_area, free_area);
}
