// Enums in signatures: to a call an integer and nothing else, wherever a value may stand; their entries.
#include "proxygen/signature.h"

#include "idl/protocol.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SYNTAX HP_E_SIGNATURE_SYNTAX

static const hp_arch both[] = {HP_ARCH_X86, HP_ARCH_X64};

static void must_parse(const char *text, hp_signature *signature) {
    hp_signature_error error;
    for (size_t a = 0; a < COUNT(both); a++) {
        HRESULT hr = hp_signature_parse(text, both[a], signature, &error);
        if (FAILED(hr))
            fail_msg("%.200s: 0x%08x at %zu: %s", text, (unsigned)hr, error.position, error.reason);
    }
}

static void must_fail(const char *text, HRESULT code, size_t position, const char *reason) {
    hp_signature signature;
    hp_signature_error error;
    for (size_t a = 0; a < COUNT(both); a++) {
        HRESULT hr = hp_signature_parse(text, both[a], &signature, &error);
        if (hr != code || error.position != position || !strstr(error.reason, reason))
            fail_msg("%.200s: 0x%08x at %zu: %s", text, (unsigned)hr, error.position, error.reason);
    }
}

static void an_enum_is_its_integer_to_the_abi(void **state) {
    (void)state;
    static const char *const integers[] = {"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"};
    static const char *const shapes[] = {"%s(%s)",
                                         "void(i8,%s,%s)",
                                         "void(in %s*,out %s x[3])",
                                         "void(struct{%s} s,inout struct{i8;%s;i8}[2])",
                                         "struct{%s}(struct{struct{%s[2]}})",
                                         "i32(in u8 b[n],%s n,in u8 c[#1],%s)",
                                         "thiscall void(handle,%s,%s)"};
    for (size_t i = 0; i < COUNT(integers); i++) {
        for (size_t s = 0; s < COUNT(shapes); s++) {
            char value[64], plain[256], text[256];
            snprintf(value, sizeof value, "enum %s color{RED=0,GREEN=1}", integers[i]);
            snprintf(text, sizeof text, shapes[s], value, value);
            snprintf(plain, sizeof plain, shapes[s], integers[i], integers[i]);
            for (size_t a = 0; a < COUNT(both); a++) {
                hp_signature one, other;
                hp_signature_error error;
                if (FAILED(hp_signature_parse(text, both[a], &one, &error)))
                    fail_msg("%s: at %zu: %s", text, error.position, error.reason);
                assert_int_equal(hp_signature_parse(plain, both[a], &other, NULL), S_OK);
                assert_memory_equal(&one, &other, sizeof one);
            }
        }
    }
}

