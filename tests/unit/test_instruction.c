/*
 * client/instruction: which first instructions can be run elsewhere, and which branches of a function
 * speak against it. The code is made up here, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "client/instruction.h"
#include "unit/code_area.h"

static HRESULT check(code it) {
    uint32_t length = 0;
    HRESULT hr = hp_instruction_check(put(it), area + PAGE, &length, NULL);
    assert_int_equal(length, SUCCEEDED(hr) ? it.length : 0);
    return hr;
}

/* The same, with unwind data: these pieces. */
static HRESULT check_known(code it, RUNTIME_FUNCTION *pieces, DWORD count) {
    HRESULT hr;
    unsigned char *const unwind = area + TABLE; /* at 0: no codes; at 16: chained to the first piece */
    (void)put(it);
    memset(unwind, 0, 64);
    unwind[0] = 1;
    unwind[16] = 1 | 4 << 3;
    memcpy(unwind + 20, pieces, sizeof *pieces);
    assert_true(RtlAddFunctionTable(pieces, count, (DWORD64)(uintptr_t)area));
    uint32_t length = 0;
    hr = hp_instruction_check(area + ENTRY, area + PAGE, &length, NULL);
    assert_true(RtlDeleteFunctionTable(pieces));
    return hr;
}

static void what_can_run_elsewhere_is_accepted_with_its_length(void **state) {
    (void)state;
    static const code good[] = {
        CODE("\x48\x83\xEC\x28\xC3", 4),             /* sub rsp, 28h */
        CODE("\x48\x89\x5C\x24\x08\xC3", 5),         /* mov [rsp+8], rbx */
        CODE("\x48\x8B\x05\x00\x01\x00\x00\xC3", 7), /* mov rax, [rip+100h] */
        CODE("\x48\x8B\xC4\xC3", 3),                 /* mov rax, rsp */
        CODE("\x40\x53\xC3", 2),                     /* rex push rbx, as Visual C++ makes it long enough */
        CODE("\x41\x57\xC3", 2),                     /* push r15 */
        CODE("\x33\xC0\xC3", 2),                     /* xor eax, eax */
        CODE("\xF3\x0F\x1E\xFA\xC3", 4),             /* endbr64 */
        CODE("\xC5\xFC\x28\x05\x00\x01\x00\x00\xC3", 8),          /* vmovaps ymm0, [rip+100h] */
        CODE("\x48\xA1\x05\x00\x00\x00\x00\x00\x00\x00\xC3", 10), /* mov rax, [5] */
        CODE("\x66\x2E\x0F\x1F\x84\x00\x00\x00\x00\x00\xC3", 10), /* nop */
        CODE("\x2E\x67\xF0\x48\x81\x84\x80\x23\x78\x56\x34\x12\xEF\xCD\xAB\xC3", 16 - 1)};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(check(good[i]), S_OK);
}

