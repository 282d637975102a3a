// Names of functions, as a hostile update would write them.
#include "idl/name.h"
#include "idl/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static HRESULT check(const char *name) {
    return hp_name_check(name, strlen(name));
}

static void identifiers_and_namespaces_are_names(void **state) {
    (void)state;
    static const char *const names[] = {"a", "_", "Z9", "score_add", "acme::score::add", "_1::_2", "a::b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(check(names[i]), S_OK);
}

static void everything_else_is_invalid(void **state) {
    (void)state;
    static const char *const names[] = {
        "",      "1",     "9a",     "a b", "a-b",    "a:b", "a:",          "a::", "::a",
        "a:::b", "a::1b", "a::::b", "a.b", "a\tb",   "a\n", "caf\xc3\xa9", "a@",  "?a@@",
        ":",     "::",    " a",     "a ",  "a/../b", "%s",  "a::b::"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (check(names[i]) != HP_E_NAME_INVALID)
            fail_msg("\"%s\"", names[i]);
    }
}

// Which byte it is decides: letters, digits, "_" and, before a file, "@"; first "~" of a destructor, but no
// digit.
static void every_byte_but_64_is_refused_inside(void **state) {
    (void)state;
    unsigned accepted = 0, accepted_first = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        const char inside[3] = {'a', (char)byte, 'a'};
        const char first[2] = {(char)byte, 'a'};
        accepted += hp_name_check(inside, 3) == S_OK;
        accepted_first += hp_name_check(first, 2) == S_OK;
    }
    assert_int_equal(accepted, 64);
    assert_int_equal(accepted_first, 54);
}

/** A name and the bytes of its pieces. */
typedef struct example {
    const char *brief, *parameters, *file;
} example;

static const example examples[] = {
    {"add", "", ""},
    {"add", "()", ""},
    {"add", "(i32,f64)", ""},
    {"add", "", "@4"},
    {"add", "", "@src/ai.c"},
    {"add", "(i32)", "@C:/my%20sources/a-b+c.c"},
    {"add", "", "@a@b(c)<"},
    {"acme::score::add", "(struct{i32,f64;u8[4]},in:u8*[#1])", "@x"},
    {"call", "(i32(i32),void(*)())", ""},
    {"call", "(a@b,c>d,<)", "@f"},
    {"acme::vec::~vec", "()", ""},
    {"~vec", "", ""},
    {"vec<i32>::push", "(i32)", ""},
    {"vec<>::push", "", ""},
    {"vec<vec<i32>>::push<pair<a,b>>", "(vec<i32>)", "@a.cpp"},
    {"vec<f(x)>::push", "(i32)", ""},
    {"vec<(a>b)>::push", "(i32)", ""},
    {"vec<(a<b)>", "", ""},
    {"vec<decltype(a->b),c->d>", "(i32)", ""},
    {"f<-1>", "(i32)", ""},
    {"f<a::b@c>::g", "", "@h"},
    {"operator", "", ""},
    {"operator", "(i32)", ""},
    {"operator", "", "@a.c"},
    {"operators::add", "(i32)", ""},
    {"operators::~operators", "()", ""},
    {"operator_add<i32>::x", "", ""},
    {"operator()", "", ""},
    {"operator()", "()", ""},
    {"operator()", "(i32)", "@a.cpp"},
    {"vec::operator[]", "(i32)", ""},
    {"acme::op::operator<", "(i32)", ""},
    {"operator<<", "(i32)", ""},
    {"operator<=>", "(i32)", ""},
    {"operator<<=", "", ""},
    {"operator<<i32>", "(i32)", ""},
    {"operator<<<i32>", "(i32)", ""},
    {"operator><i32>", "(i32)", ""},
    {"operator>>", "(i32)", ""},
    {"operator->", "()", ""},
    {"operator->*", "()", ""},
    {"operator-<i32>", "()", ""},
    {"operator()<i32>", "(i32)", ""},
    {"operator,", "(i32,i32)", ""},
    {"operator~", "()", ""},
    {"operator%", "(i32)", ""},
    {"a::operator+::local::run", "(i32)", ""},
    {"a::operatorbool", "()", ""},
    {"a::operatorchar*", "()", ""},
    {"a::operator%20const%20char*", "()", ""},
    {"a::operator%20acme::vec<i32>&", "()", ""},
    {"a::operator%20new[]", "(usize)", ""},
    {"operatoracme::vec<f(x)>*", "()", "@a.cpp"},
};

static void what_tells_overloads_and_statics_apart_is_no_part_of_the_short_name(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const example *e = &examples[i];
        char text[300];
        size_t length = (size_t)snprintf(text, sizeof text, "%s%s%s", e->brief, e->parameters, e->file);
        char *exact = malloc(length); // a sanitizer sees a read behind it
        memcpy(exact, text, length);
        hp_name_pieces pieces;
        HRESULT hr = hp_name_read(exact, length, &pieces);
        if (hr != S_OK || pieces.brief != strlen(e->brief) || pieces.parameters != strlen(e->parameters) ||
            pieces.file != strlen(e->file))
            fail_msg("\"%s\": 0x%08x, %zu %zu %zu", text, (unsigned)hr, pieces.brief, pieces.parameters,
                     pieces.file);
        assert_int_equal(hp_name_check(exact, length), S_OK);
        assert_int_equal(hp_name_short(exact, length), strlen(e->brief));
        free(exact);
    }
}

