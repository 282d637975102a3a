// What comes from images and updates cannot move a terminal's cursor or turn its lines around.
#include "tools/shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_kept(const char *text, char keep, const char *wanted) {
    char shown[256];
    const size_t size = hp_shown_escape(text, strlen(text), keep, shown);
    assert_true(size < sizeof shown && size <= HP_SHOWN_MOST * strlen(text));
    assert_int_equal(hp_shown_escape(text, strlen(text), keep, NULL), size);
    shown[size] = '\0';
    assert_string_equal(shown, wanted);
}

static void expect(const char *text, const char *wanted) {
    expect_kept(text, 0, wanted);
}

static void controls_are_escaped(void **state) {
    (void)state;
    expect("a\x1B[2J\r\n\x7F", "a\\u001b[2J\\u000d\\u000a\\u007f");
    expect("\xC2\x80\xC2\x9B"
           "2J\xC2\x9F",
           "\\u0080\\u009b2J\\u009f"); // C1: "CSI" is one of them
    assert_int_equal(hp_shown_escape("\0x", 2, 0, NULL), 7);
}

static void what_turns_text_around_is_escaped(void **state) {
    (void)state;
    expect("\xD8\x9C\xE2\x80\x8E\xE2\x80\x8F", "\\u061c\\u200e\\u200f");
    expect("\xE2\x80\xA8\xE2\x80\xAA\xE2\x80\xAE", "\\u2028\\u202a\\u202e");
    expect("\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAF", "\\u2066\\u2069\\u206f");
}

static void bytes_that_are_no_utf8_are_escaped(void **state) {
    (void)state;
    expect("\x9B[m\xC2", "\\x9b[m\\xc2"); // some terminals take the byte alone for CSI
    expect("\xC0\x9B\xED\xA0\x80\xFF", "\\xc0\\x9b\\xed\\xa0\\x80\\xff");
    expect("\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
}

static void everything_else_stays(void **state) {
    (void)state;
    expect("", "");
    expect("f(a*)@src\\a.c ~", "f(a*)@src\\a.c ~");
    expect("\xC2\xA0\xC3\xA4\xE6\x9D\xB1\xF0\x9F\x98\x80", "\xC2\xA0\xC3\xA4\xE6\x9D\xB1\xF0\x9F\x98\x80");
    expect("\xE2\x80\x8D\xE2\x80\x90\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xB0",
           "\xE2\x80\x8D\xE2\x80\x90\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xB0"); // the neighbours
}

static void only_the_line_feed_that_is_meant_stays(void **state) {
    (void)state;
    expect_kept("a\nb\r\n", '\n', "a\nb\\u000d\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls_are_escaped),
        cmocka_unit_test(what_turns_text_around_is_escaped),
        cmocka_unit_test(bytes_that_are_no_utf8_are_escaped),
        cmocka_unit_test(everything_else_stays),
        cmocka_unit_test(only_the_line_feed_that_is_meant_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
