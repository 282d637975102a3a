// Lists of names, as a hostile update would write them.
#include "idl/name.h"
#include "idl/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static HRESULT split(const char *list, char *bad_text, size_t capacity) {
    hp_name_span *spans = (hp_name_span *)(uintptr_t)1, bad = {NULL, 0};
    size_t count = 77;
    HRESULT hr = hp_name_split(list, &spans, &count, &bad);
    assert_true(FAILED(hr));
    assert_null(spans);
    assert_int_equal(count, 0);
    snprintf(bad_text, capacity, "%.*s", (int)bad.length, bad.text);
    return hr;
}

static void spans_come_in_the_lists_order(void **state) {
    (void)state;
    hp_name_span *spans, bad;
    size_t count;
    const char *list = "zeta alpha m::n b add add(i32) add(f64) add@src/b.c";
    assert_int_equal(hp_name_split(list, &spans, &count, &bad), S_OK);
    assert_int_equal(count, 8);
    static const char *const expected[] = {"zeta", "alpha",    "m::n",     "b",
                                           "add",  "add(i32)", "add(f64)", "add@src/b.c"};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(spans[i].length, strlen(expected[i]));
        assert_memory_equal(spans[i].text, expected[i], spans[i].length);
        assert_true(spans[i].text >= list && spans[i].text < list + strlen(list));
    }
    free(spans);
    assert_int_equal(hp_name_split("only", &spans, &count, NULL), S_OK);
    assert_int_equal(count, 1);
    free(spans);
}

static void a_list_without_a_name_is_no_exports(void **state) {
    (void)state;
    char bad[300];
    assert_int_equal(split("", bad, sizeof bad), HP_E_NO_EXPORTS);
    assert_int_equal(split("   ", bad, sizeof bad), HP_E_NO_EXPORTS);
}

static void stray_separators_and_bad_names_are_refused(void **state) {
    (void)state;
    char bad[300];
    static const char *const lists[] = {" a", "a ", "a  b", "a\tb", "a\nb", "a,b", "a b; c"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_int_equal(split(lists[i], bad, sizeof bad), HP_E_NAME_INVALID);
    assert_int_equal(split("good 2bad good2", bad, sizeof bad), HP_E_NAME_INVALID);
    assert_string_equal(bad, "2bad");

    char list[400] = "good ";
    memset(list + 5, 'x', 256);
    assert_int_equal(split(list, bad, sizeof bad), HP_E_NAME_TOO_LONG);
    assert_string_equal(bad, list + 5);
}

static void duplicates_are_found_wherever_they_stand(void **state) {
    (void)state;
    char bad[300];
    static const char *const lists[] = {"a a",      "a b a", "b a a", "a b c d e f g a", "g f a e d c b a",
                                        "x a y a z"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_int_equal(split(lists[i], bad, sizeof bad), HP_E_NAME_DUPLICATE);
        assert_string_equal(bad, "a");
    }
    assert_int_equal(hp_name_split("a a", &(hp_name_span *){NULL}, &(size_t){0}, NULL), HP_E_NAME_DUPLICATE);
}

static void prefixes_and_case_are_not_duplicates(void **state) {
    (void)state;
    hp_name_span *spans;
    size_t count;
    assert_int_equal(hp_name_split("a ab abc A a::b a::bc a_b", &spans, &count, NULL), S_OK);
    assert_int_equal(count, 7);
    free(spans);
}

// Equal beginnings and sorted order are what simple sorts are slow at; ctest's time limit is the judge.
static void ten_thousand_names_with_one_duplicate(void **state) {
    (void)state;
    enum { NAMES = 10000, SIZE = 64 };
    char *list = malloc((size_t)NAMES * SIZE);
    for (int shape = 0; shape < 4; shape++) {
        char *at = list;
        for (int i = 0; i < NAMES; i++) {
            int number = shape & 1 ? NAMES - i : i;
            if (shape & 2 && i == NAMES - 1)
                number = 5000;
            at += sprintf(at, "%sa_common_beginning_of_every_name_%05d", i ? " " : "", number);
        }
        hp_name_span *spans, bad;
        size_t count;
        HRESULT hr = hp_name_split(list, &spans, &count, &bad);
        if (shape & 2) {
            assert_int_equal(hr, HP_E_NAME_DUPLICATE);
            assert_ptr_equal(bad.text + bad.length, at); // the second one
        } else {
            assert_int_equal(hr, S_OK);
            assert_int_equal(count, NAMES);
        }
        free(spans);
    }
    free(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_come_in_the_lists_order),
        cmocka_unit_test(a_list_without_a_name_is_no_exports),
        cmocka_unit_test(stray_separators_and_bad_names_are_refused),
        cmocka_unit_test(duplicates_are_found_wherever_they_stand),
        cmocka_unit_test(prefixes_and_case_are_not_duplicates),
        cmocka_unit_test(ten_thousand_names_with_one_duplicate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