static void what_cannot_run_elsewhere_is_refused(void **state) {
    (void)state;
    static const code bad[] = {
        CODE("\xE8\x00\x01\x00\x00\xC3", 0),         /* call */
        CODE("\xE9\x00\x01\x00\x00\xC3", 0),         /* jmp */
        CODE("\xEB\x70\xC3", 0),                     /* jmp short */
        CODE("\xEB\xF8\xC3", 0),                     /* the hop of a patch */
        CODE("\x74\x70\xC3", 0),                     /* je */
        CODE("\x0F\x84\x00\x01\x00\x00\xC3", 0),     /* je near */
        CODE("\xE2\x70\xC3", 0),                     /* loop */
        CODE("\xE3\x70\xC3", 0),                     /* jrcxz */
        CODE("\xC7\xF8\x70\x00\x00\x00\xC3", 0),     /* xbegin */
        CODE("\xFF\x25\x00\x01\x00\x00\xC3", 0),     /* jmp [rip+100h] */
        CODE("\xFF\x15\x00\x01\x00\x00\xC3", 0),     /* call [rip+100h] */
        CODE("\xFF\xE0\xC3", 0),                     /* jmp rax */
        CODE("\x67\x8B\x05\x00\x01\x00\x00\xC3", 0), /* mov eax, [eip+100h] */
        CODE("\x0F\x05\xC3", 0),                     /* syscall */
        CODE("\xCD\x29\xC3", 0),                     /* int 29h */
        CODE("\xCC\xC3", 0),                         /* int3 */
        CODE("\x0F\x0B\xC3", 0),                     /* ud2 */
        CODE("\x00\x00\xC3", 0),                     /* zeros */
        CODE("\x06\x90\xC3", 0),                     /* not in 64-bit code */
        CODE("\xFF\xFF\xC3", 0),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(check(bad[i]), HP_E_INSTRUCTION);
}

static void a_function_without_room_for_two_bytes_is_too_short(void **state) {
    (void)state;
    static const code brief[] = {CODE("\x55\x48\x89\xE5\xC3", 0),                  /* push rbp */
                                 CODE("\x90\x90\xC3", 0), CODE("\xC3\x90\x90", 0), /* ret */
                                 CODE("\xF3\xC3\x90", 0),                          /* rep ret */
                                 CODE("\xC2\x08\x00\x90", 0) /* ret 8 */};
    for (size_t i = 0; i < sizeof brief / sizeof *brief; i++)
        assert_int_equal(check(brief[i]), HP_E_TOO_SHORT);
    /* Its unwind data says that there is nothing more than one instruction, or not even all of it. */
    for (DWORD size = 1; size <= 5; size++) {
        RUNTIME_FUNCTION piece = {ENTRY, ENTRY + size, TABLE};
        assert_int_equal(check_known((code)CODE("\x48\x83\xEC\x28\xC3", 4), &piece, 1),
                         size <= 4 ? HP_E_TOO_SHORT : S_OK);
    }
}

/* The page behind is not readable: reading on would end the test. */
static void code_that_is_cut_off_is_refused_without_reading_on(void **state) {
    (void)state;
    static const char bytes[] = "\x48\x8B\x05\x00\x01\x00\x00\xC3";
    for (int size = 0; size <= 8; size++) {
        unsigned char *entry = area + BEHIND - size;
        uint32_t length = 0;
        memcpy(entry, bytes, (size_t)size);
        HRESULT wanted = size < 2    ? HP_E_TOO_SHORT
                         : size < 7  ? HP_E_INSTRUCTION
                         : size == 7 ? HP_E_TOO_SHORT
                                     : S_OK;
        assert_int_equal(hp_instruction_check(entry, area + BEHIND, &length, NULL), wanted);
    }
    uint32_t length;
    memcpy(area + BEHIND - 8, "\x48\x83\xEC\x28\x48\x8B\x05\x00", 8); /* the second one is cut off */
    assert_int_equal(hp_instruction_check(area + BEHIND - 8, area + BEHIND, &length, NULL), HP_E_INSTRUCTION);
}

static void unwind_data_that_reaches_beyond_the_code_is_not_followed(void **state) {
    (void)state;
    RUNTIME_FUNCTION piece = {BEHIND - 5, BEHIND + 64, TABLE};
    uint32_t length = 0;
    memset(area + TABLE, 0, 4);
    area[TABLE] = 1;
    memcpy(area + BEHIND - 5, "\x48\x83\xEC\x28\x90", 5);
    assert_true(RtlAddFunctionTable(&piece, 1, (DWORD64)(uintptr_t)area));
    HRESULT hr = hp_instruction_check(area + BEHIND - 5, area + BEHIND, &length, NULL);
    assert_true(RtlDeleteFunctionTable(&piece));
    assert_int_equal(hr, S_OK);
    assert_int_equal(length, 4);
}

/* sub rsp, 28h; branch; ret */
static void a_branch_into_the_first_instruction_is_refused(void **state) {
    (void)state;
    static const code near_by[] = {CODE("\xEB", 1),     CODE("\x74", 1),     CODE("\x7F", 1), CODE("\xE0", 1),
                                   CODE("\xE1", 1),     CODE("\xE2", 1),     CODE("\xE3", 1), CODE("\xE9", 4),
                                   CODE("\x0F\x85", 4), CODE("\xF2\xEB", 1), /* bnd jmp */
                                   CODE("\xC7\xF8", 4),                      /* xbegin */
                                   CODE("\xE8", 4)};
    for (size_t i = 0; i < sizeof near_by / sizeof *near_by; i++)
        for (int to = -1; to <= 4; to++) {
            char bytes[16] = "\x48\x83\xEC\x28";
            const uint32_t size = 4 + near_by[i].size + near_by[i].length;
            const int32_t distance = to - (int32_t)size;
            memcpy(bytes + 4, near_by[i].bytes, near_by[i].size);
            memcpy(bytes + 4 + near_by[i].size, &distance, near_by[i].length);
            bytes[size] = '\xC3';
            const int recursion = i == 11 && to == 0;
            const int into = to >= 0 && to < 4 && !recursion;
            assert_int_equal(check((code){bytes, size + 1, 4}), into ? HP_E_INSTRUCTION : S_OK);
        }
}

static void the_report_says_where_the_branch_is_and_whereto(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    uint32_t length;
    unsigned char *entry = put((code)CODE("\x48\x83\xEC\x28\x90\xEB\xFA\xC3", 0));
    assert_int_equal(hp_instruction_check(entry, area + PAGE, &length, &trouble), HP_E_INSTRUCTION);
    assert_int_equal(trouble.result, HP_E_INSTRUCTION);
    assert_non_null(strstr(trouble.detail, "(entry+0x5) to entry+0x1"));
}

/* Without unwind data the function ends at a ret, unless a jump has led further. */
static void without_unwind_data_the_next_function_does_not_count(void **state) {
    (void)state;
    assert_int_equal(check((code)CODE("\x33\xC0\xC3\xEB\xFB", 2)), S_OK);
    assert_int_equal(check((code)CODE("\x33\xC0\xEB\x10\xEB\xFA", 2)), HP_E_INSTRUCTION);
    assert_int_equal(check((code)CODE("\x33\xC0\x74\x01\xC3\xEB\xF9", 2)), HP_E_INSTRUCTION);
    assert_int_equal(check((code)CODE("\x33\xC0\x74\x01\xC3\xEB\xFB\xC3", 2)), S_OK);
    assert_int_equal(check((code)CODE("\x33\xC0\x06\xC3", 2)), HP_E_INSTRUCTION);
}

/* With it, all of the function counts: behind a ret, behind a jump table, in pieces that follow. */
static void with_unwind_data_all_of_the_function_counts(void **state) {
    (void)state;
    static const code behind_ret = CODE("\x33\xC0\xC3\xEB\xFB\xC3", 2);
    static const code behind_data = CODE("\x33\xC0\xC3\x06\x06\x06\x06\xEB\xF7\xC3", 2);
    static const code clean = CODE("\x33\xC0\xC3\x06\x06\x06\x06\xC3", 2);
    RUNTIME_FUNCTION pieces[2] = {{ENTRY, ENTRY + 3, TABLE}, {ENTRY + 3, ENTRY + 6, TABLE}};
    assert_int_equal(check_known(behind_ret, pieces, 1), S_OK);
    assert_int_equal(check_known(behind_ret, pieces, 2), S_OK); /* the second is another function */
    pieces[1].UnwindData = TABLE + 16;
    assert_int_equal(check_known(behind_ret, pieces, 2), HP_E_INSTRUCTION);
    pieces[0].EndAddress = ENTRY + 10;
    assert_int_equal(check_known(behind_ret, pieces, 1), HP_E_INSTRUCTION);
    assert_int_equal(check_known(behind_data, pieces, 1), HP_E_INSTRUCTION);
    assert_int_equal(check_known(clean, pieces, 1), S_OK);
}

static void an_address_inside_of_a_function_is_refused(void **state) {
    (void)state;
    static const code it = CODE("\x33\xC0\xC3", 2);
    RUNTIME_FUNCTION piece = {ENTRY - 1, ENTRY + 3, TABLE};
    assert_int_equal(check_known(it, &piece, 1), HP_E_INSTRUCTION);
    piece = (RUNTIME_FUNCTION){ENTRY, ENTRY + 3, TABLE + 16}; /* itself a piece of another */
    assert_int_equal(check_known(it, &piece, 1), HP_E_INSTRUCTION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_run_elsewhere_is_accepted_with_its_length),
        cmocka_unit_test(what_cannot_run_elsewhere_is_refused),
        cmocka_unit_test(a_function_without_room_for_two_bytes_is_too_short),
        cmocka_unit_test(code_that_is_cut_off_is_refused_without_reading_on),
        cmocka_unit_test(unwind_data_that_reaches_beyond_the_code_is_not_followed),
        cmocka_unit_test(a_branch_into_the_first_instruction_is_refused),
        cmocka_unit_test(the_report_says_where_the_branch_is_and_whereto),
        cmocka_unit_test(without_unwind_data_the_next_function_does_not_count),
        cmocka_unit_test(with_unwind_data_all_of_the_function_counts),
        cmocka_unit_test(an_address_inside_of_a_function_is_refused),
    };
    return cmocka_run_group_tests(tests, make_area, free_area);
}