static void what_is_not_balanced_or_out_of_order_is_invalid(void **state) {
    (void)state;
    static const char *const names[] = {"a(",
                                        "a)",
                                        "a(i32",
                                        "a((i32)",
                                        "a(i32))",
                                        "(i32)",
                                        "a(i32)b",
                                        "a(i32)(b)",
                                        "a(i32)::b",
                                        "a(i32)@",
                                        "@a",
                                        "a@",
                                        "a@b c",
                                        "a(i32, f64)",
                                        "a<",
                                        "a>",
                                        "a<b",
                                        "a<b>>",
                                        "a<<b>",
                                        "a<b>c",
                                        "a<b><c>",
                                        "a<b)>",
                                        "a<(b>",
                                        "a<b->",
                                        "<a>",
                                        "a::<b>",
                                        "a::",
                                        "a::@b",
                                        "a::(b)",
                                        "~",
                                        "~~a",
                                        "a~",
                                        "a::~",
                                        "~1",
                                        "a~b",
                                        "operator+-",
                                        "operator()b",
                                        "operator+1",
                                        "operator[",
                                        "operator(",
                                        "operator%20a::",
                                        "operator%20a:b",
                                        "operator%20a::1",
                                        "operator%20a<b",
                                        "operators::1",
                                        "operator::",
                                        "operator<b",
                                        "operator\"\"_x",
                                        "a(\"b\")",
                                        "a('b')",
                                        "a<'b'>",
                                        "a(`b`)",
                                        "a@b\\c",
                                        "a@\"b\"",
                                        "a(caf\xc3\xa9)",
                                        "a@\x7f",
                                        "a@\x01",
                                        "a(\t)",
                                        "operator \n",
                                        "a*",
                                        "a&",
                                        "a[1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t length = strlen(names[i]);
        char *exact = malloc(length); // a sanitizer sees a read behind it
        memcpy(exact, names[i], length);
        hp_name_pieces pieces = {1, 2, 3};
        if (hp_name_read(exact, length, &pieces) != HP_E_NAME_INVALID || pieces.brief || pieces.parameters ||
            pieces.file)
            fail_msg("\"%s\"", names[i]);
        assert_int_equal(hp_name_check(exact, length), HP_E_NAME_INVALID);
        assert_int_equal(hp_name_short(exact, length), 0);
        free(exact);
    }
}

// A name is in a list between spaces, in logs between quotes, in files of text.
static void no_byte_is_allowed_in_types_and_path_that_ends_them_elsewhere(void **state) {
    (void)state;
    unsigned in_path = 0, in_types = 0, in_arguments = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        const char path[3] = {'a', '@', (char)byte};
        const char types[4] = {'a', '(', (char)byte, ')'};
        const char arguments[4] = {'a', '<', (char)byte, '>'};
        in_path += hp_name_check(path, sizeof path) == S_OK;
        in_types += hp_name_check(types, sizeof types) == S_OK;
        in_arguments += hp_name_check(arguments, sizeof arguments) == S_OK;
    }
    assert_int_equal(in_path, 94 - 4);          // quotes and backslash
    assert_int_equal(in_types, 94 - 4 - 2);     // parentheses
    assert_int_equal(in_arguments, 94 - 4 - 5); // parentheses, < and >, and - because of ->
}

static void length_counts_not_a_terminator(void **state) {
    (void)state;
    assert_int_equal(hp_name_check("abc def", 3), S_OK);
    assert_int_equal(hp_name_check("a::b", 3), HP_E_NAME_INVALID);
    assert_int_equal(hp_name_check("a\0b", 3), HP_E_NAME_INVALID);
    char *exact = malloc(4); // a sanitizer sees a read behind it
    memcpy(exact, "a::b", 4);
    assert_int_equal(hp_name_check(exact, 4), S_OK);
    assert_int_equal(hp_name_check(exact, 3), HP_E_NAME_INVALID);
    assert_int_equal(hp_name_check(exact, 2), HP_E_NAME_INVALID);
    free(exact);
}

static void names_end_at_255_bytes(void **state) {
    (void)state;
    char name[HP_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    assert_int_equal(hp_name_check(name, HP_NAME_MAX), S_OK);
    assert_int_equal(hp_name_check(name, HP_NAME_MAX + 1), HP_E_NAME_TOO_LONG);
    assert_int_equal(hp_name_check(name, SIZE_MAX), HP_E_NAME_TOO_LONG);
}

static int are_kin(const char *one, const char *other) {
    const int kin = hp_name_is_kin(one, strlen(one), other, strlen(other));
    const size_t lengths[2] = {strlen(one), strlen(other)};
    // NOLINTNEXTLINE(readability-suspicious-call-argument): the other way round
    assert_int_equal(hp_name_is_kin(other, lengths[1], one, lengths[0]), kin);
    return kin;
}

static void static_function_is_no_other_than_that_of_its_file(void **state) {
    (void)state;
    assert_true(are_kin("parse", "parse"));
    assert_true(are_kin("parse", "parse(i32)"));
    assert_true(are_kin("parse@a.c", "parse(i32)@a.c"));
    assert_false(are_kin("parse", "parse@a.c"));
    assert_false(are_kin("parse(i32)", "parse@a.c"));
    assert_false(are_kin("parse@b.c", "parse@a.c"));
    assert_false(are_kin("parse@a.c", "parse@a.cc"));
    assert_false(are_kin("parse", "no name"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_and_namespaces_are_names),
        cmocka_unit_test(everything_else_is_invalid),
        cmocka_unit_test(every_byte_but_64_is_refused_inside),
        cmocka_unit_test(what_tells_overloads_and_statics_apart_is_no_part_of_the_short_name),
        cmocka_unit_test(what_is_not_balanced_or_out_of_order_is_invalid),
        cmocka_unit_test(no_byte_is_allowed_in_types_and_path_that_ends_them_elsewhere),
        cmocka_unit_test(length_counts_not_a_terminator),
        cmocka_unit_test(names_end_at_255_bytes),
        cmocka_unit_test(static_function_is_no_other_than_that_of_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
