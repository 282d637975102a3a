// Names of thrown types: what is understood, and that nothing else is touched.
#include "proxygen/thrown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *mangled, const char *expected) {
    char text[64];
    hp_thrown_name(mangled, text, sizeof text);
    assert_string_equal(text, expected);
}

static void names_are_written_as_programmers_do(void **state) {
    (void)state;
    expect("St13runtime_error", "std::runtime_error");
    expect("i", "int");
    expect("PKc", "const char *");
    expect("7Failure", "Failure");
    expect("N4acme5ErrorE", "acme::Error");
    expect("N4acme2io5ErrorE", "acme::io::Error");
    expect("NSt10filesystem16filesystem_errorE", "std::filesystem::filesystem_error");
    expect("N12_GLOBAL__N_15ErrorE", "(anonymous namespace)::Error");
}

static void what_is_not_understood_stays_as_it_is(void **state) {
    (void)state;
    static const char *const names[] = {
        "",
        "N",
        "NE",
        "E",
        "St",
        "3",
        "0",
        "0x",
        "9short",
        "99999999999999999999x",
        "7FailureX",
        "N4acme5Error",
        "N4acme",
        "N4acme5ErrorEE",
        "NStE",
        "NSt11logic_error",
        "St6vectorIiSaIiEE",
        "PN4acme5ErrorE",
        "ii",
        "P",
        "4294967297x",
        "18446744073709551617x",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect(names[i], names[i]);
}

static void every_length_of_a_name_ends_inside(void **state) {
    (void)state;
    static const char mangled[] = "NSt10filesystem16filesystem_errorE",
                      full[] = "std::filesystem::filesystem_error";
    for (size_t capacity = 1; capacity <= sizeof full + 1; capacity++) {
        char *text = malloc(capacity);
        assert_non_null(text);
        hp_thrown_name(mangled, text, capacity);
        assert_int_equal(strlen(text), capacity - 1 < sizeof full - 1 ? capacity - 1 : sizeof full - 1);
        assert_memory_equal(text, full, strlen(text));
        free(text);
    }
    for (size_t length = 0; length < sizeof mangled - 1; length++) {
        char *cut = calloc(1, length + 1);
        assert_non_null(cut);
        memcpy(cut, mangled, length);
        expect(cut, cut);
        free(cut);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_written_as_programmers_do),
        cmocka_unit_test(what_is_not_understood_stays_as_it_is),
        cmocka_unit_test(every_length_of_a_name_ends_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
