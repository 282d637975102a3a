// Arguments of a call as people type them: whatever the text is, it fits the signature or is refused with its
// place.
#include "tools/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Read one value of parameter 0 and print it again. NULL: the reason must have this part. */
static void round_trip(const char *signature, const char *text, const char *printed, const char *part) {
    hp_value_types types;
    char reason[HP_VALUE_REASON] = "";
    assert_int_equal(hp_value_open(signature, HP_ARCH_HERE, &types, NULL), S_OK);
    unsigned char *bytes = malloc(types.types[1].size); // exactly: a sanitizer sees one byte too many
    const int good = hp_value_read(&types, 1, text, bytes, reason);
    if (good != (printed != NULL) || (part && !strstr(reason, part)))
        fail_msg("%s, %s: %d, %s", signature, text, good, reason);
    if (printed) {
        char *again = hp_value_print(&types, 1, bytes);
        assert_string_equal(again, printed);
        free(again);
    }
    free(bytes);
    hp_value_close(&types);
}

static void integers_end_where_their_type_ends(void **state) {
    (void)state;
    static const struct {
        const char *type, *least, *below, *most, *above;
    } rows[] = {
        {"i8", "-128", "-129", "127", "128"},
        {"u8", "0", "-1", "255", "256"},
        {"i16", "-32768", "-32769", "32767", "32768"},
        {"u16", "0", "-1", "65535", "65536"},
        {"i32", "-2147483648", "-2147483649", "2147483647", "2147483648"},
        {"u32", "0", "-1", "4294967295", "4294967296"},
        {"i64", "-9223372036854775808", "-9223372036854775809", "9223372036854775807", "9223372036854775808"},
        {"u64", "0", "-1", "18446744073709551615", "18446744073709551616"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char signature[32];
        snprintf(signature, sizeof signature, "void(%s n)", rows[i].type);
        round_trip(signature, rows[i].least, rows[i].least, NULL);
        round_trip(signature, rows[i].most, rows[i].most, NULL);
        round_trip(signature, rows[i].below, NULL, "out of range");
        round_trip(signature, rows[i].above, NULL, "out of range");
        round_trip(signature, "340282366920938463463374607431768211456", NULL, "out of range");
    }
}

static void integers_have_a_few_spellings_and_no_more(void **state) {
    (void)state;
    round_trip("void(i32)", "0x7f", "127", NULL);
    round_trip("void(i32)", "-0X10", "-16", NULL);
    round_trip("void(i32)", " +5 ", "5", NULL);
    round_trip("void(u32)", "-0", "0", NULL);
    static const char *const bad[] = {"",    " ",  "x",   "1x",   "0x",   "0xg",        "--1",
                                      "-",   "+",  "1.0", "1e3",  "1 2",  "1,2",        "{1}",
                                      "[1]", "1}", "_",   "null", "true", "0x1ffffffff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        round_trip("void(i32)", bad[i], NULL, "");
}

static void floats_booleans_handles_and_enums(void **state) {
    (void)state;
    round_trip("void(f64)", "0.1", "0.1", NULL);
    round_trip("void(f32)", "0.1", "0.1", NULL);
    round_trip("void(f64)", "-1e300", "-1e+300", NULL);
    round_trip("void(f32)", "1e39", NULL, "out of range");
    round_trip("void(f64)", "1e309", NULL, "out of range");
    round_trip("void(f32)", "-inf", "-inf", NULL);
    round_trip("void(f64)", "nan", "nan", NULL);
    round_trip("void(f64)", "1.5.2", NULL, "no number");
    round_trip("void(f64)", "", NULL, "missing");
    round_trip("void(bool)", "true", "true", NULL);
    round_trip("void(bool)", "0", "false", NULL);
    round_trip("void(bool)", "yes", NULL, "neither");
    round_trip("void(bool)", "2", NULL, "neither");
    round_trip("void(handle)", "null", "0x0", NULL);
    round_trip("void(handle)", "0x1f", "0x1f", NULL);
    hp_signature signature;
    if (hp_signature_parse("void(enum i32 color{RED=0,BLUE=-7} c)", HP_ARCH_HERE, &signature, NULL) != S_OK)
        return; // this release has none
    round_trip("void(enum i32 color{RED=0,BLUE=-7} c)", "BLUE", "BLUE", NULL);
    round_trip("void(enum i32 color{RED=0,BLUE=-7} c)", "-7", "BLUE", NULL);
    round_trip("void(enum i32 color{RED=0,BLUE=-7} c)", "3", "3", NULL);
    round_trip("void(enum i32 color{RED=0,BLUE=-7} c)", "BLU", NULL, "no entry");
    round_trip("void(struct{enum u8 k{A=1}; enum u8 k{A=1} other} s)", "{A, other=2}", "{A, other=2}", NULL);
}

static void structures_are_taken_apart_field_by_field(void **state) {
    (void)state;
    static const char s[] = "void(struct point { i8 a; f64 b; struct { u16 c[3]; bool } in; } struct)";
    round_trip(s, "{1,2.5,{[3,4,5],true}}", "{a=1, b=2.5, in={c=[3, 4, 5], true}}", NULL);
    round_trip(s, "{a=1, b = 2.5, in={c=[3, 4, 5], true}}", "{a=1, b=2.5, in={c=[3, 4, 5], true}}", NULL);
    round_trip(s, "{1,2.5}", NULL, "more fields");
    round_trip(s, "{1}", NULL, "f64 b");
    round_trip(s, "{1,2.5,{[3,4,5],true},9}", NULL, "fewer fields");
    round_trip(s, "{1,2.5,{[3,4],true}}", NULL, "3 elements, not 2");
    round_trip(s, "{1,2.5,{[3,4,5,6],true}}", NULL, "more than 3");
    round_trip(s, "{300,2.5,{[3,4,5],true}}", NULL, "out of range");
    round_trip(s, "{b=1,2.5,{[3,4,5],true}}", NULL, "");
    round_trip("void(struct{u8 a[4]})", "{x\"01ff00A0\"}", "{a=[1, 255, 0, 160]}", NULL);
    round_trip("void(struct{u8 a[4]})", "{x\"01ff00A0ee\"}", NULL, "room for 4");
    round_trip("void(struct{u8 a[4]})", "{x\"01ff00A\"}", NULL, "half a byte");
    round_trip("void(struct{u8 a[4]})", "{x\"01ff00Ag\"}", NULL, "no hexadecimal");
    round_trip("void(struct{u8 a[4]})", "{x\"01ff", NULL, "quotation mark");
    round_trip("void(struct{u16 a[1]})", "{x\"01ff\"}", NULL, "one byte");
}

static void unbalanced_text_is_refused_wherever_it_ends(void **state) {
    (void)state;
    static const char s[] = "void(struct{struct{struct{i32;i32}a;i32 b[2]}c;f32 d}p)";
    static const char whole[] = "{{{1,2},[3,4]},5.5}";
    round_trip(s, whole, "{c={a={1, 2}, b=[3, 4]}, d=5.5}", NULL);
    for (size_t length = 0; length + 1 < sizeof whole; length++) {
        char text[sizeof whole];
        memcpy(text, whole, length);
        text[length] = '\0';
        round_trip(s, text, NULL, "");
        memcpy(text, whole, sizeof whole);
        memmove(text + length, text + length + 1, sizeof whole - length - 1); // one letter less
        if (whole[length] < '0' || whole[length] > '9')                       // 5.5 and 55 are numbers both
            round_trip(s, text, whole[length] == '.' ? "{c={a={1, 2}, b=[3, 4]}, d=55}" : NULL, "");
        char deep[600];
        memset(deep, '{', sizeof deep - 1);
        deep[sizeof deep - 1] = '\0';
        round_trip(s, deep + 500 - length, NULL, "");
    }
}

/* Read a call's arguments, one text each, ended by NULL. */
static HRESULT read(const char *signature, hp_arguments *arguments, hp_value_types *types,
                    hp_trouble *trouble, ...) {
    const char *texts[40];
    unsigned count = 0;
    va_list list;
    va_start(list, trouble);
    while ((texts[count] = va_arg(list, const char *)) != NULL)
        count++;
    va_end(list);
    assert_int_equal(hp_value_open(signature, HP_ARCH_HERE, types, NULL), S_OK);
    *trouble = (hp_trouble){0};
    return hp_arguments_read(types, texts, count, "f", arguments, trouble);
}

#define REFUSED(part, signature, ...)                                                                        \
    do {                                                                                                     \
        hp_arguments arguments;                                                                              \
        hp_value_types types;                                                                                \
        hp_trouble trouble;                                                                                  \
        assert_int_equal(read(signature, &arguments, &types, &trouble, __VA_ARGS__, NULL), HP_E_ARGUMENT);   \
        if (!strstr(trouble.detail, part))                                                                   \
            fail_msg("%s", trouble.detail);                                                                  \
        for (unsigned i = 0; i < HP_SIGNATURE_MAX_PARAMETERS; i++)                                           \
            assert_null(arguments.item[i].bytes);                                                            \
        hp_value_close(&types);                                                                              \
    } while (0)

static void lengths_agree_with_the_memory(void **state) {
    (void)state;
    REFUSED("argument 1, \"in u8 data[n]\": more is given", "void(in u8 data[n], u32 n)", "[1,2,3]", "2");
    REFUSED("less is given", "void(in u8 data[n], u32 n)", "[1,2,3]", "4");
    REFUSED("negative", "void(inout u8 data[n], i32 n)", "[1]", "-1");
    REFUSED("more than a call", "void(inout u8 data[n], u64 n)", "[1]", "18446744073709551615");
    REFUSED("more than a call", "void(out f64 data[n], u32 n)", "_", "0xffffffff");
    REFUSED("argument 2, \"u32 n\": say it", "void(out u8 data[n], u32 n)", "_", "_");
    REFUSED("different lengths", "void(in u8 a[n], in u8 b[n], u32 n)", "[1]", "[1,2]", "_");
    REFUSED("more is given", "void(inout str t[4])", "four");
    char many[301 * 2 + 2] = "[";
    for (int i = 0; i < 300; i++)
        strcat(many, "1,");
    many[strlen(many) - 1] = ']';
    REFUSED("more is given than it can count", "void(in u8 a[n], u8 n)", many, "_");
}

static void arguments_fit_their_parameters(void **state) {
    (void)state;
    REFUSED("a value is needed", "void(u32 n)", "_");
    REFUSED("only writes it", "void(out u8 a[4])", "[1]");
    REFUSED("for what the function writes", "void(in u8 a[4])", "_");
    REFUSED("takes 2 arguments, 1 are given", "void(i32 a, i32 b)", "1");
    REFUSED("takes 1 arguments, 3 are given", "void(i32 a)", "1", "2", "3");
    REFUSED("no UTF-8", "void(in wstr t)", "a\xFF");
    REFUSED("a list is expected", "void(in u8 a[2])", "5");
    REFUSED("expected before", "void(in u8 a[2])", "[5,6");
    REFUSED("stands behind", "void(in u8 a[2])", "[5,6]]");
}

static void memory_is_made_as_large_as_its_length(void **state) {
    (void)state;
    hp_arguments arguments;
    hp_value_types types;
    hp_trouble trouble;
    HRESULT hr = read(
        "void(in u16 a[n], i16 n, inout str t[8], out f64 o[#1], in wstr w, in struct{i8 x}*p, in str z)",
        &arguments, &types, &trouble, "[1,65535,3]", "_", "=null", "null", "\xF0\x9F\x98\x80!", "{-1}",
        "null", NULL);
    assert_int_equal(hr, S_OK);
    assert_memory_equal(arguments.item[0].bytes, "\1\0\xFF\xFF\3\0", 6);
    assert_memory_equal(arguments.item[1].bytes, "\3\0", 2);
    assert_memory_equal(arguments.item[2].bytes, "null\0\0\0\0", 8);
    assert_int_equal(arguments.item[2].count, 8);
    assert_null(arguments.item[3].bytes);
    assert_memory_equal(arguments.item[4].bytes, "\x3D\xD8\x00\xDE!\0\0\0", 8);
    assert_int_equal(arguments.item[4].count, 4);
    assert_memory_equal(arguments.item[5].bytes, "\xFF", 1);
    assert_null(arguments.item[6].bytes);
    hp_arguments_free(&arguments);
    hp_value_close(&types);

    hr = read("void(inout i32 a[n], u8 n, out u8 o[n], inout u8 e[n])", &arguments, &types, &trouble, "[7]",
              "3", "_", "_", NULL);
    assert_int_equal(hr, S_OK);
    assert_memory_equal(arguments.item[0].bytes, "\7\0\0\0\0\0\0\0\0\0\0\0", 12);
    assert_memory_equal(arguments.item[2].bytes, "\0\0\0", 3);
    assert_memory_equal(arguments.item[3].bytes, "\0\0\0", 3);
    hp_arguments_free(&arguments);
    hp_value_close(&types);
}

static void names_that_look_like_words_are_understood(void **state) {
    (void)state;
    hp_value_types types;
    assert_int_equal(
        hp_value_open("cdecl i32 ( in str in , inout struct struct { i32 in } * out , i32 void, ..., i32 )",
                      HP_ARCH_HERE, &types, NULL),
        S_OK);
    assert_int_equal(types.types[2].name.length, 3);
    assert_memory_equal(types.text + types.types[2].name.at, "out", 3);
    assert_memory_equal(types.text + types.types[3].name.at, "void", 4);
    assert_int_equal(types.types[4].name.length, 0);
    hp_value_close(&types);
    hp_signature_error error;
    assert_int_equal(hp_value_open("i32(", HP_ARCH_HERE, &types, &error), HP_E_SIGNATURE_SYNTAX);
    assert_null(types.types);
}

static void utf16_is_converted_both_ways(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\x80",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x80\x80",
        "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xC3",         "\xE2\x82",         "\xF0\x9F\x98",     "a\xFF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(hp_value_to_utf16(bad[i], strlen(bad[i]), NULL) == SIZE_MAX);
    static const char good[] = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\xF4\x8F\xBF\xBF";
    unsigned char wide[64];
    char back[64];
    const size_t units = hp_value_to_utf16(good, sizeof good - 1, wide);
    assert_int_equal(units, 8);
    assert_int_equal(hp_value_to_utf8(wide, units, back), sizeof good - 1);
    assert_memory_equal(back, good, sizeof good - 1);
    assert_int_equal(hp_value_to_utf8((const unsigned char *)"\x00\xD8\x61\x00", 2, back), 4);
    assert_memory_equal(back,
                        "\xEF\xBF\xBD"
                        "a",
                        4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_end_where_their_type_ends),
        cmocka_unit_test(integers_have_a_few_spellings_and_no_more),
        cmocka_unit_test(floats_booleans_handles_and_enums),
        cmocka_unit_test(structures_are_taken_apart_field_by_field),
        cmocka_unit_test(unbalanced_text_is_refused_wherever_it_ends),
        cmocka_unit_test(lengths_agree_with_the_memory),
        cmocka_unit_test(arguments_fit_their_parameters),
        cmocka_unit_test(memory_is_made_as_large_as_its_length),
        cmocka_unit_test(names_that_look_like_words_are_understood),
        cmocka_unit_test(utf16_is_converted_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
