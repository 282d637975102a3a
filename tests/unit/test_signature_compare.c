// Two signatures: one call or not, one meaning or not, and the words for what differs.
#include "proxygen/signature.h"

#include "idl/protocol.h"
#include "proxygen/fnv.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MISMATCH HP_E_SIGNATURE_MISMATCH
#define TYPES HP_E_TYPE_MISMATCH

static void must_be(const char *one, const char *other, hp_arch arch, HRESULT code, const char *expected) {
    char detail[512];
    memset(detail, 'x', sizeof detail);
    HRESULT hr = hp_signature_compare(one, other, arch, detail, sizeof detail);
    if (hr != code || strcmp(detail, expected) != 0)
        fail_msg("%.100s, %.100s: 0x%08x: %s", one, other, (unsigned)hr, detail);
    hr = hp_signature_compare(other, one, arch, detail, sizeof detail);
    if (hr != code)
        fail_msg("the other way round %.100s, %.100s: 0x%08x: %s", one, other, (unsigned)hr, detail);
}

typedef struct pair {
    const char *ours, *theirs, *detail;
} pair;

static void what_is_written_on_one_side_only_does_not_matter(void **state) {
    (void)state;
    static const pair pairs[] = {
        {"i32(i32 a,i32 b)", " i32 ( i32 x , i32 )", ""},
        {"i32(enum i32 color{RED=0} c)", "i32(i32)", ""},
        {"i32(enum i32 color{RED=0} c)", "i32(enum i32 shade d)", ""},
        {"i32(enum i32 color{RED=0,GREEN=1} c)", "i32(enum i32 colour{GREEN=1,RED=0})", ""},
        {"void(struct p{i32 x;i32 y})", "void(struct q{i32;i32})", ""},
        {"void(struct p{i32 x;i32 y})", "void(struct q{i32 x;i32;})", ""},
        {"void(in struct p{i32 x;i32}*)", "void(in struct{i32;i32 y}*p)", ""},
        {"void(struct{enum u8{A=1,B=2} k[2]})", "void(struct{u8[2]})", ""},
        {"void(in u8 b[n],u32 n)", "void(in u8[#1],u32)", ""},
        {"void(in i32*)", "void(in i32 a[1])", ""},
        {"void(in str s,out wstr t[4])", "void(in str,out wstr[4])", ""},
        {"void()", "void(void)", ""},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        must_be(pairs[i].ours, pairs[i].theirs, HP_ARCH_X86, S_OK, "");
        must_be(pairs[i].ours, pairs[i].theirs, HP_ARCH_X64, S_OK, "");
    }
}