static void the_canonical_form_of_an_enum_is_its_integer(void **state) {
    (void)state;
    static const struct {
        const char *text, *canon;
    } cases[] = {
        {"i32(enum i32 color{RED=0,GREEN=-1} c, inout struct player{i32 score;enum u8 kind{A=0} k} *who)",
         "i32(i32,inout struct{i32;u8}*)"},
        {"enum u16(enum i64 big)", "u16(i64)"},
        {"enum u16 { A = 1 , B = 2 } ( enum i64 big ) ", "u16(i64)"},
        {"void(enum i8{#0123456789abcdef} c)", "void(i8)"},
        {"void(enum i8 t{# 0123456789abcdef }*)", NULL},
        {"void(in enum i8 t{# 0123456789abcdef }*, out enum u32 x[7])", "void(in i8*,out u32[7])"},
        {"void(struct{enum i8;enum u8{A=0};enum i8 t x;enum i16 t{B=1}[3];})",
         "void(struct{i8;u8;i8;i16[3]})"},
        {"void(struct{struct{enum i8 i8{i8=0}}enum;i8 i8})", "void(struct{struct{i8};i8})"},
        {"i32(i32,...,enum i32 struct{struct=5}i32)", "i32(i32,...,i32)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char canon[HP_SIGNATURE_MAX + 129];
        HRESULT hr = hp_signature_canonical(cases[i].text, HP_ARCH_X64, canon, sizeof canon);
        assert_int_equal(hr, cases[i].canon ? S_OK : SYNTAX);
        if (cases[i].canon)
            assert_string_equal(canon, cases[i].canon);
    }
}

static void enum_is_still_a_name_where_a_name_stands(void **state) {
    (void)state;
    static const char *const texts[] = {
        "void(i32 enum)",
        "void(in u8 b[enum],u32 enum)",
        "void(struct enum{i32 enum;i8}enum)",
        "void(in struct enum{struct enum{i32 enum;}enum[2]}*enum)",
        "void(enum i32 enum{enum=0,i32=1,in=2,struct=3}enum)",
        "void(enum i32 enum enum)",
        "void(enum u8 out{A=0}in,enum u8 out{A=0}out)",
    };
    hp_signature s;
    for (size_t i = 0; i < COUNT(texts); i++)
        must_parse(texts[i], &s);
    must_parse("void(in u8 b[enum],enum i32 t enum)", &s);
    assert_int_equal(s.parameter[0].count, 1);
}

static void the_first_word_is_the_tag(void **state) {
    (void)state;
    hp_signature s;
    must_parse("void(enum i32 x,enum i32 x)", &s); // two tags: as in C, they may be the same
    must_fail("void(enum i32 t x,enum i32 t x)", SYNTAX, 29, "the same name");
    must_fail("void(in u8 b[n],enum i32 n)", HP_E_SIGNATURE_LENGTH, 13, "no parameter of this name");
}

static void numbers_fit_exactly_or_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *integer, *least, *below, *most, *above;
    } cases[] = {
        {"i8", "-128", "-129", "127", "128"},
        {"u8", "0", "-1", "255", "256"},
        {"i16", "-32768", "-32769", "32767", "32768"},
        {"u16", "0", "-1", "65535", "65536"},
        {"i32", "-2147483648", "-2147483649", "2147483647", "2147483648"},
        {"u32", "0", "-1", "4294967295", "4294967296"},
        {"i64", "-9223372036854775808", "-9223372036854775809", "9223372036854775807", "9223372036854775808"},
        {"u64", "0", "-1", "18446744073709551615", "18446744073709551616"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *good[] = {cases[i].least, cases[i].most}, *bad[] = {cases[i].below, cases[i].above};
        for (int n = 0; n < 2; n++) {
            char text[128];
            hp_signature s;
            snprintf(text, sizeof text, "void(enum %s t{A=%s})", cases[i].integer, good[n]);
            must_parse(text, &s);
            snprintf(text, sizeof text, "void(enum %s t{A=%s})", cases[i].integer, bad[n]);
            must_fail(text, SYNTAX, strlen(cases[i].integer) + 15, "does not fit");
        }
    }
    must_fail("void(enum u64{A=99999999999999999999999999999999999999})", SYNTAX, 16, "does not fit");
    must_fail("void(enum u64{A=36893488147419103232})", SYNTAX, 16, "does not fit"); // 2^65: 0 in 64 bits
}

