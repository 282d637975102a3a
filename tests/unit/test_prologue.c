// How functions begin, for both architectures on either.
#include "proxygen/prologue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { BEFORE = 20, CODE_SIZE = BEFORE + HP_PROLOGUE_AFTER };

/** Code with `room` bytes of filler before its entry, preceded by the end of another function. */
static unsigned char code[CODE_SIZE];

static hp_prologue_look look;

static HRESULT inspect(hp_arch arch, unsigned room, unsigned char filler, const char *entry, size_t length) {
    memset(code, 0xC3, sizeof code);
    memset(code + BEFORE - room, filler, room);
    memcpy(code + BEFORE, entry, length);
    return hp_prologue_inspect(arch, code + BEFORE, BEFORE, 0x1000, &look);
}

#define INSPECT(arch, room, filler, entry) inspect(arch, room, filler, entry, sizeof entry - 1)
#define LEA_RSP "\x48\x8D\xA4\x24\0\0\0\0"

static void every_known_form_is_told_with_its_length(void **state) {
    (void)state;
    static const struct {
        hp_arch arch;
        const char *entry;
        size_t size;
        hp_prologue_form form;
        unsigned length;
    } forms[] = {
        {HP_ARCH_X64, "\x90\x90\x55", 3, HP_FORM_NOPS, 2},
        {HP_ARCH_X86, "\x90\x90\x55", 3, HP_FORM_NOPS, 2},
        {HP_ARCH_X64, "\x66\x90\x55", 3, HP_FORM_NOP2, 2},
        {HP_ARCH_X86, "\x66\x90\x55", 3, HP_FORM_NOP2, 2},
        {HP_ARCH_X86, "\x8B\xFF\x55", 3, HP_FORM_MOV_EDI, 2},
        {HP_ARCH_X64, LEA_RSP, 8, HP_FORM_LEA_RSP, 8},
        {HP_ARCH_X64, "\x48\x89\x5C\x24\x08", 5, HP_FORM_INSTRUCTION, 0},
        {HP_ARCH_X64, "\x8B\xFF\x55", 3, HP_FORM_INSTRUCTION, 0}, // an instruction like any other there
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_int_equal(inspect(forms[i].arch, 16, 0x90, forms[i].entry, forms[i].size), S_OK);
        assert_int_equal(look.form, forms[i].form);
        assert_int_equal(look.length, forms[i].length);
        assert_int_equal(look.room, 16);
    }
}

static void other_first_instructions_of_x86_are_refused(void **state) {
    (void)state;
    assert_int_equal(INSPECT(HP_ARCH_X86, 16, 0x90, "\x55\x89\xE5"), HP_E_NOT_PATCHABLE);
    assert_int_equal(INSPECT(HP_ARCH_X86, 16, 0x90, LEA_RSP), HP_E_NOT_PATCHABLE);
}

static void room_is_needed_to_the_byte(void **state) {
    (void)state;
    assert_int_equal(INSPECT(HP_ARCH_X64, 6, 0x90, "\x90\x90"), S_OK);
    assert_int_equal(INSPECT(HP_ARCH_X64, 5, 0x90, "\x90\x90"), HP_E_PAD_OCCUPIED);
    assert_int_equal(look.room, 5);
    assert_int_equal(INSPECT(HP_ARCH_X86, 5, 0xCC, "\x8B\xFF"), S_OK);
    assert_int_equal(INSPECT(HP_ARCH_X86, 4, 0xCC, "\x8B\xFF"), HP_E_PAD_OCCUPIED);
    // Without room nothing says that the first instruction was meant to be replaced.
    assert_int_equal(INSPECT(HP_ARCH_X64, 5, 0xCC, "\x48\x89\x5C\x24\x08"), HP_E_NOT_PATCHABLE);
}

static void kinds_of_filler_are_told_apart_byte_by_byte(void **state) {
    (void)state;
    assert_int_equal(INSPECT(HP_ARCH_X64, 16, 0xCC, "\x90\x90"), S_OK);
    assert_int_equal(look.int3, 0x3F); // of six bytes only
    assert_int_equal(INSPECT(HP_ARCH_X86, 16, 0xCC, "\x90\x90"), S_OK);
    assert_int_equal(look.int3, 0x1F);
    assert_int_equal(INSPECT(HP_ARCH_X64, 16, 0x90, "\x90\x90"), S_OK);
    assert_int_equal(look.int3, 0);
    code[BEFORE - 1] = code[BEFORE - 6] = 0xCC;
    assert_int_equal(hp_prologue_inspect(HP_ARCH_X64, code + BEFORE, BEFORE, 0x1000, &look), S_OK);
    assert_int_equal(look.int3, 0x21);
}

static void bytes_before_what_may_be_read_are_not_counted(void **state) {
    (void)state;
    assert_int_equal(INSPECT(HP_ARCH_X64, 16, 0x90, "\x90\x90"), S_OK);
    assert_int_equal(hp_prologue_inspect(HP_ARCH_X64, code + BEFORE, 8, 0x1000, &look), S_OK);
    assert_int_equal(look.room, 8);
}

static void entry_that_a_store_cannot_cover_is_refused(void **state) {
    (void)state;
    assert_int_equal(INSPECT(HP_ARCH_X64, 16, 0x90, "\x90\x90"), S_OK);
    for (unsigned off = 1; off < HP_PROLOGUE_ALIGN; off++)
        assert_int_equal(hp_prologue_inspect(HP_ARCH_X64, code + BEFORE, BEFORE, 0x1000 + off, &look),
                         HP_E_ENTRY_MISALIGNED);
    assert_int_equal(hp_prologue_inspect(HP_ARCH_X64, code + BEFORE, BEFORE, 0x1008, &look), S_OK);
}

static void jumps_are_somebody_elses_patch(void **state) {
    (void)state;
    static const char *const jumps[] = {"\xE9\x01\x02\x03\x04", "\xEB\xF8\x01\x02\x03",
                                        "\xFF\x25\x01\x02\x03"};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        assert_int_equal(inspect(HP_ARCH_X64, 16, 0x90, jumps[i], 5), HP_E_FOREIGN_BYTES);
        assert_int_equal(inspect(HP_ARCH_X86, 16, 0x90, jumps[i], 5), HP_E_FOREIGN_BYTES);
        assert_int_equal(look.form, HP_FORM_NONE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_form_is_told_with_its_length),
        cmocka_unit_test(other_first_instructions_of_x86_are_refused),
        cmocka_unit_test(room_is_needed_to_the_byte),
        cmocka_unit_test(kinds_of_filler_are_told_apart_byte_by_byte),
        cmocka_unit_test(bytes_before_what_may_be_read_are_not_counted),
        cmocka_unit_test(entry_that_a_store_cannot_cover_is_refused),
        cmocka_unit_test(jumps_are_somebody_elses_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
