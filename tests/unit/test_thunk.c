// Thunks: what is written, what is recognised, and that the code runs from read-only executable pages.
#include "proxygen/thunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int returns_seven(void) {
    return 7;
}

static int returns_eight(void) {
    return 8;
}

static void thunk_is_the_documented_code(void **state) {
    (void)state;
    hp_context context = {0};
    hp_context *const address = &context;
    unsigned char thunk[HP_THUNK_SIZE + 1], expected[HP_THUNK_SIZE + 1];
    memset(expected, 0xCC, sizeof expected);
    memset(thunk, 0x77, sizeof thunk);
    expected[HP_THUNK_SIZE] = 0x77; // not ours any more
#if HP_X64
    memcpy(expected, "\x49\xBB", 2);                          // mov r11, imm64
    memcpy(expected + 2 + sizeof address, "\x41\xFF\x23", 3); // jmp [r11]
    memcpy(expected + 2, &address, sizeof address);
#else
    memcpy(expected, "\xB8", 1);                          // mov eax, imm32
    memcpy(expected + 1 + sizeof address, "\xFF\x20", 2); // jmp [eax]
    memcpy(expected + 1, &address, sizeof address);
#endif
    hp_thunk_write(thunk, &context);
    assert_memory_equal(thunk, expected, sizeof expected);
}

static void thunk_of_unaligned_place_is_written_and_read(void **state) {
    (void)state;
    hp_context context = {0};
    unsigned char memory[HP_THUNK_SIZE + 8];
    for (unsigned i = 0; i < 8; i++) {
        hp_thunk_write(memory + i, &context);
        assert_ptr_equal(hp_thunk_context(memory + i), &context);
    }
}

static void foreign_bytes_are_not_taken_for_a_thunk(void **state) {
    (void)state;
    hp_context context = {0};
    unsigned char thunk[HP_THUNK_SIZE];
    const unsigned slot = HP_X64 ? 2 : 1;
    for (unsigned i = 0; i < HP_THUNK_SIZE; i++) {
        if (i >= slot && i < slot + sizeof(void *))
            continue; // any address can be a context
        hp_thunk_write(thunk, &context);
        thunk[i] ^= 1;
        assert_null(hp_thunk_context(thunk));
    }
}

static void retargeting_is_one_store_while_the_code_stays_read_only(void **state) {
    (void)state;
    hp_context context = {.enter = (void *)(uintptr_t)returns_seven};
    unsigned char *code = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    DWORD old;
    assert_non_null(code);
    hp_thunk_write(code, &context);
    assert_true(VirtualProtect(code, 4096, PAGE_EXECUTE_READ, &old));
    assert_true(FlushInstructionCache(GetCurrentProcess(), code, HP_THUNK_SIZE));
    int (*call)(void) = (int (*)(void))(uintptr_t)code;
    assert_int_equal(call(), 7);
    context.enter = (void *)(uintptr_t)returns_eight;
    assert_int_equal(call(), 8);
    VirtualFree(code, 0, MEM_RELEASE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thunk_is_the_documented_code),
        cmocka_unit_test(thunk_of_unaligned_place_is_written_and_read),
        cmocka_unit_test(foreign_bytes_are_not_taken_for_a_thunk),
        cmocka_unit_test(retargeting_is_one_store_while_the_code_stays_read_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