static void each_mistake_has_its_place_and_reason(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t position;
        const char *reason;
    } cases[] = {
        {"void(enum)", 9, "the integer of an enum"},
        {"void(enum", 9, "but the text ends"},
        {"void(enum color c)", 10, "the integer of an enum"},
        {"void(enum f32 c)", 10, "the integer of an enum"},
        {"void(enum bool c)", 10, "the integer of an enum"},
        {"void(enum handle c)", 10, "the integer of an enum"},
        {"void(enum isize c)", 10, "the integer of an enum"},
        {"void(enum usize c)", 10, "the integer of an enum"},
        {"void(enum struct{i8} c)", 10, "the integer of an enum"},
        {"void(enum str c)", 10, "the integer of an enum"},
        {"void(enum i32{})", 14, "name of an enum's entry"},
        {"void(enum i32{A})", 15, "expected \"=\""},
        {"void(enum i32{A=})", 16, "expected a number"},
        {"void(enum i32{A=B})", 16, "expected a number"},
        {"void(enum i32{A=-})", 17, "expected a number"},
        {"void(enum i32{A=--1})", 17, "0x2D"},
        {"void(enum i32{A=+1})", 16, "0x2B"},
        {"void(enum i32{A==1})", 16, "0x3D"},
        {"void(enum i32{A=1 2})", 18, "expected \",\" or \"}\""},
        {"void(enum i32{A=0x1})", 17, "expected \",\" or \"}\""},
        {"void(enum i32{A=01})", 16, "does not begin with 0"},
        {"void(enum i32{A=-01})", 17, "does not begin with 0"},
        {"void(enum i32{A=-0})", 17, "does not begin with 0"},
        {"void(enum i32{A=0,})", 18, "name of an enum's entry"},
        {"void(enum i32{A=0;B=1})", 17, "expected \",\" or \"}\""},
        {"void(enum i32{A=0,B=1,A=2})", 22, "two entries"},
        {"void(enum i32{A=0,B=1,A=0})", 22, "two entries"},
        {"void(enum i32{A=0)", 17, "expected \",\" or \"}\""},
        {"void(enum i32{A=0", 17, "but the text ends"},
        {"void(enum i32{#})", 15, "16 digits"},
        {"void(enum i32{#", 15, "16 digits"},
        {"void(enum i32{#0123456789abcde})", 15, "16 digits"},
        {"void(enum i32{#0123456789abcdef0})", 15, "16 digits"},
        {"void(enum i32{#0123456789ABCDEF})", 15, "16 digits"},
        {"void(enum i32{#0123456789abcdefg})", 31, "expected \"}\""},
        {"void(enum i32{#0123456789abcdef,A=0})", 31, "expected \"}\""},
        {"void(enum i32{A=0,#0123456789abcdef})", 18, "name of an enum's entry"},
        {"void(enum i32{A=0}{B=1})", 18, "expected \",\" or \")\""},
        {"void(struct{enum i32{A=0};enum i32{A=0};enum i32{B=0,B=0}})", 53, "two entries"},
        {"void(struct{enum i32 t a;enum i32 t a})", 36, "two fields"},
        {"void(struct{enum i32*})", 20, "cannot be a pointer"},
        {"void(enum i32 t*)", 5, "need in, out or inout"},
        {"void(in enum i32 t x)", 5, "takes no direction"},
        {"void(i32 = 5)", 9, "0x3D"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        must_fail(cases[i].text, SYNTAX, cases[i].position, cases[i].reason);
    must_fail("enum i32 t*()", HP_E_SIGNATURE_RETURN_POINTER, 10, "pointer");
    must_fail("i32(i32,...,enum i16 t{A=0})", HP_E_SIGNATURE_CONVENTION, 12, "travel as i32");
}

static void names_of_entries_fields_and_other_enums_are_apart(void **state) {
    (void)state;
    hp_signature s;
    must_parse("void(struct{i8 A;enum i8 t{A=0} B;enum i8 u{A=0,B=0}C;struct{i8 A}D},enum i8 t{A=0}A)", &s);
    must_fail("void(struct{i8 A;enum i8 t{A=0,B=1} A})", SYNTAX, 36, "two fields");
}

static void a_text_full_of_entries_is_read_to_its_end(void **state) {
    (void)state;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static char text[HP_SIGNATURE_MAX + 32];
    size_t length = (size_t)sprintf(text, "void(enum i8{A=0");
    for (size_t i = 0; length + 5 + 2 + 5 <= HP_SIGNATURE_MAX; i++)
        length += (size_t)sprintf(text + length, ",%c%c=0", letters[i / 53], letters[i % 53]);
    strcpy(text + length, "})");
    hp_signature s;
    must_parse(text, &s);
    strcpy(text + length, ",AA=0})");
    must_fail(text, SYNTAX, length + 1, "two entries");
}

static void every_prefix_is_refused_where_it_ends(void **state) {
    (void)state;
    static const char whole[] =
        "enum i8 a{A=0,B=-1}(struct{enum u8{#0123456789abcdef} x;enum i32[2]}s,enum i64 t n)";
    hp_signature signature;
    must_parse(whole, &signature);
    for (size_t length = 0; length + 1 < sizeof whole; length++) {
        char text[sizeof whole] = {0};
        memcpy(text, whole, length);
        hp_signature_error error;
        assert_true(FAILED(hp_signature_parse(text, HP_ARCH_X86, &signature, &error)));
        assert_true(error.position <= length);
        assert_true(error.reason[0] != '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enum_is_its_integer_to_the_abi),
        cmocka_unit_test(the_canonical_form_of_an_enum_is_its_integer),
        cmocka_unit_test(enum_is_still_a_name_where_a_name_stands),
        cmocka_unit_test(the_first_word_is_the_tag),
        cmocka_unit_test(numbers_fit_exactly_or_are_refused),
        cmocka_unit_test(each_mistake_has_its_place_and_reason),
        cmocka_unit_test(names_of_entries_fields_and_other_enums_are_apart),
        cmocka_unit_test(a_text_full_of_entries_is_read_to_its_end),
        cmocka_unit_test(every_prefix_is_refused_where_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
