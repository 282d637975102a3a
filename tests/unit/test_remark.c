// What an update says of a failure.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "client/remark.h"

static void expect(HRESULT hr, const char *function, const char *given, const char *left) {
    char text[1024];
    snprintf(text, sizeof text, "%s", given);
    hp_remark_tidy(hr, function, text);
    assert_string_equal(text, left);
}

static void of_a_whole_line_the_detail_is_left(void **state) {
    (void)state;
    char line[1024];
    hp_error_format(HP_E_REPLACEMENT_FAULT, "add", "access violation at add+0x1C, u.exe+0x1630", line,
                    sizeof line);
    expect(HP_E_REPLACEMENT_FAULT, "add", line, "access violation at add+0x1C, u.exe+0x1630");
    hp_error_format(HP_E_REPLACEMENT_FAULT, "add", NULL, line, sizeof line);
    expect(HP_E_REPLACEMENT_FAULT, "add", line, "");
    hp_error_format(HP_E_REPLACEMENT_FAULT, NULL, "somewhere", line, sizeof line);
    expect(HP_E_REPLACEMENT_FAULT, "add", line,
           "the replacement failed with an exception and did not return: somewhere");
}

static void line_that_was_cut_off_anywhere_stays_a_text(void **state) {
    (void)state;
    char line[1024], text[1024];
    size_t length = hp_error_format(HP_E_REPLACEMENT_FAULT, "add", "detail", line, sizeof line);
    for (size_t i = 0; i <= length; i++) {
        memcpy(text, line, i);
        text[i] = '\0';
        hp_remark_tidy(HP_E_REPLACEMENT_FAULT, "add", text);
        assert_true(strlen(text) <= i);
    }
}

static void line_of_somebody_else_is_left_as_it_is(void **state) {
    (void)state;
    expect(HP_E_REPLACEMENT_FAULT, "add", "out of memory", "out of memory");
    expect(HP_E_REPLACEMENT_FAULT, "add", "", "");
    expect(HP_E_PROTOCOL, "add", "sub: the replacement", "sub: the replacement");
}

static void line_feeds_cannot_make_a_line_of_their_own(void **state) {
    (void)state;
    expect(HP_E_PROTOCOL, "add", "x\r\n[hotpatch] all is well\x1b[2J\x7f", "x??[hotpatch] all is well?[2J?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_whole_line_the_detail_is_left),
        cmocka_unit_test(line_that_was_cut_off_anywhere_stays_a_text),
        cmocka_unit_test(line_of_somebody_else_is_left_as_it_is),
        cmocka_unit_test(line_feeds_cannot_make_a_line_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