static void another_call_is_told_by_what_differs_first(void **state) {
    (void)state;
    static const pair pairs[] = {
        {"i32()", "i64()", "the result is i32 here, i64 there"},
        {"void()", "i8()", "the result is void here, i8 there"},
        {"enum i16 t{A=0}()", "u16()", "the result is i16 here, u16 there"},
        {"void(i32,i32 points)", "void(i32,i64 pts)", "parameter 2 (points) is i32 here, i64 there"},
        {"void(i32,i32)", "void(i32,i64 pts)", "parameter 2 (pts) is i32 here, i64 there"},
        {"void(i32)", "void(handle)", "parameter 1 is i32 here, handle there"},
        {"void(i32,i32)", "void(i32,i32,i32)", "here 2 parameters, there 3"},
        {"void(i32)", "void()", "here 1 parameter, there 0"},
        {"void(i32,...)", "void(i32)", "\"...\" stands only here"},
        {"void(i32)", "void(i32,...)", "\"...\" stands only there"},
        {"void(i32,...,i32,i32)", "void(i32,i32,...,i32)", "\"...\" stands behind parameter 1 here, 2 there"},
        {"void(in u8*p)", "void(u8)", "parameter 1 (p) is in u8* here, u8 there"},
        {"void(in u8*p)", "void(inout u8*)", "parameter 1 (p) is in u8* here, inout u8* there"},
        {"void(in u8 p[4])", "void(in u8[5])", "parameter 1 (p) is in u8[4] here, in u8[5] there"},
        {"void(in u8 p[n],u32 n)", "void(in u8[4],u32)", "parameter 1 (p) is in u8[#1] here, in u8[4] there"},
        {"void(in str s)", "void(in wstr)", "parameter 1 (s) is in str here, in wstr there"},
        {"void(out str s[4])", "void(out u8[4])", "parameter 1 (s) is out str[4] here, out u8[4] there"},
        {"void(struct p{i32} s)", "void(i32)", "parameter 1 (s) is struct p here, i32 there"},
        {"void(in struct p{i32}*s)", "void(in struct{i32}[2])",
         "parameter 1 (s) is in struct p* here, in struct{...}[2] there"},
        {"void(struct p{i32 x;i32 y})", "void(struct p{i32 x;f32 y})",
         "struct p: field 2 (y) is i32 here, f32 there"},
        {"void(struct{i32;i32})", "void(struct p{i32;f32 y})",
         "struct p: field 2 (y) is i32 here, f32 there"},
        {"void(struct{i32;i32} s)", "void(struct{i32;f32})",
         "a structure in parameter 1 (s): field 2 is i32 here, f32 there"},
        {"void(struct p{i32 x[2];i32 y})", "void(struct p{i32 x;i32 y})",
         "struct p: field 1 (x) is i32[2] here, i32 there"},
        {"void(struct p{i32 x})", "void(struct p{i32 x;i32 y;i8 z})", "struct p: here 1 field, there 3"},
        {"void(struct p{i32 x;i8})", "void(struct p{i32 x;})", "struct p: here 2 fields, there 1"},
        {"void(struct p{i32;struct q{i8 a;i8 b}c;i8})", "void(struct p{i32;struct q{i8 a;u8 b}c;i8})",
         "struct q: field 2 (b) is i8 here, u8 there"},
        {"void(struct p{struct q{i8}c})", "void(struct p{i8 c})",
         "struct p: field 1 (c) is struct q here, i8 there"},
        {"struct p{f32}()", "struct p{i32}()", "struct p: field 1 is f32 here, i32 there"},
        // the call comes first, though a name differs before
        {"void(struct p{i32 x;i32 y},i8)", "void(struct p{i32 y;i32 x},u8)",
         "parameter 2 is i8 here, u8 there"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        must_be(pairs[i].ours, pairs[i].theirs, HP_ARCH_X86, MISMATCH, pairs[i].detail);
        must_be(pairs[i].ours, pairs[i].theirs, HP_ARCH_X64, MISMATCH, pairs[i].detail);
    }
}

static void conventions_differ_on_x86_only(void **state) {
    (void)state;
    must_be("void(i32)", "stdcall void(i32)", HP_ARCH_X86, MISMATCH,
            "the convention is cdecl here, stdcall there");
    must_be("void(i32)", "stdcall void(i32)", HP_ARCH_X64, S_OK, "");
    must_be("void(isize)", "void(i32)", HP_ARCH_X86, S_OK, "");
    must_be("void(isize)", "void(i32)", HP_ARCH_X64, MISMATCH, "parameter 1 is i64 here, i32 there");
}

static void another_meaning_is_told_by_structure_and_enum(void **state) {
    (void)state;
    static const pair pairs[] = {
        {"void(struct p{i32 x;i32 y})", "void(struct p{i32 y;i32 x})",
         "struct p: field 1 is x here, y there"},
        {"void(inout struct player{i32 score;i32 streak}*)",
         "void(inout struct player{i32 score;i32 level}*)",
         "struct player: field 2 is streak here, level there"},
        {"void(in struct{i32 x;i32 y}*who)", "void(in struct{i32 x;i32 z}*)",
         "a structure in parameter 1 (who): field 2 is y here, z there"},
        {"struct{i32 x}()", "struct{i32 xx}()", "a structure in the result: field 1 is x here, xx there"},
        {"void(struct p{i8;struct q{i8 a}b})", "void(struct p{i8;struct q{i8 c}d})",
         "struct q: field 1 is a here, c there"},
        {"void(struct p{i8;struct q{i8 a}b})", "void(struct p{i8;struct q{i8 a}d})",
         "struct p: field 2 is b here, d there"},
        {"void(struct p{i8 a[2]})", "void(struct p{i8 b[2]})", "struct p: field 1 is a here, b there"},
        {"void(enum i32 color{RED=0,GREEN=1})", "void(enum i32 color{RED=0,GREEN=2})",
         "enum color: GREEN is 1 here, 2 there"},
        {"void(enum i32 color{RED=0})", "void(enum i32 color{RED=0,BLUE=2})",
         "enum color: BLUE is only there"},
        {"void(enum i32 color{RED=0,BLUE=2})", "void(enum i32{RED=0})", "enum color: BLUE is only here"},
        {"void(enum i32{A=-1} c)", "void(enum i32{A=-2147483648})",
         "an enum in parameter 1 (c): A is -1 here, -2147483648 there"},
        {"enum u64{A=18446744073709551615}()", "enum u64{A=0}()",
         "an enum in the result: A is 18446744073709551615 here, 0 there"},
        {"enum i64 e{A=-9223372036854775808}()", "enum i64 e{A=-1}()",
         "enum e: A is -9223372036854775808 here, -1 there"},
        {"void(struct{enum u8 k{A=0}[2]})", "void(struct{enum u8 k{B=0}[2]})", "enum k: A is only here"},
        {"void(in enum u8 k{A=0} x[n],u32 n)", "void(in enum u8 k{AA=0}[#1],u32)", "enum k: A is only here"},
        {"void(i32,...,enum i32 k{A=0})", "void(i32,...,enum i32 k{A=1})", "enum k: A is 0 here, 1 there"},
        {"void(enum i32 k{#0000000000000000})", "void(enum i32 k{#0000000000000001})",
         "enum k: its entries are others here (#0000000000000000) than there (#0000000000000001)"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        must_be(pairs[i].ours, pairs[i].theirs, HP_ARCH_X86, TYPES, pairs[i].detail);
        must_be(pairs[i].ours, pairs[i].theirs, HP_ARCH_X64, TYPES, pairs[i].detail);
    }
}

/** A list, and what is hashed of it. */
static void must_have_digest(const char *integer, const char *list, const char *hashed) {
    char text[256], digest[256];
    uint64_t hash = hp_fnv_64(HP_FNV_64, hashed, strlen(hashed));
    snprintf(text, sizeof text, "void(enum %s e{%s})", integer, list);
    snprintf(digest, sizeof digest, "void(enum %s e{#%016llx})", integer, (unsigned long long)hash);
    must_be(text, digest, HP_ARCH_X64, S_OK, "");
    must_be(digest, digest, HP_ARCH_X64, S_OK, "");
    char wrong[512], words[256];
    snprintf(wrong, sizeof wrong, "void(enum %s e{#%016llx})", integer, (unsigned long long)hash ^ 1);
    snprintf(words, sizeof words, "enum e: its entries are others here (#%016llx) than there (#%016llx)",
             (unsigned long long)hash, (unsigned long long)hash ^ 1);
    must_be(text, wrong, HP_ARCH_X64, TYPES, words);
}

static void a_digest_is_that_of_the_entries_by_value_then_name(void **state) {
    (void)state;
    must_have_digest("i32", "RED=0", "RED=0\n");
    must_have_digest("i32", "A=2,B=1,C=0", "C=0\nB=1\nA=2\n");
    must_have_digest("i32", "A=1,B=-1,C=-2,D=10,E=9", "C=-2\nB=-1\nA=1\nE=9\nD=10\n");
    must_have_digest("i8", "b=0,ab=0,a=0,B=0,a_=0", "B=0\na=0\na_=0\nab=0\nb=0\n");
    must_have_digest("u64", "A=18446744073709551615,B=1", "B=1\nA=18446744073709551615\n");
    must_have_digest("i64", "A=9223372036854775807,B=-9223372036854775808",
                     "B=-9223372036854775808\nA=9223372036854775807\n");
    // So that nobody changes the hash itself: the digest of "RED=0\nGREEN=1\n", computed elsewhere.
    must_be("void(enum i32 c{RED=0,GREEN=1})", "void(enum i32 c{#ae178afb4a756970})", HP_ARCH_X64, S_OK, "");
}

static void a_signature_that_cannot_be_read_is_named(void **state) {
    (void)state;
    char detail[128];
    assert_int_equal(hp_signature_compare("i32(", "i32()", HP_ARCH_X64, detail, sizeof detail),
                     HP_E_SIGNATURE_SYNTAX);
    assert_string_equal(detail,
                        "the signature here cannot be read, at 4: expected a type, but the text ends");
    assert_int_equal(hp_signature_compare("i32()", "i32(in u8 b[n])", HP_ARCH_X64, detail, sizeof detail),
                     HP_E_SIGNATURE_LENGTH);
    assert_string_equal(detail, "the signature there cannot be read, at 12: no parameter of this name");
    assert_int_equal(hp_signature_compare("i32()", "i32*()", HP_ARCH_X64, detail, sizeof detail),
                     HP_E_SIGNATURE_RETURN_POINTER);
    assert_int_equal(hp_signature_compare("i32()", "i32(\xC3\xA4)", HP_ARCH_X64, detail, sizeof detail),
                     HP_E_SIGNATURE_SYNTAX);
    assert_non_null(strstr(detail, "0xC3"));
}

static void the_detail_is_cut_and_terminated_at_any_capacity(void **state) {
    (void)state;
    static const char ours[] = "void(i32 points)", theirs[] = "void(i64)";
    static const char whole[] = "parameter 1 (points) is i32 here, i64 there";
    for (size_t capacity = 0; capacity < sizeof whole + 4; capacity++) {
        char detail[64];
        memset(detail, 'x', sizeof detail);
        assert_int_equal(hp_signature_compare(ours, theirs, HP_ARCH_X64, detail, capacity), MISMATCH);
        if (capacity > 0) {
            assert_int_equal(strlen(detail), capacity <= strlen(whole) ? capacity - 1 : strlen(whole));
            assert_memory_equal(detail, whole, strlen(detail));
        }
        for (size_t i = capacity; i < sizeof detail; i++)
            assert_int_equal(detail[i], 'x');
    }
    assert_int_equal(hp_signature_compare(ours, theirs, HP_ARCH_X64, NULL, 0), MISMATCH);
    assert_int_equal(hp_signature_compare(ours, ours, HP_ARCH_X64, NULL, 0), S_OK);
}

static void null_and_unknown_architecture_are_the_callers_mistake(void **state) {
    (void)state;
    char detail[8] = "x";
    assert_int_equal(hp_signature_compare(NULL, "void()", HP_ARCH_X64, detail, sizeof detail), E_INVALIDARG);
    assert_string_equal(detail, "");
    assert_int_equal(hp_signature_compare("void()", NULL, HP_ARCH_X64, detail, sizeof detail), E_INVALIDARG);
    assert_int_equal(hp_signature_compare("void()", "void()", (hp_arch)3, detail, sizeof detail),
                     E_INVALIDARG);
    assert_int_equal(hp_signature_compare("void()", "void()", HP_ARCH_X64, NULL, 8), E_INVALIDARG);
}

static void names_of_any_length_are_told(void **state) {
    (void)state;
    static char ours[HP_SIGNATURE_MAX + 1], theirs[HP_SIGNATURE_MAX + 1], name[2001], detail[8192];
    memset(name, 'n', sizeof name - 1);
    snprintf(ours, sizeof ours, "void(struct %s{i8 a} %s)", name, name);
    snprintf(theirs, sizeof theirs, "void(struct %s{i8 b%.1900s})", name, name);
    assert_int_equal(hp_signature_compare(ours, theirs, HP_ARCH_X64, detail, sizeof detail), TYPES);
    assert_non_null(strstr(detail, "field 1 is a here, bnnn"));
    snprintf(ours, sizeof ours, "void(i8 %s)", name);
    assert_int_equal(hp_signature_compare(ours, theirs, HP_ARCH_X64, detail, sizeof detail), MISMATCH);
    assert_non_null(strstr(detail, " is i8 here, struct nnn"));
}

static void two_texts_full_of_entries_are_compared_to_their_end(void **state) {
    (void)state;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static char ours[HP_SIGNATURE_MAX + 1], theirs[HP_SIGNATURE_MAX + 1];
    size_t length = (size_t)sprintf(ours, "void(enum i8 e{A=0");
    for (size_t i = 0; length + 5 + 2 <= HP_SIGNATURE_MAX; i++)
        length += (size_t)sprintf(ours + length, ",%c%c=1", letters[i / 53], letters[i % 53]);
    strcpy(ours + length, "})");
    strcpy(theirs, ours);
    must_be(ours, theirs, HP_ARCH_X86, S_OK, "");
    theirs[length - 1] = '0';
    char expected[64];
    snprintf(expected, sizeof expected, "enum e: %.2s is 1 here, 0 there", ours + length - 4);
    must_be(ours, theirs, HP_ARCH_X86, TYPES, expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_on_one_side_only_does_not_matter),
        cmocka_unit_test(another_call_is_told_by_what_differs_first),
        cmocka_unit_test(conventions_differ_on_x86_only),
        cmocka_unit_test(another_meaning_is_told_by_structure_and_enum),
        cmocka_unit_test(a_digest_is_that_of_the_entries_by_value_then_name),
        cmocka_unit_test(a_signature_that_cannot_be_read_is_named),
        cmocka_unit_test(the_detail_is_cut_and_terminated_at_any_capacity),
        cmocka_unit_test(null_and_unknown_architecture_are_the_callers_mistake),
        cmocka_unit_test(names_of_any_length_are_told),
        cmocka_unit_test(two_texts_full_of_entries_are_compared_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
